#include "integrations/sandbox/wechat_wire.h"

#include <stdio.h>
#include <string.h>
#include "integrations/sandbox/keys.h"
#include "integrations/sign/aead.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/rsa.h"
#include "queue/base/clock.h"
#include "queue/base/utf8.h"

#define SCHEME "WECHATPAY2-SHA256-RSA2048"
#define WINDOW_S 300
#define TEXT_POINTS_MAX 32
#define NAME_NEEDED_FEN 200000
#define NAME_FORBIDDEN_FEN 30
#define AMOUNT_FEN_LEAST 10
#define AMOUNT_FEN_MOST 20000000
#define RSA_FORGED_LEN 256

/* ---- Requests ---- */

/* Value of name="…" in a list of such, in any order. */
static struct slice attribute(struct slice list, const char *name)
{
    while (list.len > 0) {
        struct slice value = slice_trim(slice_cut(&list, ','));
        struct slice found = slice_cut(&value, '=');
        if (slice_is(found, name) && value.len >= 2 && value.ptr[0] == '"' &&
            value.ptr[value.len - 1] == '"') {
            return slice_make(value.ptr + 1, value.len - 2);
        }
    }
    return SLICE_LIT("");
}

static bool signature_ok(const struct sandbox *s, const struct http_request *r, struct slice list)
{
    struct buf text;
    buf_init(&text, SANDBOX_BODY_MAX + 8192);
    buf_putf(&text, "%s\n%.*s", http_method_text(r->method), SLICE_FMT(r->path));
    if (r->query.len > 0) {
        buf_putf(&text, "?%.*s", SLICE_FMT(r->query));
    }
    buf_putf(&text, "\n%.*s\n%.*s\n", SLICE_FMT(attribute(list, "timestamp")),
             SLICE_FMT(attribute(list, "nonce_str")));
    buf_put_slice(&text, r->body);
    buf_put_char(&text, '\n');
    bool ok = buf_err(&text) == ERR_OK && rsa_verify(s->wechat_merchant, buf_slice(&text),
                                                     attribute(list, "signature")) == ERR_OK;
    buf_release(&text);
    return ok;
}

bool wechat_signed(const struct sandbox *s, const struct http_request *r, int64_t now_s)
{
    struct slice list = http_header(r, "authorization");
    int64_t at_s;
    if (s->wechat_merchant == NULL || !slice_is(slice_cut(&list, ' '), SCHEME) ||
        !slice_is(attribute(list, "mchid"), s->options.wechat_mchid) ||
        !slice_is(attribute(list, "serial_no"), s->options.wechat_serial) ||
        attribute(list, "nonce_str").len == 0 ||
        slice_to_int64(attribute(list, "timestamp"), 0, INT64_MAX / 2, &at_s) != ERR_OK) {
        return false;
    }
    int64_t off_s = now_s > at_s ? now_s - at_s : at_s - now_s;
    return off_s < WINDOW_S && signature_ok(s, r, list);
}

static size_t points(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return n;
}

static bool read_text(const struct json *o, const char *name, size_t points_max, struct slice *out)
{
    return json_string(json_get(o, name), out) == ERR_OK && out->len > 0 &&
           points(*out) <= points_max;
}

static bool bill_no_ok(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return text.len > 0 && text.len <= BILL_NO_MAX;
}

/* Scene 1002 wants exactly one item: the kind of subsidy. */
static const char *check_scene(const struct json *root)
{
    struct slice scene, perception, type, content;
    const struct json *infos = json_get(root, "transfer_scene_report_infos");
    if (!read_text(root, "transfer_scene_id", 36, &scene) || !slice_is(scene, "1002")) {
        return "transfer_scene_id";
    }
    if (!read_text(root, "user_recv_perception", TEXT_POINTS_MAX, &perception) ||
        (!slice_is(perception, "行政补贴") && !slice_is(perception, "行政奖励"))) {
        return "user_recv_perception";
    }
    if (json_kind(infos) != JSON_ARRAY || json_size(infos) != 1 ||
        !read_text(json_at(infos, 0), "info_type", 15, &type) || !slice_is(type, "补贴类型") ||
        !read_text(json_at(infos, 0), "info_content", TEXT_POINTS_MAX, &content)) {
        return "transfer_scene_report_infos";
    }
    return NULL;
}

/* The payee's name: needed from 2,000 yuan on, not allowed below 0.30, encrypted with our key. */
static const char *check_name(const struct sandbox *s, const struct json *root, struct slice serial,
                              int64_t amount_fen)
{
    struct slice sealed;
    struct buf name;
    if (json_get(root, "user_name") == NULL) {
        return amount_fen >= NAME_NEEDED_FEN ? "user_name missing" : NULL;
    }
    if (amount_fen < NAME_FORBIDDEN_FEN || !read_text(root, "user_name", 1024, &sealed) ||
        !slice_is(serial, WECHAT_SERIAL)) {
        return "user_name or Wechatpay-Serial";
    }
    buf_init(&name, 1024);
    bool ok = rsa_decrypt(s->wechat_key, sealed, &name) == ERR_OK && name.len > 0 &&
              utf8_valid(buf_slice(&name));
    buf_release(&name);
    return ok ? NULL : "user_name cannot be decrypted";
}

const char *wechat_read_order(const struct sandbox *s, const struct json *root, struct slice serial,
                              struct wechat_order *out)
{
    struct slice appid;
    *out = (struct wechat_order){.notify_url = SLICE_LIT("")};
    if (!read_text(root, "appid", 32, &appid) || !slice_is(appid, s->options.wechat_appid)) {
        return "appid";
    }
    if (!read_text(root, "out_bill_no", BILL_NO_MAX, &out->out_bill_no) ||
        !bill_no_ok(out->out_bill_no)) {
        return "out_bill_no";
    }
    if (!read_text(root, "openid", OPENID_MAX, &out->openid)) {
        return "openid";
    }
    if (json_int64(json_get(root, "transfer_amount"), AMOUNT_FEN_LEAST, AMOUNT_FEN_MOST,
                   &out->amount_fen) != ERR_OK) {
        return "transfer_amount";
    }
    if (!read_text(root, "transfer_remark", TEXT_POINTS_MAX, &out->remark)) {
        return "transfer_remark";
    }
    if (json_get(root, "notify_url") != NULL &&
        (!read_text(root, "notify_url", 256, &out->notify_url) ||
         memchr(out->notify_url.ptr, '?', out->notify_url.len) != NULL ||
         (!slice_starts_with(out->notify_url, "https://") &&
          !slice_starts_with(out->notify_url, "http://127.0.0.1:")))) {
        return "notify_url";
    }
    const char *fault = check_scene(root);
    return fault != NULL ? fault : check_name(s, root, serial, out->amount_fen);
}

/* ---- What we sign ---- */

void wechat_put_stamp(const struct sandbox *s, struct slice body, bool forged, struct buf *out)
{
    struct buf text, signature, nonce;
    long long at_s = (long long)(clock_now_ms() / 1000);
    buf_init(&text, SANDBOX_BODY_MAX + 8192);
    buf_init(&signature, 2048);
    buf_init(&nonce, 64);
    enum err err = keys_random_hex(16, &nonce);
    ASSERT(err == ERR_OK);
    buf_putf(&text, "%lld\n%s\n", at_s, nonce.ptr);
    buf_put_slice(&text, body);
    buf_put_char(&text, '\n');
    if (forged) {
        keys_forged(RSA_FORGED_LEN, &signature);
    } else if (rsa_sign(s->wechat_key, buf_slice(&text), &signature) != ERR_OK) {
        sandbox_die("an answer cannot be signed");
    }
    buf_putf(out,
             "Wechatpay-Timestamp: %lld\nWechatpay-Nonce: %s\nWechatpay-Serial: " WECHAT_SERIAL
             "\nWechatpay-Signature-Type: " SCHEME "\nWechatpay-Signature: %s\n",
             at_s, nonce.ptr, signature.ptr);
    buf_release(&text);
    buf_release(&signature);
    buf_release(&nonce);
}

void wechat_put_notice(const struct sandbox *s, const char *id, const char *at,
                       struct slice resource, struct buf *out)
{
    struct buf nonce, sealed, text;
    buf_init(&nonce, 64);
    buf_init(&sealed, 8192);
    buf_init(&text, 16384);
    enum err err = keys_random_hex(AEAD_NONCE_LEN / 2, &nonce);
    if (err == ERR_OK) {
        err = aead_seal(slice_of(s->wechat_api_key), buf_slice(&nonce), SLICE_LIT("mch_payment"),
                        resource, &sealed);
    }
    if (err != ERR_OK) {
        sandbox_die("a notice cannot be sealed");
    }
    base64_encode((const unsigned char *)sealed.ptr, sealed.len, &text);
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "id", id);
    json_put_text(&o, "create_time", at);
    json_put_text(&o, "event_type", "MCHTRANSFER.BILL.FINISHED");
    json_put_text(&o, "resource_type", "encrypt-resource");
    json_put_text(&o, "summary", "商家转账单据终态通知");
    json_open_object(&o, "resource");
    json_put_text(&o, "original_type", "mch_payment");
    json_put_text(&o, "algorithm", "AEAD_AES_256_GCM");
    json_put_slice(&o, "ciphertext", buf_slice(&text));
    json_put_text(&o, "associated_data", "mch_payment");
    json_put_slice(&o, "nonce", buf_slice(&nonce));
    json_close_object(&o);
    json_close_object(&o);
    buf_release(&nonce);
    buf_release(&sealed);
    buf_release(&text);
}
