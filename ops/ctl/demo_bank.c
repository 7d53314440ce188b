/* What the sandbox saw. */
#include "ops/ctl/demo_bank.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include "ops/ctl/ctl.h"
#include "queue/base/clock.h"

#define SMS_WAIT_MS 15000
#define LOOK_AGAIN_MS 100
#define LOOKS_QUIET 5 /* so often nothing new: no more texts are on their way */

/* Whether a number as the operator got it is this one, written with or without +86. */
static bool same_phone(struct slice to, const char *phone)
{
    struct slice tail = slice_of(phone);

    return to.len >= tail.len && memcmp(to.ptr + to.len - tail.len, tail.ptr, tail.len) == 0;
}

static int count_for(const struct json *messages, const char *phone)
{
    int count = 0;

    for (const struct json *v = json_first(messages); v != NULL; v = json_next(v))
        count += same_phone(demo_text(v, "to"), phone) ? 1 : 0;
    return count;
}

bool demo_sms_tell(struct demo_api *api, const char *phone, int least)
{
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
    int64_t deadline_ms = clock_mono_ms() + SMS_WAIT_MS;
    struct json *answer = NULL;

    for (int quiet = 0, before = 0;; quiet++) {
        if (!demo_bank_get(api, "/sandbox/sms?limit=1000", &answer))
            return false;
        int count = count_for(demo_at(answer, "messages"), phone);
        quiet = count == before ? quiet : 0;
        before = count;
        if (count >= least && quiet >= LOOKS_QUIET)
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
        struct slice text = demo_text(v, "text");
        if (same_phone(demo_text(v, "to"), phone))
            printf("                 \"%.*s\"\n", SLICE_FMT(text));
    }
    json_free(answer);
    return true;
}

bool demo_bank_paid(struct demo_api *api, const char *payment, int64_t *fen)
{
    int64_t sum_fen = 0, from = 0;
    bool more = true;

    while (more) {
        struct json *page = NULL;
        char path[64];
        snprintf(path, sizeof(path), "/sandbox/statement?from=%lld", (long long)from);
        if (!demo_bank_get(api, path, &page))
            return false;
        for (const struct json *v = json_first(demo_at(page, "lines")); v != NULL;
             v = json_next(v)) {
            if (slice_is(demo_text(v, "reference"), payment))
                sum_fen +=
                    demo_int(v, "amount_fen") * (slice_is(demo_text(v, "status"), "paid") ? 1 : -1);
        }
        int64_t next = demo_int(page, "next"); /* null at the end */
        more = next > from;
        from = next;
        json_free(page);
    }
    *fen = sum_fen;
    return true;
}
