/* Typed calls about people: duplicates, households, relatives, spot checks, and what somebody has
 * had. Every person is a keyed hash (personal_hash); nothing here is personal data in clear. Slices
 * are borrowed from the arguments or from the reply. The functions: lua/links.lua, people.lua. */
#ifndef QUEUE_STORE_CALLS_PEOPLE_H
#define QUEUE_STORE_CALLS_PEOPLE_H

#include "queue/store/calls_case.h"
#include "queue/store/calls_read.h"

/* ---- Duplicates (重复件): found, linked, shown, never dropped ---- */

#define LINK_HASH_HEX 16   /* digits of a keyed hash that the indexes of places and accounts keep */
#define LINK_TEXT_MAX 2048 /* bytes of decide_case.links */
#define LINK_GENERATIONS_SIZE 16 /* "2026,2025" */

/* Why two cases are linked: word of the store, Chinese. */
#define LINK_KIND_TABLE(X)                               \
    X(LINK_SAME_PERSON, "same_person", "同一人")         \
    X(LINK_SAME_HOUSEHOLD, "same_household", "同一家庭") \
    X(LINK_SAME_EVENT, "same_event", "同一地点同一事由") \
    X(LINK_SAME_ACCOUNT, "same_account", "同一收款账户") \
    X(LINK_DUPLICATE, "duplicate", "并入的重复件")       \
    X(LINK_MASTER, "master", "主件")

/* Chinese label of a kind; "关联" for a word that a person chose. Never NULL. */
const char *link_kind_zh(struct slice word);

/* What the route stage knows of a case, to find its like. */
struct link_query {
    struct slice no;
    struct slice person_hash;
    bool identified; /* by ID number: two such people are two people */
    int64_t day;     /* of the first contact: days since 1970-01-01, China time */
    int64_t
        window_days; /* as far apart two cases may be one; accounts: as long as the index lasts */
    struct slice account; /* LINK_HASH_HEX digits of the account, "" = none */
    struct slice place;   /* 'x' (a house) or 'v' (a village, a street) and LINK_HASH_HEX digits of
                             township,   address and cause; "" = none */
    struct slice lately;  /* loaded_case.lately */
    struct slice household, household_lately; /* loaded_case.household … */
    struct slice account_number;              /* personal_account_hash of the account, "" = none */
    struct slice recused;                     /* for link_text_write: link_finding.officers */
};

struct link_finding {
    int64_t
        account_persons; /* other people (not of the same household) whose cases name the account */
    int64_t open_duplicates; /* open cases that may be this one */
    struct slice known;      /* their numbers, for decide_case.links */
    struct slice officers;   /* whose own the account is: "officer:a,officer:b", "" = nobody's */
};

/* The index of places and accounts is a hash per calendar year, gone after two. Which to look at:
 * this year's, in the first three months the last one's as well. Writing goes to the first. */
void link_generations(int64_t now_ms, char out[LINK_GENERATIONS_SIZE]);

/* One read for 1..64 cases: begin, then add each. findings[0..n) in their order. ERR_CORRUPT. */
void link_find_begin(struct fcall *f, const char *region, const char *generations);
void link_find_add(struct fcall *f, const struct link_query *q);
MUST_CHECK enum err link_find_read(const redisReply *reply, struct link_finding *findings,
                                   size_t n);

/* The text of decide_case.links: what decide looks at again, at once with the envelope, and writes
 * down. spot_due_ms: 0 = not drawn for a spot check. */
void link_text_write(const struct link_query *q, struct slice known, int64_t spot_due_ms,
                     struct buf *out);

/* ---- Households (家庭): caps count per household ---- */

#define HOUSEHOLD_MEMBERS_MAX 20

/* intake_ticket.people: who else belongs to the person's household, and who stands back. key: keyed
 * hash of the household's own number ("" = none); hashes: of the other members; actor:
 * "officer:name" whom the caller has named as a relative ("" = none). Nothing at all writes "".
 * Words that the store would not take are left away. */
void people_text_write(struct slice key, const struct slice *hashes, size_t count,
                       struct slice actor, struct buf *out);

/* Out of a household again: its history goes with the person as well as it stays. ERR_NOT_FOUND: in
 * none. */
void household_leave_write(struct fcall *f, const char *region, struct slice person_hash,
                           struct slice event_tail);
MUST_CHECK enum err household_leave_read(const redisReply *reply);

/* ---- The registers of the staff: who, and the keyed hash of what was entered for him ---- */

#define STAFF_ROWS_MAX 1000

struct staff_row {
    struct slice actor; /* "officer:name" */
    struct slice hash;  /* of a person or an account: all 32 digits */
};
/* Of relative_list_write() and officer_account_list_write(). */
MUST_CHECK enum err staff_list_read(const redisReply *reply, struct staff_row rows[STAFF_ROWS_MAX],
                                    size_t *n);

/* ---- Relatives register (近亲属备案) ---- */

/* add: false takes him off again. The event names the actor, not the person. */
void relative_set_write(struct fcall *f, const char *region, struct slice person_hash,
                        struct slice actor, bool add, struct slice event_tail);
/* *changed: false when it was so already. */
MUST_CHECK enum err relative_set_read(const redisReply *reply, bool *changed);
/* Of one actor, or of all (""), at most STAFF_ROWS_MAX. */
void relative_list_write(struct fcall *f, const char *region, struct slice actor);

/* ---- Officers' own accounts (工作人员本人账户) ----
 *
 * Beside the relatives register, for the payee check: money of a case that would go to an officer's
 * own account asks a person, is checked by the county in any case, and that officer stands back.
 * Kept is the keyed hash of the account's number (personal_account_hash) and whose it is. */

enum officer_account_outcome {
    OFFICER_ACCOUNT_CHANGED,
    OFFICER_ACCOUNT_SAME, /* it was so already */
    OFFICER_ACCOUNT_OWN,  /* nobody takes his own off: another person must */
    OFFICER_ACCOUNT_FULL, /* too many owners of one account, or too many accounts */
    OFFICER_ACCOUNT_OUTCOME_COUNT
};
/* account_hash "" with add false: all accounts of the actor. by: who does it. The event names the
 * actor, not the account. */
void officer_account_set_write(struct fcall *f, const char *region, struct slice account_hash,
                               struct slice actor, bool add, struct slice by,
                               struct slice event_tail);
MUST_CHECK enum err officer_account_set_read(const redisReply *reply,
                                             enum officer_account_outcome *out);
/* Of one actor, or of all (""), at most STAFF_ROWS_MAX. */
void officer_account_list_write(struct fcall *f, const char *region, struct slice actor);

/* ---- What a person and his household have had: per case ---- */

#define HISTORY_SHOWN_MAX 100

struct history_row {
    struct slice no, cause, township;
    int64_t at_ms, fen; /* last approval of the case; 0 fen: what was approved has come back */
    bool own;           /* false: another member of the household */
};
struct history_view {
    struct slice case_township, case_inbox; /* of the case that was asked for: who may see it */
    struct slice year, household_year;      /* as person_year_read takes them; "" = none */
    size_t count;
    struct history_row rows[HISTORY_SHOWN_MAX]; /* newest first */
};
void relief_history_write(struct fcall *f, const char *region, struct slice case_no);
/* ERR_NOT_FOUND: no such case. */
MUST_CHECK enum err relief_history_read(const redisReply *reply, struct history_view *out);

/* ---- Spot checks (抽查) ---- */

#define SPOT_CHECKS_SHOWN_MAX 200

struct spot_check_row {
    struct slice no, township, maker, handler;
    int64_t due_ms;
    enum case_state state;
};
/* Earliest due first, behind `after_ms` (0 = from the start). */
void spot_checks_write(struct fcall *f, const char *region, int64_t after_ms, int64_t most);
MUST_CHECK enum err spot_checks_read(const redisReply *reply, int64_t *total,
                                     struct spot_check_row *rows, size_t *n);

#endif
