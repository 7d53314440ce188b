/* From what is known of a place to the township in charge.
 *
 * The place is the place of the emergency (急难发生地), never the register (户籍) nor the caller's
 * number. Evidence in falling order: a division code, a point with a declared coordinate system,
 * what the citizen said, the region of the agent's desk (prior; weak: it only breaks ties between
 * places that the text leaves open, and never makes a route by itself).
 *
 * A wrong confident route is the worst outcome: where the evidence leaves several townships open
 * the result is ROUTE_COUNTY or ROUTE_NONE with the candidates and what to ask back. Everything a
 * citizen can say has a defined result. */
#ifndef WORKERS_ROUTING_ROUTE_H
#define WORKERS_ROUTING_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "queue/domain/relief.h"
#include "workers/routing/gazetteer.h"

#define ROUTE_TEXT_MAX 4096 /* bytes of text that are read; what is behind is ignored */
#define ROUTE_CANDIDATES_MAX 8
#define ROUTE_WHY_SIZE 1024

#define ROUTE_LEVEL_TABLE(X)              \
    X(ROUTE_NONE, "none", "未定位")       \
    X(ROUTE_COUNTY, "county", "定位到县") \
    X(ROUTE_TOWNSHIP, "township", "定位到乡镇")

/* What to ask the caller. More than ASK_NONE may stand beside a route (ASK_CONFIRM, ASK_CONFLICT).
 */
#define ROUTE_ASK_TABLE(X)                                                        \
    X(ASK_NONE, "none", "")                                                       \
    X(ASK_PLACE, "place", "请问您现在在哪个县（区）、哪个乡镇（街道）？")         \
    X(ASK_WHICH, "which", "有几个地方叫这个名字，请问是哪一个？")                 \
    X(ASK_COUNTY, "county", "请问是哪个县（市、区）？")                           \
    X(ASK_TOWNSHIP, "township", "请问是哪个乡镇（街道），或者哪个村（社区）？")   \
    X(ASK_CONFIRM, "confirm", "请与来电人核对是不是这个乡镇（街道）。")           \
    X(ASK_CONFLICT, "conflict", "说的地址和定位不在同一个县，请问人现在在哪里？") \
    X(ASK_CRS, "crs", "坐标没有注明坐标系（WGS-84、GCJ-02 或 BD-09），请补充。")  \
    X(ASK_POINT, "point", "坐标无效（缺失、为零或超出范围），请重新定位。")       \
    X(ASK_ABROAD, "abroad", "这个地方不在服务范围内，请问人现在在哪里？")         \
    X(ASK_CODE, "code", "区划代码查不到，请说明县和乡镇的名称。")

#define ROUTE_ENUM(id, word, zh) id,
enum route_level { ROUTE_LEVEL_TABLE(ROUTE_ENUM) ROUTE_LEVEL_COUNT };
enum route_ask { ROUTE_ASK_TABLE(ROUTE_ENUM) ROUTE_ASK_COUNT };
#undef ROUTE_ENUM
/* Word on the wire and Chinese text; never NULL. */
const char *route_level_word(enum route_level level);
const char *route_level_zh(enum route_level level);
const char *route_ask_word(enum route_ask ask);
const char *route_ask_zh(enum route_ask ask);

/* What speaks for a candidate (flags). */
enum route_evidence {
    EVIDENCE_CODE = 1 << 0,    /* its code was given */
    EVIDENCE_OLD = 1 << 1,     /* through an earlier code or name that it succeeded */
    EVIDENCE_POINT = 1 << 2,   /* near the point */
    EVIDENCE_POLYGON = 1 << 3, /* in the county whose boundary holds the point */
    EVIDENCE_NAME = 1 << 4,    /* its full name stands in the text */
    EVIDENCE_ALIAS =
        1 << 5, /* another usual form of its name (街道 without the county, 办事处 …) */
    EVIDENCE_STEM = 1 << 6,    /* its name without 镇, 乡, 街道 */
    EVIDENCE_VILLAGE = 1 << 7, /* one of its villages or communities */
    EVIDENCE_SOUND = 1 << 8,   /* a name that sounds the same */
    EVIDENCE_COUNTY = 1 << 9,  /* its county stands in the text */
    EVIDENCE_CITY = 1 << 10,
    EVIDENCE_PROVINCE = 1 << 11,
    EVIDENCE_PRIOR = 1 << 12,    /* in the region of the agent's desk */
    EVIDENCE_NEIGHBOUR = 1 << 13 /* only a neighbour of the township in charge, or one of the
                                    county: who to try or to offer */
};

struct route_candidate {
    char code[TOWNSHIP_CODE_SIZE]; /* 9 digits, or 6 when it is a county */
    const char *name, *county, *city,
        *province;     /* borrowed from the gazetteer; name "" for a county */
    double distance_m; /* from the point of the query, or for neighbours from the township in
                          charge; -1 unknown */
    int score;         /* 0..1000, comparable within one result only */
    unsigned evidence; /* enum route_evidence */
};

/* What is known. Absent: an empty slice, has_point false. */
struct place_query {
    struct slice code; /* 6, 9 or 12 digits */
    bool has_point;
    double lat, lng;
    enum crs crs;            /* of lat, lng; CRS_NONE is asked back */
    struct slice text;       /* any bytes; UTF-8 expected */
    struct slice prior_code; /* region of the agent's desk: 2, 4, 6 or 9 digits; weak evidence */
};

struct route_result {
    enum route_level level;
    char code[TOWNSHIP_CODE_SIZE]; /* "" for ROUTE_NONE, 6 digits for ROUTE_COUNTY, 9 for
                                      ROUTE_TOWNSHIP */
    int confidence;                /* 0..100; ROUTE_TOWNSHIP always has at least 60 */
    enum route_ask ask;
    bool conflict; /* text and point (or code) lie in different counties */
    size_t count; /* candidates, best first: the township in charge, then the next ones to try or to
                     offer */
    struct route_candidate candidates[ROUTE_CANDIDATES_MAX];
    double margin_m; /* by point: how much farther the second candidate is; -1 without a point */
    char version[GAZETTEER_VERSION_SIZE]; /* of the data */
    char why[ROUTE_WHY_SIZE]; /* reasons in plain Chinese, one sentence per line, complete UTF-8,
                                 NUL-terminated */
};

/* Working memory of route_place, about 500 kB, made once per thread. */
struct route_scratch;
MUST_CHECK enum err route_scratch_new(struct route_scratch **out);
void route_scratch_free(struct route_scratch *s); /* NULL is allowed */

/* Decide. Pure: no I/O, no locks, no allocation; the work is bounded by ROUTE_TEXT_MAX. ERR_INPUT
 * only for mistakes of the caller of this function (crs out of its enum, a NULL pointer with a
 * length); *out is untouched then. */
MUST_CHECK enum err route_place(const struct gazetteer *g, struct route_scratch *s,
                                const struct place_query *q, struct route_result *out);

/* After a route_place that decided nothing because several places have the name: the codes of all
 * of them, best first, also those that did not fit into the candidates; returns how many were
 * written (at most max). */
size_t route_namesakes(const struct gazetteer *g, const struct route_scratch *s,
                       char (*codes)[TOWNSHIP_CODE_SIZE], size_t max);

#endif
