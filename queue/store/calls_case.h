/* Typed calls about cases: each writes its arguments into an fcall (send it with store_call or
 * store_async_call) and reads the reply. All slices are borrowed. The functions themselves:
 * lua/intake.lua, decide.lua, claim.lua, act.lua. */
#ifndef QUEUE_STORE_CALLS_CASE_H
#define QUEUE_STORE_CALLS_CASE_H

#include "queue/domain/case_no.h"
#include "queue/domain/case_state.h"
#include "queue/domain/clocks.h"
#include "queue/store/event_tail.h"
#include "queue/store/fcall.h"
#include "queue/store/reply.h"

#define STORE_BATCH_MAX 64
#define KEY_HASH_HEX 32 /* digits of a keyed hash in key names */

/* ---- Intake ---- */
struct intake_ticket {
    struct slice no;
    struct slice idem_hash; /* keyed hash of client and Idempotency-Key: keys may hold anything, so
                               they are not stored */
    struct slice fingerprint; /* hash of the body */
    int64_t received_ms;
    struct slice facts;       /* JSON, not personal */
    struct slice sealed;      /* personal data, AEAD */
    struct slice person_hash; /* keyed hash of whose case it is */
    struct slice wrapped_key; /* the key of `sealed`, wrapped by the master key */
    int64_t job_score;        /* smaller is routed first */
    struct slice event_tail;
    struct slice
        people; /* people_text_write (calls_people.h): household, who stands back; "" = nobody */
};

enum intake_outcome { INTAKE_CREATED, INTAKE_REPLAYED, INTAKE_KEY_REUSED, INTAKE_NUMBER_TAKEN };

struct intake_result {
    enum intake_outcome outcome;
    char no[CASE_NO_SIZE]; /* INTAKE_REPLAYED: the case that the key made first */
    int64_t received_ms;   /* INTAKE_REPLAYED */
};

void intake_begin(struct fcall *f, const char *region);
void intake_add(struct fcall *f, const struct intake_ticket *t);
/* results[0..n) in the order of the tickets. ERR_CORRUPT if the reply is not such an answer. */
MUST_CHECK enum err intake_read(const redisReply *reply, struct intake_result *results, size_t n);

/* ---- The first-aid envelope: hold + payment + review duty ---- */
struct aid_order {
    int64_t amount_fen;
    struct slice event_tail;
    struct slice maker; /* actor who answers for it: an officer, or "rule:<standing order>" */
    int year;           /* calendar year the caps count in */
    struct slice cause;
    bool small_fast;
    char method; /* 'b' bank (also 0), 'c' cash, 'g' goods: the last two are handed over by an
                    officer */
    struct slice
        fund; /* another fund than the township's, e.g. the county reserve; "" = the township's */
    bool
        countersign; /* review debt: refused unless a reviewer has said `countersign` for as much */
    int64_t cap_paid_fen;   /* of the household (else the person) in the year, this one included */
    int64_t cap_person_fen; /* of the person himself in the year, 0 = no such cap */
    int64_t cap_township_fen; /* of all first aid of the day in the township, whoever approves; 0 =
                                 no such cap */
    int64_t cap_times;
    int64_t cap_same_cause;
    int64_t day, month; /* 20261121 and 202611 in China time; day 0 = no standing order, no caps per
                           day and month */
    int64_t cap_day_fen, cap_month_fen; /* of the standing order in this township */
    int64_t papers_due_ms;              /* the review duty */
    struct clocks_times papers; /* when that warns and escalates; all 0 = only when it is due */
    int64_t pay_due_ms; /* the money has to be there: then the county is told; 0 = not watched */
    int64_t job_score;
};

/* ---- Decide (route stage) ---- */
struct decide_case {
    struct slice no;
    int64_t version;     /* as loaded */
    enum case_verb verb; /* VERB_DISPATCH or VERB_TRIAGE */
    struct slice inbox;  /* code of the township, or of the region: its duty desk */
    int64_t inbox_score;
    struct slice urgency;  /* word */
    struct slice routing;  /* JSON */
    struct slice decision; /* JSON */
    struct slice event_tail;
    int64_t accept_by_ms;   /* 0 = no such clock */
    int64_t accept_warn_ms; /* 0 = it does not warn */
    struct slice chain;  /* who is asked one after the other: codes with commas, `inbox` first; "" =
                            only `inbox` */
    struct slice offer;  /* a second inbox near a border that sees it at the same time; "" = none */
    struct slice notify; /* payload of an SMS job, "" = none */
    struct slice
        links; /* link_text_write (calls_people.h): what to find its like by, "" = not looked for */
    const struct aid_order *aid; /* NULL = none */
};

enum decide_outcome {
    DECIDE_OK,
    DECIDE_STALE,   /* the lease is not ours any more */
    DECIDE_VERSION, /* the case has changed */
    DECIDE_MOVE,    /* it has left the state for this */
    DECIDE_REFUSED  /* funds, a cap, or a case like it has come up: load again and decide again */
};

/* Limits of the cascade (转派): who is passed over. */
struct cascade_limits {
    int64_t inbox_max;   /* cases in one inbox, 0 = any number */
    bool duty_required;  /* only townships where an officer is signed in are offered work */
    struct slice places; /* fire: what the policy says where, as clock_places_write
                            (workers/rules/clock_terms.h) writes it; "" = as it was before */
};

/* generations: link_generations (calls_people.h). */
void decide_begin(struct fcall *f, const char *region, struct slice lease_token,
                  const struct cascade_limits *limits, const char *generations);
void decide_add(struct fcall *f, const struct decide_case *c);
MUST_CHECK enum err decide_read(const redisReply *reply, enum decide_outcome *results, size_t n);

/* ---- Claim ---- */
struct claim_request {
    struct slice inbox; /* township or region code */
    struct slice actor;
    struct slice no; /* "" = the most urgent */
    int64_t claim_ms;
    struct slice event_tail, idem_hash, fingerprint;
};

enum claim_outcome { CLAIM_OK, CLAIM_NONE, CLAIM_HELD, CLAIM_NOT_FOUND, CLAIM_KEY_REUSED };

struct claim_result {
    enum claim_outcome outcome;
    char no[CASE_NO_SIZE];
    int64_t claim; /* fencing number */
    int64_t until_ms;
    bool replayed;
};

void claim_write(struct fcall *f, const char *region, const struct claim_request *r);
MUST_CHECK enum err claim_read(const redisReply *reply, struct claim_result *out);

/* ---- Act ---- */
#define ACT_EXTRA_MAX 10

struct act_request {
    struct slice no;
    enum case_verb verb;
    struct slice actor;
    int64_t claim;      /* 0 = none */
    int64_t version;    /* wanted, 0 = any */
    struct slice scope; /* township the actor is bound to, "" = none */
    struct slice event_tail, idem_hash, fingerprint, notify;
    struct slice clocks; /* what starts to run with it, as clocks.lua reads it: "" = nothing */
    /* What each verb needs stands in the comments "extra:" of lua/life.lua, grant.lua, review.lua,
     * hand.lua and refer.lua. */
    struct slice extra[ACT_EXTRA_MAX];
    size_t extra_count;
    const struct aid_order *aid; /* VERB_FIRST_AID only */
};

enum act_outcome {
    ACT_OK,
    ACT_REPLAYED,
    ACT_NOT_FOUND,
    ACT_VERSION,
    ACT_MOVE, /* see state */
    ACT_STALE,
    ACT_SAME_PERSON, /* maker and checker must be different people */
    ACT_DESIGNATE,   /* returned three times: the county's reviewer designates */
    ACT_FUNDS,
    ACT_CAP,
    ACT_KEY_REUSED,
    ACT_REFUSED /* a rule of the verb: see refusal */
};

/* Why a verb is refused besides the common reasons: word of the store and what the person is told.
 */
#define ACT_REFUSAL_TABLE(X)                                                                      \
    X(REFUSAL_RECUSED, "recused", "您与申请人有亲属关系或已申报回避，不能办理这个求助件。")       \
    X(REFUSAL_CASH_STOPPED, "cash-stopped",                                                       \
      "现金盘点有差额，本乡镇（街道）的现金发放已暂停，请改用银行转账。")                         \
    X(REFUSAL_CASH_SHORT, "cash-short", "库存现金不足，请先提取现金，或改用银行转账。")           \
    X(REFUSAL_COUNTERSIGN, "countersign",                                                         \
      "本乡镇（街道）逾期未补手续的资金较多，先行救助须先经县级审核人员会签。")                   \
    X(REFUSAL_RECOVERED_BEFORE, "recovered-before",                                               \
      "这个求助件已作过追回或减免处理，不能再次认定复核不符，请提请一事一议。")                   \
    X(REFUSAL_SURPLUS, "surplus", "有应退还本人的款项还没有退还，请先办理退还。")                 \
    X(REFUSAL_NO_SURPLUS, "no-surplus", "这个求助件没有应退还本人的款项，或已经退还。")           \
    X(REFUSAL_SURPLUS_AMOUNT, "surplus-amount",                                                   \
      "退还金额须与应退还本人的全部金额一致，请重新读取后再办理。")                               \
    X(REFUSAL_GRANT_OPEN, "grant-open", "已批准的救助还没有发完，请先更正账户后重新发放。")       \
    X(REFUSAL_PAID, "paid", "已有救助款批准或发放，不能这样办结；如有误发请按复核不符处理。")     \
    X(REFUSAL_NO_MASTER, "no-master", "没有这个主件编号，或主件本身也是重复件。")                 \
    X(REFUSAL_NOT_ACKNOWLEDGED, "not-acknowledged", "还有转介没有得到接收方回执，不能回访办结。") \
    X(REFUSAL_REDONE, "redone", "已经重办过一次，请由县级值班席与群众联系处理。")                 \
    X(REFUSAL_LATE_RETURN, "late-return", "退单期限已过，请继续办理，或报县级审核人员退回改派。") \
    X(REFUSAL_NOT_ASSESSED, "not-assessed", "还没有救助意见，请经办人先提出救助金额。")           \
    X(REFUSAL_PARTICIPANTS, "participants", "参加会商的人数不足，或表决票数多于参加人数。")       \
    X(REFUSAL_TIER, "tier", "金额超出本级审批权限，请报上一级。")                                 \
    X(REFUSAL_NOT_CARRIED, "not-carried", "会商没有通过，或还没有会商纪要。")                     \
    X(REFUSAL_SIGNATURES, "signatures",                                                           \
      "审批签字的人数还不够，请由经办人以外的另一名审核人员先签字（sign）。")                     \
    X(REFUSAL_NOT_PUBLISHED, "not-published", "公示还没有期满，不能批准。")                       \
    X(REFUSAL_NOT_REVIEWED, "not-reviewed",                                                       \
      "先行救助还没有复核，或还没有救助过，不能这样结束审核。")                                   \
    X(REFUSAL_NOT_APPROVED, "not-approved", "没有已批准、待发放的救助。")                         \
    X(REFUSAL_NOT_BY_HAND, "not-by-hand", "没有这笔待当面交付的救助。")                           \
    X(REFUSAL_CODE_LOCKED, "code-locked",                                                         \
      "签收码已失效或错误次数过多，请由另一名工作人员到场确认。")                                 \
    X(REFUSAL_CODE_EXPIRED, "code-expired",                                                       \
      "签收码已过有效期，请重新交付（hand-over），群众会收到新的签收码。")                        \
    X(REFUSAL_WRONG_CODE, "wrong-code",                                                           \
      "签收码不对，请向群众核对短信中的数字；错五次后须由另一名工作人员确认。")                   \
    X(REFUSAL_NO_REFERRAL, "no-referral", "没有这条转介，或它已有结果。")                         \
    X(REFUSAL_TOO_MANY, "too-many", "这个求助件的转介已达上限。")                                 \
    X(REFUSAL_FIRST_AID_CLOCK, "first-aid-clock", "先行救助的时限不能暂停。")                     \
    X(REFUSAL_PAUSED, "paused", "计时已经暂停，请先恢复。")                                       \
    X(REFUSAL_NOT_PAUSED, "not-paused", "计时没有暂停。")                                         \
    X(REFUSAL_NO_CLOCK, "no-clock", "现在没有可以暂停的时限。")

#define ACT_REFUSAL_ENUM(id, word, zh) id,
enum act_refusal { ACT_REFUSAL_TABLE(ACT_REFUSAL_ENUM) ACT_REFUSAL_COUNT };
#undef ACT_REFUSAL_ENUM
/* Word of the store and Chinese sentence; never NULL for a valid value. */
const char *act_refusal_word(enum act_refusal r);
const char *act_refusal_zh(enum act_refusal r);

struct act_result {
    enum act_outcome outcome;
    int64_t version;          /* ACT_OK, ACT_REPLAYED */
    enum case_state state;    /* ACT_MOVE */
    enum act_refusal refusal; /* ACT_REFUSED */
    char cap[16];             /* ACT_CAP: year, times, same-cause, day, month, arrived, owed */
    int64_t left_fen;         /* ACT_CAP, ACT_FUNDS: what would still be possible */
};

void act_write(struct fcall *f, const char *region, const struct act_request *r);
MUST_CHECK enum err act_read(const redisReply *reply, struct act_result *out);

/* ---- Timers ---- most: 1..64; *fired: how many. */
void fire_write(struct fcall *f, const char *region, int most, const struct cascade_limits *limits);
MUST_CHECK enum err fire_read(const redisReply *reply, int64_t *fired);

/* ---- Duty: an officer (actor) signs in until until_ms, or out (0); a township may have several.
 * The reply is only checked for errors. ---- */
void duty_write(struct fcall *f, const char *region, struct slice township, int64_t until_ms,
                struct slice actor, struct slice event_tail);

#endif
