#include "integrations/sms/sms_json.h"
#include "integrations/sms/tencent/tencent.h"
#include "queue/base/clock.h"

/* "86" and 11 digits are a mainland number; any other country goes in front with '+'. */
static enum err join_number(struct slice nation, struct slice mobile, struct arena *arena,
                            struct slice *out)
{
    char joined[48];
    struct slice code =
        slice_starts_with(nation, "+") ? slice_make(nation.ptr + 1, nation.len - 1) : nation;
    *out = mobile;
    if (mobile.len == 0 || code.len == 0 || slice_is(code, "86") || !slice_all_digits(code) ||
        code.len > 4 || !slice_all_digits(mobile) || mobile.len > 20) {
        return ERR_OK;
    }
    joined[0] = '+';
    memcpy(joined + 1, code.ptr, code.len);
    memcpy(joined + 1 + code.len, mobile.ptr, mobile.len);
    char *text = arena_text(arena, slice_make(joined, 1 + code.len + mobile.len));
    if (text == NULL) {
        return ERR_NO_MEMORY;
    }
    *out = slice_of(text);
    return ERR_OK;
}

/* There is no message id: the whole of it is what identifies it. */
static enum err add_message(struct sms_intake *intake, const struct json *v)
{
    struct slice nation, mobile, extend, text, time, from;
    const struct sms_json_member members[] = {{"nationcode", &nation},
                                              {"mobile", &mobile},
                                              {"extend", &extend},
                                              {"text", &text},
                                              {"time", &time}};
    enum err err = sms_json_texts(v, intake->arena, members, COUNT_OF(members));
    if (err == ERR_OK) {
        err = join_number(nation, mobile, intake->arena, &from);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (mobile.len == 0 || json_kind(json_get(v, "text")) != JSON_STRING) {
        return sms_json_unreadable(intake, v, from);
    }
    struct sms_incoming item = sms_incoming_message();
    item.from = from;
    item.to = extend;
    item.text = text;
    item.time_ms = sms_read_epoch(time);
    const struct slice identity[] = {nation, mobile, time, extend, text};
    return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
}

static enum err add_report(struct sms_intake *intake, const struct json *v)
{
    struct slice nation, mobile, sid, state, code, time, to;
    const struct sms_json_member members[] = {
        {"nationcode", &nation},   {"mobile", &mobile}, {"sid", &sid},
        {"report_status", &state}, {"errmsg", &code},   {"user_receive_time", &time}};
    enum err err = sms_json_texts(v, intake->arena, members, COUNT_OF(members));
    if (err == ERR_OK) {
        err = join_number(nation, mobile, intake->arena, &to);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (mobile.len == 0 || sid.len == 0) {
        return sms_json_unreadable(intake, v, SLICE_LIT(""));
    }
    struct sms_incoming item = sms_incoming_report(slice_is(state, "SUCCESS") ? SMS_REPORT_DELIVERED
                                                   : slice_is(state, "FAIL")  ? SMS_REPORT_FAILED
                                                                              : SMS_REPORT_UNKNOWN);
    item.provider_id = sid;
    item.to = to;
    item.time_ms = sms_read_time(time, CLOCK_CHINA_OFFSET_MS);
    item.code = code;
    if (item.report == SMS_REPORT_FAILED) {
        item.advice = tencent_read_error(code);
    }
    const struct slice identity[] = {sid, nation, mobile, state, code};
    return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
}

static enum err read(const struct sms_callback *request, struct slice what,
                     const struct sms_secrets *secrets, struct sms_intake *intake)
{
    struct json *root = NULL;
    (void)secrets;
    (void)what; /* both kinds may share one URL */
    if (!slice_is(request->method, "POST")) {
        return ERR_METHOD;
    }
    enum err err = sms_json_open(intake, request->body, &root);
    if (err != ERR_OK || root == NULL) {
        return err;
    }
    if (json_kind(root) == JSON_OBJECT) {
        err = sms_intake_room(intake, 1);
        err = err == ERR_OK ? add_message(intake, root) : err;
    } else if (json_kind(root) == JSON_ARRAY) {
        err = sms_intake_room(intake, json_size(root));
        for (const struct json *v = json_first(root); v != NULL && err == ERR_OK;
             v = json_next(v)) {
            err = add_report(intake, v);
        }
    } else {
        err = ERR_INPUT;
    }
    json_free(root);
    return err;
}

const struct sms_provider TENCENT_PROVIDER = {
    .name = "tencent",
    .path_secret = true,
    .answer = {.stored = {200, "application/json", "{\"result\":0,\"errmsg\":\"OK\"}"},
               .again = {503, "application/json", "{\"result\":1,\"errmsg\":\"again\"}"},
               .refused = {403, "text/plain", ""}},
    .read = read,
};
