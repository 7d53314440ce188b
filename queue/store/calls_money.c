#include "queue/store/calls_money.h"

void outcome_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "outcome", region);
}

void outcome_add(struct fcall *f, const struct payment_news *n)
{
    fcall_slice(f, n->id);
    fcall_text(f, payment_state_word(n->state));
    if (n->amount_fen < 0) {
        fcall_text(f, "");
    } else {
        fcall_int(f, n->amount_fen);
    }
    fcall_slice(f, n->bank_ref);
    fcall_slice(f, n->event_tail);
    fcall_slice(f, n->notify);
}

enum err outcome_read(const redisReply *reply, enum news_outcome *results, size_t n)
{
    static const char *const WORDS[] = {"ok", "same", "none", "amount", "conflict"};
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < COUNT_OF(WORDS) && !slice_is(reply_text_at(reply, i), WORDS[at])) {
            at++;
        }
        if (at == COUNT_OF(WORDS)) {
            return ERR_CORRUPT;
        }
        results[i] = (enum news_outcome)at;
    }
    return ERR_OK;
}

void allot_write(struct fcall *f, const char *region, const struct allotment *a)
{
    fcall_begin(f, "allot", region);
    fcall_slice(f, a->fund);
    fcall_int(f, a->amount_fen);
    fcall_slice(f, a->event_tail);
    fcall_slice(f, a->idem_hash);
    fcall_slice(f, a->fingerprint);
    if (a->marked) {
        fcall_int(f, a->low_permille);
        fcall_int(f, a->full_fen);
    } else {
        fcall_text(f, "");
        fcall_text(f, "");
    }
}

enum err allot_read(const redisReply *reply, enum allot_outcome *out)
{
    static const char *const WORDS[] = {"ok", "replayed", "key-reused", "cap"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (slice_is(reply_text(reply), WORDS[i])) {
            *out = (enum allot_outcome)i;
            return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}
