#include <stdio.h>
#include <string.h>
#include "integrations/pay/bankfile/text_profile.h"
#include "queue/base/clock.h"
#include "queue/domain/money.h"

#define VALUE_MAX 512 /* bytes of a column that is looked at, as UTF-8 */

struct reader {
    const struct text_profile *p;
    struct text_coder *coder;
    struct bankfile_news *news;
    struct bankfile_why *why;
    struct buf value;
    int line_no; /* from 1 */
    size_t rows;
    int64_t sum_fen; /* of the rows whose amount can be read */
    bool amounts;    /* every row had one */
    int64_t day_ms;  /* from the head or tail, 0 = not told */
};

/* What the columns of one line say. */
struct told {
    char id[PAY_ID_SIZE];
    char code[33];
    char ref[PAY_REF_SIZE];
    char msg_id[BANKFILE_MSG_ID_SIZE];
    int64_t amount_fen, sum_fen, count, date_ms; /* -1 = not told; date 0 */
    bool odd;                                    /* a column that matters cannot be read */
    bool literals;                               /* all are as the profile says */
};

static enum err refuse(struct reader *r, const char *reason)
{
    bankfile_why_set(r->why, r->line_no, reason);
    return ERR_INPUT;
}

/* Take the next column off *rest: by width, or up to the next separator that is no part of a character. */
static bool cut_column(const struct reader *r, const struct text_column *c, bool last, struct slice *rest,
                       struct slice *out)
{
    size_t len = 0;
    if (r->p->separator == '\0') {
        len = (size_t)c->width;
        if (rest->len < len) { /* trailing spaces of the last column are often cut off */
            len = last ? rest->len : SIZE_MAX;
        }
        if (len == SIZE_MAX) {
            return false;
        }
        *out = slice_make(rest->ptr, len);
        *rest = slice_make(rest->ptr + len, rest->len - len);
        return true;
    }
    while (len < rest->len && rest->ptr[len] != r->p->separator) {
        size_t size = text_char_size(r->p->encoding, slice_make(rest->ptr + len, rest->len - len));
        if (size == 0) {
            return false;
        }
        len += size;
    }
    bool more = len < rest->len;
    *out = slice_make(rest->ptr, len);
    *rest = more ? slice_make(rest->ptr + len + 1, rest->len - len - 1) : slice_make(NULL, 0);
    return last ? !more || (r->p->separator_at_end && rest->len == 0) : more;
}

/* Without its padding, and without spaces around it. */
static struct slice unpad(const struct text_profile *p, const struct text_column *c, struct slice value)
{
    value = slice_trim(value);
    if (p->separator == '\0' && c->right && c->pad == '0') {
        while (value.len > 1 && value.ptr[0] == '0' && value.ptr[1] != '.') {
            value = slice_make(value.ptr + 1, value.len - 1);
        }
    }
    return value;
}

static enum err read_amount(const struct text_profile *p, struct slice text, int64_t *fen)
{
    if (p->amounts_in_fen) {
        return slice_to_int64(text, 0, INT64_C(1000000000000), fen);
    }
    return text.len > 0 && text.ptr[0] == '-' ? ERR_INPUT : money_parse(text, fen);
}

static enum err read_date(const struct text_profile *p, struct slice text, int64_t *date_ms)
{
    static const char marks[] = {'\0', '-', '/'};
    char digits[9];
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool mark = p->date_form != TEXT_DATE_PLAIN && (i == 4 || i == 7);
        if (mark && text.ptr[i] == marks[p->date_form]) {
            continue;
        }
        if (mark || text.ptr[i] < '0' || text.ptr[i] > '9' || n == 8) {
            return ERR_INPUT;
        }
        digits[n++] = text.ptr[i];
    }
    if (n != 8) {
        return ERR_INPUT;
    }
    int number[3] = {0, 0, 0};
    static const int ends[] = {4, 6, 8};
    for (int part = 0, i = 0; part < 3; part++) {
        for (; i < ends[part]; i++) {
            number[part] = number[part] * 10 + digits[i] - '0';
        }
    }
    if (number[0] < 1970 || number[0] > 9990 || number[1] < 1 || number[1] > 12 || number[2] < 1 || number[2] > 31) {
        return ERR_INPUT;
    }
    int y, m, d;
    int64_t days = civil_to_days(number[0], number[1], number[2]);
    civil_from_days(days, &y, &m, &d);
    if (y != number[0] || m != number[1] || d != number[2]) {
        return ERR_INPUT;
    }
    *date_ms = days * MS_PER_DAY - CLOCK_CHINA_OFFSET_MS;
    return ERR_OK;
}

static void take_column(struct reader *r, const struct text_column *c, struct slice value, struct told *t)
{
    bool sound = true;
    switch (c->field) {
    case TEXT_ID: sound = pay_id_valid(value) && slice_copy(value, t->id, sizeof(t->id)) == ERR_OK; break;
    case TEXT_CODE: sound = value.len > 0 && slice_copy(value, t->code, sizeof(t->code)) == ERR_OK; break;
    case TEXT_BANK_REF: bankfile_copy_ref(value, t->ref, sizeof(t->ref)); break;
    case TEXT_AMOUNT: sound = read_amount(r->p, value, &t->amount_fen) == ERR_OK; break;
    case TEXT_SUM: sound = read_amount(r->p, value, &t->sum_fen) == ERR_OK; break;
    case TEXT_ITEM_COUNT: sound = slice_to_int64(value, 0, BANKFILE_RESULTS_MAX, &t->count) == ERR_OK; break;
    case TEXT_DATE: sound = read_date(r->p, value, &t->date_ms) == ERR_OK; break;
    case TEXT_MSG_ID:
        sound = bankfile_msg_id_valid(value) && slice_copy(value, t->msg_id, sizeof(t->msg_id)) == ERR_OK;
        break;
    case TEXT_LITERAL: t->literals = t->literals && slice_is(value, c->text); break;
    default: break;
    }
    t->odd = t->odd || !sound;
}

/* Read a line by its columns. ERR_INPUT: it has not that shape. */
static enum err read_columns(struct reader *r, const struct text_line *line, struct slice bytes, struct told *t)
{
    *t = (struct told){.amount_fen = -1, .sum_fen = -1, .count = -1, .literals = true};
    for (int i = 0; i < line->count; i++) {
        const struct text_column *c = &line->columns[i];
        struct slice column;
        if (!cut_column(r, c, i + 1 == line->count, &bytes, &column)) {
            return ERR_INPUT;
        }
        if (c->field == TEXT_SKIP) {
            continue; /* names and reasons in words: not ours to keep, and not to fail on */
        }
        buf_clear(&r->value);
        if (column.len > VALUE_MAX || text_decode(r->coder, column, &r->value) != ERR_OK) {
            t->odd = true;
            t->literals = t->literals && c->field != TEXT_LITERAL;
            continue;
        }
        take_column(r, c, unpad(r->p, c, buf_slice(&r->value)), t);
    }
    return slice_trim(bytes).len == 0 ? ERR_OK : ERR_INPUT;
}

static enum pay_outcome outcome_of(const struct text_profile *p, const char *code)
{
    for (int i = 0; i < p->code_count; i++) {
        if (strcmp(p->codes[i].code, code) == 0) {
            return p->codes[i].outcome;
        }
    }
    return PAY_UNKNOWN;
}

static enum err add_row(struct reader *r, const struct told *t, enum pay_outcome outcome)
{
    struct pay_result *result = bankfile_news_result(r->news);
    if (result == NULL) {
        return r->news->result_count >= BANKFILE_RESULTS_MAX ? ERR_TOO_LARGE : ERR_NO_MEMORY;
    }
    memcpy(result->id, t->id, sizeof(result->id));
    memcpy(result->provider_ref, t->ref, sizeof(result->provider_ref));
    result->outcome = outcome;
    result->amount_fen = t->amount_fen;
    bankfile_copy_ref(slice_of(t->odd ? "[unreadable]" : t->code), result->reason_code, sizeof(result->reason_code));
    bool moved = outcome == PAY_SUCCEEDED || outcome == PAY_RETURNED;
    if (!r->p->back_is_statement || !moved || t->amount_fen < 1) {
        return ERR_OK;
    }
    struct statement_line *line = bankfile_news_line(r->news);
    if (line == NULL) {
        return ERR_NO_MEMORY;
    }
    line->amount_fen = t->amount_fen;
    line->side = outcome == PAY_RETURNED ? STATEMENT_CREDIT : STATEMENT_DEBIT;
    line->returned = outcome == PAY_RETURNED;
    line->booked = true;
    line->items = 1;
    line->date_ms = t->date_ms;
    memcpy(line->our_id, t->id, sizeof(line->our_id));
    memcpy(line->bank_ref, t->ref, sizeof(line->bank_ref));
    memcpy(line->reason, result->reason_code, sizeof(line->reason));
    return ERR_OK;
}

static enum err read_row(struct reader *r, struct slice bytes)
{
    struct told t;
    enum err err = read_columns(r, &r->p->back_row, bytes, &t);
    r->rows++;
    if (err != ERR_OK || !t.literals || t.id[0] == '\0') {
        r->amounts = false;
        r->news->odd++;
        return r->rows > BANKFILE_RESULTS_MAX ? ERR_TOO_LARGE : ERR_OK;
    }
    r->news->odd += t.odd ? 1 : 0;
    r->amounts = r->amounts && t.amount_fen >= 0 && money_add(r->sum_fen, t.amount_fen, &r->sum_fen) == ERR_OK;
    return add_row(r, &t, t.odd ? PAY_UNKNOWN : outcome_of(r->p, t.code));
}

/* Head or tail: remember what it says, for the end. */
static enum err read_frame(struct reader *r, const struct text_line *line, struct slice bytes, struct told *t)
{
    if (read_columns(r, line, bytes, t) != ERR_OK || !t->literals || t->odd) {
        return refuse(r, "the head or tail line is not as the profile says");
    }
    if (t->msg_id[0] != '\0') {
        if (r->news->about_msg_id[0] != '\0' && strcmp(r->news->about_msg_id, t->msg_id) != 0) {
            return refuse(r, "head and tail name two batches");
        }
        memcpy(r->news->about_msg_id, t->msg_id, sizeof(t->msg_id));
    }
    r->day_ms = t->date_ms != 0 ? t->date_ms : r->day_ms;
    return ERR_OK;
}

static enum err compare_totals(struct reader *r, const struct told *t)
{
    if (t->count >= 0 && (size_t)t->count != r->rows) {
        return refuse(r, "the number of rows is not the one that head or tail tells");
    }
    if (t->sum_fen >= 0 && r->amounts && t->sum_fen != r->sum_fen) {
        return refuse(r, "the rows do not add up to the sum that head or tail tells");
    }
    return ERR_OK;
}

/* Next line off *rest, without its end; empty lines are passed over. False at the end. */
static bool next_line(struct reader *r, struct slice *rest, struct slice *line)
{
    while (rest->len > 0) {
        *line = slice_cut(rest, '\n'); /* never the second byte of a character in these encodings */
        r->line_no++;
        if (line->len > 0 && line->ptr[line->len - 1] == '\r') {
            line->len--;
        }
        if (slice_trim(*line).len > 0) {
            return true;
        }
    }
    return false;
}

static enum err read_lines(struct reader *r, struct slice bytes)
{
    struct told head = {.sum_fen = -1, .count = -1}, tail = head;
    struct slice line, ahead;
    bool tail_seen = r->p->back_tail.count == 0;
    enum err err = ERR_OK;
    bool any = next_line(r, &bytes, &line);
    if (any && r->p->back_head.count > 0) {
        err = read_frame(r, &r->p->back_head, line, &head);
        any = next_line(r, &bytes, &line);
    }
    while (any && err == ERR_OK) {
        struct told probe;
        int at = r->line_no;
        bool more = next_line(r, &bytes, &ahead);
        bool is_tail = !more && r->p->back_tail.count > 0 && line.len <= TEXT_LINE_MAX &&
                       read_columns(r, &r->p->back_tail, line, &probe) == ERR_OK && probe.literals;
        int ahead_at = r->line_no;
        r->line_no = at;
        if (line.len > TEXT_LINE_MAX) {
            err = refuse(r, "a line is too long");
        } else if (is_tail) {
            tail_seen = true;
            err = read_frame(r, &r->p->back_tail, line, &tail);
        } else {
            err = read_row(r, line);
        }
        r->line_no = ahead_at;
        line = ahead;
        any = more;
    }
    if (err == ERR_OK && !tail_seen) {
        err = refuse(r, "the tail line is missing");
        if (r->why != NULL) {
            r->why->incomplete = true;
        }
    }
    if (err == ERR_OK) {
        err = compare_totals(r, &head);
    }
    return err == ERR_OK ? compare_totals(r, &tail) : err;
}

enum err text_read(const struct text_profile *p, struct slice bytes, struct bankfile_news *news,
                   struct bankfile_why *why)
{
    struct reader r = {.p = p, .news = news, .why = why, .amounts = true};
    if (bytes.len > BANKFILE_FILE_MAX) {
        bankfile_why_set(why, 0, "larger than 16 MiB");
        return ERR_TOO_LARGE;
    }
    if (p->encoding == TEXT_UTF8 && slice_starts_with(bytes, "\xef\xbb\xbf")) {
        bytes = slice_make(bytes.ptr + 3, bytes.len - 3);
    }
    buf_init(&r.value, VALUE_MAX * 4);
    enum err err = text_coder_new(p->encoding, &r.coder);
    if (err == ERR_OK) {
        err = read_lines(&r, bytes);
    }
    if (err == ERR_OK) {
        err = bankfile_news_contradictions(news);
    }
    for (size_t i = 0; i < news->line_count && err == ERR_OK; i++) {
        if (news->lines[i].date_ms == 0) {
            news->lines[i].date_ms = r.day_ms;
        }
    }
    if (err == ERR_TOO_LARGE) {
        bankfile_why_set(why, r.line_no, "more than 20000 rows");
    }
    text_coder_free(r.coder);
    buf_release(&r.value);
    return err;
}
