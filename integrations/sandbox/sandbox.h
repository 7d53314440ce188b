/* The stand-in bank and SMS operator: what its parts share. One process, one loop, one thread.
 *
 * What a peer sees (POST unless said):
 *   /disburse                      G2P Connect disburse v1.0.0, asynchronous, bearer token
 *   /disburse/sync/txn/status      status of references, bearer token
 *   /cgi-bin/sendsms               Kannel's form, GET or POST, user and password
 * and who tries it out:
 *   GET /sandbox/statement /sandbox/totals /sandbox/sms /sandbox/faults · POST and DELETE
 * /sandbox/faults · GET /livez
 *
 * Life of a request: taken in memory and written to the journal's buffer; when the loop has handled
 * what arrived, one fdatasync; then the answers leave and the callbacks start (answer.h). Money
 * moves when the order is taken. */
#ifndef INTEGRATIONS_SANDBOX_SANDBOX_H
#define INTEGRATIONS_SANDBOX_SANDBOX_H

#include <uv.h>
#include "integrations/sandbox/book.h"
#include "integrations/sandbox/courier.h"
#include "integrations/sandbox/faults.h"
#include "integrations/sandbox/journal.h"
#include "integrations/sandbox/later.h"
#include "integrations/sandbox/sms_box.h"
#include "server/http/http_server.h"

#define SANDBOX_BODY_MAX ((size_t)1024 * 1024)
#define ENVELOPE_ORDERS_MAX 1000

struct answer;

struct sandbox {
    uv_loop_t *loop;
    struct http_server *server; /* NULL once it has drained */
    struct journal *journal;
    struct book book;
    struct sms_box sms;
    struct faults faults;
    struct later later;
    struct courier *courier;
    uv_check_t after_poll;
    uv_prepare_t before_poll;
    struct answer *held, **held_last; /* wait for the journal */
    const char *bank_token;           /* "" = not asked for */
    const char *sms_user, *sms_password;
    int64_t started_ms;
    uint64_t envelopes, queries, correlations;
};

/* One line on stderr and the end: the journal can no longer be trusted, or there is no memory. What
 * was not answered was not promised. */
_Noreturn void sandbox_die(const char *what);

/* Handlers; each answers the ticket, now or after the journal is on the disk. */
void bank_disburse(struct sandbox *s, const struct http_request *r);
void bank_status(struct sandbox *s, const struct http_request *r);
void operator_send(struct sandbox *s, const struct http_request *r);
void pages_statement(struct sandbox *s, const struct http_request *r);
void pages_totals(struct sandbox *s, const struct http_request *r);
void pages_sms(struct sandbox *s, const struct http_request *r);
void pages_faults(struct sandbox *s, const struct http_request *r);
void pages_faults_add(struct sandbox *s, const struct http_request *r);
void pages_faults_clear(struct sandbox *s, const struct http_request *r);

#endif
