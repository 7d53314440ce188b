#include "integrations/sign/base64.h"
#include "integrations/sms/twilio/twilio.h"
#include "queue/domain/phone.h"

static enum err check(const struct sms_account *a)
{
    struct slice user = sms_account_text(a->user);
    struct slice url = sms_account_text(a->url);
    bool user_ok = user.len > 2 && slice_starts_with(user, "AC");
    for (size_t i = 0; i < user.len; i++) {
        char c = user.ptr[i];
        user_ok =
            user_ok && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
    }
    return user_ok && sms_account_text(a->secret).len > 0 && sms_account_text(a->from).len > 0 &&
                   (url.len == 0 || sms_url_host(a->url).len > 0)
               ? ERR_OK
               : ERR_INPUT;
}

static void put_basic(const struct sms_account *a, struct sms_wire *wire)
{
    struct buf pair, value;
    buf_init(&pair, 4096);
    buf_init(&value, 8192);
    buf_put_text(&pair, a->user);
    buf_put_char(&pair, ':');
    buf_put_text(&pair, a->secret);
    buf_put_text(&value, "Basic ");
    base64_encode((const unsigned char *)pair.ptr, pair.len, &value);
    sms_wire_header(wire, "Authorization", buf_slice(&value));
    buf_release(&pair);
    buf_release(&value);
}

static enum err write(const struct sms_account *a, const struct sms_message *message,
                      const struct sms_moment *moment, struct sms_wire *wire)
{
    (void)moment;
    struct phone to;
    if (phone_parse(message->to, &to) != ERR_OK || !phone_can_sms(&to)) {
        return ERR_INPUT;
    }
    struct slice url = sms_account_text(a->url);
    buf_put_slice(&wire->url, url.len == 0 ? SLICE_LIT("https://api.twilio.com") : url);
    buf_putf(&wire->url, "/2010-04-01/Accounts/%s/Messages.json", a->user);
    wire->content_type = "application/x-www-form-urlencoded";
    sms_percent_put_field(&wire->body, 0, "To", slice_of(to.text));
    bool service = slice_starts_with(slice_of(a->from), "MG");
    sms_percent_put_field(&wire->body, '&', service ? "MessagingServiceSid" : "From",
                          slice_of(a->from));
    sms_percent_put_field(&wire->body, '&', "Body", message->text);
    if (sms_account_text(a->report_url).len > 0) {
        struct buf report;
        buf_init(&report, 4096);
        sms_put_report_url(&report, a->report_url, message->id);
        sms_percent_put_field(&wire->body, '&', "StatusCallback", buf_slice(&report));
        buf_release(&report);
    }
    put_basic(a, wire);
    return sms_wire_err(wire);
}

static struct sms_result read(const struct sms_account *account, int status, struct slice body)
{
    (void)account;
    return twilio_read_reply(status, body);
}

const struct sms_codec TWILIO_CODEC = {
    .name = "twilio", .check = check, .write = write, .read = read};
