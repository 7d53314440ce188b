/* WeChat Pay v3 merchant transfer (商家转账), scene 1002 政府补贴 (行政补贴): struct <-> wire.
 * Pure: time and nonces come in as arguments, no I/O, no globals.
 *
 *   us -> WeChat  POST WECHAT_TRANSFER_PATH                      wechat_write_transfer
 *   us -> WeChat  GET  WECHAT_TRANSFER_PATH/out-bill-no/{id}     wechat_put_query_target
 *   us -> WeChat  POST …/out-bill-no/{id}/cancel                 wechat_put_cancel_target
 *   WeChat -> us  POST notify_url                                wechat_callback.h
 *
 * Every request carries wechat_put_authorization(); every answer must pass wechat_verify() before a
 * byte of it is believed.
 *
 * Facts (the provider's pages): HTTP 200 with WAIT_USER_CONFIRM means created; the payee must tap
 * "confirm" in WeChat, so that a caller without a bound openid cannot be paid this way. An HTTP
 * status other than 200 describes the request, not the order: the bill number is never changed
 * because of one. Amounts are integers of fen. The answer table is wechat_answer.c. */
#ifndef INTEGRATIONS_PAY_WECHAT_WECHAT_CODEC_H
#define INTEGRATIONS_PAY_WECHAT_WECHAT_CODEC_H

#include <stdint.h>
#include "integrations/pay/pay.h"
#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"
#include "queue/base/json.h"

#define WECHAT_TRANSFER_PATH "/v3/fund-app/mch-transfer/transfer-bills"
#define WECHAT_SCENE "1002"

/* For the provider profile. A bill number is remembered for good in practice, but only the three
 * natural days of the predecessor interface are promised in writing; a query answers for bills of
 * the last 30 days; in the first minute it may not know a bill that was taken. */
#define WECHAT_KEY_LIFE_S (2 * 86400)
#define WECHAT_QUERY_LIFE_S (30 * 86400)
#define WECHAT_QUERY_AFTER_S 60

#define WECHAT_WINDOW_S 300           /* a signature this much older or newer than now is refused */
#define WECHAT_NAME_NEEDED_FEN 200000 /* from 2,000 yuan the payee's name must be sent */
#define WECHAT_NAME_LEAST_FEN 30      /* below 0.30 yuan it must not be sent */
#define WECHAT_AMOUNT_MIN_FEN 10
#define WECHAT_REMARK_MAX 32  /* code points */
#define WECHAT_SUBSIDY_MAX 32 /* code points */
#define WECHAT_NONCE_SIZE 33  /* 32 letters and digits and a NUL */
#define WECHAT_BODY_MAX ((size_t)64 * 1024)
#define WECHAT_PACKAGE_SIZE 1024
#define WECHAT_API_KEY_LEN 32

/* Who we are for WeChat Pay, and who it is for us. Texts and keys are borrowed. */
struct wechat_merchant {
    const char *mchid; /* digits */
    const char *appid;
    const char *serial;          /* of our certificate */
    const struct sign_key *key;  /* ours, private, RSA; NULL where nothing is sent */
    const char *platform_serial; /* "PUB_KEY_ID_…", or the platform certificate's number */
    const struct sign_key *platform_key; /* public, RSA */
    const char *api_key;    /* APIv3 key, WECHAT_API_KEY_LEN characters; "" if unused */
    const char *notify_url; /* https, without query; "" = no callbacks */
    const char *perception; /* 行政补贴 or 行政奖励, what the payee is told */
    const char *subsidy;    /* 补贴类型 for the report, 1..WECHAT_SUBSIDY_MAX code points */
};

/* ---- Signatures ---- */

/* Append what is signed for a request: METHOD\n target\n seconds\n nonce\n body\n. target: path and
 * query. */
void wechat_put_signed_text(struct buf *out, const char *method, struct slice target, int64_t at_s,
                            const char *nonce, struct slice body);
/* Append the header line "Authorization: WECHATPAY2-SHA256-RSA2048 mchid=…". nonce: 1..32 letters
 * and digits, never used before. ERR_INPUT, ERR_INTERNAL, ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK enum err wechat_put_authorization(const struct wechat_merchant *merchant,
                                             const char *method, struct slice target, int64_t at_s,
                                             const char *nonce, struct slice body, struct buf *out);

/* The headers of an answer or a callback: Wechatpay-Timestamp, -Nonce, -Serial, -Signature and
 * -Signature-Type ("" if it is not there). */
struct wechat_stamp {
    struct slice timestamp, nonce, serial, signature, type;
};
/* ERR_OK: the platform signed exactly these bytes, less than WECHAT_WINDOW_S from now. ERR_AUTH
 * otherwise: another serial, another type, out of time, probe or wrong signature. ERR_NO_MEMORY. */
MUST_CHECK enum err wechat_verify(const struct wechat_merchant *merchant,
                                  const struct wechat_stamp *stamp, struct slice body,
                                  int64_t now_ms);

/* ---- Requests ---- */

/* NULL if WeChat can carry the order, else why not (static text for reason_code): "[payee]" (no
 * "openid:…@…"), "[amount]", "[name]" (needed and missing). Such an order can never go this way. */
const char *wechat_order_fault(const struct pay_order *order);
/* Append the body of a transfer. The payee's name is encrypted with the platform's key, new at
 * every call. ERR_INPUT: pay_order_check() or wechat_order_fault() refuses it, out is untouched;
 * ERR_INTERNAL, ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err wechat_write_transfer(const struct wechat_merchant *merchant,
                                          const struct pay_order *order, struct buf *out);
/* Append path of a query by our bill number, and of a cancel. id is valid. */
void wechat_put_query_target(const char *id, struct buf *out);
void wechat_put_cancel_target(const char *id, struct buf *out);

/* ---- Answers; the caller has verified them ---- */

enum wechat_source {
    WECHAT_FROM_TRANSFER,
    WECHAT_FROM_QUERY,
    WECHAT_FROM_CANCEL,
    WECHAT_FROM_CALLBACK
};

/* Read the answer about bill `id`. Never fails: what cannot be understood or is about another bill
 * is PAY_UNKNOWN. reason_code is the provider's: fail_reason, error code, or the state while it is
 * not final. package (may be NULL): package_info for the payee's confirm call, "" if none. */
void wechat_read_answer(enum wechat_source source, int http_status, struct slice body,
                        const char *id, struct pay_result *result,
                        char package[WECHAT_PACKAGE_SIZE]);
/* Read one bill as it stands in a query's answer or a callback. ERR_INPUT: not a bill (its
 * out_bill_no, mch_id or transfer_amount is not well formed); *result is untouched. mchid NULL: not
 * compared. */
MUST_CHECK enum err wechat_read_bill(const struct json *bill, const char *mchid,
                                     struct pay_result *result);

/* ---- The answer table (wechat_answer.c) ---- */
enum pay_outcome wechat_state_outcome(struct slice state);
/* An HTTP status other than 200 with the provider's error code. */
enum pay_outcome wechat_error_outcome(enum wechat_source source, int http_status, struct slice code,
                                      bool *not_taken);

#endif
