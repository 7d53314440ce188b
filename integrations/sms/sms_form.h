/* Query strings, application/x-www-form-urlencoded and multipart/form-data bodies, as operators
 * send them: values are bytes, not always UTF-8 (Kannel escapes raw UTF-16). Pure. */
#ifndef INTEGRATIONS_SMS_SMS_FORM_H
#define INTEGRATIONS_SMS_SMS_FORM_H

#include "queue/base/arena.h"
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define SMS_FORM_FIELDS_MAX 256

struct sms_field {
    struct slice name, value; /* decoded, ptr never NULL */
};

/* Fields in the order of arrival; names may repeat. */
struct sms_form {
    struct sms_field *fields;
    size_t count, room;
};

/* Add the fields of a query or a form body to *form, which starts as {0}. '+' is a space. Memory of
 * the arena. ERR_INPUT: an incomplete or wrong escape, more than SMS_FORM_FIELDS_MAX fields;
 * ERR_NO_MEMORY. */
MUST_CHECK enum err sms_form_add_query(struct sms_form *form, struct slice raw,
                                       struct arena *arena);
/* The same for multipart/form-data; the boundary is read out of content_type. Values point into the
 * body. ERR_INPUT: no boundary, a part without a name, no end. */
MUST_CHECK enum err sms_form_add_multipart(struct sms_form *form, struct slice content_type,
                                           struct slice body, struct arena *arena);
/* A body by its content type: one of the two above, ERR_INPUT for any other type. */
MUST_CHECK enum err sms_form_add_body(struct sms_form *form, struct slice content_type,
                                      struct slice body, struct arena *arena);

/* Value of the first field of that name; ptr NULL if there is none. */
struct slice sms_form_get(const struct sms_form *form, const char *name);
/* The first of names[0..count) that is there. */
struct slice sms_form_any(const struct sms_form *form, const char *const *names, size_t count);

/* True if content_type is `type` (lower case, e.g. "application/json"), whatever its case and
 * parameters. */
bool sms_type_is(struct slice content_type, const char *type);
/* Value of a parameter of a content type without its quotes; empty if absent. */
struct slice sms_type_param(struct slice content_type, const char *name);

/* Bytes of a text with %XX and '+' for a blank, in memory of the arena. ERR_INPUT: an incomplete or
 * wrong escape. */
MUST_CHECK enum err sms_percent_read(struct slice raw, struct arena *arena, struct slice *out);
/* Append text with everything but A-Z a-z 0-9 - . _ ~ as %XX (RFC 3986). */
void sms_percent_put(struct buf *out, struct slice text);
/* Append [before]name=value with both escaped; before 0 puts nothing in front. */
void sms_percent_put_field(struct buf *out, char before, const char *name, struct slice value);

#endif
