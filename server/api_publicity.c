/* GET /v1/townships/{code}/publicity (公示): for everybody, without a token: what is published now
 * in a township, masked. A case leaves the list by itself when its time is over. */
#include "queue/base/clock.h"
#include "queue/domain/mask.h"
#include "server/api.h"

static bool write_one(struct op *op, const struct published_case *c, struct json_out *o)
{
    struct personal person = {.has_point = false};
    struct grant_view grant;
    struct case_facts facts;
    struct json *json = NULL;
    char until[CLOCK_RFC3339_SIZE];
    enum err err =
        personal_unseal(op->g->sealer, c->no, c->wrapped_key, c->sealed, &op->arena, &person);
    if (err == ERR_OK) {
        err = json_parse(c->facts, &json, NULL);
    }
    if (err == ERR_OK) {
        err = facts_read(json, &facts);
    }
    json_free(json);
    if (err != ERR_OK || !grant_view_read(c->grant, &grant)) {
        return false; /* erased or damaged: nothing to show, and nobody else's entry is lost for it
                       */
    }
    char name[MASK_SIZE];
    mask_name(person.name, name);
    clock_format_rfc3339(c->until_ms, until);
    json_open_object(o, NULL);
    json_put_text(o, "name", name);
    json_put_text(o, "cause", cause_zh(facts.cause));
    json_put_int(o, "persons", facts.persons);
    json_put_int(o, "amount_fen", grant.amount_fen);
    json_put_text(o, "until", until);
    json_close_object(o);
    return true;
}

static void on_list(void *data, enum err err, const redisReply *reply)
{
    static struct published_case cases[PUBLICITY_MOST]; /* one loop, used up before this returns */
    struct op *op = data;
    struct buf text;
    struct json_out o;
    size_t n = 0;
    if (err == ERR_OK) {
        err = publicity_read(reply, cases, PUBLICITY_MOST, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_slice(&o, "township", op->params[0]);
    json_put_text(&o, "objections", "对公示有异议的，请在公示期内拨打救助热线说明，不需要写编号。");
    json_open_array(&o, "cases");
    for (size_t i = 0; i < n; i++) {
        if (slice_eq(cases[i].township, op->params[0])) {
            (void)write_one(op, &cases[i], &o);
        }
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void publicity_list(struct op *op)
{
    struct township t;
    if (!gazetteer_township(op->g->atlas.gazetteer, op->params[0], &t)) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个乡镇（街道）代码。");
        return;
    }
    publicity_write(&op->g->fcall, op->g->settings->region, PUBLICITY_MOST);
    op_call(op, on_list);
}
