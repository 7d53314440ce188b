#include <stdio.h>
#include <string.h>
#include "integrations/pay/bankfile/text_profile.h"
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"

struct writer {
    const struct text_profile *p;
    const struct bankfile_batch *batch;
    struct text_coder *coder;
    struct buf *out;
    struct bankfile_fault *fault;
    struct buf value; /* one column in the encoding */
    int64_t sum_fen;
    size_t row; /* of the order being written, from 1; 0 = head or tail */
};

static enum err refuse(struct writer *w, enum text_field field, const char *reason)
{
    if (w->fault != NULL) {
        *w->fault = (struct bankfile_fault){w->row, text_field_word(field), reason};
    }
    return ERR_INPUT;
}

static void format_date(const struct text_profile *p, int64_t at_ms, char out[24])
{
    static const char *const marks[] = {"", "-", "/"};
    const char *mark = marks[p->date_form];
    struct civil_time t = clock_civil_china(at_ms);
    snprintf(out, 24, "%04d%s%02d%s%02d", t.year, mark, t.month, mark, t.day);
}

static void format_amount(const struct text_profile *p, int64_t fen, char out[MONEY_TEXT_SIZE])
{
    if (p->amounts_in_fen) {
        snprintf(out, MONEY_TEXT_SIZE, "%lld", (long long)fen);
    } else {
        money_format(fen, out);
    }
}

/* The value of a column as UTF-8; `room` holds what is made here. */
static struct slice value_of(const struct writer *w, const struct text_column *c, char room[64])
{
    const struct bankfile_batch *b = w->batch;
    const struct pay_order *o = w->row == 0 ? NULL : &b->orders[w->row - 1];
    struct bankfile_payee payee = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    if (o != NULL) {
        payee = bankfile_payee(o->payee_fa);
    }
    room[0] = '\0';
    switch (c->field) {
    case TEXT_LITERAL: return slice_of(c->text);
    case TEXT_MSG_ID: return slice_of(b->msg_id);
    case TEXT_PROJECT: return slice_of(b->purpose);
    case TEXT_PAYER_NAME: return slice_of(b->payer_name);
    case TEXT_PAYER_ACCOUNT: return slice_of(b->payer_account);
    case TEXT_DATE: format_date(w->p, b->execute_ms, room); break;
    case TEXT_ITEM_COUNT: snprintf(room, 64, "%zu", b->count); break;
    case TEXT_SUM: format_amount(w->p, w->sum_fen, room); break;
    case TEXT_SEQ: snprintf(room, 64, "%zu", w->row); break;
    case TEXT_ID: return slice_of(o == NULL ? "" : o->id);
    case TEXT_NAME: return o == NULL ? slice_of("") : o->payee_name;
    case TEXT_ID_NUMBER: return o == NULL ? slice_of("") : o->payee_id_number;
    case TEXT_ACCOUNT: return payee.account;
    case TEXT_BANK: return payee.bank;
    case TEXT_NOTE: return o == NULL ? slice_of("") : utf8_prefix(o->note, PAY_NOTE_MAX);
    case TEXT_AMOUNT:
        if (o != NULL) {
            format_amount(w->p, o->amount_fen, room);
        }
        break;
    default: break; /* columns of the bank's files only: the profile's reader lets none in */
    }
    return slice_of(room);
}

static void pad(struct buf *out, char with, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_put_char(out, with);
    }
}

static enum err put_column(struct writer *w, const struct text_column *c)
{
    char room[64];
    struct slice value = value_of(w, c, room);
    size_t width = (size_t)c->width;
    if (c->field == TEXT_ID_NUMBER && value.len == 0) {
        return refuse(w, c->field, "is asked for by the bank and not known");
    }
    /* before encoding: in GBK and GB18030 the separator may be the second byte of a character */
    if (w->p->separator != '\0' && value.len > 0 && memchr(value.ptr, w->p->separator, value.len) != NULL) {
        return refuse(w, c->field, "holds the separator");
    }
    if (w->p->separator == '\0' && value.len > 0 && c->field != TEXT_LITERAL &&
        (value.ptr[c->right ? 0 : value.len - 1] == ' ')) {
        return refuse(w, c->field, "has a space at the end that is padded: it would not come back");
    }
    buf_clear(&w->value);
    enum err err = text_encode(w->coder, value, &w->value);
    if (err != ERR_OK) {
        return err == ERR_INPUT ? refuse(w, c->field, "has a character that the encoding cannot hold") : err;
    }
    if (width > 0 && w->value.len > width) {
        return refuse(w, c->field, "is longer than its column");
    }
    size_t gap = w->p->separator == '\0' ? width - w->value.len : 0;
    pad(w->out, c->pad, c->right ? gap : 0);
    buf_put_slice(w->out, buf_slice(&w->value));
    pad(w->out, c->pad, c->right ? 0 : gap);
    return buf_err(w->out);
}

static enum err put_line(struct writer *w, const struct text_line *line)
{
    enum err err = ERR_OK;
    for (int i = 0; i < line->count && err == ERR_OK; i++) {
        if (i > 0 && w->p->separator != '\0') {
            buf_put_char(w->out, w->p->separator);
        }
        err = put_column(w, &line->columns[i]);
    }
    if (err == ERR_OK && line->count > 0) {
        if (w->p->separator != '\0' && w->p->separator_at_end) {
            buf_put_char(w->out, w->p->separator);
        }
        buf_put_text(w->out, w->p->crlf ? "\r\n" : "\n");
        err = buf_err(w->out);
    }
    return err;
}

/* A row whose first column looks like the tail's literal could be taken for the tail. */
static enum err check_tail(struct writer *w)
{
    const struct text_column *mark = &w->p->tail.columns[0];
    const struct text_column *first = &w->p->row.columns[0];
    char room[64];
    if (w->p->tail.count == 0 || mark->field != TEXT_LITERAL || first->field == TEXT_LITERAL) {
        return ERR_OK;
    }
    return slice_is(value_of(w, first, room), mark->text) ? refuse(w, first->field, "looks like the tail line")
                                                          : ERR_OK;
}

enum err text_write(const struct text_profile *p, const struct bankfile_batch *batch, struct buf *out,
                    struct bankfile_fault *fault)
{
    struct writer w = {.p = p, .batch = batch, .out = out, .fault = fault};
    size_t before = out->len;
    buf_init(&w.value, TEXT_LINE_MAX);
    enum err err = bankfile_check(batch, &w.sum_fen, fault);
    if (err == ERR_OK) {
        err = text_coder_new(p->encoding, &w.coder);
    }
    if (err == ERR_OK) {
        err = put_line(&w, &p->head);
    }
    for (size_t i = 0; i < batch->count && err == ERR_OK; i++) {
        w.row = i + 1;
        err = check_tail(&w);
        if (err == ERR_OK) {
            err = put_line(&w, &p->row);
        }
    }
    w.row = 0;
    if (err == ERR_OK) {
        err = put_line(&w, &p->tail);
    }
    if (err == ERR_INPUT && out->ptr != NULL) {
        out->len = before;
        out->ptr[before] = '\0';
    }
    text_coder_free(w.coder);
    buf_release(&w.value);
    return err;
}
