/* The decision on a case: pure function of facts, history, fund, policy, calendar and time. Same
 * input, same output.
 *
 * The rules only ever say yes by themselves, and only under a standing order. A refusal, a
 * reduction or a recovery is never automatic: it comes out as "an officer decides" with a proposal
 * (个人信息保护法 §24). What is not known never blocks help where life is in danger. */
#ifndef WORKERS_RULES_DECISION_H
#define WORKERS_RULES_DECISION_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/json.h"
#include "queue/domain/calendar.h"
#include "queue/domain/relief.h"
#include "workers/rules/policy.h"

#define DECISION_WHY_MAX 16
#define DECISION_WHY_SIZE 400 /* bytes of one sentence with its NUL */
#define DECISION_FIRED_MAX 32

/* What someone has had in this calendar year (China time). All >= 0. */
struct relief_history {
    int64_t paid_fen;     /* paid or promised */
    int times;            /* cases with relief, without this one */
    int small_fast_times; /* of these: SMALL_FAST */
    int same_cause;       /* of these: with the cause of this case */
};

/* What can be spent. Everything below 0 counts as 0. */
struct relief_fund {
    int64_t available_fen;   /* township's reserve fund, not spent and not held */
    int64_t today_fen;       /* first aid paid or held today (China time) in this township, whoever
                                approved */
    int64_t order_today_fen; /* paid or held today (China time) by rule in this township, whichever
                                order */
    int64_t order_month_fen; /* the same in this calendar month */
    int64_t county_fen;      /* what the county's reserve holds; 0 = not known */
};

struct decision_input {
    struct case_facts facts; /* persons < 1 counts as 1: not known is no reason to wait */
    struct relief_history person;
    struct relief_history
        household; /* the greater of the two figures counts for caps per household */
    struct relief_fund fund;
    bool relative_declared; /* 近亲属备案: recusal, county review, never by rule */
    bool payee_is_officers; /* the account is an officer's own: the same, and always checked */
    bool payee_doubtful; /* identity number or account cannot be right (queue/domain/payee.h): asks a person */
    bool payee_missing; /* no account to pay to: an officer pays in cash or in kind, or asks for one
                         */
    int64_t account_persons; /* other persons who were paid to the same account: asks a person,
                                never refuses */
    int open_duplicates; /* open cases that may be the same one: a person looks, unless life is in
                            danger */
    int64_t
        debt_overdue_fen; /* review debt: the township's unreviewed money past its due date ... */
    int64_t allotted_fen; /* ... against all that it was allotted */
    uint64_t draw;        /* decision_draw(case number), for the spot check; 0 = none is drawn */
    const char *township; /* code of the township that acts, "" = not known yet */
    const struct policy *policy;
    const struct calendar *calendar;
    int64_t now_ms;
    int64_t accepted_ms; /* sign-for; 0 = not yet: the clocks of acceptance run from now_ms */
};

/* What was decided on, apart from the facts of the case: goes into the record, so that the same
 * decision can be made again years later. Brought into range. */
struct decision_basis {
    char township[DIVISION_CODE_SIZE];
    int64_t now_ms, accepted_ms; /* accepted_ms 0 = not signed for yet */
    struct relief_history person, household;
    struct relief_fund fund;
    int64_t account_persons, debt_overdue_fen, allotted_fen;
    int open_duplicates;
    bool relative_declared, payee_is_officers, payee_missing, payee_doubtful;
};

/* Who acts (track). */
#define TRACK_TABLE(X)                                                        \
    X(TRACK_FIRST_AID, "first_aid",                                           \
      "先行救助") /* pay first_aid_fen now, by rule under a standing order */ \
    X(TRACK_OFFICER, "officer",                                               \
      "经办人决定") /* an officer of the township decides on the proposal */  \
    X(TRACK_COUNTY, "county",                                                 \
      "县级审批") /* above the township's power, or a relative is declared */ \
    X(TRACK_CONFERENCE, "conference",                                         \
      "一事一议") /* a cap is reached or the county's power exceeded */

/* Who must approve amount_fen. */
#define TIER_TABLE(X)                            \
    X(TIER_NONE, "none", "无需审批")             \
    X(TIER_ORDER, "standing_order", "授权令")    \
    X(TIER_TOWNSHIP, "township", "乡镇（街道）") \
    X(TIER_COUNTY, "county", "县级民政部门")     \
    X(TIER_CONFERENCE, "conference", "一事一议会商")

enum track {
#define TRACK_ENUM(id, word, zh) id,
    TRACK_TABLE(TRACK_ENUM)
#undef TRACK_ENUM
        TRACK_COUNT
};
enum tier {
#define TIER_ENUM(id, word, zh) id,
    TIER_TABLE(TIER_ENUM)
#undef TIER_ENUM
        TIER_COUNT
};
const char *track_word(enum track t);
const char *track_zh(enum track t);
const char *tier_word(enum tier t);
const char *tier_zh(enum tier t);

/* A rule that was used, with its input and its limit (fen, days, times ... whatever the rule counts
 * in). */
struct decision_fired {
    const char *rule; /* static: "URGENT_FIRST.amount" */
    int64_t value;
    int64_t limit;
};

struct decision {
    char policy[POLICY_NAME_SIZE]; /* version + hash */
    char triage[24];               /* id of the triage rule that fired */
    enum relief_type type;
    enum urgency urgency;
    enum track track;
    enum tier tier; /* for first_aid_fen when track is TRACK_FIRST_AID, else for amount_fen */
    enum tier follow_up_tier; /* for follow_up_fen; TIER_NONE when that is 0 */
    int fast_tier;            /* SMALL_FAST: 1..FAST_TIERS, else 0 */

    int64_t amount_fen;    /* full entitlement under every cap; a proposal unless track is
                              TRACK_FIRST_AID */
    int64_t first_aid_fen; /* to be paid at once, 0 unless TRACK_FIRST_AID */
    int64_t follow_up_fen; /* amount_fen - first_aid_fen when TRACK_FIRST_AID, else 0: 跟进救助 */
    int64_t officer_first_aid_fen; /* what an officer may pay at once on his own signature; 0 when
                                      TRACK_FIRST_AID */
    int64_t over_cap_fen; /* what the caps cut off: only a conference (or the county, for a repeated
                             cause) can give it */
    int instalments;      /* >= 1 when amount_fen > 0; shares by money_share() */

    bool by_rule;             /* approved by rule: order_id and officer are set */
    bool person_asked;        /* the caller wants a person to decide */
    bool tell_emergency;      /* 110/119/120 must be told as well */
    bool county_must_review;  /* relative declared, or an officer's own account */
    bool from_county_reserve; /* first aid comes from the county's reserve: life is in danger and
                                 the township's money is blocked by its review debt or used up */
    bool countersign; /* review debt: first aid, officer_first_aid_fen as well, needs the county's
                         countersignature; never by rule */
    bool spot_check;  /* drawn for 抽查 (always for a relative's case, if the pack says so) */
    bool calendar_assumed; /* a deadline lies in a year whose holidays are not known */
    char order_id[ORDER_ID_SIZE];
    char officer[ORDER_OFFICER_SIZE];
    char disaster[DISASTER_ID_SIZE]; /* declared disaster whose surge was in force; "" = none */

    /* Deadlines, ms; 0 = this case has none. In time means now < deadline. */
    int64_t dispatch_by_ms; /* from the first contact */
    int64_t accept_by_ms;   /* from now, the moment of dispatch */
    int64_t pay_target_ms;  /* what we aim at; SMALL_FAST only */
    int64_t pay_by_ms;      /* first aid and SMALL_FAST: from acceptance. Others: paid
                               payment.working_days after approval */
    int64_t papers_by_ms;   /* 补齐手续: booked together with the first aid */
    int64_t review_by_ms;   /* the township has decided, or confirmed the first aid */
    int64_t county_by_ms;   /* the county has decided */
    int publicity_days;     /* 0 = no publicity */

    struct decision_basis basis;
    int fired_count;
    struct decision_fired fired[DECISION_FIRED_MAX];
    int why_count;
    char why[DECISION_WHY_MAX]
            [DECISION_WHY_SIZE]; /* plain Chinese sentences for the citizen and the auditor */
};

/* Pure; cannot fail: numbers out of range are brought into it. in->policy, in->calendar and
 * in->township must be set.
 */
void decide(const struct decision_input *in, struct decision *out);

/* A number for the spot check out of the case number: the same for ever, never 0, evenly spread.
 * Pure. */
uint64_t decision_draw(struct slice case_no);

/* Where the number of a fired rule stands in the pack: "URGENT_FIRST.amount" ->
 * "urgent_first.months". Its group's legal_basis is the reference. "" for a rule that is no number
 * of the pack. */
const char *decision_rule_key(const char *rule);

/* What was decided on, apart from the facts: out of "input" of a stored decision, so that any
 * decision can be made again years later. Fills everything but facts, policy, calendar and draw;
 * `township` (>= DIVISION_CODE_SIZE) is what in->township points to afterwards. ERR_NOT_FOUND: an
 * old record without its input. ERR_CORRUPT. */
MUST_CHECK enum err decision_input_read(const struct json *decision, struct decision_input *in,
                                        char *township);

/* The decision as a JSON object (words, fen, RFC 3339 times, fired rules, why[]): for events and
 * previews. */
void decision_write(const struct decision *d, struct json_out *o, const char *name);
/* The decision as Chinese text of some lines, for officers and for the operator's tool. */
void decision_explain(const struct decision *d, struct buf *out);

#endif
