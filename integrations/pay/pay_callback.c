#include "integrations/pay/pay_callback.h"

#include <strings.h>

struct slice pay_callback_header(const struct pay_callback *in, const char *name)
{
    struct slice found = {NULL, 0};
    size_t len = strlen(name);
    for (size_t i = 0; i < in->header_count; i++) {
        const struct pay_header *h = &in->headers[i];
        if (h->name.len != len || strncasecmp(h->name.ptr, name, len) != 0) {
            continue;
        }
        if (found.ptr != NULL) {
            return slice_make(NULL, 0);
        }
        found = slice_trim(h->value);
    }
    return found;
}

enum err pay_rail_callback(const struct pay_callback_rail *rail, const struct pay_callback *in,
                           struct pay_callback_news *out)
{
    out->count = 0;
    out->oddities = 0;
    out->notice_id[0] = out->correlation[0] = '\0';
    if (in->header_count > PAY_CALLBACK_HEADERS_MAX) {
        return ERR_TOO_LARGE;
    }
    enum err err = rail->read(rail->self, in, out);
    if (err != ERR_OK) {
        out->count = 0;
        out->notice_id[0] = out->correlation[0] = '\0';
    }
    ASSERT(out->count <= PAY_CALLBACK_RESULTS_MAX);
    return err;
}

enum err pay_callback_answer(const struct pay_callback_rail *rail, const struct pay_callback *in,
                             const struct pay_callback_news *news, enum err err,
                             struct pay_callback_answer *out)
{
    *out = (struct pay_callback_answer){.status = 500, .content_type = ""};
    buf_init(&out->body, PAY_CALLBACK_ANSWER_MAX);
    rail->answer(rail->self, in, news, err, out);
    return buf_err(&out->body);
}

void pay_callback_answer_release(struct pay_callback_answer *answer)
{
    buf_release(&answer->body);
}
