/* Any JSON as a ticket: it is taken with facts within their limits, or every fault has a field and
 * a sentence. */
#include <stdlib.h>
#include "queue/base/utf8.h"
#include "server/ticket.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Facts and person of an accepted ticket are stored: they must come back. */
static void check_stored(const struct ticket *t, struct arena *arena)
{
    struct buf text;
    struct json_out o;
    struct json *root = NULL;
    struct case_facts facts;
    struct personal person;
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    facts_write(&t->facts, &o, NULL);
    require(json_parse(buf_slice(&text), &root, NULL) == ERR_OK &&
            facts_read(root, &facts) == ERR_OK);
    json_free(root);
    buf_clear(&text);
    personal_write(&t->person, &text);
    require(buf_err(&text) == ERR_OK && text.len <= SEAL_TEXT_MAX);
    require(personal_read(buf_slice(&text), arena, &person) == ERR_OK);
    require(slice_eq(person.narrative, t->person.narrative) &&
            slice_eq(person.phone, t->person.phone));
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct json *root = NULL;
    struct ticket t;
    struct arena arena;
    if (json_parse(slice_make((const char *)data, size), &root, NULL) != ERR_OK) {
        return 0;
    }
    arena_init(&arena, 1u << 20);
    enum err err = ticket_read(root, INT64_C(1795266000000), &arena, &t);
    require(err == ERR_OK || err == ERR_INPUT);
    require((err == ERR_INPUT) == (t.fault_count > 0) && t.fault_count <= TICKET_FAULTS_MAX);
    require(t.missing_count <= TICKET_MISSING_MAX);
    for (size_t i = 0; i < t.fault_count; i++) {
        require(t.faults[i].pointer != NULL && t.faults[i].detail[0] != '\0');
    }
    if (err == ERR_OK) {
        require(t.facts.persons >= 1 && t.facts.persons <= PERSONS_MAX &&
                t.facts.months <= MONTHS_MAX);
        check_stored(&t, &arena);
    }
    json_free(root);
    arena_release(&arena);
    return 0;
}
