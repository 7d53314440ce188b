/* jiujictl policy replay DRAFT: the last N real decisions are made again under the draft
 * (workers/rules/replay.h). Changes nothing. POST /v1/policies/{id}/replay prints the same numbers.
 */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/domain/money.h"
#include "queue/store/calls_policy.h"
#include "queue/store/pack.h"
#include "workers/rules/replay.h"

#define CASES_DEFAULT 1000
#define CASES_MAX 100000
#define ENTRIES_AT_ONCE 16
#define NUMBERS_MAX 65536 /* of one answer */

struct walk {
    const struct settings *settings;
    struct store *store;
    struct packer *packer;
    struct calendar calendar;
    struct replay *replay;
    int64_t at_ms, most;
};

static void replay_one(struct walk *w, struct slice no, const struct decided_case *c)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    if (c->found && unpack_text(w->packer, c->decision, &text) == ERR_OK) {
        replay_decide(w->replay, no, c->facts, buf_slice(&text));
    } else {
        replay_skip(w->replay);
    }
    buf_release(&text);
}

static int64_t decided_so_far(const struct walk *w)
{
    struct replay_result sum;
    replay_sum(w->replay, &sum);
    return sum.decisions;
}

/* Load and decide the numbers 1..count of an answer, 64 at a time. */
static bool replay_numbers(struct walk *w, const redisReply *numbers, size_t count)
{
    struct slice nos[DECIDED_CASES_MAX];
    struct decided_case cases[DECIDED_CASES_MAX];
    size_t at = 1;
    while (at <= count && decided_so_far(w) < w->most) {
        int64_t left = w->most - decided_so_far(w);
        size_t n = 0;
        redisReply *reply = NULL;
        policy_cases_begin(store_fcall(w->store), w->settings->region);
        for (; at <= count && n < DECIDED_CASES_MAX && (int64_t)n < left; at++) {
            struct slice no = reply_text_at(numbers, at);
            if (replay_first_time(w->replay, no)) {
                fcall_slice(store_fcall(w->store), no);
                nos[n++] = no;
            }
        }
        if (n == 0) {
            continue;
        }
        bool ok = ctl_store_call(w->store, &reply) && policy_cases_read(reply, cases, n) == ERR_OK;
        for (size_t i = 0; ok && i < n; i++) {
            replay_one(w, nos[i], &cases[i]);
        }
        freeReplyObject(reply);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* From the newest decision back; each step is small, so that nobody else waits. */
static bool walk_back(struct walk *w)
{
    char from[48] = "+";
    while (from[0] != '\0' && decided_so_far(w) < w->most && !replay_full(w->replay)) {
        redisReply *reply = NULL;
        struct slice next;
        size_t n = 0;
        policy_decided_write(store_fcall(w->store), w->settings->region, slice_of(from),
                             ENTRIES_AT_ONCE);
        bool ok = ctl_store_call(w->store, &reply) &&
                  policy_decided_read(reply, &next, &n) == ERR_OK && n < NUMBERS_MAX &&
                  slice_copy(next, from, sizeof(from)) == ERR_OK && replay_numbers(w, reply, n);
        freeReplyObject(reply);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* The disasters of then hold for the draft as well: same times, same places. */
static bool load_draft(struct walk *w, const char *which)
{
    static struct disaster_row rows[DISASTER_ROWS_MAX];
    redisReply *reply = NULL;
    struct buf text, why;
    int64_t now_ms = 0;
    size_t n = 0;
    bool ok = ctl_policy_find(w->settings, which, &text);
    buf_init(&why, 1u << 20);
    disaster_list_write(store_fcall(w->store), w->settings->region);
    ok = ok && ctl_store_call(w->store, &reply) &&
         disaster_list_read(reply, &now_ms, rows, DISASTER_ROWS_MAX, &n) == ERR_OK;
    if (ok) {
        enum err err = replay_new(buf_slice(&text), rows, n, &w->calendar, w->at_ms,
                                  REPLAY_NUMBERS_MAX, &w->replay, &why);
        ok = err == ERR_OK;
        if (why.len > 0 || !ok) {
            ctl_complain("%s: %s", ok ? "notice" : err_text(err), why.len > 0 ? why.ptr : "");
        }
    }
    freeReplyObject(reply);
    buf_release(&text);
    buf_release(&why);
    return ok;
}

static void print_tally(const char *what, const struct replay_tally *t)
{
    char text[MONEY_TEXT_ZH_SIZE];
    money_format_zh(t->fen, text);
    printf("%-8s %8lld  %lld fen (%s)\n", what, (long long)t->cases, (long long)t->fen, text);
}

static void print_result(const struct replay_result *r)
{
    printf("draft %s: %lld decisions made again\n", r->draft, (long long)r->decisions);
    print_tally("same", &r->same);
    print_tally("more", &r->more);
    print_tally("less", &r->less);
    print_tally("nothing", &r->nothing);
    printf("in all   %lld fen -> %lld fen\n", (long long)r->before_fen, (long long)r->after_fen);
    printf("first aid by rule: %lld cases, %lld fen -> %lld cases, %lld fen\n",
           (long long)r->aid_before.cases, (long long)r->aid_before.fen,
           (long long)r->aid_after.cases, (long long)r->aid_after.fen);
    if (r->worst == NULL) {
        printf("no township loses\n");
    } else {
        printf("worst-hit township %s: %lld cases get less, %lld fen\n",
               r->worst->code[0] == '\0' ? "(not placed)" : r->worst->code,
               (long long)r->worst->cases, (long long)r->worst->lost_fen);
    }
    if (r->without_input > 0) {
        printf("%lld older decisions were recorded without their input and are left out\n",
               (long long)r->without_input);
    }
    if (r->unreadable > 0) {
        printf("%lld decisions could not be read\n", (long long)r->unreadable);
    }
}

static int run(struct walk *w, const char *which)
{
    struct replay_result result;
    w->store = ctl_store_open(w->settings);
    bool ok = w->store != NULL && packer_new(&w->packer) == ERR_OK && load_draft(w, which) &&
              walk_back(w);
    if (ok) {
        replay_sum(w->replay, &result);
        print_result(&result);
    }
    replay_free(w->replay);
    packer_free(w->packer);
    store_free(w->store);
    return ok ? CTL_OK : CTL_FAILED;
}

int ctl_policy_replay(int argc, char **argv, const struct settings *s)
{
    static struct walk w;
    const char *most = NULL, *at = NULL;
    const struct ctl_option options[] = {{"cases", &most, NULL}, {"at", &at, NULL}};
    w = (struct walk){.settings = s, .most = CASES_DEFAULT};
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 2 ||
        (most != NULL && slice_to_int64(slice_of(most), 1, CASES_MAX, &w.most) != ERR_OK)) {
        return ctl_usage("usage: jiujictl policy replay DRAFT [--cases N] [--at TIME]\n"
                         "DRAFT: a file, or the number of a pack in the store; N: 1..100000 "
                         "(1000)\n--at: as if decided at that time, for a draft whose overlays "
                         "begin later\n");
    }
    if (at != NULL && clock_parse_rfc3339(slice_of(at), &w.at_ms) != ERR_OK) {
        ctl_complain("--at must be a time with offset such as 2026-12-01T00:00:00+08:00");
        return CTL_USAGE;
    }
    calendar_init(&w.calendar);
    if (s->calendar_file[0] != '\0' && !ctl_calendar_read(s->calendar_file, &w.calendar)) {
        return CTL_FAILED;
    }
    return run(&w, argv[1]);
}
