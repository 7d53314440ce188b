#include "integrations/sms/aliyun/aliyun.h"
#include "integrations/sms/sms_json.h"
#include "queue/base/clock.h"

/* sequence_id is a string on one page and a number on another; one that is too long for a number to
 * be exact is not taken for an id. */
static enum err add_message(struct sms_intake *intake, const struct json *v)
{
    struct slice phone, content, time, dest, id;
    const struct sms_json_member members[] = {{"phone_number", &phone},
                                              {"content", &content},
                                              {"send_time", &time},
                                              {"dest_code", &dest},
                                              {"sequence_id", &id}};
    enum err err = sms_json_texts(v, intake->arena, members, COUNT_OF(members));
    if (err != ERR_OK) {
        return err;
    }
    if (phone.len == 0 || json_kind(json_get(v, "content")) != JSON_STRING) {
        return sms_json_unreadable(intake, v, phone);
    }
    struct sms_incoming item = sms_incoming_message();
    item.provider_id = id;
    item.from = phone;
    item.to = dest;
    item.text = content;
    item.time_ms = sms_read_time(time, CLOCK_CHINA_OFFSET_MS);
    const struct slice by_id[] = {id, phone};
    const struct slice by_all[] = {phone, time, dest, content};
    return id.len > 0 ? sms_intake_add(intake, &item, by_id, COUNT_OF(by_id))
                      : sms_intake_add(intake, &item, by_all, COUNT_OF(by_all));
}

static enum sms_report state_of(const struct json *v)
{
    struct slice word;
    bool success;
    if (json_bool(v, &success) == ERR_OK) {
        return success ? SMS_REPORT_DELIVERED : SMS_REPORT_FAILED;
    }
    if (json_string(v, &word) != ERR_OK) {
        return SMS_REPORT_UNKNOWN;
    }
    return slice_is(word, "true")    ? SMS_REPORT_DELIVERED
           : slice_is(word, "false") ? SMS_REPORT_FAILED
                                     : SMS_REPORT_UNKNOWN;
}

static enum err add_report(struct sms_intake *intake, const struct json *v)
{
    struct slice phone, biz, out_id, time, code;
    const struct sms_json_member members[] = {{"phone_number", &phone},
                                              {"biz_id", &biz},
                                              {"out_id", &out_id},
                                              {"report_time", &time},
                                              {"err_code", &code}};
    enum err err = sms_json_texts(v, intake->arena, members, COUNT_OF(members));
    if (err != ERR_OK) {
        return err;
    }
    if (phone.len == 0 || (biz.len == 0 && out_id.len == 0)) {
        return sms_json_unreadable(intake, v, SLICE_LIT(""));
    }
    struct sms_incoming item = sms_incoming_report(state_of(json_get(v, "success")));
    item.provider_id = biz;
    item.message_id = out_id;
    item.to = phone;
    item.time_ms = sms_read_time(time, CLOCK_CHINA_OFFSET_MS);
    item.code = code;
    if (item.report == SMS_REPORT_FAILED) {
        item.advice = aliyun_read_error(code);
    }
    struct slice state = slice_of(sms_report_word(item.report));
    /* one BizId may cover many numbers */
    const struct slice identity[] = {biz, phone, state, code};
    return sms_intake_add(intake, &item, identity, COUNT_OF(identity));
}

static enum err read(const struct sms_callback *request, struct slice what,
                     const struct sms_secrets *secrets, struct sms_intake *intake)
{
    struct json *root = NULL;
    (void)secrets;
    bool mo = slice_is(what, "mo");
    if (!slice_is(request->method, "POST")) {
        return ERR_METHOD;
    }
    if (!mo && !slice_is(what, "dlr")) {
        return ERR_NOT_FOUND;
    }
    enum err err = sms_json_open(intake, request->body, &root);
    if (err != ERR_OK || root == NULL) {
        return err;
    }
    err = json_kind(root) == JSON_ARRAY ? sms_intake_room(intake, json_size(root)) : ERR_INPUT;
    for (const struct json *v = json_first(root); v != NULL && err == ERR_OK; v = json_next(v)) {
        err = mo ? add_message(intake, v) : add_report(intake, v);
    }
    json_free(root);
    return err;
}

/* "only code is a number is checked", together with HTTP 200 */
const struct sms_provider ALIYUN_PROVIDER = {
    .name = "aliyun",
    .path_secret = true,
    .answer = {.stored = {200, "application/json", "{\"code\":0,\"msg\":\"OK\"}"},
               .again = {503, "application/json", "{\"code\":1,\"msg\":\"again\"}"},
               .refused = {403, "text/plain", ""}},
    .read = read,
};
