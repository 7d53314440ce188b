/* The policy pack: every number, list and legal basis that the rules use, as data with dates
 * (ops/policy/README.md describes the form, ops/policy/base.json is the pack that is shipped). One
 * pack holds the base rules, overlays by division code and date, surges that a declared disaster
 * switches on, and standing orders. It is read once, checked strictly (unknown keys, types, ranges,
 * contradictions: nothing is guessed), resolved for every division and period at load, and never
 * changes afterwards: a new pack is a new struct policy.
 *
 * Sources of the defaults: domain.md section 8; "小额快救": 民政部、财政部 2026-01 意见. Pure after
 * loading. */
#ifndef WORKERS_RULES_POLICY_H
#define WORKERS_RULES_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "queue/domain/relief.h"
#include "workers/rules/condition.h"

#define POLICY_VERSION_SIZE 33 /* version text of the pack with its NUL */
#define POLICY_NAME_SIZE 64    /* "2026.1+0123456789abcdef" */
#define POLICY_BASIS_SIZE 161  /* bytes of a legal basis with its NUL */
#define POLICY_TRIAGE_MAX 48
#define POLICY_TIER_RULES_MAX 24
#define POLICY_OVERLAYS_MAX 512
#define POLICY_ORDERS_MAX 256
#define POLICY_BYTES_MAX (4u << 20)
#define ORDER_ID_SIZE 41
#define ORDER_OFFICER_SIZE 41
#define ORDER_OFFICE_SIZE 121
#define ORDER_SIGNATURE_SIZE 96
#define ORDER_DIVISIONS_MAX 32
#define ORDER_QUALIFY_MAX 16
#define POLICY_SURGES_MAX 32
#define POLICY_DISASTERS_MAX 64 /* declared, at one time */
#define DISASTER_ID_SIZE 24
#define DISASTER_TITLE_SIZE 121 /* bytes of a disaster's name with its NUL */
#define SURGE_ID_SIZE 24
#define DEBT_STEPS_MAX 8
#define FAST_TIERS 3

struct triage_rule {
    char id[24]; /* named in the reasons */
    struct condition when;
    enum relief_type type;
    enum urgency urgency;
};

struct fast_tier_rule {
    struct condition when;
    int tier; /* 1..FAST_TIERS */
};

/* A step of the review debt (补齐手续欠账): holds when the township's overdue unreviewed money
 * reaches overdue_fen (0 = no such demand) or overdue_permille of what it was allotted (0 = no such
 * demand). The last step that holds counts. */
struct debt_step {
    int64_t overdue_fen;
    int overdue_permille;
    int ceiling_permille; /* of the township's first-aid ceiling that is left: 0..1000 */
    bool countersign; /* first aid needs the county's countersignature as well; last step only */
};

/* What brings a case to a conference (一事一议): words of conference.triggers. What is not listed
 * goes to the county. */
#define TRIGGER_TABLE(X)                                            \
    X(TRIGGER_YEAR_CAP, "year_cap", "年度累计限额已用完")           \
    X(TRIGGER_TIMES, "times", "年度次数已用完")                     \
    X(TRIGGER_COUNTY_CEILING, "county_ceiling", "超过县级审批上限") \
    X(TRIGGER_COMPLEX, "complex", "情况复杂，经办人提出会商")

enum conference_trigger {
#define TRIGGER_ENUM(id, word, zh) id,
    TRIGGER_TABLE(TRIGGER_ENUM)
#undef TRIGGER_ENUM
        TRIGGER_COUNT
};

/* Why a clock may stand still (never for first aid): words of clock_pause.reasons. */
#define PAUSE_TABLE(X)                                            \
    X(PAUSE_ECONOMY_CHECK, "economy_check", "家庭经济状况核对")   \
    X(PAUSE_PUBLICITY, "publicity", "公示")                       \
    X(PAUSE_FUND_APPROPRIATION, "fund_appropriation", "资金拨付") \
    X(PAUSE_APPLICANT, "applicant", "等待申请人补充材料")

enum pause_reason {
#define PAUSE_ENUM(id, word, zh) id,
    PAUSE_TABLE(PAUSE_ENUM)
#undef PAUSE_ENUM
        PAUSE_COUNT
};

/* Rules in force for one division at one time. D = standard.dibao_month_fen, n = persons, m =
 * months. WD = working days. Each group carries the legal basis that is cited in the reasons. Names
 * are the keys of the pack. */
struct policy_rules {
    char name[POLICY_NAME_SIZE];     /* version + hash of the pack: goes into every decision */
    char disaster[DISASTER_ID_SIZE]; /* declared disaster whose surge was laid on last; "" = none */
    char disaster_title[DISASTER_TITLE_SIZE];
    char surge[SURGE_ID_SIZE]; /* the surge it switched on; "" = none */
    struct {
        int64_t dibao_month_fen; /* D: local monthly urban 低保 standard per person */
        bool demo;               /* a national mean for trying out, not the county's own figure */
        char legal_basis[POLICY_BASIS_SIZE];
    } standard;
    struct {
        int tier_permille[FAST_TIERS]; /* of D, ascending, never above 1000 (national cap: one
                                          month) */
        bool per_person;               /* amount per head instead of per case */
        int days;                      /* calendar days, hard limit */
        int target_hours;
        bool counts_in_year; /* counts for caps.times_per_year */
        bool limit_to_asked; /* not more than the caller asked for, when that is known */
        int default_tier;
        int tier_rule_count;
        struct fast_tier_rule tier_rules[POLICY_TIER_RULES_MAX]; /* first that holds wins */
        char legal_basis[POLICY_BASIS_SIZE];
    } small_fast;
    struct {
        int months;              /* first aid up to months x D x n */
        int pay_hours;           /* from acceptance */
        int papers_working_days; /* from acceptance */
        int64_t least_fen; /* when less than this can be paid at once, a person decides instead */
        char legal_basis[POLICY_BASIS_SIZE];
    } urgent_first;
    struct {
        int months;       /* up to months x D x n */
        int working_days; /* to decide, from acceptance */
        char legal_basis[POLICY_BASIS_SIZE];
    } urgent_std;
    struct {
        int months_max;
        int months_default; /* reckoned with when the months are not known yet */
        int township_working_days;
        int county_working_days;
        int recognised_working_days; /* township's days for 在册 households: no economy check */
        int recheck_months; /* income and property of 在册 households are not looked at again so
                               long */
        int publicity_days;
        char legal_basis[POLICY_BASIS_SIZE];
    } expense;
    struct {
        int months;         /* months x D per case ... */
        int64_t amount_fen; /* ... and never more than this */
        char legal_basis[POLICY_BASIS_SIZE];
    } township_ceiling;
    struct {
        int months_per_person;      /* months x D x n; above it: 一事一议 */
        int64_t amount_fen;         /* per case as well; 0 = no such limit */
        int follow_up_working_days; /* for what the township could not pay (跟进救助) */
        char legal_basis[POLICY_BASIS_SIZE];
    } county_ceiling;
    struct {
        int64_t household_year_fen; /* per household and calendar year */
        int64_t person_year_fen;    /* per person and calendar year */
        int64_t township_day_fen; /* first aid in one township and China-time day, whoever approves;
                                     0 = no such cap */
        int same_cause_per_year;  /* per household */
        int times_per_year;       /* per household */
        char legal_basis[POLICY_BASIS_SIZE];
    } caps;
    struct {
        int above_months; /* more months than this are paid monthly */
        int most;         /* but in no more instalments than this */
        int report_days; /* the household tells of a great change within so many days; it stops what
                            is left */
        char legal_basis[POLICY_BASIS_SIZE];
    } instalments;
    struct {
        int64_t initial_fen;
        int low_permille;       /* of the last allotment: warn below and ask for more */
        int replenish_permille; /* of initial_fen: ask for so much that the fund holds this again */
        int64_t borrow_fen; /* most that one township may owe to the county reserve; 0 = it may not
                               borrow */
        char legal_basis[POLICY_BASIS_SIZE];
    } fund;
    struct {
        bool relative_county_review; /* an officer's relative is reviewed by the county */
        int relative_check_permille; /* 抽查 of declared relatives' cases */
        int repeat_check_permille;   /* of cases with an open duplicate or a repeated cause */
        int spot_check_permille;     /* of all others that are proposed relief */
        int account_persons; /* paid to one account for so many other persons already: a person
                                looks first */
        int duplicate_days;  /* two cases this near in time may be one */
        char legal_basis[POLICY_BASIS_SIZE];
    } integrity;
    struct {
        int minutes[URGENCY_COUNT]; /* outer limit from the first contact, by urgency */
        int target_seconds;
        char legal_basis[POLICY_BASIS_SIZE];
    } dispatch;
    struct {
        int critical_minutes;
        int urgent_minutes;
        int normal_working_days;
        char legal_basis[POLICY_BASIS_SIZE];
    } accept;
    struct {
        int working_days;
        int critical_minutes; /* 特急: only re-route, within this */
        int times;            /* after so many returns the county designates */
        char legal_basis[POLICY_BASIS_SIZE];
    } give_back; /* "return" in the pack: 退单 */
    struct {
        int working_days; /* from approval to payment */
        int retry_times;  /* bank_retry: a failed order is issued anew at most so often ... */
        int correct_working_days; /* ... and its account is corrected within */
        int confirm_hours; /* the citizen is asked whether the money came, so long after payment */
        char legal_basis[POLICY_BASIS_SIZE];
    } payment;
    struct {
        int ack_seconds;
        int ack_target_seconds;
        char legal_basis[POLICY_BASIS_SIZE];
    } sms;
    struct {
        int answer_seconds;
        int connect_permille;
        char legal_basis[POLICY_BASIS_SIZE];
    } hotline;
    struct {
        int working_days; /* 回访: from closing */
        int redo_times;
        int attempts; /* logged attempts that stand for the citizen's word */
        char legal_basis[POLICY_BASIS_SIZE];
    } follow_up;
    struct {
        uint32_t reasons; /* bits per enum pause_reason */
        int look_days;    /* nobody has said until when: then the county's duty desk looks */
        int most_days;    /* longest pause that somebody may say */
        char legal_basis[POLICY_BASIS_SIZE];
    } clock_pause;
    struct {
        int working_days;                   /* the written decision reaches the applicant within */
        char remedy[POLICY_BASIS_SIZE * 2]; /* told with every refusal */
        char legal_basis[POLICY_BASIS_SIZE];
    } notice;
    struct {
        int participants;  /* least at 一事一议 */
        uint32_t triggers; /* bits per enum conference_trigger */
        int working_days;  /* from the trigger to the minutes */
        int64_t most_fen;  /* what a conference may give in one case; 0 = no such limit */
        char legal_basis[POLICY_BASIS_SIZE];
    } conference;
    struct {
        int small_fast_days; /* 公示 in calendar days, by type; expense.publicity_days is that of
                                EXPENSE. 0 = none */
        int urgent_days;
        int objection_working_days; /* an objection is looked into within; it holds the unpaid part
                                       only */
        int take_down_days;         /* the list disappears so long after its end */
        char legal_basis[POLICY_BASIS_SIZE];
    } publicity;
    struct {
        int step_count; /* 0 = no ceiling ever falls */
        struct debt_step steps[DEBT_STEPS_MAX];
        char legal_basis[POLICY_BASIS_SIZE];
    } review_debt;
    struct {
        int notice_days;       /* from the notice of recovery to the day the money is due */
        int answer_days;       /* the person may answer before anything is decided */
        int hardship_months;   /* a debt up to so many months x D may be waived for hardship by the
                                  county */
        int instalments_most;  /* monthly */
        int64_t write_off_fen; /* above it a conference must write off */
        char legal_basis[POLICY_BASIS_SIZE];
    } recovery;
    struct {
        int64_t most_fen; /* largest sum by hand in one case; 0 = no cash */
        bool witness;     /* a second officer or a witness must sign */
        int code_minutes; /* how long the receipt code holds */
        int count_days;   /* the cash box is counted every so many days */
        char legal_basis[POLICY_BASIS_SIZE];
    } cash;
    struct {
        int ack_working_days; /* the receiving side acknowledges within */
        int child_minutes;    /* a child without a guardian: child protection acknowledges within */
        char legal_basis[POLICY_BASIS_SIZE];
    } referral;
    struct {
        int warn_permille;      /* of a clock: warn when so much of it has run */
        int county_hours;       /* overdue so long: the county is told */
        int chase_working_days; /* overdue so long after the first chase: written criticism */
        char legal_basis[POLICY_BASIS_SIZE];
    } escalation;
    struct {
        int township_signatures; /* different accounts that sign within the township's power */
        int county_signatures;   /* more of them above it */
        char legal_basis[POLICY_BASIS_SIZE];
    } approval;
    struct {
        int rows_max; /* households in one list */
        char legal_basis[POLICY_BASIS_SIZE];
    } roster;
    struct {
        int case_years;
        int voucher_years; /* payments and ledger */
        int recording_months;
        int sms_months;
        int log_months;
        int approval_log_months;
        char legal_basis[POLICY_BASIS_SIZE];
    } retention;
    struct {
        int rule_count;
        struct triage_rule
            rules[POLICY_TRIAGE_MAX]; /* first that holds wins; the last one always holds */
        char legal_basis[POLICY_BASIS_SIZE];
    } triage;
};

/* 授权令: a named officer's signed, expiring authorisation to approve by rule. Without one that
 * fits, an officer decides. */
struct standing_order {
    char id[ORDER_ID_SIZE];
    char officer[ORDER_OFFICER_SIZE]; /* officer's code: no name, no phone */
    char office[ORDER_OFFICE_SIZE];   /* name of the office, shown to citizens */
    char divisions[ORDER_DIVISIONS_MAX][DIVISION_CODE_SIZE]; /* prefixes of township codes */
    int division_count;
    uint32_t types; /* bits per enum relief_type: SMALL_FAST and URGENT only */
    enum urgency least_urgency;
    struct condition qualify[ORDER_QUALIFY_MAX]; /* one of them must hold */
    int qualify_count;
    int64_t case_fen;                   /* most in one case */
    int64_t day_fen;                    /* most in one township and China-time day */
    int64_t month_fen;                  /* most in one township and calendar month */
    int64_t valid_from_ms, valid_to_ms; /* from <= now < to */
    bool demo;                          /* for trying out: void wherever standard.demo is false */
    char surge[SURGE_ID_SIZE]; /* holds only while this surge is switched on there; "" = always */
    char legal_basis[POLICY_BASIS_SIZE];
    /* 签发记录: who signed when, and the document's number. The pack as a whole is approved by a
     * second person. */
    char signed_by[ORDER_OFFICER_SIZE]; /* code of the officer: the one in `officer` */
    char document[ORDER_OFFICE_SIZE];
    char ed25519[ORDER_SIGNATURE_SIZE]; /* base64, over pack_signature.h's bytes; "" = only the
                                           record */
    int64_t signed_ms; /* first instant of the day, China time; never behind valid_from_ms */
};

/* A declared disaster (启动应急响应): where and when a surge of the pack is switched on. Laid over
 * everything else, in the order given. */
struct disaster {
    char id[DISASTER_ID_SIZE];
    char title[DISASTER_TITLE_SIZE]; /* as citizens read it: "2026年7月暴雨洪涝" */
    char surge[SURGE_ID_SIZE];       /* id in the pack's "surges" */
    char divisions[ORDER_DIVISIONS_MAX][DIVISION_CODE_SIZE];
    int division_count;
    int64_t from_ms, to_ms; /* from <= at < to */
};

struct policy; /* owned by who loaded it; immutable, so any number of readers */

/* On ERR_OK *out is the caller's (policy_free). ERR_INPUT: the pack is refused and `why` (may be
 * NULL) holds every fault found, one per line: `line 12: /rules/expense/months_max: must be 1..24:
 * write the number of months`. ERR_TOO_LARGE (> POLICY_BYTES_MAX), ERR_NO_MEMORY. */
MUST_CHECK enum err policy_load(struct slice json, struct policy **out, struct buf *why);
/* The same with disasters declared: copied, at most POLICY_DISASTERS_MAX. One whose surge the pack
 * does not hold is left out, and so is one that makes the rules contradict each other; `why` then
 * says so although the result is ERR_OK. */
MUST_CHECK enum err policy_load_declared(struct slice json, const struct disaster *disasters,
                                         size_t count, struct policy **out, struct buf *why);
void policy_free(struct policy *p); /* NULL is allowed */

/* Rules in force in a township (its code, 6..12 digits; "" = not known yet: the base rules) at a
 * time: base, then the overlays whose division is a prefix of the code and whose dates hold,
 * shorter prefixes first. Never NULL; lives as long as p. */
const struct policy_rules *policy_for(const struct policy *p, const char *township, int64_t at_ms);

/* The JSON it was read from; lives as long as p. */
struct slice policy_text(const struct policy *p);
const char *policy_version(const struct policy *p);
uint64_t policy_hash(const struct policy *p);
const char *policy_name(const struct policy *p); /* "version+hash": what decisions are pinned to */
/* Who the pack says has signed it (pack_signature.h looks whether that is so), "" = nobody. */
const char *policy_signed_by(const struct policy *p);

/* Review debt: the step that holds in a township whose unreviewed money past its due date is
 * overdue_fen, of allotted_fen that it was given; NULL when none does. Shares of the allotted count
 * when that is > 0. Lives as long as r. */
const struct debt_step *policy_debt_step(const struct policy_rules *r, int64_t overdue_fen,
                                         int64_t allotted_fen);
/* Most that a township may approve in one case: min(months x D, amount), fen. */
int64_t policy_township_ceiling(const struct policy_rules *r);
/* Most that it may pay before review: the same, stepped down by its review debt. Where life is in
 * danger the debt does not count here: that money comes from the county's reserve. */
int64_t policy_first_aid_ceiling(const struct policy_rules *r, int64_t overdue_fen,
                                 int64_t allotted_fen, bool danger_to_life);

int policy_order_count(const struct policy *p);
const struct standing_order *policy_order(const struct policy *p, int i);
/* Take all orders away: nothing is approved by rule any more, officers decide. For a process that
 * cannot read the pack which two people have activated: what it still has are not the rules in
 * force. */
void policy_suspend_orders(struct policy *p);
/* Order with that id, NULL if there is none. */
const struct standing_order *policy_order_by_id(const struct policy *p, struct slice id);
/* Order that lets this kind of case be approved by rule in this township now, NULL if there is
 * none. Of several the one with the longest division prefix, then the first in the pack. facts:
 * condition_facts(). */
const struct standing_order *policy_order_for(const struct policy *p, const char *township,
                                              int64_t at_ms, enum relief_type type,
                                              enum urgency urgency, enum cause cause,
                                              uint32_t facts);

/* Surges (应急规则) in the order of the pack: what a declared disaster may switch on. */
struct policy_surge {
    char id[SURGE_ID_SIZE];
    char title[POLICY_BASIS_SIZE];
};
int policy_surge_count(const struct policy *p);
const struct policy_surge *policy_surge(const struct policy *p, int i);
/* Index of the surge with that id, -1 if there is none. */
int policy_surge_find(const struct policy *p, struct slice id);
/* The base rules with this surge laid over them: for showing what it changes. */
const struct policy_rules *policy_surge_rules(const struct policy *p, int i);

/* Overlays in the order of the pack, for showing what is in force; declared disasters stand behind
 * them. */
struct policy_overlay {
    char division[DIVISION_CODE_SIZE];
    int rank; /* of two overlays for one division at one time the higher rank is laid on last; equal
                 ranks must not overlap */
    int64_t from_ms, to_ms; /* from <= at < to; INT64_MAX = open */
    char title[POLICY_BASIS_SIZE];
    int disaster; /* index in the order of declaration; -1 = an overlay of the pack */
};
int policy_overlay_count(const struct policy *p);
const struct policy_overlay *policy_overlay(const struct policy *p, int i);

#endif
