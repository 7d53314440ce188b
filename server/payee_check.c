#include "server/payee_check.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/domain/payee.h"
#include "queue/store/calls_payee.h"

#define WORDS_MAX 400

struct payee_state {
    struct personal person;
    bool bank;   /* it goes to an account; else it is handed over */
    bool erased; /* nothing is left to check */
    char account_hash[LINK_HASH_HEX + 1], number_hash[SEAL_HASH_SIZE], phone_hash[SEAL_HASH_SIZE];
    struct slice officers; /* whose own the account is, who have to stand back; in the arena */
    int64_t check_due_ms;  /* until when the county checks it then */
    struct slice tail;     /* of the event that says so */
    char words[WORDS_MAX]; /* found now */
    bool asks, confirmed, known; /* known: the case says the same already */
};

bool payee_check_wanted(enum case_verb verb)
{
    return verb == VERB_FIRST_AID || verb == VERB_ASSESS || verb == VERB_APPROVE ||
           verb == VERB_PAY;
}

static bool unavailable(struct op *op, enum err err)
{
    op_reply_store(op, err);
    return false;
}

bool payee_check_begin(struct op *op, struct verb_state *st, const struct case_view *v)
{
    struct payee_state *p = arena_alloc(&op->arena, sizeof(*p));
    struct grant_view grant;
    char hash[SEAL_HASH_SIZE];
    if (p == NULL) {
        return unavailable(op, ERR_NO_MEMORY);
    }
    *p = (struct payee_state){.bank = st->body.method == 'b' || st->body.method == '\0'};
    st->payee = p;
    if ((st->verb == VERB_APPROVE || st->verb == VERB_PAY) && grant_view_read(v->grant, &grant)) {
        p->bank = grant.method == 'b';
    }
    enum err err =
        personal_unseal(op->g->sealer, st->no, v->wrapped_key, v->sealed, &op->arena, &p->person);
    p->erased = err == ERR_NOT_FOUND;
    if (err == ERR_OK && p->person.account.len > 0) {
        err = seal_hash(op->g->sealer, "account", p->person.account, hash);
        snprintf(p->account_hash, sizeof(p->account_hash), "%.*s", LINK_HASH_HEX,
                 err == ERR_OK ? hash : "");
        if (err == ERR_OK) {
            err = personal_account_hash(op->g->sealer, p->person.account, p->number_hash);
        }
    }
    if (err == ERR_OK && p->person.phone.len > 0) {
        err = seal_hash(op->g->sealer, "phone", p->person.phone, p->phone_hash);
    }
    return err == ERR_OK || p->erased || unavailable(op, err);
}

bool payee_check_ask(struct op *op, struct verb_state *st)
{
    const struct payee_state *p = st->payee;
    char generations[LINK_GENERATIONS_SIZE];
    link_generations(clock_now_ms(), generations);
    const struct payee_look_for q = {.case_no = st->no,
                                     .account =
                                         p->bank ? slice_of(p->account_hash) : slice_make("", 0),
                                     .generations = generations,
                                     .idem_hash = op_idem(op),
                                     .phone_hash = slice_of(p->phone_hash),
                                     /* also for what is handed over: its owner stands back */
                                     .account_number = slice_of(p->number_hash),
                                     .actor = op_actor(op)};
    payee_look_write(&op->g->fcall, op->g->settings->region, &q);
    return true;
}

/* ---- Judging ---- */

/* What the store found, opened; who was erased is left out. */
static enum err open_earlier(struct op *op, const struct payee_look *look,
                             struct payee_earlier *out, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < look->earlier_count; i++) {
        const struct payee_look_earlier *e = &look->earlier[i];
        struct personal person;
        enum err err =
            personal_unseal(op->g->sealer, e->no, e->wrapped_key, e->sealed, &op->arena, &person);
        if (err == ERR_NOT_FOUND) {
            continue;
        }
        if (err != ERR_OK) {
            return err;
        }
        out[(*n)++] = (struct payee_earlier){.name = person.name,
                                             .id_number = person.id_number,
                                             .account = payee_account_number(person.account),
                                             .succeeded = e->succeeded};
    }
    return ERR_OK;
}

/* Does `list` (words with commas) hold the word? */
static bool holds(struct slice list, const char *word)
{
    while (list.len > 0) {
        if (slice_is(slice_cut(&list, ','), word)) {
            return true;
        }
    }
    return false;
}

/* Found for what is handed over: only what is about the person. */
static bool counts(const struct payee_state *p, enum payee_finding f)
{
    return p->bank || (f != PAYEE_NAME_MISSING && f != PAYEE_ACCOUNT_MISSING);
}

static void judge(struct payee_state *p, const struct payee_question *q,
                  const struct payee_look *look)
{
    struct payee_findings found;
    size_t len = 0;
    bool all_confirmed = true;
    payee_check(q, &found);
    for (size_t i = 0; i < found.count; i++) {
        const char *word = payee_finding_word(found.list[i]);
        if (!counts(p, found.list[i])) {
            continue;
        }
        ASSERT(len + strlen(word) + 2 < sizeof(p->words));
        len += (size_t)snprintf(p->words + len, sizeof(p->words) - len, "%s%s", len == 0 ? "" : ",",
                                word);
        if (payee_finding_asks(found.list[i])) {
            p->asks = true;
            all_confirmed =
                all_confirmed && look->confirmed_by.len > 0 && holds(look->findings, word);
        }
    }
    p->confirmed = p->asks && all_confirmed;
    p->known = slice_is(look->findings, p->words) && (!p->asks || p->confirmed);
}

static void refuse(struct op *op, const struct payee_state *p)
{
    struct buf text, detail;
    struct json_out o;
    buf_init(&text, 8192);
    buf_init(&detail, 4096);
    json_out_init(&o, &text);
    payee_check_put(slice_of(p->words), NULL, &o);
    buf_put_text(
        &detail,
        "收款人核验有疑问，请核对；确认无误的，在请求中写明理由并加上 payee_confirmed: true。");
    const struct problem_extra extra = {.name = "payee_findings", .json = buf_slice(&text)};
    const struct problem problem = {
        .err = ERR_CONFLICT, .detail = detail.ptr, .extras = &extra, .extra_count = 1};
    if (buf_err(&text) == ERR_OK && buf_err(&detail) == ERR_OK) {
        op_reply_problem_full(op, &problem);
    } else {
        op_reply_store(op, ERR_NO_MEMORY);
    }
    buf_release(&text);
    buf_release(&detail);
}

/* Who has to stand back from now on, and until when the county checks the case: as long as the
 * papers of a first aid may take. Answers the op itself when it returns false. */
static bool keep_officers(struct op *op, struct verb_state *st, const struct payee_look *look)
{
    struct payee_state *p = st->payee;
    int64_t now_ms = clock_now_ms();
    const struct policy_rules *rules = policy_for(op->g->policy, st->township, now_ms);
    bool assumed = false;
    if (!look->recuse) {
        return true;
    }
    const char *copy = arena_text(&op->arena, look->officers);
    if (copy == NULL) {
        return unavailable(op, ERR_NO_MEMORY);
    }
    p->officers = slice_of(copy);
    p->tail = op_tail(op, SLICE_LIT("收款账户属于工作人员本人，该人员回避，由县级核查"),
                      policy_name(op->g->policy));
    if (calendar_add_working_days(&op->g->calendar, now_ms, rules->urgent_first.papers_working_days,
                                  &p->check_due_ms, &assumed) != ERR_OK) {
        p->check_due_ms = now_ms; /* no calendar reaches so far: at once */
    }
    return p->tail.ptr != NULL;
}

bool payee_check_judge(struct op *op, struct verb_state *st, enum err err, const redisReply *reply)
{
    struct payee_state *p = st->payee;
    struct payee_look look;
    struct payee_earlier earlier[PAYEE_LOOK_EARLIER_MAX];
    size_t n = 0;
    if (err == ERR_OK) {
        err = payee_look_read(reply, &look);
    }
    if (err == ERR_OK && (look.replayed || p->erased)) {
        p->known = true; /* what was answered then is answered again */
        return true;
    }
    if (err == ERR_OK) {
        err = open_earlier(op, &look, earlier, &n);
    }
    if (err != ERR_OK) {
        return unavailable(op, err);
    }
    if (look.own) {
        op_reply_problem(op, ERR_FORBIDDEN,
                         "收款账户是您本人登记的账户，您须回避，请由其他人员办理。");
        return false;
    }
    if (!keep_officers(op, st, &look)) {
        return false;
    }
    const struct policy_rules *rules = policy_for(op->g->policy, st->township, clock_now_ms());
    const struct payee_question q = {
        .name = p->person.name,
        .id_number = p->person.id_number,
        .account = p->bank ? payee_account_number(p->person.account) : slice_make("", 0),
        .kind = payee_account_kind_of(p->person.account),
        .earlier = earlier,
        .earlier_count = n,
        .others_on_account = (int)look.others_on_account,
        .others_allowed =
            rules->integrity.account_persons > 0 ? rules->integrity.account_persons - 1 : 0,
        .id_is_officers = look.phone_is_officers,
        .account_is_officers = p->bank && look.officers.len > 0,
        .id_is_relatives = look.person_is_relative,
        .account_is_relatives = p->bank && look.account_is_relatives,
        .today_ms = clock_now_ms(),
    };
    judge(p, &q, &look);
    if (p->asks && !p->confirmed && !st->body.payee_confirmed) {
        refuse(op, p);
        return false;
    }
    return true;
}

/* ---- Telling ---- */

void payee_check_tail(const struct verb_state *st, struct buf *out)
{
    struct slice rest = st->payee == NULL ? slice_make(NULL, 0) : slice_of(st->payee->words);
    if (rest.len == 0) {
        return;
    }
    buf_put_text(out, ",\"payee_findings\":[");
    for (bool first = true; rest.len > 0; first = false) {
        buf_put_text(out, first ? "" : ",");
        json_quote(out, slice_cut(&rest, ','));
    }
    buf_putf(out, "],\"payee_confirmed\":%s", st->payee->asks ? "true" : "false");
}

bool payee_check_note(struct op *op, const struct verb_state *st)
{
    const struct payee_state *p = st->payee;
    if (p == NULL || (p->known && p->officers.len == 0)) {
        return false;
    }
    payee_note_write(&op->g->fcall, op->g->settings->region, st->no, slice_of(p->words),
                     p->asks ? op_actor(op) : slice_make("", 0), p->officers, p->check_due_ms,
                     p->tail);
    return true;
}

void payee_check_put(struct slice findings, const char *name, struct json_out *o)
{
    json_open_array(o, name);
    while (findings.len > 0) {
        enum payee_finding f;
        if (payee_finding_from_word(slice_cut(&findings, ','), &f) != ERR_OK) {
            continue;
        }
        json_open_object(o, NULL);
        json_put_text(o, "finding", payee_finding_word(f));
        json_put_text(o, "label", payee_finding_zh(f));
        json_put_bool(o, "asks", payee_finding_asks(f));
        json_close_object(o);
    }
    json_close_array(o);
}
