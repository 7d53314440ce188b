#include "server/case_more.h"

#include <string.h>
#include "queue/base/clock.h"
#include "queue/store/calls_ledger.h"
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
    json_open_array(o, "signed_by");
    for (struct slice rest = g.signers; rest.len > 0;) {
        struct slice signer = slice_cut(&rest, ',');
        struct slice level = slice_cut(&signer, ':');
        json_open_object(o, NULL);
        json_put_text(o, "level", slice_is(level, "c") ? "county" : "township");
        json_put_slice(o, "actor", signer);
        json_close_object(o);
    }
    json_close_array(o);
    json_put_slice(o, "approved_by", g.approver);
    json_open_array(o, "due");
    for (struct slice rest = g.dues; rest.len > 0;) {
        put_time_text(o, NULL, slice_cut(&rest, ','));
    }
    json_close_array(o);
    json_close_object(o);
}

/* Parts of some kinds, as an array: {"payment", "fund", "amount_fen"}. */
static void put_parts(const char *no, const struct ledger_part *parts, size_t n, const char *kinds,
                      const char *name, struct json_out *o)
{
    char id[PAYMENT_ID_SIZE];
    json_open_array(o, name);
    for (size_t i = 0; i < n; i++) {
        if (strchr(kinds, parts[i].kind) != NULL) {
            payment_id_write(no, 'A', parts[i].payment, id);
            json_open_object(o, NULL);
            json_put_text(o, "payment", id);
            json_put_text(o, "fund", parts[i].fund);
            json_put_int(o, "amount_fen", parts[i].fen);
            json_close_object(o);
        }
    }
    json_close_array(o);
}

/* What became of the money that a review has found wrong (queue/store/lua/review.lua). */
static void write_recovery(const struct case_view *v, struct slice no, struct json_out *o)
{
    static struct ledger_part parts[RECOVERY_PARTS_MAX]; /* one loop, used up before this returns */
    struct slice status, outcome, by, rest = v->recovery;
    char no_text[CASE_NO_SIZE];
    size_t n = 0;
    if (v->recovery.len == 0 || slice_copy(no, no_text, sizeof(no_text)) != ERR_OK ||
        recovery_read(v->recovery, &status, parts, &n) != ERR_OK) {
        json_put_null(o, "recovery");
        return;
    }
    recovery_refund_read(v->recovery, &outcome, &by);
    slice_cut(&rest, '|');
    json_open_object(o, "recovery");
    json_put_slice(o, "status", status);
    json_put_slice(o, "by", slice_cut(&rest, '|'));
    put_parts(no_text, parts, n, "ucr", "open", o);
    put_parts(no_text, parts, n, "d", "repaid", o);
    put_parts(no_text, parts, n, "w", "written_off", o);
    put_parts(no_text, parts, n, "o", "owed", o);
    if (outcome.len > 0) {
        json_open_object(o, "refund");
        json_put_slice(o, "outcome", outcome);
        json_put_slice(o, "asked_by", by);
        json_close_object(o);
    }
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

void case_more_write(const struct case_view *v, struct slice no, struct json_out *o)
{
    struct slice until = v->publicity;
    write_grant(v, o);
    write_recovery(v, no, o);
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
