/* Names and cues in a text. */
#include "workers/routing/text.h"

#include <string.h>

#define UNIT_CHARS_MAX 3

static bool solid_kind(const struct mention *m)
{
    switch ((enum name_kind)m->kind) {
    case NAME_PROVINCE:
    case NAME_CITY:
    case NAME_COUNTY:
    case NAME_COUNTY_OLD:
    case NAME_TOWNSHIP:
    case NAME_TOWNSHIP_ALIAS:
    case NAME_TOWNSHIP_OLD: return true;
    case NAME_VILLAGE: return m->explicit_unit;
    default: return false;
    }
}

/* Characters of a unit word that stands at `at`: 村, 社区, 居委会 …; 0 for none. */
static size_t unit_at(const struct folded *f, size_t at)
{
    static const uint16_t units[][UNIT_CHARS_MAX] = {
        {0x6751, 0, 0},           /* 村 */
        {0x793E, 0x533A, 0},      /* 社区 */
        {0x5C45, 0x59D4, 0x4F1A}, /* 居委会 */
        {0x5C6F, 0, 0},           /* 屯 */
        {0x5BE8, 0, 0},           /* 寨 */
        {0x5E84, 0, 0},           /* 庄 */
        {0x560E, 0x67E5, 0},      /* 嘎查 */
    };

    if (at >= f->count || f->before[at] >= BREAK_COMMA)
        return 0;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        size_t len = 0;
        while (len < UNIT_CHARS_MAX && units[i][len] != 0 && at + len < f->count &&
               f->text[at + len] == units[i][len])
            len++;
        if (len == UNIT_CHARS_MAX || units[i][len] == 0)
            return len;
    }
    return 0;
}

static bool ends_with_unit(const struct folded *f, size_t start, size_t end)
{
    for (size_t at = start + 1; at < end; at++) {
        size_t len = unit_at(f, at);
        if (len > 0 && at + len == end)
            return true;
    }
    return false;
}

/* Everything that ends at this node: one mention per kind. */
static void add_mentions(struct text_context *x, size_t start, size_t end, uint32_t node,
                         uint8_t crossed)
{
    struct text_work *w = x->w;
    uint32_t at = x->trie.starts[node], stop = x->trie.starts[node + 1];

    while (at < stop) {
        uint32_t kind = POSTING_KIND(x->trie.postings[at]), first = at;
        while (at < stop && POSTING_KIND(x->trie.postings[at]) == kind)
            at++;
        if (w->mention_count == MENTIONS_MAX)
            return;
        if (kind == NAME_CUE && crossed != BREAK_NONE)
            continue;
        struct mention m = {.start = (uint16_t)start,
                            .end = (uint16_t)end,
                            .kind = (uint8_t)kind,
                            .crossed = crossed,
                            .block = NONE16,
                            .next = NONE16,
                            .first = first,
                            .count = at - first};
        if (kind == NAME_VILLAGE) {
            size_t unit = unit_at(&w->folded, end);
            m.explicit_unit = unit > 0 || ends_with_unit(&w->folded, start, end);
            m.end = (uint16_t)(end + unit);
        }
        w->mentions[w->mention_count++] = m;
    }
}

static void find_names(struct text_context *x)
{
    const struct folded *f = &x->w->folded;

    for (size_t start = 0; start < f->count; start++) {
        uint32_t node = 0;
        uint8_t crossed = BREAK_NONE;
        for (size_t at = start; at < f->count; at++) {
            if (at > start && f->before[at] > crossed)
                crossed = f->before[at];
            if (crossed == BREAK_SENTENCE)
                break;
            node = trie_step(&x->trie, node, f->text[at]);
            if (node == 0)
                break;
            if (node <= x->trie.terminals)
                add_mentions(x, start, at + 1, node, crossed);
        }
    }
}

/* How far names reach that begin before a character, and that begin at it. */
struct reach {
    uint16_t before[FOLD_MAX + 1], at[FOLD_MAX + 1];
};

enum cover { COVER_PARENTS, COVER_UPPER, COVER_NAMES, COVER_CUES };

static void measure(struct reach *r, const struct text_work *w, enum cover by, uint8_t crossed)
{
    memset(r->at, 0, (w->folded.count + 1) * sizeof(r->at[0]));
    for (size_t i = 0; i < w->mention_count; i++) {
        const struct mention *m = &w->mentions[i];
        bool covers = solid_kind(m) && m->crossed <= crossed;
        if (m->dead || (by == COVER_UPPER && m->kind == NAME_VILLAGE) ||
            (by == COVER_PARENTS && m->kind > NAME_COUNTY_OLD))
            continue;
        if (by == COVER_CUES)
            covers = covers || m->kind == NAME_CUE || m->kind == NAME_COUNTY_STEM ||
                     m->kind == NAME_CITY_STEM;
        if (covers && m->end > r->at[m->start])
            r->at[m->start] = m->end;
    }
    uint16_t most = 0;
    for (size_t i = 0; i <= w->folded.count; i++) {
        r->before[i] = most;
        most = r->at[i] > most ? r->at[i] : most;
    }
}

/* A mention inside a longer one is part of that name: 水县 in 惠水县, 摆金 in 摆金镇. */
static void drop_parts(struct text_work *w)
{
    struct reach upper, parents, names, crossing, cues;

    /* A weak name that begins inside a sound one and ends behind it is chance: 县后山村 in
     * 泾县后山村. */
    measure(&upper, w, COVER_UPPER, BREAK_NONE);
    measure(&parents, w, COVER_PARENTS, BREAK_NONE);
    for (size_t i = 0; i < w->mention_count; i++) {
        struct mention *m = &w->mentions[i];
        bool weak = m->kind == NAME_VILLAGE || m->kind == NAME_TOWNSHIP_STEM ||
                    m->kind == NAME_COUNTY_STEM || m->kind == NAME_CITY_STEM;
        m->dead = weak && upper.before[m->start] > m->start;
        /* 来安 in 来安庆市: a weak name that runs into the full name of a county or city. */
        for (size_t at = m->start + 1u; weak && at < m->end; at++)
            m->dead = m->dead || parents.at[at] > m->end;
    }
    measure(&names, w, COVER_NAMES, BREAK_NONE);
    measure(&crossing, w, COVER_NAMES, BREAK_COMMA);
    measure(&cues, w, COVER_CUES, BREAK_NONE);
    for (size_t i = 0; i < w->mention_count; i++) {
        struct mention *m = &w->mentions[i];
        const struct reach *r = m->kind == NAME_CUE        ? &cues
                                : m->crossed == BREAK_NONE ? &names
                                                           : &crossing;
        m->dead = m->dead || r->before[m->start] >= m->end || r->at[m->start] > m->end;
    }
}

/* Names that make up a block; bare stems of townships and villages are too often plain words. */
static bool makes_block(const struct mention *m)
{
    if (m->dead)
        return false;
    return solid_kind(m) || m->kind == NAME_COUNTY_STEM || m->kind == NAME_CITY_STEM ||
           m->kind == NAME_PROVINCE_STEM;
}

static void find_blocks(struct text_work *w)
{
    struct block *open = NULL;

    w->block_count = 0;
    for (size_t i = 0; i < w->mention_count; i++) {
        struct mention *m = &w->mentions[i];
        if (!makes_block(m))
            continue;
        bool joined = open != NULL && m->start <= open->end + 1;
        for (size_t k = open == NULL ? 0 : open->end; joined && k <= m->start && k > 0; k++)
            joined = w->folded.before[k] < BREAK_SENTENCE;
        for (size_t k = 0; joined && k < w->cue_count; k++) {
            const struct mention *cue = &w->mentions[w->cues[k]];
            joined = cue->start < open->end || cue->start >= m->start;
        }
        if (!joined) {
            if (w->block_count == BLOCKS_MAX)
                return;
            open = &w->blocks[w->block_count++];
            *open = (struct block){m->start, m->end, STAND_OPEN};
        } else if (m->end > open->end) {
            open->end = m->end;
        }
    }
}

/* Every mention belongs to the block it lies in or touches. */
static void assign_blocks(struct text_work *w)
{
    for (size_t i = 0; i < w->mention_count; i++) {
        struct mention *m = &w->mentions[i];
        size_t best = SIZE_MAX;
        for (size_t k = 0; k < w->block_count; k++) {
            const struct block *b = &w->blocks[k];
            size_t gap = m->start > b->end   ? (size_t)(m->start - b->end)
                         : b->start > m->end ? (size_t)(b->start - m->end)
                                             : 0;
            if (gap <= 2 && gap < best) {
                best = gap;
                m->block = (uint16_t)k;
                m->stand = b->stand;
            }
        }
    }
}

void text_find(struct text_context *x, struct slice text)
{
    struct text_work *w = x->w;

    w->mention_count = w->cue_count = w->block_count = 0;
    if (text.len > ROUTE_TEXT_MAX)
        text.len = ROUTE_TEXT_MAX;
    fold_text(&x->fold, text, &w->folded);
    if (x->trie.terminals == 0)
        return;
    find_names(x);
    drop_parts(w);
    for (size_t i = 0; i < w->mention_count; i++) {
        if (w->mentions[i].kind == NAME_CUE && !w->mentions[i].dead)
            w->cues[w->cue_count++] = (uint16_t)i;
    }
    find_blocks(w);
    text_stand(x);
    assign_blocks(w);
}
