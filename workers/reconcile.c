#include "workers/reconcile.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/reconcile_run.h"

#define RECONCILE_EVERY_MS 2000
#define RUN_LEASE_MS 600000

enum err reconcile_keep_lines(struct site *s, const char *rail, const struct pay_collection *c)
{
    char today[STATEMENT_DAY_SIZE], source[STATEMENT_SOURCE_MAX + 1];
    size_t added = 0;
    if (c->line_count == 0) {
        return ERR_OK;
    }
    statement_day(clock_now_ms(), today);
    bankfile_copy_ref(slice_of(c->source), source, sizeof(source));
    for (char *p = source; *p != '\0'; p++) {
        *p = *p == '|' ? '_' : *p;
    }
    const struct statement_load load = {.rail = rail,
                                        .sha256 = c->sha256,
                                        .fallback_day = today,
                                        .actor = s->actor,
                                        .source = slice_of(source),
                                        .lines = c->lines,
                                        .count = c->line_count,
                                        .now_ms = clock_now_ms(),
                                        .run_hour = (int)s->settings->reconcile_hour};
    enum err err = statement_load(s->store, &load, &added);
    if (err == ERR_LIMIT) { /* trying again would not help */
        log_event(LOG_ERROR, "statement_too_large", "rail=%s sha256=%.16s lines=%zu", rail,
                  c->sha256, c->line_count);
        err = ERR_OK;
    }
    return err;
}

/* The MsgIds out of a file rail's own books. self: its struct pay_rail. */
static enum err batches_of(void *self, const char *const *ids, size_t n,
                           char (*out)[STATEMENT_BATCH_SIZE])
{
    const struct pay_rail *rail = self;
    struct pay_result results[STORE_BATCH_MAX];
    enum err err = rail->query(rail->self, ids, n, results);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        bool in_file = results[i].outcome == PAY_ACCEPTED &&
                       strlen(results[i].provider_ref) < STATEMENT_BATCH_SIZE;
        snprintf(out[i], STATEMENT_BATCH_SIZE, "%s", in_file ? results[i].provider_ref : "");
    }
    return err;
}

static enum err run(struct site *s, const struct reconcile_task *task)
{
    struct rail *rail = rails_named(&s->rails, slice_of(task->rail));
    struct reconcile_outcome outcome;
    const struct reconcile_order order = {
        .rail = task->rail,
        .day = task->day,
        .now_ms = clock_now_ms(),
        .settle_ms = rail == NULL ? s->settings->bank_settle_ms : rail->profile.settle_s * 1000,
        .actor = s->actor,
        .token = task->token,
        .batches_of = rail != NULL && rail->collects ? batches_of : NULL,
        .self = rail == NULL ? NULL : &rail->pay,
    };
    int64_t from_ms = clock_mono_ms();
    enum err err = reconcile_run(s->store, &order, &outcome);
    if (err == ERR_OK) {
        bool look = !outcome.statement || !outcome.clean;
        log_event(look && outcome.changed ? LOG_WARN : LOG_INFO, "reconciled",
                  "rail=%s day=%s statement=%d clean=%d payments=%zu lines=%zu differences=%zu "
                  "recorded=%zu took_ms=%lld",
                  task->rail, task->day, outcome.statement, outcome.clean, outcome.payments,
                  outcome.lines, outcome.differences, outcome.recorded,
                  (long long)(clock_mono_ms() - from_ms));
    } else {
        log_event(LOG_ERROR, "reconcile_failed", "rail=%s day=%s err=%s", task->rail, task->day,
                  err_code(err));
    }
    reconcile_outcome_release(&outcome);
    return err == ERR_TOO_LARGE || err == ERR_LIMIT || err == ERR_CORRUPT || err == ERR_IO ? ERR_OK
                                                                                           : err;
}

/* Once a day, from the hour on: yesterday of every rail. */
static enum err plan_daily(struct site *s)
{
    static char planned[STATEMENT_DAY_SIZE]; /* of this process */
    char day[STATEMENT_DAY_SIZE];
    int64_t now_ms = clock_now_ms();
    enum err err = ERR_OK;
    statement_day(now_ms - MS_PER_DAY, day);
    if (s->settings->reconcile_hour < 0 ||
        clock_civil_china(now_ms).hour < s->settings->reconcile_hour || strcmp(planned, day) == 0) {
        return ERR_OK;
    }
    for (size_t i = 0; i < s->rails.count && err == ERR_OK; i++) {
        redisReply *reply = NULL;
        reconcile_plan_write(store_fcall(s->store), s->settings->region, s->rails.list[i].pay.name,
                             day, now_ms);
        err = store_call(s->store, &reply);
        if (reply != NULL) {
            freeReplyObject(reply);
        }
    }
    if (err == ERR_OK) {
        memcpy(planned, day, sizeof(planned));
    }
    return err;
}

enum err reconcile_turn(struct site *s)
{
    static int64_t next_ms;
    struct reconcile_task task = {.found = false};
    char token[32] = "";
    redisReply *reply = NULL;
    if (clock_mono_ms() < next_ms) {
        return ERR_OK;
    }
    next_ms = clock_mono_ms() + RECONCILE_EVERY_MS;
    enum err err = plan_daily(s);
    if (err != ERR_OK) {
        return err;
    }
    reconcile_take_write(store_fcall(s->store), s->settings->region, RUN_LEASE_MS);
    err = store_call(s->store, &reply);
    if (err == ERR_OK) {
        err = reconcile_take_read(reply, &task);
    }
    if (err == ERR_OK && task.found) {
        err = slice_copy(task.token, token, sizeof(token)) == ERR_OK ? ERR_OK : ERR_CORRUPT;
        task.token = slice_of(token);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    if (err == ERR_OK && task.found) {
        next_ms = 0; /* there may be more */
        err = run(s, &task);
    }
    return err;
}
