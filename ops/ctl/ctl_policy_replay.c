/* jiujictl policy replay DRAFT: the last N real decisions are made again under the draft, on what
 * was known then, and compared. Changes nothing. */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/domain/case_no.h"
#include "queue/domain/money.h"
#include "queue/store/calls_policy.h"
#include "queue/store/pack.h"
#include "workers/rules/decision.h"
#include "workers/rules/rulebook.h"

#define CASES_DEFAULT 1000
#define CASES_MAX 100000
#define TOWNSHIPS_MAX 4096
#define ENTRIES_AT_ONCE 16
#define NUMBERS_MAX 65536 /* of one answer */

struct tally {
    long cases;
    int64_t fen;
};

struct town {
    char code[DIVISION_CODE_SIZE];
    int64_t lost_fen, gained_fen;
    long fewer;
};

struct replay {
    const struct settings *settings;
    struct store *store;
    struct packer *packer;
    struct policy *draft;
    struct calendar calendar;
    int64_t at_ms; /* as if decided at this time; 0 = at the time of then */
    int64_t most;
    uint64_t *seen; /* draws of the cases that came already; open addressing */
    size_t seen_size;
    long replayed, without_input, unreadable;
    struct tally more, less, nothing, same, aid_before, aid_after;
    int64_t before_fen, after_fen;
    struct town towns[TOWNSHIPS_MAX];
    size_t town_count;
};

/* True the first time. */
static bool first_time(struct replay *r, struct slice no)
{
    uint64_t draw = decision_draw(no);
    size_t at = (size_t)draw & (r->seen_size - 1);
    while (r->seen[at] != 0 && r->seen[at] != draw) {
        at = (at + 1) & (r->seen_size - 1);
    }
    bool first = r->seen[at] == 0;
    r->seen[at] = draw;
    return first;
}

static void book_town(struct replay *r, const char *code, int64_t change_fen)
{
    size_t i = 0;
    while (i < r->town_count && strcmp(r->towns[i].code, code) != 0) {
        i++;
    }
    if (i == TOWNSHIPS_MAX) {
        return; /* only the worst is named; the sums stay right */
    }
    if (i == r->town_count) {
        r->towns[r->town_count++] = (struct town){.code = ""};
        memcpy(r->towns[i].code, code, strlen(code) + 1);
    }
    if (change_fen < 0) {
        r->towns[i].lost_fen -= change_fen;
        r->towns[i].fewer++;
    } else {
        r->towns[i].gained_fen += change_fen;
    }
}

static void book(struct tally *t, int64_t fen)
{
    t->cases++;
    t->fen += fen;
}

static void compare(struct replay *r, int64_t before_fen, int64_t aid_before_fen,
                    const struct decision *d)
{
    int64_t change = d->amount_fen - before_fen;
    r->replayed++;
    r->before_fen += before_fen;
    r->after_fen += d->amount_fen;
    if (change == 0) {
        book(&r->same, before_fen);
    } else if (change > 0) {
        book(&r->more, change);
    } else if (d->amount_fen == 0) {
        book(&r->nothing, -change);
    } else {
        book(&r->less, -change);
    }
    if (aid_before_fen > 0) {
        book(&r->aid_before, aid_before_fen);
    }
    if (d->first_aid_fen > 0) {
        book(&r->aid_after, d->first_aid_fen);
    }
    if (change != 0) {
        book_town(r, d->basis.township, change);
    }
}

/* Decide again on the facts and the input of then. */
static enum err decide_again(struct replay *r, struct slice no, const struct json *facts,
                             const struct json *decision)
{
    static struct decision d;
    struct decision_input in;
    char township[DIVISION_CODE_SIZE];
    int64_t before_fen = 0, aid_before_fen = 0;
    memset(&in, 0, sizeof(in));
    in.policy = r->draft;
    in.calendar = &r->calendar;
    in.draw = decision_draw(no);
    enum err err = facts_read(facts, &in.facts);
    if (err == ERR_OK) {
        err = json_int64(json_get(decision, "amount_fen"), 0, AMOUNT_FEN_MAX, &before_fen);
    }
    if (err == ERR_OK) {
        err = json_int64(json_get(decision, "first_aid_fen"), 0, AMOUNT_FEN_MAX, &aid_before_fen);
    }
    if (err == ERR_OK) {
        err = decision_input_read(decision, &in, township);
    }
    if (err == ERR_OK) {
        in.now_ms = r->at_ms > 0 ? r->at_ms : in.now_ms;
        decide(&in, &d);
        compare(r, before_fen, aid_before_fen, &d);
    }
    return err;
}

static void replay_one(struct replay *r, struct slice no, const struct decided_case *c)
{
    struct json *facts = NULL, *decision = NULL;
    struct buf text;
    buf_init(&text, 1u << 20);
    enum err err = c->found ? unpack_text(r->packer, c->decision, &text) : ERR_CORRUPT;
    if (err == ERR_OK) {
        err = json_parse(buf_slice(&text), &decision, NULL);
    }
    if (err == ERR_OK) {
        err = json_parse(c->facts, &facts, NULL);
    }
    if (err == ERR_OK) {
        err = decide_again(r, no, facts, decision);
    }
    if (err == ERR_NOT_FOUND) {
        r->without_input++;
    } else if (err != ERR_OK) {
        r->unreadable++;
    }
    json_free(facts);
    json_free(decision);
    buf_release(&text);
}

/* Load and decide the numbers first..last-1 of an answer, 64 at a time. */
static bool replay_numbers(struct replay *r, const redisReply *numbers, size_t count)
{
    struct slice nos[DECIDED_CASES_MAX];
    struct decided_case cases[DECIDED_CASES_MAX];
    size_t at = 1;
    while (at <= count && r->replayed < r->most) {
        size_t n = 0;
        redisReply *reply = NULL;
        policy_cases_begin(store_fcall(r->store), r->settings->region);
        for (; at <= count && n < DECIDED_CASES_MAX && r->replayed + (long)n < r->most; at++) {
            struct slice no = reply_text_at(numbers, at);
            if (first_time(r, no)) {
                fcall_slice(store_fcall(r->store), no);
                nos[n++] = no;
            }
        }
        if (n == 0) {
            continue;
        }
        bool ok = ctl_store_call(r->store, &reply) && policy_cases_read(reply, cases, n) == ERR_OK;
        for (size_t i = 0; ok && i < n; i++) {
            replay_one(r, nos[i], &cases[i]);
        }
        freeReplyObject(reply);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* From the newest decision back; each step is small, so that nobody else waits. */
static bool walk(struct replay *r)
{
    char from[48] = "+";
    size_t numbers = 0; /* the table of those seen must not fill up */
    while (from[0] != '\0' && r->replayed < r->most && numbers < r->seen_size / 2) {
        redisReply *reply = NULL;
        struct slice next;
        size_t n = 0;
        policy_decided_write(store_fcall(r->store), r->settings->region, slice_of(from),
                             ENTRIES_AT_ONCE);
        bool ok = ctl_store_call(r->store, &reply) &&
                  policy_decided_read(reply, &next, &n) == ERR_OK && n < NUMBERS_MAX &&
                  slice_copy(next, from, sizeof(from)) == ERR_OK && replay_numbers(r, reply, n);
        numbers += n;
        freeReplyObject(reply);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* The disasters of then hold for the draft as well: same times, same places. */
static bool load_draft(struct replay *r, const char *which)
{
    static struct disaster_row rows[DISASTER_ROWS_MAX];
    static struct disaster disasters[POLICY_DISASTERS_MAX];
    redisReply *reply = NULL;
    struct buf text, why;
    int64_t now_ms = 0;
    size_t n = 0, used = 0;
    bool ok = ctl_policy_find(r->settings, which, &text);
    buf_init(&why, 1u << 20);
    disaster_list_write(store_fcall(r->store), r->settings->region);
    ok = ok && ctl_store_call(r->store, &reply) &&
         disaster_list_read(reply, &now_ms, rows, DISASTER_ROWS_MAX, &n) == ERR_OK;
    for (size_t i = n; ok && i > 0 && used < POLICY_DISASTERS_MAX; i--) { /* the newest */
        const struct disaster_row *row = &rows[i - 1];
        int64_t to_ms =
            row->ended_ms > 0 && row->ended_ms < row->to_ms ? row->ended_ms : row->to_ms;
        if (row->approved_ms > 0 &&
            rulebook_disaster(row->id, row->surge, row->divisions, row->title, row->from_ms, to_ms,
                              &disasters[used]) == ERR_OK) {
            used++;
        }
    }
    if (ok) {
        enum err err = policy_load_declared(buf_slice(&text), disasters, used, &r->draft, &why);
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

static void print_tally(const char *what, const struct tally *t)
{
    char text[MONEY_TEXT_ZH_SIZE];
    money_format_zh(t->fen, text);
    printf("%-8s %8ld  %lld fen (%s)\n", what, t->cases, (long long)t->fen, text);
}

static void print_result(const struct replay *r)
{
    const struct town *worst = NULL;
    printf("draft %s: %ld decisions made again\n", policy_name(r->draft), r->replayed);
    print_tally("same", &r->same);
    print_tally("more", &r->more);
    print_tally("less", &r->less);
    print_tally("nothing", &r->nothing);
    printf("in all   %lld fen -> %lld fen\n", (long long)r->before_fen, (long long)r->after_fen);
    printf("first aid by rule: %ld cases, %lld fen -> %ld cases, %lld fen\n", r->aid_before.cases,
           (long long)r->aid_before.fen, r->aid_after.cases, (long long)r->aid_after.fen);
    for (size_t i = 0; i < r->town_count; i++) {
        if (r->towns[i].lost_fen > 0 && (worst == NULL || r->towns[i].lost_fen > worst->lost_fen)) {
            worst = &r->towns[i];
        }
    }
    if (worst == NULL) {
        printf("no township loses\n");
    } else {
        printf("worst-hit township %s: %ld cases get less, %lld fen\n",
               worst->code[0] == '\0' ? "(not placed)" : worst->code, worst->fewer,
               (long long)worst->lost_fen);
    }
    if (r->without_input > 0) {
        printf("%ld older decisions were recorded without their input and are left out\n",
               r->without_input);
    }
    if (r->unreadable > 0) {
        printf("%ld decisions could not be read\n", r->unreadable);
    }
}

static int run(struct replay *r, const char *which)
{
    r->seen_size = 1u << 20;
    r->seen = calloc(r->seen_size, sizeof(*r->seen));
    r->store = ctl_store_open(r->settings);
    bool ok = r->seen != NULL && r->store != NULL && packer_new(&r->packer) == ERR_OK &&
              load_draft(r, which) && walk(r);
    if (ok) {
        print_result(r);
    }
    policy_free(r->draft);
    packer_free(r->packer);
    store_free(r->store);
    free(r->seen);
    return ok ? CTL_OK : CTL_FAILED;
}

int ctl_policy_replay(int argc, char **argv, const struct settings *s)
{
    static struct replay r;
    const char *most = NULL, *at = NULL;
    const struct ctl_option options[] = {{"cases", &most, NULL}, {"at", &at, NULL}};
    r = (struct replay){.settings = s, .most = CASES_DEFAULT};
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 2 ||
        (most != NULL && slice_to_int64(slice_of(most), 1, CASES_MAX, &r.most) != ERR_OK)) {
        return ctl_usage("usage: jiujictl policy replay DRAFT [--cases N] [--at TIME]\n"
                         "DRAFT: a file, or the number of a pack in the store; N: 1..100000 "
                         "(1000)\n--at: as if decided at that time, for a draft whose overlays "
                         "begin later\n");
    }
    if (at != NULL && clock_parse_rfc3339(slice_of(at), &r.at_ms) != ERR_OK) {
        ctl_complain("--at must be a time with offset such as 2026-12-01T00:00:00+08:00");
        return CTL_USAGE;
    }
    calendar_init(&r.calendar);
    if (s->calendar_file[0] != '\0' && !ctl_calendar_read(s->calendar_file, &r.calendar)) {
        return CTL_FAILED;
    }
    return run(&r, argv[1]);
}
