#include "integrations/sandbox/book.h"

#include <stdlib.h>
#include <string.h>

const char *refusal_code(enum refusal refusal)
{
    static const char *const codes[] = {
#define REFUSAL_CODE(name, code) code,
        REFUSAL_TABLE(REFUSAL_CODE)
#undef REFUSAL_CODE
    };
    ASSERT((size_t)refusal < COUNT_OF(codes));
    return codes[refusal];
}

void book_init(struct book *b, int64_t opening_fen)
{
    *b = (struct book){.opening_fen = opening_fen, .balance_fen = opening_fen};
}

void book_release(struct book *b)
{
    free(b->movements);
    free(b->slots);
    free(b->lines);
    *b = (struct book){0};
}

/* ---- The index: open addressing, at most half full ---- */

/* FNV-1a */
static uint32_t hash_of(struct slice text)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < text.len; i++) {
        h = (h ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
    }
    return (uint32_t)(h ^ h >> 32);
}

static uint32_t *slot_of(const struct book *b, struct slice reference)
{
    uint32_t mask = b->slot_count - 1;
    uint32_t at = hash_of(reference) & mask;
    while (b->slots[at] != 0 && !slice_is(reference, b->movements[b->slots[at] - 1].reference)) {
        at = (at + 1) & mask;
    }
    return &b->slots[at];
}

struct movement *book_find(const struct book *b, struct slice reference)
{
    if (b->slot_count == 0) {
        return NULL;
    }
    uint32_t at = *slot_of(b, reference);
    return at == 0 ? NULL : &b->movements[at - 1];
}

static enum err grow_index(struct book *b)
{
    if (b->slot_count / 2 > b->count) {
        return ERR_OK;
    }
    uint32_t slot_count = b->slot_count == 0 ? 1024 : b->slot_count * 2;
    uint32_t *slots = calloc(slot_count, sizeof(*slots));
    if (slots == NULL) {
        return ERR_NO_MEMORY;
    }
    free(b->slots);
    b->slots = slots;
    b->slot_count = slot_count;
    for (uint32_t i = 0; i < b->count; i++) {
        *slot_of(b, slice_of(b->movements[i].reference)) = i + 1;
    }
    return ERR_OK;
}

/* Room for one more element; the array doubles. */
static enum err grow(void **array, uint32_t count, uint32_t *cap, size_t size)
{
    if (count < *cap) {
        return ERR_OK;
    }
    uint32_t more = *cap == 0 ? 1024 : *cap * 2;
    void *grown = realloc(*array, more * size);
    if (grown == NULL) {
        return ERR_NO_MEMORY;
    }
    *array = grown;
    *cap = more;
    return ERR_OK;
}

static enum err grow_lines(struct book *b)
{
    void *lines = b->lines;
    enum err err = grow(&lines, b->line_count, &b->line_cap, sizeof(*b->lines));
    b->lines = lines;
    return err;
}

enum err book_add(struct book *b, const struct movement *m)
{
    ASSERT(m->amount_fen >= 0 && m->amount_fen <= MOVEMENT_FEN_MAX);
    if (b->count >= MOVEMENTS_MAX || b->paid_fen > TOTAL_FEN_MAX) {
        return ERR_LIMIT;
    }
    void *movements = b->movements;
    enum err err = grow(&movements, b->count, &b->cap, sizeof(*b->movements));
    b->movements = movements;
    if (err == ERR_OK) {
        err = grow_lines(b);
    }
    if (err == ERR_OK) {
        err = grow_index(b);
    }
    if (err != ERR_OK) {
        return err;
    }
    uint32_t *slot = slot_of(b, slice_of(m->reference));
    ASSERT(*slot == 0);
    b->movements[b->count] = *m;
    *slot = b->count + 1;
    if (m->state == MOVEMENT_PAID) {
        b->lines[b->line_count++] = (struct statement_line){b->count, false};
        b->balance_fen -= m->amount_fen;
        b->paid_fen += m->amount_fen;
        b->paid++;
    } else {
        b->rejected++;
    }
    b->count++;
    return ERR_OK;
}

enum err book_return(struct book *b, struct movement *m, int64_t at_ms)
{
    ASSERT(m->state == MOVEMENT_PAID);
    enum err err = grow_lines(b);
    if (err != ERR_OK) {
        return err;
    }
    b->lines[b->line_count++] = (struct statement_line){(uint32_t)(m - b->movements), true};
    m->state = MOVEMENT_RETURNED;
    m->returned_ms = at_ms;
    b->balance_fen += m->amount_fen;
    b->returned_fen += m->amount_fen;
    b->returned++;
    return ERR_OK;
}

/* ---- Journal lines ---- */

void book_write_movement(const struct movement *m, struct journal *j)
{
    struct buf *line = journal_line(j);
    buf_put_text(line, "M ");
    buf_put_int(line, m->at_ms);
    buf_put_char(line, ' ');
    buf_put_text(line, m->reference);
    buf_put_char(line, ' ');
    buf_put_int(line, m->amount_fen);
    buf_put_char(line, ' ');
    buf_put_char(line, m->state == MOVEMENT_REJECTED ? 'r' : 'p');
    buf_put_char(line, ' ');
    buf_put_int(line, m->refusal);
    buf_put_char(line, ' ');
    buf_put_text(line, m->tail);
    journal_end_line(j);
}

void book_write_return(const struct movement *m, struct journal *j)
{
    struct buf *line = journal_line(j);
    buf_put_text(line, "R ");
    buf_put_int(line, m->returned_ms);
    buf_put_char(line, ' ');
    buf_put_text(line, m->reference);
    journal_end_line(j);
}

static enum err read_movement(struct book *b, struct slice rest)
{
    struct movement m = {0};
    int64_t refusal = 0;
    struct slice at = slice_cut(&rest, ' ');
    struct slice reference = slice_cut(&rest, ' ');
    struct slice amount = slice_cut(&rest, ' ');
    struct slice state = slice_cut(&rest, ' ');
    struct slice code = slice_cut(&rest, ' ');
    if (slice_to_int64(at, 0, INT64_MAX, &m.at_ms) != ERR_OK || reference.len == 0 ||
        slice_copy(reference, m.reference, sizeof(m.reference)) != ERR_OK ||
        slice_to_int64(amount, 0, MOVEMENT_FEN_MAX, &m.amount_fen) != ERR_OK ||
        slice_to_int64(code, 0, REFUSAL_COUNT - 1, &refusal) != ERR_OK ||
        slice_copy(rest, m.tail, sizeof(m.tail)) != ERR_OK || state.len != 1 ||
        (state.ptr[0] != 'p' && state.ptr[0] != 'r') || book_find(b, reference) != NULL) {
        return ERR_CORRUPT;
    }
    m.state = state.ptr[0] == 'p' ? MOVEMENT_PAID : MOVEMENT_REJECTED;
    m.refusal = (uint8_t)refusal;
    return book_add(b, &m);
}

enum err book_read_line(struct book *b, struct slice line)
{
    struct slice rest = line;
    struct slice kind = slice_cut(&rest, ' ');
    if (slice_is(kind, "M")) {
        return read_movement(b, rest);
    }
    int64_t at_ms;
    struct slice at = slice_cut(&rest, ' ');
    struct movement *m = book_find(b, rest);
    if (!slice_is(kind, "R") || slice_to_int64(at, 0, INT64_MAX, &at_ms) != ERR_OK || m == NULL ||
        m->state != MOVEMENT_PAID) {
        return ERR_CORRUPT;
    }
    return book_return(b, m, at_ms);
}
