/* What `add` and `account` change of a case: facts, and personal data sealed anew under the key
 * that the case has. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/store/calls_people.h"
#include "server/verb.h"

#define NARRATIVE_POINTS_MAX 2000
#define ADDRESS_POINTS_MAX 300

static bool fault(struct op *op, const char *pointer, const char *detail)
{
    op_reply_fault(op, pointer, detail);
    return false;
}

static bool add_number(struct op *op, const char *name, const char *pointer, int64_t min,
                       int64_t max, int64_t *out)
{
    const struct json *v = json_get(op->json, name);
    return v == NULL || json_int64(v, min, max, out) == ERR_OK ||
           fault(op, pointer, "须为范围内的整数：人数 1 到 100，月数 0 到 24，金额单位是分。");
}

static bool add_flags(struct op *op, struct case_facts *f)
{
    const struct {
        const char *name;
        bool *flag;
    } FLAGS[] = {{"danger_to_life", &f->danger_to_life}, {"shelter_lost", &f->shelter_lost},
                 {"food_lost", &f->food_lost},           {"child_alone", &f->child_alone},
                 {"income_stopped", &f->income_stopped}, {"recognised", &f->recognised},
                 {"wants_person", &f->wants_person},     {"stranded", &f->stranded}};
    for (size_t i = 0; i < COUNT_OF(FLAGS); i++) {
        const struct json *v = json_get(op->json, FLAGS[i].name);
        if (v != NULL && json_bool(v, FLAGS[i].flag) != ERR_OK) {
            return fault(op, "", "困难情形各项须为 true 或 false。");
        }
    }
    return true;
}

/* A place that is said now replaces what was said before. */
static bool add_place(struct op *op, struct verb_state *st, struct case_facts *f,
                      struct personal *p)
{
    const struct json *place = json_get(op->json, "place");
    struct slice code = slice_make(NULL, 0), address = slice_make(NULL, 0);
    if (place == NULL) {
        return true;
    }
    if (json_kind(place) != JSON_OBJECT) {
        return fault(op, "/place", "须为对象，写区划代码 code 或地址 address。");
    }
    for (const struct json *m = json_first(place); m != NULL; m = json_next(m)) {
        if (strcmp(json_name(m), "code") != 0 && strcmp(json_name(m), "address") != 0) {
            return fault(op, "/place", "补充地点只写区划代码 code 或地址 address。");
        }
    }
    if (json_get(place, "code") != NULL &&
        (json_string(json_get(place, "code"), &code) != ERR_OK || !slice_all_digits(code) ||
         (code.len != 6 && code.len != 9 && code.len != 12))) {
        return fault(op, "/place/code", "区划代码须为 6、9 或 12 位数字。");
    }
    if (json_get(place, "address") != NULL &&
        (json_string(json_get(place, "address"), &address) != ERR_OK ||
         utf8_count(address) > ADDRESS_POINTS_MAX)) {
        return fault(op, "/place/address", "地址须为不超过 300 字的文字。");
    }
    st->place_added = code.len > 0 || address.len > 0;
    if (st->place_added) {
        f->place_code[0] = '\0';
        p->has_point = false;
        p->address = address;
    }
    return code.len == 0 || slice_copy(code, f->place_code, sizeof(f->place_code)) == ERR_OK;
}

static bool add_narrative(struct op *op, struct personal *p)
{
    struct slice more;
    const struct json *v = json_get(op->json, "narrative");
    if (v == NULL) {
        return true;
    }
    if (json_string(v, &more) != ERR_OK ||
        utf8_count(more) + utf8_count(p->narrative) > NARRATIVE_POINTS_MAX) {
        return fault(op, "/narrative", "情况描述连同以前的不得超过 2000 字。");
    }
    struct buf text;
    buf_init(&text, 16384);
    buf_put_slice(&text, p->narrative);
    buf_put_text(&text, p->narrative.len > 0 ? "\n" : "");
    buf_put_slice(&text, more);
    p->narrative = verb_keep(op, buf_slice(&text));
    bool ok = buf_err(&text) == ERR_OK && p->narrative.ptr != NULL;
    buf_release(&text);
    return ok || fault(op, "/narrative", "情况描述太长，请缩短。");
}

static bool add_facts(struct op *op, struct verb_state *st, struct personal *p)
{
    struct case_facts f = st->facts;
    int64_t persons = f.persons, months = f.months;
    struct buf text;
    struct json_out o;
    if (!add_number(op, "persons", "/persons", 1, PERSONS_MAX, &persons) ||
        !add_number(op, "months", "/months", 0, MONTHS_MAX, &months) ||
        !add_number(op, "net_expense_fen", "/net_expense_fen", 0, AMOUNT_FEN_MAX,
                    &f.net_expense_fen) ||
        !add_flags(op, &f) || !add_place(op, st, &f, p) || !add_narrative(op, p)) {
        return false;
    }
    f.persons = (int)persons;
    f.months = (int)months;
    buf_init(&text, 4096);
    json_out_init(&o, &text);
    facts_write(&f, &o, NULL);
    st->facts_anew = verb_keep(op, buf_slice(&text));
    bool ok = buf_err(&text) == ERR_OK && st->facts_anew.ptr != NULL;
    buf_release(&text);
    st->facts = f;
    if (!ok) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
    }
    return ok;
}

/* By which others with this account are found: the years of the index and the hash that the route
 * stage takes (workers/alike.h). "" when it cannot be made: the account is changed all the same. */
static struct slice account_links(struct op *op, struct slice account)
{
    char years[LINK_GENERATIONS_SIZE], hash[SEAL_HASH_SIZE], text[LINK_GENERATIONS_SIZE + 32];
    if (seal_hash(op->g->sealer, "account", account, hash) != ERR_OK) {
        return slice_make(NULL, 0);
    }
    link_generations(clock_now_ms(), years);
    snprintf(text, sizeof(text), "%s|%.*s", years, LINK_HASH_HEX, hash);
    return verb_keep(op, slice_of(text));
}

bool verb_merge(struct op *op, struct verb_state *st, const struct case_view *v)
{
    struct personal person = {.has_point = false};
    struct buf sealed;
    enum err err =
        personal_unseal(op->g->sealer, st->no, v->wrapped_key, v->sealed, &op->arena, &person);
    if (err == ERR_NOT_FOUND) {
        op_reply_problem(op, ERR_MOVE, "这个人的个人信息已按要求删除，不能再补充或更改。");
        return false;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return false;
    }
    if (st->verb == VERB_ACCOUNT) {
        person.account = st->body.account;
        st->account_links = account_links(op, st->body.account);
    } else if (!add_facts(op, st, &person)) {
        return false;
    }
    buf_init(&sealed, SEAL_TEXT_MAX + SEAL_OVERHEAD);
    err = personal_reseal(op->g->sealer, st->no, v->wrapped_key, &person, &sealed);
    st->sealed_anew = verb_keep(op, buf_slice(&sealed));
    err = err == ERR_OK && st->sealed_anew.ptr == NULL ? ERR_NO_MEMORY : err;
    buf_release(&sealed);
    if (err != ERR_OK) {
        op_reply_store(op, err);
    }
    return err == ERR_OK;
}
