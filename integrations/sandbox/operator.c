/* The SMS operator: Kannel's sendsms as its manual and a run of its binaries describe it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "integrations/sandbox/sms_peer.h"
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "server/http/query.h"

#define VALUE_SIZE 600
#define DLR_URL_SIZE 1200

/* One sendsms as it was asked for, decoded. Absent fields are empty. */
struct sending {
    char user[VALUE_SIZE], password[VALUE_SIZE], to[VALUE_SIZE], from[VALUE_SIZE];
    char coding[16], charset[32], mask[16];
    char text[SMS_BYTES_MAX + 1];
    char dlr_url[DLR_URL_SIZE];
};

/* False if a field is malformed. */
static bool read_field(struct slice query, const char *name, char *out, size_t size)
{
    struct slice value;
    out[0] = '\0';
    enum err err = query_get(query, name, out, size, &value);
    if (err == ERR_NOT_FOUND) {
        out[0] = '\0';
        return true;
    }
    return err == ERR_OK;
}

static bool read_form(struct slice form, struct sending *m)
{
    return read_field(form, "username", m->user, sizeof(m->user)) &&
           read_field(form, "password", m->password, sizeof(m->password)) &&
           read_field(form, "to", m->to, sizeof(m->to)) &&
           read_field(form, "from", m->from, sizeof(m->from)) &&
           read_field(form, "coding", m->coding, sizeof(m->coding)) &&
           read_field(form, "charset", m->charset, sizeof(m->charset)) &&
           read_field(form, "dlr-mask", m->mask, sizeof(m->mask)) &&
           read_field(form, "dlr-url", m->dlr_url, sizeof(m->dlr_url)) &&
           read_field(form, "text", m->text, sizeof(m->text));
}

static bool copy_header(const struct http_request *r, const char *name, char *out, size_t size)
{
    return slice_copy(http_header(r, name), out, size) == ERR_OK;
}

/* The POST form: X-Kannel-* headers, the body is the text. */
static bool read_headers(const struct http_request *r, struct sending *m)
{
    return copy_header(r, "x-kannel-username", m->user, sizeof(m->user)) &&
           copy_header(r, "x-kannel-password", m->password, sizeof(m->password)) &&
           copy_header(r, "x-kannel-to", m->to, sizeof(m->to)) &&
           copy_header(r, "x-kannel-from", m->from, sizeof(m->from)) &&
           copy_header(r, "x-kannel-coding", m->coding, sizeof(m->coding)) &&
           copy_header(r, "x-kannel-dlr-mask", m->mask, sizeof(m->mask)) &&
           copy_header(r, "x-kannel-dlr-url", m->dlr_url, sizeof(m->dlr_url)) &&
           slice_copy(r->body, m->text, sizeof(m->text)) == ERR_OK && utf8_valid(r->body);
}

static bool read_sending(const struct http_request *r, struct sending *m)
{
    memset(m, 0, sizeof(*m));
    if (r->method == HTTP_METHOD_GET) {
        return read_form(r->query, m);
    }
    if (slice_starts_with(http_header(r, "content-type"), "application/x-www-form-urlencoded")) {
        return read_form(r->body, m);
    }
    return read_headers(r, m);
}

static void say(struct answer *a, int status, const char *text)
{
    a->status = status;
    a->type = HTTP_TYPE_TEXT;
    buf_put_text(&a->body, text);
}

/* ---- Delivery reports ---- */

/* Kannel's escapes in dlr-url: the ones that a report has a value for; others become nothing. */
static void expand(const char *url, int type, const char *id, struct buf *out)
{
    for (const char *c = url; *c != '\0'; c++) {
        if (*c != '%' || c[1] == '\0') {
            buf_put_char(out, *c);
            continue;
        }
        c++;
        switch (*c) {
        case 'd': buf_put_int(out, type); break;
        case 'F': buf_put_text(out, id); break;
        case 'T': buf_put_int(out, clock_now_ms() / 1000); break;
        case '%': buf_put_char(out, '%'); break;
        default: break;
        }
    }
}

static struct parcel *make_report(const struct sending *m, int type, const char *id)
{
    struct buf url;
    buf_init(&url, (size_t)2 * DLR_URL_SIZE);
    expand(m->dlr_url, type, id, &url);
    struct parcel *p = buf_err(&url) == ERR_OK ? parcel_new(url.ptr, 1) : NULL;
    buf_release(&url);
    return p;
}

/* Bits of dlr-mask and of %d. */
enum { DLR_DELIVERED = 1, DLR_FAILED = 2, DLR_AT_SMSC = 8 };

static void add_reports(struct sandbox *s, const struct sending *m, enum sms_taken taken,
                        struct answer *a)
{
    int end = taken == SMS_FAILS ? DLR_FAILED : DLR_DELIVERED;
    int64_t mask = 0;
    if (m->dlr_url[0] == '\0' || slice_to_int64(slice_of(m->mask), 0, 63, &mask) != ERR_OK) {
        return;
    }
    char id[48];
    (void)snprintf(id, sizeof(id), "S%llx-%llu", (unsigned long long)s->started_ms,
                   (unsigned long long)s->sms.count);
    if ((mask & DLR_AT_SMSC) != 0) {
        a->parcels[0] = make_report(m, DLR_AT_SMSC, "");
    }
    if ((mask & end) != 0) {
        a->parcels[1] = make_report(m, end, id);
    }
    if (a->parcel_fault.kind == FAULT_FORGED) {
        a->forged = sms_forge(make_report(m, DLR_FAILED, id));
    } else if (a->parcel_fault.kind == FAULT_STALE) {
        a->stale = make_report(m, DLR_AT_SMSC, "");
    }
}

/* ---- sendsms ---- */

/* What Kannel would answer before it takes the message; false if it takes it. */
static bool refused(const struct sandbox *s, const struct sending *m, bool readable,
                    struct answer *a)
{
    bool known = strcmp(m->user, s->options.sms_user) == 0 &&
                 strcmp(m->password, s->options.sms_password) == 0;
    if (!known) {
        say(a, 403, "Authorization failed for sendsms");
    } else if (!readable || m->text[0] == '\0') {
        say(a, 400, "Missing or unreadable text, rejected");
    } else if (m->to[0] == '\0') {
        say(a, 400, "Missing receiver number, rejected");
    } else if (m->charset[0] != '\0' && strcasecmp(m->charset, "UTF-8") != 0) {
        say(a, 400, "Invalid charset, rejected");
    } else {
        return false;
    }
    return true;
}

void operator_send(struct sandbox *s, const struct http_request *r)
{
    struct sending m;
    bool readable = read_sending(r, &m);
    struct answer *a = answer_new(s, r, 4096);
    if (refused(s, &m, readable, a)) {
        answer_now(a);
        return;
    }
    struct slice to = slice_of(m.to);
    struct fault fault = {.kind = FAULT_NONE};
    enum sms_taken taken = SMS_TAKEN;
    if (s->faults.count > 0) {
        fault = faults_take(&s->faults, FAULT_ON_SMS, PEER_KANNEL, 'A', &to, 1);
        if (fault.kind == FAULT_500_BEFORE || fault.kind == FAULT_DROP_BEFORE) {
            a->ticket = (struct http_ticket){0};
            answer_now(a);
            (void)answer_fault_before(s, r, &fault);
            return;
        }
        a->fault = fault;
        a->parcel_fault = faults_take(&s->faults, FAULT_ON_SMS, PEER_KANNEL, 'C', &to, 1);
        fault = faults_take(&s->faults, FAULT_ON_SMS, PEER_KANNEL, 'O', &to, 1);
        taken = sms_taken_of(&fault);
    }
    if (taken != SMS_TAKEN && taken != SMS_FAILS) {
        say(a, taken == SMS_THROTTLED ? 503 : 403,
            taken == SMS_THROTTLED ? "Temporal failure, try again later."
            : taken == SMS_STOPPED ? "Authorization failed for sendsms"
                                   : "Not routable. Do not try again.");
        answer_now(a);
        return;
    }
    if (sms_box_add(&s->sms, clock_now_ms(), to, slice_of(m.from), slice_of(m.text)) != ERR_OK) {
        say(a, 400, "Missing receiver number, rejected");
        answer_now(a);
        return;
    }
    sms_box_write_newest(&s->sms, s->journal);
    add_reports(s, &m, taken, a);
    say(a, 202, "0: Accepted for delivery");
    answer_hold(a);
}
