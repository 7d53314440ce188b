/* Words that tell whether a place is where the person is now. They are compiled into the text index
 * like names. */
#ifndef WORKERS_ROUTING_CUES_H
#define WORKERS_ROUTING_CUES_H

#include <stddef.h>

enum cue {
    CUE_NOW,     /* stands before the place where the person is: 现在在, 滞留在 */
    CUE_HERE,    /* weaker: 在, 到 */
    CUE_HOME,    /* stands before the place the person comes from: 老家, 户籍, 来自 */
    CUE_KIN,     /* somebody else's place: 父母在, 儿子在 */
    CUE_NOT,     /* 不是, 不在 */
    CUE_BUT,     /* after a CUE_NOT or a mistake: 而是, 应为, 改为 */
    CUE_FROM,    /* 从: with 来, 过来, 出发, 到 behind the place it is CUE_HOME */
    CUE_WAS,     /* stands behind the place the person comes from: 人, 户口, 来的 */
    CUE_OUTSIDE, /* a place that no list of ours covers: 香港, 台北 */
    CUE_STAYS,   /* stands behind the place where the person is: 打工, 租房, 出事 */
    CUE_COUNT
};

struct cue_word {
    const char *text;
    enum cue cue;
};

extern const struct cue_word cue_words[];
extern const size_t cue_word_count;

#endif
