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
#define FAULT_SEEDED_MS 2000

/* Who the sandbox stands in for, and the word for it. */
#define PEER_TABLE(X)                                                              \
    X(PEER_G2P, "g2p")           /* G2P Connect disburser */                       \
    X(PEER_WECHAT, "wechat")     /* WeChat Pay, merchant transfers */              \
    X(PEER_ALIPAY, "alipay")     /* Alipay, fund transfers */                      \
    X(PEER_BANK, "bank")         /* a bank that takes files */                     \
    X(PEER_KANNEL, "kannel")     /* SMS: Kannel */                                 \
    X(PEER_ALIYUN, "aliyun")     /* SMS: Aliyun */                                 \
    X(PEER_TENCENT, "tencent")   /* SMS: Tencent Cloud */                          \
    X(PEER_TWILIO, "twilio")     /* SMS: Twilio */                                 \
    X(PEER_COURIER, "courier")   /* SMS: the form of courier's external channel */ \
    X(PEER_REGISTER, "register") /* low-income register and household check (核对) */

enum peer {
#define PEER_ENUM(name, word) name,
    PEER_TABLE(PEER_ENUM)
#undef PEER_ENUM
        PEER_COUNT,
    PEER_ANY = PEER_COUNT
};

/* "g2p"; "" for PEER_ANY. */
const char *peer_word(enum peer peer);
/* ERR_INPUT: no peer has this name. */
MUST_CHECK enum err peer_read(struct slice word, enum peer *out);

/* kind, its word, what it is: A = what happens to the answer (one per request), C = what happens to
 * the callback (one per envelope), O = what happens to single orders, K = to their keys. Where a
 * peer talks by files, its answer is the first file that says that an order was taken, its callback
 * the one that says how it ended. */
#define FAULT_TABLE(X)                                                                            \
    X(FAULT_HANG, "hang", 'A')                     /* taken; the answer comes ms later */         \
    X(FAULT_500_BEFORE, "error_500_before", 'A')   /* not taken; 500 */                           \
    X(FAULT_500_AFTER, "error_500_after", 'A')     /* taken; 500 */                               \
    X(FAULT_DROP_BEFORE, "drop_before", 'A')       /* not taken; connection closed */             \
    X(FAULT_DROP_AFTER, "drop_after_accept", 'A')  /* taken; connection closed */                 \
    X(FAULT_HALF, "half_answer", 'A')              /* taken; half of the answer, then closed */   \
    X(FAULT_FORGED_ANSWER, "forged_answer", 'A')   /* taken; the answer's signature is wrong */   \
    X(FAULT_LATE, "late_callback", 'C')            /* pending for ms, callback then */            \
    X(FAULT_TWICE, "callback_twice", 'C')          /* the same callback twice */                  \
    X(FAULT_NO_CALLBACK, "no_callback", 'C')       /* never, only a query tells */                \
    X(FAULT_EARLY, "callback_before_ack", 'C')     /* answered only after the callback was */     \
    X(FAULT_FORGED, "forged_callback", 'C')        /* one that lies, signed by nobody, before */  \
    X(FAULT_REPLAYED, "callback_replayed", 'C')    /* the very same bytes again after ms */       \
    X(FAULT_STALE, "stale_callback", 'C')          /* "still pending", sent after the end */      \
    X(FAULT_REJECT, "reject", 'O')                 /* refused: rjct.payee_fa.invalid; SMS: 403 */ \
    X(FAULT_NOT_FOUND, "not_found_in_flight", 'O') /* paid, but for ms queries do not know it */  \
    X(FAULT_RETURN, "return_later", 'O')           /* paid, and given back after ms */            \
    X(FAULT_FORGOTTEN, "key_forgotten", 'K')       /* after ms the reference is a new one */      \
    X(FAULT_FAILS, "report_failed", 'O')           /* SMS: taken; the report says: it failed */   \
    X(FAULT_THROTTLED, "throttled", 'O')           /* SMS: not taken; the operator says: later */ \
    X(FAULT_STOPPED, "channel_stop", 'O')          /* SMS: not taken; credential refused */

enum fault_kind {
#define FAULT_ENUM(name, word, level) name,
    FAULT_TABLE(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_KIND_COUNT,
    FAULT_NONE = FAULT_KIND_COUNT
};

enum fault_place {
    FAULT_ON_DISBURSE,
    FAULT_ON_QUERY,
    FAULT_ON_SMS,
    FAULT_ON_CANCEL,
    FAULT_ON_CHECK
};

struct fault {
    enum fault_kind kind;
    enum fault_place place;
    enum peer peer;
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

/* Put one on the menu from {"kind":…,"count":1,"ms":0,"match":"","rail":"",
 * "on":"disburse|query|sms|cancel|check"}; all but kind may be left out; rail is a peer's word, ""
 * = whoever meets it first. Or fill the menu by chance, the same for the same seed:
 * {"seed":0..,"count":n,"rail":""} puts n faults of any kind but key_forgotten on it, each once, on
 * orders, ms up to FAULT_SEEDED_MS. ERR_INPUT, ERR_LIMIT (menu full). */
MUST_CHECK enum err faults_add(struct faults *f, struct slice body);
void faults_clear(struct faults *f); /* empties the menu; what was met stays counted */
/* {"menu":[…],"met":{"hang":0,…}} */
void faults_write(const struct faults *f, struct buf *out);

/* Take the first fault of this level ('A', 'C', 'O', 'K') that fits the place, the peer and any of
 * the n references; it is counted as met. kind is FAULT_NONE if there is none. */
struct fault faults_take(struct faults *f, enum fault_place place, enum peer peer, char level,
                         const struct slice *references, size_t n);

#endif
