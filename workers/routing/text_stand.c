/* Which of several places is where the person is now. */
#include "workers/routing/text.h"

#define AFTER_MAX 3 /* characters between a place and the word behind it */

static enum cue cue_of(const struct text_context *x, const struct mention *m, bool before)
{
    /* One word may be several cues: 户口 before a place and behind it. */
    for (uint32_t i = 0; i < m->count; i++) {
        enum cue cue = (enum cue)POSTING_ENTITY(x->trie.postings[m->first + i]);
        bool behind = cue == CUE_WAS || cue == CUE_STAYS;
        if (behind != before && cue != CUE_OUTSIDE)
            return cue;
    }
    return CUE_COUNT;
}

static bool parted(const struct folded *f, size_t from, size_t to, enum fold_break by)
{
    for (size_t i = from; i <= to && i <= f->count; i++) {
        if (f->before[i] >= by)
            return true;
    }
    return false;
}

/* The word that governs a block from in front: between the block before and this one. */
static enum cue cue_before(const struct text_context *x, size_t block, size_t *length)
{
    const struct text_work *w = x->w;
    const struct block *b = &w->blocks[block];
    size_t from = block == 0 ? 0 : w->blocks[block - 1].end;
    enum cue found = CUE_COUNT;

    for (size_t i = 0; i < w->cue_count; i++) {
        const struct mention *m = &w->mentions[w->cues[i]];
        if (m->start < from || m->end > b->start)
            continue;
        enum cue cue = cue_of(x, m, true);
        if (cue == CUE_COUNT || parted(&w->folded, m->end, b->start, BREAK_SENTENCE))
            continue;
        bool weak = cue == CUE_HERE || (cue == CUE_BUT && m->end - m->start == 1);
        if (weak && (m->end != b->start || (found != CUE_COUNT && found != CUE_FROM)))
            continue; /* 在 says little: right in front, and when nothing stronger is there */
        found = cue;
        *length = (size_t)(m->end - m->start);
    }
    return found;
}

static enum cue cue_behind(const struct text_context *x, size_t block)
{
    const struct text_work *w = x->w;
    const struct block *b = &w->blocks[block];
    size_t to = block + 1 < w->block_count ? w->blocks[block + 1].start : w->folded.count;

    for (size_t i = 0; i < w->cue_count; i++) {
        const struct mention *m = &w->mentions[w->cues[i]];
        if (m->start < b->end || m->end > to || m->start > b->end + AFTER_MAX)
            continue;
        enum cue cue = cue_of(x, m, false);
        if (cue == CUE_COUNT || parted(&w->folded, b->end, m->start, BREAK_COMMA))
            continue;
        bool one = m->end - m->start == 1;
        uint16_t next = m->end < w->folded.count ? w->folded.text[m->end] : 0;
        /* 来 is a word of its own before these only: 的到这看打务做找 */
        if (one && w->folded.text[m->start] == 0x6765 &&
            !(next == 0 || w->folded.before[m->end] >= BREAK_COMMA || next == 0x7684 ||
              next == 0x5230 || next == 0x8FD9 || next == 0x770B || next == 0x6253 ||
              next == 0x52A1 || next == 0x505A || next == 0x627E))
            continue;
        if (one && m->start > b->end &&
            (m->start > b->end + 1 || w->folded.text[b->end] != 0x7684)) /* 的人, not 老人 */
            continue;
        /* 人民政府, 人家 */
        if (one && (next == 0x6C11 || next == 0x5BB6 || next == 0x5458))
            continue;
        return cue;
    }
    return CUE_COUNT;
}

static int8_t stand_of(const struct text_context *x, size_t block)
{
    struct text_work *w = x->w;
    size_t length = 0;
    enum cue before = cue_before(x, block, &length), behind = cue_behind(x, block);

    switch (before) {
    case CUE_NOW: return STAND_NOW;
    case CUE_HOME: return STAND_HOME;
    case CUE_KIN: return STAND_KIN;
    case CUE_NOT: return STAND_NOT;
    case CUE_BUT:
        if (block > 0 && (length > 1 || w->blocks[block - 1].stand == STAND_NOT)) {
            if (w->blocks[block - 1].stand != STAND_HOME)
                w->blocks[block - 1].stand = STAND_NOT;
            return STAND_NOW;
        }
        /* 我是A的，来B看病: the first of two places that one "is" of */
        if (block + 1 < w->block_count && w->folded.text[w->blocks[block].end] == 0x7684 &&
            w->folded.before[w->blocks[block].end + 1] >= BREAK_COMMA)
            return STAND_HOME;
        break;
    case CUE_FROM:
        if (behind == CUE_WAS || block + 1 < w->block_count)
            return STAND_HOME;
        break;
    case CUE_HERE: return behind == CUE_STAYS ? STAND_NOW : STAND_HERE;
    default: break;
    }
    if (behind == CUE_WAS)
        return STAND_HOME;
    return behind == CUE_STAYS ? STAND_NOW : STAND_OPEN;
}

void text_stand(struct text_context *x)
{
    for (size_t i = 0; i < x->w->block_count; i++)
        x->w->blocks[i].stand = stand_of(x, i);
}
