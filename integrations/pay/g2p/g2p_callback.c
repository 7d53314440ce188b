#include "integrations/pay/g2p/g2p_callback.h"

#include <stdlib.h>
#include "integrations/pay/g2p/g2p_codec.h"

static enum err read_callback(const void *self, const struct pay_callback *in,
                              struct pay_callback_news *out)
{
    _Static_assert((int)G2P_STATUSES_MAX <= (int)PAY_CALLBACK_RESULTS_MAX, "all fit");
    const struct g2p_signer *bank = self;
    if (bank->key != NULL) {
        enum err err = g2p_verify(bank, in->now_ms / 1000, in->body);
        if (err != ERR_OK) {
            return err == ERR_NOT_FOUND ? ERR_AUTH : err;
        }
    }
    struct g2p_callback *message = malloc(sizeof(*message));
    if (message == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err err = g2p_read_callback(in->body, message);
    if (err == ERR_OK && bank->key != NULL && message->sender_id[0] != '\0' &&
        strcmp(message->sender_id, bank->sender_id) != 0) {
        err = ERR_AUTH; /* signed by one, said in the name of another */
    }
    if (err == ERR_OK) {
        memcpy(out->results, message->results, message->count * sizeof(out->results[0]));
        memcpy(out->notice_id, message->message_id, sizeof(out->notice_id));
        memcpy(out->correlation, message->transaction_id, sizeof(out->correlation));
        out->count = message->count;
        out->oddities = message->odd.strangers + message->odd.repeats + message->odd.unreadable;
    }
    free(message);
    return err;
}

static const char *code_of(enum err err)
{
    switch (err) {
    case ERR_AUTH: return "err.signature.invalid";
    case ERR_INPUT:
    case ERR_TOO_LARGE: return "err.request.bad";
    default: break;
    }
    return "err.service.unavailable";
}

static void answer(const void *self, const struct pay_callback *in,
                   const struct pay_callback_news *news, enum err err,
                   struct pay_callback_answer *out)
{
    (void)self;
    out->status = err == ERR_OK ? 200 : err_http_status(err);
    out->content_type = "application/json; charset=utf-8";
    g2p_write_ack(&out->body, news == NULL ? "" : news->correlation, in->now_ms,
                  err == ERR_OK ? NULL : code_of(err));
}

struct pay_callback_rail g2p_callback_rail(const struct g2p_signer *bank)
{
    return (struct pay_callback_rail){
        .name = "g2p", .self = bank, .read = read_callback, .answer = answer};
}
