#include "integrations/pay/pay_text.h"

#include <stdio.h>

static bool plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

void pay_keep_code(struct slice code, char out[PAY_REASON_SIZE])
{
    bool keep = code.len < PAY_REASON_SIZE;
    for (size_t i = 0; keep && i < code.len; i++) {
        keep = plain(code.ptr[i]);
    }
    struct slice kept = keep ? code : SLICE_LIT("[unlisted]");
    if (kept.len > 0) {
        memcpy(out, kept.ptr, kept.len);
    }
    out[kept.len] = '\0';
}

void pay_keep_ref(struct slice ref, char out[PAY_REF_SIZE])
{
    out[0] = '\0';
    if (ref.len == 0 || ref.len >= PAY_REF_SIZE) {
        return;
    }
    for (size_t i = 0; i < ref.len; i++) {
        if (ref.ptr[i] <= 0x20 || ref.ptr[i] >= 0x7f) {
            return;
        }
    }
    memcpy(out, ref.ptr, ref.len);
    out[ref.len] = '\0';
}

bool pay_text_or_empty(const struct json *object, const char *name, struct slice *out)
{
    const struct json *v = json_get(object, name);
    *out = SLICE_LIT("");
    if (v == NULL || json_kind(v) == JSON_NULL) {
        return true;
    }
    return json_string(v, out) == ERR_OK;
}

void pay_result_status(struct pay_result *result, const char *id, int http_status)
{
    char reason[PAY_REASON_SIZE];
    (void)snprintf(reason, sizeof(reason), "[http-%d]", http_status);
    pay_result_unknown(result, id, reason);
}

void pay_result_doubt(struct pay_result *result, const char *id, const struct http_call *call)
{
    bool not_sent = call->outcome == HTTP_NOT_SENT;
    pay_result_unknown(result, id, not_sent ? "[not-sent]" : "[no-answer]");
    result->not_taken = not_sent && call->money;
}

struct slice pay_fa_account(struct slice fa, const char *kind)
{
    struct slice rest = fa;
    struct slice is = slice_cut(&rest, ':');
    if (!slice_is(is, kind)) {
        return slice_make(NULL, 0);
    }
    return slice_cut(&rest, '@');
}
