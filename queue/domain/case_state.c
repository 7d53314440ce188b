#include "queue/domain/case_state.h"

static const struct {
    const char *word;
    const char *zh;
} STATES[] =
    {
#define STATE_ROW(id, word, zh) [id] = {word, zh},
        CASE_STATE_TABLE(STATE_ROW)
#undef STATE_ROW
},
  VERBS[] = {
#define VERB_ROW(id, word, zh) [id] = {word, zh},
      CASE_VERB_TABLE(VERB_ROW)
#undef VERB_ROW
};

static const struct {
    enum case_verb verb;
    enum case_state from;
    enum case_state to;
} MOVES[] = {
#define MOVE_ROW(verb, from, to) {verb, from, to},
    CASE_MOVE_TABLE(MOVE_ROW)
#undef MOVE_ROW
};

static const enum case_verb STAYS[] = {
#define STAY_ROW(verb) verb,
    CASE_STAY_TABLE(STAY_ROW)
#undef STAY_ROW
};

const char *case_state_word(enum case_state s)
{
    ASSERT(s < CASE_STATE_COUNT);
    return STATES[s].word;
}

const char *case_state_zh(enum case_state s)
{
    ASSERT(s < CASE_STATE_COUNT);
    return STATES[s].zh;
}

const char *case_verb_word(enum case_verb v)
{
    ASSERT(v < CASE_VERB_COUNT);
    return VERBS[v].word;
}

const char *case_verb_zh(enum case_verb v)
{
    ASSERT(v < CASE_VERB_COUNT);
    return VERBS[v].zh;
}

enum err case_state_from_word(struct slice word, enum case_state *out)
{
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        if (slice_is(word, STATES[i].word)) {
            *out = (enum case_state)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

enum err case_verb_from_word(struct slice word, enum case_verb *out)
{
    for (size_t i = 0; i < COUNT_OF(VERBS); i++) {
        if (slice_is(word, VERBS[i].word)) {
            *out = (enum case_verb)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

bool case_state_final(enum case_state s)
{
    return s == CASE_ARCHIVED || s == CASE_WITHDRAWN || s == CASE_DUPLICATE || s == CASE_CANCELLED;
}

enum err case_move(enum case_verb verb, enum case_state from, enum case_state *to)
{
    ASSERT(verb < CASE_VERB_COUNT && from < CASE_STATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(MOVES); i++) {
        if (MOVES[i].verb == verb && MOVES[i].from == from) {
            *to = MOVES[i].to;
            return ERR_OK;
        }
    }
    for (size_t i = 0; i < COUNT_OF(STAYS); i++) {
        if (STAYS[i] == verb && from != CASE_NONE && !case_state_final(from)) {
            *to = from;
            return ERR_OK;
        }
    }
    return ERR_MOVE;
}

void case_moves_lua(struct buf *out)
{
    buf_put_text(out, "-- Made from queue/domain/case_state.h; do not edit.\nlocal MOVES = {\n");
    for (size_t v = 0; v < CASE_VERB_COUNT; v++) {
        buf_putf(out, "  [\"%s\"] = {", VERBS[v].word);
        for (size_t s = 0; s < CASE_STATE_COUNT; s++) {
            enum case_state to;
            if (case_move((enum case_verb)v, (enum case_state)s, &to) == ERR_OK) {
                buf_putf(out, " [\"%s\"] = \"%s\",", STATES[s].word, STATES[to].word);
            }
        }
        buf_put_text(out, " },\n");
    }
    buf_put_text(out, "}\n");
}
