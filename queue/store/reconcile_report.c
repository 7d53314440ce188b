/* The report of a reconciliation as it is kept: JSON, without personal data. */
#include <stdio.h>
#include <string.h>
#include "queue/base/json.h"
#include "queue/store/reconcile_inside.h"

#define RECORDS_MAX 5000

static void put_record(struct json_out *o, const struct run_record *r)
{
    json_open_object(o, NULL);
    json_put_text(o, "payment", r->payment);
    json_put_text(o, "action", reconcile_action_word(reconcile_action_of(r->reason)));
    json_put_text(o, "action_zh", reconcile_action_zh(reconcile_action_of(r->reason)));
    json_put_int(o, "amount_fen", r->amount_fen);
    json_put_text(o, "sha256", r->sha256);
    json_close_object(o);
}

/* What an earlier run of the day has recorded stays in its report, and comes first. */
static void put_records(struct json_out *o, const struct json *kept,
                        const struct run_record *records, size_t n)
{
    size_t written = 0;
    struct buf text;
    buf_init(&text, 4096);
    json_open_array(o, "recorded");
    for (const struct json *m = json_first(json_get(kept, "recorded"));
         m != NULL && written < RECORDS_MAX; m = json_next(m), written++) {
        buf_clear(&text);
        json_print(m, &text);
        json_put_raw(o, NULL, buf_slice(&text));
    }
    for (size_t i = 0; i < n && written < RECORDS_MAX; i++, written++) {
        put_record(o, &records[i]);
    }
    json_close_array(o);
    buf_release(&text);
}

static void put_files(struct json_out *o, const struct run *run)
{
    json_open_array(o, "statement_files");
    for (size_t i = 0; i < run->file_count; i++) {
        const struct run_file *f = &run->files[i];
        if (f->of_day) {
            json_open_object(o, NULL);
            json_put_text(o, "sha256", f->sha256);
            json_put_text(o, "source", f->source);
            json_put_int(o, "lines", f->lines);
            json_close_object(o);
        }
    }
    json_close_array(o);
}

static void put_report(const struct run *run, const struct reconcile_input *in,
                       const struct reconcile_result *result, const struct run_record *records,
                       size_t n, const struct json *kept, size_t most, struct buf *out)
{
    struct json_out o;
    char date[11];
    snprintf(date, sizeof(date), "%.4s-%.2s-%.2s", run->order->day, run->order->day + 4,
             run->order->day + 6);
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "date", date);
    json_put_text(&o, "rail", run->order->rail);
    json_put_text(&o, "state",
                  result == NULL  ? "no_statement"
                  : result->clean ? "clean"
                                  : "differences");
    put_files(&o, run);
    if (result == NULL) {
        json_put_text(&o, "next_zh",
                      "没有当日对账单：请导入银行对账单后再对账，未到账的不得重发。");
    } else {
        json_put_int(&o, "items_left_off", (int64_t)reconcile_put(in, result, false, most, &o));
    }
    put_records(&o, kept, records, n);
    json_close_object(&o);
}

enum err run_report(const struct run *run, const struct reconcile_input *in,
                    const struct reconcile_result *result, const struct run_record *records,
                    size_t n, struct slice kept, struct buf *out)
{
    struct json *earlier = NULL;
    enum err err = ERR_TOO_LARGE;
    if (kept.len > 0 && json_parse(kept, &earlier, NULL) != ERR_OK) {
        earlier = NULL; /* damaged: the new one replaces it */
    }
    for (size_t most = RECONCILE_ITEMS_KEPT_MAX; err == ERR_TOO_LARGE; most /= 2) {
        buf_clear(out);
        put_report(run, in, result, records, n, earlier, most, out);
        err = buf_err(out);
        if (most == 0) {
            break;
        }
    }
    json_free(earlier);
    return err;
}
