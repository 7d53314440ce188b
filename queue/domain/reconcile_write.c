/* The result of a reconciliation as CSV and JSON. */
#include <string.h>
#include "queue/base/json.h"
#include "queue/domain/money.h"
#include "queue/domain/reconcile.h"

/* Differences first: what a person must look at stands on top. */
static const enum reconcile_bucket ORDER[] = {RECONCILE_THEIRS_ONLY, RECONCILE_OURS_ONLY, RECONCILE_BACK,
                                              RECONCILE_MATCHED};

/* Quoted; a leading character that a spreadsheet takes for a formula is disarmed. */
static void put_text(struct buf *out, const char *text, char behind)
{
    buf_put_char(out, '"');
    if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL) {
        buf_put_char(out, '\'');
    }
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            buf_put_char(out, '"');
        }
        buf_put_char(out, *text);
    }
    buf_put_char(out, '"');
    buf_put_char(out, behind);
}

static void put_yuan(struct buf *out, int64_t fen)
{
    char text[MONEY_TEXT_SIZE];
    money_format(fen, text);
    buf_putf(out, "%s,", text);
}

static const struct reconcile_payment *payment_at(const struct reconcile_input *in, size_t i)
{
    return i == RECONCILE_NOBODY ? NULL : &in->payments[i];
}

static const struct statement_line *line_at(const struct reconcile_input *in, size_t i)
{
    return i == RECONCILE_NOBODY ? NULL : &in->lines[i];
}

static const char *batch_of(const struct reconcile_payment *p, const struct statement_line *l)
{
    return p != NULL && p->batch_id[0] != '\0' ? p->batch_id : l != NULL ? l->batch_id : "";
}

void reconcile_csv(const struct reconcile_input *in, const struct reconcile_result *r, struct buf *out)
{
    buf_put_text(out,
                 "\xef\xbb\xbf"
                 "bucket,bucket_zh,reason,reason_zh,next,next_zh,payment,state,payments,ours_yuan,lines,debit_yuan,"
                 "credit_yuan,batch,bank_ref,bank_reason\r\n");
    for (size_t b = 0; b < COUNT_OF(ORDER); b++) {
        for (size_t i = 0; i < r->count; i++) {
            const struct reconcile_item *item = &r->items[i];
            if (reconcile_bucket_of(item->reason) != ORDER[b]) {
                continue;
            }
            const struct reconcile_payment *p = payment_at(in, item->payment);
            const struct statement_line *l = line_at(in, item->line);
            enum reconcile_action action = reconcile_action_of(item->reason);
            buf_putf(out, "%s,%s,%s,%s,%s,%s,", reconcile_bucket_word(ORDER[b]), reconcile_bucket_zh(ORDER[b]),
                     reconcile_reason_word(item->reason), reconcile_reason_zh(item->reason),
                     reconcile_action_word(action), reconcile_action_zh(action));
            put_text(out, p != NULL ? p->id : l != NULL ? l->our_id : "", ',');
            buf_putf(out, "%s,%zu,", p != NULL ? reconcile_state_word(p->state) : "", item->payments);
            put_yuan(out, item->ours_fen);
            buf_putf(out, "%zu,", item->lines);
            put_yuan(out, item->debit_fen);
            put_yuan(out, item->credit_fen);
            put_text(out, batch_of(p, l), ',');
            put_text(out, l != NULL ? l->bank_ref : p != NULL ? p->bank_ref : "", ',');
            put_text(out, l != NULL ? l->reason : "", '\r');
            buf_put_char(out, '\n');
        }
    }
}

static void put_totals(struct json_out *o, const struct reconcile_result *r)
{
    json_open_object(o, "buckets");
    for (int b = 0; b < RECONCILE_BUCKET_COUNT; b++) {
        const struct reconcile_totals *t = &r->buckets[b];
        json_open_object(o, reconcile_bucket_word((enum reconcile_bucket)b));
        json_put_text(o, "label", reconcile_bucket_zh((enum reconcile_bucket)b));
        json_put_int(o, "items", (int64_t)t->items);
        json_put_int(o, "payments", (int64_t)t->payments);
        json_put_int(o, "lines", (int64_t)t->lines);
        json_put_int(o, "ours_fen", t->ours_fen);
        json_put_int(o, "debit_fen", t->debit_fen);
        json_put_int(o, "credit_fen", t->credit_fen);
        json_close_object(o);
    }
    json_close_object(o);
}

static void put_item(struct json_out *o, const struct reconcile_input *in, const struct reconcile_item *item)
{
    const struct reconcile_payment *p = payment_at(in, item->payment);
    const struct statement_line *l = line_at(in, item->line);
    enum reconcile_action action = reconcile_action_of(item->reason);
    json_open_object(o, NULL);
    json_put_text(o, "bucket", reconcile_bucket_word(reconcile_bucket_of(item->reason)));
    json_put_text(o, "reason", reconcile_reason_word(item->reason));
    json_put_text(o, "reason_zh", reconcile_reason_zh(item->reason));
    json_put_text(o, "next", reconcile_action_word(action));
    json_put_text(o, "next_zh", reconcile_action_zh(action));
    json_put_text(o, "payment", p != NULL ? p->id : l != NULL ? l->our_id : "");
    json_put_text(o, "state", p != NULL ? reconcile_state_word(p->state) : "");
    json_put_int(o, "payments", (int64_t)item->payments);
    json_put_int(o, "lines", (int64_t)item->lines);
    json_put_int(o, "ours_fen", item->ours_fen);
    json_put_int(o, "debit_fen", item->debit_fen);
    json_put_int(o, "credit_fen", item->credit_fen);
    json_put_text(o, "batch", batch_of(p, l));
    json_put_text(o, "bank_ref", l != NULL ? l->bank_ref : p != NULL ? p->bank_ref : "");
    json_put_text(o, "bank_reason", l != NULL ? l->reason : "");
    json_close_object(o);
}

/* Does anybody have to know of it? */
static bool settled(enum reconcile_reason reason)
{
    return reason == REASON_PAID || reason == REASON_PAID_IN_BATCH || reason == REASON_NOTHING_MOVED;
}

size_t reconcile_put(const struct reconcile_input *in, const struct reconcile_result *r, bool all, size_t most,
                     struct json_out *o)
{
    size_t written = 0, left_off = 0;
    json_put_bool(o, "clean", r->clean);
    json_put_int(o, "payments", (int64_t)in->payment_count);
    json_put_int(o, "lines", (int64_t)in->line_count);
    json_put_int(o, "ledger_paid_fen", in->ledger.paid_fen);
    json_put_int(o, "ledger_returned_fen", in->ledger.returned_fen);
    json_put_int(o, "payments_paid_fen", r->payments_paid_fen);
    json_put_int(o, "payments_returned_fen", r->payments_returned_fen);
    json_put_int(o, "statement_paid_fen", r->statement_paid_fen);
    json_put_int(o, "statement_returned_fen", r->statement_returned_fen);
    json_put_int(o, "ledger_gap_fen", r->ledger_gap_fen);
    json_put_int(o, "statement_gap_fen", r->statement_gap_fen);
    put_totals(o, r);
    json_open_array(o, "items");
    for (size_t b = 0; b < COUNT_OF(ORDER); b++) {
        for (size_t i = 0; i < r->count; i++) {
            if (reconcile_bucket_of(r->items[i].reason) != ORDER[b] || (!all && settled(r->items[i].reason))) {
                continue;
            }
            if (written == most) {
                left_off++;
                continue;
            }
            put_item(o, in, &r->items[i]);
            written++;
        }
    }
    json_close_array(o);
    return left_off;
}

void reconcile_json(const struct reconcile_input *in, const struct reconcile_result *r, const char *date,
                    struct buf *out)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "date", date);
    (void)reconcile_put(in, r, true, SIZE_MAX, &o);
    json_close_object(&o);
}
