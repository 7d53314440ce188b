#include "queue/domain/statement_csv.h"

#include <stdlib.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/domain/relief.h"

#define COLUMNS_MAX 40
#define FIELD_MAX 400

/* What a column holds. */
enum column {
    COLUMN_DATE,
    COLUMN_ID,
    COLUMN_FEN,
    COLUMN_KIND,
    COLUMN_REF,
    COLUMN_REASON,
    COLUMN_BATCH,
    COLUMN_COUNT
};

static const struct {
    const char *name;
    enum column column;
} NAMES[] = {
    {"date", COLUMN_DATE},     {"time", COLUMN_DATE},   {"payment", COLUMN_ID},
    {"reference", COLUMN_ID},  {"fen", COLUMN_FEN},     {"amount_fen", COLUMN_FEN},
    {"kind", COLUMN_KIND},     {"status", COLUMN_KIND}, {"bank_ref", COLUMN_REF},
    {"reason", COLUMN_REASON}, {"batch", COLUMN_BATCH},
};

struct reader {
    size_t at[COLUMN_COUNT]; /* which field of a line; COLUMNS_MAX = none */
    size_t number;           /* of the line, from 1 */
    struct buf *why;
};

static enum err fault(const struct reader *r, const char *what)
{
    if (r->why != NULL) {
        buf_putf(r->why, "line %zu: %s", r->number, what);
    }
    return ERR_INPUT;
}

/* The next field of a line, without its quotes, into out. False: a quote is out of place, or it is
 * too long. */
static bool next_field(struct slice *rest, char out[FIELD_MAX + 1], bool *more)
{
    size_t len = 0, i = 0;
    bool quoted = rest->len > 0 && rest->ptr[0] == '"', closed = false;
    for (i = quoted ? 1 : 0; i < rest->len; i++) {
        char c = rest->ptr[i];
        if (quoted && !closed && c == '"' && i + 1 < rest->len && rest->ptr[i + 1] == '"') {
            i++;
        } else if (quoted && !closed && c == '"') {
            closed = true;
            continue;
        } else if (c == ',' && quoted == closed) {
            break;
        } else if (closed || (!quoted && c == '"')) {
            return false;
        }
        if (len == FIELD_MAX) {
            return false;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    *more = i < rest->len;
    *rest = *more ? slice_make(rest->ptr + i + 1, rest->len - i - 1) : slice_make(NULL, 0);
    return quoted == closed && memchr(out, '\0', len) == NULL;
}

static enum err read_header(struct reader *r, struct slice line)
{
    char field[FIELD_MAX + 1];
    bool more = true;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        r->at[i] = COLUMNS_MAX;
    }
    for (size_t i = 0; more; i++) {
        if (i == COLUMNS_MAX || !next_field(&line, field, &more)) {
            return fault(r, "the columns' names cannot be read");
        }
        for (size_t k = 0; k < COUNT_OF(NAMES); k++) {
            if (slice_is(slice_trim(slice_of(field)), NAMES[k].name)) {
                if (r->at[NAMES[k].column] != COLUMNS_MAX) {
                    return fault(r, "two columns with one meaning");
                }
                r->at[NAMES[k].column] = i;
            }
        }
    }
    return r->at[COLUMN_FEN] == COLUMNS_MAX || r->at[COLUMN_KIND] == COLUMNS_MAX ||
                   r->at[COLUMN_ID] == COLUMNS_MAX
               ? fault(r, "columns payment, amount_fen and kind are needed")
               : ERR_OK;
}

static enum err read_date(struct slice text, int64_t *day_ms)
{
    char plain[11];
    int64_t at_ms;
    *day_ms = 0;
    if (text.len == 0) {
        return ERR_OK;
    }
    if (text.len > 10) {
        if (clock_parse_rfc3339(text, &at_ms) != ERR_OK) {
            return ERR_INPUT;
        }
    } else {
        int64_t n;
        size_t len = 0;
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] != '-') {
                plain[len++] = text.ptr[i];
            } else if (text.len != 10 || (i != 4 && i != 7)) {
                return ERR_INPUT;
            }
        }
        if (len != 8 || !slice_all_digits(slice_make(plain, len)) ||
            slice_to_int64(slice_make(plain, len), 19700101, 99991231, &n) != ERR_OK) {
            return ERR_INPUT;
        }
        int year = 0, month = 0, day = 0;
        int64_t days = civil_to_days((int)(n / 10000), (int)(n / 100 % 100), (int)(n % 100));
        civil_from_days(days, &year, &month, &day);
        if (n / 100 % 100 < 1 || n / 100 % 100 > 12 || year != n / 10000 ||
            month != n / 100 % 100 || day != n % 100) {
            return ERR_INPUT;
        }
        *day_ms = days * MS_PER_DAY - CLOCK_CHINA_OFFSET_MS;
        return ERR_OK;
    }
    struct civil_time t = clock_civil_china(at_ms);
    *day_ms = civil_to_days(t.year, t.month, t.day) * MS_PER_DAY - CLOCK_CHINA_OFFSET_MS;
    return ERR_OK;
}

/* Letters and digits only, as our ids and message ids are. */
static bool copy_id(struct slice text, char *out, size_t size)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return slice_copy(text, out, size) == ERR_OK;
}

static bool copy_printable(struct slice text, char *out, size_t size)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7E) {
            return false;
        }
    }
    return slice_copy(text, out, size) == ERR_OK;
}

static enum err put_field(const struct reader *r, enum column column, struct slice text,
                          struct statement_line *l)
{
    switch (column) {
    case COLUMN_DATE:
        return read_date(text, &l->date_ms) == ERR_OK ? ERR_OK
                                                      : fault(r, "date is not like 2026-11-21");
    case COLUMN_ID:
        return copy_id(text, l->our_id, sizeof(l->our_id))
                   ? ERR_OK
                   : fault(r, "payment is not one of our ids");
    case COLUMN_FEN:
        return slice_to_int64(text, 1, AMOUNT_FEN_MAX, &l->amount_fen) == ERR_OK
                   ? ERR_OK
                   : fault(r, "amount_fen is not a whole number of fen above 0");
    case COLUMN_KIND:
        l->returned = slice_is(text, "returned");
        l->side = l->returned || slice_is(text, "credit") ? STATEMENT_CREDIT : STATEMENT_DEBIT;
        return l->side == STATEMENT_CREDIT || slice_is(text, "paid") || slice_is(text, "debit")
                   ? ERR_OK
                   : fault(r, "kind is not paid, returned, debit or credit");
    case COLUMN_REF:
        return copy_printable(text, l->bank_ref, sizeof(l->bank_ref))
                   ? ERR_OK
                   : fault(r, "bank_ref is not plain ASCII");
    case COLUMN_REASON:
        return copy_printable(text, l->reason, sizeof(l->reason))
                   ? ERR_OK
                   : fault(r, "reason is not plain ASCII");
    default:
        return copy_id(text, l->batch_id, sizeof(l->batch_id))
                   ? ERR_OK
                   : fault(r, "batch is not one of our ids");
    }
}

static enum err read_line(const struct reader *r, struct slice line, struct statement_line *l)
{
    char field[FIELD_MAX + 1];
    bool more = true, got[COLUMN_COUNT] = {false};
    *l = (struct statement_line){.booked = true, .items = 1};
    for (size_t i = 0; more; i++) {
        if (i == COLUMNS_MAX || !next_field(&line, field, &more)) {
            return fault(r, "its fields cannot be read");
        }
        for (size_t c = 0; c < COLUMN_COUNT; c++) {
            if (r->at[c] != i) {
                continue;
            }
            enum err err = put_field(r, (enum column)c, slice_trim(slice_of(field)), l);
            if (err != ERR_OK) {
                return err;
            }
            got[c] = true;
        }
    }
    if (!got[COLUMN_FEN] || !got[COLUMN_KIND] || !got[COLUMN_ID]) {
        return fault(r, "fields are missing");
    }
    l->items = l->our_id[0] == '\0' && l->batch_id[0] != '\0' ? 0 : 1;
    return ERR_OK;
}

enum err statement_csv_read(struct slice text, struct statement_line **lines, size_t *n,
                            struct buf *why)
{
    struct reader r = {.why = why};
    struct statement_line *list = NULL;
    size_t count = 0, cap = 0;
    enum err err = ERR_OK;
    bool header = false;
    if (slice_starts_with(text, "\xef\xbb\xbf")) {
        text = slice_make(text.ptr + 3, text.len - 3);
    }
    while (text.len > 0 && err == ERR_OK) {
        struct slice line = slice_trim(slice_cut(&text, '\n'));
        r.number++;
        if (line.len == 0) {
            continue;
        }
        if (!header) {
            err = read_header(&r, line);
            header = true;
            continue;
        }
        if (count == cap) {
            size_t more = cap == 0 ? 256 : cap * 2;
            struct statement_line *grown = realloc(list, more * sizeof(*grown));
            if (grown == NULL) {
                err = ERR_NO_MEMORY;
                break;
            }
            list = grown;
            cap = more;
        }
        err = count == STATEMENT_CSV_LINES_MAX ? ERR_TOO_LARGE : read_line(&r, line, &list[count]);
        count++;
    }
    if (err == ERR_OK && !header) {
        r.number = 1;
        err = fault(&r, "the columns' names are missing");
    }
    if (err != ERR_OK) {
        free(list);
        return err;
    }
    *lines = list;
    *n = count;
    return ERR_OK;
}
