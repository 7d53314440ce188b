#include "queue/store/calls_case.h"

#include <stdio.h>

/* ---- Intake ---- */

void intake_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "intake", region);
}

void intake_add(struct fcall *f, const struct intake_ticket *t)
{
    fcall_slice(f, t->no);
    fcall_slice(f, t->idem_hash);
    fcall_slice(f, t->fingerprint);
    fcall_int(f, t->received_ms);
    fcall_slice(f, t->facts);
    fcall_slice(f, t->sealed);
    fcall_slice(f, t->person_hash);
    fcall_slice(f, t->wrapped_key);
    fcall_int(f, t->job_score);
    fcall_slice(f, t->event_tail);
    fcall_slice(f, t->people);
}

static enum err read_one_intake(struct slice text, struct intake_result *out)
{
    if (slice_is(text, "created")) {
        out->outcome = INTAKE_CREATED;
        return ERR_OK;
    }
    if (slice_is(text, "key-reused")) {
        out->outcome = INTAKE_KEY_REUSED;
        return ERR_OK;
    }
    if (slice_is(text, "conflict")) {
        out->outcome = INTAKE_NUMBER_TAKEN;
        return ERR_OK;
    }
    struct slice rest = text;
    if (!slice_is(slice_cut(&rest, ':'), "replayed")) {
        return ERR_CORRUPT;
    }
    struct slice no = slice_cut(&rest, ':');
    if (slice_copy(no, out->no, sizeof(out->no)) != ERR_OK ||
        slice_to_int64(rest, 0, INT64_MAX, &out->received_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    out->outcome = INTAKE_REPLAYED;
    return ERR_OK;
}

enum err intake_read(const redisReply *reply, struct intake_result *results, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        enum err err = read_one_intake(reply_text_at(reply, i), &results[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

/* ---- The first-aid envelope: AID_ARGS of money.lua ---- */

#define AID_ARGS 15

/* 0 means none. */
static void int_or_empty(struct fcall *f, int64_t value)
{
    if (value == 0) {
        fcall_text(f, "");
    } else {
        fcall_int(f, value);
    }
}

/* In minutes from the due time: short, for every case that is paid keeps them. */
static void papers_add(struct fcall *f, const struct aid_order *a)
{
    const struct clocks_times *t = &a->papers;
    char due[128], pay[24] = "";
    int64_t at = a->papers_due_ms;
    if (a->pay_due_ms > 0) {
        snprintf(pay, sizeof(pay), "%lld", (long long)a->pay_due_ms);
    }
    int len = snprintf(due, sizeof(due), "%lld/%s", (long long)at, pay);
    if (t->county_ms > 0) {
        int64_t warn = (at - t->warn_ms) / 60000, county = (t->county_ms - at) / 60000;
        int64_t chase = t->chase_ms > 0 ? (t->chase_ms - at) / 60000 : 0;
        ASSERT(warn >= 0 && county >= 0 && chase >= 0);
        snprintf(due + len, sizeof(due) - (size_t)len, "/%lld/%lld/%lld", (long long)warn,
                 (long long)county, (long long)chase);
    }
    fcall_text(f, due);
}

static void aid_add(struct fcall *f, const struct aid_order *a)
{
    fcall_int(f, a->amount_fen);
    fcall_slice(f, a->event_tail);
    fcall_slice(f, a->maker);
    fcall_int(f, a->year);
    fcall_slice(f, a->cause);
    char how[32];
    snprintf(how, sizeof(how), "%c%c:%.*s%s", a->small_fast ? '1' : '0',
             a->method == 0 ? 'b' : a->method, SLICE_FMT(a->fund), a->countersign ? "!" : "");
    fcall_text(f, how);
    char caps[80];
    snprintf(caps, sizeof(caps), "%lld/%lld/%lld", (long long)a->cap_paid_fen,
             (long long)a->cap_person_fen, (long long)a->cap_township_fen);
    fcall_text(f, caps);
    fcall_int(f, a->cap_times);
    fcall_int(f, a->cap_same_cause);
    int_or_empty(f, a->day);
    fcall_int(f, a->cap_day_fen);
    fcall_int(f, a->month);
    fcall_int(f, a->cap_month_fen);
    papers_add(f, a);
    fcall_int(f, a->job_score);
}

/* ---- Decide ---- */

void decide_begin(struct fcall *f, const char *region, struct slice lease_token,
                  const struct cascade_limits *limits, const char *generations)
{
    fcall_begin(f, "decide", region);
    fcall_slice(f, lease_token);
    fcall_text(f, region);
    fcall_int(f, limits->inbox_max);
    fcall_text(f, limits->duty_required ? "1" : "0");
    fcall_text(f, generations);
}

/* "by", "by/warn" or nothing. */
static void accept_add(struct fcall *f, const struct decide_case *c)
{
    char text[48] = "";
    if (c->accept_by_ms > 0) {
        int len = snprintf(text, sizeof(text), "%lld", (long long)c->accept_by_ms);
        if (c->accept_warn_ms > 0) {
            snprintf(text + len, sizeof(text) - (size_t)len, "/%lld", (long long)c->accept_warn_ms);
        }
    }
    fcall_text(f, text);
}

void decide_add(struct fcall *f, const struct decide_case *c)
{
    ASSERT(c->verb == VERB_DISPATCH || c->verb == VERB_TRIAGE);
    fcall_slice(f, c->no);
    fcall_int(f, c->version);
    fcall_text(f, case_verb_word(c->verb));
    fcall_slice(f, c->inbox);
    fcall_int(f, c->inbox_score);
    fcall_slice(f, c->urgency);
    fcall_slice(f, c->routing);
    fcall_slice(f, c->decision);
    fcall_slice(f, c->event_tail);
    accept_add(f, c);
    fcall_slice(f, c->notify);
    fcall_slice(f, c->chain.len > 0 ? c->chain : c->inbox);
    fcall_slice(f, c->offer);
    fcall_slice(f, c->links);
    fcall_text(f, c->aid == NULL ? "0" : "1");
    if (c->aid != NULL) {
        aid_add(f, c->aid);
        return;
    }
    for (int i = 0; i < AID_ARGS; i++) {
        fcall_text(f, "");
    }
}

enum err decide_read(const redisReply *reply, enum decide_outcome *results, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        struct slice text = reply_text_at(reply, i);
        results[i] = slice_is(text, "ok")        ? DECIDE_OK
                     : slice_is(text, "stale")   ? DECIDE_STALE
                     : slice_is(text, "version") ? DECIDE_VERSION
                     : slice_is(text, "move")    ? DECIDE_MOVE
                                                 : DECIDE_REFUSED;
    }
    return ERR_OK;
}

/* ---- Claim ---- */

void claim_write(struct fcall *f, const char *region, const struct claim_request *r)
{
    fcall_begin(f, "claim", region);
    fcall_slice(f, r->inbox);
    fcall_slice(f, r->actor);
    fcall_slice(f, r->no);
    fcall_int(f, r->claim_ms);
    fcall_slice(f, r->event_tail);
    fcall_slice(f, r->idem_hash);
    fcall_slice(f, r->fingerprint);
}

enum err claim_read(const redisReply *reply, struct claim_result *out)
{
    static const struct {
        const char *word;
        enum claim_outcome outcome;
    } WORDS[] = {{"none", CLAIM_NONE},
                 {"held", CLAIM_HELD},
                 {"not-found", CLAIM_NOT_FOUND},
                 {"key-reused", CLAIM_KEY_REUSED}};
    struct slice word = reply_text_at(reply, 0);
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (slice_is(word, WORDS[i].word)) {
            *out = (struct claim_result){.outcome = WORDS[i].outcome};
            return ERR_OK;
        }
    }
    struct claim_result r = {.outcome = CLAIM_OK,
                             .replayed = slice_is(reply_text_at(reply, 4), "replayed")};
    if (!slice_is(word, "ok") ||
        slice_copy(reply_text_at(reply, 1), r.no, sizeof(r.no)) != ERR_OK ||
        reply_int(reply_at(reply, 2), 1, INT64_MAX, &r.claim) != ERR_OK ||
        reply_int(reply_at(reply, 3), 1, INT64_MAX, &r.until_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = r;
    return ERR_OK;
}

/* ---- Act ---- */

static const struct {
    const char *word;
    const char *zh;
} REFUSALS[] = {
#define REFUSAL_ROW(id, word, zh) [id] = {word, zh},
    ACT_REFUSAL_TABLE(REFUSAL_ROW)
#undef REFUSAL_ROW
};

const char *act_refusal_word(enum act_refusal r)
{
    ASSERT(r < ACT_REFUSAL_COUNT);
    return REFUSALS[r].word;
}

const char *act_refusal_zh(enum act_refusal r)
{
    ASSERT(r < ACT_REFUSAL_COUNT);
    return REFUSALS[r].zh;
}

void act_write(struct fcall *f, const char *region, const struct act_request *r)
{
    ASSERT((r->verb == VERB_FIRST_AID) == (r->aid != NULL) && r->extra_count <= COUNT_OF(r->extra));
    fcall_begin(f, "act", region);
    fcall_slice(f, r->no);
    fcall_text(f, case_verb_word(r->verb));
    fcall_slice(f, r->actor);
    int_or_empty(f, r->claim);
    int_or_empty(f, r->version);
    fcall_slice(f, r->scope);
    fcall_slice(f, r->event_tail);
    fcall_slice(f, r->idem_hash);
    fcall_slice(f, r->fingerprint);
    fcall_slice(f, r->notify);
    fcall_slice(f, r->clocks);
    if (r->aid != NULL) {
        aid_add(f, r->aid);
        return;
    }
    for (size_t i = 0; i < r->extra_count; i++) {
        fcall_slice(f, r->extra[i]);
    }
}

static enum err read_refusal(struct slice text, struct act_result *out)
{
    static const struct {
        const char *word;
        enum act_outcome outcome;
    } WORDS[] = {{"not-found", ACT_NOT_FOUND}, {"version", ACT_VERSION},
                 {"stale", ACT_STALE},         {"same-person", ACT_SAME_PERSON},
                 {"designate", ACT_DESIGNATE}, {"key-reused", ACT_KEY_REUSED}};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (slice_is(text, WORDS[i].word)) {
            out->outcome = WORDS[i].outcome;
            return ERR_OK;
        }
    }
    for (size_t i = 0; i < COUNT_OF(REFUSALS); i++) {
        if (slice_is(text, REFUSALS[i].word)) {
            out->outcome = ACT_REFUSED;
            out->refusal = (enum act_refusal)i;
            return ERR_OK;
        }
    }
    struct slice rest = text;
    struct slice head = slice_cut(&rest, ':');
    if (slice_is(head, "move")) {
        out->outcome = ACT_MOVE;
        return case_state_from_word(rest, &out->state) == ERR_OK ? ERR_OK : ERR_CORRUPT;
    }
    out->outcome = slice_is(head, "funds") ? ACT_FUNDS : ACT_CAP;
    struct slice which = slice_cut(&rest, ':');
    if ((out->outcome == ACT_CAP && !slice_is(head, "cap")) ||
        slice_copy(which, out->cap, sizeof(out->cap)) != ERR_OK ||
        slice_to_int64(rest, 0, INT64_MAX, &out->left_fen) != ERR_OK) {
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

enum err act_read(const redisReply *reply, struct act_result *out)
{
    struct slice word = reply_text_at(reply, 0);
    struct act_result r = {.outcome = slice_is(word, "replayed") ? ACT_REPLAYED : ACT_OK};
    enum err err;
    if (slice_is(word, "ok") || slice_is(word, "replayed")) {
        err = reply_int(reply_at(reply, 1), 1, INT64_MAX, &r.version);
    } else {
        err = word.len == 0 ? ERR_CORRUPT : read_refusal(word, &r);
    }
    if (err == ERR_OK) {
        *out = r;
    }
    return err;
}

/* ---- Timers ---- */

void fire_write(struct fcall *f, const char *region, int most, const struct cascade_limits *limits)
{
    fcall_begin(f, "fire", region);
    fcall_text(f, region);
    fcall_int(f, most);
    fcall_int(f, limits->inbox_max);
    fcall_text(f, limits->duty_required ? "1" : "0");
    fcall_slice(f, limits->places);
}

void duty_write(struct fcall *f, const char *region, struct slice township, int64_t until_ms,
                struct slice actor, struct slice event_tail)
{
    fcall_begin(f, "duty", region);
    fcall_slice(f, township);
    fcall_int(f, until_ms);
    fcall_slice(f, actor);
    fcall_slice(f, event_tail);
}

enum err fire_read(const redisReply *reply, int64_t *fired)
{
    return reply_int(reply, 0, INT64_MAX, fired);
}
