/* Strict reading of JSON files that people write (policy pack, calendar): collects every fault instead of stopping at
 * the first, each as one line with the line number, the JSON Pointer (RFC 6901), what is wrong and what to do:
 *
 *     line 12: /rules/expense/months_max: must be a whole number 1..24
 *
 * A reader walks the document; enter and leave keep the pointer of where it is. Pure. */
#ifndef QUEUE_DOMAIN_JSON_CHECK_H
#define QUEUE_DOMAIN_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/json.h"
#include "queue/base/slice.h"

#define JSON_CHECK_FAULTS_MAX 100 /* more are counted but not written */

struct json_check {
    struct slice text; /* the document, for line numbers */
    struct buf *why;   /* gets the faults; NULL = only count them */
    int faults;
    char pointer[256]; /* where the reader is; "" = the root. Cut when deeper. */
    size_t pointer_len;
};

void json_check_init(struct json_check *c, struct slice text, struct buf *why);
/* Parse c->text; the fault of a text that is no JSON is written like any other. On ERR_OK *root is the caller's. */
MUST_CHECK enum err json_check_parse(struct json_check *c, struct json **root);

/* Go down to a member or an element; the result is for json_check_leave. */
size_t json_check_enter(struct json_check *c, const char *name);
size_t json_check_enter_at(struct json_check *c, size_t index);
void json_check_leave(struct json_check *c, size_t mark);

/* A fault at the place where the reader is. */
void json_check_fault(struct json_check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The getters below read member `name` of object v. They return true and set *out when it is there and right; they
 * write a fault when it is wrong, or absent although required; an optional absent member is false without a fault. */
bool json_check_int(struct json_check *c, const struct json *v, const char *name, bool required, int64_t min,
                    int64_t max, int64_t *out);
bool json_check_bool(struct json_check *c, const struct json *v, const char *name, bool required, bool *out);
/* Text of 1..size-1 bytes, copied. */
bool json_check_text(struct json_check *c, const struct json *v, const char *name, bool required, char *out,
                     size_t size);
/* A date "2026-03-01" of the years 1970..9990: *at_ms is its first instant in China time. */
bool json_check_date(struct json_check *c, const struct json *v, const char *name, bool required, int64_t *at_ms);
/* The same date as a value instead of a member. */
bool json_check_date_value(struct json_check *c, const struct json *v, int64_t *at_ms);
/* A member of this kind (JSON_ARRAY or JSON_OBJECT); NULL when absent or wrong. */
const struct json *json_check_child(struct json_check *c, const struct json *v, const char *name, bool required,
                                    enum json_kind kind);
/* Every member of object v is one of the names; v itself is an object. False (with faults) otherwise. */
bool json_check_keys(struct json_check *c, const struct json *v, const char *const *names, size_t count);

/* Line (from 1) on which the value at the pointer begins; when there is no such value, the line of its nearest parent.
 * text must be valid JSON. */
int json_check_line(struct slice text, const char *pointer);

#endif
