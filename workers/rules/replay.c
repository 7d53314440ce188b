#include "workers/rules/replay.h"

#include <stdlib.h>
#include <string.h>
#include "queue/base/json.h"
#include "workers/rules/decision.h"
#include "workers/rules/rulebook.h"

struct replay {
    struct policy *draft;
    const struct calendar *calendar;
    int64_t at_ms;
    uint64_t *seen; /* draws of the cases that came already; open addressing, at most half full */
    size_t seen_size, seen_count, numbers;
    struct replay_result sum;
    struct replay_town towns[REPLAY_TOWNSHIPS_MAX];
    size_t town_count;
    struct decision decision; /* of the present case */
};

/* ---- Beginning ---- */

/* Approved ones as they held: until they were ended, if that was before their time. */
static size_t disasters_of_then(const struct disaster_row *rows, size_t count,
                                struct disaster out[POLICY_DISASTERS_MAX])
{
    size_t used = 0;
    for (size_t i = count; i > 0 && used < POLICY_DISASTERS_MAX; i--) { /* the newest */
        const struct disaster_row *row = &rows[i - 1];
        int64_t to_ms =
            row->ended_ms > 0 && row->ended_ms < row->to_ms ? row->ended_ms : row->to_ms;
        if (row->approved_ms > 0 &&
            rulebook_disaster(row->id, row->surge, row->divisions, row->title, row->from_ms, to_ms,
                              &out[used]) == ERR_OK) {
            used++;
        }
    }
    return used;
}

static enum err load_draft(struct replay *r, struct slice draft, const struct disaster_row *rows,
                           size_t count, struct buf *why)
{
    struct disaster *disasters = calloc(POLICY_DISASTERS_MAX, sizeof(*disasters));
    if (disasters == NULL) {
        return ERR_NO_MEMORY;
    }
    size_t used = disasters_of_then(rows, count, disasters);
    enum err err = policy_load_declared(draft, disasters, used, &r->draft, why);
    free(disasters);
    return err;
}

enum err replay_new(struct slice draft, const struct disaster_row *disasters, size_t count,
                    const struct calendar *calendar, int64_t at_ms, size_t numbers,
                    struct replay **out, struct buf *why)
{
    ASSERT(numbers >= 1 && numbers <= REPLAY_NUMBERS_MAX);
    struct replay *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return ERR_NO_MEMORY;
    }
    *r = (struct replay){.calendar = calendar, .at_ms = at_ms, .numbers = numbers, .seen_size = 2};
    while (r->seen_size < numbers * 2) {
        r->seen_size *= 2;
    }
    r->seen = calloc(r->seen_size, sizeof(*r->seen));
    enum err err = r->seen == NULL ? ERR_NO_MEMORY : ERR_OK;
    if (err == ERR_OK) {
        err = load_draft(r, draft, disasters, count, why);
    }
    if (err == ERR_OK) {
        r->sum.draft = policy_name(r->draft);
        *out = r;
    } else {
        replay_free(r);
    }
    return err;
}

void replay_free(struct replay *r)
{
    if (r == NULL) {
        return;
    }
    policy_free(r->draft);
    free(r->seen);
    free(r);
}

/* ---- One case ---- */

bool replay_full(const struct replay *r)
{
    return r->seen_count >= r->numbers;
}

bool replay_first_time(struct replay *r, struct slice no)
{
    uint64_t draw = decision_draw(no);
    size_t at = (size_t)draw & (r->seen_size - 1);
    while (r->seen[at] != 0 && r->seen[at] != draw) {
        at = (at + 1) & (r->seen_size - 1);
    }
    if (r->seen[at] == draw || replay_full(r)) {
        return false;
    }
    r->seen[at] = draw;
    r->seen_count++;
    return true;
}

static void book_loss(struct replay *r, const char *code, int64_t fen)
{
    size_t i = 0;
    while (i < r->town_count && strcmp(r->towns[i].code, code) != 0) {
        i++;
    }
    if (i == REPLAY_TOWNSHIPS_MAX) {
        return;
    }
    if (i == r->town_count) {
        r->town_count++;
        memcpy(r->towns[i].code, code, strlen(code) + 1);
    }
    r->towns[i].lost_fen += fen;
    r->towns[i].cases++;
}

static void book(struct replay_tally *t, int64_t fen)
{
    t->cases++;
    t->fen += fen;
}

static void compare(struct replay *r, int64_t before_fen, int64_t aid_before_fen)
{
    const struct decision *d = &r->decision;
    struct replay_result *sum = &r->sum;
    int64_t change_fen = d->amount_fen - before_fen;
    sum->decisions++;
    sum->before_fen += before_fen;
    sum->after_fen += d->amount_fen;
    if (change_fen == 0) {
        book(&sum->same, before_fen);
    } else if (change_fen > 0) {
        book(&sum->more, change_fen);
    } else {
        book(d->amount_fen == 0 ? &sum->nothing : &sum->less, -change_fen);
        book_loss(r, d->basis.township, -change_fen);
    }
    if (aid_before_fen > 0) {
        book(&sum->aid_before, aid_before_fen);
    }
    if (d->first_aid_fen > 0) {
        book(&sum->aid_after, d->first_aid_fen);
    }
}

/* On the facts and the input of then. */
static enum err decide_again(struct replay *r, struct slice no, const struct json *facts,
                             const struct json *decision)
{
    struct decision_input in;
    char township[DIVISION_CODE_SIZE];
    int64_t before_fen = 0, aid_before_fen = 0;
    memset(&in, 0, sizeof(in));
    in.policy = r->draft;
    in.calendar = r->calendar;
    in.draw = decision_draw(no);
    enum err err = facts_read(facts, &in.facts);
    if (err == ERR_OK) {
        err = json_int64(json_get(decision, "amount_fen"), 0, AMOUNT_FEN_MAX, &before_fen);
    }
    if (err == ERR_OK) {
        err = json_int64(json_get(decision, "first_aid_fen"), 0, AMOUNT_FEN_MAX, &aid_before_fen);
    }
    if (err == ERR_OK) {
        err = decision_input_read(decision, &in, township);
    }
    if (err == ERR_OK) {
        in.now_ms = r->at_ms > 0 ? r->at_ms : in.now_ms;
        decide(&in, &r->decision);
        compare(r, before_fen, aid_before_fen);
    }
    return err;
}

void replay_decide(struct replay *r, struct slice no, struct slice facts, struct slice decision)
{
    struct json *facts_json = NULL, *decision_json = NULL;
    enum err err = json_parse(decision, &decision_json, NULL);
    if (err == ERR_OK) {
        err = json_parse(facts, &facts_json, NULL);
    }
    if (err == ERR_OK) {
        err = decide_again(r, no, facts_json, decision_json);
    }
    if (err == ERR_NOT_FOUND) {
        r->sum.without_input++;
    } else if (err != ERR_OK) {
        r->sum.unreadable++;
    }
    json_free(facts_json);
    json_free(decision_json);
}

void replay_skip(struct replay *r)
{
    r->sum.unreadable++;
}

void replay_sum(const struct replay *r, struct replay_result *out)
{
    *out = r->sum;
    out->worst = NULL;
    for (size_t i = 0; i < r->town_count; i++) {
        if (out->worst == NULL || r->towns[i].lost_fen > out->worst->lost_fen) {
            out->worst = &r->towns[i];
        }
    }
}
