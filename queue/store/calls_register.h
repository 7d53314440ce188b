/* Typed calls about questions to the register and their answers. The functions: lua/register.lua.
 */
#ifndef QUEUE_STORE_CALLS_REGISTER_H
#define QUEUE_STORE_CALLS_REGISTER_H

#include "queue/store/calls_queue.h"

#define REGISTER_MATTERS_MAX 2

void register_pump_write(struct fcall *f, const char *region);
MUST_CHECK enum err register_pump_read(const redisReply *reply, int64_t *n);

enum register_put { REGISTER_PUT_OK, REGISTER_PUT_ASKED, REGISTER_PUT_NOT_FOUND };
void register_ask_write(struct fcall *f, const char *region, struct slice no, const char *matter,
                        struct slice event_tail);
MUST_CHECK enum err register_ask_read(const redisReply *reply, enum register_put *out);

void register_asked_write(struct fcall *f, const char *region, struct slice no, const char *matter);
/* *answered: the answer is there already. */
MUST_CHECK enum err register_asked_read(const redisReply *reply, bool *answered);
/* No answer is waited for any more: it did not come in its time, or the register refuses the
 * question. Read with register_asked_read(). */
void register_over_write(struct fcall *f, const char *region, struct slice no, const char *matter,
                         bool refused);

struct register_news {
    struct slice no;
    const char *matter, *answer, *kind;
    int64_t version, as_of_ms, job_score;
    struct slice facts; /* "" = as they are */
    struct slice event_tail;
};
enum register_told {
    REGISTER_TOLD_OK,
    REGISTER_TOLD_SAME,
    REGISTER_TOLD_CHANGED,
    REGISTER_TOLD_NOT_FOUND
};
void register_answer_write(struct fcall *f, const char *region, const struct register_news *n);
MUST_CHECK enum err register_answer_read(const redisReply *reply, enum register_told *out);

struct register_row {
    struct slice matter, state, answer, kind;
    int64_t asked_ms, as_of_ms; /* 0 = none yet */
};
void register_get_write(struct fcall *f, const char *region, struct slice no);
MUST_CHECK enum err register_get_read(const redisReply *reply,
                                      struct register_row rows[REGISTER_MATTERS_MAX], size_t *n);

#endif
