#include <strings.h>
#include "integrations/sms/kannel/kannel.h"
#include "integrations/sms/sms_form.h"
#include "integrations/sms/sms_intake.h"
#include "queue/base/utf8.h"

/* ---- Text ---- */

static enum err read_utf16be(struct slice bytes, struct buf *out)
{
    if (bytes.len % 2 != 0) {
        return ERR_INPUT;
    }
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    size_t units = bytes.len / 2;
    for (size_t i = 0; i < units; i++) {
        uint32_t code = (uint32_t)at[2 * i] << 8 | at[2 * i + 1];
        if (code >= 0xD800 && code <= 0xDFFF) {
            uint32_t low = i + 1 < units ? (uint32_t)at[2 * i + 2] << 8 | at[2 * i + 3]
                                         : 0; /* 0: not a low one */
            if (code <= 0xDBFF && low >= 0xDC00 && low <= 0xDFFF) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i++;
            } else {
                code = 0xFFFD;
            }
        }
        char utf8[4];
        buf_put(out, utf8, utf8_encode(code, utf8));
    }
    return buf_err(out);
}

static bool same_word(struct slice a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

enum err kannel_read_text(struct slice bytes, struct slice coding, struct slice charset,
                          struct buf *out)
{
    bool says_utf8 = same_word(charset, "UTF-8");
    if (slice_is(coding, "2") && !says_utf8) {
        return read_utf16be(bytes, out);
    }
    bool seven_bit = slice_is(coding, "0") || coding.len == 0;
    if (!(seven_bit && (says_utf8 || charset.len == 0)) && !slice_is(coding, "2")) {
        return ERR_INPUT;
    }
    if (!utf8_valid(bytes)) {
        return ERR_INPUT;
    }
    buf_put_slice(out, bytes);
    return buf_err(out);
}

enum err kannel_read_udh(struct slice udh, struct sms_incoming *item)
{
    const unsigned char *at = (const unsigned char *)udh.ptr;
    int ref = 0, part = 1, parts = 1;
    if (udh.len == 0) {
        return ERR_OK;
    }
    if (udh.len != (size_t)at[0] + 1) {
        return ERR_INPUT;
    }
    for (size_t i = 1; i < udh.len;) {
        if (udh.len - i < 2 || udh.len - i - 2 < at[i + 1]) {
            return ERR_INPUT;
        }
        unsigned what = at[i], len = at[i + 1];
        const unsigned char *data = at + i + 2;
        if (what == 0x00 && len == 3) {
            ref = data[0], parts = data[1], part = data[2];
        } else if (what == 0x08 && len == 4) {
            ref = data[0] << 8 | data[1], parts = data[2], part = data[3];
        } else if (what == 0x04 || what == 0x05) {
            return ERR_INPUT; /* ports: a picture message, a WAP push */
        }
        i += 2 + (size_t)len;
    }
    if (parts < 1 || part < 1 || part > parts) {
        ref = 0, part = 1, parts = 1; /* the standard: ignore such a header */
    }
    item->part_ref = ref;
    item->part = part;
    item->parts = parts;
    return ERR_OK;
}

/* ---- Messages ---- */

/* What came, wherever it stood. Empty if absent. */
struct raw_message {
    struct slice id, smsc, from, to, bytes, coding, charset, udh, epoch, civil;
};

static struct slice header(const struct sms_callback *r, const char *name, struct slice otherwise)
{
    struct slice value =
        r->header == NULL ? slice_make(NULL, 0) : slice_trim(r->header(r->headers, name));
    return value.len > 0 ? value : otherwise;
}

/* Header X-Kannel-UDH: the manual says hex, 1.4.5 sends escapes (the first byte is a length, below
 * a blank). */
static enum err read_udh_header(struct slice text, struct arena *arena, struct slice *udh)
{
    if (text.len == 0 || text.ptr[0] == '%') {
        return sms_percent_read(text, arena, udh);
    }
    unsigned char *bytes = arena_alloc(arena, text.len / 2 + 1);
    if (bytes == NULL) {
        return ERR_NO_MEMORY;
    }
    if (hex_decode(text, bytes, text.len / 2) != ERR_OK) {
        return ERR_INPUT;
    }
    *udh = slice_make((const char *)bytes, text.len / 2);
    return ERR_OK;
}

static enum err gather(const struct sms_callback *r, struct arena *arena, struct raw_message *m)
{
    struct sms_form form = {.count = 0};
    enum err err = sms_form_add_query(&form, r->query, arena);
    if (err != ERR_OK) {
        return err;
    }
    *m = (struct raw_message){
        .id = sms_form_get(&form, "id"),
        .smsc = sms_form_get(&form, "smsc"),
        .from = sms_form_get(&form, "from"),
        .to = sms_form_get(&form, "to"),
        .bytes = sms_form_get(&form, "text"),
        .coding = sms_form_get(&form, "coding"),
        .charset = sms_form_get(&form, "charset"),
        .udh = sms_form_get(&form, "udh"),
        .epoch = sms_form_get(&form, "ts"),
    };
    if (slice_is(r->method, "GET")) {
        return ERR_OK;
    }
    m->from = header(r, "x-kannel-from", m->from);
    m->to = header(r, "x-kannel-to", m->to);
    m->smsc = header(r, "x-kannel-smsc", m->smsc);
    m->coding = header(r, "x-kannel-coding", m->coding);
    m->civil = header(r, "x-kannel-time", m->civil);
    m->charset = sms_type_param(r->content_type, "charset");
    m->bytes = r->body;
    struct slice udh = header(r, "x-kannel-udh", slice_make("", 0));
    err = read_udh_header(udh, arena, &m->udh);
    if (err == ERR_INPUT) {
        m->udh =
            udh; /* as it came: it will not be well formed, and the message is kept as unreadable */
        err = ERR_OK;
    }
    return err;
}

static enum err keep(struct buf *text, struct arena *arena, struct slice *out)
{
    char *copy = arena_alloc(arena, text->len + 1);
    if (copy == NULL) {
        return ERR_NO_MEMORY;
    }
    if (text->len > 0) {
        memcpy(copy, text->ptr, text->len);
    }
    *out = slice_make(copy, text->len);
    return ERR_OK;
}

static enum err decode_text(const struct raw_message *m, struct arena *arena,
                            struct sms_incoming *item)
{
    struct buf text;
    buf_init(&text, (size_t)4 << 20);
    enum err err = kannel_read_udh(m->udh, item);
    if (err == ERR_OK) {
        err = kannel_read_text(m->bytes, m->coding, m->charset, &text);
    }
    if (err == ERR_OK) {
        err = keep(&text, arena, &item->text);
    } else if (err == ERR_INPUT) {
        item->kind = SMS_UNREADABLE;
        item->text = m->bytes;
        err = ERR_OK;
    }
    buf_release(&text);
    return err;
}

static enum err read_message(const struct sms_callback *r, struct sms_intake *intake)
{
    struct sms_incoming item = sms_incoming_message();
    struct raw_message m;
    enum err err = gather(r, intake->arena, &m);
    if (err == ERR_OK) {
        err = decode_text(&m, intake->arena, &item);
    }
    if (err != ERR_OK) {
        return err;
    }
    item.provider_id = m.id;
    item.from = m.from;
    item.to = m.to;
    item.time_ms = m.epoch.len > 0 ? sms_read_epoch(m.epoch) : sms_read_time(m.civil, 0);
    /* A retry repeats the stored URL, so the same %I. Without one only the whole message can tell.
     */
    const struct slice by_id[] = {m.smsc, m.id};
    const struct slice by_all[] = {m.smsc, m.from, m.to, m.epoch, m.civil, m.udh, m.bytes};
    err = sms_intake_room(intake, 1);
    if (err != ERR_OK) {
        return err;
    }
    return m.id.len > 0 ? sms_intake_add(intake, &item, by_id, COUNT_OF(by_id))
                        : sms_intake_add(intake, &item, by_all, COUNT_OF(by_all));
}

/* ---- Reports ---- */

static enum err read_report(const struct sms_callback *r, struct sms_intake *intake)
{
    struct sms_form form = {.count = 0};
    enum err err = sms_form_add_query(&form, r->query, intake->arena);
    if (err == ERR_OK) {
        err = sms_intake_room(intake, 1);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct slice type = sms_form_get(&form, "type");
    struct sms_incoming item = sms_incoming_report(kannel_read_report(type));
    item.message_id = sms_form_get(&form, "mid");
    item.provider_id = sms_form_get(&form, "smscid");
    item.code = type;
    item.time_ms = sms_read_epoch(sms_form_get(&form, "ts"));
    const struct slice identity[] = {item.message_id, item.provider_id, type};
    return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
}

static enum err read(const struct sms_callback *request, struct slice what,
                     const struct sms_secrets *secrets, struct sms_intake *intake)
{
    (void)secrets;
    bool get = slice_is(request->method, "GET");
    if (!get && !slice_is(request->method, "POST")) {
        return ERR_METHOD;
    }
    if (slice_is(what, "mo")) {
        return read_message(request, intake);
    }
    if (slice_is(what, "dlr")) {
        return read_report(request, intake);
    }
    return ERR_NOT_FOUND;
}

/* A body that is not empty, or another content type, would be sent to the citizen as an SMS. */
const struct sms_provider KANNEL_PROVIDER = {
    .name = "kannel",
    .path_secret = true,
    .answer = {.stored = {200, "text/plain", ""},
               .again = {503, "text/plain", ""},
               .refused = {403, "text/plain", ""}},
    .read = read,
};
