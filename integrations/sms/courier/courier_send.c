#include "integrations/sms/courier/courier.h"
#include "integrations/sms/sms_form.h"
#include "queue/base/json.h"

/* ---- Templates ---- */

static struct slice no_plus(struct slice s)
{
    return s.len > 0 && s.ptr[0] == '+' ? slice_make(s.ptr + 1, s.len - 1) : s;
}

/* False: there is no such variable. */
static bool value_of(struct slice name, const struct sms_account *a, const struct sms_message *m,
                     struct slice *out)
{
    struct slice from = sms_account_text(a->from);
    const struct {
        const char *name;
        struct slice value;
    } all[] = {
        {"id", m->id},
        {"uuid", m->id},
        {"text", m->text},
        {"to", m->to},
        {"to_no_plus", no_plus(m->to)},
        {"from", from},
        {"from_no_plus", no_plus(from)},
        {"channel", sms_account_text(a->app)},
        {"quick_replies", SLICE_LIT("")},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (slice_is(name, all[i].name)) {
            *out = all[i].value;
            return true;
        }
    }
    return false;
}

static void put_xml(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': buf_put_text(out, "&amp;"); break;
        case '<': buf_put_text(out, "&lt;"); break;
        case '>': buf_put_text(out, "&gt;"); break;
        case '"': buf_put_text(out, "&quot;"); break;
        case '\'': buf_put_text(out, "&apos;"); break;
        default: buf_put_char(out, text.ptr[i]); break;
        }
    }
}

static void put_value(struct buf *out, struct slice value, enum courier_place place)
{
    switch (place) {
    case COURIER_URL: sms_percent_put(out, value); break;
    case COURIER_JSON: json_quote(out, value); break;
    case COURIER_XML: put_xml(out, value); break;
    }
}

enum err courier_fill(const char *template, const struct sms_account *account,
                      const struct sms_message *message, enum courier_place place, struct buf *out)
{
    static const struct sms_message none = {.param_count = 0};
    const struct sms_message *m = message == NULL ? &none : message;
    struct slice rest = slice_of(template);
    while (rest.len > 0) {
        const char *open = memmem(rest.ptr, rest.len, "{{", 2);
        if (open == NULL) {
            buf_put_slice(out, rest);
            break;
        }
        const char *end = rest.ptr + rest.len;
        const char *close = memmem(open, (size_t)(end - open), "}}", 2);
        struct slice value;
        if (close == NULL ||
            !value_of(slice_make(open + 2, (size_t)(close - open - 2)), account, m, &value)) {
            return ERR_INPUT;
        }
        buf_put(out, rest.ptr, (size_t)(open - rest.ptr));
        put_value(out, value, place);
        rest = slice_make(close + 2, (size_t)(end - close - 2));
    }
    return buf_err(out);
}

/* ---- Sending ---- */

static bool is_get(const struct sms_account *a)
{
    return slice_is(sms_account_text(a->method), "GET");
}

static bool body_form(const struct sms_account *a, enum courier_place *place, const char **type)
{
    struct slice word = sms_account_text(a->body_type);
    *place = COURIER_URL;
    *type = "application/x-www-form-urlencoded";
    if (slice_is(word, "json")) {
        *place = COURIER_JSON;
        *type = "application/json";
    } else if (slice_is(word, "xml")) {
        *place = COURIER_XML;
        *type = "text/xml; charset=utf-8";
    }
    return word.len == 0 || slice_is(word, "urlencoded") || *place != COURIER_URL;
}

static enum err check(const struct sms_account *a)
{
    enum courier_place place;
    const char *type;
    struct slice method = sms_account_text(a->method);
    bool method_ok = method.len == 0 || slice_is(method, "POST") || is_get(a);
    struct slice host = sms_url_host(sms_account_text(a->url).ptr);
    /* a host that is made of a message could be anybody's */
    bool host_ok = host.len > 0 && memchr(host.ptr, '{', host.len) == NULL;
    if (!host_ok || !method_ok || !body_form(a, &place, &type)) {
        return ERR_INPUT;
    }
    struct buf probe;
    buf_init(&probe, (size_t)64 * 1024);
    enum err err = courier_fill(a->url, a, NULL, COURIER_URL, &probe);
    if (err == ERR_OK) {
        err = courier_fill(sms_account_text(a->body).ptr, a, NULL, place, &probe);
    }
    buf_release(&probe);
    return err;
}

static enum err write(const struct sms_account *a, const struct sms_message *message,
                      const struct sms_moment *moment, struct sms_wire *wire)
{
    enum courier_place place = COURIER_URL;
    (void)moment;
    enum err err = courier_fill(a->url, a, message, COURIER_URL, &wire->url);
    if (err != ERR_OK) {
        return err;
    }
    wire->post = !is_get(a);
    if (wire->post) {
        if (!body_form(a, &place, &wire->content_type)) {
            return ERR_INPUT;
        }
        err = courier_fill(sms_account_text(a->body).ptr, a, message, place, &wire->body);
    }
    if (err == ERR_OK && sms_account_text(a->secret).len > 0) {
        sms_wire_header(wire, "Authorization", slice_of(a->secret));
    }
    return err == ERR_OK ? sms_wire_err(wire) : err;
}

static struct sms_result read(const struct sms_account *account, int status, struct slice body)
{
    return courier_read_reply(status, body, sms_account_text(account->expect));
}

const struct sms_codec COURIER_CODEC = {
    .name = "courier", .check = check, .write = write, .read = read};
