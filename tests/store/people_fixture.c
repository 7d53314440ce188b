#include "tests/store/people_fixture.h"

int people_setup(void **state)
{
    fixture_reset(state);
    allot(TOWN, 1000000);
    return 0;
}

void receive_with(const char *no, const char *person_hash, const char *key, const char *members,
                  const char *actor)
{
    struct intake_ticket t = ticket(no, person_hash);
    struct slice hashes[HOUSEHOLD_MEMBERS_MAX], rest = slice_of(members);
    size_t n = 0;
    struct buf text;
    while (rest.len > 0) {
        hashes[n++] = slice_cut(&rest, ',');
    }
    buf_init(&text, 4096);
    people_text_write(slice_of(key), hashes, n, slice_of(actor), &text);
    t.people = buf_slice(&text);
    assert_int_equal(intake(&t), INTAKE_CREATED);
    buf_release(&text);
}

struct link_query query(const char *no, const char *hash)
{
    return (struct link_query){.no = slice_of(no),
                               .person_hash = slice_of(hash),
                               .identified = true,
                               .day = DAY_NO,
                               .window_days = 30};
}

struct leased jobs;

/* The received case is decided; order NULL: without first aid. */
enum decide_outcome decide_like(const char *no, const struct aid_order *order,
                                const struct link_query *q, const char *known, int64_t spot_due_ms)
{
    struct decide_case c = dispatch(no, order);
    struct buf text;
    enum decide_outcome outcome;
    lease(STAGE_ROUTE, 600000, 64, &jobs);
    buf_init(&text, LINK_TEXT_MAX);
    if (q != NULL) {
        link_text_write(q, slice_of(known), spot_due_ms, &text);
        c.links = buf_slice(&text);
    }
    outcome = decide(jobs.token, &c);
    buf_release(&text);
    return outcome;
}

void decide_plain(const char *no, const char *hash)
{
    struct link_query q = query(no, hash);
    assert_int_equal(decide_like(no, NULL, &q, "", 0), DECIDE_OK);
}

struct link_finding find(const struct link_query *q)
{
    struct link_finding found;
    link_find_begin(store_fcall(store), REGION, "2026,2025");
    link_find_add(store_fcall(store), q);
    assert_ok(link_find_read(send_call(), &found, 1));
    return found;
}

struct loaded_case load_one(const char *no)
{
    struct loaded_case row;
    load_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), no);
    assert_ok(load_read(send_call(), &row, 1));
    assert_true(row.found);
    return row;
}
