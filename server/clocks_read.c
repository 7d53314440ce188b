#include "server/clocks_read.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/store/pack.h"
#include "workers/rules/clock_terms.h"

/* CLOCKS_EVENTS_MAX events with three segments each, and the lists that they outgrew. */
#define ACCOUNT_BYTES_MAX ((size_t)40 << 20)

/* The type that was decided; OTHER before the decision. */
static enum err decided_type(struct op *op, const struct case_clocks *c, enum relief_type *out)
{
    struct buf text;
    struct json *root = NULL;
    struct slice word;
    *out = RELIEF_OTHER;
    if (c->decision.len == 0) {
        return ERR_OK;
    }
    buf_init(&text, PACK_TEXT_MAX * 2);
    enum err err = unpack_text(op->g->packer, c->decision, &text);
    if (err == ERR_OK) {
        err = json_parse(buf_slice(&text), &root, NULL);
    }
    if (err == ERR_OK && (json_string(json_get(root, "type"), &word) != ERR_OK ||
                          relief_type_from_word(word, out) != ERR_OK)) {
        err = ERR_CORRUPT;
    }
    json_free(root);
    buf_release(&text);
    return err;
}

enum err clocks_terms_of(struct op *op, const struct case_clocks *c, int64_t at_ms,
                         const struct policy_rules **rules, struct clocks_rules *out,
                         struct case_facts *facts)
{
    char township[DIVISION_CODE_SIZE];
    enum relief_type type;
    enum urgency urgency = URGENCY_NORMAL;
    struct json *root = NULL;
    enum err err = json_parse(c->facts, &root, NULL);
    if (err == ERR_OK) {
        err = facts_read(root, facts);
        json_free(root);
    }
    if (err == ERR_OK && c->urgency.len > 0) {
        err = urgency_from_word(c->urgency, &urgency);
    }
    if (err == ERR_OK) {
        err = slice_copy(c->township, township, sizeof(township));
    }
    if (err == ERR_OK) {
        err = decided_type(op, c, &type);
    }
    if (err != ERR_OK) {
        return err == ERR_INPUT ? ERR_CORRUPT : err;
    }
    *rules = policy_for(op->g->policy, township, at_ms > 0 ? at_ms : facts->received_ms);
    clock_terms(*rules, &op->g->calendar, type, urgency, facts->recognised, out);
    return ERR_OK;
}

void clocks_reading_init(struct clocks_reading *r)
{
    *r = (struct clocks_reading){.work = NULL};
    arena_init(&r->arena, ACCOUNT_BYTES_MAX);
}

void clocks_reading_release(struct clocks_reading *r)
{
    arena_release(&r->arena);
    r->work = NULL;
}

void clocks_reading_write(struct op *op, const struct clocks_reading *r, struct slice no)
{
    case_clocks_write(&op->g->fcall, op->g->settings->region, no, r->next, CASE_CLOCKS_PAGE);
}

static enum err begin(struct op *op, struct clocks_reading *r, const struct case_clocks *c)
{
    const struct policy_rules *rules;
    struct clocks_rules terms;
    struct case_facts facts;
    enum err err = clocks_terms_of(op, c, 0, &rules, &terms, &facts);
    if (err == ERR_OK) {
        r->work = clocks_account_begin(facts.received_ms, &terms, &r->arena);
        err = r->work == NULL ? ERR_NO_MEMORY : ERR_OK;
    }
    return err;
}

enum err clocks_reading_add(struct op *op, struct clocks_reading *r, const struct case_clocks *c)
{
    struct clocks_event e;
    enum err err = r->work == NULL ? begin(op, r, c) : ERR_OK;
    for (size_t i = 0; i < c->event_count && err == ERR_OK; i++) {
        err = clocks_event_read(case_clocks_event(c, i), &e);
        if (err == ERR_OK) {
            err = clocks_account_add(r->work, &e);
        }
    }
    r->next = c->next;
    r->done = err == ERR_OK && c->next == 0;
    if (r->done) {
        err = clocks_account_end(r->work, clock_now_ms(), &r->account);
    }
    return err == ERR_INPUT ? ERR_CORRUPT : err;
}

void clocks_reading_refuse(struct op *op, enum err err)
{
    char detail[200];
    if (err != ERR_TOO_LARGE) {
        op_reply_store(op, err);
        return;
    }
    snprintf(
        detail, sizeof(detail),
        "这个求助件的记录超过 %d 条，不能在这里汇总时限；请用 /v1/cases/{编号}/events 逐页查看。",
        CLOCKS_EVENTS_MAX);
    op_reply_problem(op, ERR_TOO_LARGE, detail);
}
