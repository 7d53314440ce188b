/* Whatever somebody writes: the reading stays within its ranges, and every conversation has one next step. The first
 * two bytes are what is known of the telephone. */
#include "queue/base/check.h"
#include "workers/conversation/dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading r;
    struct step step;
    if (size < 2) {
        return 0;
    }
    const struct talk talk = {
        .has_case = (data[0] & 1) != 0,
        .routed = (data[0] & 2) != 0,
        .people_known = (data[0] & 4) != 0,
        .was_case = (data[0] & 8) != 0,
        .officer = (data[0] & 16) != 0,
        .place_found = (data[0] & 32) != 0,
        .ask = (enum talk_ask)(data[1] % TALK_COUNT),
        .misses = data[1] / TALK_COUNT % 4,
    };
    struct slice text = slice_make((const char *)data + 2, size - 2);
    reading_make(text, INT64_C(1795305600000), &r);
    ASSERT(r.persons >= 0 && r.persons <= PERSONS_MAX);
    ASSERT(r.stars >= 0 && r.stars <= 5);
    ASSERT(r.number >= -1 && r.number <= 999);
    ASSERT(strlen(r.digits) <= READING_DIGITS_MAX && strlen(r.tail) <= READING_DIGITS_MAX);
    dialogue_step(&talk, &r, text, &step);
    ASSERT(step.reply != NULL && step.ask < TALK_COUNT);
    ASSERT(step.persons >= 0 && step.persons <= PERSONS_MAX);
    ASSERT(step.act != STEP_RATE || (step.stars >= 1 && step.stars <= 5));
    /* nothing happens to a case that there is not */
    bool needs_case = step.act == STEP_ADD || step.act == STEP_CALL || step.act == STEP_WITHDRAW;
    ASSERT(!needs_case || talk.has_case || talk.ask == TALK_WITHDRAW);
    /* danger is never left without the emergency numbers */
    ASSERT(!step.danger || strncmp(step.reply, "danger", 6) == 0);
    return 0;
}
