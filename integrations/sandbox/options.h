/* What the sandbox is told: on the command line as --name VALUE, and while it runs by POST
 * /sandbox/settings {"name": "value"} where the table says so (addresses of the other side that are
 * known late). */
#ifndef INTEGRATIONS_SANDBOX_OPTIONS_H
#define INTEGRATIONS_SANDBOX_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define OPTION_SIZE 512

/* field, name, default, may change while it runs, what it is */
#define OPTION_TABLE(X)                                                                           \
    X(data, "data", "", false, "folder of the journal and of the keys")                           \
    X(listen, "listen", "127.0.0.1", false, "address to listen on")                               \
    X(port, "port", "0", false, "port, 0 = the system chooses")                                   \
    X(opening_fen, "opening-fen", "100000000000", false, "what the payer's account holds")        \
    X(bank_token, "bank-token", "", false, "bearer token of the G2P disburser, \"\" = not asked") \
    X(g2p_client_key, "g2p-client-key", "", false, "our Ed25519 public key, \"\" = unsigned")     \
    X(g2p_client_id, "g2p-client-id", "", false, "SENDER|KEY that signs for us")                  \
    X(g2p_sign, "g2p-sign", "0", false, "1 = answers and callbacks are signed")                   \
    X(wechat_mchid, "wechat-mchid", "", false, "our merchant number, \"\" = no WeChat Pay")       \
    X(wechat_appid, "wechat-appid", "", false, "our app")                                         \
    X(wechat_serial, "wechat-serial", "", false, "serial number of our certificate")              \
    X(wechat_merchant_key, "wechat-merchant-key", "", false, "our public key (PEM)")              \
    X(wechat_api_key_file, "wechat-api-key-file", "", false, "APIv3 key, 32 characters")          \
    X(wechat_confirm_ms, "wechat-confirm-ms", "50", true, "how long the payee takes to confirm")  \
    X(alipay_app_id, "alipay-app-id", "", false, "our app, \"\" = no Alipay")                     \
    X(alipay_app_key, "alipay-app-key", "", false, "its public key (PEM)")                        \
    X(alipay_notify_url, "alipay-notify-url", "", true, "where notices go, \"\" = none")          \
    X(bank_out, "bank-out", "", false, "folder with our batch files, \"\" = no file bank")        \
    X(bank_in, "bank-in", "", false, "folder for the bank's files")                               \
    X(bank_account, "bank-account", "", false, "account that pays, \"\" = any")                   \
    X(bank_settle_ms, "bank-settle-ms", "200", true, "from taking a file to its statement")       \
    X(sms_user, "sms-user", "jiuji", false, "Kannel: user")                                       \
    X(sms_password, "sms-password", "", false, "Kannel: password")                                \
    X(kannel_mo_url, "kannel-mo-url", "", true, "Kannel: get-url for incoming texts")             \
    X(aliyun_key_id, "aliyun-key-id", "", false, "Aliyun: AccessKey ID, \"\" = no Aliyun")        \
    X(aliyun_secret, "aliyun-secret", "", false, "Aliyun: AccessKey secret")                      \
    X(aliyun_report_url, "aliyun-report-url", "", true, "Aliyun: SmsReport is pushed there")      \
    X(aliyun_up_url, "aliyun-up-url", "", true, "Aliyun: SmsUp is pushed there")                  \
    X(tencent_id, "tencent-id", "", false, "Tencent: SecretId, \"\" = no Tencent")                \
    X(tencent_secret, "tencent-secret", "", false, "Tencent: SecretKey")                          \
    X(tencent_url, "tencent-url", "", true, "Tencent: reports and replies are pushed there")      \
    X(twilio_sid, "twilio-sid", "", false, "Twilio: AccountSid, \"\" = no Twilio")                \
    X(twilio_token, "twilio-token", "", false, "Twilio: AuthToken")                               \
    X(twilio_url, "twilio-url", "", true, "Twilio: webhook of the number")                        \
    X(courier_token, "courier-token", "", false, "courier: bearer token, \"\" = not asked for")   \
    X(courier_url, "courier-url", "", true, "courier: base of .../receive, /sent, /delivered")    \
    X(register_token, "register-token", "", false, "register: bearer token, \"\" = no register")

struct options {
#define OPTION_FIELD(field, name, dflt, late, what) char field[OPTION_SIZE];
    OPTION_TABLE(OPTION_FIELD)
#undef OPTION_FIELD
};

void options_defaults(struct options *o);
/* ERR_NOT_FOUND: no such option; ERR_TOO_LARGE, ERR_INPUT: not a value for it. */
MUST_CHECK enum err options_set(struct options *o, const char *name, struct slice value);
/* The same while it runs: all of the JSON object or nothing. ERR_FORBIDDEN: one may not change. */
MUST_CHECK enum err options_change(struct options *o, struct slice json);
/* A number out of one of the numeric options. */
int64_t options_number(const char *value);
/* "  --name  what" for every option. */
void options_usage(struct buf *out);

#endif
