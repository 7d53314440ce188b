#include <stdio.h>
#include <string.h>
#include "integrations/sms/kannel/kannel.h"
#include "integrations/sms/sms_form.h"

static bool is_get(const struct sms_account *a)
{
    return slice_is(sms_account_text(a->method), "GET");
}

static enum err check(const struct sms_account *a)
{
    struct slice method = sms_account_text(a->method);
    struct slice secret = sms_account_text(a->secret);
    bool method_ok = method.len == 0 || slice_is(method, "POST") || slice_is(method, "GET");
    bool ok = sms_account_text(a->url).len > 0 && sms_account_text(a->user).len > 0 && method_ok &&
              slice_trim(secret).len == secret.len && /* a header loses blanks at its ends */
              strchr(sms_account_text(a->report_url).ptr, '%') == NULL;
    return ok ? ERR_OK : ERR_INPUT;
}

/* The address as it is, ours and Kannel's fields behind. */
static void put_report_url(struct buf *out, const struct sms_account *a, struct slice id)
{
    sms_put_report_url(out, a->report_url, id);
    /* %A, the SMSC's own words, is left out: it may quote the content */
    buf_put_text(out, "&type=%d&smscid=%F&ts=%T");
}

static void write_get(const struct sms_account *a, const struct sms_message *m, const char *coding,
                      const struct buf *report_url, struct buf *url)
{
    buf_put_text(url, a->url);
    sms_percent_put_field(url, strchr(a->url, '?') == NULL ? '?' : '&', "username",
                          slice_of(a->user));
    sms_percent_put_field(url, '&', "password", sms_account_text(a->secret));
    if (sms_account_text(a->from).len > 0) {
        sms_percent_put_field(url, '&', "from", slice_of(a->from));
    }
    if (sms_account_text(a->app).len > 0) {
        sms_percent_put_field(url, '&', "smsc", slice_of(a->app));
    }
    sms_percent_put_field(url, '&', "to", m->to);
    sms_percent_put_field(url, '&', "coding", slice_of(coding));
    sms_percent_put_field(url, '&', "charset", slice_of("UTF-8"));
    if (report_url->len > 0) {
        buf_put_text(url, "&dlr-mask=");
        buf_put_int(url, KANNEL_DLR_MASK);
        sms_percent_put_field(url, '&', "dlr-url", buf_slice(report_url));
    }
    sms_percent_put_field(url, '&', "text", m->text);
}

/* An empty header would be dropped on the way; Kannel takes a missing one for empty. */
static void put_header(struct sms_wire *wire, const char *name, struct slice value)
{
    if (value.len > 0) {
        sms_wire_header(wire, name, value);
    }
}

static void write_post(const struct sms_account *a, const struct sms_message *m, const char *coding,
                       const struct buf *report_url, struct sms_wire *wire)
{
    buf_put_text(&wire->url, a->url);
    wire->content_type = "text/plain; charset=UTF-8";
    put_header(wire, "X-Kannel-Username", slice_of(a->user));
    put_header(wire, "X-Kannel-Password", sms_account_text(a->secret));
    put_header(wire, "X-Kannel-From", sms_account_text(a->from));
    put_header(wire, "X-Kannel-SMSC", sms_account_text(a->app));
    put_header(wire, "X-Kannel-To", m->to);
    put_header(wire, "X-Kannel-Coding", slice_of(coding));
    if (report_url->len > 0) {
        char mask[8];
        (void)snprintf(mask, sizeof(mask), "%d", KANNEL_DLR_MASK);
        put_header(wire, "X-Kannel-DLR-Mask", slice_of(mask));
        put_header(wire, "X-Kannel-DLR-Url", buf_slice(report_url));
    }
    buf_put_slice(&wire->body, m->text);
}

static enum err write(const struct sms_account *a, const struct sms_message *message,
                      const struct sms_moment *moment, struct sms_wire *wire)
{
    (void)moment;
    const char *coding = sms_measure(message->text).gsm7 ? "0" : "2";
    struct buf report_url;
    buf_init(&report_url, 4096);
    if (sms_account_text(a->report_url).len > 0) {
        put_report_url(&report_url, a, message->id);
    }
    enum err err = buf_err(&report_url);
    if (err == ERR_OK && is_get(a)) {
        wire->post = false;
        write_get(a, message, coding, &report_url, &wire->url);
    } else if (err == ERR_OK) {
        write_post(a, message, coding, &report_url, wire);
    }
    buf_release(&report_url);
    return err == ERR_OK ? sms_wire_err(wire) : err;
}

static struct sms_result read(const struct sms_account *account, int status, struct slice body)
{
    (void)account;
    return kannel_read_reply(status, body);
}

const struct sms_codec KANNEL_CODEC = {
    .name = "kannel", .check = check, .write = write, .read = read};
