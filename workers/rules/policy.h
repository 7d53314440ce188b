/* The policy pack: every number, list and legal basis that the rules use, as data with dates (ops/policy/README.md
 * describes the form, ops/policy/base.json is the pack that is shipped). One pack holds the base rules, overlays by
 * division code and date, and standing orders. It is read once, checked strictly (unknown keys, types, ranges,
 * contradictions: nothing is guessed), resolved for every division and period at load, and never changes afterwards: a
 * new pack is a new struct policy.
 *
 * Sources of the defaults: domain.md section 8; "小额快救": 民政部、财政部 2026-01 意见. Pure after loading. */
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
#define ORDER_DIVISIONS_MAX 32
#define ORDER_QUALIFY_MAX 16
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

/* Rules in force for one division at one time. D = standard.dibao_month_fen, n = persons, m = months. WD = working
 * days. Each group carries the legal basis that is cited in the reasons. Names are the keys of the pack. */
struct policy_rules {
    char name[POLICY_NAME_SIZE]; /* version + hash of the pack: goes into every decision */
    struct {
        int64_t dibao_month_fen; /* D: local monthly urban 低保 standard per person */
        bool demo;               /* a national mean for trying out, not the county's own figure */
        char legal_basis[POLICY_BASIS_SIZE];
    } standard;
    struct {
        int tier_permille[FAST_TIERS]; /* of D, ascending, never above 1000 (national cap: one month) */
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
        int64_t least_fen;       /* when less than this can be paid at once, a person decides instead */
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
        int same_cause_per_year;
        int times_per_year;
        char legal_basis[POLICY_BASIS_SIZE];
    } caps;
    struct {
        int above_months; /* more months than this are paid monthly */
        int most;         /* but in no more instalments than this */
        char legal_basis[POLICY_BASIS_SIZE];
    } instalments;
    struct {
        int64_t initial_fen;
        int low_permille; /* of the last allotment: warn below */
        char legal_basis[POLICY_BASIS_SIZE];
    } fund;
    struct {
        bool relative_county_review; /* an officer's relative is reviewed by the county */
        int relative_check_permille;
        int spot_check_permille;
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
        char legal_basis[POLICY_BASIS_SIZE];
    } follow_up;
    struct {
        uint32_t reasons; /* bits per enum pause_reason */
        char legal_basis[POLICY_BASIS_SIZE];
    } clock_pause;
    struct {
        int conference_participants;        /* least at 一事一议 */
        char remedy[POLICY_BASIS_SIZE * 2]; /* told with every refusal */
        char legal_basis[POLICY_BASIS_SIZE];
    } notice;
    struct {
        int rule_count;
        struct triage_rule rules[POLICY_TRIAGE_MAX]; /* first that holds wins; the last one always holds */
        char legal_basis[POLICY_BASIS_SIZE];
    } triage;
};

/* 授权令: a named officer's signed, expiring authorisation to approve by rule. Without one that fits, an officer
 * decides. */
struct standing_order {
    char id[ORDER_ID_SIZE];
    char officer[ORDER_OFFICER_SIZE];                        /* officer's code: no name, no phone */
    char office[ORDER_OFFICE_SIZE];                          /* name of the office, shown to citizens */
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
    char legal_basis[POLICY_BASIS_SIZE];
};

struct policy; /* owned by who loaded it; immutable, so any number of readers */

/* On ERR_OK *out is the caller's (policy_free). ERR_INPUT: the pack is refused and `why` (may be NULL) holds every
 * fault found, one per line: `line 12: /rules/expense/months_max: must be 1..24: write the number of months`.
 * ERR_TOO_LARGE (> POLICY_BYTES_MAX), ERR_NO_MEMORY. */
MUST_CHECK enum err policy_load(struct slice json, struct policy **out, struct buf *why);
void policy_free(struct policy *p); /* NULL is allowed */

/* Rules in force in a township (its code, 6..12 digits; "" = not known yet: the base rules) at a time: base, then the
 * overlays whose division is a prefix of the code and whose dates hold, shorter prefixes first. Never NULL; lives as
 * long as p. */
const struct policy_rules *policy_for(const struct policy *p, const char *township, int64_t at_ms);

const char *policy_version(const struct policy *p);
uint64_t policy_hash(const struct policy *p);
const char *policy_name(const struct policy *p); /* "version+hash": what decisions are pinned to */

int policy_order_count(const struct policy *p);
const struct standing_order *policy_order(const struct policy *p, int i);
/* Order with that id, NULL if there is none. */
const struct standing_order *policy_order_by_id(const struct policy *p, struct slice id);
/* Order that lets this kind of case be approved by rule in this township now, NULL if there is none. Of several the
 * one with the longest division prefix, then the first in the pack. facts: condition_facts(). */
const struct standing_order *policy_order_for(const struct policy *p, const char *township, int64_t at_ms,
                                              enum relief_type type, enum urgency urgency, enum cause cause,
                                              uint32_t facts);

/* Overlays in the order of the pack, for showing what is in force. */
struct policy_overlay {
    char division[DIVISION_CODE_SIZE];
    int rank; /* of two overlays for one division at one time the higher rank is laid on last; equal ranks must not
                 overlap */
    int64_t from_ms, to_ms; /* from <= at < to; INT64_MAX = open */
    char title[POLICY_BASIS_SIZE];
};
int policy_overlay_count(const struct policy *p);
const struct policy_overlay *policy_overlay(const struct policy *p, int i);

#endif
