#include "queue/store/calls_queue.h"

static const char *const STAGES[STAGE_COUNT] = {"route", "pay", "notify", "sms", "hook", "register", "clock"};

const char *stage_word(enum stage s)
{
    ASSERT(s < STAGE_COUNT);
    return STAGES[s];
}

enum err stage_from_word(struct slice word, enum stage *out)
{
    for (size_t i = 0; i < COUNT_OF(STAGES); i++) {
        if (slice_is(word, STAGES[i])) {
            *out = (enum stage)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

void lease_write(struct fcall *f, const char *region, enum stage stage, int64_t lease_ms,
                 int64_t most)
{
    fcall_begin(f, "lease", region);
    fcall_text(f, stage_word(stage));
    fcall_int(f, lease_ms);
    fcall_int(f, most);
}

enum err lease_read(const redisReply *reply, struct slice *token, struct job *jobs, size_t *n)
{
    size_t count = reply_count(reply);
    if (count == 0 || (count - 1) % 3 != 0 || (count - 1) / 3 > STORE_BATCH_MAX) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < (count - 1) / 3; i++) {
        jobs[i].id = reply_text_at(reply, 1 + 3 * i);
        jobs[i].payload = reply_text_at(reply, 3 + 3 * i);
        if (jobs[i].id.len == 0 || jobs[i].id.len >= JOB_ID_SIZE ||
            reply_int(reply_at(reply, 2 + 3 * i), 1, JOB_DELIVERIES_MAX, &jobs[i].attempt) !=
                ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    *token = reply_text_at(reply, 0);
    *n = (count - 1) / 3;
    return ERR_OK;
}

void finish_begin(struct fcall *f, const char *region, enum stage stage, struct slice token)
{
    fcall_begin(f, "finish", region);
    fcall_text(f, stage_word(stage));
    fcall_slice(f, token);
}

void finish_add(struct fcall *f, const struct job_end *e)
{
    static const char *const ACTIONS[] = {"done", "again", "retry", "bury"};
    fcall_slice(f, e->id);
    fcall_text(f, ACTIONS[e->action]);
    fcall_int(f, e->delay_ms);
    fcall_slice(f, e->text);
}

enum err finish_read(const redisReply *reply, size_t n, size_t *stale)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += slice_is(reply_text_at(reply, i), "stale");
    }
    *stale = count;
    return ERR_OK;
}

void dead_list_write(struct fcall *f, const char *region, enum stage stage, int64_t most)
{
    fcall_begin(f, "dead_list", region);
    fcall_text(f, stage_word(stage));
    fcall_int(f, most);
}

enum err dead_list_read(const redisReply *reply, struct dead_job *jobs, size_t most, size_t *n)
{
    size_t count = reply_count(reply) / 3;
    if (reply_count(reply) % 3 != 0 || count > most) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        jobs[i].id = reply_text_at(reply, 3 * i);
        jobs[i].reason = reply_text_at(reply, 3 * i + 2);
        if (reply_int(reply_at(reply, 3 * i + 1), 0, INT64_MAX, &jobs[i].buried_ms) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    *n = count;
    return ERR_OK;
}

void dead_requeue_begin(struct fcall *f, const char *region, enum stage stage)
{
    fcall_begin(f, "dead_requeue", region);
    fcall_text(f, stage_word(stage));
}

enum err dead_requeue_read(const redisReply *reply, int64_t *count)
{
    return reply_int(reply, 0, INT64_MAX, count);
}
