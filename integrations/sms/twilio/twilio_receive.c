#include "integrations/sign/base64.h"
#include "integrations/sms/sms_intake.h"
#include "integrations/sms/twilio/twilio.h"
#include "queue/base/utf8.h"

#define BASE64_MIN 60 /* shorter ones may be words */

/* ---- Access ---- */

static enum err check_request(const struct sms_callback *r, const struct sms_secrets *secrets,
                              const struct sms_form *form)
{
    struct buf url;
    struct slice signature =
        r->header == NULL ? slice_make(NULL, 0) : r->header(r->headers, "x-twilio-signature");
    if (secrets->token.len == 0 || secrets->public_url.len == 0 || signature.len == 0) {
        return ERR_AUTH;
    }
    buf_init(&url, (size_t)1 << 20);
    buf_put_slice(&url, secrets->public_url);
    buf_put_slice(&url, r->tail);
    if (r->query.len > 0) {
        buf_put_char(&url, '?');
        buf_put_slice(&url, r->query);
    }
    enum err err = buf_err(&url);
    if (err == ERR_OK) {
        err = twilio_check_signature(secrets->token, buf_slice(&url), form, signature);
    }
    buf_release(&url);
    return err;
}

/* ---- Messages ---- */

/* Some carriers' long messages come as base64. Taken for it only when the whole of a long text is
 * strict base64 of clean UTF-8: chance does not make that. */
static enum err open_base64(struct slice body, struct arena *arena, struct slice *text)
{
    *text = body;
    if (body.len < BASE64_MIN || body.len % 4 != 0) {
        return ERR_OK;
    }
    unsigned char *bytes = arena_alloc(arena, body.len);
    size_t len = 0;
    if (bytes == NULL) {
        return ERR_NO_MEMORY;
    }
    if (base64_decode(body, bytes, body.len, &len) != ERR_OK) {
        return ERR_OK;
    }
    struct slice opened = slice_make((const char *)bytes, len);
    bool clean = utf8_valid(opened);
    for (size_t i = 0; i < len && clean; i++) {
        clean = bytes[i] >= 0x20 || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t';
    }
    *text = clean ? opened : body;
    return ERR_OK;
}

static enum err read_message(const struct sms_form *form, struct sms_intake *intake)
{
    static const char *const ids[] = {"MessageSid", "SmsMessageSid", "SmsSid"};
    struct sms_incoming item = sms_incoming_message();
    item.provider_id = sms_form_any(form, ids, COUNT_OF(ids));
    if (item.provider_id.len == 0) {
        return ERR_INPUT;
    }
    item.from = sms_form_get(form, "From");
    item.to = sms_form_get(form, "To");
    enum err err = open_base64(sms_form_get(form, "Body"), intake->arena, &item.text);
    struct slice media = sms_form_get(form, "MediaUrl0");
    if (item.text.len == 0 && media.len > 0) { /* a picture without a word */
        item.kind = SMS_UNREADABLE;
        item.text = media;
    }
    return err == ERR_OK ? sms_intake_add(intake, &item, &item.provider_id, 1) : err;
}

/* ---- Reports ---- */

static enum err read_report(const struct sms_callback *r, const struct sms_form *form,
                            struct sms_intake *intake)
{
    static const char *const ids[] = {"MessageSid", "SmsSid"};
    static const char *const states[] = {"MessageStatus", "SmsStatus"};
    struct sms_form query = {.count = 0};
    struct slice state = sms_form_any(form, states, COUNT_OF(states));
    struct slice id = sms_form_any(form, ids, COUNT_OF(ids));
    enum err err = sms_form_add_query(&query, r->query, intake->arena);
    if (err != ERR_OK) {
        return err;
    }
    if (id.len == 0 || state.len == 0) {
        return ERR_INPUT;
    }
    struct sms_incoming item = sms_incoming_report(twilio_read_status(state));
    item.provider_id = id;
    item.message_id = sms_form_get(&query, "mid");
    item.to = sms_form_get(form, "To");
    struct slice error = sms_form_get(form, "ErrorCode");
    if (item.report == SMS_REPORT_FAILED) {
        item.advice = twilio_read_error(error);
    }
    item.code = error.len > 0 ? error : state;
    const struct slice identity[] = {id, state};
    return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
}

static enum err read(const struct sms_callback *request, struct slice what,
                     const struct sms_secrets *secrets, struct sms_intake *intake)
{
    struct sms_form form = {.count = 0};
    if (!slice_is(request->method, "POST")) {
        return ERR_METHOD;
    }
    if (!slice_is(what, "mo") && !slice_is(what, "dlr")) {
        return ERR_NOT_FOUND;
    }
    if (!sms_type_is(request->content_type, "application/x-www-form-urlencoded")) {
        return ERR_INPUT;
    }
    enum err err = sms_form_add_query(&form, request->body, intake->arena);
    if (err == ERR_OK) {
        err = check_request(request, secrets, &form);
    }
    if (err == ERR_OK) {
        err = sms_intake_room(intake, 1);
    }
    if (err != ERR_OK) {
        return err;
    }
    return slice_is(what, "mo") ? read_message(&form, intake) : read_report(request, &form, intake);
}

#define TWIML "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"

/* A <Message> inside the response would be sent to the citizen. */
const struct sms_provider TWILIO_PROVIDER = {
    .name = "twilio",
    .path_secret = false,
    .answer = {.stored = {200, "text/xml", TWIML},
               .again = {503, "text/plain", ""},
               .refused = {403, "text/plain", ""}},
    .read = read,
};
