/* `jiujictl dead list | requeue`: jobs that were parked, why, and putting them back. */
#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/store/calls_queue.h"

#define LIST_MAX 1000

static const char USAGE[] =
    "usage: jiujictl dead list STAGE             STAGE: route, pay or notify\n"
    "       jiujictl dead requeue STAGE ID...    put these back\n"
    "       jiujictl dead requeue STAGE --all    put all back\n";

static bool read_dead(struct store *store, const struct settings *s, enum stage stage,
                      redisReply **reply, struct dead_job *jobs, size_t *n)
{
    dead_list_write(store_fcall(store), s->region, stage, LIST_MAX);
    return ctl_store_call(store, reply) && dead_list_read(*reply, jobs, LIST_MAX, n) == ERR_OK;
}

static int list(struct store *store, const struct settings *s, enum stage stage)
{
    static struct dead_job jobs[LIST_MAX];
    size_t n = 0;
    redisReply *reply = NULL;
    if (!read_dead(store, s, stage, &reply, jobs, &n)) {
        freeReplyObject(reply);
        return CTL_FAILED;
    }
    for (size_t i = 0; i < n; i++) {
        char at[CLOCK_RFC3339_SIZE];
        clock_format_rfc3339(jobs[i].buried_ms, at);
        printf("%.*s\t%s\t%.*s\n", SLICE_FMT(jobs[i].id), at, SLICE_FMT(jobs[i].reason));
    }
    fprintf(stderr, "%zu dead in stage %s%s\n", n, stage_word(stage),
            n == LIST_MAX ? " (the oldest; there may be more)" : "");
    freeReplyObject(reply);
    return CTL_OK;
}

static int requeue(struct store *store, const struct settings *s, enum stage stage,
                   const struct slice *ids, size_t n)
{
    int64_t total = 0;
    for (size_t at = 0; at < n; at += STORE_BATCH_MAX) {
        redisReply *reply = NULL;
        int64_t count = 0;
        dead_requeue_begin(store_fcall(store), s->region, stage);
        for (size_t i = at; i < n && i < at + STORE_BATCH_MAX; i++) {
            fcall_slice(store_fcall(store), ids[i]);
        }
        bool ok = ctl_store_call(store, &reply) && dead_requeue_read(reply, &count) == ERR_OK;
        freeReplyObject(reply);
        if (!ok) {
            return CTL_FAILED;
        }
        total += count;
    }
    printf("%lld of %zu put back\n", (long long)total, n);
    return total == (int64_t)n ? CTL_OK : CTL_FAILED;
}

static int requeue_all(struct store *store, const struct settings *s, enum stage stage)
{
    static struct dead_job jobs[LIST_MAX];
    static struct slice ids[LIST_MAX];
    size_t n = 0;
    redisReply *reply = NULL;
    int status = CTL_FAILED;
    if (read_dead(store, s, stage, &reply, jobs, &n)) {
        for (size_t i = 0; i < n; i++) {
            ids[i] = jobs[i].id;
        }
        status = requeue(store, s, stage, ids, n);
    }
    freeReplyObject(reply);
    return status;
}

int ctl_dead(int argc, char **argv, const struct settings *s)
{
    bool all = false;
    const struct ctl_option options[] = {{.name = "all", .given = &all}};
    enum stage stage;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    bool listing = argc == 3 && strcmp(argv[1], "list") == 0 && !all;
    bool putting = argc >= 3 && strcmp(argv[1], "requeue") == 0 && (all ? argc == 3 : argc > 3) &&
                   argc - 3 <= LIST_MAX;
    if ((!listing && !putting) || stage_from_word(slice_of(argv[2]), &stage) != ERR_OK ||
        stage == STAGE_CLOCK) {
        return ctl_usage(USAGE);
    }
    struct store *store = ctl_store_open(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    int status;
    if (listing) {
        status = list(store, s, stage);
    } else if (all) {
        status = requeue_all(store, s, stage);
    } else {
        static struct slice ids[LIST_MAX];
        for (int i = 3; i < argc; i++) {
            ids[i - 3] = slice_of(argv[i]);
        }
        status = requeue(store, s, stage, ids, (size_t)(argc - 3));
    }
    store_free(store);
    return status;
}
