/* The operators' own codes of our templates, where only approved texts may be sent: a JSON file of
 * the site,
 *
 *     {"aliyun": {"dispatched": {"code": "SMS_154950909", "version": 1}, …}, "tencent": {…}}
 *
 * A code counts for the version of the text it was approved for: after a change of the text the old
 * code would send the old words, so it is not used. */
#ifndef WORKERS_SMS_CODES_H
#define WORKERS_SMS_CODES_H

#include "queue/base/json.h"
#include "workers/sms_text.h"

struct sms_codes {
    struct json *root; /* NULL = none */
};

/* path "" = no codes. ERR_INPUT, ERR_NOT_FOUND, ERR_IO with `why`. */
MUST_CHECK enum err sms_codes_open(struct sms_codes *c, const char *path, struct buf *why);
void sms_codes_close(struct sms_codes *c);
/* The code of a template at an operator; empty when there is none. Borrowed. */
struct slice sms_codes_find(const struct sms_codes *c, const char *provider,
                            const struct sms_template *t);

#endif
