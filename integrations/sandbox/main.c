/* jiuji-sandbox: stands in for banks, wallets, SMS operators and registers, over real HTTP and real
 * files. For trying out and for tests, never in production. */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/answer.h"
#include "integrations/sandbox/file_bank.h"
#include "integrations/sandbox/keys.h"
#include "integrations/sandbox/register.h"
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/base/log.h"
#include "server/http/router.h"

#define DRAIN_MS 3000

enum route_id {
    ROUTE_DISBURSE,
    ROUTE_DISBURSE_SYNC,
    ROUTE_STATUS,
    ROUTE_WECHAT_CREATE,
    ROUTE_WECHAT_QUERY,
    ROUTE_WECHAT_CANCEL,
    ROUTE_ALIPAY,
    ROUTE_SEND,
    ROUTE_SMS_ROOT,
    ROUTE_TWILIO,
    ROUTE_COURIER,
    ROUTE_REGISTER,
    ROUTE_REGISTER_LOOK,
    ROUTE_STATEMENT,
    ROUTE_TOTALS,
    ROUTE_SMS,
    ROUTE_MO,
    ROUTE_REGISTER_SEED,
    ROUTE_SETTINGS,
    ROUTE_FAULTS,
    ROUTE_FAULTS_ADD,
    ROUTE_FAULTS_CLEAR,
    ROUTE_LIVEZ
};

#define WECHAT_BILLS "/v3/fund-app/mch-transfer/transfer-bills"

static const struct route ROUTES[] = {
    {HTTP_METHOD_POST, "/disburse", ROUTE_DISBURSE},
    {HTTP_METHOD_POST, "/disburse/sync/disburse", ROUTE_DISBURSE_SYNC},
    {HTTP_METHOD_POST, "/disburse/sync/txn/status", ROUTE_STATUS},
    {HTTP_METHOD_POST, WECHAT_BILLS, ROUTE_WECHAT_CREATE},
    {HTTP_METHOD_GET, WECHAT_BILLS "/out-bill-no/{bill}", ROUTE_WECHAT_QUERY},
    {HTTP_METHOD_POST, WECHAT_BILLS "/out-bill-no/{bill}/cancel", ROUTE_WECHAT_CANCEL},
    {HTTP_METHOD_POST, "/gateway.do", ROUTE_ALIPAY},
    {HTTP_METHOD_GET, "/cgi-bin/sendsms", ROUTE_SEND},
    {HTTP_METHOD_POST, "/cgi-bin/sendsms", ROUTE_SEND},
    {HTTP_METHOD_POST, "/", ROUTE_SMS_ROOT},
    {HTTP_METHOD_POST, "/2010-04-01/Accounts/{account}/Messages.json", ROUTE_TWILIO},
    {HTTP_METHOD_POST, "/courier/send", ROUTE_COURIER},
    {HTTP_METHOD_GET, "/courier/send", ROUTE_COURIER},
    {HTTP_METHOD_POST, "/register/checks", ROUTE_REGISTER},
    {HTTP_METHOD_GET, "/register/checks/{check}", ROUTE_REGISTER_LOOK},
    {HTTP_METHOD_GET, "/sandbox/statement", ROUTE_STATEMENT},
    {HTTP_METHOD_GET, "/sandbox/totals", ROUTE_TOTALS},
    {HTTP_METHOD_GET, "/sandbox/sms", ROUTE_SMS},
    {HTTP_METHOD_POST, "/sandbox/mo", ROUTE_MO},
    {HTTP_METHOD_POST, "/sandbox/register", ROUTE_REGISTER_SEED},
    {HTTP_METHOD_POST, "/sandbox/settings", ROUTE_SETTINGS},
    {HTTP_METHOD_GET, "/sandbox/faults", ROUTE_FAULTS},
    {HTTP_METHOD_POST, "/sandbox/faults", ROUTE_FAULTS_ADD},
    {HTTP_METHOD_DELETE, "/sandbox/faults", ROUTE_FAULTS_CLEAR},
    {HTTP_METHOD_GET, "/livez", ROUTE_LIVEZ},
};

/* The process: the sandbox and what only main() needs. */
struct process {
    struct sandbox sandbox;
    struct router *router;
    uv_signal_t signals[2];
    uv_timer_t drain_timer;
    bool stopping;
};

_Noreturn void sandbox_die(const char *what)
{
    log_event(LOG_ERROR, "sandbox_died", "why=\"%s\"", what);
    exit(1);
}

/* ---- Requests ---- */

static void on_request(struct http_server *server, const struct http_request *r, void *data)
{
    struct process *p = data;
    struct sandbox *s = &p->sandbox;
    struct route_match match;
    enum err err = router_match(p->router, r->method, r->path, &match);
    if (err != ERR_OK) {
        (void)http_reply_problem(server, r->ticket, err, 0, "没有这个地址或方法。");
        return;
    }
    switch ((enum route_id)match.id) {
    case ROUTE_DISBURSE: bank_disburse(s, r); break;
    case ROUTE_DISBURSE_SYNC: bank_disburse_sync(s, r); break;
    case ROUTE_STATUS: bank_status(s, r); break;
    case ROUTE_WECHAT_CREATE: wechat_create(s, r); break;
    case ROUTE_WECHAT_QUERY: wechat_query(s, r, match.params[0]); break;
    case ROUTE_WECHAT_CANCEL: wechat_cancel(s, r, match.params[0]); break;
    case ROUTE_ALIPAY: alipay_gateway(s, r); break;
    case ROUTE_SEND: operator_send(s, r); break;
    case ROUTE_SMS_ROOT:
        if (http_header(r, "x-tc-action").len > 0) {
            tencent_send(s, r);
        } else {
            aliyun_send(s, r);
        }
        break;
    case ROUTE_TWILIO: twilio_send(s, r, match.params[0]); break;
    case ROUTE_COURIER: courier_form_send(s, r); break;
    case ROUTE_REGISTER: register_check(s, r); break;
    case ROUTE_REGISTER_LOOK: register_look(s, r, match.params[0]); break;
    case ROUTE_STATEMENT: pages_statement(s, r); break;
    case ROUTE_TOTALS: pages_totals(s, r); break;
    case ROUTE_SMS: pages_sms(s, r); break;
    case ROUTE_MO: pages_mo(s, r); break;
    case ROUTE_REGISTER_SEED: pages_register(s, r); break;
    case ROUTE_SETTINGS: pages_settings(s, r); break;
    case ROUTE_FAULTS: pages_faults(s, r); break;
    case ROUTE_FAULTS_ADD: pages_faults_add(s, r); break;
    case ROUTE_FAULTS_CLEAR: pages_faults_clear(s, r); break;
    case ROUTE_LIVEZ: {
        struct http_response ok = {
            .status = 200, .content_type = HTTP_TYPE_TEXT, .body = SLICE_LIT("ok\n")};
        (void)http_reply(server, r->ticket, &ok);
        break;
    }
    }
}

/* Everything of this tick has been taken: one commit, then the answers. */
static void on_after_poll(uv_check_t *check)
{
    answers_release(check->data);
}

/* And what timers or the answers themselves brought, before the loop may sleep. */
static void on_before_poll(uv_prepare_t *prepare)
{
    answers_release(prepare->data);
}

/* ---- Stopping ---- */

static void on_drained(void *data)
{
    struct process *p = data;
    struct sandbox *s = &p->sandbox;
    s->server = NULL;
    answers_release(s);
    courier_stop(s->courier);
    uv_close((uv_handle_t *)&s->after_poll, NULL);
    uv_close((uv_handle_t *)&s->before_poll, NULL);
    uv_close((uv_handle_t *)&p->drain_timer, NULL);
    uv_close((uv_handle_t *)&p->signals[0], NULL);
    uv_close((uv_handle_t *)&p->signals[1], NULL);
}

static void on_drain_deadline(uv_timer_t *timer)
{
    struct process *p = timer->data;
    http_server_stop(p->sandbox.server);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct process *p = handle->data;
    (void)number;
    if (p->stopping) {
        http_server_stop(p->sandbox.server); /* asked twice: at once */
        return;
    }
    p->stopping = true;
    later_stop(&p->sandbox.later); /* what hangs is not waited for */
    (void)uv_timer_start(&p->drain_timer, on_drain_deadline, DRAIN_MS, 0);
    http_server_drain(p->sandbox.server, on_drained, p);
}

/* ---- Starting ---- */

static enum err on_journal_line(struct slice line, void *data)
{
    struct sandbox *s = data;
    return slice_starts_with(line, "S ")   ? sms_box_read_line(&s->sms, line)
           : slice_starts_with(line, "B ") ? file_bank_read_line(s->file_bank, line)
                                           : book_read_line(&s->book, line);
}

static enum err open_journal(struct sandbox *s, const char *folder)
{
    enum err err = file_make_folder(folder, 0700);
    if (err != ERR_OK) {
        return err;
    }
    struct buf path;
    buf_init(&path, 4096);
    buf_putf(&path, "%s/journal", folder);
    err = buf_err(&path);
    if (err == ERR_OK) {
        err = journal_open(path.ptr, on_journal_line, s, &s->journal);
    }
    buf_release(&path);
    return err;
}

/* The public key of the other side, if a file is named. */
static enum err open_public(const char *path, enum sign_kind kind, struct sign_key **out)
{
    return path[0] == '\0' ? ERR_OK : sign_key_public_file(path, kind, out);
}

static enum err read_api_key(const char *path, char out[API_KEY_LEN + 1])
{
    struct buf text;
    if (path[0] == '\0') {
        return ERR_INPUT;
    }
    buf_init(&text, 4096);
    enum err err = file_read(path, &text);
    struct slice key = slice_trim(buf_slice(&text));
    err = err != ERR_OK            ? err
          : key.len != API_KEY_LEN ? ERR_INPUT
                                   : slice_copy(key, out, API_KEY_LEN + 1);
    buf_release(&text);
    return err;
}

/* The keys of the peers that are switched on. */
static enum err open_keys(struct sandbox *s)
{
    const struct options *o = &s->options;
    enum err err = open_public(o->g2p_client_key, SIGN_ED25519, &s->g2p_client);
    if (err == ERR_OK && strcmp(o->g2p_sign, "0") != 0) {
        err = keys_open(o->data, "g2p", SIGN_ED25519, &s->g2p_key);
    }
    if (err == ERR_OK && o->wechat_mchid[0] != '\0') {
        err = keys_open(o->data, "wechat", SIGN_RSA, &s->wechat_key);
        err = err != ERR_OK ? err
                            : open_public(o->wechat_merchant_key, SIGN_RSA, &s->wechat_merchant);
        err = err != ERR_OK ? err : read_api_key(o->wechat_api_key_file, s->wechat_api_key);
    }
    if (err == ERR_OK && o->alipay_app_id[0] != '\0') {
        err = keys_open(o->data, "alipay", SIGN_RSA, &s->alipay_key);
        err = err != ERR_OK ? err : open_public(o->alipay_app_key, SIGN_RSA, &s->alipay_app);
    }
    return err;
}

static enum err start_server(struct process *p)
{
    const struct options *o = &p->sandbox.options;
    struct http_server_options options = {
        .ip = o->listen, .port = (int)options_number(o->port), .on_request = on_request, .data = p};
    http_limits_defaults(&options.limits);
    options.limits.body_bytes = SANDBOX_BODY_MAX;
    options.limits.connections_per_address = options.limits.connections;
    return http_server_start(p->sandbox.loop, &options, &p->sandbox.server);
}

static void watch(struct process *p, uv_signal_t *handle, int number)
{
    int rc = uv_signal_init(p->sandbox.loop, handle);
    ASSERT(rc == 0);
    handle->data = p;
    rc = uv_signal_start(handle, on_signal, number);
    ASSERT(rc == 0);
}

/* Everything but the loop's own handles. */
static enum err open_parts(struct process *p)
{
    struct sandbox *s = &p->sandbox;
    enum err err = router_make(ROUTES, COUNT_OF(ROUTES), &p->router);
    err = err != ERR_OK ? err : sms_box_init(&s->sms);
    err = err != ERR_OK ? err : checks_new(&s->checks);
    err = err != ERR_OK ? err : file_bank_new(s, &s->file_bank);
    err = err != ERR_OK ? err : open_journal(s, s->options.data);
    err = err != ERR_OK ? err : open_keys(s);
    err = err != ERR_OK ? err : courier_new(s->loop, &s->later, &s->courier);
    return err != ERR_OK ? err : start_server(p);
}

static enum err start(struct process *p, uv_loop_t *loop)
{
    struct sandbox *s = &p->sandbox;
    s->loop = loop;
    s->held_last = &s->held;
    s->started_ms = clock_now_ms();
    book_init(&s->book, options_number(s->options.opening_fen));
    later_init(&s->later, loop);
    enum err err = open_parts(p);
    if (err != ERR_OK) {
        return err;
    }
    int rc = uv_check_init(loop, &s->after_poll);
    ASSERT(rc == 0);
    s->after_poll.data = s;
    (void)uv_check_start(&s->after_poll, on_after_poll);
    rc = uv_prepare_init(loop, &s->before_poll);
    ASSERT(rc == 0);
    s->before_poll.data = s;
    (void)uv_prepare_start(&s->before_poll, on_before_poll);
    rc = uv_timer_init(loop, &p->drain_timer);
    ASSERT(rc == 0);
    p->drain_timer.data = p;
    watch(p, &p->signals[0], SIGTERM);
    watch(p, &p->signals[1], SIGINT);
    wechat_resume(s);
    if (s->file_bank != NULL) {
        file_bank_start(s->file_bank);
    }
    return ERR_OK;
}

static void release(struct process *p)
{
    struct sandbox *s = &p->sandbox;
    courier_free(s->courier);
    journal_close(s->journal);
    book_release(&s->book);
    sms_box_release(&s->sms);
    checks_free(s->checks);
    file_bank_free(s->file_bank);
    struct sign_key *keys[] = {s->g2p_key,    s->wechat_key,      s->alipay_key,
                               s->g2p_client, s->wechat_merchant, s->alipay_app};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        sign_key_free(keys[i]);
    }
    router_free(p->router);
}

/* ---- Command line ---- */

static void print_usage(void)
{
    struct buf text;
    buf_init(&text, 16384);
    buf_put_text(
        &text, "usage: jiuji-sandbox --data DIR [--NAME VALUE]...\nA stand-in for banks, wallets, "
               "SMS operators and registers, for trying out. Prints port=N.\n");
    options_usage(&text);
    (void)fputs(text.ptr, stderr);
    buf_release(&text);
}

static bool read_options(int argc, char **argv, struct options *o)
{
    options_defaults(o);
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 >= argc || strncmp(argv[i], "--", 2) != 0 ||
            options_set(o, argv[i] + 2, slice_of(argv[i + 1])) != ERR_OK) {
            return false;
        }
    }
    return o->data[0] != '\0' && options_number(o->port) <= 65535;
}

int main(int argc, char **argv)
{
    static struct process process;
    if (!read_options(argc, argv, &process.sandbox.options)) {
        print_usage();
        return 2;
    }
    log_setup("jiuji-sandbox", LOG_INFO);
    (void)signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    uv_loop_t loop;
    int rc = uv_loop_init(&loop);
    ASSERT(rc == 0);
    enum err err = start(&process, &loop);
    if (err != ERR_OK) {
        log_event(LOG_ERROR, "sandbox_start_failed", "err=%s", err_code(err));
        return 1;
    }
    (void)printf("port=%d\n", http_server_port(process.sandbox.server));
    (void)fflush(stdout);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    release(&process);
    rc = uv_loop_close(&loop);
    ASSERT(rc == 0);
    curl_global_cleanup();
    return 0;
}
