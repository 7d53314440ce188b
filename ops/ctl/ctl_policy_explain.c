/* jiujictl policy explain: the decision on made-up facts, with its reasons. Changes nothing, asks
 * nobody. */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/domain/money.h"
#include "workers/rules/decision.h"

static const char usage[] =
    "usage: jiujictl policy explain --cause WORD [options]\n"
    "\n  --cause WORD       fire flood disaster traffic accident illness robbery stranded "
    "bereavement\n"
    "                     job_loss education medical_bill child_alone other\n"
    "  --facts A,B,...    danger_to_life shelter_lost food_lost child_alone income_stopped "
    "recognised\n"
    "                     wants_person stranded\n"
    "  --persons N        people helped (1)\n"
    "  --months N         months of hardship\n"
    "  --expense YUAN     what the household must pay itself\n"
    "  --asked YUAN       what the caller asks for\n"
    "  --township CODE    township that acts (none: the base rules)\n"
    "  --at TIME          RFC 3339 time of acceptance (now)\n"
    "  --paid YUAN        had this year    --times N  cases this year    --same-cause N  of this "
    "cause\n"
    "  --fund YUAN        what the township's reserve fund holds (its first allotment)\n"
    "  --relative         a relative of the handler is declared\n"
    "  --no-account       there is no account to pay to\n"
    "  --overdue YUAN     the township's unreviewed money past its due date\n"
    "  --allotted YUAN    all that it was allotted      --county YUAN  the county's reserve\n"
    "  --same-account N   other people paid to this account   --duplicates N  open ones\n"
    "  --policy FILE      policy pack (setting policy_file)\n"
    "  --calendar FILE    holidays (setting calendar_file; without it years are assumed)\n"
    "  --json             print the decision as JSON\n";

struct words {
    const char *cause, *facts, *persons, *months, *expense, *asked, *township, *at, *paid, *times;
    const char *same_cause, *fund, *policy, *calendar;
    const char *overdue, *allotted, *county, *same_account, *duplicates;
    bool relative, no_account, json;
};

static bool to_int(const char *name, const char *text, int64_t least, int64_t most, int *out)
{
    int64_t value = 0;

    if (text == NULL)
        return true;
    if (slice_to_int64(slice_of(text), least, most, &value) != ERR_OK) {
        ctl_complain("--%s must be a whole number %lld..%lld", name, (long long)least,
                     (long long)most);
        return false;
    }
    *out = (int)value;
    return true;
}

static bool to_fen(const char *name, const char *text, int64_t *out)
{
    if (text == NULL)
        return true;
    if (money_parse(slice_of(text), out) == ERR_OK && *out >= 0)
        return true;
    ctl_complain("--%s must be an amount in yuan such as 1656.00", name);
    return false;
}

static bool to_facts(const char *text, struct case_facts *f)
{
    const struct {
        enum fact fact;
        bool *flag;
    } rows[] = {{FACT_DANGER_TO_LIFE, &f->danger_to_life}, {FACT_SHELTER_LOST, &f->shelter_lost},
                {FACT_FOOD_LOST, &f->food_lost},           {FACT_CHILD_ALONE, &f->child_alone},
                {FACT_INCOME_STOPPED, &f->income_stopped}, {FACT_RECOGNISED, &f->recognised},
                {FACT_WANTS_PERSON, &f->wants_person},     {FACT_STRANDED, &f->stranded}};
    struct slice rest = slice_of(text);

    while (rest.ptr != NULL && rest.len > 0) {
        struct slice word = slice_cut(&rest, ',');
        bool found = false;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            if (!slice_is(word, fact_word(rows[i].fact)))
                continue;
            *rows[i].flag = true;
            found = true;
        }
        if (!found) {
            ctl_complain("--facts: there is no fact '%.*s'", SLICE_FMT(word));
            return false;
        }
    }
    return true;
}

static bool to_time(const char *text, int64_t *at_ms)
{
    *at_ms = clock_now_ms();
    if (text == NULL || clock_parse_rfc3339(slice_of(text), at_ms) == ERR_OK)
        return true;
    ctl_complain("--at must be a time with offset such as 2026-03-02T09:00:00+08:00");
    return false;
}

static bool to_input(const struct words *w, const struct policy *p, struct decision_input *in)
{
    if (w->cause == NULL || cause_from_word(slice_of(w->cause), &in->facts.cause) != ERR_OK) {
        ctl_complain("--cause must be one of the known causes");
        return false;
    }
    in->township = w->township == NULL ? "" : w->township;
    if (in->township[0] != '\0' &&
        (!slice_all_digits(slice_of(in->township)) || strlen(in->township) > 12)) {
        ctl_complain("--township must be a code of up to 12 digits");
        return false;
    }
    in->facts.persons = 1;
    if (!to_facts(w->facts == NULL ? "" : w->facts, &in->facts) || !to_time(w->at, &in->now_ms) ||
        !to_int("persons", w->persons, 1, PERSONS_MAX, &in->facts.persons) ||
        !to_int("months", w->months, 0, MONTHS_MAX, &in->facts.months) ||
        !to_fen("expense", w->expense, &in->facts.net_expense_fen) ||
        !to_fen("asked", w->asked, &in->facts.asked_fen) ||
        !to_fen("paid", w->paid, &in->household.paid_fen) ||
        !to_int("times", w->times, 0, 1000, &in->household.times) ||
        !to_int("same-cause", w->same_cause, 0, 1000, &in->household.same_cause))
        return false;
    in->fund.available_fen = policy_for(p, in->township, in->now_ms)->fund.initial_fen;
    if (!to_fen("fund", w->fund, &in->fund.available_fen))
        return false;
    int others = 0;
    if (!to_fen("overdue", w->overdue, &in->debt_overdue_fen) ||
        !to_fen("allotted", w->allotted, &in->allotted_fen) ||
        !to_fen("county", w->county, &in->fund.county_fen) ||
        !to_int("same-account", w->same_account, 0, 1000, &others) ||
        !to_int("duplicates", w->duplicates, 0, 1000, &in->open_duplicates))
        return false;
    in->account_persons = others;
    in->relative_declared = w->relative;
    in->payee_missing = w->no_account;
    in->facts.received_ms = in->now_ms;
    in->accepted_ms = in->now_ms;
    in->policy = p;
    return true;
}

static int print_decision(const struct decision_input *in, bool as_json)
{
    static struct decision d;
    struct buf text;
    struct json_out o;

    decide(in, &d);
    buf_init(&text, 1u << 18);
    if (as_json) {
        json_out_init(&o, &text);
        decision_write(&d, &o, NULL);
        buf_put_char(&text, '\n');
    } else {
        decision_explain(&d, &text);
    }
    enum err err = buf_err(&text);
    if (err == ERR_OK)
        printf("%.*s", SLICE_FMT(buf_slice(&text)));
    else
        ctl_complain("%s", err_text(err));
    buf_release(&text);
    return err == ERR_OK ? CTL_OK : CTL_FAILED;
}

int ctl_policy_explain(int argc, char **argv, const struct settings *s)
{
    struct words w = {.policy = s->policy_file, .calendar = s->calendar_file};
    const struct ctl_option options[] = {
        {"cause", &w.cause, NULL},
        {"facts", &w.facts, NULL},
        {"persons", &w.persons, NULL},
        {"months", &w.months, NULL},
        {"expense", &w.expense, NULL},
        {"asked", &w.asked, NULL},
        {"township", &w.township, NULL},
        {"at", &w.at, NULL},
        {"paid", &w.paid, NULL},
        {"times", &w.times, NULL},
        {"fund", &w.fund, NULL},
        {"same-cause", &w.same_cause, NULL},
        {"policy", &w.policy, NULL},
        {"calendar", &w.calendar, NULL},
        {"relative", NULL, &w.relative},
        {"no-account", NULL, &w.no_account},
        {"json", NULL, &w.json},
        {"overdue", &w.overdue, NULL},
        {"allotted", &w.allotted, NULL},
        {"county", &w.county, NULL},
        {"same-account", &w.same_account, NULL},
        {"duplicates", &w.duplicates, NULL},
    };
    static struct calendar calendar;
    struct decision_input in;
    struct policy *p = NULL;
    int status = CTL_USAGE;

    if (argc == 1)
        return ctl_usage(usage);
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)))
        return CTL_USAGE;
    if (argc != 1) {
        ctl_complain("'%s' is not understood; `jiujictl policy explain` alone shows the options",
                     argv[1]);
        return CTL_USAGE;
    }
    if (w.policy[0] == '\0') {
        ctl_complain("no policy pack: give --policy FILE or the setting policy_file");
        return CTL_USAGE;
    }
    calendar_init(&calendar);
    if (!ctl_policy_read(w.policy, &p))
        return CTL_FAILED;
    memset(&in, 0, sizeof in);
    in.calendar = &calendar;
    if (w.calendar[0] != '\0' && !ctl_calendar_read(w.calendar, &calendar))
        status = CTL_FAILED;
    else if (to_input(&w, p, &in))
        status = print_decision(&in, w.json);
    policy_free(p);
    return status;
}
