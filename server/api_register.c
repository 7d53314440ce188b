/* The low-income register and the household check (核对): POST and GET /v1/cases/{no}/checks, and
 * POST /v1/register/callback, by which answers come, perhaps days later. Who is recognised need not
 * prove income and property again: the fact goes into the case, and what it lets skip into its
 * history. An answer never closes, refuses or reduces anything. */
#include <stdio.h>
#include "integrations/register/register.h"
#include "queue/base/clock.h"
#include "queue/store/calls_register.h"
#include "server/api.h"
#include "server/clocks_follow.h"

#define LOOKS_MAX 5 /* how often a case may change under us */

/* ---- POST, GET /v1/cases/{no}/checks ---- */

struct checking {
    struct slice no;
    enum register_matter matter;
    bool asking;
};

static void on_rows(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct register_row rows[REGISTER_MATTERS_MAX];
    size_t n = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = register_get_read(reply, rows, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 4096);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "checks");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&o, NULL);
        json_put_slice(&o, "matter", rows[i].matter);
        json_put_slice(&o, "state", rows[i].state);
        json_put_time(&o, "asked_at", rows[i].asked_ms);
        json_put_slice(&o, "answer", rows[i].answer);
        json_put_slice(&o, "kind", rows[i].kind);
        json_put_time(&o, "as_of", rows[i].as_of_ms);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_json(op, ((const struct checking *)op->state)->asking ? 202 : 200, &text, NULL, 0);
    buf_release(&text);
}

static void show_checks(struct op *op)
{
    const struct checking *st = op->state;
    register_get_write(&op->g->fcall, op->g->settings->region, st->no);
    op_call(op, on_rows);
}

static void on_put(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    enum register_put put = REGISTER_PUT_OK;
    if (err == ERR_OK) {
        err = register_ask_read(reply, &put);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
    } else if (put == REGISTER_PUT_NOT_FOUND) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
    } else if (put == REGISTER_PUT_OK &&
               ((const struct checking *)op->state)->matter == REGISTER_HOUSEHOLD) {
        /* the time of the check does not count, where the rules say so */
        const struct checking *st = op->state;
        clocks_follow(op, st->no, VERB_PAUSE, PAUSE_ECONOMY_CHECK, SLICE_LIT("家庭经济状况核对"),
                      show_checks);
    } else {
        show_checks(op);
    }
}

static void on_case(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const struct checking *st = op->state;
    struct case_view v;
    if (err == ERR_OK) {
        err = case_get_read(reply, &v);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !op_may_see(op, v.township, v.inbox))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    if (!st->asking) {
        show_checks(op);
        return;
    }
    struct slice tail = op_tail(op, slice_of(register_matter_zh(st->matter)), "");
    if (tail.ptr != NULL) {
        register_ask_write(&op->g->fcall, op->g->settings->region, st->no,
                           register_matter_word(st->matter), tail);
        op_call(op, on_put);
    }
}

static struct checking *begin(struct op *op)
{
    struct checking *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return NULL;
    }
    op->state = st;
    return op_case_no(op, &st->no) ? st : NULL;
}

static void look_at_case(struct op *op, struct slice no, store_reply_fn *then)
{
    case_get_write(&op->g->fcall, op->g->settings->region, no);
    op_call(op, then);
}

void register_checks(struct op *op)
{
    struct checking *st = begin(op);
    if (st != NULL) {
        look_at_case(op, st->no, on_case);
    }
}

void register_ask(struct op *op)
{
    struct slice word;
    struct checking *st = begin(op);
    if (st == NULL) {
        return;
    }
    if (json_string(json_get(op->json, "matter"), &word) != ERR_OK ||
        register_matter_from_word(word, &st->matter) != ERR_OK || json_size(op->json) != 1) {
        op_reply_fault(op, "/matter",
                       "请填 register（低收入人口登记）或 household（家庭经济状况核对）。");
        return;
    }
    if (op->g->settings->register_url[0] == '\0') {
        op_reply_problem(op, ERR_CONFLICT, "本系统没有接入核对平台，请按线下方式核对。");
        return;
    }
    st->asking = true;
    look_at_case(op, st->no, on_case);
}

/* ---- POST /v1/register/callback ---- */

struct answer_op {
    struct register_result result;
    struct slice no;
    enum register_matter matter;
    int looks;
};

static void on_answer_case(void *data, enum err err, const redisReply *reply);

static void told_all(struct op *op)
{
    op_reply_empty(op, 204, NULL, 0);
}

/* The household check is over: the clocks that stood still for it go on. */
static void resume(struct op *op)
{
    const struct answer_op *st = op->state;
    char digest[SEAL_DIGEST_SIZE], text[128];
    snprintf(text, sizeof(text), "register|%s|%lld", st->result.check_id,
             (long long)st->result.as_of_ms);
    enum err err = seal_hash(op->g->sealer, "idem", slice_of(text), op->idem_hash);
    if (err == ERR_OK) {
        err = seal_digest(op->g->sealer, slice_of(text), digest);
    }
    if (err != ERR_OK) {
        op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
        return;
    }
    memcpy(op->fingerprint, digest, 32);
    op->fingerprint[32] = '\0';
    clocks_follow(op, st->no, VERB_RESUME, PAUSE_ECONOMY_CHECK, SLICE_LIT("核对结果已到"),
                  told_all);
}

static void on_told(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct answer_op *st = op->state;
    enum register_told told = REGISTER_TOLD_OK;
    if (err == ERR_OK) {
        err = register_answer_read(reply, &told);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
    } else if (told == REGISTER_TOLD_NOT_FOUND) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个核对编号。");
    } else if (told == REGISTER_TOLD_CHANGED && ++st->looks < LOOKS_MAX) {
        look_at_case(op, st->no, on_answer_case);
    } else if (told == REGISTER_TOLD_CHANGED) {
        op_reply_problem(op, ERR_LIMIT, "求助件正在变化，请稍后重发。");
    } else if (st->matter == REGISTER_HOUSEHOLD) {
        resume(op); /* also when it comes again: the first time we may have failed behind it */
    } else {
        told_all(op);
    }
}

/* The answer is about this person: the hash of the ID number that the case has. */
static bool same_person(struct op *op, const struct answer_op *st, const struct case_view *v)
{
    struct personal person = {.has_point = false};
    char hash[SEAL_DIGEST_SIZE];
    return personal_unseal(op->g->sealer, st->no, v->wrapped_key, v->sealed, &op->arena, &person) ==
               ERR_OK &&
           person.id_number.len > 0 &&
           seal_digest(op->g->sealer, person.id_number, hash) == ERR_OK &&
           seal_equal(slice_of(hash), slice_of(st->result.id_hash));
}

/* The facts with what the answer says; "" when nothing changes. Only "recognised" changes a fact:
 * what a register does not know is no proof against what people have said. */
static enum err facts_with(struct op *op, const struct answer_op *st, const struct case_view *v,
                           struct slice *out)
{
    struct case_facts f;
    struct json *root = NULL;
    struct json_out o;
    struct buf text;
    *out = slice_make("", 0);
    if (st->result.answer != REGISTER_RECOGNISED) {
        return ERR_OK;
    }
    enum err err = json_parse(v->facts, &root, NULL) == ERR_OK && facts_read(root, &f) == ERR_OK
                       ? ERR_OK
                       : ERR_CORRUPT;
    json_free(root);
    if (err != ERR_OK || f.recognised) {
        return err;
    }
    f.recognised = true;
    buf_init(&text, 4096);
    json_out_init(&o, &text);
    facts_write(&f, &o, NULL);
    err = buf_err(&text);
    const char *kept = err == ERR_OK ? arena_text(&op->arena, buf_slice(&text)) : NULL;
    *out = slice_make(kept, kept == NULL ? 0 : text.len);
    buf_release(&text);
    return err == ERR_OK && kept == NULL ? ERR_NO_MEMORY : err;
}

static void tell(struct op *op, const struct answer_op *st, const struct case_view *v,
                 struct slice facts)
{
    char reason[REASON_MAX + 1];
    bool recognised = st->result.answer == REGISTER_RECOGNISED;
    snprintf(reason, sizeof(reason), "%s：%s%s%s", register_matter_zh(st->matter),
             register_answer_zh(st->result.answer), register_kind_zh(st->result.kind),
             recognised ? "，收入和财产不再重复核对，只核实必要支出" : "");
    struct slice tail = op_tail(op, slice_of(reason), "");
    if (tail.ptr == NULL) {
        return;
    }
    const struct register_news n = {.no = st->no,
                                    .matter = register_matter_word(st->matter),
                                    .answer = register_answer_word(st->result.answer),
                                    .kind = register_kind_word(st->result.kind),
                                    .version = v->version,
                                    .as_of_ms = st->result.as_of_ms,
                                    .job_score = clock_now_ms(),
                                    .facts = facts,
                                    .event_tail = tail};
    register_answer_write(&op->g->fcall, op->g->settings->region, &n);
    op_call(op, on_told);
}

static void on_answer_case(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct answer_op *st = op->state;
    struct case_view v;
    struct slice facts;
    if (err == ERR_OK) {
        err = case_get_read(reply, &v);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !same_person(op, st, &v))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个核对编号，或证件号码已变更。");
        return;
    }
    if (err == ERR_OK) {
        err = facts_with(op, st, &v, &facts);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    tell(op, st, &v, facts);
}

void register_callback(struct op *op)
{
    const struct http_request r = {.fields = op->fields, .field_count = op->field_count};
    struct answer_op *st = arena_alloc(&op->arena, sizeof(*st));
    struct case_no_parts parts;
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "稍后再试。");
        return;
    }
    enum err err = register_result_read(op->body, http_header(&r, "x-register-signature"),
                                        slice_of(op->g->settings->register_token), &st->result);
    if (err != ERR_OK) {
        op_reply_problem(op, err, err == ERR_AUTH ? "签名不对。" : "核对结果的格式有误。");
        return;
    }
    if (register_check_id_read(slice_of(st->result.check_id), &st->no, &st->matter) != ERR_OK ||
        case_no_read(st->no, &parts) != ERR_OK ||
        strcmp(parts.region, op->g->settings->region) != 0) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个核对编号。");
        return;
    }
    op->state = st;
    snprintf(op->caller.actor, sizeof(op->caller.actor), "register");
    look_at_case(op, st->no, on_answer_case);
}
