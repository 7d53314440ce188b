/* `jiujictl alias propose | approve | list | revert`: local names of places that no list has. Two
 * people: who proposes cannot approve. Each change first shows what it would have done to the
 * stored cases. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/seal/personal.h"
#include "queue/store/calls_alias.h"
#include "queue/store/calls_read.h"
#include "workers/routing/atlas.h"
#include "workers/routing/chain.h"

#define CASES_DEFAULT 1000
#define CASES_MAX 100000
#define SHOWN_MAX 20
#define ARENA_MAX ((size_t)1 << 20)

static const char USAGE[] =
    "usage: jiujictl alias propose WORD CODE --by NAME   CODE: 9 digits of the township people "
    "mean by WORD\n"
    "       jiujictl alias approve ID --by NAME          another person than who proposed it\n"
    "       jiujictl alias revert ID --by NAME\n"
    "       jiujictl alias list\n"
    "--cases N: how many stored cases to compare before and after (default 1000)\n";

static struct alias_row rows[ALIASES_MAX];

/* Everything a comparison needs. */
struct compare {
    const struct settings *settings;
    struct store *store;
    struct sealer *sealer;
    struct atlas before, after;
    long seen, changed, shown;
};

static enum err read_aliases(struct store *store, const struct settings *s, redisReply **reply,
                             int64_t *version, size_t *n)
{
    alias_list_write(store_fcall(store), s->region);
    if (!ctl_store_call(store, reply)) {
        return ERR_STORE_DOWN;
    }
    return alias_list_read(*reply, version, rows, n);
}

/* Aliases in force, without or with one of them. */
static void fill(struct alias_table *t, size_t n, int64_t version, int64_t without)
{
    alias_table_clear(t, version);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].state == ALIAS_APPROVED && rows[i].id != without &&
            alias_table_add(t, rows[i].word, rows[i].code) != ERR_OK) {
            ctl_complain("alias %lld is not usable", (long long)rows[i].id);
        }
    }
}

static bool read_facts(const struct loaded_case *row, struct case_facts *facts)
{
    struct json *root = NULL;
    bool ok = row->found && json_parse(row->facts, &root, NULL) == ERR_OK &&
              facts_read(root, facts) == ERR_OK;
    json_free(root);
    return ok;
}

static void compare_one(struct compare *c, struct slice no, const struct loaded_case *row)
{
    struct arena arena;
    struct personal person;
    struct case_facts facts;
    struct buf text;
    static struct route_result old, new;
    arena_init(&arena, ARENA_MAX);
    buf_init(&text, 65536);
    if (read_facts(row, &facts) &&
        personal_unseal(c->sealer, no, row->wrapped_key, row->sealed, &arena, &person) == ERR_OK &&
        person.address.len + person.narrative.len > 0) {
        buf_put_slice(&text, person.address);
        buf_put_char(&text, ' ');
        buf_put_slice(&text, person.narrative);
        const struct place_query q = {.code = slice_of(facts.place_code),
                                      .has_point = person.has_point,
                                      .lat = person.lat,
                                      .lng = person.lng,
                                      .crs = person.crs,
                                      .text = buf_slice(&text),
                                      .prior_code = region_prefix(c->settings->region)};
        if (atlas_route(&c->before, &q, &old) == ERR_OK &&
            atlas_route(&c->after, &q, &new) == ERR_OK) {
            c->seen++;
            if (strcmp(old.code, new.code) != 0) {
                c->changed++;
                if (c->shown++ < SHOWN_MAX) {
                    printf("  case %.*s: %s -> %s\n", SLICE_FMT(no),
                           old.code[0] == '\0' ? "not placed" : old.code,
                           new.code[0] == '\0' ? "not placed" : new.code);
                }
            }
        }
    }
    buf_release(&text);
    arena_release(&arena);
}

/* The case numbers of one SCAN step, compared. False: the store failed. */
static bool compare_step(struct compare *c, const redisReply *keys)
{
    struct loaded_case loaded[STORE_BATCH_MAX];
    for (size_t at = 0; at < reply_count(keys); at += STORE_BATCH_MAX) {
        struct slice nos[STORE_BATCH_MAX];
        size_t n = 0;
        redisReply *reply = NULL;
        load_begin(store_fcall(c->store), c->settings->region);
        for (size_t i = at; i < reply_count(keys) && n < STORE_BATCH_MAX; i++) {
            struct slice key = reply_text_at(keys, i);
            nos[n] = key.len > CASE_NO_DIGITS
                         ? slice_make(key.ptr + key.len - CASE_NO_DIGITS, CASE_NO_DIGITS)
                         : key;
            fcall_slice(store_fcall(c->store), nos[n++]);
        }
        bool ok = ctl_store_call(c->store, &reply) && load_read(reply, loaded, n) == ERR_OK;
        for (size_t i = 0; i < n && ok; i++) {
            compare_one(c, nos[i], &loaded[i]);
        }
        freeReplyObject(reply);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* Walk stored cases with a cursor; each step is small, so that nobody else waits. */
static bool compare_cases(struct compare *c, int64_t most)
{
    char cursor[32] = "0", pattern[32];
    snprintf(pattern, sizeof(pattern), "{%.6s}:case:*", c->settings->region);
    do {
        redisReply *reply = NULL;
        struct fcall *f = store_fcall(c->store);
        fcall_begin_plain(f);
        fcall_text(f, "SCAN");
        fcall_text(f, cursor);
        fcall_text(f, "MATCH");
        fcall_text(f, pattern);
        fcall_text(f, "COUNT");
        fcall_text(f, "200");
        bool ok = ctl_store_call(c->store, &reply) &&
                  slice_copy(reply_text_at(reply, 0), cursor, sizeof(cursor)) == ERR_OK &&
                  compare_step(c, reply_at(reply, 1));
        freeReplyObject(reply);
        if (!ok) {
            return false;
        }
    } while (strcmp(cursor, "0") != 0 && c->seen < most);
    printf("of %ld stored cases with words for a place, %ld would go elsewhere\n", c->seen,
           c->changed);
    return true;
}

/* Show before and after for adding (or with `remove` taking away) one alias. */
static bool show_effect(struct store *store, const struct settings *s, struct slice word,
                        struct slice code, int64_t remove, int64_t most)
{
    static struct compare c;
    struct buf why;
    redisReply *reply = NULL;
    int64_t version = 0;
    size_t n = 0;
    c = (struct compare){.settings = s, .store = store};
    buf_init(&why, 4096);
    bool ok = sealer_open(s->master_key_file, &c.sealer, &why) == ERR_OK &&
              atlas_open(&c.before, s->townships_file, &why) == ERR_OK &&
              atlas_open(&c.after, s->townships_file, &why) == ERR_OK;
    if (!ok) {
        ctl_complain("%s", why.ptr == NULL ? "cannot compare" : why.ptr);
    }
    ok = ok && read_aliases(store, s, &reply, &version, &n) == ERR_OK;
    if (ok) {
        fill(&c.before.aliases, n, version, 0);
        fill(&c.after.aliases, n, version, remove);
        ok = remove != 0 || alias_table_add(&c.after.aliases, word, code) == ERR_OK;
        ok = ok && compare_cases(&c, most);
    }
    freeReplyObject(reply);
    atlas_close(&c.before);
    atlas_close(&c.after);
    sealer_close(c.sealer);
    buf_release(&why);
    return ok;
}

static void make_tail(const char *who, struct slice reason, struct buf *out)
{
    char actor[64];
    snprintf(actor, sizeof(actor), "operator:%.32s", who);
    const struct event_tail t = {
        .at_ms = clock_now_ms(), .actor = slice_of(actor), .reason = reason};
    event_tail_write(&t, out);
}

static int propose(struct store *store, const struct settings *s, const char *word,
                   const char *code, const char *who, int64_t most)
{
    struct gazetteer *g = NULL;
    struct township t;
    struct buf text;
    redisReply *reply = NULL;
    int64_t id = 0;
    size_t points = utf8_valid(slice_of(word)) ? utf8_count(slice_of(word)) : 0;
    if (points < 2 || strlen(word) >= ALIAS_WORD_MAX || strchr(word, '|') != NULL) {
        ctl_complain("WORD must have 2 to 30 characters and no '|'");
        return CTL_USAGE;
    }
    buf_init(&text, 4096);
    if (gazetteer_open(s->townships_file, &g, &text) != ERR_OK ||
        !gazetteer_township(g, slice_of(code), &t)) {
        ctl_complain("%s", text.len > 0 ? text.ptr : "there is no township with this 9-digit code");
        gazetteer_close(g);
        buf_release(&text);
        return CTL_FAILED;
    }
    printf("\"%s\" would mean %s%s (%s)\n", word, t.county, t.name, code);
    gazetteer_close(g);
    buf_clear(&text);
    make_tail(who, SLICE_LIT("提出地名别名"), &text);
    bool ok = show_effect(store, s, slice_of(word), slice_of(code), 0, most);
    alias_propose_write(store_fcall(store), s->region, slice_of(word), slice_of(code),
                        slice_of(who), buf_slice(&text));
    ok = ok && ctl_store_call(store, &reply) && alias_propose_read(reply, &id) == ERR_OK;
    if (ok) {
        printf(
            "proposed as %lld; another person approves it: jiujictl alias approve %lld --by NAME\n",
            (long long)id, (long long)id);
    }
    freeReplyObject(reply);
    buf_release(&text);
    return ok ? CTL_OK : CTL_FAILED;
}

static int set_state(struct store *store, const struct settings *s, const char *id_text,
                     enum alias_state to, const char *who, int64_t most)
{
    redisReply *listed = NULL, *reply = NULL;
    int64_t version = 0, id = 0;
    size_t n = 0, at = 0;
    struct buf tail;
    char word[ALIAS_WORD_MAX + 1], code[TOWNSHIP_CODE_SIZE];
    if (slice_to_int64(slice_of(id_text), 1, INT64_MAX, &id) != ERR_OK ||
        read_aliases(store, s, &listed, &version, &n) != ERR_OK) {
        freeReplyObject(listed);
        ctl_complain("'%s' is not the number of an alias", id_text);
        return CTL_FAILED;
    }
    while (at < n && rows[at].id != id) {
        at++;
    }
    bool known = at < n && slice_copy(rows[at].word, word, sizeof(word)) == ERR_OK &&
                 slice_copy(rows[at].code, code, sizeof(code)) == ERR_OK;
    freeReplyObject(listed);
    if (!known) {
        ctl_complain("there is no alias %s", id_text);
        return CTL_FAILED;
    }
    bool ok =
        show_effect(store, s, slice_of(word), slice_of(code), to == ALIAS_REVERTED ? id : 0, most);
    buf_init(&tail, 4096);
    make_tail(who, to == ALIAS_APPROVED ? SLICE_LIT("批准地名别名") : SLICE_LIT("撤销地名别名"),
              &tail);
    alias_set_write(store_fcall(store), s->region, slice_of(id_text), to, slice_of(who),
                    buf_slice(&tail));
    ok = ok && ctl_store_call(store, &reply);
    enum err err = ok ? alias_set_read(reply, &version) : ERR_STORE_DOWN;
    if (err == ERR_OK) {
        printf("alias %s %s; in force within two seconds, version %lld\n", id_text,
               to == ALIAS_APPROVED ? "approved" : "reverted", (long long)version);
    } else if (ok) {
        ctl_complain(err == ERR_FORBIDDEN ? "who proposed an alias cannot approve it"
                                          : "the alias is not in a state for this");
    }
    freeReplyObject(reply);
    buf_release(&tail);
    return err == ERR_OK ? CTL_OK : CTL_FAILED;
}

static int list(struct store *store, const struct settings *s)
{
    static const char *const STATES[] = {"proposed", "approved", "reverted"};
    redisReply *reply = NULL;
    int64_t version = 0;
    size_t n = 0;
    enum err err = read_aliases(store, s, &reply, &version, &n);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        printf("%lld\t%s\t%.*s\t%.*s\tproposed by %.*s\tapproved by %.*s\n", (long long)rows[i].id,
               STATES[rows[i].state], SLICE_FMT(rows[i].word), SLICE_FMT(rows[i].code),
               SLICE_FMT(rows[i].proposer), SLICE_FMT(rows[i].approver));
    }
    if (err == ERR_OK) {
        fprintf(stderr, "version %lld\n", (long long)version);
    }
    freeReplyObject(reply);
    return err == ERR_OK ? CTL_OK : CTL_FAILED;
}

static bool who_ok(const char *who)
{
    size_t len = who == NULL ? 0 : strlen(who);
    return len >= 1 && len <= 32 &&
           strspn(who, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == len;
}

int ctl_alias(int argc, char **argv, const struct settings *s)
{
    const char *who = NULL, *cases = NULL;
    const struct ctl_option options[] = {{.name = "by", .value = &who},
                                         {.name = "cases", .value = &cases}};
    int64_t most = CASES_DEFAULT;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    bool listing = argc == 2 && strcmp(argv[1], "list") == 0;
    bool proposing = argc == 4 && strcmp(argv[1], "propose") == 0;
    bool approving = argc == 3 && strcmp(argv[1], "approve") == 0;
    bool reverting = argc == 3 && strcmp(argv[1], "revert") == 0;
    if (!(listing || proposing || approving || reverting) ||
        (cases != NULL && slice_to_int64(slice_of(cases), 0, CASES_MAX, &most) != ERR_OK)) {
        return ctl_usage(USAGE);
    }
    if (!listing && !who_ok(who)) {
        ctl_complain(
            "--by must be the staff number of who does this: letters, digits, '-' and '.'");
        return CTL_USAGE;
    }
    struct store *store = ctl_store_open(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    int status = listing     ? list(store, s)
                 : proposing ? propose(store, s, argv[2], argv[3], who, most)
                             : set_state(store, s, argv[2],
                                         approving ? ALIAS_APPROVED : ALIAS_REVERTED, who, most);
    store_free(store);
    return status;
}
