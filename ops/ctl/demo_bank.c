/* What the sandbox saw. */
#include "ops/ctl/demo_bank.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include "ops/ctl/ctl.h"
#include "queue/base/clock.h"

#define SMS_WAIT_MS 15000
#define LOOK_AGAIN_MS 100

/* Entries of `list` whose member `name` ends with `value`. */
static int count_with(const struct json *list, const char *name, const char *value)
{
    int count = 0;

    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        struct slice text = demo_text(v, name), tail = slice_of(value);
        if (text.len >= tail.len && memcmp(text.ptr + text.len - tail.len, tail.ptr, tail.len) == 0)
            count++;
    }
    return count;
}

bool demo_sms_tell(struct demo_api *api, const char *phone, int least)
{
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
    int64_t deadline_ms = clock_mono_ms() + SMS_WAIT_MS;
    struct json *answer = NULL;

    for (;;) {
        if (!demo_bank_get(api, "/sandbox/sms", &answer))
            return false;
        if (count_with(demo_at(answer, "messages"), "to", phone) >= least)
            break;
        json_free(answer);
        if (clock_mono_ms() >= deadline_ms) {
            ctl_complain("the citizen has not got %d SMS within %d s", least, SMS_WAIT_MS / 1000);
            return false;
        }
        nanosleep(&pause, NULL);
    }
    printf("  SMS to the citizen (短信):\n");
    for (const struct json *v = json_first(demo_at(answer, "messages")); v != NULL;
         v = json_next(v)) {
        struct slice to = demo_text(v, "to"), text = demo_text(v, "text");
        size_t len = strlen(phone);
        if (to.len >= len && memcmp(to.ptr + to.len - len, phone, len) == 0)
            printf("                 \"%.*s\"\n", SLICE_FMT(text));
    }
    json_free(answer);
    return true;
}

bool demo_bank_paid(struct demo_api *api, const char *payment, int64_t *fen)
{
    struct json *answer = NULL;
    int64_t sum_fen = 0;

    if (!demo_bank_get(api, "/sandbox/statement", &answer))
        return false;
    for (const struct json *v = json_first(demo_at(answer, "entries")); v != NULL;
         v = json_next(v)) {
        if (slice_is(demo_text(v, "payment"), payment))
            sum_fen += demo_int(v, "amount_fen");
    }
    json_free(answer);
    *fen = sum_fen;
    return true;
}
