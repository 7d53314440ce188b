#include "workers/rules/clock_terms.h"

#include <string.h>

#define MINUTE_MS INT64_C(60000)
/* Divisions that a pack and the declared disasters can name. */
#define PLACES_MAX (POLICY_OVERLAYS_MAX + POLICY_DISASTERS_MAX * ORDER_DIVISIONS_MAX)

static struct clocks_term term(enum clocks_unit unit, int count)
{
    return (struct clocks_term){count > 0 ? unit : TERM_NONE, count};
}

static void relief_terms(const struct policy_rules *r, enum relief_type type, bool recognised,
                         struct clocks_term *t)
{
    switch (type) {
    case RELIEF_SMALL_FAST:
        t[CLOCKS_PAY] = term(TERM_DAYS, r->small_fast.days);
        t[CLOCKS_REVIEW] = term(TERM_DAYS, r->small_fast.days);
        break;
    case RELIEF_URGENT:
        t[CLOCKS_PAY] = term(TERM_HOURS, r->urgent_first.pay_hours);
        t[CLOCKS_REVIEW] = term(TERM_WORKING_DAYS, r->urgent_std.working_days);
        break;
    case RELIEF_EXPENSE:
        t[CLOCKS_PAY] = term(TERM_WORKING_DAYS, r->payment.working_days);
        t[CLOCKS_REVIEW] = term(TERM_WORKING_DAYS, recognised ? r->expense.recognised_working_days
                                                              : r->expense.township_working_days);
        break;
    case RELIEF_CONSULT:
    case RELIEF_OTHER:
    case RELIEF_TYPE_COUNT: return;
    }
    t[CLOCKS_COUNTY] =
        term(TERM_WORKING_DAYS, type == RELIEF_EXPENSE ? r->expense.county_working_days
                                                       : r->county_ceiling.follow_up_working_days);
    t[CLOCKS_PUBLICITY] = term(TERM_DAYS, type == RELIEF_URGENT ? r->publicity.urgent_days
                                                                : r->expense.publicity_days);
}

struct clocks_pace clock_pace(const struct policy_rules *r)
{
    return (struct clocks_pace){.warn_permille = r->escalation.warn_permille,
                                .county_hours = r->escalation.county_hours,
                                .chase_working_days = r->escalation.chase_working_days};
}

void clock_terms(const struct policy_rules *r, const struct calendar *calendar,
                 enum relief_type type, enum urgency urgency, bool recognised,
                 struct clocks_rules *out)
{
    struct clocks_term *t = out->terms;
    *out = (struct clocks_rules){.calendar = calendar, .pace = clock_pace(r)};
    ASSERT(urgency < URGENCY_COUNT);
    t[CLOCKS_DISPATCH] = term(TERM_MINUTES, r->dispatch.minutes[urgency]);
    t[CLOCKS_ACCEPT] = urgency == URGENCY_CRITICAL ? term(TERM_MINUTES, r->accept.critical_minutes)
                       : urgency == URGENCY_URGENT
                           ? term(TERM_MINUTES, r->accept.urgent_minutes)
                           : term(TERM_WORKING_DAYS, r->accept.normal_working_days);
    t[CLOCKS_RETURN] = urgency == URGENCY_CRITICAL
                           ? term(TERM_MINUTES, r->give_back.critical_minutes)
                           : term(TERM_WORKING_DAYS, r->give_back.working_days);
    t[CLOCKS_PAPERS] = term(TERM_WORKING_DAYS, r->urgent_first.papers_working_days);
    t[CLOCKS_FOLLOW_UP] = term(TERM_WORKING_DAYS, r->follow_up.working_days);
    out->pay_ordinary = term(TERM_WORKING_DAYS, r->payment.working_days);
    relief_terms(r, type, recognised, t);
}

/* ---- Where nobody says a verb ---- */

int64_t clock_accept_warn(const struct policy_rules *r, const struct calendar *calendar,
                          enum urgency urgency, int64_t from_ms, int64_t accept_by_ms)
{
    const struct clocks_pace pace = clock_pace(r);
    struct clocks_times times;
    if (urgency != URGENCY_NORMAL || accept_by_ms <= 0 ||
        clocks_around(calendar, TERM_WORKING_DAYS, &pace, from_ms, accept_by_ms, &times) !=
            ERR_OK) {
        return 0;
    }
    return times.warn_ms;
}

/* What holds in one place, without the prefix. */
static void put_place(const struct policy_rules *r, const struct calendar *calendar, int64_t now_ms,
                      struct buf *out)
{
    struct clocks_rules terms;
    struct clocks_times t;
    struct buf begins;
    clock_terms(r, calendar, RELIEF_EXPENSE, URGENCY_NORMAL, false, &terms);
    buf_putf(out, ",%lld,%lld,", (long long)(r->accept.critical_minutes * MINUTE_MS),
             (long long)(r->accept.urgent_minutes * MINUTE_MS));
    if (clocks_due(calendar, terms.terms[CLOCKS_ACCEPT], &terms.pace, now_ms, &t, NULL) == ERR_OK) {
        buf_putf(out, "%lld/%lld", (long long)t.due_ms, (long long)t.warn_ms);
    }
    buf_put_char(out, ',');
    buf_init(&begins, 512);
    if (clocks_due(calendar, terms.terms[CLOCKS_FOLLOW_UP], &terms.pace, now_ms, &t, NULL) ==
        ERR_OK) {
        clocks_put(&begins, CLOCKS_FOLLOW_UP, &t);
    }
    if (clocks_due(calendar, terms.pay_ordinary, &terms.pace, now_ms, &t, NULL) == ERR_OK) {
        clocks_put(&begins, CLOCKS_PAY, &t);
    }
    buf_put_slice(out, buf_slice(&begins));
    buf_release(&begins);
}

/* "520000" -> "52", "520100" -> "5201". */
static size_t region_digits(const char *region)
{
    size_t n = strlen(region);
    while (n > 2 && n % 2 == 0 && region[n - 1] == '0' && region[n - 2] == '0') {
        n -= 2;
    }
    return n;
}

/* Entries that are written already, shorter prefixes first. */
struct place {
    const char *prefix;
    size_t at, len; /* of its text, behind the prefix */
};

static bool same_as_around(const struct place *done, size_t count, const struct buf *out,
                           const char *prefix, struct slice text)
{
    for (size_t i = count; i-- > 0;) {
        if (strncmp(done[i].prefix, prefix, strlen(done[i].prefix)) == 0) {
            return slice_eq(slice_make(buf_slice(out).ptr + done[i].at, done[i].len), text);
        }
    }
    return false;
}

void clock_places_write(const struct policy *p, const struct calendar *calendar, const char *region,
                        int64_t now_ms, struct buf *out)
{
    struct place done[PLACES_MAX + 1] = {{"", 0, 0}};
    size_t count = 1, digits = region_digits(region), start = out->len;
    put_place(policy_for(p, region, now_ms), calendar, now_ms, out);
    done[0].at = start;
    done[0].len = out->len - start;
    for (size_t size = 2; size < DIVISION_CODE_SIZE; size++) {
        for (int i = 0; i < policy_overlay_count(p); i++) {
            const char *prefix = policy_overlay(p, i)->division;
            size_t shared = size < digits ? size : digits;
            struct buf text;
            if (strlen(prefix) != size || strncmp(prefix, region, shared) != 0 ||
                count == COUNT_OF(done)) {
                continue;
            }
            buf_init(&text, 1024);
            put_place(policy_for(p, prefix, now_ms), calendar, now_ms, &text);
            if (!same_as_around(done, count, out, prefix, buf_slice(&text))) {
                buf_put_char(out, '|');
                buf_put_text(out, prefix);
                done[count++] = (struct place){prefix, out->len, text.len};
                buf_put_slice(out, buf_slice(&text));
            }
            buf_release(&text);
        }
    }
}

/* ---- Pauses ---- */

static const struct {
    const char *word, *zh;
} REASONS[] = {
#define REASON_ROW(id, word, zh) [id] = {word, zh},
    PAUSE_TABLE(REASON_ROW)
#undef REASON_ROW
};

const char *pause_reason_word(enum pause_reason p)
{
    ASSERT(p < PAUSE_COUNT);
    return REASONS[p].word;
}

const char *pause_reason_zh(enum pause_reason p)
{
    ASSERT(p < PAUSE_COUNT);
    return REASONS[p].zh;
}

enum err pause_reason_from_word(struct slice word, enum pause_reason *out)
{
    for (size_t i = 0; i < COUNT_OF(REASONS); i++) {
        if (slice_is(word, REASONS[i].word)) {
            *out = (enum pause_reason)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

bool pause_allowed(const struct policy_rules *r, enum case_state s, enum pause_reason p)
{
    unsigned running = clocks_in_state(s) & CLOCKS_PAUSABLE;
    bool money = running == CLOCKS_BIT(CLOCKS_PAY);
    return (r->clock_pause.reasons >> p & 1u) != 0 && running != 0 && !clocks_first_aid(s) &&
           money == (p == PAUSE_FUND_APPROPRIATION);
}
