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
    for (uint32_t i = 0; i < b->count; i++) {
        free(b->movements[i].memo);
    }
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

static bool is_movement(const struct movement *m, enum peer peer, struct slice reference)
{
    return m->peer == (uint8_t)peer && slice_is(reference, m->reference);
}

static uint32_t *slot_of(const struct book *b, enum peer peer, struct slice reference)
{
    uint32_t mask = b->slot_count - 1;
    uint32_t at = (hash_of(reference) + (uint32_t)peer) & mask;
    while (b->slots[at] != 0 && !is_movement(&b->movements[b->slots[at] - 1], peer, reference)) {
        at = (at + 1) & mask;
    }
    return &b->slots[at];
}

struct movement *book_find(const struct book *b, enum peer peer, struct slice reference)
{
    if (b->slot_count == 0) {
        return NULL;
    }
    uint32_t at = *slot_of(b, peer, reference);
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
        const struct movement *m = &b->movements[i];
        *slot_of(b, (enum peer)m->peer, slice_of(m->reference)) = i + 1; /* the newest one stays */
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

/* There is room for the line. */
static void count_paid(struct book *b, uint32_t at)
{
    b->lines[b->line_count++] = (struct statement_line){at, false};
    b->balance_fen -= b->movements[at].amount_fen;
    b->paid_fen += b->movements[at].amount_fen;
    b->paid++;
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
    uint32_t *slot = slot_of(b, (enum peer)m->peer, slice_of(m->reference));
    ASSERT(*slot == 0 || b->movements[*slot - 1].forgotten);
    b->movements[b->count] = *m;
    *slot = b->count + 1;
    if (m->state == MOVEMENT_PAID) {
        count_paid(b, b->count);
    } else if (m->state == MOVEMENT_REJECTED) {
        b->rejected++;
    }
    b->count++;
    return ERR_OK;
}

enum err book_settle(struct book *b, struct movement *m, enum refusal refusal, int64_t at_ms)
{
    ASSERT(m->state == MOVEMENT_WAITING);
    enum err err = b->paid_fen > TOTAL_FEN_MAX ? ERR_LIMIT : grow_lines(b);
    if (err != ERR_OK) {
        return err;
    }
    m->at_ms = at_ms;
    m->refusal = (uint8_t)refusal;
    if (refusal == REFUSAL_NONE) {
        m->state = MOVEMENT_PAID;
        count_paid(b, (uint32_t)(m - b->movements));
    } else {
        m->state = MOVEMENT_REJECTED;
        b->rejected++;
    }
    return ERR_OK;
}

void book_forget(struct movement *m)
{
    m->forgotten = true;
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
    buf_put_char(line, m->state == MOVEMENT_REJECTED  ? 'r'
                       : m->state == MOVEMENT_WAITING ? 'w'
                                                      : 'p');
    buf_put_char(line, ' ');
    buf_put_int(line, m->refusal);
    buf_put_char(line, ' ');
    buf_put_text(line, m->tail);
    buf_put_char(line, ' ');
    buf_put_text(line, peer_word((enum peer)m->peer));
    journal_end_line(j);
}

/* kind, time, reference, rail: what the other lines begin with. */
static struct buf *begin_line(const struct movement *m, char kind, int64_t at_ms, struct journal *j)
{
    struct buf *line = journal_line(j);
    buf_put_char(line, kind);
    buf_put_char(line, ' ');
    buf_put_int(line, at_ms);
    buf_put_char(line, ' ');
    buf_put_text(line, m->reference);
    buf_put_char(line, ' ');
    buf_put_text(line, peer_word((enum peer)m->peer));
    return line;
}

void book_write_return(const struct movement *m, struct journal *j)
{
    (void)begin_line(m, 'R', m->returned_ms, j);
    journal_end_line(j);
}

void book_write_settled(const struct movement *m, struct journal *j)
{
    struct buf *line = begin_line(m, 'E', m->at_ms, j);
    buf_put_char(line, ' ');
    buf_put_int(line, m->refusal);
    journal_end_line(j);
}

void book_write_forgotten(const struct movement *m, int64_t at_ms, struct journal *j)
{
    (void)begin_line(m, 'F', at_ms, j);
    journal_end_line(j);
}

/* The rail of a line; lines of before there were several have none. */
static bool read_rail(struct slice word, uint8_t *out)
{
    enum peer peer = PEER_G2P;
    if (word.len > 0 && peer_read(word, &peer) != ERR_OK) {
        return false;
    }
    *out = (uint8_t)peer;
    return true;
}

static bool read_state(struct slice word, uint8_t *out)
{
    if (slice_is(word, "p")) {
        *out = MOVEMENT_PAID;
    } else if (slice_is(word, "r")) {
        *out = MOVEMENT_REJECTED;
    } else if (slice_is(word, "w")) {
        *out = MOVEMENT_WAITING;
    } else {
        return false;
    }
    return true;
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
    struct slice tail = slice_cut(&rest, ' ');
    if (slice_to_int64(at, 0, INT64_MAX, &m.at_ms) != ERR_OK || reference.len == 0 ||
        slice_copy(reference, m.reference, sizeof(m.reference)) != ERR_OK ||
        slice_to_int64(amount, 0, MOVEMENT_FEN_MAX, &m.amount_fen) != ERR_OK ||
        slice_to_int64(code, 0, REFUSAL_COUNT - 1, &refusal) != ERR_OK ||
        slice_copy(tail, m.tail, sizeof(m.tail)) != ERR_OK || !read_state(state, &m.state) ||
        !read_rail(rest, &m.peer)) {
        return ERR_CORRUPT;
    }
    const struct movement *known = book_find(b, (enum peer)m.peer, reference);
    if (known != NULL && !known->forgotten) {
        return ERR_CORRUPT;
    }
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
    int64_t refusal = REFUSAL_COUNT;
    uint8_t peer;
    struct slice at = slice_cut(&rest, ' ');
    struct slice reference = slice_cut(&rest, ' ');
    struct slice rail = slice_cut(&rest, ' ');
    if (slice_to_int64(at, 0, INT64_MAX, &at_ms) != ERR_OK || !read_rail(rail, &peer)) {
        return ERR_CORRUPT;
    }
    struct movement *m = book_find(b, (enum peer)peer, reference);
    if (m != NULL && slice_is(kind, "R") && m->state == MOVEMENT_PAID) {
        return book_return(b, m, at_ms);
    }
    if (m != NULL && slice_is(kind, "E") && m->state == MOVEMENT_WAITING &&
        slice_to_int64(rest, 0, REFUSAL_COUNT - 1, &refusal) == ERR_OK) {
        return book_settle(b, m, (enum refusal)refusal, at_ms);
    }
    if (m == NULL || !slice_is(kind, "F") || m->forgotten) {
        return ERR_CORRUPT;
    }
    book_forget(m);
    return ERR_OK;
}
