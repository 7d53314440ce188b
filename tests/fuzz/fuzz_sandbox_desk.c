/* Requests to the stand-in for everybody outside, one after the other against one sandbox: each is
 * answered once, answers and pushes are whole JSON with header lines that end nowhere early, what
 * goes into the journal comes out of it again, and the book adds up. And the readers behind
 * signatures that nobody can make up, called directly.
 *
 * Requests are separated by a byte 0x1e. The first byte of one is the handler; then header lines,
 * an empty line, a line with the query, and the body. */
#include <string.h>
#include "integrations/sandbox/alipay_wire.h"
#include "integrations/sandbox/g2p_seal.h"
#include "integrations/sandbox/register.h"
#include "integrations/sandbox/wechat_wire.h"
#include "queue/base/json.h"
#include "tests/fuzz/sandbox_stub.h"
#include "tests/unit/sign/keys.h"

#define FIELDS_MAX 12
#define REQUESTS_MAX 6
#define OPENING_FEN INT64_C(1000000)
#define NOW_S INT64_C(1772328600)

static struct sandbox sandbox;
static struct key_pair rsa, ed;
static uv_loop_t loop;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    ASSERT(uv_loop_init(&loop) == 0);
    key_pair_make(&rsa, 2048);
    key_pair_make(&ed, 0);
    ASSERT(rsa.private != NULL && ed.private != NULL);
    return 0;
}

static void open_sandbox(struct sandbox *s)
{
    static const char *const settings[][2] = {{"sms-user", "u"},
                                              {"kannel-mo-url", "http://127.0.0.1:1/mo"},
                                              {"aliyun-key-id", "k"},
                                              {"aliyun-secret", "s"},
                                              {"aliyun-up-url", "http://127.0.0.1:1/up"},
                                              {"tencent-id", "t"},
                                              {"tencent-secret", "s"},
                                              {"tencent-url", "http://127.0.0.1:1/t"},
                                              {"twilio-sid", "AC1"},
                                              {"twilio-token", "t"},
                                              {"twilio-url", "http://127.0.0.1:1/w"},
                                              {"courier-url", "http://127.0.0.1:1/c"},
                                              {"register-token", "t"},
                                              {"wechat-mchid", "1"},
                                              {"wechat-appid", "wx1"},
                                              {"wechat-serial", "S"},
                                              {"alipay-app-id", "1"}};
    *s = (struct sandbox){.loop = &loop, .started_ms = 1};
    s->held_last = &s->held;
    options_defaults(&s->options);
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        ASSERT(options_set(&s->options, settings[i][0], slice_of(settings[i][1])) == ERR_OK);
    }
    later_init(&s->later, &loop);
    ASSERT(checks_new(&s->checks) == ERR_OK);
    s->wechat_key = s->wechat_merchant = s->alipay_key = s->alipay_app = rsa.private;
    stub_begin(s, OPENING_FEN);
}

static void close_sandbox(struct sandbox *s)
{
    stub_end(s);
    later_stop(&s->later);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    checks_free(s->checks);
}

/* ---- Readers behind signatures ---- */

static void read_wechat(struct sandbox *s, const struct http_request *r)
{
    struct wechat_order order;
    struct json *root = NULL;
    (void)wechat_signed(s, r, NOW_S);
    if (json_parse(r->body, &root, NULL) != ERR_OK) {
        return;
    }
    if (wechat_read_order(s, root, http_header(r, "wechatpay-serial"), &order) == NULL) {
        ASSERT(order.amount_fen >= 10 && order.amount_fen <= 20000000);
        ASSERT(order.out_bill_no.len >= 1 && order.out_bill_no.len <= BILL_NO_MAX &&
               order.openid.len > 0);
    }
    json_free(root);
}

static void read_alipay(const struct http_request *r)
{
    static struct alipay_params p; /* large */
    int64_t fen = alipay_fen(r->query);
    ASSERT(fen == 0 || (fen >= 10 && fen <= INT64_C(10000000000)));
    if (alipay_read_params(r->query, r->body, &p)) {
        struct buf text;
        ASSERT(p.count <= ALIPAY_PARAMS_MAX && p.used <= ALIPAY_TEXT_MAX);
        buf_init(&text, 2 * ALIPAY_TEXT_MAX);
        alipay_put_signed_text(&p, true, &text);
        ASSERT(buf_err(&text) == ERR_OK);
        for (size_t i = 1; i < p.count; i++) {
            ASSERT(strcmp(p.list[i - 1].name, p.list[i].name) < 0);
        }
        buf_release(&text);
    }
}

/* What we seal is believed, until a byte of it changes. */
static void read_seal(const struct http_request *r)
{
    struct json *root = NULL;
    struct buf message, sealed;
    if (json_parse(r->body, &root, NULL) == ERR_OK) {
        (void)seal_check(ed.public, "bank|" SEAL_KEY_ID, NOW_S, root);
        json_free(root);
        root = NULL;
    }
    buf_init(&message, SANDBOX_BODY_MAX);
    buf_init(&sealed, SANDBOX_BODY_MAX);
    buf_put_text(&message, "{\"signature\":\"\",\"header\":{\"a\":1},\"message\":");
    json_quote(&message, r->query);
    buf_put_char(&message, '}');
    if (seal_write(ed.private, "bank", NOW_S, false, buf_slice(&message), &sealed) == ERR_OK) {
        ASSERT(json_parse(buf_slice(&sealed), &root, NULL) == ERR_OK);
        ASSERT(seal_check(ed.public, "bank|" SEAL_KEY_ID, NOW_S, root) == NULL);
        ASSERT(seal_check(ed.public, "other|" SEAL_KEY_ID, NOW_S, root) != NULL);
        ASSERT(seal_check(ed.public, "bank|" SEAL_KEY_ID, NOW_S + SEAL_LIFE_S + 1, root) != NULL);
        json_free(root);
    }
    buf_release(&message);
    buf_release(&sealed);
}

/* ---- Requests ---- */

static void handle(struct sandbox *s, unsigned which, struct http_request *r)
{
    size_t before = stub_mirror.answers;
    switch (which % 20) {
    case 0: bank_disburse(s, r); break;
    case 1: bank_disburse_sync(s, r); break;
    case 2: bank_status(s, r); break;
    case 3: operator_send(s, r); break;
    case 4: aliyun_send(s, r); break;
    case 5: tencent_send(s, r); break;
    case 6: twilio_send(s, r, SLICE_LIT("AC1")); break;
    case 7: courier_form_send(s, r); break;
    case 8: register_check(s, r); break;
    case 9: pages_register(s, r); break;
    case 10: pages_mo(s, r); break;
    case 11: pages_sms(s, r); break;
    case 12: pages_statement(s, r); break;
    case 13: pages_faults_add(s, r); break;
    case 14: pages_settings(s, r); break;
    case 15:
        r->method = HTTP_METHOD_GET;
        operator_send(s, r);
        break;
    case 16: pages_faults(s, r); break;
    case 17: read_wechat(s, r); return;
    case 18: read_alipay(r); return;
    default: read_seal(r); return;
    }
    ASSERT(stub_mirror.answers == before + 1);
}

static void read_request(struct sandbox *s, struct slice text)
{
    struct http_field fields[FIELDS_MAX];
    struct http_request r = {.method = HTTP_METHOD_POST, .path = SLICE_LIT("/x"), .fields = fields};
    if (text.len == 0) {
        return;
    }
    unsigned which = (unsigned char)text.ptr[0];
    text = slice_make(text.ptr + 1, text.len - 1);
    while (text.len > 0 && r.field_count < FIELDS_MAX) {
        struct slice value = slice_cut(&text, '\n');
        struct slice name = slice_cut(&value, ':');
        if (name.len == 0) {
            break;
        }
        fields[r.field_count++] = (struct http_field){name, slice_trim(value)};
    }
    r.query = slice_cut(&text, '\n');
    r.body = text.ptr == NULL ? SLICE_LIT("") : text;
    for (size_t i = 0; i < r.field_count; i++) { /* what the server lets through */
        for (size_t k = 0; k < fields[i].value.len; k++) {
            unsigned char c = (unsigned char)fields[i].value.ptr[k];
            if (c != '\t' && (c < ' ' || c == 0x7f)) {
                return;
            }
        }
    }
    handle(s, which, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make((const char *)data, size);
    open_sandbox(&sandbox);
    for (int i = 0; i < REQUESTS_MAX && rest.ptr != NULL && rest.len > 0; i++) {
        read_request(&sandbox, slice_cut(&rest, '\x1e'));
    }
    close_sandbox(&sandbox);
    return 0;
}
