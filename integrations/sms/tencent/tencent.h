/* Tencent Cloud SMS (API 2021-01-11), signed with TC3-HMAC-SHA256. Pure.
 *
 * The account: user (SecretId), secret (SecretKey), app (SmsSdkAppId) and sign (the approved
 * signature, 签名) must be set; region is ap-guangzhou and url https://sms.tencentcloudapi.com if
 * empty, url has no path; from is the ExtendCode, may be empty. Only approved templates can be
 * sent; the parameters fill {1}, {2}, … in their order. Clocks may differ by 5 minutes at most.
 *
 * Callbacks have no signature: ".../v1/sms/tencent/SECRET" with anything behind it takes both
 * kinds: an object is a reply of a person (without an id of its own), an array are reports, which
 * carry SerialNo only. */
#ifndef INTEGRATIONS_SMS_TENCENT_TENCENT_H
#define INTEGRATIONS_SMS_TENCENT_TENCENT_H

#include "integrations/sign/hmac.h"
#include "integrations/sms/sms_client.h"
#include "integrations/sms/sms_incoming.h"

extern const struct sms_codec TENCENT_CODEC;
extern const struct sms_provider TENCENT_PROVIDER;

/* The answer table of sending one message: HTTP 200 says nothing, the code of the number counts. */
struct sms_result tencent_read_reply(int http_status, struct slice body);
/* What a failed report's errmsg advises. */
enum sms_outcome tencent_read_error(struct slice code);

/* What is signed: always POST to "/" without a query. */
struct tencent_request {
    struct slice host, content_type, body;
    const char *service;
    int64_t at_s; /* UTC epoch seconds */
};
#define TENCENT_SCOPE_SIZE 64

struct tencent_signature {
    char body_sha256[SHA256_HEX_SIZE];
    char canonical_sha256[SHA256_HEX_SIZE];
    char scope[TENCENT_SCOPE_SIZE]; /* "2019-02-25/cvm/tc3_request" */
    char signature[SHA256_HEX_SIZE];
};
/* ERR_INPUT: at_s or service out of range; ERR_NO_MEMORY, ERR_INTERNAL. */
MUST_CHECK enum err tencent_sign(const struct tencent_request *request, struct slice secret,
                                 struct tencent_signature *out);

#endif
