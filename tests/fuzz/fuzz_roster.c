/* Any bytes as a roster: every record is read once, a row becomes a ticket with facts within their
 * limits or every fault has a sentence, and nothing is read behind the end. */
#include <stdlib.h>
#include "queue/base/utf8.h"
#include "server/roster_row.h"

#define ROWS_MAX 2000

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_row(const struct roster_columns *columns, const struct slice *fields, size_t n,
                      struct arena *arena)
{
    struct ticket t;
    struct slice household;
    struct roster_fault why = {.field = NULL};
    enum err err = roster_row_read(columns, fields, n, "520102022", "flood", INT64_C(1795266000000),
                                   arena, &t, &household, &why);
    require(err == ERR_OK || err == ERR_INPUT || err == ERR_NO_MEMORY);
    if (err == ERR_INPUT) {
        require(why.field != NULL && why.remedy != NULL && why.remedy[0] != '\0');
    }
    if (err == ERR_OK) {
        require(t.person.id_number.len == 18 && t.person.phone.len > 0);
        require(t.facts.persons >= 1 && t.facts.persons <= PERSONS_MAX);
        require(t.facts.asked_fen >= 0 && t.facts.asked_fen <= AMOUNT_FEN_MAX);
        require(strcmp(t.facts.place_code, "520102022") == 0);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size), fields[CSV_FIELDS_MAX];
    struct roster_columns columns;
    struct arena arena;
    struct csv csv;
    const char *why = NULL;
    size_t n = 0, rows = 0;
    if (!utf8_valid(text)) {
        return 0; /* the gateway makes it so first */
    }
    arena_init(&arena, 8u << 20);
    csv_init(&csv, text);
    enum err err = csv_next(&csv, &arena, fields, &n);
    bool known = err == ERR_OK && roster_columns_read(fields, n, &columns, &why);
    require(known || err != ERR_OK || why != NULL);
    while (err != ERR_NOT_FOUND && rows++ < ROWS_MAX) {
        size_t before = csv.rest.len;
        arena_reset(&arena);
        err = csv_next(&csv, &arena, fields, &n);
        require(err == ERR_NOT_FOUND || csv.rest.len < before); /* it always goes on */
        require(err != ERR_OK || (n >= 1 && n <= CSV_FIELDS_MAX));
        if (err == ERR_OK && known) {
            check_row(&columns, fields, n, &arena);
        }
    }
    arena_release(&arena);
    return 0;
}
