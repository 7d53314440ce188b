/* The words of the clocks, which clock runs in which state, and their terms. */
#include "queue/domain/clocks.h"

#include "queue/base/clock.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define MINUTES_MAX (CALENDAR_HOURS_MAX * 60)

static const struct {
    const char *word, *zh;
} KINDS[] = {
#define KIND_ROW(id, word, zh) [id] = {word, zh},
    CLOCKS_KIND_TABLE(KIND_ROW)
#undef KIND_ROW
};

const char *clocks_word(enum clocks_kind kind)
{
    ASSERT(kind < CLOCKS_KIND_COUNT);
    return KINDS[kind].word;
}

const char *clocks_zh(enum clocks_kind kind)
{
    ASSERT(kind < CLOCKS_KIND_COUNT);
    return KINDS[kind].zh;
}

enum err clocks_from_word(struct slice word, enum clocks_kind *out)
{
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (slice_is(word, KINDS[i].word)) {
            *out = (enum clocks_kind)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

const char *clocks_state_word(enum clocks_state s)
{
    static const char *const WORDS[] = {"running", "paused", "stopped"};
    ASSERT(s < CLOCKS_STATE_COUNT);
    return WORDS[s];
}

const char *clocks_state_zh(enum clocks_state s)
{
    static const char *const WORDS[] = {"计时中", "已暂停", "已结束"};
    ASSERT(s < CLOCKS_STATE_COUNT);
    return WORDS[s];
}

/* Without a default: the compiler names a state that was forgotten. */
unsigned clocks_in_state(enum case_state s)
{
    switch (s) {
    case CASE_RECEIVED:
    case CASE_TRIAGED:
    case CASE_RETURNED: return CLOCKS_BIT(CLOCKS_DISPATCH);
    case CASE_DISPATCHED: return CLOCKS_BIT(CLOCKS_ACCEPT) | CLOCKS_BIT(CLOCKS_RETURN);
    case CASE_DESIGNATED: return CLOCKS_BIT(CLOCKS_ACCEPT); /* 指定承办: it cannot be returned */
    case CASE_ACCEPTED:
    case CASE_VERIFYING:
    case CASE_REVIEWING:
    case CASE_PAPERS_OK:
    case CASE_REDO: return CLOCKS_BIT(CLOCKS_REVIEW);
    case CASE_FIRST_AID_APPROVED:
        return CLOCKS_BIT(CLOCKS_PAY) | CLOCKS_BIT(CLOCKS_PAPERS) | CLOCKS_BIT(CLOCKS_REVIEW);
    case CASE_FIRST_AID_PAID:
    case CASE_PAPERS_DUE:
    case CASE_PAPERS_OVERDUE: return CLOCKS_BIT(CLOCKS_PAPERS) | CLOCKS_BIT(CLOCKS_REVIEW);
    case CASE_PUBLICITY: return CLOCKS_BIT(CLOCKS_PUBLICITY) | CLOCKS_BIT(CLOCKS_REVIEW);
    case CASE_COUNTY_APPROVAL:
    case CASE_CONFERENCE: return CLOCKS_BIT(CLOCKS_COUNTY);
    case CASE_APPROVED:
    case CASE_PAYING:
    case CASE_PAY_FAILED: return CLOCKS_BIT(CLOCKS_PAY);
    case CASE_CONSULT_CLOSED:
    case CASE_REVIEW_CONFIRMED:
    case CASE_REJECTED:
    case CASE_PAID:
    case CASE_REFERRED:
    case CASE_RECOVERED:
    case CASE_WRITTEN_OFF: return CLOCKS_BIT(CLOCKS_FOLLOW_UP);
    case CASE_NONE:
    case CASE_INSTALMENT: /* the next one is a month away */
    case CASE_FOLLOWED_UP:
    case CASE_REVIEW_FAILED:
    case CASE_RECOVERING:
    case CASE_ARCHIVED:
    case CASE_WITHDRAWN:
    case CASE_DUPLICATE:
    case CASE_CANCELLED:
    case CASE_STATE_COUNT: break;
    }
    return 0;
}

bool clocks_first_aid(enum case_state s)
{
    return s == CASE_FIRST_AID_APPROVED || s == CASE_FIRST_AID_PAID || s == CASE_PAPERS_DUE ||
           s == CASE_PAPERS_OVERDUE || s == CASE_PAPERS_OK;
}

void clocks_lua(struct buf *out)
{
    buf_put_text(out, "-- Made from queue/domain/clocks.c; do not edit.\nlocal CLOCKS_IN = {\n");
    for (int s = 0; s < CASE_STATE_COUNT; s++) {
        buf_putf(out, "  [\"%s\"] = {", case_state_word((enum case_state)s));
        for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
            if ((clocks_in_state((enum case_state)s) & CLOCKS_BIT(k)) != 0) {
                buf_putf(out, " [\"%s\"] = true,", KINDS[k].word);
            }
        }
        buf_put_text(out, " },\n");
    }
    buf_put_text(out, "}\n");
}

/* ---- Terms ---- */

/* When the working day begins in which the share of the term is used up. */
static enum err warn_day(const struct calendar *c, int permille, int64_t from_ms, int64_t due_ms,
                         int64_t *warn_ms)
{
    int64_t end_ms;
    int days = calendar_working_days_between(c, from_ms, due_ms - 1, NULL);
    int before = days * permille / 1000;
    if (days < 1) { /* it goes on behind its due time */
        *warn_ms = due_ms - MS_PER_DAY;
        return ERR_OK;
    }
    enum err err =
        calendar_add_working_days(c, from_ms, before < days ? before + 1 : days, &end_ms, NULL);
    if (err == ERR_OK) {
        *warn_ms = end_ms - MS_PER_DAY; /* a working day ends at 24:00 */
    }
    return err;
}

enum err clocks_around(const struct calendar *c, enum clocks_unit unit,
                       const struct clocks_pace *pace, int64_t from_ms, int64_t due_ms,
                       struct clocks_times *out)
{
    struct clocks_times t = {.due_ms = due_ms};
    int64_t from;
    enum err err = calendar_add_hours(from_ms, 0, &from);
    if (err != ERR_OK || unit == TERM_NONE || due_ms <= from_ms ||
        due_ms - from_ms > 10 * CALENDAR_SPAN_MAX * MS_PER_DAY) {
        return ERR_INPUT;
    }
    if (unit == TERM_WORKING_DAYS) {
        err = warn_day(c, pace->warn_permille, from_ms, due_ms, &t.warn_ms);
    } else {
        t.warn_ms = from_ms + (due_ms - from_ms) / 1000 * pace->warn_permille;
        t.warn_ms = t.warn_ms < due_ms ? t.warn_ms : due_ms - 1;
    }
    if (err == ERR_OK) {
        err = calendar_add_hours(due_ms, pace->county_hours, &t.county_ms);
    }
    if (err == ERR_OK && pace->chase_working_days > 0) {
        err =
            calendar_add_working_days(c, t.county_ms, pace->chase_working_days, &t.chase_ms, NULL);
    }
    if (err == ERR_OK) {
        *out = t;
    }
    return err;
}

enum err clocks_due(const struct calendar *c, struct clocks_term term,
                    const struct clocks_pace *pace, int64_t from_ms, struct clocks_times *out,
                    bool *assumed)
{
    int64_t due = 0;
    enum err err = ERR_INPUT;
    switch (term.unit) {
    case TERM_MINUTES:
        if (term.count >= 1 && term.count <= MINUTES_MAX) {
            err = calendar_add_hours(from_ms, 0, &due);
            due += term.count * MINUTE_MS;
        }
        break;
    case TERM_HOURS:
        if (term.count >= 1) {
            err = calendar_add_hours(from_ms, term.count, &due);
        }
        break;
    case TERM_DAYS: err = calendar_add_days(from_ms, term.count, &due); break;
    case TERM_WORKING_DAYS:
        err = calendar_add_working_days(c, from_ms, term.count, &due, assumed);
        break;
    case TERM_NONE: break;
    }
    return err == ERR_OK ? clocks_around(c, term.unit, pace, from_ms, due, out) : err;
}

enum err clocks_resume(const struct calendar *c, enum clocks_unit unit,
                       const struct clocks_pace *pace, int64_t due_ms, int64_t paused_ms,
                       int64_t resumed_ms, struct clocks_times *out, bool *assumed)
{
    int64_t at, due = due_ms;
    if (calendar_add_hours(due_ms, 0, &at) != ERR_OK ||
        calendar_add_hours(paused_ms, 0, &at) != ERR_OK ||
        calendar_add_hours(resumed_ms, 0, &at) != ERR_OK || unit == TERM_NONE ||
        resumed_ms < paused_ms || resumed_ms - paused_ms > CALENDAR_SPAN_MAX * MS_PER_DAY) {
        return ERR_INPUT;
    }
    if (unit != TERM_WORKING_DAYS) {
        due = due_ms + (resumed_ms - paused_ms);
    } else {
        int days = calendar_working_days_between(c, paused_ms, resumed_ms, assumed);
        if (days > 0) { /* the due day itself is the day before 24:00 */
            enum err err = calendar_add_working_days(c, due_ms - 1, days, &due, assumed);
            if (err != ERR_OK) {
                return err;
            }
        }
    }
    /* Whoever resumes late is warned at once: the warning never lies behind the due time. */
    return clocks_around(c, unit, pace, resumed_ms < due ? resumed_ms : due - MINUTE_MS, due, out);
}

/* ---- For the store ---- */

void clocks_put(struct buf *out, enum clocks_kind kind, const struct clocks_times *times)
{
    if (out->len > 0) {
        buf_put_char(out, ';');
    }
    buf_putf(out, "%s=%lld/%lld/%lld/%lld", clocks_word(kind), (long long)times->due_ms,
             (long long)times->warn_ms, (long long)times->county_ms, (long long)times->chase_ms);
}

void clocks_start_text(const struct clocks_rules *r, enum case_state from, enum case_state to,
                       int64_t at_ms, struct buf *out)
{
    unsigned begins = clocks_in_state(to) & ~clocks_in_state(from) & CLOCKS_STORED;
    if (to == CASE_PAPERS_OK) {
        begins = CLOCKS_BIT(CLOCKS_REVIEW);
    } else if (clocks_first_aid(to)) {
        begins = 0;
    }
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        bool ordinary = k == CLOCKS_PAY && !clocks_first_aid(to);
        struct clocks_times times;
        if ((begins & CLOCKS_BIT(k)) != 0 &&
            clocks_due(r->calendar, ordinary ? r->pay_ordinary : r->terms[k], &r->pace, at_ms,
                       &times, NULL) == ERR_OK) {
            clocks_put(out, (enum clocks_kind)k, &times);
        }
    }
}
