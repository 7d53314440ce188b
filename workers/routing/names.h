/* The forms under which people use the name of a place. Pure; used when the gazetteer is compiled.
 * All texts are UTF-8. */
#ifndef WORKERS_ROUTING_NAMES_H
#define WORKERS_ROUTING_NAMES_H

#include "queue/base/slice.h"

/* What a key of the text index is; the order is the order of trust within a level. */
enum name_kind {
    NAME_PROVINCE,      /* 贵州省 */
    NAME_PROVINCE_STEM, /* 贵州 */
    NAME_CITY,          /* 黔南布依族苗族自治州, 黔南州 */
    NAME_CITY_STEM,     /* 黔南 */
    NAME_COUNTY,        /* 三都水族自治县, 三都县 */
    NAME_COUNTY_STEM,   /* 三都 */
    NAME_COUNTY_OLD,    /* a name that the county had before */
    NAME_TOWNSHIP,      /* as in the list */
    NAME_TOWNSHIP_ALIAS, /* 万松街道 for 万松街街道, 城东街道 for 端州区城东街道, X办事处 for X街道
                          */
    NAME_TOWNSHIP_STEM, /* without 镇, 乡, 街道; or with the other of 镇 and 乡 */
    NAME_TOWNSHIP_OLD,  /* of an earlier list; the entity is the old row */
    NAME_VILLAGE,       /* without 村委会, 社区 …; the entity is the township */
    NAME_CUE /* a word that tells whether the place is where the person is now; the entity is enum
                cue */
};

struct name_sink {
    void *context;
    void (*put)(void *context, enum name_kind kind, struct slice name);
};

void names_of_province(struct slice name, struct name_sink sink);
void names_of_city(struct slice name, struct name_sink sink);
/* city: full name of the city above, may be empty (a zone's name often begins with it). */
void names_of_county(struct slice name, struct slice city, struct name_sink sink);
/* county, city: full names of what is above. */
void names_of_township(struct slice name, struct slice county, struct slice city,
                       struct name_sink sink);
/* 城东街道 of 端州区城东街道. */
struct slice name_without_county(struct slice name, struct slice county);
/* The name to compare sounds with: without the county in front, 街街道 as 街道, ethnic names left
 * out. Into out, which must hold name.len bytes. */
struct slice name_spoken(struct slice name, struct slice county, char *out);
/* The part of a village's name that people keep: 石头 of 石头村村委会. Whole when too little would
 * be left. */
struct slice name_village(struct slice name);

#endif
