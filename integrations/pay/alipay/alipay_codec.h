/* Alipay fund transfer (alipay.fund.trans.uni.transfer) and its query (…common.query): struct <->
 * wire. Pure: time comes in as an argument, no I/O, no globals.
 *
 *   us -> Alipay  POST gateway?{query}, body biz_content=…    alipay_write_transfer, …_query
 *   Alipay -> us  POST form (message service)                 alipay_callback.h
 *
 * Signatures are RSA2 (SHA-256 with RSA, PKCS#1 v1.5): over name=value&… of all parameters sorted
 * by name, not escaped, for requests and notices; over the RAW BYTES of the inner object of the
 * answer, which is why alipay_answer_node() cuts them out of the text and nothing is ever written
 * again to be verified.
 *
 * Facts: amounts are yuan with two decimals ("800.00"), at least 0.10. Repeating an out_biz_no
 * returns its first outcome. A lost answer, code 20000 and sub_code SYSTEM_ERROR mean "ask"; only
 * sub_code decides, never the texts beside it. The answer table is alipay_answer.c. */
#ifndef INTEGRATIONS_PAY_ALIPAY_ALIPAY_CODEC_H
#define INTEGRATIONS_PAY_ALIPAY_ALIPAY_CODEC_H

#include <stdint.h>
#include "integrations/pay/pay.h"
#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"
#include "queue/base/json.h"

#define ALIPAY_GATEWAY "https://openapi.alipay.com/gateway.do"
#define ALIPAY_METHOD_TRANSFER "alipay.fund.trans.uni.transfer"
#define ALIPAY_METHOD_QUERY "alipay.fund.trans.common.query"
#define ALIPAY_METHOD_NOTICE "alipay.fund.trans.order.changed"

/* For the provider profile. The pages say only that an out_biz_no is remembered "long"; we take a
 * week for certain. */
#define ALIPAY_KEY_LIFE_S (7 * 86400)
#define ALIPAY_QUERY_AFTER_S 0

#define ALIPAY_AMOUNT_MIN_FEN 10
#define ALIPAY_AMOUNT_MAX_FEN INT64_C(10000000000) /* 100 million yuan */
#define ALIPAY_MESSAGE_MAX ((size_t)64 * 1024)

/* Who we are for Alipay. Texts and keys are borrowed. */
struct alipay_app {
    const char *app_id;                /* digits */
    const struct sign_key *key;        /* ours, private, RSA; NULL where nothing is sent */
    const struct sign_key *alipay_key; /* Alipay's, public, RSA */
    const char *title;                 /* order_title, what the payee's bill shows */
};

/* ---- Requests ---- */

/* NULL if Alipay can carry the order, else why not (static text for reason_code): "[payee]"
 * (neither "alipay-uid:2088…@…" nor "alipay-login:…@…"), "[name]" (a login needs the name),
 * "[amount]". */
const char *alipay_order_fault(const struct pay_order *order);
/* Append the query part of the address and the form body of a signed transfer. ERR_INPUT:
 * pay_order_check() or alipay_order_fault() refuses it, or there is no key; ERR_INTERNAL,
 * ERR_TOO_LARGE, ERR_NO_MEMORY. On failure both are spoilt. */
MUST_CHECK enum err alipay_write_transfer(const struct alipay_app *app,
                                          const struct pay_order *order, int64_t at_ms,
                                          struct buf *query, struct buf *body);
/* The same for a query by our out_biz_no. */
MUST_CHECK enum err alipay_write_query(const struct alipay_app *app, const char *id, int64_t at_ms,
                                       struct buf *query, struct buf *body);

/* ---- Answers ---- */

/* The raw bytes of member `name` (an object) of the JSON object `text`, and the value of its member
 * "sign". Both point into text. ERR_INPUT: text is not one strict JSON object with that member;
 * sign is empty if there is none. */
MUST_CHECK enum err alipay_answer_node(struct slice text, const char *name, struct slice *node,
                                       struct slice *sign);

enum alipay_source { ALIPAY_FROM_TRANSFER, ALIPAY_FROM_QUERY, ALIPAY_FROM_NOTICE };

/* Verify and read the answer about order `id`. Never fails: without a valid signature it is
 * PAY_UNKNOWN "[signature]", and what cannot be understood or is about another order is PAY_UNKNOWN
 * too. source: TRANSFER or QUERY. */
void alipay_read_answer(enum alipay_source source, const struct alipay_app *app, int http_status,
                        struct slice body, const char *id, struct pay_result *result);
/* Read one order as it stands in an answer or a notice. ERR_INPUT: its out_biz_no, status or amount
 * is not well formed; *result is untouched. */
MUST_CHECK enum err alipay_read_order(enum alipay_source source, const struct json *order,
                                      struct pay_result *result);

/* "800.00" <-> 80000, exact. ERR_INPUT, ERR_TOO_LARGE. */
MUST_CHECK enum err alipay_read_amount(struct slice text, int64_t *amount_fen);

/* ---- The answer table (alipay_answer.c) ---- */
/* An order whose code is 10000, or a notice. */
enum pay_outcome alipay_status_outcome(enum alipay_source source, struct slice status);
/* Any other code. sub_code may be empty. */
enum pay_outcome alipay_error_outcome(enum alipay_source source, struct slice code,
                                      struct slice sub_code, bool *not_taken);

#endif
