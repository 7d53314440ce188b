/* Settings of all processes of one site, from one file of `name = value` lines (# starts a comment)
 * and from the command line (`--name value`, which wins). Unknown names, repeated names and values
 * out of range are refused with the name. */
#ifndef QUEUE_BASE_SETTINGS_H
#define QUEUE_BASE_SETTINGS_H

#include <stddef.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"

#define SETTING_TEXT_SIZE 256

/* name, kind (TEXT or INT), default, least, most (for TEXT: length), what it is */
#define SETTINGS_TABLE(X)                                                                      \
    X(region, TEXT, "520000", 6, 6,                                                            \
      "6-digit division code of the province, prefecture or county this store serves")         \
    X(redis_socket, TEXT, "", 0, 100, "path of the Redis unix socket")                         \
    X(data_dir, TEXT, "", 0, 200,                                                              \
      "folder for the files of this process: sequence blocks, sandbox journal")                \
    X(listen, TEXT, "127.0.0.1", 1, 64, "IP address to listen on")                             \
    X(port, INT, 8600, 0, 65535, "TCP port to listen on")                                      \
    X(node, INT, 1, 0, 99, "number of this gateway, part of every case number it mints")       \
    X(master_key_file, TEXT, "", 0, 200,                                                       \
      "file with the 64 hex digits of the master key (mode 0600)")                             \
    X(policy_file, TEXT, "", 0, 200, "policy pack (JSON)")                                     \
    X(policy_signers, TEXT, "", 0, 200,                                                        \
      "folder with SIGNER.pem (Ed25519) of who may sign packs; \"\" = not asked for")           \
    X(order_signers, TEXT, "", 0, 200,                                                         \
      "folder with OFFICER.pem of who signs standing orders; \"\" = not asked for")            \
    X(calendar_file, TEXT, "", 0, 200, "holidays and make-up working days (JSON)")             \
    X(townships_file, TEXT, "", 0, 200, "compiled township set")                               \
    X(stages, TEXT, "route,pay,notify,sms,clock,hook,register", 1, 100, "stages a worker runs") \
    X(worker_name, TEXT, "worker-1", 1, 32, "name of this worker in leases and events")        \
    X(batch, INT, 64, 1, 64, "jobs a worker leases at once")                                   \
    X(lease_ms, INT, 60000, 200, 600000, "how long a leased job stays with its worker")        \
    X(claim_ms, INT, 1800000, 200, 86400000, "how long a claimed case stays with its officer") \
    X(inbox_max, INT, 0, 0, 100000,                                                            \
      "most cases in a township's inbox before neighbours are asked, 0 = any number")          \
    X(duty_required, INT, 0, 0, 1,                                                             \
      "1: only townships where an officer is signed in are offered cases")                     \
    X(border_margin_m, INT, 0, 0, 20000,                                                       \
      "a second township at most so much farther is offered the case too, 0 = off")            \
    X(bank_url, TEXT, "", 0, 200, "base URL of the G2P Connect disburser")                     \
    X(bank_token, TEXT, "", 0, 128, "bearer token sent to the disburser")                      \
    X(callback_url, TEXT, "", 0, 200,                                                          \
      "URL under which the disburser reaches our on-disburse callback")                        \
    X(callback_secret, TEXT, "", 0, 128, "secret word in the callback paths")                  \
    X(bank_settle_ms, INT, 600000, 100, 86400000,                                              \
      "after how long the disburser's not-found is believed")                                  \
    X(reconcile_hour, INT, 7, -1, 23, "hour of the daily reconciliation of the day before, -1 = on demand only") \
    X(bank_timeout_ms, INT, 15000, 100, 120000, "deadline of one request to the disburser")    \
    X(bank_sync, INT, 0, 0, 1, "1: the disburser answers with the outcome (sync endpoint)")    \
    X(bank_sign_key_file, TEXT, "", 0, 200, "our Ed25519 private key (PEM); \"\" = unsigned")  \
    X(bank_sign_key_id, TEXT, "", 0, 99, "name of that key at the disburser")                  \
    X(bank_sender_id, TEXT, "", 0, 99, "who the disburser is in its signatures")               \
    X(bank_key_id, TEXT, "", 0, 99, "name of its key")                                         \
    X(bank_key_file, TEXT, "", 0, 200, "its Ed25519 public key; \"\" = not verified")          \
    X(wechat_url, TEXT, "", 0, 200, "WeChat Pay, \"\" = its public address")                   \
    X(wechat_mchid, TEXT, "", 0, 32, "our merchant number at WeChat Pay")                      \
    X(wechat_appid, TEXT, "", 0, 32, "the app whose openids are paid")                         \
    X(wechat_serial, TEXT, "", 0, 64, "serial number of our API certificate")                  \
    X(wechat_key_file, TEXT, "", 0, 200, "its private key (PEM)")                              \
    X(wechat_platform_serial, TEXT, "", 0, 95, "PUB_KEY_ID_... or platform serial")            \
    X(wechat_platform_key_file, TEXT, "", 0, 200, "WeChat Pay's public key")                   \
    X(wechat_api_key_file, TEXT, "", 0, 200, "APIv3 key, 32 characters (mode 0600)")           \
    X(wechat_notify_url, TEXT, "", 0, 200, "https URL of our callback, no query")              \
    X(wechat_perception, TEXT, "行政补贴", 1, 60, "what the payee is told")                        \
    X(wechat_subsidy, TEXT, "临时救助", 1, 96, "kind of subsidy, for the report")                  \
    X(pay_profile_dir, TEXT, "", 0, 200, "folder with RAIL.json, the provider profiles (ops/pay)")      \
    X(pay_routes, TEXT, "account:g2p,openid:wechat,alipay-uid:alipay,alipay-login:alipay", 1, 200, \
      "which rail carries which kind of account, kind:rail, comma-separated")                  \
    X(bankfile_registry, TEXT, "", 0, 200, "books of the bank's files; \"\" = no such rail")   \
    X(bankfile_out, TEXT, "", 0, 200, "folder (or SFTP path) for our files")                   \
    X(bankfile_in, TEXT, "", 0, 200, "folder (or SFTP path) with the bank's files")            \
    X(bankfile_layout, TEXT, "", 0, 200, "layout of its text files; \"\" = pain.001")          \
    X(bankfile_prefix, TEXT, "JIUJI", 1, 7, "begin of our message ids at this bank")           \
    X(bankfile_payer_name, TEXT, "", 0, 140, "name of the account that pays")                  \
    X(bankfile_payer_account, TEXT, "", 0, 34, "its number")                                   \
    X(bankfile_payer_bank, TEXT, "", 0, 35, "its bank")                                        \
    X(bankfile_sftp_host, TEXT, "", 0, 200, "SFTP server of the bank; \"\" = folders here")    \
    X(bankfile_sftp_port, INT, 22, 1, 65535, "its port")                                       \
    X(bankfile_sftp_user, TEXT, "", 0, 64, "our user there")                                   \
    X(bankfile_sftp_key_file, TEXT, "", 0, 200, "our private key")                             \
    X(bankfile_sftp_known_hosts, TEXT, "", 0, 200, "file with the server's key")               \
    X(alipay_url, TEXT, "", 0, 200, "Alipay's gateway, \"\" = its public address")             \
    X(alipay_app_id, TEXT, "", 0, 32, "our app at Alipay")                                     \
    X(alipay_key_file, TEXT, "", 0, 200, "its private key (PEM or bare base64)")               \
    X(alipay_public_key_file, TEXT, "", 0, 200, "Alipay's public key")                         \
    X(alipay_title, TEXT, "临时救助", 1, 120, "title of a transfer")                               \
    X(sms_url, TEXT, "", 0, 200, "URL of the SMS operator's sendsms (Kannel form)")            \
    X(sms_user, TEXT, "jiuji", 1, 64, "user name for sendsms")                                 \
    X(sms_password, TEXT, "", 0, 64, "password for sendsms")                                   \
    X(sms_from, TEXT, "12349", 1, 20, "sender number of our SMS")                              \
    X(sms_per_second, INT, 50, 1, 10000, "most SMS handed to one operator in one second")      \
    X(sms_provider, TEXT, "kannel", 1, 20, "the operator: kannel, aliyun, twilio, tencent, courier") \
    X(sms_sign, TEXT, "", 0, 60, "signature (签名) in front of our texts, where the operator adds it") \
    X(sms_app, TEXT, "", 0, 64, "number of our application at the operator, or the SMSC")      \
    X(sms_region, TEXT, "", 0, 40, "region of the operator's interface")                       \
    X(sms_report_url, TEXT, "", 0, 200, "URL for delivery reports, \"\" = none are asked for")   \
    X(sms_secret, TEXT, "", 0, 128, "secret word in the path of the operator's callbacks")     \
    X(sms_token, TEXT, "", 0, 128, "the operator's key for signed callbacks")                  \
    X(sms_public_url, TEXT, "", 0, 200, "callback URL up to the tail as the operator knows it") \
    X(sms_sources, TEXT, "", 0, 200, "networks the operator's callbacks may come from")        \
    X(sms2_provider, TEXT, "", 0, 20, "a second operator for when the first one fails, \"\" = none") \
    X(sms2_url, TEXT, "", 0, 200, "as sms_url")                                                \
    X(sms2_user, TEXT, "", 0, 64, "as sms_user")                                               \
    X(sms2_password, TEXT, "", 0, 64, "as sms_password")                                       \
    X(sms2_from, TEXT, "", 0, 20, "as sms_from")                                               \
    X(sms2_sign, TEXT, "", 0, 60, "as sms_sign")                                               \
    X(sms2_app, TEXT, "", 0, 64, "as sms_app")                                                 \
    X(sms2_region, TEXT, "", 0, 40, "as sms_region")                                           \
    X(sms2_report_url, TEXT, "", 0, 200, "as sms_report_url")                                  \
    X(sms2_secret, TEXT, "", 0, 128, "as sms_secret")                                          \
    X(sms2_token, TEXT, "", 0, 128, "as sms_token")                                            \
    X(sms2_public_url, TEXT, "", 0, 200, "as sms_public_url")                                  \
    X(sms2_sources, TEXT, "", 0, 200, "as sms_sources")                                        \
    X(sms_codes_file, TEXT, "", 0, 200, "the operators' codes of our templates (JSON)")        \
    X(sms_quiet_from, INT, 21, 0, 24, "hour from which SMS that nobody waits for stay")        \
    X(sms_quiet_to, INT, 8, 0, 24, "hour at which they go out; the same hour: at any time")    \
    X(sms_silence_hours, INT, 24, 0, 2160, "who has heard nothing for so long is told, 0 = not") \
    X(sms_same_ms, INT, 120000, 1, 86400000, "the same words of one sender within it are one SMS") \
    X(sms_answers_an_hour, INT, 12, 1, 1000, "most automatic answers to one telephone in an hour") \
    X(sms_gather_ms, INT, 120000, 0, 3600000, "how long routing waits for the number of people") \
    X(call_ticket_ms, INT, 600000, 100, 86400000,                                              \
      "how long after an unheard call its ticket may come before it is called back")           \
    X(hook_timeout_ms, INT, 15000, 100, 30000,                                                 \
      "deadline of one outgoing event at an endpoint")                                         \
    X(open311_url, TEXT, "/open311/v2", 1, 200, "where clients reach our Open311 façade")      \
    X(register_url, TEXT, "", 0, 200, "base URL of the low-income register, \"\" = none")        \
    X(register_token, TEXT, "", 0, 128, "token for it, and key of its signed answers")         \
    X(register_callback_url, TEXT, "", 0, 200, "where it reaches /v1/register/callback")       \
    X(register_silence_days, INT, 15, 1, 180, "after so many days a check without an answer is over") \
    X(max_connections, INT, 2048, 1, 65536, "most client connections of a gateway at once")    \
    X(max_in_flight, INT, 2048, 1, 65536, "most requests waiting for the store at once")       \
    X(drain_ms, INT, 8000, 0, 60000, "how long a stopping process may finish what it began")   \
    X(log_level, TEXT, "info", 4, 5, "debug, info, warn or error")

struct settings {
#define SETTING_TEXT(name) char name[SETTING_TEXT_SIZE];
#define SETTING_INT(name) long name;
#define SETTING_FIELD(name, kind, dflt, min, max, what) SETTING_##kind(name)
    SETTINGS_TABLE(SETTING_FIELD)
#undef SETTING_FIELD
#undef SETTING_TEXT
#undef SETTING_INT
};

void settings_defaults(struct settings *s);
/* Read one file. On ERR_INPUT, ERR_NOT_FOUND, ERR_IO `why` names file, line, setting and remedy. */
MUST_CHECK enum err settings_read_file(struct settings *s, const char *path, struct buf *why);
/* Read `--config FILE` first and then every `--name value` whose name is a setting. The other
 * words, among them options of the program's own, are moved to the front: argv[1..*argc). ERR_INPUT
 * with `why` as above. */
MUST_CHECK enum err settings_read_args(struct settings *s, int *argc, char **argv, struct buf *why);
/* The list of settings with defaults and meaning, for --help. */
void settings_describe(struct buf *out);
/* Print how to call `program` with this list on stdout; returns 2, the exit status of a wrong call. */
int settings_usage(const char *program);

#endif
