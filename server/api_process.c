#include "server/api.h"
#include "server/http/query.h"

void process_livez(struct op *op)
{
    struct buf text;
    buf_init(&text, 64);
    buf_put_text(&text, "ok\n");
    op_reply_text(op, 200, HTTP_TYPE_TEXT, &text);
    buf_release(&text);
}

/* Whose signatures the rules need, and whether what is in force elsewhere was refused here. */
static const char *signatures_say(const struct gateway *g)
{
    if (g->rules.alarm) {
        return "the pack that is in force in the store is refused here (log: "
               "policy_signature_refused or "
               "rules_refused_nothing_by_rule)";
    }
    if (!pack_signers_ask(&g->signers)) {
        return "signatures are not asked for: policy_signers and order_signers are not set";
    }
    return g->signers.orders == NULL  ? "packs"
           : g->signers.packs == NULL ? "standing orders"
                                      : "packs, standing orders";
}

static void put_check(struct json_out *o, const char *name, bool ok, const char *why)
{
    json_open_object(o, NULL);
    json_put_text(o, "name", name);
    json_put_bool(o, "ok", ok);
    json_put_text(o, "why", why);
    json_close_object(o);
}

/* Ready = takes tickets: the store answers under the right settings and the process is not about to
 * stop. */
void process_readyz(struct op *op)
{
    struct gateway *g = op->g;
    enum err store = store_async_state(g->store);
    bool ready = store == ERR_OK && !g->draining;
    struct buf text;
    struct json_out o;
    buf_init(&text, 16384);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_bool(&o, "ready", ready);
    if (g->rules
            .alarm) { /* it goes on with the rules it has: no reason to take it out of service */
        json_open_array(&o, "alarms");
        json_put_text(&o, NULL, "policy");
        json_close_array(&o);
    }
    if (op->query.len > 0) { /* ?verbose */
        json_open_array(&o, "checks");
        put_check(&o, "store", store == ERR_OK, store == ERR_OK ? "" : store_async_why(g->store));
        put_check(&o, "draining", !g->draining, g->draining ? "the process is about to stop" : "");
        put_check(&o, "policy", true, policy_name(g->policy));
        put_check(&o, "policy_signatures", !g->rules.alarm, signatures_say(g));
        put_check(&o, "townships", true, gazetteer_version(g->atlas.gazetteer));
        json_close_array(&o);
    }
    json_close_object(&o);
    op_reply_json(op, ready ? 200 : 503, &text, NULL, 0);
    buf_release(&text);
}

/* First the queues, then the funds page by page: each page is one short call. */
struct metrics_state {
    struct buf text;
    struct money_sums sums;
    int64_t at;
};

static void end_metrics(struct op *op)
{
    struct metrics_state *st = op->state;
    struct buf text = st->text; /* the answer frees the op, and the state with it */
    op_reply_text(op, 200, HTTP_TYPE_METRICS, &text);
    buf_release(&text);
}

static void ask_funds(struct op *op);

static void on_funds(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct metrics_state *st = op->state;
    static struct ledger_fund_row
        rows[LEDGER_FUNDS_PAGE]; /* one loop, used up before this returns */
    struct ledger_funds_page page;
    if (err != ERR_OK || ledger_funds_read(reply, &page, rows) != ERR_OK) {
        end_metrics(op); /* no money rather than half of it */
        return;
    }
    for (size_t i = 0; i < page.count; i++) {
        money_sums_add(&st->sums, &rows[i]);
    }
    st->at += (int64_t)page.count;
    if (page.count > 0 && st->at < page.total) {
        ask_funds(op);
        return;
    }
    money_sums_write(&st->sums, &st->text);
    end_metrics(op);
}

static void ask_funds(struct op *op)
{
    struct metrics_state *st = op->state;
    ledger_funds_write(&op->g->fcall, op->g->settings->region, st->at, LEDGER_FUNDS_PAGE);
    if (store_async_call(op->g->store, &op->g->fcall, on_funds, op) != ERR_OK) {
        end_metrics(op);
    }
}

static void put_metrics(struct op *op, const struct store_stats *stats)
{
    struct metrics_state *st = op->state;
    metrics_write(&op->g->metrics, http_server_counters(op->g->http), stats,
                  store_async_state(op->g->store) == ERR_OK, &st->text);
    metrics_rules_write(op->g->rules.alarm, pack_signers_ask(&op->g->signers), &st->text);
}

static void on_stats(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct store_stats stats;
    bool ok = err == ERR_OK && stats_read(reply, &stats) == ERR_OK;
    put_metrics(op, ok ? &stats : NULL);
    if (ok) {
        ask_funds(op);
    } else {
        end_metrics(op);
    }
}

void process_metrics(struct op *op)
{
    struct metrics_state *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    *st = (struct metrics_state){.at = 0};
    op->state = st;
    buf_init(&st->text, 1u << 20);
    stats_write(&op->g->fcall, op->g->settings->region);
    if (store_async_call(op->g->store, &op->g->fcall, on_stats, op) != ERR_OK) {
        put_metrics(op, NULL);
        end_metrics(op);
    }
}
