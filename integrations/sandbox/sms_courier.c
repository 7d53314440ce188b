/* The form of courier's external channel (fields to, text, from, id, as form, query or JSON), and
 * Kannel's side for incoming texts. */
#include <stdio.h>
#include <string.h>
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/sms_peer.h"
#include "integrations/sign/hmac.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"
#include "queue/base/utf8.h"
#include "server/http/query.h"

#define ANSWER_MAX 4096
#define TEXT_SIZE 3001
#define FORM "application/x-www-form-urlencoded; charset=utf-8"

struct sending {
    char to[64], from[64], text[TEXT_SIZE], id[128];
};

static bool from_form(struct slice form, const char *name, char *out, size_t size)
{
    struct slice value;
    out[0] = '\0';
    enum err err = query_get(form, name, out, size, &value);
    return err == ERR_OK || err == ERR_NOT_FOUND;
}

static bool from_json(const struct json *root, const char *name, char *out, size_t size)
{
    struct slice value = SLICE_LIT("");
    out[0] = '\0';
    return json_get(root, name) == NULL || (json_string(json_get(root, name), &value) == ERR_OK &&
                                            slice_copy(value, out, size) == ERR_OK);
}

static bool read_sending(const struct http_request *r, struct sending *m)
{
    struct json *root = NULL;
    if (!slice_starts_with(http_header(r, "content-type"), "application/json")) {
        struct slice form = r->body.len > 0 ? r->body : r->query;
        return from_form(form, "to", m->to, sizeof(m->to)) &&
               from_form(form, "from", m->from, sizeof(m->from)) &&
               from_form(form, "text", m->text, sizeof(m->text)) &&
               from_form(form, "id", m->id, sizeof(m->id));
    }
    if (r->body.len == 0 || json_parse(r->body, &root, NULL) != ERR_OK) {
        return false;
    }
    bool ok = from_json(root, "to", m->to, sizeof(m->to)) &&
              from_json(root, "from", m->from, sizeof(m->from)) &&
              from_json(root, "text", m->text, sizeof(m->text)) &&
              from_json(root, "id", m->id, sizeof(m->id));
    json_free(root);
    return ok;
}

static struct parcel *make(struct sandbox *s, const char *tail)
{
    char url[OPTION_SIZE + 32];
    if (s->options.courier_url[0] == '\0') {
        return NULL;
    }
    (void)snprintf(url, sizeof(url), "%s/%s", s->options.courier_url, tail);
    struct parcel *p = parcel_new(url, 32768);
    if (p == NULL) {
        sandbox_die("no memory");
    }
    p->type = FORM;
    return p;
}

static struct parcel *report(struct sandbox *s, const char *id, const char *word)
{
    struct parcel *p = id[0] == '\0' ? NULL : make(s, word);
    if (p != NULL) {
        buf_put_text(&p->body, "id=");
        sms_put_escaped(&p->body, slice_of(id));
    }
    return p;
}

void courier_form_send(struct sandbox *s, const struct http_request *r)
{
    static struct sending m; /* large; the loop has one thread */
    char bearer[OPTION_SIZE + 8];
    struct slice token = http_header(r, "authorization");
    (void)snprintf(bearer, sizeof(bearer), "Bearer %s", s->options.courier_token);
    bool known = s->options.courier_token[0] == '\0' || secret_equal(token, slice_of(bearer));
    bool ok = known && read_sending(r, &m);
    struct slice to = slice_of(ok ? m.to : "");
    struct answer *a = desk_answer(s, r, PEER_COURIER, FAULT_ON_SMS, &to, 1, ANSWER_MAX);
    if (a == NULL) {
        return;
    }
    const struct sms_asked asked = {PEER_COURIER, to, slice_of(m.from), slice_of(m.text)};
    enum sms_taken taken = ok ? sms_take(s, &asked) : SMS_BAD;
    if (taken != SMS_TAKEN && taken != SMS_FAILS) {
        a->status = !known || taken == SMS_STOPPED ? 401 : taken == SMS_THROTTLED ? 429 : 400;
        buf_put_text(&a->body, "{\"status\":\"error\"}");
        answer_now(a);
        return;
    }
    a->parcels[0] = report(s, m.id, taken == SMS_FAILS ? "failed" : "delivered");
    if (a->parcel_fault.kind == FAULT_FORGED) {
        a->forged = sms_forge(report(s, m.id, "failed"));
    } else if (a->parcel_fault.kind == FAULT_STALE) {
        a->stale = report(s, m.id, "sent");
    }
    buf_put_text(&a->body, "{\"status\":\"ok\"}");
    answer_hold(a);
}

struct parcel *courier_incoming(struct sandbox *s, const struct sms_incoming *m)
{
    char at[CLOCK_RFC3339_SIZE];
    struct parcel *p = make(s, "receive");
    if (p == NULL) {
        return NULL;
    }
    clock_format_rfc3339(clock_now_ms(), at);
    buf_put_text(&p->body, "from=");
    sms_put_escaped(&p->body, m->from);
    buf_put_text(&p->body, "&text=");
    sms_put_escaped(&p->body, m->text);
    buf_put_text(&p->body, "&date=");
    sms_put_escaped(&p->body, slice_of(at));
    buf_putf(&p->body, "&id=%s", m->id);
    return p;
}

/* ---- Kannel ---- */

/* UTF-8 as %XX of UTF-16BE, as Kannel gives a UCS-2 text. */
static void put_utf16(struct buf *out, struct slice text)
{
    size_t at = 0;
    while (at < text.len) {
        unsigned char c = (unsigned char)text.ptr[at];
        size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        uint32_t point = c < 0x80 ? c : c & (0xFFu >> (len + 1));
        for (size_t i = 1; i < len && at + i < text.len; i++) {
            point = point << 6 | ((unsigned char)text.ptr[at + i] & 0x3Fu);
        }
        if (point >= 0x10000) {
            uint32_t rest = point - 0x10000, high = 0xD800 + (rest >> 10),
                     low = 0xDC00 + (rest & 0x3FF);
            buf_putf(out, "%%%02X%%%02X", high >> 8, high & 0xFF);
            point = low;
        }
        buf_putf(out, "%%%02X%%%02X", point >> 8, point & 0xFF);
        at += len;
    }
}

struct parcel *kannel_incoming(struct sandbox *s, const struct sms_incoming *m)
{
    struct buf url;
    if (s->options.kannel_mo_url[0] == '\0') {
        return NULL;
    }
    buf_init(&url, 16384);
    buf_putf(&url, "%s%cfrom=", s->options.kannel_mo_url,
             strchr(s->options.kannel_mo_url, '?') == NULL ? '?' : '&');
    sms_put_escaped(&url, m->from);
    buf_put_text(&url, "&to=");
    sms_put_escaped(&url, m->to.len > 0 ? m->to : SLICE_LIT("12349"));
    buf_put_text(&url, "&text=");
    put_utf16(&url, m->text);
    buf_putf(&url, "&coding=2&charset=UTF-16BE&id=%s&smsc=sandbox", m->id);
    struct parcel *p = buf_err(&url) == ERR_OK ? parcel_new(url.ptr, 1) : NULL;
    buf_release(&url);
    return p;
}
