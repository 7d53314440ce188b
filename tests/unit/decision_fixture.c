/* What the tests of the decision share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "tests/unit/decision_fixture.h"

struct policy *policy;
struct calendar china;

int decision_load(void **state)
{
    struct buf text, why;
    int result = -1;

    (void)state;
    buf_init(&text, POLICY_BYTES_MAX);
    buf_init(&why, 1 << 16);
    if (file_read("ops/policy/base.json", &text) == ERR_OK &&
        policy_load(buf_slice(&text), &policy, &why) == ERR_OK) {
        buf_clear(&text);
        if (file_read("ops/calendar/china.json", &text) == ERR_OK &&
            calendar_load(buf_slice(&text), &china, &why) == ERR_OK)
            result = 0;
    }
    if (why.len > 0)
        print_error("%s", why.ptr);
    buf_release(&text);
    buf_release(&why);
    return result;
}

int decision_unload(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

int64_t at(const char *rfc3339)
{
    int64_t ms = 0;
    assert_int_equal(clock_parse_rfc3339(slice_of(rfc3339), &ms), ERR_OK);
    return ms;
}

/* Monday 2026-03-02 09:00 China time, a full fund, nothing had this year. */
struct decision_input input(enum cause cause, int persons)
{
    struct decision_input in;

    memset(&in, 0, sizeof in);
    in.facts.cause = cause;
    in.facts.persons = persons;
    in.facts.channel = CHANNEL_CALL;
    in.facts.received_ms = at("2026-03-02T08:59:00+08:00");
    in.fund.available_fen = 2000000;
    in.township = "520115001";
    in.policy = policy;
    in.calendar = &china;
    in.now_ms = at("2026-03-02T09:00:00+08:00");
    in.accepted_ms = in.now_ms;
    return in;
}

struct decision run(const struct decision_input *in)
{
    struct decision d;
    decide(in, &d);
    return d;
}

bool says(const struct decision *d, const char *part)
{
    for (int i = 0; i < d->why_count; i++) {
        if (strstr(d->why[i], part) != NULL)
            return true;
    }
    return false;
}

bool fired(const struct decision *d, const char *rule)
{
    for (int i = 0; i < d->fired_count; i++) {
        if (strcmp(d->fired[i].rule, rule) == 0)
            return true;
    }
    return false;
}
