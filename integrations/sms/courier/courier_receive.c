#include <inttypes.h>
#include <stdio.h>
#include "integrations/sign/standard_webhook.h"
#include "integrations/sms/courier/courier.h"
#include "integrations/sms/sms_form.h"
#include "integrations/sms/sms_intake.h"
#include "queue/base/clock.h"

static const struct {
    const char *what;
    enum sms_report report;
} STATES[] = {
    {"sent", SMS_REPORT_BUFFERED},
    {"delivered", SMS_REPORT_DELIVERED},
    {"failed", SMS_REPORT_FAILED},
    {"stopped", SMS_REPORT_STOPPED},
};

static struct slice header(const struct sms_callback *r, const char *name)
{
    struct slice none = SLICE_LIT("");
    return r->header == NULL ? none : slice_trim(r->header(r->headers, name));
}

static enum err check_signature(const struct sms_callback *r, struct slice token, struct slice *id)
{
    if (token.len == 0) {
        *id = SLICE_LIT("");
        return ERR_OK;
    }
    const struct webhook_headers h = {header(r, "webhook-id"), header(r, "webhook-timestamp"),
                                      header(r, "webhook-signature")};
    *id = h.id;
    enum err err = webhook_check(token, &h, r->body, r->now_ms / 1000);
    return err == ERR_INPUT ? ERR_AUTH : err; /* a secret that is none lets nobody in */
}

static enum err read_message(const struct sms_form *form, struct slice webhook_id, int64_t now_ms,
                             struct sms_intake *intake)
{
    static const char *const senders[] = {"from", "sender"};
    static const char *const times[] = {"date", "time"};
    struct sms_incoming item = sms_incoming_message();
    char now[24];
    item.from = sms_form_any(form, senders, COUNT_OF(senders));
    item.to = sms_form_get(form, "to");
    item.text = sms_form_get(form, "text");
    item.provider_id = sms_form_get(form, "id");
    struct slice time = slice_trim(sms_form_any(form, times, COUNT_OF(times)));
    if (slice_trim(item.from).len == 0) {
        return ERR_INPUT;
    }
    if (clock_parse_rfc3339(time, &item.time_ms) != ERR_OK) {
        item.time_ms = 0;
    }
    if (item.provider_id.len > 0) {
        const struct slice identity[] = {SLICE_LIT("id"), item.from, item.provider_id};
        return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
    }
    if (webhook_id.len > 0) {
        const struct slice identity[] = {SLICE_LIT("webhook"), webhook_id};
        return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
    }
    /* without any mark in time two equal texts of one person may well be two: better stored twice
     * than lost */
    (void)snprintf(now, sizeof(now), "%" PRId64, now_ms);
    const struct slice identity[] = {SLICE_LIT("text"), item.from, item.text, time,
                                     slice_of(time.len > 0 ? "" : now)};
    return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
}

static enum err read_report(const struct sms_form *form, enum sms_report report,
                            struct sms_intake *intake)
{
    static const char *const ids[] = {"id", "uuid"};
    static const char *const senders[] = {"from", "sender"};
    struct sms_incoming item = sms_incoming_report(report);
    struct slice word = slice_of(sms_report_word(report));
    item.code = word;
    if (report == SMS_REPORT_STOPPED) {
        item.from = sms_form_any(form, senders, COUNT_OF(senders));
    } else {
        item.message_id = sms_form_any(form, ids, COUNT_OF(ids));
        item.provider_id = item.message_id;
    }
    if (slice_trim(item.from).len == 0 && item.message_id.len == 0) {
        return ERR_INPUT;
    }
    const struct slice identity[] = {word, item.from, item.message_id};
    return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
}

static enum err read(const struct sms_callback *request, struct slice what,
                     const struct sms_secrets *secrets, struct sms_intake *intake)
{
    struct sms_form form = {.count = 0};
    struct slice webhook_id;
    bool post = slice_is(request->method, "POST");
    if (!post && !slice_is(request->method, "GET")) {
        return ERR_METHOD;
    }
    enum err err = check_signature(request, secrets->token, &webhook_id);
    if (err == ERR_OK) {
        err = sms_form_add_query(&form, request->query, intake->arena);
    }
    if (err == ERR_OK && post && request->body.len > 0) {
        err = sms_form_add_body(&form, request->content_type, request->body, intake->arena);
    }
    if (err == ERR_OK) {
        err = sms_intake_room(intake, 1);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (slice_is(what, "receive")) {
        return read_message(&form, webhook_id, request->now_ms, intake);
    }
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        if (slice_is(what, STATES[i].what)) {
            intake->answer->stored.body =
                STATES[i].report == SMS_REPORT_STOPPED
                    ? "{\"message\":\"Event Accepted\",\"data\":[]}"
                    : "{\"message\":\"Status Update Accepted\",\"data\":[]}";
            return read_report(&form, STATES[i].report, intake);
        }
    }
    return ERR_NOT_FOUND;
}

const struct sms_provider COURIER_PROVIDER = {
    .name = "courier",
    .path_secret = true,
    .answer = {.stored = {200, "application/json",
                          "{\"message\":\"Message Accepted\",\"data\":[]}"},
               .again = {503, "application/json", "{\"message\":\"Not Stored\",\"data\":[]}"},
               .refused = {403, "application/json", "{\"message\":\"Refused\",\"data\":[]}"}},
    .read = read,
};
