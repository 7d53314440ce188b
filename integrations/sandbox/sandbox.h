/* The stand-in for everybody outside: what its parts share. One process, one loop, one thread.
 *
 * What a peer sees (POST unless said):
 *   /disburse                      G2P Connect disburse v1.0.0, asynchronous, bearer token
 *   /disburse/sync/disburse        the same, the answer tells the outcome
 *   /disburse/sync/txn/status      status of references, bearer token
 *   /v3/fund-app/mch-transfer/...  WeChat Pay v3: create, GET .../out-bill-no/{n}, .../{n}/cancel
 *   /gateway.do                    Alipay: uni.transfer, common.query
 *   a folder                       bank files: pain.001 or text in, pain.002, camt.053/054 or text
 * out /cgi-bin/sendsms               Kannel's form, GET or POST, user and password / Aliyun
 * (x-acs-action) and Tencent (x-tc-action) SMS /2010-04-01/Accounts/{sid}/Messages.json   Twilio
 *   /courier/send                  the form of courier's external channel
 *   /register/checks               low-income register and household check, asynchronous; GET
 *                                  .../{check_id} looks
 * and who tries it out:
 *   GET /sandbox/statement /sandbox/totals /sandbox/sms /sandbox/faults · POST and DELETE
 * /sandbox/faults · POST /sandbox/settings /sandbox/mo /sandbox/register · GET /livez
 *
 * Life of a request: taken in memory and written to the journal's buffer; when the loop has handled
 * what arrived, one fdatasync; then the answers leave and the callbacks start (answer.h). Money
 * moves when the order is taken, or when the payee has confirmed (WeChat). */
#ifndef INTEGRATIONS_SANDBOX_SANDBOX_H
#define INTEGRATIONS_SANDBOX_SANDBOX_H

#include <uv.h>
#include "integrations/sandbox/book.h"
#include "integrations/sandbox/courier.h"
#include "integrations/sandbox/faults.h"
#include "integrations/sandbox/journal.h"
#include "integrations/sandbox/later.h"
#include "integrations/sandbox/options.h"
#include "integrations/sandbox/sms_box.h"
#include "integrations/sign/sign_key.h"
#include "server/http/http_server.h"

#define SANDBOX_BODY_MAX ((size_t)1024 * 1024)
#define ENVELOPE_ORDERS_MAX 1000
#define API_KEY_LEN 32

struct answer;
struct file_bank;
struct checks;

struct sandbox {
    uv_loop_t *loop;
    struct http_server *server; /* NULL once it has drained */
    struct journal *journal;
    struct book book;
    struct sms_box sms;
    struct faults faults;
    struct later later;
    struct courier *courier;
    struct file_bank *file_bank; /* NULL: there is none */
    struct checks *checks;
    uv_check_t after_poll;
    uv_prepare_t before_poll;
    struct answer *held, **held_last; /* wait for the journal */
    struct options options;
    /* Ours, private; NULL = that peer does not sign. And the public ones of the other side. */
    struct sign_key *g2p_key, *wechat_key, *alipay_key;
    struct sign_key *g2p_client, *wechat_merchant, *alipay_app;
    char wechat_api_key[API_KEY_LEN + 1];
    int64_t started_ms;
    uint64_t envelopes, queries, correlations;
};

/* One line on stderr and the end: the journal can no longer be trusted, or there is no memory. What
 * was not answered was not promised. */
_Noreturn void sandbox_die(const char *what);

/* Handlers; each answers the ticket, now or after the journal is on the disk. param: what stands in
 * the path. */
void bank_disburse(struct sandbox *s, const struct http_request *r);
void bank_disburse_sync(struct sandbox *s, const struct http_request *r);
void bank_status(struct sandbox *s, const struct http_request *r);
void wechat_create(struct sandbox *s, const struct http_request *r);
void wechat_query(struct sandbox *s, const struct http_request *r, struct slice bill);
void wechat_cancel(struct sandbox *s, const struct http_request *r, struct slice bill);
void alipay_gateway(struct sandbox *s, const struct http_request *r);
void operator_send(struct sandbox *s, const struct http_request *r);
void aliyun_send(struct sandbox *s, const struct http_request *r);
void tencent_send(struct sandbox *s, const struct http_request *r);
void twilio_send(struct sandbox *s, const struct http_request *r, struct slice account);
void courier_form_send(struct sandbox *s, const struct http_request *r);
void register_check(struct sandbox *s, const struct http_request *r);
void register_look(struct sandbox *s, const struct http_request *r, struct slice check_id);
void pages_statement(struct sandbox *s, const struct http_request *r);
void pages_totals(struct sandbox *s, const struct http_request *r);
void pages_sms(struct sandbox *s, const struct http_request *r);
void pages_mo(struct sandbox *s, const struct http_request *r);
void pages_register(struct sandbox *s, const struct http_request *r);
void pages_settings(struct sandbox *s, const struct http_request *r);
void pages_faults(struct sandbox *s, const struct http_request *r);
void pages_faults_add(struct sandbox *s, const struct http_request *r);
void pages_faults_clear(struct sandbox *s, const struct http_request *r);

/* WeChat bills that waited for their payees when the sandbox ended go on waiting. */
void wechat_resume(struct sandbox *s);

#endif
