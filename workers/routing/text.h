/* The parts of text routing: finding names and cues, scoring townships, deciding. All memory is in
 * struct text_work. */
#ifndef WORKERS_ROUTING_TEXT_H
#define WORKERS_ROUTING_TEXT_H

#include "workers/routing/cues.h"
#include "workers/routing/fold.h"
#include "workers/routing/names.h"
#include "workers/routing/route_inner.h"
#include "workers/routing/trie.h"

#define MENTIONS_MAX 768
#define BLOCKS_MAX 128
#define CANDIDATES_MAX 1024 /* considered, not shown */
#define NAMESAKES_MAX 128   /* kept in order of their points */
#define NONE16 UINT16_MAX

/* Where the person stands to a place. */
enum stand {
    STAND_NOT = -3,
    STAND_HOME = -2,
    STAND_KIN = -1,
    STAND_OPEN = 0,
    STAND_HERE = 1,
    STAND_NOW = 2
};

/* A name (or cue) found in the text: all entities of one kind under one key. */
struct mention {
    uint16_t start, end; /* characters */
    uint8_t kind;        /* enum name_kind */
    uint8_t crossed;     /* strongest break inside */
    bool explicit_unit;  /* village: 村, 社区 … stands there */
    bool dead;           /* part of a longer name */
    bool solid;          /* county stem: something around it says that it is meant as the county */
    int8_t stand;        /* enum stand, of its block */
    uint16_t block;
    uint16_t next;         /* next mention of the same county, NONE16 */
    uint32_t first, count; /* postings */
};

/* A run of names: 贵州省惠水县摆金镇. */
struct block {
    uint16_t start, end;
    int8_t stand;
};

enum county_level { COUNTY_UNKNOWN, COUNTY_WEAK, COUNTY_SOUND, COUNTY_SOLID };

struct text_candidate {
    uint32_t township;
    int score;
    unsigned evidence;
    uint16_t mention; /* of the township or village */
    uint8_t kind;     /* enum name_kind of that; NAME_CUE for a likeness of sound */
    int8_t stand;
    uint8_t county;              /* enum county_level */
    bool city, province, strong; /* strong: enough for a route when the county is solid */
    bool village;                /* a village of it is named beside the township */
    uint16_t sharing;            /* how many townships share the name in the whole list */
    uint32_t percent;            /* through an old name: how much of it went there; else 100 */
};

struct text_work {
    struct folded folded;
    struct mention mentions[MENTIONS_MAX];
    size_t mention_count;
    uint16_t cues[MENTIONS_MAX];
    size_t cue_count;
    struct block blocks[BLOCKS_MAX];
    size_t block_count;
    uint16_t county_head[UINT16_MAX]; /* first mention of a county, NONE16 */
    uint16_t counties[MENTIONS_MAX];  /* counties named */
    size_t county_count;
    struct text_candidate candidates[CANDIDATES_MAX];
    size_t candidate_count;
    uint16_t slot[1 << 16]; /* of a township in candidates, NONE16 */
    uint16_t top[NAMESAKES_MAX];
    size_t top_count;
};

struct text_context {
    const struct gazetteer *g;
    struct text_work *w;
    struct trie trie;
    struct fold_tables fold;
};

void text_work_init(struct text_work *w);
struct text_context text_context_make(const struct gazetteer *g, struct text_work *w);
/* Fold the text, find names and cues, drop parts of longer names, tell where the person stands. */
void text_find(struct text_context *x, struct slice text);
/* The stand of each block from the cues around it. */
void text_stand(struct text_context *x);
/* Score the townships that the mentions leave possible; the best are in w->top. */
void text_score(struct text_context *x);
/* Where no township was found: names of the named counties that sound like something in the text.
 */
void text_score_sounds(struct text_context *x);
/* Same name in several counties: the county in front may be written with another character of the
 * same sound. */
void text_county_by_sound(struct text_context *x);
/* Sort the best candidates into w->top. */
void text_rank(struct text_context *x);
struct text_candidate *text_candidate_for(struct text_context *x, uint32_t township);
/* Mention i speaks of county c. */
void text_mark_county(struct text_context *x, uint32_t county, uint16_t mention);
/* Points for the county, city and province of township beside the mention m; sets the fields of *c.
 */
int text_parents(struct text_context *x, const struct mention *m, uint32_t county,
                 struct text_candidate *c);

/* The whole reading of a text. code_county: a county given by code, NO_ROW for none. */
void route_by_text(struct text_context *x, struct slice text, uint32_t code_county);
/* After route_by_text: confidence of the first township, 0 when it is not to be routed. */
int text_confidence(const struct text_context *x);
/* Neither a township nor a county was found. */
bool text_says_nothing(const struct text_context *x);
/* How many of the first candidates are places of one name that the text cannot tell apart; 0 when
 * there is no such tie. */
size_t text_namesakes(const struct text_context *x);
/* The county that the text names clearly as the place, NO_ROW for none. */
uint32_t text_county(struct text_context *x);
/* The text with a usable point; the text alone with the region of the agent's desk
 * (route_combine.c). */
void route_combine_point(struct text_context *x, const struct place_query *q,
                         const struct point_answer *p, struct route_result *out);
void route_combine_prior(struct text_context *x, const struct place_query *q,
                         struct route_result *out);
/* The whole result from the text alone. */
void text_decide(struct text_context *x, struct route_result *out);

#endif
