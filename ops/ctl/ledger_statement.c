#include "ops/ctl/ledger_statement.h"

#include <stdlib.h>
#include <string.h>
#include "queue/base/file.h"
#include "queue/domain/relief.h"

static int by_id(const void *a, const void *b)
{
    const struct ledger_statement_row *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : (int)x->returned - (int)y->returned;
}

static enum err read_row(struct slice line, struct ledger_statement_row *row)
{
    struct slice rest = line;
    struct slice id = slice_trim(slice_cut(&rest, ',')), fen = slice_trim(slice_cut(&rest, ',')),
                 kind = slice_trim(rest);
    *row = (struct ledger_statement_row){.returned = slice_is(kind, "returned")};
    if (!row->returned && !slice_is(kind, "paid")) {
        return ERR_INPUT;
    }
    enum err err = slice_to_int64(fen, 1, AMOUNT_FEN_MAX, &row->fen);
    return err == ERR_OK && id.len > 0 ? slice_copy(id, row->id, sizeof(row->id)) : ERR_INPUT;
}

enum err ledger_statement_read(const char *path, struct ledger_statement *out, struct buf *why)
{
    struct buf text;
    struct ledger_statement s = {.count = 0};
    size_t cap = 0, number = 0;
    buf_init(&text, LEDGER_STATEMENT_BYTES_MAX);
    enum err err = file_read(path, &text);
    struct slice rest = buf_slice(&text);
    while (err == ERR_OK && rest.len > 0) {
        struct slice line = slice_trim(slice_cut(&rest, '\n'));
        number++;
        if (line.len == 0 || (number == 1 && slice_is(line, "payment,fen,kind"))) {
            continue;
        }
        if (s.count == cap) {
            size_t more = cap == 0 ? 1024 : cap * 2;
            struct ledger_statement_row *rows = realloc(s.rows, more * sizeof(*rows));
            if (rows == NULL) {
                err = ERR_NO_MEMORY;
                break;
            }
            s.rows = rows;
            cap = more;
        }
        err = read_row(line, &s.rows[s.count]);
        if (err != ERR_OK) {
            buf_putf(why, "line %zu is not `payment id,fen,paid` or `payment id,fen,returned`",
                     number);
            break;
        }
        s.count++;
    }
    buf_release(&text);
    if (err != ERR_OK) {
        free(s.rows);
        return err;
    }
    if (s.count > 0) {
        qsort(s.rows, s.count, sizeof(*s.rows), by_id);
    }
    *out = s;
    return ERR_OK;
}

void ledger_statement_release(struct ledger_statement *s)
{
    free(s->rows);
    *s = (struct ledger_statement){.count = 0};
}

struct ledger_statement_row *ledger_statement_of(const struct ledger_statement *s, const char *id,
                                                 size_t *count)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(s->rows[mid].id, id) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    size_t n = 0;
    while (low + n < s->count && strcmp(s->rows[low + n].id, id) == 0) {
        n++;
    }
    *count = n;
    return n == 0 ? NULL : &s->rows[low];
}
