/* Provider profile: what a provider promises about an order id, as data (ops/pay/NAME.json), so that one state machine
 * serves every rail. Why it is needed: providers differ in how long they remember an id (after that the same id is a
 * NEW order), in whether an id can be queried at all, and in what their "not found" means while an order is in flight.
 *
 *     {"format": 1, "rail": "wechat", "title": "微信支付商家转账",
 *      "answers": "at_once", "key_life_s": 259200, "query_by_key": true, "query_after_s": 60, "query_life_s": 2592000,
 *      "settle_s": 600, "not_found": "may_be_in_flight", "batch_max": 1,
 *      "amount_min_fen": 30, "amount_max_fen": 20000000,
 *      "quiet": [{"from": "23:00", "to": "06:00"}]}
 *
 * The functions are pure: time comes in as an argument. Rules: reliability R8 and R10. */
#ifndef INTEGRATIONS_PAY_PAY_PROFILE_H
#define INTEGRATIONS_PAY_PAY_PROFILE_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define PAY_RAIL_NAME_SIZE 33 /* [a-z][a-z0-9_]{0,31} and a NUL */
#define PAY_TITLE_SIZE 97
#define PAY_QUIET_MAX 4
#define PAY_PROFILE_BATCH_MAX 10000
#define PAY_LIFE_S_MAX (INT64_C(10) * 366 * 86400) /* ten years: "for ever" */

enum pay_answers {
    PAY_ANSWERS_AT_ONCE, /* disburse() asks the provider and brings its answer */
    PAY_ANSWERS_LATER    /* disburse() brings ACCEPTED when the order is durable; outcomes come by collect() */
};

/* What the provider's "I do not know this id" is worth. */
enum pay_not_found {
    PAY_NOT_FOUND_IS_UNKNOWN, /* "may_be_in_flight": believed only when settle_s has passed, and then only enough to
                                 send the SAME id again within the key's life */
    PAY_NOT_FOUND_IS_NEVER    /* "never_seen": true at once */
};

/* Minutes since 00:00 China time, 0..1439, from < to or over midnight; from included, to not. */
struct pay_quiet {
    int from_minute, to_minute;
};

struct pay_profile {
    char rail[PAY_RAIL_NAME_SIZE];
    char title[PAY_TITLE_SIZE]; /* Chinese, for people */
    enum pay_answers answers;
    int64_t key_life_s; /* 60..PAY_LIFE_S_MAX: a repeat of the id within it is the same order */
    bool query_by_key;
    int64_t query_after_s; /* 0..86400: an earlier query may say "not found" of an order that was taken */
    int64_t query_life_s;  /* 60..PAY_LIFE_S_MAX: later the provider no longer answers for the id */
    int64_t settle_s;      /* 0..30 days: the longest a taken order may be invisible */
    enum pay_not_found not_found;
    int batch_max; /* 1..PAY_PROFILE_BATCH_MAX orders in one disburse() */
    int64_t amount_min_fen, amount_max_fen;
    int quiet_count;
    struct pay_quiet quiet[PAY_QUIET_MAX];
};

/* Strict: every key is known, required and in range (title and quiet may be left out). ERR_INPUT with one line per
 * fault in `why` (may be NULL): line, JSON Pointer, remedy. ERR_NO_MEMORY. *out untouched on failure. */
MUST_CHECK enum err pay_profile_read(struct slice json, struct pay_profile *out, struct buf *why);
/* The same from a file; also ERR_NOT_FOUND, ERR_IO, ERR_TOO_LARGE. */
MUST_CHECK enum err pay_profile_load(const char *path, struct pay_profile *out, struct buf *why);

/* May the id still go out, first or again? first_sent_ms: when it may first have been sent, 0 = never. False when
 * now - first_sent > key life - max(1 hour or a quarter of a shorter life, 10 %), and when now lies before first_sent
 * by more than five minutes: a clock that went back proves nothing. */
bool pay_profile_may_send(const struct pay_profile *p, int64_t first_sent_ms, int64_t now_ms);
/* Is a query worth asking now? False without query_by_key, too early, or after query_life_s. */
bool pay_profile_may_query(const struct pay_profile *p, int64_t first_sent_ms, int64_t now_ms);
/* May "not found" be believed, that is: is sending the same id again safe and right? */
bool pay_profile_not_found_counts(const struct pay_profile *p, int64_t first_sent_ms, int64_t now_ms);
/* 0 = orders may go out now; else the instant at which the quiet time that holds now_ms ends. */
int64_t pay_profile_quiet_until(const struct pay_profile *p, int64_t now_ms);

#endif
