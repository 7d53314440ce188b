#include "server/case_json.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "server/case_more.h"

void case_json_allowed(enum case_state state, enum role role, struct json_out *o, const char *name)
{
    json_open_array(o, name);
    for (int v = 0; v < CASE_VERB_COUNT; v++) {
        enum case_state to;
        if ((case_verb_roles((enum case_verb)v) & (unsigned)role) != 0 &&
            case_move((enum case_verb)v, state, &to) == ERR_OK) {
            json_put_text(o, NULL, case_verb_word((enum case_verb)v));
        }
    }
    json_close_array(o);
}

static void write_township(struct op *op, const struct case_view *v, struct json_out *o)
{
    struct township t;
    struct county c;
    if (v->township.len == 0) {
        json_put_null(o, "township");
        return;
    }
    json_open_object(o, "township");
    json_put_slice(o, "code", v->township);
    if (gazetteer_township(op->g->atlas.gazetteer, v->township, &t)) {
        json_put_text(o, "name", t.name);
        json_put_text(o, "county", t.county);
    } else if (gazetteer_county(op->g->atlas.gazetteer, v->township, &c)) {
        json_put_text(o, "name", c.name);
    } else {
        bool desk = v->township.len < TOWNSHIP_CODE_SIZE - 1;
        json_put_text(o, "name", desk ? "值班席" : "已不在名录中");
    }
    json_close_object(o);
}

static enum err write_person(struct op *op, struct slice no, const struct case_view *v, bool clear,
                             struct json_out *o)
{
    struct personal person = {.has_point = false};
    enum err err =
        personal_unseal(op->g->sealer, no, v->wrapped_key, v->sealed, &op->arena, &person);
    if (err == ERR_NOT_FOUND) { /* erased */
        json_put_null(o, "person");
        return ERR_OK;
    }
    if (err == ERR_OK) {
        personal_show(&person, clear, o, "person");
    }
    return err;
}

static const char *method_word(char method)
{
    return method == 'c' ? "cash" : method == 'g' ? "goods" : method == 's' ? "service" : "bank";
}

static enum err write_payments(const struct case_view *v, struct json_out *o)
{
    enum err err = ERR_OK;
    json_open_array(o, "payments");
    for (size_t i = 0; i < v->payment_count && err == ERR_OK; i++) {
        struct payment_view p;
        err = case_view_payment(v, i, &p);
        if (err == ERR_OK) {
            json_open_object(o, NULL);
            json_put_slice(o, "id", p.id);
            json_put_int(o, "amount_fen", p.amount_fen);
            json_put_text(o, "state", payment_state_word(p.state));
            json_put_text(o, "state_zh", payment_state_zh(p.state));
            json_put_text(o, "purpose", p.grant ? "grant" : "first_aid");
            json_put_text(o, "method", method_word(p.method));
            json_put_slice(o, "fund", p.fund);
            json_put_bool(o, "reviewed", p.reviewed);
            json_close_object(o);
        }
    }
    json_close_array(o);
    return err;
}

static void write_people(const struct case_view *v, struct json_out *o)
{
    struct claim_view claim;
    struct slice word;
    int64_t at_ms;
    if (review_view_read(v->review, &word, &at_ms)) {
        json_open_object(o, "review");
        json_put_slice(o, "state", word);
        if (at_ms > 0) {
            json_put_time(o, slice_is(word, "DONE") ? "done_at" : "due_at", at_ms);
        }
        json_close_object(o);
    } else {
        json_put_null(o, "review");
    }
    if (claim_view_read(v->claim, clock_now_ms(), &claim)) {
        json_open_object(o, "holder");
        json_put_slice(o, "actor", claim.actor);
        json_put_time(o, "until", claim.until_ms);
        json_close_object(o);
    } else {
        json_put_null(o, "holder");
    }
    json_put_slice(o, "decided_by", v->maker);
    json_put_slice(o, "handled_by", v->handler);
}

static enum err write_packed(struct op *op, const char *name, struct slice packed,
                             struct json_out *o)
{
    struct buf text;
    if (packed.len == 0) {
        json_put_null(o, name);
        return ERR_OK;
    }
    buf_init(&text, PACK_TEXT_MAX * 2);
    enum err err = unpack_text(op->g->packer, packed, &text);
    if (err == ERR_OK) {
        json_put_raw(o, name, buf_slice(&text));
    }
    buf_release(&text);
    return err;
}

enum err case_json_write(struct op *op, struct slice no, const struct case_view *v, bool clear,
                         struct buf *out)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_slice(&o, "no", no);
    json_put_int(&o, "version", v->version);
    json_put_text(&o, "state", case_state_word(v->state));
    json_put_text(&o, "state_zh", case_state_zh(v->state));
    json_put_slice(&o, "urgency", v->urgency);
    write_township(op, v, &o);
    json_put_slice(&o, "inbox", v->inbox);
    enum err err = write_person(op, no, v, clear, &o);
    json_put_raw(&o, "facts", v->facts);
    if (err == ERR_OK) {
        err = write_packed(op, "routing", v->routing, &o);
    }
    if (err == ERR_OK) {
        err = write_packed(op, "decision", v->decision, &o);
    }
    json_put_int(&o, "approved_fen", v->approved_fen);
    if (err == ERR_OK) {
        err = write_payments(v, &o);
    }
    write_people(v, &o);
    case_more_write(v, no, &o);
    case_json_allowed(v->state, op->caller.role, &o, "allowed");
    json_close_object(&o);
    return err == ERR_OK ? buf_err(out) : err;
}

void case_json_reply(struct op *op, struct slice no, const struct case_view *v, bool clear,
                     bool replayed)
{
    char etag[32];
    struct buf text;
    buf_init(&text, 1u << 20);
    snprintf(etag, sizeof(etag), "\"%lld\"", (long long)v->version);
    const struct http_field extra[] = {{SLICE_LIT("ETag"), slice_of(etag)},
                                       {SLICE_LIT("Idempotency-Replayed"), SLICE_LIT("true")}};
    enum err err = case_json_write(op, no, v, clear, &text);
    if (err == ERR_OK) {
        op_reply_json(op, 200, &text, extra, replayed ? 2 : 1);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
}
