#include "queue/domain/ledger.h"

#include <stdlib.h>
#include "queue/base/json.h"

static const struct {
    const char *word;
    const char *zh;
    bool source;
} ACCOUNTS[] = {
#define ACCOUNT_ROW(id, word, zh, source) [id] = {word, zh, source},
    LEDGER_ACCOUNT_TABLE(ACCOUNT_ROW)
#undef ACCOUNT_ROW
};

static const struct {
    enum ledger_account from, to;
} WAYS[] = {
#define WAY_ROW(from, to) {from, to},
    LEDGER_WAY_TABLE(WAY_ROW)
#undef WAY_ROW
};

const char *ledger_account_word(enum ledger_account a)
{
    ASSERT(a < ACCOUNT_COUNT);
    return ACCOUNTS[a].word;
}

const char *ledger_account_zh(enum ledger_account a)
{
    ASSERT(a < ACCOUNT_COUNT);
    return ACCOUNTS[a].zh;
}

bool ledger_account_source(enum ledger_account a)
{
    ASSERT(a < ACCOUNT_COUNT);
    return ACCOUNTS[a].source;
}

enum err ledger_account_from_word(struct slice word, enum ledger_account *out)
{
    for (size_t i = 0; i < COUNT_OF(ACCOUNTS); i++) {
        if (slice_is(word, ACCOUNTS[i].word)) {
            *out = (enum ledger_account)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

bool ledger_way(enum ledger_account from, enum ledger_account to)
{
    for (size_t i = 0; i < COUNT_OF(WAYS); i++) {
        if (WAYS[i].from == from && WAYS[i].to == to) {
            return true;
        }
    }
    return false;
}

void ledger_lua(struct buf *out)
{
    buf_put_text(out,
                 "-- Made from queue/domain/ledger.h; do not edit.\nlocal LEDGER = { FIELDS = {");
    for (size_t i = 0; i < COUNT_OF(ACCOUNTS); i++) {
        buf_putf(out, " \"%s\",", ACCOUNTS[i].word);
    }
    buf_put_text(out, " },\n  SOURCE = {");
    for (size_t i = 0; i < COUNT_OF(ACCOUNTS); i++) {
        if (ACCOUNTS[i].source) {
            buf_putf(out, " [\"%s\"] = true,", ACCOUNTS[i].word);
        }
    }
    buf_put_text(out, " } }\n");
}

static enum err posting_read(const struct json *v, struct ledger_posting *out)
{
    struct slice fund, from, to;
    if (json_string(json_get(v, "fund"), &fund) != ERR_OK || !slice_all_digits(fund) ||
        slice_copy(fund, out->fund, sizeof(out->fund)) != ERR_OK ||
        json_string(json_get(v, "from"), &from) != ERR_OK ||
        json_string(json_get(v, "to"), &to) != ERR_OK ||
        ledger_account_from_word(from, &out->from) != ERR_OK ||
        ledger_account_from_word(to, &out->to) != ERR_OK ||
        json_int64(json_get(v, "amount_fen"), 1, AMOUNT_FEN_MAX, &out->amount_fen) != ERR_OK) {
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

enum err ledger_postings_read(struct slice event_json,
                              struct ledger_posting out[LEDGER_POSTINGS_MAX], size_t *n)
{
    struct json *root = NULL;
    size_t count = 0;
    enum err err = json_parse(event_json, &root, NULL);
    if (err != ERR_OK) {
        return err;
    }
    const struct json *list = json_get(root, "postings");
    if (list != NULL && (json_kind(list) != JSON_ARRAY || json_size(list) > LEDGER_POSTINGS_MAX)) {
        err = ERR_CORRUPT;
    }
    for (const struct json *v = json_first(list); v != NULL && err == ERR_OK; v = json_next(v)) {
        err = posting_read(v, &out[count++]);
    }
    json_free(root);
    if (err == ERR_OK) {
        *n = count;
    }
    return err;
}

const char *ledger_fault_text(enum ledger_fault f)
{
    switch (f) {
    case LEDGER_FINE: return "fine";
    case LEDGER_FAULT_NEGATIVE: return "a balance falls below zero";
    case LEDGER_FAULT_WAY: return "money must not go from the one account to the other";
    case LEDGER_FAULT_OVERFLOW: return "beyond the largest amount";
    }
    return "";
}

int64_t ledger_imbalance_fen(const int64_t balance_fen[ACCOUNT_COUNT])
{
    int64_t sum = 0;
    for (size_t i = 0; i < ACCOUNT_COUNT; i++) {
        sum += ACCOUNTS[i].source ? balance_fen[i] : -balance_fen[i];
    }
    return sum;
}
