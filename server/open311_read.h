/* What clients of the Open311 façade send, read: the form of POST requests and the query of GET
 * requests. Pure: bytes in, structs out; the handlers (open311_post.c, api_open311.c) answer. */
#ifndef SERVER_OPEN311_READ_H
#define SERVER_OPEN311_READ_H

#include "queue/base/arena.h"
#include "queue/base/buf.h"
#include "queue/base/clock.h"
#include "queue/base/err.h"

#define OPEN311_FIELD_MAX ((size_t)16 * 1024) /* bytes of one value: 4 000 characters */
#define OPEN311_RANGE_MAX_MS (90 * MS_PER_DAY)

/* A member of the form, decoded, without spaces at its ends, in the arena; "" when it is absent.
 * ERR_INPUT: malformed or given twice; ERR_TOO_LARGE, ERR_NO_MEMORY. *out is then untouched. */
MUST_CHECK enum err open311_field(struct arena *arena, struct slice body, const char *name,
                                  struct slice *out);

struct open311_form {
    struct slice service_code; /* word of a cause */
    struct slice lat, lng;     /* both or none; numbers as JSON writes them */
    struct slice address, description, first_name, last_name, phone, email;
};
/* Texts live in the arena. ERR_INPUT: malformed (*what NULL), or without a place that can be
 * understood (*what says what is wanted); ERR_NOT_FOUND: no such service_code; ERR_NO_MEMORY. *out
 * is then untouched. */
MUST_CHECK enum err open311_form_read(struct arena *arena, struct slice body,
                                      struct open311_form *out, const char **what);
/* Append the form in the words of POST /v1/tickets. Look at buf_err(). */
void open311_form_write(const struct open311_form *form, struct buf *out);

/* Which requests are wanted. */
struct open311_filter {
    int64_t from_ms, to_ms; /* 0 <= from_ms <= to_ms, not further apart than OPEN311_RANGE_MAX_MS */
    bool any_status, closed;
    char code[32]; /* "" = any */
};
/* end_date (now), start_date (the longest range before it; a longer one is shortened),
 * service_code, status ("open", "closed" or both with a comma). ERR_INPUT, ERR_TOO_LARGE: *out is
 * then untouched. */
MUST_CHECK enum err open311_filter_read(struct slice query, int64_t now_ms,
                                        struct open311_filter *out);

#endif
