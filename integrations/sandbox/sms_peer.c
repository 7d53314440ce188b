#include "integrations/sandbox/sms_peer.h"

#include <stdio.h>
#include <string.h>
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/keys.h"
#include "integrations/sign/hmac.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"

enum sms_taken sms_taken_of(const struct fault *fault)
{
    return fault->kind == FAULT_REJECT      ? SMS_REFUSED_BY_MENU
           : fault->kind == FAULT_THROTTLED ? SMS_THROTTLED
           : fault->kind == FAULT_STOPPED   ? SMS_STOPPED
           : fault->kind == FAULT_FAILS     ? SMS_FAILS
                                            : SMS_TAKEN;
}

enum sms_taken sms_take(struct sandbox *s, const struct sms_asked *asked)
{
    struct fault fault = desk_order_fault(s, asked->peer, FAULT_ON_SMS, asked->to);
    enum sms_taken taken = sms_taken_of(&fault);
    if (taken != SMS_TAKEN && taken != SMS_FAILS) {
        return taken;
    }
    if (asked->text.len == 0 ||
        sms_box_add(&s->sms, clock_now_ms(), asked->to, asked->from, asked->text) != ERR_OK) {
        return SMS_BAD;
    }
    sms_box_write_newest(&s->sms, s->journal);
    return taken;
}

/* Another last character for the longest word between slashes, in front of a query. */
static void spoil_path(char *url)
{
    size_t longest = 0, end = 0, len = 0;
    char *scheme = strstr(url, "://");
    for (char *c = scheme == NULL ? url : scheme + 3;; c++) {
        bool over = *c == '/' || *c == '?' || *c == '\0';
        if (over && len > longest) {
            longest = len;
            end = (size_t)(c - url);
        }
        len = over ? 0 : len + 1;
        if (*c == '?' || *c == '\0') {
            break;
        }
    }
    if (longest > 0) {
        url[end - 1] = url[end - 1] == 'x' ? 'y' : 'x';
    }
}

struct parcel *sms_forge(struct parcel *p)
{
    if (p != NULL && p->headers.len > 0) {
        struct slice line = buf_slice(&p->headers);
        struct slice name = slice_cut(&line, ':');
        char kept[80];
        ASSERT(slice_copy(name, kept, sizeof(kept)) == ERR_OK);
        buf_clear(&p->headers);
        buf_putf(&p->headers, "%s: ", kept);
        keys_forged(SHA1_BYTES, &p->headers);
        buf_put_char(&p->headers, '\n');
    } else if (p != NULL) {
        spoil_path(p->url);
    }
    return p;
}

void sms_new_id(struct sandbox *s, const char *prefix, char out[SMS_ID_SIZE])
{
    (void)snprintf(out, SMS_ID_SIZE, "%s%016llx%016llx", prefix, (unsigned long long)s->started_ms,
                   (unsigned long long)++s->correlations);
}

void sms_put_escaped(struct buf *out, struct slice text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char u = (unsigned char)text.ptr[i];
        bool plain = (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
                     u == '-' || u == '.' || u == '_' || u == '~';
        if (plain) {
            buf_put_char(out, (char)u);
        } else {
            buf_put_char(out, '%');
            buf_put_char(out, hex[u >> 4]);
            buf_put_char(out, hex[u & 15]);
        }
    }
}

void sms_put_local_time(struct buf *out, int64_t at_ms)
{
    struct civil_time t = clock_civil_china(at_ms);
    buf_putf(out, "%04d-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.hour, t.minute,
             t.second);
}

bool sms_put_signed_headers(const struct http_request *r, struct slice list, bool bare_host,
                            struct buf *out)
{
    char name[80];
    while (list.len > 0) {
        if (slice_copy(slice_cut(&list, ';'), name, sizeof(name)) != ERR_OK) {
            return false;
        }
        struct slice value = http_header(r, name);
        if (value.ptr == NULL) {
            return false;
        }
        if (bare_host && strcmp(name, "host") == 0) {
            value = slice_cut(&value, ':');
        }
        buf_putf(out, "%s:%.*s\n", name, SLICE_FMT(slice_trim(value)));
    }
    return true;
}

struct slice sms_credential(struct slice header, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i + len <= header.len; i++) {
        bool begins = i == 0 || header.ptr[i - 1] == ' ' || header.ptr[i - 1] == ',';
        if (begins && memcmp(header.ptr + i, name, len) == 0) {
            struct slice rest = slice_make(header.ptr + i + len, header.len - i - len);
            return slice_trim(slice_cut(&rest, ','));
        }
    }
    return SLICE_LIT("");
}

/* ---- POST /sandbox/mo ---- */

static struct parcel *make(struct sandbox *s, enum peer peer, const struct sms_incoming *m)
{
    switch (peer) {
    case PEER_KANNEL: return kannel_incoming(s, m);
    case PEER_ALIYUN: return aliyun_incoming(s, m);
    case PEER_TENCENT: return tencent_incoming(s, m);
    case PEER_TWILIO: return twilio_incoming(s, m);
    case PEER_COURIER: return courier_incoming(s, m);
    default: return NULL;
    }
}

static bool optional(const struct json *root, const char *name, struct slice *out)
{
    *out = SLICE_LIT("");
    return json_get(root, name) == NULL || json_string(json_get(root, name), out) == ERR_OK;
}

/* {"from","text","operator"[,"to"]}: somebody writes to us. The menu's faults of level C strike it
 * ("on":"sms"). Answers {"id"} at once; the push follows. */
void pages_mo(struct sandbox *s, const struct http_request *r)
{
    struct json *root = NULL;
    struct slice word = {0};
    struct sms_incoming m;
    enum peer peer = PEER_KANNEL;
    char id[SMS_ID_SIZE];
    bool ok = r->body.len > 0 && json_parse(r->body, &root, NULL) == ERR_OK &&
              json_string(json_get(root, "from"), &m.from) == ERR_OK && m.from.len > 0 &&
              json_string(json_get(root, "text"), &m.text) == ERR_OK &&
              optional(root, "to", &m.to) && optional(root, "operator", &word) &&
              (word.len == 0 || peer_read(word, &peer) == ERR_OK);
    sms_new_id(s, peer == PEER_TWILIO ? "SM" : "", id);
    m.id = id;
    struct parcel *p = ok ? make(s, peer, &m) : NULL;
    if (p == NULL) {
        (void)http_reply_problem(s->server, r->ticket, ERR_INPUT, 0,
                                 "from、text 或 operator 不正确，或该通道没有上行地址。");
    } else {
        struct answer *a = answer_new(s, r, 200);
        a->parcel_fault = faults_take(&s->faults, FAULT_ON_SMS, peer, 'C', &m.from, 1);
        a->parcels[0] = p;
        a->forged = a->parcel_fault.kind == FAULT_FORGED ? sms_forge(make(s, peer, &m)) : NULL;
        buf_putf(&a->body, "{\"id\":\"%s\"}", id);
        answer_hold(a);
    }
    json_free(root);
}
