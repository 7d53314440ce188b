/* Same-sounding characters, within counties that are named, or to tell a county apart. */
#include "workers/routing/text.h"

#define POINTS_SOUND 200
#define POINTS_PER_SOUND 45 /* a longer name that fits beats a shorter one inside it */
#define POINTS_COUNTY_SOUND 250
#define NAME_LEAST 3 /* characters: with 镇 or 乡; shorter names sound like too much */

/* Wrong characters if the name stands at `at` with at least one right character and all others
 * sounding right; -1 if it does not. */
static int unlike(const struct text_context *x, size_t at, const uint16_t *name, size_t len)
{
    const struct folded *f = &x->w->folded;
    int wrong = 0;

    if (at + len > f->count)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && f->before[at + i] >= BREAK_SENTENCE)
            return -1;
        if (f->text[at + i] == name[i])
            continue;
        if (!fold_same_sound(&x->fold, f->text[at + i], name[i]) || ++wrong > 1)
            return -1;
    }
    return wrong;
}

/* A stand for a place in the text that is no mention: that of the block it touches. */
static struct mention place_at(const struct text_context *x, size_t at, size_t len)
{
    const struct text_work *w = x->w;
    struct mention m = {.start = (uint16_t)at,
                        .end = (uint16_t)(at + len),
                        .kind = NAME_CUE,
                        .block = NONE16,
                        .next = NONE16};

    for (size_t i = 0; i < w->block_count; i++) {
        const struct block *b = &w->blocks[i];
        if (m.start <= b->end + 1 && b->start <= m.end + 1) {
            m.block = (uint16_t)i;
            m.stand = b->stand;
        }
    }
    return m;
}

static void consider_sound(struct text_context *x, uint32_t township, size_t at, size_t len)
{
    struct text_work *w = x->w;
    struct mention m = place_at(x, at, len);
    struct text_candidate c = {.township = township,
                               .kind = NAME_CUE,
                               .stand = m.stand,
                               .sharing = 1,
                               .percent = 100,
                               .strong = true,
                               .evidence = EVIDENCE_SOUND};
    int parents = text_parents(x, &m, x->g->townships[township].county, &c);

    if (w->mention_count == MENTIONS_MAX)
        return;
    c.mention = (uint16_t)w->mention_count;
    c.score = POINTS_SOUND + POINTS_PER_SOUND * (int)len + parents +
              (m.stand < STAND_OPEN ? -160 : m.stand * 60);
    c.evidence |= c.county != COUNTY_UNKNOWN ? EVIDENCE_COUNTY : 0u;
    struct text_candidate *slot = text_candidate_for(x, township);
    if (slot == NULL || slot->score >= c.score)
        return;
    m.dead = true;
    w->mentions[w->mention_count++] = m;
    *slot = c;
}

static void sounds_of_name(struct text_context *x, uint32_t township, uint32_t spoken)
{
    const struct gazetteer *g = x->g;
    const uint16_t *name = g->spoken + g->spoken_starts[spoken];
    size_t len = g->spoken_starts[spoken + 1] - g->spoken_starts[spoken];

    for (size_t at = 0; len >= NAME_LEAST && at + len <= x->w->folded.count; at++) {
        if (unlike(x, at, name, len) == 1)
            consider_sound(x, township, at, len);
    }
}

static void sounds_of_county(struct text_context *x, uint32_t county)
{
    const struct county_row *row = &x->g->counties[county];

    for (uint32_t i = row->township_first; i < row->township_first + row->township_count; i++) {
        sounds_of_name(x, i, 2 * i);     /* as in the list */
        sounds_of_name(x, i, 2 * i + 1); /* as people say it, empty when that is the same */
    }
}

void text_score_sounds(struct text_context *x)
{
    const struct text_work *w = x->w;

    if (x->fold.sound == NULL || x->g->spoken_starts_count == 0)
        return;
    for (size_t i = 0; i < w->county_count && i < 8; i++) {
        bool meant = false;
        for (uint16_t m = w->county_head[w->counties[i]]; m != NONE16; m = w->mentions[m].next)
            meant = meant || w->mentions[m].solid || w->mentions[m].kind == NAME_COUNTY_STEM;
        if (meant)
            sounds_of_county(x, w->counties[i]);
    }
    text_rank(x);
}

void text_county_by_sound(struct text_context *x)
{
    static const size_t longest = 24;
    struct text_work *w = x->w;

    if (x->fold.sound == NULL)
        return;
    for (size_t i = 0; i < w->candidate_count; i++) {
        struct text_candidate *c = &w->candidates[i];
        if (c->county >= COUNTY_SOUND || c->kind == NAME_CUE)
            continue;
        const struct county_row *row = &x->g->counties[x->g->townships[c->township].county];
        const struct mention *m = &w->mentions[c->mention];
        size_t len = x->g->county_spoken_starts[row - x->g->counties + 1] -
                     x->g->county_spoken_starts[row - x->g->counties];
        if (len < NAME_LEAST || len > longest || m->start < len)
            continue;
        if (unlike(x, m->start - len,
                   x->g->county_spoken + x->g->county_spoken_starts[row - x->g->counties],
                   len) != 1)
            continue;
        c->county = COUNTY_SOUND;
        c->score += POINTS_COUNTY_SOUND;
        c->evidence |= EVIDENCE_COUNTY | EVIDENCE_SOUND;
    }
    text_rank(x);
}
