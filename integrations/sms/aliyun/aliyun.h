/* Aliyun SMS (dysmsapi 2017-05-25), signed with ACS3-HMAC-SHA256. Pure.
 *
 * The account: user (AccessKeyId), secret (AccessKeySecret) and sign (the approved signature, 签名)
 * must be set; from is the extension of the number for replies (SmsUpExtendCode), may be empty; url
 * is https://dysmsapi.aliyuncs.com if empty, and has no path. Only approved templates can be sent,
 * to mainland mobiles.
 *
 * Callbacks have no signature: ".../v1/sms/aliyun/SECRET/mo" (SmsUp) and ".../SECRET/dlr"
 * (SmsReport), JSON arrays. Anything but the exact answer is pushed again after 1, 5 and 10 minutes
 * and then dropped (another page says ten times). One BizId may cover many numbers. The same
 * signature and template reach one number at most 50 times in 24 hours. */
#ifndef INTEGRATIONS_SMS_ALIYUN_ALIYUN_H
#define INTEGRATIONS_SMS_ALIYUN_ALIYUN_H

#include "integrations/sign/hmac.h"
#include "integrations/sms/sms_client.h"
#include "integrations/sms/sms_incoming.h"

extern const struct sms_codec ALIYUN_CODEC;
extern const struct sms_provider ALIYUN_PROVIDER;

/* The answer table of sending. */
struct sms_result aliyun_read_reply(int http_status, struct slice body);
/* What a failed report's err_code advises. */
enum sms_outcome aliyun_read_error(struct slice code);

/* What is signed. query: "name=value&…" sorted by name, already escaped by RFC 3986. date:
 * "2023-10-26T10:22:32Z". */
struct aliyun_request {
    const char *method;
    struct slice host, query, body;
    const char *action, *version, *date, *nonce;
};
#define ALIYUN_SIGNED_HEADERS \
    "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"

struct aliyun_signature {
    char body_sha256[SHA256_HEX_SIZE];
    char canonical_sha256[SHA256_HEX_SIZE];
    char signature[SHA256_HEX_SIZE];
};
/* ERR_NO_MEMORY, ERR_INTERNAL. */
MUST_CHECK enum err aliyun_sign(const struct aliyun_request *request, struct slice secret,
                                struct aliyun_signature *out);

#endif
