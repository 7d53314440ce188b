#include "integrations/sms/sms_json.h"

#include <inttypes.h>
#include <stdio.h>

#define RAW_MAX ((size_t)1 << 20)

enum err sms_json_text(const struct json *object, const char *name, struct arena *arena,
                       struct slice *out)
{
    const struct json *v = json_get(object, name);
    struct slice text = SLICE_LIT("");
    char digits[24];
    int64_t number;
    if (json_string(v, &text) != ERR_OK &&
        json_int64(v, -JSON_INT_MAX, JSON_INT_MAX, &number) == ERR_OK) {
        (void)snprintf(digits, sizeof(digits), "%" PRId64, number);
        text = slice_of(digits);
    }
    char *copy = arena_text(arena, text);
    if (copy == NULL) {
        return ERR_NO_MEMORY;
    }
    *out = slice_make(copy, text.len);
    return ERR_OK;
}

enum err sms_json_texts(const struct json *object, struct arena *arena,
                        const struct sms_json_member *members, size_t count)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        err = sms_json_text(object, members[i].name, arena, members[i].out);
    }
    return err;
}

enum err sms_json_unreadable(struct sms_intake *intake, const struct json *item, struct slice from)
{
    struct sms_incoming in = sms_incoming_message();
    struct buf raw;
    buf_init(&raw, RAW_MAX);
    json_print(item, &raw);
    enum err err = buf_err(&raw);
    char *copy = err == ERR_OK ? arena_text(intake->arena, buf_slice(&raw)) : NULL;
    if (err == ERR_OK && copy == NULL) {
        err = ERR_NO_MEMORY;
    }
    buf_release(&raw);
    if (err != ERR_OK) {
        return err;
    }
    in.kind = SMS_UNREADABLE;
    in.from = from;
    in.text = slice_of(copy);
    return sms_intake_add(intake, &in, &in.text, 1);
}

struct json *sms_json_reply(struct slice body)
{
    struct json *root = NULL;
    return body.len > 0 && json_parse(body, &root, NULL) == ERR_OK ? root : NULL;
}

enum err sms_json_open(struct sms_intake *intake, struct slice body, struct json **root)
{
    struct sms_incoming in = sms_incoming_message();
    *root = NULL;
    if (body.len == 0 || slice_trim(body).len == 0) {
        return ERR_INPUT;
    }
    enum err err = json_parse(body, root, NULL);
    if (err != ERR_INPUT) {
        return err;
    }
    err = sms_intake_room(intake, 1);
    if (err != ERR_OK) {
        return err;
    }
    in.kind = SMS_UNREADABLE;
    in.text = body;
    return sms_intake_add(intake, &in, &in.text, 1);
}
