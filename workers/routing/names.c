#include "workers/routing/names.h"

#include <stdio.h>
#include "queue/base/utf8.h"

#define NAME_MAX 256 /* bytes; longer names get no other forms */

/* The recognised ethnic groups as they stand in names of autonomous places. */
static const char *const peoples[] = {
    "蒙古族",   "回族",       "藏族",     "维吾尔族",   "苗族",   "彝族",     "壮族",   "布依族",
    "朝鲜族",   "满族",       "侗族",     "瑶族",       "白族",   "土家族",   "哈尼族", "哈萨克族",
    "傣族",     "黎族",       "傈僳族",   "佤族",       "畲族",   "高山族",   "拉祜族", "水族",
    "东乡族",   "纳西族",     "景颇族",   "柯尔克孜族", "土族",   "达斡尔族", "仫佬族", "羌族",
    "布朗族",   "撒拉族",     "毛南族",   "仡佬族",     "锡伯族", "阿昌族",   "普米族", "塔吉克族",
    "怒族",     "乌孜别克族", "俄罗斯族", "鄂温克族",   "德昂族", "保安族",   "裕固族", "京族",
    "塔塔尔族", "独龙族",     "鄂伦春族", "赫哲族",     "门巴族", "珞巴族",   "基诺族", "各族",
    "民族",
};

static bool ends(struct slice s, const char *end)
{
    size_t len = strlen(end);
    return s.len >= len && memcmp(s.ptr + s.len - len, end, len) == 0;
}

static struct slice without_end(struct slice s, size_t len)
{
    return slice_make(s.ptr, s.len - len);
}

static struct slice without_start(struct slice s, size_t len)
{
    return slice_make(s.ptr + len, s.len - len);
}

static bool begins(struct slice s, struct slice start)
{
    return start.len > 0 && s.len >= start.len && memcmp(s.ptr, start.ptr, start.len) == 0;
}

static void put(struct name_sink sink, enum name_kind kind, struct slice name)
{
    if (utf8_count(name) >= 2)
        sink.put(sink.context, kind, name);
}

static void put_joined(struct name_sink sink, enum name_kind kind, struct slice a, const char *b)
{
    char text[NAME_MAX + 32];
    int len = snprintf(text, sizeof(text), "%.*s%s", SLICE_FMT(a), b);

    if (a.len > 0 && len > 0 && (size_t)len < sizeof(text))
        put(sink, kind, slice_make(text, (size_t)len));
}

/* Takes the ethnic names off the end, as 水族 of 三都水族; leaves at least two characters. */
static struct slice without_peoples(struct slice s, bool short_forms)
{
    for (bool found = true; found;) {
        found = false;
        for (size_t i = 0; i < COUNT_OF(peoples) && !found; i++) {
            size_t len = strlen(peoples[i]);
            if (short_forms && !ends(s, peoples[i]))
                len -= strlen("族"); /* 巴音郭楞蒙古自治州 */
            if (len < 6 || s.len < len || memcmp(s.ptr + s.len - len, peoples[i], len) != 0)
                continue;
            if (utf8_count(without_end(s, len)) < 2)
                return ends(s, "族") && utf8_count(s) > 2 ? without_end(s, strlen("族")) : s;
            s = without_end(s, len);
            found = true;
        }
    }
    return s;
}

struct ending {
    const char *text, *shorter; /* shorter: the everyday ending of an autonomous place */
};

/* The stem of an autonomous place, and its everyday form: 三都水族自治县 -> 三都, 三都县. */
static bool autonomous(struct slice name, const struct ending *endings, size_t count,
                       struct slice *stem, const char **shorter)
{
    for (size_t i = 0; i < count; i++) {
        if (!ends(name, endings[i].text))
            continue;
        *stem = without_peoples(without_end(name, strlen(endings[i].text)), true);
        *shorter = endings[i].shorter;
        return true;
    }
    return false;
}

void names_of_province(struct slice name, struct name_sink sink)
{
    static const struct ending endings[] = {{"自治区", "自治区"}};
    struct slice stem = name;
    const char *shorter = "";

    put(sink, NAME_PROVINCE, name);
    if (autonomous(name, endings, COUNT_OF(endings), &stem, &shorter)) {
        put_joined(sink, NAME_PROVINCE, stem, shorter);
        put(sink, NAME_PROVINCE_STEM, stem);
        if (utf8_count(stem) == 3) /* 内蒙 */
            put(sink, NAME_PROVINCE_STEM, utf8_prefix(stem, 2));
    } else if (ends(name, "省") || ends(name, "市")) {
        put(sink, NAME_PROVINCE_STEM, without_end(name, strlen("省")));
    }
}

void names_of_city(struct slice name, struct name_sink sink)
{
    static const struct ending endings[] = {{"自治州", "州"}};
    struct slice stem = name;
    const char *shorter = "";

    if (name.len == 0)
        return;
    put(sink, NAME_CITY, name);
    if (autonomous(name, endings, COUNT_OF(endings), &stem, &shorter)) {
        put_joined(sink, NAME_CITY, stem, shorter);
        put(sink, NAME_CITY_STEM, stem);
    } else if (ends(name, "地区")) {
        put(sink, NAME_CITY_STEM, without_end(name, strlen("地区")));
        put_joined(sink, NAME_CITY, without_end(name, strlen("地区")), "市");
    } else if (ends(name, "市") || ends(name, "盟")) {
        put(sink, NAME_CITY_STEM, without_end(name, strlen("市")));
    }
}

/* 科尔沁左翼中旗 -> 科左中旗, 喀喇沁左翼蒙古族自治县 -> 喀左县. */
static void put_banner(struct slice name, struct name_sink sink)
{
    static const char *const wings[] = {"左翼", "右翼"};
    char text[NAME_MAX];

    for (size_t i = 0; i < COUNT_OF(wings); i++) {
        for (size_t at = 3; at + 6 <= name.len; at += 3) {
            if (memcmp(name.ptr + at, wings[i], 6) != 0)
                continue;
            struct slice first = utf8_prefix(name, 1), rest = without_start(name, at + 6);
            const char *tail = ends(rest, "自治县") ? "县" : NULL;
            int len = tail != NULL ? snprintf(text, sizeof(text), "%.*s%.3s%s", SLICE_FMT(first),
                                              wings[i], tail)
                                   : snprintf(text, sizeof(text), "%.*s%.3s%.*s", SLICE_FMT(first),
                                              wings[i], SLICE_FMT(rest));
            if (len > 0 && (size_t)len < sizeof(text))
                put(sink, NAME_COUNTY, slice_make(text, (size_t)len));
        }
    }
}

static struct slice plain_stem(struct slice name)
{
    static const char *const endings[] = {"新区", "林区", "特区", "县", "市", "区", "旗"};

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        if (ends(name, endings[i]))
            return without_end(name, strlen(endings[i]));
    }
    return name;
}

static void put_zone(struct slice name, struct slice city, struct name_sink sink)
{
    static const struct ending endings[] = {
        {"高新技术产业开发区", "高新区"}, {"高新技术开发区", "高新区"},
        {"高新技术产业园区", "高新区"},   {"经济技术开发区", "经开区"},
        {"经济开发区", "经开区"},         {"高新技术产业开发区", "高新技术开发区"},
        {"经济技术开发区", "开发区"},     {"经济开发区", "开发区"},
    };
    struct slice rest = name, city_stem = plain_stem(city);

    if (begins(name, city))
        rest = without_start(name, city.len);
    else if (begins(name, city_stem))
        rest = without_start(name, city_stem.len);
    if (rest.len != name.len && utf8_count(rest) >= 3)
        put(sink, NAME_COUNTY_STEM, rest);
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        if (!ends(name, endings[i].text))
            continue;
        put_joined(sink, NAME_COUNTY, without_end(name, strlen(endings[i].text)),
                   endings[i].shorter);
        put_joined(sink, NAME_COUNTY_STEM, without_end(rest, strlen(endings[i].text)),
                   endings[i].shorter);
        if (rest.len == strlen(endings[i].text))
            put(sink, NAME_COUNTY_STEM, slice_of(endings[i].shorter));
    }
}

void names_of_county(struct slice name, struct slice city, struct name_sink sink)
{
    static const struct ending endings[] = {
        {"自治县", "县"}, {"自治旗", "旗"}, {"民族区", "区"}, {"族区", "区"}};
    struct slice stem = name;
    const char *shorter = "";

    if (name.len > NAME_MAX)
        return;
    put(sink, NAME_COUNTY, name);
    put_banner(name, sink);
    if (autonomous(name, endings, 2, &stem, &shorter)) {
        put_joined(sink, NAME_COUNTY, stem, shorter);
        put(sink, NAME_COUNTY_STEM, stem);
    } else if (ends(name, "区") && ends(without_end(name, 3), "族")) {
        stem = without_end(name, 3); /* 管城回族区 */
        struct slice core = without_peoples(stem, false);
        if (core.len < stem.len) {
            put_joined(sink, NAME_COUNTY, core, "区");
            put(sink, NAME_COUNTY_STEM, core);
        }
    } else {
        put_zone(name, city, sink);
        stem = plain_stem(name);
        if (stem.len < name.len)
            put(sink, NAME_COUNTY_STEM, stem);
        if (ends(name, "新区"))
            put_joined(sink, NAME_COUNTY_STEM, stem, "区");
    }
}

/* The name behind the county (or city) that bureaus like to put in front: 端州区城东街道. */
static struct slice without_county(struct slice name, struct slice county, struct slice city)
{
    const struct slice starts[] = {county, city, plain_stem(county)};

    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        struct slice rest = begins(name, starts[i]) ? without_start(name, starts[i].len) : name;
        bool unit_next = plain_stem(utf8_prefix(rest, 1)).len == 0; /* 济源|市坡头镇 */
        size_t least = ends(rest, "街道") || ends(rest, "地区") ? 4 : 3;
        if (rest.len < name.len && utf8_count(starts[i]) >= 2 && utf8_count(rest) >= least &&
            !unit_next)
            return rest;
    }
    return name;
}

struct slice name_without_county(struct slice name, struct slice county)
{
    return without_county(name, county, slice_make(NULL, 0));
}

/* 镇, 乡 and 街道 change into each other; people keep on saying the old one. */
static void put_stem(struct slice stem, struct name_sink sink)
{
    put(sink, NAME_TOWNSHIP_STEM, stem);
    if (utf8_count(stem) < 2)
        return;
    put_joined(sink, NAME_TOWNSHIP_STEM, stem, "镇");
    put_joined(sink, NAME_TOWNSHIP_STEM, stem, "乡");
    put_joined(sink, NAME_TOWNSHIP_STEM, stem, "街道");
}

static void put_street(struct slice core, struct name_sink sink)
{
    static const char *const others[] = {"街道", "办事处",     "街办",      "街道办",
                                         "地区", "街道办事处", "地区办事处"};

    for (size_t i = 0; i < COUNT_OF(others); i++)
        put_joined(sink, NAME_TOWNSHIP_ALIAS, core, others[i]);
    if (ends(core, "街") && utf8_count(core) >= 2) { /* 万松街街道: 万松街道, 万松街 */
        put(sink, NAME_TOWNSHIP_STEM, core);         /* 万松街 may be a street as well */
        core = without_end(core, strlen("街"));
        for (size_t i = 0; i < COUNT_OF(others); i++)
            put_joined(sink, NAME_TOWNSHIP_ALIAS, core, others[i]);
    }
    put_stem(core, sink);
}

/* Forms of a name without a county in front. */
static void put_forms(struct slice name, struct name_sink sink)
{
    static const char *const streets[] = {"街道办事处", "地区办事处", "街道",
                                          "地区",       "片区",       "办事处"};
    static const char *const estates[] = {"镇", "乡", "苏木"};
    static const char *const state[] = {"国营", "国有", "省属", "市属"};

    for (size_t i = 0; i < COUNT_OF(streets); i++) {
        if (ends(name, streets[i])) {
            put_street(without_end(name, strlen(streets[i])), sink);
            return;
        }
    }
    for (size_t i = 0; i < COUNT_OF(state); i++) {
        if (begins(name, slice_of(state[i])))
            put(sink, NAME_TOWNSHIP_ALIAS, without_start(name, strlen(state[i])));
    }
    for (size_t i = 0; i < COUNT_OF(estates); i++) {
        if (!ends(name, estates[i]))
            continue;
        struct slice stem = without_end(name, strlen(estates[i]));
        struct slice core = without_peoples(stem, false);
        if (core.len < stem.len) {
            put_joined(sink, NAME_TOWNSHIP_ALIAS, core, estates[i]);
            put_joined(sink, NAME_TOWNSHIP_ALIAS, core, "民族乡");
        }
        put_stem(core, sink);
        return;
    }
}

void names_of_township(struct slice name, struct slice county, struct slice city,
                       struct name_sink sink)
{
    if (name.len > NAME_MAX)
        return;
    /* Twice: 四平市铁东区解放街道 has both in front. */
    struct slice rest = without_county(without_county(name, county, city), county, city);
    put(sink, NAME_TOWNSHIP, name);
    if (rest.len < name.len)
        put(sink, NAME_TOWNSHIP_ALIAS, rest);
    put_forms(rest, sink);
}

struct slice name_spoken(struct slice name, struct slice county, char *out)
{
    static const char *const units[] = {"镇", "乡", "苏木"};
    struct slice rest = without_county(name, county, slice_make(NULL, 0));
    size_t len = 0;
    const char *tail = "";

    if (ends(rest, "街街道")) {
        rest = without_end(rest, strlen("街街道"));
        tail = "街道";
    }
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (tail[0] != '\0' || !ends(rest, units[i]))
            continue;
        struct slice stem = without_end(rest, strlen(units[i]));
        struct slice core = without_peoples(stem, false);
        if (core.len < stem.len) {
            rest = core;
            tail = units[i];
        }
    }
    memcpy(out, rest.ptr, rest.len);
    len = rest.len;
    memcpy(out + len, tail, strlen(tail));
    return slice_make(out, len + strlen(tail));
}

struct slice name_village(struct slice name)
{
    static const char *const offices[] = {
        "社区居民委员会", "村民委员会", "居民委员会", "社区居委会", "嘎查村委会",
        "嘎查委员会",     "社区委员会", "村委员会",   "社区村委会", "村居委会",
        "居委会",         "村委会",     "牧委会",     "委员会",
    };
    static const char *const units[] = {"嘎查村", "行政村", "社区", "嘎查", "村"};
    struct slice s = name;

    for (size_t i = 0; i < COUNT_OF(offices); i++) {
        if (ends(s, offices[i]) && s.len > strlen(offices[i])) {
            s = without_end(s, strlen(offices[i]));
            if (utf8_count(s) < 2) /* 杨村委会: the village is 杨村 */
                return utf8_count(name) > 2 ? utf8_prefix(name, 2) : name;
            break;
        }
    }
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (ends(s, units[i])) {
            struct slice stem = without_end(s, strlen(units[i]));
            return utf8_count(stem) >= 2 ? stem : s;
        }
    }
    return s;
}
