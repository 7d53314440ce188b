/* Conditions over the facts of a case. */
#include "workers/rules/condition.h"

static const char *const words[FACT_COUNT] = {
#define FACT_WORD(id, word, test, zh) word,
    FACT_TABLE(FACT_WORD)
#undef FACT_WORD
};

static const char *const labels[FACT_COUNT] = {
#define FACT_ZH(id, word, test, zh) zh,
    FACT_TABLE(FACT_ZH)
#undef FACT_ZH
};

uint32_t condition_facts(const struct case_facts *f)
{
    uint32_t facts = 0;

#define FACT_TEST(id, word, test, zh) facts |= (test) ? UINT32_C(1) << (id) : 0;
    FACT_TABLE(FACT_TEST)
#undef FACT_TEST
    return facts;
}

bool condition_holds(const struct condition *c, enum cause cause, uint32_t facts)
{
    if (c->causes != 0 && (c->causes >> cause & 1) == 0)
        return false;
    if ((facts & c->all) != c->all || (facts & c->none) != 0)
        return false;
    return c->any == 0 || (facts & c->any) != 0;
}

enum fact fact_from_word(struct slice word)
{
    for (int i = 0; i < FACT_COUNT; i++) {
        if (slice_is(word, words[i]))
            return (enum fact)i;
    }
    return FACT_COUNT;
}

const char *fact_word(enum fact f)
{
    ASSERT(f >= 0 && f < FACT_COUNT);
    return words[f];
}

const char *fact_zh(enum fact f)
{
    ASSERT(f >= 0 && f < FACT_COUNT);
    return labels[f];
}
