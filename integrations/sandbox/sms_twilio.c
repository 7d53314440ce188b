/* Twilio: Messages with basic auth, and signed webhooks: status callbacks and incoming texts. And
 * the form of courier's external channel, and Kannel's incoming side. */
#include <stdio.h>
#include <string.h>
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/sms_peer.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/hmac.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"
#include "server/http/query.h"

#define URL_SIZE 1200
#define BODY_SIZE 3001
#define ANSWER_MAX 8192
#define FORM "application/x-www-form-urlencoded; charset=utf-8"

struct field {
    const char *name;
    struct slice value;
};

/* The form body, and over URL and fields, which stand sorted by name, the signature. */
static struct parcel *make_webhook(struct sandbox *s, const char *url, const struct field *fields,
                                   size_t n)
{
    unsigned char mac[SHA1_BYTES];
    struct buf text;
    struct parcel *p = parcel_new(url, 32768);
    if (p == NULL) {
        sandbox_die("no memory");
    }
    buf_init(&text, 32768);
    buf_put_text(&text, url);
    for (size_t i = 0; i < n; i++) {
        ASSERT(i == 0 || strcmp(fields[i - 1].name, fields[i].name) < 0);
        buf_put_text(&text, fields[i].name);
        buf_put_slice(&text, fields[i].value);
        buf_putf(&p->body, "%s%s=", i > 0 ? "&" : "", fields[i].name);
        sms_put_escaped(&p->body, fields[i].value);
    }
    if (buf_err(&text) != ERR_OK || buf_err(&p->body) != ERR_OK ||
        hmac_sha1(slice_of(s->options.twilio_token), buf_slice(&text), mac) != ERR_OK) {
        sandbox_die("a webhook cannot be made");
    }
    buf_release(&text);
    p->type = FORM;
    buf_put_text(&p->headers, "X-Twilio-Signature: ");
    base64_encode(mac, sizeof(mac), &p->headers);
    buf_put_char(&p->headers, '\n');
    return p;
}

/* ---- Sending ---- */

struct sending {
    char to[64], from[64], body[BODY_SIZE], callback[URL_SIZE];
};

static bool read_field(struct slice form, const char *name, char *out, size_t size)
{
    struct slice value;
    out[0] = '\0';
    enum err err = query_get(form, name, out, size, &value);
    return err == ERR_OK || err == ERR_NOT_FOUND;
}

static bool authorised(const struct sandbox *s, const struct http_request *r)
{
    char wanted[2 * OPTION_SIZE + 2];
    struct buf text;
    struct slice value = http_header(r, "authorization");
    (void)snprintf(wanted, sizeof(wanted), "%s:%s", s->options.twilio_sid, s->options.twilio_token);
    buf_init(&text, 4 * OPTION_SIZE);
    base64_encode((const unsigned char *)wanted, strlen(wanted), &text);
    bool ok = slice_is(slice_cut(&value, ' '), "Basic") && secret_equal(value, buf_slice(&text));
    buf_release(&text);
    return ok;
}

static void fail(struct answer *a, int status, int code, const char *message)
{
    struct json_out o;
    a->status = status;
    json_out_init(&o, &a->body);
    json_open_object(&o, NULL);
    json_put_int(&o, "code", code);
    json_put_text(&o, "message", message);
    json_put_text(&o, "more_info", "https://www.twilio.com/docs/errors");
    json_put_int(&o, "status", status);
    json_close_object(&o);
    answer_now(a);
}

/* A failed one carries 30003: the handset cannot be reached. */
static struct parcel *report(struct sandbox *s, const struct sending *m, const char *sid,
                             enum sms_tells tells)
{
    struct slice word = tells == SMS_TELLS_DELIVERED ? SLICE_LIT("delivered")
                        : tells == SMS_TELLS_FAILED  ? SLICE_LIT("undelivered")
                                                     : SLICE_LIT("sent");
    const struct field fields[] = {{"AccountSid", slice_of(s->options.twilio_sid)},
                                   {"ApiVersion", SLICE_LIT("2010-04-01")},
                                   {"ErrorCode", SLICE_LIT("30003")},
                                   {"From", slice_of(m->from)},
                                   {"MessageSid", slice_of(sid)},
                                   {"MessageStatus", word},
                                   {"SmsSid", slice_of(sid)},
                                   {"SmsStatus", word},
                                   {"To", slice_of(m->to)}};
    struct field sent[COUNT_OF(fields)];
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (tells == SMS_TELLS_FAILED || strcmp(fields[i].name, "ErrorCode") != 0) {
            sent[n++] = fields[i];
        }
    }
    return m->callback[0] == '\0' ? NULL : make_webhook(s, m->callback, sent, n);
}

static void add_reports(struct sandbox *s, const struct sending *m, const char *sid,
                        enum sms_taken taken, struct answer *a)
{
    a->parcels[0] = report(s, m, sid, taken == SMS_FAILS ? SMS_TELLS_FAILED : SMS_TELLS_DELIVERED);
    if (a->parcel_fault.kind == FAULT_FORGED) {
        a->forged = sms_forge(report(s, m, sid, SMS_TELLS_FAILED));
    } else if (a->parcel_fault.kind == FAULT_STALE) {
        a->stale = report(s, m, sid, SMS_TELLS_ON_ITS_WAY);
    }
}

/* False: it was refused, and answered. */
static bool take(struct sandbox *s, const struct sending *m, struct answer *a,
                 enum sms_taken *taken)
{
    const struct sms_asked asked = {PEER_TWILIO, slice_of(m->to), slice_of(m->from),
                                    slice_of(m->body)};
    *taken = m->to[0] == '+' ? sms_take(s, &asked) : SMS_BAD;
    switch (*taken) {
    case SMS_TAKEN:
    case SMS_FAILS: return true;
    case SMS_THROTTLED: fail(a, 429, 20429, "Too Many Requests"); break;
    case SMS_STOPPED: fail(a, 401, 20003, "Authenticate"); break;
    case SMS_REFUSED_BY_MENU:
    case SMS_BAD: fail(a, 400, 21211, "Invalid 'To' Phone Number"); break;
    }
    return false;
}

static void put_created(const struct sandbox *s, const struct sending *m, const char *sid,
                        struct buf *out)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "sid", sid);
    json_put_text(&o, "account_sid", s->options.twilio_sid);
    json_put_text(&o, "api_version", "2010-04-01");
    json_put_text(&o, "to", m->to);
    json_put_text(&o, "from", m->from);
    json_put_text(&o, "status", "queued");
    json_put_text(&o, "direction", "outbound-api");
    json_put_text(&o, "num_segments", "1");
    json_put_null(&o, "error_code");
    json_put_null(&o, "error_message");
    json_close_object(&o);
}

void twilio_send(struct sandbox *s, const struct http_request *r, struct slice account)
{
    static struct sending m; /* large; the loop has one thread */
    if (s->options.twilio_sid[0] == '\0' || !slice_is(account, s->options.twilio_sid) ||
        !authorised(s, r)) {
        fail(answer_new(s, r, ANSWER_MAX), 401, 20003, "Authenticate");
        return;
    }
    bool ok = read_field(r->body, "To", m.to, sizeof(m.to)) &&
              read_field(r->body, "From", m.from, sizeof(m.from)) &&
              read_field(r->body, "Body", m.body, sizeof(m.body)) &&
              read_field(r->body, "StatusCallback", m.callback, sizeof(m.callback));
    struct slice to = slice_of(m.to);
    struct answer *a = desk_answer(s, r, PEER_TWILIO, FAULT_ON_SMS, &to, 1, ANSWER_MAX);
    if (a == NULL) {
        return;
    }
    if (!ok || m.body[0] == '\0' || m.from[0] == '\0') {
        fail(a, 400, m.body[0] == '\0' ? 21602 : 21603, "Message body or From is required");
        return;
    }
    enum sms_taken taken;
    if (!take(s, &m, a, &taken)) {
        return;
    }
    char sid[SMS_ID_SIZE];
    sms_new_id(s, "SM", sid);
    a->status = 201;
    add_reports(s, &m, sid, taken, a);
    put_created(s, &m, sid, &a->body);
    answer_hold(a);
}

struct parcel *twilio_incoming(struct sandbox *s, const struct sms_incoming *m)
{
    const struct field fields[] = {{"AccountSid", slice_of(s->options.twilio_sid)},
                                   {"ApiVersion", SLICE_LIT("2010-04-01")},
                                   {"Body", m->text},
                                   {"From", m->from},
                                   {"FromCountry", SLICE_LIT("CN")},
                                   {"MessageSid", slice_of(m->id)},
                                   {"NumMedia", SLICE_LIT("0")},
                                   {"NumSegments", SLICE_LIT("1")},
                                   {"SmsMessageSid", slice_of(m->id)},
                                   {"SmsSid", slice_of(m->id)},
                                   {"SmsStatus", SLICE_LIT("received")},
                                   {"To", m->to.len > 0 ? m->to : SLICE_LIT("+8612349")}};
    return s->options.twilio_url[0] == '\0'
               ? NULL
               : make_webhook(s, s->options.twilio_url, fields, COUNT_OF(fields));
}
