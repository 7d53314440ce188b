/* The fault menu: what shall go wrong, how often, and what did. Pure. */
#ifndef INTEGRATIONS_SANDBOX_FAULTS_H
#define INTEGRATIONS_SANDBOX_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define FAULTS_MAX 64      /* on the menu at once */
#define FAULT_MATCH_MAX 64 /* characters of a prefix */
#define FAULT_COUNT_MAX 1000000
#define FAULT_MS_MAX 3600000

/* kind, its word, what it is: A = what happens to the answer (one per request), C = what happens to
 * the callback (one per envelope), O = what happens to single orders. */
#define FAULT_TABLE(X)                                                                            \
    X(FAULT_HANG, "hang", 'A')                     /* taken; the answer comes ms later */         \
    X(FAULT_500_BEFORE, "error_500_before", 'A')   /* not taken; 500 */                           \
    X(FAULT_500_AFTER, "error_500_after", 'A')     /* taken; 500 */                               \
    X(FAULT_DROP_BEFORE, "drop_before", 'A')       /* not taken; connection closed */             \
    X(FAULT_DROP_AFTER, "drop_after_accept", 'A')  /* taken; connection closed */                 \
    X(FAULT_HALF, "half_answer", 'A')              /* taken; half of the answer, then closed */   \
    X(FAULT_LATE, "late_callback", 'C')            /* pending for ms, callback then */            \
    X(FAULT_TWICE, "callback_twice", 'C')          /* the same callback twice */                  \
    X(FAULT_NO_CALLBACK, "no_callback", 'C')       /* never, only a query tells */                \
    X(FAULT_EARLY, "callback_before_ack", 'C')     /* answered only after the callback was */     \
    X(FAULT_REJECT, "reject", 'O')                 /* refused: rjct.payee_fa.invalid; SMS: 403 */ \
    X(FAULT_NOT_FOUND, "not_found_in_flight", 'O') /* paid, but for ms queries do not know it */  \
    X(FAULT_RETURN, "return_later", 'O')           /* paid, and given back after ms */

enum fault_kind {
#define FAULT_ENUM(name, word, level) name,
    FAULT_TABLE(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_KIND_COUNT,
    FAULT_NONE = FAULT_KIND_COUNT
};

enum fault_place { FAULT_ON_DISBURSE, FAULT_ON_QUERY, FAULT_ON_SMS };

struct fault {
    enum fault_kind kind;
    enum fault_place place;
    int64_t left; /* how often it is still to happen */
    int64_t ms;
    char match[FAULT_MATCH_MAX + 1]; /* prefix of the reference (or of the phone number) */
};

struct faults {
    struct fault menu[FAULTS_MAX];
    size_t count;
    uint64_t met[FAULT_KIND_COUNT];
};

const char *fault_word(enum fault_kind kind);

/* Put one on the menu from {"kind":…,"count":1,"ms":0,"match":"","on":"disburse|query|sms"}; all
 * but kind may be left out. ERR_INPUT, ERR_LIMIT (menu full). */
MUST_CHECK enum err faults_add(struct faults *f, struct slice body);
void faults_clear(struct faults *f); /* empties the menu; what was met stays counted */
/* {"menu":[…],"met":{"hang":0,…}} */
void faults_write(const struct faults *f, struct buf *out);

/* Take the first fault of this level ('A', 'C', 'O') that fits the place and any of the n
 * references; it is counted as met. kind is FAULT_NONE if there is none. */
struct fault faults_take(struct faults *f, enum fault_place place, char level,
                         const struct slice *references, size_t n);

#endif
