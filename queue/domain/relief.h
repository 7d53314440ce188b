/* Words of the field that every room shares: kinds of relief, causes, urgency, channels, and the
 * clear (not personal) facts of a case. Chinese terms in brackets; their standard English is the
 * project's glossary. */
#ifndef QUEUE_DOMAIN_RELIEF_H
#define QUEUE_DOMAIN_RELIEF_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/json.h"

#define AMOUNT_FEN_MAX \
    INT64_C(1000000000000)    /* 10^12 fen: far below 2^53, so exact in Lua and in JSON */
#define CASE_NO_SIZE 24       /* digits and a NUL, see case_no.h */
#define DIVISION_CODE_SIZE 13 /* up to 12 digits and a NUL */
#define PERSONS_MAX 100       /* of one household */
#define MONTHS_MAX 24

/* Kind of relief (救助类型). */
#define RELIEF_TYPE_TABLE(X)                       \
    X(RELIEF_SMALL_FAST, "SMALL_FAST", "小额快救") \
    X(RELIEF_URGENT, "URGENT", "急难型")           \
    X(RELIEF_EXPENSE, "EXPENSE", "支出型")         \
    X(RELIEF_CONSULT, "CONSULT", "咨询")           \
    X(RELIEF_OTHER, "OTHER", "其他")

/* Urgency (紧急程度). */
#define URGENCY_TABLE(X)                \
    X(URGENCY_NORMAL, "NORMAL", "一般") \
    X(URGENCY_URGENT, "URGENT", "紧急") \
    X(URGENCY_CRITICAL, "CRITICAL", "特急")

/* What happened (急难事由). */
#define CAUSE_TABLE(X)                                \
    X(CAUSE_FIRE, "fire", "火灾")                     \
    X(CAUSE_FLOOD, "flood", "洪涝")                   \
    X(CAUSE_DISASTER, "disaster", "其他自然灾害")     \
    X(CAUSE_TRAFFIC, "traffic", "交通事故")           \
    X(CAUSE_ACCIDENT, "accident", "意外事故")         \
    X(CAUSE_ILLNESS, "illness", "突发重大疾病")       \
    X(CAUSE_ROBBERY, "robbery", "被盗被抢")           \
    X(CAUSE_STRANDED, "stranded", "滞留遇困")         \
    X(CAUSE_BEREAVEMENT, "bereavement", "亲属亡故")   \
    X(CAUSE_JOB_LOSS, "job_loss", "失业断收")         \
    X(CAUSE_EDUCATION, "education", "教育支出")       \
    X(CAUSE_MEDICAL_BILL, "medical_bill", "医疗支出") \
    X(CAUSE_CHILD_ALONE, "child_alone", "儿童失管")   \
    X(CAUSE_OTHER, "other", "其他")

/* How the case reached us (受理渠道). */
#define CHANNEL_TABLE(X)                      \
    X(CHANNEL_CALL, "call", "电话")           \
    X(CHANNEL_SMS, "sms", "短信")             \
    X(CHANNEL_WEB, "web", "网上")             \
    X(CHANNEL_OFFICER, "officer", "主动发现") \
    X(CHANNEL_THIRD_PARTY, "third_party", "他人代报")

/* Declared coordinate system of a point. */
#define CRS_TABLE(X)                     \
    X(CRS_NONE, "", "未声明")            \
    X(CRS_WGS84, "WGS-84", "GPS 坐标")   \
    X(CRS_GCJ02, "GCJ-02", "国测局坐标") \
    X(CRS_BD09, "BD-09", "百度坐标")

#define WORD_ENUM(id, word, zh) id,
enum relief_type { RELIEF_TYPE_TABLE(WORD_ENUM) RELIEF_TYPE_COUNT };
enum urgency { URGENCY_TABLE(WORD_ENUM) URGENCY_COUNT };
enum cause { CAUSE_TABLE(WORD_ENUM) CAUSE_COUNT };
enum channel { CHANNEL_TABLE(WORD_ENUM) CHANNEL_COUNT };
enum crs { CRS_TABLE(WORD_ENUM) CRS_COUNT };
#undef WORD_ENUM

/* Word on the wire and Chinese label; never NULL for a valid value. */
const char *relief_type_word(enum relief_type t);
const char *relief_type_zh(enum relief_type t);
const char *urgency_word(enum urgency u);
const char *urgency_zh(enum urgency u);
const char *cause_word(enum cause c);
const char *cause_zh(enum cause c);
const char *channel_word(enum channel c);
const char *channel_zh(enum channel c);
const char *crs_word(enum crs c);
/* The reverse; ERR_INPUT when no such word. */
MUST_CHECK enum err relief_type_from_word(struct slice word, enum relief_type *out);
MUST_CHECK enum err urgency_from_word(struct slice word, enum urgency *out);
MUST_CHECK enum err cause_from_word(struct slice word, enum cause *out);
MUST_CHECK enum err channel_from_word(struct slice word, enum channel *out);
MUST_CHECK enum err crs_from_word(struct slice word, enum crs *out);

/* What is known of a case and is not personal: the rules decide on this and nothing else. */
struct case_facts {
    int64_t received_ms;     /* first contact of the citizen */
    int64_t net_expense_fen; /* what the household must pay itself (支出型), 0 = unknown or none;
                                0..AMOUNT_FEN_MAX */
    int64_t asked_fen;       /* what the caller asks for, 0 = not said */
    enum channel channel;
    enum cause cause;
    int persons;            /* people helped, 1..PERSONS_MAX */
    int months;             /* months of hardship expected, 0 = unknown, ..MONTHS_MAX */
    bool danger_to_life;    /* 危及生命: 110/119/120 must be told as well */
    bool shelter_lost;      /* nowhere to sleep tonight */
    bool food_lost;         /* no food, water or money for it */
    bool child_alone;       /* a child without a guardian */
    bool income_stopped;    /* the household's income stopped */
    bool recognised;        /* already 低保 / 特困 / 低保边缘 / 刚性支出困难 */
    bool wants_person;      /* asks that no machine decides (个人信息保护法 24) */
    bool stranded;          /* away from home without means to get back */
    bool relative_declared; /* the caller says that an officer is a near relative (近亲属) */
    char place_code[DIVISION_CODE_SIZE]; /* division code the caller or agent gave: "", 6, 9 or 12
                                            digits */
};

/* Facts as compact JSON, what is stored with the case; and back. ERR_CORRUPT if the text is not
 * what facts_write made. */
void facts_write(const struct case_facts *f, struct json_out *o, const char *name);
MUST_CHECK enum err facts_read(const struct json *v, struct case_facts *f);

#endif
