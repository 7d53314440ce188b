/* `jiujictl fund allot`: put money into townships' reserve funds (备用金). */
#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/seal/seal.h"
#include "queue/store/calls_read.h"
#include "queue/domain/money.h"
#include "workers/routing/gazetteer.h"
#include "workers/rules/rulebook.h"

static const char USAGE[] = "usage: jiujictl fund allot CODE AMOUNT_FEN [--reason TEXT]\n"
                            "       jiujictl fund allot --all AMOUNT_FEN [--reason TEXT]   every "
                            "township of the region that "
                            "has no fund yet\n"
                            "       jiujictl fund show CODE\n";

/* A fresh key for a person's own command: typing it twice means it twice. */
static enum err fresh_key(char out[SEAL_HASH_SIZE])
{
    unsigned char bytes[16];
    enum err err = seal_random(bytes, sizeof(bytes));
    if (err == ERR_OK) {
        hex_encode(bytes, sizeof(bytes), out);
    }
    return err;
}

/* The mark below which the fund asks for money, by the policy in the file; a county's reserve has no sum that it should
 * hold. Without a readable policy the mark stays as it was. */
static void mark(struct allotment *a, const struct settings *s, const char *code)
{
    static struct policy *policy; /* read once: --all asks for hundreds of townships */
    static bool tried;
    struct calendar calendar;
    struct buf why;
    buf_init(&why, 4096);
    bool told = tried;
    if (!tried && rulebook_read(s->policy_file, s->calendar_file, &policy, &calendar, &why) != ERR_OK) {
        policy = NULL;
    }
    tried = true;
    if (policy != NULL) {
        const struct policy_rules *rules = policy_for(policy, code, clock_now_ms());
        a->marked = true;
        a->low_permille = rules->fund.low_permille;
        if (strlen(code) > 6 && money_permille(rules->fund.initial_fen,
                                               rules->fund.replenish_permille,
                                               &a->full_fen) != ERR_OK) {
            a->full_fen = rules->fund.initial_fen;
        }
    } else if (!told) {
        ctl_complain("no low mark is set: %s", why.ptr == NULL ? "cannot read policy_file" : why.ptr);
    }
    buf_release(&why);
}

static bool allot_one(struct store *store, const struct settings *s, const char *code,
                      int64_t amount_fen, const char *reason)
{
    char key[SEAL_HASH_SIZE];
    struct buf tail;
    redisReply *reply = NULL;
    enum allot_outcome outcome = ALLOT_OK;
    if (fresh_key(key) != ERR_OK) {
        ctl_complain("no random numbers");
        return false;
    }
    buf_init(&tail, 4096);
    const struct event_tail event = {.at_ms = clock_now_ms(),
                                     .actor = SLICE_LIT("operator:jiujictl"),
                                     .reason = slice_of(reason)};
    event_tail_write(&event, &tail);
    struct allotment a = {.fund = slice_of(code),
                          .amount_fen = amount_fen,
                          .event_tail = buf_slice(&tail),
                          .idem_hash = slice_of(key),
                          .fingerprint = SLICE_LIT("operator")};
    mark(&a, s, code);
    allot_write(store_fcall(store), s->region, &a);
    bool ok = ctl_store_call(store, &reply) && allot_read(reply, &outcome) == ERR_OK &&
              outcome == ALLOT_OK;
    if (outcome == ALLOT_CAP) {
        ctl_complain("the fund of %s would exceed the largest amount", code);
    }
    freeReplyObject(reply);
    buf_release(&tail);
    return ok;
}

static bool has_fund(struct store *store, const struct settings *s, const char *code,
                     struct fund_view *fund, bool *ok)
{
    redisReply *reply = NULL;
    enum err err = ERR_IO;
    fund_get_write(store_fcall(store), s->region, slice_of(code));
    if (ctl_store_call(store, &reply)) {
        err = fund_get_read(reply, fund);
        freeReplyObject(reply);
    }
    *ok = err == ERR_OK || err == ERR_NOT_FOUND;
    return err == ERR_OK;
}

static bool in_region(const char *code, const char *region)
{
    size_t len = 6;
    while (len > 2 && region[len - 1] == '0' && region[len - 2] == '0') {
        len -= 2;
    }
    return strncmp(code, region, len) == 0;
}

static int allot_all(struct store *store, const struct settings *s, int64_t amount_fen,
                     const char *reason)
{
    struct gazetteer *g = NULL;
    struct buf why;
    struct fund_view fund;
    unsigned made = 0, kept = 0;
    bool ok = true;
    buf_init(&why, 4096);
    if (gazetteer_open(s->townships_file, &g, &why) != ERR_OK) {
        ctl_complain("%s", why.ptr == NULL ? "cannot open townships_file" : why.ptr);
        buf_release(&why);
        return CTL_FAILED;
    }
    buf_release(&why);
    uint32_t count = gazetteer_counts(g).townships;
    for (uint32_t i = 0; i < count && ok; i++) {
        struct township t;
        gazetteer_township_at(g, i, &t);
        if (!in_region(t.code, s->region)) {
            continue;
        }
        if (has_fund(store, s, t.code, &fund, &ok)) {
            kept++;
        } else if (ok) {
            ok = allot_one(store, s, t.code, amount_fen, reason);
            made++;
        }
    }
    gazetteer_close(g);
    if (ok) {
        printf("%u funds made, %u had one already\n", made, kept);
    }
    return ok ? CTL_OK : CTL_FAILED;
}

static int show(struct store *store, const struct settings *s, const char *code)
{
    struct fund_view f;
    bool ok;
    if (!has_fund(store, s, code, &f, &ok)) {
        if (ok) {
            ctl_complain("%s has no fund", code);
        }
        return CTL_FAILED;
    }
    printf("township %s allotted %lld available %lld held %lld unreviewed %lld confirmed %lld "
           "recovering %lld written_off %lld owed %lld (fen)\n",
           code, (long long)f.allotted_fen, (long long)f.available_fen, (long long)f.held_fen,
           (long long)f.unreviewed_fen, (long long)f.confirmed_fen, (long long)f.recovering_fen,
           (long long)f.written_off_fen, (long long)f.owed_fen);
    return CTL_OK;
}

int ctl_fund(int argc, char **argv, const struct settings *s)
{
    const char *reason = "拨付备用金";
    bool all = false;
    const struct ctl_option options[] = {{.name = "reason", .value = &reason},
                                         {.name = "all", .given = &all}};
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    bool showing = argc == 3 && !all && strcmp(argv[1], "show") == 0;
    int64_t amount_fen = 0;
    if (!showing && (argc != (all ? 3 : 4) || strcmp(argv[1], "allot") != 0)) {
        return ctl_usage(USAGE);
    }
    if (!showing &&
        slice_to_int64(slice_of(argv[argc - 1]), 1, AMOUNT_FEN_MAX, &amount_fen) != ERR_OK) {
        ctl_complain("AMOUNT_FEN must be a whole number of fen above 0");
        return CTL_USAGE;
    }
    struct store *store = ctl_store_open(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    int status;
    if (showing) {
        status = show(store, s, argv[2]);
    } else if (all) {
        status = allot_all(store, s, amount_fen, reason);
    } else {
        status =
            allot_one(store, s, argv[2], amount_fen, reason) ? show(store, s, argv[2]) : CTL_FAILED;
    }
    store_free(store);
    return status;
}
