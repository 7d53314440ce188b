/* What the codecs share that read JSON: texts that outlive the document, and items that cannot be
 * read. */
#ifndef INTEGRATIONS_SMS_SMS_JSON_H
#define INTEGRATIONS_SMS_SMS_JSON_H

#include "integrations/sms/sms_intake.h"
#include "queue/base/json.h"

/* A member that is a string, or an integer in its decimal digits, copied into the arena; empty (ptr
 * "") if it is absent or anything else. ERR_NO_MEMORY. */
MUST_CHECK enum err sms_json_text(const struct json *object, const char *name, struct arena *arena,
                                  struct slice *out);

/* Add `item` as SMS_UNREADABLE with its JSON as text. from may be empty. Room must be there. */
MUST_CHECK enum err sms_json_unreadable(struct sms_intake *intake, const struct json *item,
                                        struct slice from);

/* The document of an answer, json_free() it; NULL if it is none: the HTTP status may still tell. */
struct json *sms_json_reply(struct slice body);

/* Parse a body. A body that is not strict JSON (a lone surrogate is enough) would come again and
 * again and be dropped in the end: it becomes one SMS_UNREADABLE item, and *root is NULL.
 * ERR_INPUT: the body is empty. */
MUST_CHECK enum err sms_json_open(struct sms_intake *intake, struct slice body, struct json **root);

/* Several members at once; the first failure is returned. */
struct sms_json_member {
    const char *name;
    struct slice *out;
};
MUST_CHECK enum err sms_json_texts(const struct json *object, struct arena *arena,
                                   const struct sms_json_member *members, size_t count);

#endif
