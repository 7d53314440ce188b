/* POST /v1/cases/{no}/{verb}: what the parts of it share. verb_table.c says who may say which verb
 * with which fields, verb_body.c reads them, verb_plan.c makes the store's arguments out of them,
 * api_verbs.c is the way from the request to the answer. */
#ifndef SERVER_VERB_H
#define SERVER_VERB_H

#include "queue/store/calls_read.h"
#include "server/clocks_read.h"
#include "server/op.h"

/* Fields of the body besides `reason`, which every verb needs. */
enum verb_field {
    FIELD_CLAIM = 1 << 0,        /* "claim": number of the claim */
    FIELD_AMOUNT = 1 << 1,       /* "amount_fen" */
    FIELD_TOWNSHIP = 1 << 2,     /* "township": 9 digits, of this region */
    FIELD_ANSWER = 1 << 3,       /* "answer": yes, no, unreachable */
    FIELD_MISLED = 1 << 4,       /* "misled": words of the place that led astray, optional */
    FIELD_CASE = 1 << 5,         /* "case": number of another case */
    FIELD_KIND = 1 << 6,         /* "kind": how two cases have to do with each other */
    FIELD_TARGET = 1 << 7,       /* "target": to whom it is referred */
    FIELD_REFERRAL = 1 << 8,     /* "referral": number, and "outcome": accepted, declined, done */
    FIELD_METHOD = 1 << 9,       /* "method": bank (default), cash, goods */
    FIELD_INSTALMENTS = 1 << 10, /* "instalments": 1..36, optional */
    FIELD_MINUTES = 1 << 11,     /* "participants", "votes_for", "votes_against", "minutes" */
    FIELD_PAYMENT = 1 << 12,     /* "payment": id */
    FIELD_WITNESS = 1 << 13,     /* "witness": code of who was there */
    FIELD_CODE = 1 << 14,        /* "code": six digits read back, optional */
    FIELD_ACCOUNT = 1 << 15,     /* "account" */
    FIELD_RATING = 1 << 16,      /* "rating": 1..5 */
    FIELD_FACTS = 1 << 17,       /* "persons", "months", "place" …: what is added */
    FIELD_REFUND = 1 << 18,      /* "outcome": paid, retained */
    FIELD_PAYEE = 1 << 19        /* "payee_confirmed": true, optional */
};

struct verb_rule {
    enum case_verb verb;
    unsigned roles;  /* bits of enum role */
    unsigned fields; /* bits of enum verb_field */
};

/* NULL: nobody says this verb. */
const struct verb_rule *verb_rule(enum case_verb verb);

/* To whom a case is referred (转介): word, whom the citizen is told of, child protection within
 * the policy's minutes. */
#define REFERRAL_TARGET_TABLE(X)                             \
    X(TARGET_DIBAO, "dibao", "低保")                         \
    X(TARGET_TEKUN, "tekun", "特困供养")                     \
    X(TARGET_MEDICAL, "medical", "医疗救助")                 \
    X(TARGET_EDUCATION, "education", "教育救助")             \
    X(TARGET_HOUSING, "housing", "住房救助")                 \
    X(TARGET_WORK, "work", "就业救助")                       \
    X(TARGET_RELIEF_STATION, "relief_station", "救助管理站") \
    X(TARGET_CHILD, "child_protection", "未成年人救助保护")  \
    X(TARGET_CHARITY, "charity", "慈善组织")                 \
    X(TARGET_SOCIAL_WORK, "social_work", "社会工作服务")

#define REFERRAL_TARGET_ENUM(id, word, zh) id,
enum referral_target { REFERRAL_TARGET_TABLE(REFERRAL_TARGET_ENUM) REFERRAL_TARGET_COUNT };
#undef REFERRAL_TARGET_ENUM

#define PARTICIPANTS_MAX 30
#define RECEIPT_CODE_DIGITS 6

struct verb_body {
    struct slice reason, township, answer, misled, other, kind, payment, witness, code, account,
        outcome, minutes;
    int64_t claim, amount_fen, referral, instalments, rating, votes_for, votes_against;
    enum referral_target target;
    char method; /* 'b', 'c', 'g', 's' */
    struct slice participants[PARTICIPANTS_MAX];
    size_t participant_count;
    bool payee_confirmed;
};

struct verb_state {
    struct slice no;
    enum case_verb verb;
    const struct verb_rule *rule;
    struct verb_body body;
    int64_t version; /* If-Match, 0 = any */
    /* out of the first look */
    struct case_facts facts;
    char township[DIVISION_CODE_SIZE];
    char decision_type[16]; /* word of enum relief_type, "" before the decision */
    int64_t entitled_fen;   /* by the rules, 0 = not decided */
    int64_t approved_fen;
    /* first-aid: the township's fund and its review debt, and the reserve behind it ("" = none) */
    int64_t fund_available_fen, fund_allotted_fen, fund_overdue_fen, reserve_available_fen;
    char reserve[DIVISION_CODE_SIZE];
    enum case_state state;
    enum urgency urgency;
    struct slice sealed_anew;   /* account, add: the personal data as it will be stored */
    struct slice facts_anew;    /* add */
    struct slice account_links; /* account: by which others with it are found */
    bool place_added;
    char receipt_code[RECEIPT_CODE_DIGITS + 1]; /* hand-over: what the citizen is sent */
    struct act_result result;
    struct payee_state *payee;     /* payee_check.h; NULL = not looked at */
    struct clocks_reading reading; /* return: until when it may be */
    int64_t late_ms;               /* since when the township may no longer return it; 0 = it may */
};

/* Read the body for the verb's fields; answers the op itself and returns false when something is
 * missing, malformed or unknown. */
bool verb_body_read(struct op *op, struct verb_state *st);

/* `add` and `account`: the personal data and facts with what the body brings. v: the case as just
 * read. Answers the op itself when it returns false. */
bool verb_merge(struct op *op, struct verb_state *st, const struct case_view *v);

/* Everything the store needs for the verb, out of body, case and policy. aid: room for the order
 * of `first-aid`. Answers the op itself when it returns false. */
bool verb_plan(struct op *op, struct verb_state *st, struct act_request *r, struct aid_order *aid);

/* Copy of a text in the op's arena; {NULL, 0} when memory is out. */
struct slice verb_keep(struct op *op, struct slice text);

#endif
