#include "tests/unit/domain/clocks_events.h"

#include <stdio.h>
#include "tests/support/test.h"
#include "tests/unit/domain/china.h"

void history_init(struct history *h)
{
    h->n = 0;
    arena_init(&h->arena, (size_t)8 << 20);
}

void history_release(struct history *h)
{
    arena_release(&h->arena);
}

void history_add(struct history *h, int64_t at_ms, const char *verb, const char *to,
                 const char *actor, const char *more)
{
    char json[1024];
    int n = snprintf(json, sizeof(json),
                     "{\"seq\":%zu,\"verb\":\"%s\",\"from\":\"NONE\",\"to\":\"%s\",\"at_ms\":%lld,"
                     "\"actor\":\"%s\",\"reason\":\"r\",\"policy\":\"p\"%s}",
                     h->n + 1, verb, to, (long long)at_ms, actor, more);
    assert_true(n > 0 && (size_t)n < sizeof(json) && h->n < HISTORY_MAX);
    assert_ok(clocks_event_read(slice_make(json, (size_t)n), &h->events[h->n]));
    h->n++;
}

struct clocks_rules history_rules(void)
{
    return (struct clocks_rules){
        .terms =
            {
                [CLOCKS_DISPATCH] = {TERM_MINUTES, 60},
                [CLOCKS_ACCEPT] = {TERM_MINUTES, 15},
                [CLOCKS_RETURN] = {TERM_MINUTES, 15},
                [CLOCKS_PAY] = {TERM_HOURS, 24},
                [CLOCKS_PAPERS] = {TERM_WORKING_DAYS, 5},
                [CLOCKS_REVIEW] = {TERM_WORKING_DAYS, 2},
                [CLOCKS_PUBLICITY] = {TERM_DAYS, 7},
                [CLOCKS_COUNTY] = {TERM_WORKING_DAYS, 10},
                [CLOCKS_FOLLOW_UP] = {TERM_WORKING_DAYS, 1},
            },
        .pay_ordinary = {TERM_WORKING_DAYS, 3},
        .pace = {.warn_permille = 800, .county_hours = 24, .chase_working_days = 5},
        .calendar = &china,
    };
}

struct clocks_account history_account(struct history *h, int64_t first_contact_ms, int64_t now_ms)
{
    struct clocks_rules rules = history_rules();
    struct clocks_account a;
    assert_ok(clocks_account(h->events, h->n, first_contact_ms, &rules, now_ms, &h->arena, &a));
    return a;
}

size_t segments(const struct clocks_account *a, enum clocks_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < a->segment_count; i++) {
        n += a->segments[i].kind == kind;
    }
    return n;
}

const struct clocks_segment *segment(const struct clocks_account *a, enum clocks_kind kind,
                                     size_t want)
{
    for (size_t i = 0, k = 0; i < a->segment_count; i++) {
        if (a->segments[i].kind == kind && k++ == want) {
            return &a->segments[i];
        }
    }
    fail_msg("there is no segment %zu of %s", want, clocks_word(kind));
    abort();
}
