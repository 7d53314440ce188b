/* Bytes in the name of a switchboard: whatever comes, every event is within its limits, and a
 * withheld number is not kept. */
#include "integrations/calls/calls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct calls_batch batch;

static void check(const struct call_event *e)
{
    ASSERT(e->kind < CALL_KIND_COUNT && e->end <= CALL_END_DROPPED);
    ASSERT(calls_source_ok(e->source) && calls_id_ok(e->call_id));
    ASSERT(e->leg_id.len == 0 || calls_id_ok(e->leg_id));
    ASSERT(e->caller.len <= CALLS_CALLER_MAX && e->called.len <= CALLS_CALLER_MAX);
    ASSERT(e->caller.len == 0 || !calls_withheld(e->caller));
    ASSERT(e->queue.len <= CALLS_WORD_MAX && e->agent.len <= CALLS_WORD_MAX);
    ASSERT(e->recording_ref.len <= CALLS_REF_MAX);
    ASSERT(e->hold_s >= -1 && e->hold_s <= CALLS_SECONDS_MAX);
    ASSERT(e->talk_s >= -1 && e->talk_s <= CALLS_SECONDS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    const char *why = NULL;
    arena_init(&arena, 1 << 20);
    enum err err =
        calls_read(slice_make((const char *)data, size), slice_make(NULL, 0), &arena, &batch, &why);
    if (err == ERR_OK) {
        ASSERT(batch.count <= CALLS_EVENTS_MAX);
        for (size_t i = 0; i < batch.count; i++) {
            check(&batch.events[i]);
        }
    } else {
        ASSERT(err == ERR_INPUT || err == ERR_TOO_LARGE || err == ERR_NO_MEMORY);
    }
    arena_release(&arena);
    return 0;
}
