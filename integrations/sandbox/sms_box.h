/* The stand-in operator's box: the newest texts, for tests and for showing. */
#ifndef INTEGRATIONS_SANDBOX_SMS_BOX_H
#define INTEGRATIONS_SANDBOX_SMS_BOX_H

#include <stddef.h>
#include <stdint.h>
#include "integrations/sandbox/journal.h"
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define SMS_KEPT 20000
#define SMS_NUMBER_MAX 24
#define SMS_BYTES_MAX 3000
#define SMS_SHOWN_MAX 1000

struct sms_kept {
    int64_t at_ms;
    char to[SMS_NUMBER_MAX + 1];
    char from[SMS_NUMBER_MAX + 1];
    char *text;
};

struct sms_box {
    struct sms_kept *ring; /* SMS_KEPT places */
    uint64_t count;        /* ever taken; the newest is at (count - 1) % SMS_KEPT */
};

MUST_CHECK enum err sms_box_init(struct sms_box *b);
void sms_box_release(struct sms_box *b);
/* to, from: 0..SMS_NUMBER_MAX characters without spaces and control characters. ERR_INPUT, ERR_NO_MEMORY. */
MUST_CHECK enum err sms_box_add(struct sms_box *b, int64_t at_ms, struct slice to,
                                struct slice from, struct slice text);
/* Journal line of the newest: S time to from "text" (from is - when empty). */
void sms_box_write_newest(const struct sms_box *b, struct journal *j);
MUST_CHECK enum err sms_box_read_line(struct sms_box *b, struct slice line); /* ERR_CORRUPT */
/* {"count":n,"messages":[…]}: the newest `limit` to the number (all numbers if empty), oldest of
 * them first. */
void sms_box_write(const struct sms_box *b, struct slice to, size_t limit, struct buf *out);

#endif
