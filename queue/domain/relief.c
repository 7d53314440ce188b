#include "queue/domain/relief.h"

struct word {
    const char *word;
    const char *zh;
};

#define WORD_ROW(id, word, zh) [id] = {word, zh},
static const struct word TYPES[] = {RELIEF_TYPE_TABLE(WORD_ROW)};
static const struct word URGENCIES[] = {URGENCY_TABLE(WORD_ROW)};
static const struct word CAUSES[] = {CAUSE_TABLE(WORD_ROW)};
static const struct word CHANNELS[] = {CHANNEL_TABLE(WORD_ROW)};
static const struct word SYSTEMS[] = {CRS_TABLE(WORD_ROW)};
#undef WORD_ROW

static enum err find(const struct word *table, size_t count, struct slice word, size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(word, table[i].word)) {
            *out = i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

/* The three functions of one enum over its table. */
#define WORD_FUNCTIONS(type, name, table)                        \
    const char *name##_word(enum type v)                         \
    {                                                            \
        ASSERT((size_t)v < COUNT_OF(table));                     \
        return table[v].word;                                    \
    }                                                            \
    enum err name##_from_word(struct slice word, enum type *out) \
    {                                                            \
        size_t at;                                               \
        enum err err = find(table, COUNT_OF(table), word, &at);  \
        if (err == ERR_OK) {                                     \
            *out = (enum type)at;                                \
        }                                                        \
        return err;                                              \
    }
#define LABEL_FUNCTION(type, name, table)    \
    const char *name##_zh(enum type v)       \
    {                                        \
        ASSERT((size_t)v < COUNT_OF(table)); \
        return table[v].zh;                  \
    }

WORD_FUNCTIONS(relief_type, relief_type, TYPES)
LABEL_FUNCTION(relief_type, relief_type, TYPES)
WORD_FUNCTIONS(urgency, urgency, URGENCIES)
LABEL_FUNCTION(urgency, urgency, URGENCIES)
WORD_FUNCTIONS(cause, cause, CAUSES)
LABEL_FUNCTION(cause, cause, CAUSES)
WORD_FUNCTIONS(channel, channel, CHANNELS)
LABEL_FUNCTION(channel, channel, CHANNELS)
WORD_FUNCTIONS(crs, crs, SYSTEMS)

/* The yes/no facts, stored only when true. */
#define FLAG_TABLE(X) \
    X(danger_to_life) \
    X(shelter_lost)   \
    X(food_lost)      \
    X(child_alone)    \
    X(income_stopped) \
    X(recognised)     \
    X(wants_person)   \
    X(stranded)       \
    X(relative_declared)

void facts_write(const struct case_facts *f, struct json_out *o, const char *name)
{
    json_open_object(o, name);
    json_put_int(o, "received_ms", f->received_ms);
    json_put_text(o, "channel", channel_word(f->channel));
    json_put_text(o, "cause", cause_word(f->cause));
    json_put_int(o, "persons", f->persons);
    if (f->months != 0) {
        json_put_int(o, "months", f->months);
    }
    if (f->net_expense_fen != 0) {
        json_put_int(o, "net_expense_fen", f->net_expense_fen);
    }
    if (f->asked_fen != 0) {
        json_put_int(o, "asked_fen", f->asked_fen);
    }
    if (f->place_code[0] != '\0') {
        json_put_text(o, "place_code", f->place_code);
    }
#define PUT_FLAG(flag)                 \
    if (f->flag) {                     \
        json_put_bool(o, #flag, true); \
    }
    FLAG_TABLE(PUT_FLAG)
#undef PUT_FLAG
    json_close_object(o);
}

static enum err optional_int(const struct json *v, const char *name, int64_t max, int64_t *out)
{
    const struct json *field = json_get(v, name);
    return field == NULL ? ERR_OK : json_int64(field, 0, max, out);
}

static enum err read_words(const struct json *v, struct case_facts *f)
{
    struct slice channel, cause;
    if (json_string(json_get(v, "channel"), &channel) != ERR_OK ||
        channel_from_word(channel, &f->channel) != ERR_OK ||
        json_string(json_get(v, "cause"), &cause) != ERR_OK ||
        cause_from_word(cause, &f->cause) != ERR_OK) {
        return ERR_CORRUPT;
    }
    const struct json *code = json_get(v, "place_code");
    struct slice text;
    if (code != NULL && (json_string(code, &text) != ERR_OK || !slice_all_digits(text) ||
                         slice_copy(text, f->place_code, sizeof(f->place_code)) != ERR_OK)) {
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

enum err facts_read(const struct json *v, struct case_facts *out)
{
    struct case_facts f = {.persons = 1};
    int64_t persons = 0, months = 0;
    if (json_int64(json_get(v, "received_ms"), 0, JSON_INT_MAX, &f.received_ms) != ERR_OK ||
        json_int64(json_get(v, "persons"), 1, PERSONS_MAX, &persons) != ERR_OK ||
        optional_int(v, "months", MONTHS_MAX, &months) != ERR_OK ||
        optional_int(v, "net_expense_fen", AMOUNT_FEN_MAX, &f.net_expense_fen) != ERR_OK ||
        optional_int(v, "asked_fen", AMOUNT_FEN_MAX, &f.asked_fen) != ERR_OK ||
        read_words(v, &f) != ERR_OK) {
        return ERR_CORRUPT;
    }
    f.persons = (int)persons;
    f.months = (int)months;
#define GET_FLAG(flag)                                                                    \
    if (json_get(v, #flag) != NULL && json_bool(json_get(v, #flag), &f.flag) != ERR_OK) { \
        return ERR_CORRUPT;                                                               \
    }
    FLAG_TABLE(GET_FLAG)
#undef GET_FLAG
    *out = f;
    return ERR_OK;
}
