#include "integrations/sms/kannel/kannel_codec.h"

#include <string.h>
#include <strings.h>
#include "queue/base/utf8.h"

/* ---- sendsms ---- */

static void put_escaped(struct buf *out, struct slice text)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            buf_put_char(out, (char)c);
        } else {
            char escaped[3] = {'%', HEX[c >> 4], HEX[c & 15]};
            buf_put(out, escaped, sizeof(escaped));
        }
    }
}

static void put_field(struct buf *out, char before, const char *name, struct slice value)
{
    buf_put_char(out, before);
    buf_put_text(out, name);
    buf_put_char(out, '=');
    put_escaped(out, value);
}

static void put_report_fields(struct buf *out, const char *dlr_url, struct slice id)
{
    buf_put_text(out, "&dlr-mask=");
    buf_put_int(out, KANNEL_DLR_MASK);
    buf_put_text(out, "&dlr-url=");
    put_escaped(out, slice_of(dlr_url));
    put_escaped(out, slice_of(strchr(dlr_url, '?') == NULL ? "?mid=" : "&mid="));
    put_escaped(out, id);
    put_escaped(out, slice_of("&type=%d&smscid=%F")); /* Kannel fills these in */
}

enum err kannel_write_send(const struct kannel_account *account, const struct sms_message *message,
                           struct buf *out)
{
    enum err err = sms_message_check(message);
    if (err != ERR_OK) {
        return err;
    }
    bool gsm7 = sms_measure(message->text).gsm7;
    const char *url = account->sendsms_url;
    buf_put_text(out, url);
    put_field(out, strchr(url, '?') == NULL ? '?' : '&', "username", slice_of(account->user));
    put_field(out, '&', "password", slice_of(account->password));
    if (account->from != NULL && account->from[0] != '\0') {
        put_field(out, '&', "from", slice_of(account->from));
    }
    put_field(out, '&', "to", message->to);
    put_field(out, '&', "coding", slice_of(gsm7 ? "0" : "2"));
    put_field(out, '&', "charset", slice_of("UTF-8"));
    if (account->dlr_url != NULL && account->dlr_url[0] != '\0') {
        put_report_fields(out, account->dlr_url, message->id);
    }
    put_field(out, '&', "text", message->text);
    return buf_err(out);
}

/* ---- The answer table. What is not here is SMS_UNKNOWN. ---- */

#define ANY_BODY NULL

static const struct reply {
    int status;
    const char *start; /* of the body */
    enum sms_outcome outcome;
    const char *reason;
} REPLIES[] = {
    {202, "0: Accepted for delivery", SMS_ACCEPTED, ""},
    {202, "3: Queued for later delivery", SMS_ACCEPTED, ""},
    {202, "Sent.", SMS_ACCEPTED, ""},
    {400, "Missing receiver number, rejected", SMS_FINAL, "no receiver"},
    {403, "Not routable. Do not try again.", SMS_FINAL, "not routable"},
    {403, "Authorization failed for sendsms", SMS_CHANNEL_STOP, "credential refused"},
    {401, ANY_BODY, SMS_CHANNEL_STOP, "credential refused"},
    {402, ANY_BODY, SMS_CHANNEL_STOP, "balance"},
    {429, ANY_BODY, SMS_RETRY, "throttled"},
    {503, ANY_BODY, SMS_RETRY, "temporal failure"},
};

struct sms_result kannel_read_reply(int http_status, struct slice body)
{
    struct slice text = slice_trim(body);
    for (size_t i = 0; i < COUNT_OF(REPLIES); i++) {
        const struct reply *r = &REPLIES[i];
        if (r->status == http_status &&
            (r->start == ANY_BODY || slice_starts_with(text, r->start))) {
            return sms_result_make(r->outcome, http_status, r->reason);
        }
    }
    return sms_result_make(SMS_UNKNOWN, http_status, "unlisted answer");
}

/* ---- Delivery reports ---- */

enum kannel_report kannel_read_report(struct slice type)
{
    int64_t value;
    if (slice_to_int64(type, 0, 63, &value) != ERR_OK) {
        return KANNEL_REPORT_IGNORED;
    }
    switch (value) {
    case KANNEL_DELIVERED: return KANNEL_REPORT_DELIVERED;
    case KANNEL_FAILED:
    case KANNEL_REJECTED: return KANNEL_REPORT_FAILED;
    case KANNEL_BUFFERED:
    case KANNEL_SENT: return KANNEL_REPORT_SENT;
    default: return KANNEL_REPORT_IGNORED;
    }
}

/* ---- Text of incoming messages ---- */

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
