/* Which townships the names in a text leave possible, and how well each is supported. Candidates
 * are scored on all evidence; nothing is parsed from left to right, so that order, gaps and a wrong
 * name in between do no harm. */
#include "workers/routing/text.h"

#include <string.h>
#include "queue/base/utf8.h"

/* Points. What matters is their order: a county outweighs a better form of the township's name, a
 * city does not outweigh a county, where the person stands outweighs a city. */
#define POINTS_NAME 300
#define POINTS_ALIAS 285
#define POINTS_OLD 260
#define POINTS_STEM 230
#define POINTS_STEM_LOOSE 60
#define POINTS_VILLAGE 220
#define POINTS_VILLAGE_LOOSE 90
#define POINTS_SOUND 200
#define POINTS_PER_CHARACTER 4
#define POINTS_COUNTY 400
#define POINTS_COUNTY_WEAK 90
#define POINTS_COUNTY_SOUND 250
#define POINTS_CITY 180
#define POINTS_CITY_STEM 150
#define POINTS_PROVINCE 60
#define POINTS_SAME_BLOCK 30
#define POINTS_SECOND_NAME 100
#define POINTS_SECOND_LOOSE 25 /* may be a plain word: orders, does not decide */
#define POINTS_CROSSED 40
#define POINTS_WEAK_MOST 180 /* of a name that may be a plain word: below every real name */

#define LIST_SCANNED \
    96 /* postings that are looked at one by one; longer lists only within named places */
#define SUPPORTED_MAX 64 /* candidates whose villages are looked for */

static const int stand_points[] = {-400, -160, -60, 0, 40, 120};

static int points_of_stand(int stand)
{
    return stand_points[stand - STAND_NOT];
}

void text_work_init(struct text_work *w)
{
    memset(w, 0, sizeof(*w));
    memset(w->county_head, 0xFF, sizeof(w->county_head));
    memset(w->slot, 0xFF, sizeof(w->slot));
}

static void forget(struct text_work *w)
{
    for (size_t i = 0; i < w->county_count; i++)
        w->county_head[w->counties[i]] = NONE16;
    for (size_t i = 0; i < w->candidate_count; i++)
        w->slot[w->candidates[i].township] = NONE16;
    w->county_count = w->candidate_count = w->top_count = 0;
}

struct text_context text_context_make(const struct gazetteer *g, struct text_work *w)
{
    struct text_context x = {
        .g = g,
        .w = w,
        .trie = {g->edges, g->edges_count == 0 ? 0 : g->edges_count - 1, g->starts,
                 g->starts_count < 2 ? 0 : g->starts_count - 2, g->postings},
        .fold = {g->fold_count == 0 ? NULL : g->fold, g->sound_count == 0 ? NULL : g->sound,
                 g->sound_rows},
    };
    forget(w);
    return x;
}

struct text_candidate *text_candidate_for(struct text_context *x, uint32_t township)
{
    struct text_work *w = x->w;

    if (w->slot[township] != NONE16)
        return &w->candidates[w->slot[township]];
    if (w->candidate_count == CANDIDATES_MAX)
        return NULL;
    w->slot[township] = (uint16_t)w->candidate_count;
    struct text_candidate *c = &w->candidates[w->candidate_count++];
    *c = (struct text_candidate){.township = township, .score = INT32_MIN, .percent = 100};
    return c;
}

void text_mark_county(struct text_context *x, uint32_t county, uint16_t mention)
{
    struct text_work *w = x->w;

    if (w->county_head[county] == NONE16) {
        if (w->county_count == MENTIONS_MAX)
            return;
        w->counties[w->county_count++] = (uint16_t)county;
    }
    w->mentions[mention].next = w->county_head[county];
    w->county_head[county] = mention;
}

static bool overlap(const struct mention *a, const struct mention *b)
{
    return a->start < b->end && b->start < a->end;
}

static bool touch(const struct mention *a, const struct mention *b)
{
    return (a->end <= b->start && b->start - a->end <= 1) ||
           (b->end <= a->start && a->start - b->end <= 1);
}

/* The named county that supports m best. Each posting of a county mention has its own mention copy
 * in the list of its county only when the name is unique; so lists are walked by mention, see
 * mark_counties. */
static int county_points(struct text_context *x, const struct mention *m, uint32_t county,
                         struct text_candidate *c)
{
    const struct text_work *w = x->w;
    int best = 0;

    for (uint16_t i = w->county_head[county]; i != NONE16; i = w->mentions[i].next) {
        const struct mention *p = &w->mentions[i];
        bool solid = p->kind != NAME_COUNTY_STEM || p->solid || touch(p, m);
        bool inside = p->start >= m->start && p->end <= m->end;
        if (overlap(p, m) && !inside)
            continue;
        int points = solid ? POINTS_COUNTY : POINTS_COUNTY_WEAK;
        if (p->stand != m->stand)
            points -= p->stand == STAND_NOT || p->stand < STAND_OPEN ? 200 : 20;
        points += p->block == m->block && p->block != NONE16 ? POINTS_SAME_BLOCK : 0;
        if (points <= best)
            continue;
        best = points;
        c->county = solid ? COUNTY_SOLID : COUNTY_WEAK;
    }
    return best;
}

static bool names_entity(const struct text_context *x, const struct mention *m, uint32_t entity)
{
    for (uint32_t i = 0; i < m->count; i++) {
        if (POSTING_ENTITY(x->trie.postings[m->first + i]) == entity)
            return true;
    }
    return false;
}

static int upper_points(struct text_context *x, const struct mention *m, uint32_t county,
                        struct text_candidate *c)
{
    const struct text_work *w = x->w;
    const struct county_row *row = &x->g->counties[county];
    int city = 0, province = 0;

    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *p = &w->mentions[i];
        if (p->dead || p->kind > NAME_CITY_STEM || overlap(p, m))
            continue;
        bool of_city = p->kind == NAME_CITY || p->kind == NAME_CITY_STEM;
        if (!names_entity(x, p, of_city ? row->city : row->province))
            continue;
        int points = p->kind == NAME_CITY        ? POINTS_CITY
                     : p->kind == NAME_CITY_STEM ? POINTS_CITY_STEM
                                                 : POINTS_PROVINCE;
        if (p->stand != m->stand && p->stand < STAND_OPEN)
            points /= 3;
        if (of_city)
            city = points > city ? points : city;
        else
            province = points > province ? points : province;
    }
    c->city = city > 0;
    c->province = province > 0;
    return c->county >= COUNTY_SOUND ? city / 3 + province / 2 : city + province;
}

int text_parents(struct text_context *x, const struct mention *m, uint32_t county,
                 struct text_candidate *c)
{
    int points = county_points(x, m, county, c);
    return points + upper_points(x, m, county, c);
}

/* What follows a bare stem and makes another word of it: 和平路, 太平医院, 新华汽车站. */
static bool other_word_follows(const struct folded *f, size_t at)
{
    static const char *const characters =
        "路街道巷弄号楼栋园苑厂店院校站桥河山湖江海水库县市区省村屯庄寨庙寺"
        "大中小医商酒宾超公广车学派银邮法商城门口新";
    static const char *const words =
        "汽车火车花园花苑花城花都加油高速高铁客运幼儿敬老养老农贸批发菜市步行国际世纪名都御景佳苑";

    if (at >= f->count || f->before[at] != BREAK_NONE)
        return false;
    for (struct slice s = slice_of(characters); s.len > 0;) {
        if (utf8_next(&s) == f->text[at])
            return true;
    }
    for (struct slice s = slice_of(words); s.len > 0;) {
        uint32_t first = utf8_next(&s), second = utf8_next(&s);
        if (first == f->text[at] && at + 1 < f->count && second == f->text[at + 1])
            return true;
    }
    return false;
}

/* 穆村小学, 曹村医院: named after the village, which need not be the one in the list. */
static bool school_follows(const struct folded *f, size_t at)
{
    static const char *const words =
        "小学中学医院酒店超市广场花园公园大道大桥汽车火车商场饭店宾馆学校";

    for (struct slice s = slice_of(words); s.len > 0 && at + 1 < f->count;) {
        uint32_t first = utf8_next(&s), second = utf8_next(&s);
        if (first == f->text[at] && second == f->text[at + 1])
            return true;
    }
    return false;
}

/* The stem is the beginning of a longer name that ends in a unit or a street: 田坝樵镇,
 * 群力第五大道. */
static bool longer_name_follows(const struct folded *f, size_t at)
{
    for (size_t i = at; i < f->count && i < at + 5 && f->before[i] == BREAK_NONE; i++) {
        uint16_t c = f->text[i], next = i + 1 < f->count ? f->text[i + 1] : 0;
        bool street = c == 0x8857 || c == 0x8DEF || c == 0x5DF7 || (c == 0x5927 && next == 0x9053);
        if (i > at && (street || c == 0x9547 || c == 0x4E61)) /* 街 路 巷 大道 镇 乡 */
            return true;
    }
    return false;
}

/* Nothing says that the bare stem is a part of something else. */
static bool stem_stands_alone(const struct text_work *w, const struct mention *m)
{
    const struct folded *f = &w->folded;
    uint16_t last = f->text[m->end - 1], next = m->end < f->count ? f->text[m->end] : 0;

    size_t end = m->end;
    bool parted = m->start > 0 && f->before[m->start] != BREAK_NONE;
    bool ends = end >= f->count || f->before[end] != BREAK_NONE || (next >= '0' && next <= '9');
    if (parted && !ends) /* 黔西市，洪水把粮食都泡了 */
        return false;
    if (next == 0x8857 && end + 1u < f->count &&
        f->text[end + 1] == 0x4E0A) /* 摆金街上: in the town */
        return true;
    if (other_word_follows(f, end) || longer_name_follows(f, end))
        return false;
    for (size_t i = end; i < f->count && i < end + 12; i++) { /* 湾碧(傣族傈僳族)小学 */
        if (f->before[i] != BREAK_NONE)
            break;
        if (f->text[i] == 0x65CF && other_word_follows(f, i + 1))
            return false;
    }
    if ((last == 0x8857 || last == 0x8DEF) && next >= '0' && next <= '9') /* 新华街48号 */
        return false;
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *o = &w->mentions[i];
        if (!o->dead && o->start == m->start && o->end > m->end)
            return false;
    }
    return true;
}

/* 村 or 社区 say that a village is meant; 庄, 屯 and 寨 also begin 扣庄酒店. */
static bool ends_in_committee(const struct folded *f, const struct mention *m)
{
    uint16_t last = f->text[m->end - 1], before = f->text[m->end - 2];
    bool unit =
        last == 0x6751 || (last == 0x533A && before == 0x793E) || last == 0x4F1A || last == 0x67E5;
    return unit && !school_follows(f, m->end);
}

static bool beside_parent(const struct text_context *x, const struct mention *m, uint32_t county)
{
    const struct text_work *w = x->w;

    for (uint16_t i = w->county_head[county]; i != NONE16; i = w->mentions[i].next) {
        const struct mention *p = &w->mentions[i];
        if (overlap(p, m))
            continue;
        if (p->end == m->start || m->end == p->start)
            return true;
        if (p->end + 1 == m->start && w->folded.text[p->end] == 0x7684) /* 惠水县的摆金 */
            return true;
    }
    return false;
}

/* The same characters are the city or province above it and stand before the county: 天水 in
 * 天水秦州区. */
static bool is_parent(const struct text_context *x, const struct mention *m, uint32_t county)
{
    const struct text_work *w = x->w;
    const struct county_row *row = &x->g->counties[county];

    for (uint16_t i = w->county_head[county]; i != NONE16; i = w->mentions[i].next) {
        if (w->mentions[i].end <= m->start && touch(&w->mentions[i], m))
            return false;
    }
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *p = &w->mentions[i];
        if (p->dead || p->kind > NAME_CITY_STEM || !overlap(p, m))
            continue;
        if (names_entity(x, p, p->kind <= NAME_PROVINCE_STEM ? row->province : row->city))
            return true;
    }
    return false;
}

/* The name in the list has the county in it: 端州区城东街道. */
static bool begins_with_county(const struct text_context *x, const struct mention *m,
                               uint32_t county)
{
    const struct gazetteer *g = x->g;
    size_t first = g->county_spoken_starts[county];
    size_t len = g->county_spoken_starts[county + 1] - first;

    return len > 0 && (size_t)(m->end - m->start) > len + 1 &&
           memcmp(x->w->folded.text + m->start, g->county_spoken + first,
                  len * sizeof(g->county_spoken[0])) == 0;
}

static unsigned evidence_of(const struct text_candidate *c)
{
    return (c->county != COUNTY_UNKNOWN ? EVIDENCE_COUNTY : 0u) | (c->city ? EVIDENCE_CITY : 0u) |
           (c->province ? EVIDENCE_PROVINCE : 0u);
}

static void consider(struct text_context *x, uint16_t mention, uint32_t township, uint32_t old)
{
    const struct mention *m = &x->w->mentions[mention];
    uint32_t county = x->g->townships[township].county, length = (uint32_t)(m->end - m->start);
    struct text_candidate c = {.township = township,
                               .mention = mention,
                               .kind = m->kind,
                               .stand = m->stand,
                               .sharing = (uint16_t)(m->count > 60000 ? 60000 : m->count),
                               .percent = 100};
    int parents = text_parents(x, m, county, &c);

    if (old != NO_ROW) {
        c.percent = x->g->old[old].percent;
        c.evidence = EVIDENCE_OLD;
        uint32_t then = x->g->old[old].county;
        if (c.county < COUNTY_SOLID && then != NO_ROW && x->w->county_head[then] != NONE16)
            parents = text_parents(x, m, then, &c);
    }
    if ((m->kind == NAME_TOWNSHIP || m->kind == NAME_TOWNSHIP_ALIAS) && c.county < COUNTY_SOLID &&
        begins_with_county(x, m, county)) {
        c.county = COUNTY_SOLID;
        parents += POINTS_COUNTY;
    }
    int own = 0;
    switch ((enum name_kind)m->kind) {
    case NAME_TOWNSHIP:
        c.strong = length >= 3 || beside_parent(x, m, county); /* some units are just called 街道 */
        own = c.strong ? POINTS_NAME : POINTS_STEM_LOOSE;
        c.evidence |= EVIDENCE_NAME;
        break;
    case NAME_TOWNSHIP_ALIAS:
        c.strong = length >= 3 || beside_parent(x, m, county);
        own = c.strong ? POINTS_ALIAS : POINTS_STEM_LOOSE;
        c.evidence |= EVIDENCE_ALIAS;
        break;
    case NAME_TOWNSHIP_OLD:
        own = POINTS_OLD;
        c.strong = true;
        break;
    case NAME_TOWNSHIP_STEM:
        c.strong =
            beside_parent(x, m, county) && !is_parent(x, m, county) && stem_stands_alone(x->w, m);
        own = c.strong ? POINTS_STEM : POINTS_STEM_LOOSE;
        c.evidence |= EVIDENCE_STEM;
        break;
    default:
        c.strong = m->explicit_unit && (ends_in_committee(&x->w->folded, m) ||
                                        !other_word_follows(&x->w->folded, m->end));
        own = c.strong ? POINTS_VILLAGE : POINTS_VILLAGE_LOOSE;
        c.evidence |= EVIDENCE_VILLAGE;
        break;
    }
    c.score = own + (int)length * POINTS_PER_CHARACTER + parents + points_of_stand(m->stand) -
              (m->crossed != BREAK_NONE ? POINTS_CROSSED : 0);
    if (!c.strong && c.score > POINTS_WEAK_MOST)
        c.score = POINTS_WEAK_MOST;
    c.evidence |= evidence_of(&c);
    struct text_candidate *slot = text_candidate_for(x, township);
    if (slot != NULL && c.score > slot->score)
        *slot = c;
}

static void consider_posting(struct text_context *x, uint16_t mention, uint32_t posting)
{
    uint32_t entity = POSTING_ENTITY(posting);

    if (POSTING_KIND(posting) == NAME_TOWNSHIP_OLD)
        consider(x, mention, x->g->old[entity].township, entity);
    else
        consider(x, mention, entity, NO_ROW);
}

/* First posting of the mention whose entity is at least `entity`. */
static uint32_t lower_bound(const struct text_context *x, const struct mention *m, uint32_t entity)
{
    uint32_t low = m->first, high = m->first + m->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (POSTING_ENTITY(x->trie.postings[middle]) < entity)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void consider_range(struct text_context *x, uint16_t mention, uint32_t first, uint32_t count)
{
    const struct mention *m = &x->w->mentions[mention];
    uint32_t end = m->first + m->count;

    for (uint32_t at = lower_bound(x, m, first);
         at < end && POSTING_ENTITY(x->trie.postings[at]) - first < count; at++)
        consider_posting(x, mention, x->trie.postings[at]);
}

static void consider_counties(struct text_context *x, uint16_t mention, uint32_t first,
                              uint32_t count)
{
    const struct county_row *c = &x->g->counties[first];
    if (count == 0)
        return;
    const struct county_row *last = &x->g->counties[first + count - 1];
    consider_range(x, mention, c->township_first,
                   last->township_first + last->township_count - c->township_first);
}

/* A long list is looked at within the named counties and cities only. */
static void consider_named(struct text_context *x, uint16_t mention)
{
    const struct text_work *w = x->w;

    for (size_t i = 0; i < w->county_count; i++)
        consider_counties(x, mention, w->counties[i], 1);
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *p = &w->mentions[i];
        if (p->dead || (p->kind != NAME_CITY && p->kind != NAME_CITY_STEM))
            continue;
        for (uint32_t k = 0; k < p->count; k++) {
            const struct city_row *c =
                &x->g->cities[POSTING_ENTITY(x->trie.postings[p->first + k])];
            consider_counties(x, mention, c->county_first, c->county_count);
        }
    }
}

static void consider_mention(struct text_context *x, uint16_t mention)
{
    const struct mention *m = &x->w->mentions[mention];
    bool loose = m->kind == NAME_TOWNSHIP_STEM || (m->kind == NAME_VILLAGE && !m->explicit_unit);

    if (loose || m->count > LIST_SCANNED) {
        if (m->kind != NAME_TOWNSHIP_OLD)
            consider_named(x, mention);
        return;
    }
    for (uint32_t i = 0; i < m->count; i++)
        consider_posting(x, mention, x->trie.postings[m->first + i]);
}

/* Is a county stem meant as the county? Yes behind its city or province, or at the beginning of
 * what is said. */
static bool stem_is_county(const struct text_context *x, const struct mention *m, uint32_t county)
{
    const struct text_work *w = x->w;
    const struct county_row *row = &x->g->counties[county];

    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *p = &w->mentions[i];
        if (p->dead || p->kind > NAME_CITY_STEM || p->end > m->start || m->start - p->end > 1)
            continue;
        bool of_city = p->kind == NAME_CITY || p->kind == NAME_CITY_STEM;
        if (names_entity(x, p, of_city ? row->city : row->province))
            return true;
    }
    return false;
}

/* A county's name may belong to several counties: each gets a copy of the mention. */
static void mark_counties(struct text_context *x)
{
    struct text_work *w = x->w;
    size_t count = w->mention_count;

    for (size_t i = 0; i < count; i++) {
        if (w->mentions[i].dead || w->mentions[i].kind < NAME_COUNTY ||
            w->mentions[i].kind > NAME_COUNTY_OLD)
            continue;
        for (uint32_t k = 0; k < w->mentions[i].count; k++) {
            uint32_t county = POSTING_ENTITY(x->trie.postings[w->mentions[i].first + k]);
            size_t at = i;
            if (k > 0) {
                if (w->mention_count == MENTIONS_MAX)
                    return;
                at = w->mention_count++;
                w->mentions[at] = w->mentions[i];
            }
            w->mentions[at].solid = w->mentions[at].kind != NAME_COUNTY_STEM ||
                                    stem_is_county(x, &w->mentions[at], county);
            text_mark_county(x, county, (uint16_t)at);
        }
    }
}

/* A village of the candidate beside the candidate's own name. */
static void support_by_villages(struct text_context *x)
{
    struct text_work *w = x->w;
    size_t count = w->top_count;

    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *m = &w->mentions[i];
        if (m->dead || m->kind != NAME_VILLAGE)
            continue;
        for (size_t k = 0; k < count; k++) {
            struct text_candidate *c = &w->candidates[k];
            if (c->kind == NAME_VILLAGE || c->village || overlap(m, &w->mentions[c->mention]))
                continue;
            if (!m->explicit_unit && !touch(&w->mentions[c->mention], m))
                continue;
            uint32_t at = lower_bound(x, m, c->township);
            if (at == m->first + m->count || POSTING_ENTITY(x->trie.postings[at]) != c->township)
                continue;
            c->village = true;
            c->evidence |= EVIDENCE_VILLAGE;
            c->score += m->explicit_unit ? POINTS_SECOND_NAME : POINTS_SECOND_LOOSE;
        }
    }
}

void text_rank(struct text_context *x)
{
    struct text_work *w = x->w;

    w->top_count = 0;
    for (size_t i = 0; i < w->candidate_count; i++) {
        const struct text_candidate *c = &w->candidates[i];
        size_t at = w->top_count;
        while (at > 0) {
            const struct text_candidate *above = &w->candidates[w->top[at - 1]];
            if (above->score > c->score ||
                (above->score == c->score && above->township < c->township))
                break;
            at--;
        }
        if (at == COUNT_OF(w->top))
            continue;
        if (w->top_count < COUNT_OF(w->top))
            w->top_count++;
        memmove(&w->top[at + 1], &w->top[at], (w->top_count - at - 1) * sizeof(w->top[0]));
        w->top[at] = (uint16_t)i;
    }
}

void text_score(struct text_context *x)
{
    struct text_work *w = x->w;

    mark_counties(x);
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *m = &w->mentions[i];
        if (!m->dead && m->kind >= NAME_TOWNSHIP && m->kind <= NAME_TOWNSHIP_OLD)
            consider_mention(x, (uint16_t)i);
    }
    w->top_count = w->candidate_count < SUPPORTED_MAX ? w->candidate_count : SUPPORTED_MAX;
    support_by_villages(x);
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *m = &w->mentions[i];
        if (!m->dead && m->kind == NAME_VILLAGE)
            consider_mention(x, (uint16_t)i);
    }
    text_rank(x);
}
