#include "queue/domain/payment_state.h"

#include "queue/base/check.h"

static const struct {
    const char *word;
    const char *zh;
} STATES[] = {
#define PAYMENT_STATE_ROW(id, word, zh) [id] = {word, zh},
    PAYMENT_STATE_TABLE(PAYMENT_STATE_ROW)
#undef PAYMENT_STATE_ROW
};

const char *payment_state_word(enum payment_state s)
{
    ASSERT(s < PAYMENT_STATE_COUNT);
    return STATES[s].word;
}

const char *payment_state_zh(enum payment_state s)
{
    ASSERT(s < PAYMENT_STATE_COUNT);
    return STATES[s].zh;
}

enum err payment_state_from_word(struct slice word, enum payment_state *out)
{
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        if (slice_is(word, STATES[i].word)) {
            *out = (enum payment_state)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}
