#include "integrations/sandbox/alipay_wire.h"

#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/keys.h"
#include "integrations/sign/rsa.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"
#include "server/http/query.h"

#define RSA_FORGED_LEN 256
#define AMOUNT_FEN_LEAST 10
#define AMOUNT_FEN_MOST INT64_C(10000000000)

/* ---- Parameters ---- */

/* The decoded text, kept. NULL: malformed or no room. */
static const char *keep(struct alipay_params *p, struct slice raw)
{
    struct slice value;
    char *at = p->text + p->used;
    if (p->used >= ALIPAY_TEXT_MAX ||
        percent_decode(raw, true, at, ALIPAY_TEXT_MAX - p->used, &value) != ERR_OK) {
        return NULL;
    }
    p->used += value.len + 1;
    return at;
}

static bool add(struct alipay_params *p, const char *name, const char *value)
{
    if (name == NULL || value == NULL || p->count == ALIPAY_PARAMS_MAX) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->list[i].name, name) == 0) {
            return false;
        }
    }
    p->list[p->count].name = name;
    p->list[p->count++].value = value;
    return true;
}

bool alipay_add_param(struct alipay_params *p, struct slice name, struct slice value)
{
    char *kept[2];
    const struct slice texts[2] = {name, value};
    for (int i = 0; i < 2; i++) {
        kept[i] = p->text + p->used;
        if (p->used >= ALIPAY_TEXT_MAX ||
            slice_copy(texts[i], kept[i], ALIPAY_TEXT_MAX - p->used) != ERR_OK) {
            return false;
        }
        p->used += texts[i].len + 1;
    }
    return add(p, kept[0], kept[1]);
}

bool alipay_read_params(struct slice query, struct slice body, struct alipay_params *out)
{
    struct slice parts[2] = {query, body};
    struct slice name, value;
    out->count = out->used = 0;
    for (int i = 0; i < 2; i++) {
        while (query_next(&parts[i], &name, &value)) {
            const char *kept = keep(out, name);
            if (!add(out, kept, keep(out, value))) {
                return false;
            }
        }
    }
    return true;
}

const char *alipay_param(const struct alipay_params *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->list[i].name, name) == 0) {
            return p->list[i].value;
        }
    }
    return "";
}

static int by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b; /* name is the first member */
    return strcmp(*x, *y);
}

void alipay_put_signed_text(struct alipay_params *p, bool with_type, struct buf *out)
{
    qsort(p->list, p->count, sizeof(p->list[0]), by_name);
    for (size_t i = 0; i < p->count; i++) {
        const char *name = p->list[i].name;
        if (p->list[i].value[0] == '\0' || strcmp(name, "sign") == 0 ||
            (!with_type && strcmp(name, "sign_type") == 0)) {
            continue;
        }
        buf_putf(out, "%s%s=", out->len > 0 ? "&" : "", name);
        buf_put_text(out, p->list[i].value);
    }
}

int64_t alipay_fen(struct slice text)
{
    struct slice rest = text;
    struct slice yuan = slice_cut(&rest, '.');
    bool has_point = rest.ptr != NULL;
    if (!slice_all_digits(yuan) || yuan.len > 9 || rest.len > 2 ||
        (has_point && !slice_all_digits(rest))) {
        return 0;
    }
    int64_t fen = 0;
    for (size_t i = 0; i < yuan.len; i++) {
        fen = fen * 10 + (yuan.ptr[i] - '0');
    }
    for (size_t i = 0; i < 2; i++) {
        fen = fen * 10 + (i < rest.len ? rest.ptr[i] - '0' : 0);
    }
    return fen < AMOUNT_FEN_LEAST || fen > AMOUNT_FEN_MOST ? 0 : fen;
}

/* ---- What Alipay signs ---- */

static void put_signature(const struct sandbox *s, struct slice text, bool forged, struct buf *out)
{
    if (forged) {
        keys_forged(RSA_FORGED_LEN, out);
    } else if (rsa_sign(s->alipay_key, text, out) != ERR_OK) {
        sandbox_die("an answer cannot be signed");
    }
}

void alipay_put_answer(const struct sandbox *s, const char *node_name, struct slice node,
                       bool forged, struct buf *out)
{
    buf_putf(out, "{\"%s\":", node_name);
    buf_put_slice(out, node);
    buf_put_text(out, ",\"sign\":\"");
    put_signature(s, node, forged, out);
    buf_put_text(out, "\"}");
}

static void put_escaped(struct buf *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char u = (unsigned char)*c;
        bool plain = (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
                     u == '-' || u == '.' || u == '_';
        if (plain) {
            buf_put_char(out, *c);
        } else {
            buf_put_char(out, '%');
            buf_put_char(out, hex[u >> 4]);
            buf_put_char(out, hex[u & 15]);
        }
    }
}

void alipay_put_notice(const struct sandbox *s, const char *id, struct slice biz_content,
                       bool forged, struct buf *out)
{
    static struct alipay_params p; /* large; the loop has one thread */
    struct buf text, sign, at;
    buf_init(&text, ALIPAY_TEXT_MAX);
    buf_init(&sign, 2048);
    buf_init(&at, 32);
    p.count = p.used = 0;
    buf_put_int(&at, clock_now_ms());
    bool ok = alipay_add_param(&p, SLICE_LIT("app_id"), slice_of(s->options.alipay_app_id)) &&
              alipay_add_param(&p, SLICE_LIT("charset"), SLICE_LIT("UTF-8")) &&
              alipay_add_param(&p, SLICE_LIT("version"), SLICE_LIT("1.1")) &&
              alipay_add_param(&p, SLICE_LIT("msg_method"),
                               SLICE_LIT("alipay.fund.trans.order.changed")) &&
              alipay_add_param(&p, SLICE_LIT("notify_id"), slice_of(id)) &&
              alipay_add_param(&p, SLICE_LIT("utc_timestamp"), buf_slice(&at)) &&
              alipay_add_param(&p, SLICE_LIT("biz_content"), biz_content) &&
              alipay_add_param(&p, SLICE_LIT("sign_type"), SLICE_LIT("RSA2"));
    ASSERT(ok);
    alipay_put_signed_text(&p, false, &text);
    put_signature(s, buf_slice(&text), forged, &sign);
    ok = alipay_add_param(&p, SLICE_LIT("sign"), buf_slice(&sign));
    ASSERT(ok);
    for (size_t i = 0; i < p.count; i++) {
        buf_put_text(out, i > 0 ? "&" : "");
        put_escaped(out, p.list[i].name);
        buf_put_char(out, '=');
        put_escaped(out, p.list[i].value);
    }
    buf_release(&text);
    buf_release(&sign);
    buf_release(&at);
}
