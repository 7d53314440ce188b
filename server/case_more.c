#include "server/case_more.h"

#include "queue/base/clock.h"
#include "queue/store/calls_payee.h"
#include "server/payee_check.h"

static void put_time_text(struct json_out *o, const char *name, struct slice ms)
{
    int64_t at_ms;
    if (slice_to_int64(ms, 1, JSON_INT_MAX, &at_ms) == ERR_OK) {
        json_put_time(o, name, at_ms);
    }
}

static void write_grant(const struct case_view *v, struct json_out *o)
{
    struct grant_view g;
    if (!grant_view_read(v->grant, &g)) {
        json_put_null(o, "grant");
        return;
    }
    json_open_object(o, "grant");
    json_put_slice(o, "status", g.status);
    json_put_int(o, "amount_fen", g.amount_fen);
    json_put_int(o, "instalments", g.instalments);
    json_put_int(o, "instalments_paid", g.paid);
    json_put_slice(o, "tier", g.tier);
    json_put_slice(o, "fund", g.fund);
    json_put_slice(o, "proposed_by", g.proposer);
    json_put_slice(o, "approved_by", g.approver);
    json_open_array(o, "due");
    for (struct slice rest = g.dues; rest.len > 0;) {
        put_time_text(o, NULL, slice_cut(&rest, ','));
    }
    json_close_array(o);
    json_close_object(o);
}

/* "FAILED|who|u:<fund>=<fen>,…", "RECOVERING|who|<fund>=<fen>,…" */
static void write_recovery(const struct case_view *v, struct json_out *o)
{
    struct slice rest = v->recovery;
    if (rest.len == 0) {
        json_put_null(o, "recovery");
        return;
    }
    json_open_object(o, "recovery");
    json_put_slice(o, "status", slice_cut(&rest, '|'));
    json_put_slice(o, "by", slice_cut(&rest, '|'));
    json_open_array(o, "open");
    while (rest.len > 0) {
        struct slice fen = slice_cut(&rest, ',');
        struct slice fund = slice_cut(&fen, '=');
        int64_t amount_fen;
        if (fund.len > 2 && fund.ptr[1] == ':') {
            fund = slice_make(fund.ptr + 2, fund.len - 2);
        }
        if (slice_to_int64(fen, 0, AMOUNT_FEN_MAX, &amount_fen) == ERR_OK) {
            json_open_object(o, NULL);
            json_put_slice(o, "fund", fund);
            json_put_int(o, "amount_fen", amount_fen);
            json_close_object(o);
        }
    }
    json_close_array(o);
    json_close_object(o);
}

/* "<n>:<target>:<state>:<due ms>,…" */
static void write_referrals(const struct case_view *v, struct json_out *o)
{
    json_open_array(o, "referrals");
    for (struct slice rest = v->referrals; rest.len > 0;) {
        struct slice one = slice_cut(&rest, ',');
        int64_t n = 0;
        json_open_object(o, NULL);
        if (slice_to_int64(slice_cut(&one, ':'), 1, 99, &n) == ERR_OK) {
            json_put_int(o, "referral", n);
        }
        json_put_slice(o, "target", slice_cut(&one, ':'));
        json_put_slice(o, "status", slice_cut(&one, ':'));
        put_time_text(o, "acknowledge_by", one);
        json_close_object(o);
    }
    json_close_array(o);
}

static void write_links(const struct case_view *v, struct json_out *o)
{
    json_open_array(o, "links");
    for (struct slice rest = v->links; rest.len > 0;) {
        struct slice kind = slice_cut(&rest, ',');
        json_open_object(o, NULL);
        json_put_slice(o, "case", slice_cut(&kind, '='));
        json_put_slice(o, "kind", kind);
        json_close_object(o);
    }
    json_close_array(o);
}

static void put_count(struct json_out *o, const char *name, struct slice text)
{
    int64_t n = 0;
    if (text.len > 0 && slice_to_int64(text, 0, JSON_INT_MAX, &n) != ERR_OK) {
        n = 0;
    }
    json_put_int(o, name, n);
}

/* What the payee check has found, and who has confirmed it. */
static void write_payee(const struct case_view *v, struct json_out *o)
{
    struct slice findings, confirmed_by;
    payee_note_parts(v->payee, &findings, &confirmed_by);
    payee_check_put(findings, "payee_findings", o);
    if (confirmed_by.len > 0) {
        json_put_slice(o, "payee_confirmed_by", confirmed_by);
    }
}

void case_more_write(const struct case_view *v, struct json_out *o)
{
    struct slice until = v->publicity;
    write_grant(v, o);
    write_recovery(v, o);
    write_referrals(v, o);
    write_links(v, o);
    write_payee(v, o);
    if (v->publicity.len > 0) {
        json_open_object(o, "publicity");
        json_put_slice(o, "status", slice_cut(&until, ':'));
        put_time_text(o, "until", until);
        json_close_object(o);
    } else {
        json_put_null(o, "publicity");
    }
    json_put_slice(o, "conference", v->conference);
    json_put_slice(o, "joined_into", v->master);
    put_count(o, "returns", v->returns);
    put_count(o, "redone", v->redone);
    put_count(o, "rating", v->rating);
}
