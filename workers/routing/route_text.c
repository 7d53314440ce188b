/* From scored candidates to a decision. A route is made only when one township is clearly
 * supported; otherwise the county, or nothing, with the candidates and what to ask. */
#include "workers/routing/text.h"

#include <string.h>

#define CLEAR 40 /* points by which the first must lead */

static const struct text_candidate *top(const struct text_work *w, size_t i)
{
    return i < w->top_count ? &w->candidates[w->top[i]] : NULL;
}

static bool of_township(const struct text_candidate *c)
{
    return c->kind != NAME_VILLAGE;
}

static bool overlap(const struct text_work *w, const struct text_candidate *a,
                    const struct text_candidate *b)
{
    const struct mention *x = &w->mentions[a->mention], *y = &w->mentions[b->mention];
    return x->start < y->end && y->start < x->end;
}

static bool mention_names(const struct text_context *x, const struct mention *m, uint32_t county)
{
    const struct county_row *row = &x->g->counties[county];
    uint32_t wanted = m->kind <= NAME_PROVINCE_STEM ? row->province
                      : m->kind <= NAME_CITY_STEM   ? row->city
                                                    : county;

    for (uint32_t i = 0; i < m->count; i++) {
        if (POSTING_ENTITY(x->trie.postings[m->first + i]) == wanted)
            return true;
    }
    return false;
}

/* The mention shares characters with one that does name the county: 南县 in 衡 南县. */
static bool part_of_county(const struct text_work *w, const struct mention *m, uint32_t county)
{
    for (uint16_t i = w->county_head[county]; i != NONE16; i = w->mentions[i].next) {
        if (w->mentions[i].start < m->end && m->start < w->mentions[i].end)
            return true;
    }
    return false;
}

/* Another county or city is named, and the person stands at least as near to that as to the
 * candidate: the candidate is not what was meant, or the text contradicts itself. A county that
 * agrees is stronger than a city that does not. */
static bool contradicted(const struct text_context *x, const struct text_candidate *c)
{
    const struct text_work *w = x->w;
    uint32_t county = x->g->townships[c->township].county;

    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *m = &w->mentions[i];
        bool upper = m->kind == NAME_CITY || m->kind == NAME_PROVINCE || m->kind == NAME_CITY_STEM;
        bool of_county = m->kind == NAME_COUNTY || m->kind == NAME_COUNTY_OLD ||
                         (m->kind == NAME_COUNTY_STEM && m->solid);
        if (m->dead || (!upper && !of_county) || mention_names(x, m, county) ||
            part_of_county(w, m, county))
            continue;
        bool nearer = m->stand > c->stand && m->stand >= STAND_HERE;
        bool as_near = m->stand >= c->stand || m->stand >= STAND_OPEN;
        bool same_block = m->block == w->mentions[c->mention].block;
        bool says_no = as_near;
        if (c->county >=
            COUNTY_SOUND) /* beside its own county, a city may be wrong; a second county not */
            says_no = of_county ? nearer || (same_block && m->kind == NAME_COUNTY)
                                : nearer && !same_block;
        if (says_no)
            return true;
    }
    return false;
}

/* A second place in the text that is supported as well and is not a part of the first. */
static bool rivalled(const struct text_context *x, const struct text_candidate *best)
{
    const struct text_work *w = x->w;

    for (size_t i = 1; i < w->top_count; i++) {
        const struct text_candidate *c = top(w, i);
        if (!c->strong || of_township(c) != of_township(best) || overlap(w, c, best))
            continue;
        if (c->kind == NAME_TOWNSHIP_STEM && best->kind != NAME_TOWNSHIP_STEM)
            continue;
        if (best->county >= COUNTY_SOUND && c->county < COUNTY_SOUND)
            continue;
        if (best->county < COUNTY_SOUND && best->city && !c->city)
            continue;
        if (c->stand >= best->stand)
            return true;
    }
    return false;
}

/* Points by which the first leads. What stands inside its name is no rival (新街 in 小新街乡), nor
 * is a place elsewhere in the text where the person is less likely to be. */
static int lead_of(const struct text_work *w, const struct text_candidate *best)
{
    const struct mention *m = &w->mentions[best->mention];

    for (size_t i = 1; i < w->top_count; i++) {
        const struct text_candidate *c = top(w, i);
        const struct mention *o = &w->mentions[c->mention];
        bool inside =
            o->start >= m->start && o->end <= m->end && o->end - o->start < m->end - m->start;
        bool farther = !overlap(w, c, best) && c->stand < best->stand;
        if (!inside && !farther)
            return best->score - c->score;
    }
    return 1000;
}

/* A county's name runs into the township's: 剑河南寨镇 may be 剑河|南寨镇. Only a named county
 * tells. */
static bool runs_into_county(const struct text_work *w, const struct mention *m)
{
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *p = &w->mentions[i];
        if (!p->dead && p->kind <= NAME_COUNTY_OLD && p->start < m->start && p->end > m->start)
            return true;
    }
    return false;
}

/* The name ends in what only townships are called. Without a county nothing else is enough:
 * 社区服务中心 is the name of a unit somewhere, and of a thing in every town. */
static bool says_its_kind(const struct text_work *w, const struct mention *m)
{
    const uint16_t *end = w->folded.text + m->end;
    size_t length = (size_t)(m->end - m->start);

    if (length < 3)
        return false;
    return end[-1] == 0x9547 || end[-1] == 0x4E61 ||                      /* 镇 乡 */
           (end[-2] == 0x8857 && end[-1] == 0x9053) ||                    /* 街道 */
           (end[-2] == 0x82CF && end[-1] == 0x6728) ||                    /* 苏木 */
           (end[-2] == 0x519C && end[-1] == 0x573A) ||                    /* 农场 */
           (end[-2] == 0x6797 && end[-1] == 0x573A) ||                    /* 林场 */
           (end[-3] == 0x529E && end[-2] == 0x4E8B && end[-1] == 0x5904); /* 办事处 */
}

/* A township's name stands inside the village's: 西营镇寨子村 is rather a village of some 西营镇
 * than 西营镇寨. */
static bool holds_township(const struct text_work *w, const struct mention *m)
{
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *t = &w->mentions[i];
        if (t->kind == NAME_TOWNSHIP && t->start < m->end && m->start < t->end)
            return true;
    }
    return false;
}

/* 0: no route. Otherwise the confidence, 60..97. */
static int confidence_of(const struct text_context *x, const struct text_candidate *best)
{
    const struct text_work *w = x->w;
    int lead = lead_of(w, best);
    const struct mention *m = &w->mentions[best->mention];
    int length = m->end - m->start;

    if (!best->strong || best->stand <= STAND_HOME || lead < CLEAR || contradicted(x, best) ||
        rivalled(x, best))
        return 0;
    if (best->percent < 50)
        return 0;
    bool county = best->county >= COUNTY_SOUND;
    if (!county && runs_into_county(w, m))
        return 0;
    bool sure = best->county == COUNTY_SOLID;
    switch ((enum name_kind)best->kind) {
    case NAME_TOWNSHIP:
    case NAME_TOWNSHIP_ALIAS:
        if (county)
            return sure ? 97 : 78;
        if (best->city)
            return 92;
        if (best->province)
            return best->village ? 88 : 85;
        if (best->village)
            return 84;
        return best->sharing == 1 && says_its_kind(w, m) ? 80 : 0;
    case NAME_TOWNSHIP_OLD:
        if (county)
            return best->percent >= 80 ? 90 : 70;
        if (best->city || best->province)
            return best->percent >= 80 ? 82 : 66;
        return best->sharing == 1 && says_its_kind(w, m) && best->percent >= 80 ? 70 : 0;
    case NAME_TOWNSHIP_STEM: return county ? 85 : 0;
    case NAME_VILLAGE:
        if (county)
            return sure ? 86 : 66;
        if (best->city)
            return 70;
        if (holds_township(w, m))
            return 0;
        return best->province ? 66 : best->sharing == 1 && length >= 4 ? 62 : 0;
    default: return sure ? 76 : 0; /* by sound */
    }
}

/* ---- the county when no township is clear ---- */

static bool weak_stem_counts(const struct text_context *x, const struct mention *m)
{
    const struct text_work *w = x->w;

    if (m->start == 0 || w->folded.before[m->start] >= BREAK_COMMA)
        return true;
    for (size_t i = 0; i < w->cue_count; i++) {
        if (w->mentions[w->cues[i]].end == m->start)
            return true;
    }
    return false;
}

static int county_score(struct text_context *x, uint32_t county)
{
    const struct text_work *w = x->w;
    int best = 0;

    for (uint16_t i = w->county_head[county]; i != NONE16; i = w->mentions[i].next) {
        const struct mention *m = &w->mentions[i];
        struct text_candidate c = {.county = COUNTY_UNKNOWN};
        struct mention elsewhere = {
            .start = UINT16_MAX, .end = UINT16_MAX, .block = NONE16, .stand = m->stand};
        int points = m->solid ? 300 : weak_stem_counts(x, m) ? 120 : 0;
        if (points == 0 || m->stand <= STAND_NOT)
            continue;
        points += m->stand * 60 + text_parents(x, &elsewhere, county, &c) / 4;
        best = points > best ? points : best;
    }
    return best;
}

struct county_choice {
    uint32_t county;
    int score, second;
};

static struct county_choice choose_county(struct text_context *x)
{
    struct county_choice c = {NO_ROW, 0, 0};

    for (size_t i = 0; i < x->w->county_count; i++) {
        int score = county_score(x, x->w->counties[i]);
        if (score > c.score) {
            c.second = c.score;
            c.score = score;
            c.county = x->w->counties[i];
        } else if (score > c.second) {
            c.second = score;
        }
    }
    return c;
}

static bool home_only(const struct text_context *x, uint32_t county)
{
    const struct text_work *w = x->w;

    for (uint16_t i = w->county_head[county]; i != NONE16; i = w->mentions[i].next) {
        if (w->mentions[i].stand > STAND_HOME)
            return false;
    }
    return true;
}

/* ---- result ---- */

static void add_candidates(struct text_context *x, struct route_result *out)
{
    const struct text_candidate *c;

    for (size_t i = 0; (c = top(x->w, i)) != NULL; i++) {
        struct route_candidate *shown = candidate_add(x->g, out, c->township);
        if (shown == NULL)
            continue;
        shown->evidence = c->evidence;
        shown->score = c->score < 0 ? 0 : c->score > 1000 ? 1000 : c->score;
    }
}

static void explain_route(const struct text_candidate *c, const struct route_candidate *shown,
                          struct route_result *out)
{
    if (c->kind == NAME_CUE)
        why_add(out, "说的名称按读音最接近%s的%s。", shown->county, shown->name);
    else if (c->kind == NAME_VILLAGE)
        why_add(out, "说的村或社区属于%s%s。", shown->county, shown->name);
    else if (c->kind == NAME_TOWNSHIP_OLD)
        why_add(out, "说的是撤并前的名称，原辖区约%u%%现在归%s%s。", c->percent, shown->county,
                shown->name);
    else if (c->kind == NAME_TOWNSHIP_STEM)
        why_add(out, "%s里叫这个名称的是%s。", shown->county, shown->name);
    else
        why_add(out, "说到了%s。", shown->name);
    if (c->county == COUNTY_SOUND)
        why_add(out, "县名按读音是%s。", shown->county);
    else if (c->county != COUNTY_UNKNOWN)
        why_add(out, "说到了它所在的%s。", shown->county);
    else if (c->city)
        why_add(out, "%s只有这一个%s。", shown->city, shown->name);
    else if (c->sharing == 1)
        why_add(out, "全国只有一个地方叫这个名称。");
    if (c->village && c->kind != NAME_VILLAGE)
        why_add(out, "还说到了它下面的村或社区。");
    if (c->stand >= STAND_HERE)
        why_add(out, "按说法，人现在就在那里。");
}

static void explain_several(const struct text_context *x, const struct text_candidate *best,
                            struct route_result *out)
{
    const struct text_candidate *second = top(x->w, 1);

    if (best->stand <= STAND_HOME)
        why_add(out, "只说到了老家或户籍所在地，没有说人现在在哪里。");
    else if (contradicted(x, best))
        why_add(out, "说到的几个地名互相对不上。");
    else if (rivalled(x, best))
        why_add(out, "说到了不止一个地方，不能确定人在哪一个。");
    else if (second != NULL && best->score - second->score < CLEAR)
        why_add(out, "叫这个名称的不止一个地方。");
    else
        why_add(out, "说到的名称还不足以确定乡镇街道。");
}

static void decide_county(struct text_context *x, struct route_result *out)
{
    struct county_choice choice = choose_county(x);
    const struct text_candidate *best = top(x->w, 0);

    add_candidates(x, out);
    if (best != NULL)
        explain_several(x, best, out);
    if (choice.county == NO_ROW || choice.score - choice.second < CLEAR ||
        home_only(x, choice.county)) {
        for (size_t i = 0; i < x->w->county_count && out->count < SHOWN_MAX; i++) {
            if (county_score(x, x->w->counties[i]) + CLEAR > choice.score)
                (void)candidate_add_county(x->g, out, x->w->counties[i]);
        }
        out->ask = best != NULL ? ASK_WHICH : x->w->county_count > 1 ? ASK_COUNTY : ASK_PLACE;
        if (best == NULL && x->w->county_count > 0)
            why_add(out, "说到的县名不能确定是哪一个，或者只是老家、户籍所在地。");
        return;
    }
    struct county county;
    gazetteer_county_at(x->g, choice.county, &county);
    result_set_county(x->g, out, choice.county, choice.score >= 250 ? 90 : 70);
    struct route_candidate *shown = candidate_add_county(x->g, out, choice.county);
    if (shown != NULL)
        shown->evidence = EVIDENCE_COUNTY;
    candidates_add_of_county(x->g, out, choice.county);
    out->ask = best != NULL && x->g->townships[best->township].county == choice.county
                   ? ASK_WHICH
                   : ASK_TOWNSHIP;
    why_add(out, "能确定的是%s%s。", county.city, county.name);
}

static void decide_upper(struct text_context *x, struct route_result *out)
{
    const struct text_work *w = x->w;

    out->ask = ASK_PLACE;
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *m = &w->mentions[i];
        if (m->dead || m->kind > NAME_CITY_STEM || m->stand <= STAND_HOME)
            continue;
        bool city = m->kind == NAME_CITY || m->kind == NAME_CITY_STEM;
        uint32_t entity = POSTING_ENTITY(x->trie.postings[m->first]);
        why_add(out, "只说到了%s。",
                city ? gazetteer_text(x->g, x->g->cities[entity].name)
                     : gazetteer_text(x->g, x->g->provinces[entity].name));
        out->ask = ASK_COUNTY;
        for (uint32_t k = 0; city && k < x->g->cities[entity].county_count; k++)
            (void)candidate_add_county(x->g, out, x->g->cities[entity].county_first + k);
        return;
    }
    why_add(out, w->folded.count == 0 ? "没有说明地点。" : "没有听出地名。");
}

void route_by_text(struct text_context *x, struct slice text, uint32_t code_county)
{
    struct text_work *w = x->w;

    text_find(x, text);
    if (code_county != NO_ROW && w->mention_count < MENTIONS_MAX) {
        w->mentions[w->mention_count] = (struct mention){.start = UINT16_MAX,
                                                         .end = UINT16_MAX,
                                                         .kind = NAME_COUNTY,
                                                         .solid = true,
                                                         .dead = true,
                                                         .block = NONE16,
                                                         .next = NONE16};
        text_mark_county(x, code_county, (uint16_t)w->mention_count++);
    }
    text_score(x);
    const struct text_candidate *best = top(w, 0);
    bool known = best != NULL && best->strong && best->county == COUNTY_SOLID;
    if (!known && w->county_count > 0)
        text_score_sounds(x);
    best = top(w, 0);
    if (best != NULL && best->strong && best->county < COUNTY_SOUND && confidence_of(x, best) == 0)
        text_county_by_sound(x);
}

int text_confidence(const struct text_context *x)
{
    const struct text_candidate *best = top(x->w, 0);
    return best == NULL ? 0 : confidence_of(x, best);
}

size_t text_namesakes(const struct text_context *x)
{
    const struct text_candidate *best = top(x->w, 0), *c;
    size_t count = 0;

    if (best == NULL || !best->strong || best->stand <= STAND_HOME || best->percent < 50 ||
        contradicted(x, best) || rivalled(x, best))
        return 0;
    while ((c = top(x->w, count)) != NULL && c->strong && best->score - c->score < CLEAR &&
           (c == best || overlap(x->w, c, best)))
        count++;
    return count;
}

uint32_t text_county(struct text_context *x)
{
    struct county_choice choice = choose_county(x);

    return choice.county != NO_ROW && choice.score >= 250 &&
                   choice.score - choice.second >= CLEAR && !home_only(x, choice.county)
               ? choice.county
               : NO_ROW;
}

bool text_says_nothing(const struct text_context *x)
{
    return x->w->top_count == 0 && x->w->county_count == 0;
}

static bool names_outside(const struct text_context *x)
{
    const struct text_work *w = x->w;

    for (size_t i = 0; i < w->cue_count; i++) {
        const struct mention *m = &w->mentions[w->cues[i]];
        for (uint32_t k = 0; k < m->count; k++) {
            if (POSTING_ENTITY(x->trie.postings[m->first + k]) == CUE_OUTSIDE)
                return true;
        }
    }
    return false;
}

void text_decide(struct text_context *x, struct route_result *out)
{
    const struct text_candidate *best = top(x->w, 0);
    int confidence = text_confidence(x);

    if (confidence == 0 && names_outside(x)) {
        add_candidates(x, out);
        out->ask = ASK_ABROAD;
        why_add(out, "说到了本系统服务范围以外的地方。");
    } else if (confidence == 0) {
        if (text_says_nothing(x))
            decide_upper(x, out);
        else
            decide_county(x, out);
    }
    if (confidence == 0)
        return;
    struct route_candidate *shown = candidate_add(x->g, out, best->township);
    shown->evidence = best->evidence;
    shown->score = best->score > 1000 ? 1000 : best->score;
    result_set_township(x->g, out, best->township, confidence);
    out->ask = confidence < 75 ? ASK_CONFIRM : ASK_NONE;
    explain_route(best, shown, out);
    candidates_add_neighbours(x->g, out, best->township);
}
