/* jiujictl policy draft | activate | withdraw | list: what the API's /v1/policies does, for packs
 * too large for a request and for the night when the gateway is away. The same two people. */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/store/calls_policy.h"
#include "queue/store/pack.h"

#define WHO_MAX 32

/* ---- Finding a pack ---- */

static bool unpack(struct slice packed, struct buf *text)
{
    struct packer *packer = NULL;
    enum err err = packer_new(&packer);
    if (err == ERR_OK) {
        err = unpack_text(packer, packed, text);
    }
    packer_free(packer);
    if (err != ERR_OK) {
        ctl_complain("the stored pack cannot be read: %s", err_text(err));
    }
    return err == ERR_OK;
}

static bool stored_pack(const struct settings *s, const char *id, struct buf *text)
{
    struct store *store = ctl_store_open(s);
    redisReply *reply = NULL;
    struct slice name, packed;
    bool ok = store != NULL;
    if (ok) {
        policy_pack_write(store_fcall(store), s->region, slice_of(id));
        ok = ctl_store_call(store, &reply);
    }
    if (ok && policy_pack_read(reply, &name, &packed) != ERR_OK) {
        ctl_complain("there is no pack number %s; `jiujictl policy list` shows them", id);
        ok = false;
    }
    ok = ok && unpack(packed, text);
    freeReplyObject(reply);
    store_free(store);
    return ok;
}

bool ctl_policy_find(const struct settings *s, const char *which, struct buf *text)
{
    if (!slice_all_digits(slice_of(which))) {
        return ctl_policy_text(which, text);
    }
    buf_init(text, POLICY_BYTES_MAX);
    return stored_pack(s, which, text);
}

bool ctl_policy_load(const struct settings *s, const char *which, struct policy **out)
{
    struct buf text, why;
    bool ok = ctl_policy_find(s, which, &text);
    buf_init(&why, 1u << 20);
    if (ok && policy_load(buf_slice(&text), out, &why) != ERR_OK) {
        ctl_complain("'%s' is refused:\n%s", which, why.len > 0 ? why.ptr : "");
        ok = false;
    }
    buf_release(&text);
    buf_release(&why);
    return ok;
}

/* ---- Changing ---- */

static bool who_ok(const char *who)
{
    size_t len = who == NULL ? 0 : strlen(who);
    if (len >= 1 && len <= WHO_MAX &&
        strspn(who, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == len) {
        return true;
    }
    ctl_complain("--by must be the staff number of who does this: letters, digits, '-' and '.'");
    return false;
}

/* "operator:NAME" and the event's tail, both in `out`. */
static struct policy_actor make_actor(const char *who, const char *reason, char actor[64],
                                      struct buf *out)
{
    snprintf(actor, 64, "operator:%.32s", who);
    const struct event_tail t = {
        .at_ms = clock_now_ms(), .actor = slice_of(actor), .reason = slice_of(reason)};
    event_tail_write(&t, out);
    return (struct policy_actor){.who = slice_of(actor), .event_tail = buf_slice(out)};
}

static const char *refusal(enum policy_outcome outcome)
{
    switch (outcome) {
    case POLICY_NOT_FOUND: return "there is no such pack";
    case POLICY_STATE: return "its state does not allow this; `jiujictl policy list` shows it";
    case POLICY_NAME: return "--name is not the name of this pack: read the one you approve";
    case POLICY_SAME_PERSON: return "who drafted it cannot activate it: a second person must";
    case POLICY_PAST: return "--from has passed: a pack begins at a time to come";
    case POLICY_TAKEN: return "another pack begins at that very time";
    case POLICY_EXISTS: return "this very pack is there already";
    case POLICY_FULL: return "there are too many packs";
    case POLICY_OK:
    case POLICY_REPLAYED:
    case POLICY_KEY_REUSED:
    case POLICY_OUTCOME_COUNT: break;
    }
    return "it was refused";
}

/* Send the store's fcall; *number: id or version. */
static bool change(struct store *store, int64_t *number)
{
    redisReply *reply = NULL;
    enum policy_outcome outcome = POLICY_OUTCOME_COUNT;
    bool ok = ctl_store_call(store, &reply);
    if (ok && policy_change_read(reply, &outcome, number) != ERR_OK) {
        ctl_complain("the store's answer cannot be read");
        ok = false;
    } else if (ok && outcome != POLICY_OK) {
        ctl_complain("%s", refusal(outcome));
        ok = false;
    }
    freeReplyObject(reply);
    return ok;
}

/* Packed when it fits, else as it is. */
static bool pack_for_store(struct slice json, struct buf *out)
{
    struct packer *packer = NULL;
    enum err err = ERR_OK;
    if (json.len > PACK_TEXT_MAX) {
        buf_put_slice(out, json);
    } else {
        err = packer_new(&packer);
        if (err == ERR_OK) {
            err = pack_text(packer, json, out);
        }
        packer_free(packer);
    }
    err = err == ERR_OK ? buf_err(out) : err;
    if (err != ERR_OK) {
        ctl_complain("the pack cannot be stored: %s", err_text(err));
    }
    return err == ERR_OK;
}

/* The pack's title, for lists and events. */
static void title_of(struct slice text, char *out, size_t size)
{
    struct json *root = NULL;
    struct slice title;
    out[0] = '\0';
    if (json_parse(text, &root, NULL) == ERR_OK &&
        json_string(json_get(root, "title"), &title) == ERR_OK &&
        slice_copy(title, out, size) != ERR_OK) {
        out[0] = '\0';
    }
    json_free(root);
}

static int draft_text(struct store *store, const struct settings *s, const struct policy *p,
                      const char *who, const char *reason)
{
    char actor[64], title[POLICY_BASIS_SIZE];
    struct buf tail, packed;
    int64_t id = 0;
    title_of(policy_text(p), title, sizeof(title));
    buf_init(&tail, 4096);
    buf_init(&packed, POLICY_TEXT_MAX);
    const struct policy_actor a =
        make_actor(who, reason == NULL ? "起草政策包" : reason, actor, &tail);
    /* what is stored as it is must begin with '{' (pack.h) */
    bool ok = pack_for_store(slice_trim(policy_text(p)), &packed);
    if (ok) {
        policy_draft_write(store_fcall(store), s->region, slice_of(policy_name(p)),
                           buf_slice(&packed), slice_of(title), &a);
        ok = change(store, &id);
    }
    if (ok) {
        printf("%lld %s\n", (long long)id, policy_name(p));
    }
    buf_release(&tail);
    buf_release(&packed);
    return ok ? CTL_OK : CTL_FAILED;
}

int ctl_policy_draft(int argc, char **argv, const struct settings *s)
{
    const char *who = NULL, *reason = NULL;
    const struct ctl_option options[] = {{"by", &who, NULL}, {"reason", &reason, NULL}};
    struct policy *p = NULL;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 2) {
        return ctl_usage("usage: jiujictl policy draft FILE --by NAME [--reason TEXT]\n");
    }
    if (!who_ok(who)) {
        return CTL_USAGE;
    }
    if (!ctl_policy_read(argv[1], &p)) {
        return CTL_FAILED;
    }
    struct store *store = ctl_store_open(s);
    int status = store == NULL ? CTL_FAILED : draft_text(store, s, p, who, reason);
    store_free(store);
    policy_free(p);
    return status;
}

/* One call about a pack that is there already. */
static int change_pack(const struct settings *s, const char *id, const char *name, int64_t from_ms,
                       const char *who, const char *reason)
{
    struct store *store = ctl_store_open(s);
    char actor[64];
    struct buf tail;
    int64_t version = 0;
    if (store == NULL) {
        return CTL_FAILED;
    }
    buf_init(&tail, 4096);
    const struct policy_actor a = make_actor(who, reason, actor, &tail);
    if (name != NULL) {
        policy_approve_write(store_fcall(store), s->region, slice_of(id), slice_of(name), from_ms,
                             &a);
    } else {
        policy_withdraw_write(store_fcall(store), s->region, slice_of(id), &a);
    }
    bool ok = change(store, &version);
    if (ok) {
        printf("version %lld\n", (long long)version);
    }
    buf_release(&tail);
    store_free(store);
    return ok ? CTL_OK : CTL_FAILED;
}

/* The processes would refuse it later; better told now. */
static bool signed_as_asked(const struct settings *s, const char *id)
{
    struct buf text;
    if (s->policy_signers[0] == '\0' && s->order_signers[0] == '\0') {
        return true;
    }
    buf_init(&text, POLICY_BYTES_MAX);
    bool ok = stored_pack(s, id, &text) && ctl_policy_signed(s, buf_slice(&text));
    buf_release(&text);
    return ok;
}

int ctl_policy_activate(int argc, char **argv, const struct settings *s)
{
    const char *who = NULL, *reason = "批准政策包", *name = NULL, *from = NULL;
    const struct ctl_option options[] = {{"by", &who, NULL},
                                         {"reason", &reason, NULL},
                                         {"name", &name, NULL},
                                         {"from", &from, NULL}};
    int64_t from_ms = 0;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 2 || name == NULL ||
        from == NULL) {
        return ctl_usage("usage: jiujictl policy activate ID --name VERSION+HASH --from TIME --by "
                         "NAME [--reason TEXT]\n"
                         "by another person than who drafted it; --name is what you have read, "
                         "--from a time to come\n(RFC 3339, 2026-12-01T00:00:00+08:00)\n");
    }
    if (clock_parse_rfc3339(slice_of(from), &from_ms) != ERR_OK || from_ms < 0) {
        ctl_complain("--from must be a time with offset such as 2026-12-01T00:00:00+08:00");
        return CTL_USAGE;
    }
    if (!who_ok(who)) {
        return CTL_USAGE;
    }
    if (!signed_as_asked(s, argv[1])) {
        return CTL_FAILED;
    }
    return change_pack(s, argv[1], name, from_ms, who, reason);
}

int ctl_policy_withdraw(int argc, char **argv, const struct settings *s)
{
    const char *who = NULL, *reason = "撤回政策包";
    const struct ctl_option options[] = {{"by", &who, NULL}, {"reason", &reason, NULL}};
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 2) {
        return ctl_usage("usage: jiujictl policy withdraw ID --by NAME [--reason TEXT]\n"
                         "a draft, or an approved pack whose time has not come\n");
    }
    return who_ok(who) ? change_pack(s, argv[1], NULL, 0, who, reason) : CTL_USAGE;
}

/* ---- list ---- */

static const char *time_text(int64_t at_ms, char out[CLOCK_RFC3339_SIZE])
{
    out[0] = '-';
    out[1] = '\0';
    if (at_ms > 0) {
        clock_format_rfc3339(at_ms, out);
    }
    return out;
}

static bool list_packs(struct store *store, const struct settings *s)
{
    static struct policy_row rows[POLICY_PACKS_MAX];
    redisReply *reply = NULL;
    int64_t now_ms = 0, active = 0;
    size_t n = 0;
    char from[CLOCK_RFC3339_SIZE];
    policy_list_write(store_fcall(store), s->region);
    bool ok = ctl_store_call(store, &reply) &&
              policy_list_read(reply, &now_ms, &active, rows, &n) == ERR_OK;
    for (size_t i = 0; ok && i < n; i++) {
        printf("pack %lld\t%s%s\t%.*s\tfrom %s\tproposed by %.*s\tapproved by %.*s\t%.*s\n",
               (long long)rows[i].id, policy_state_word(rows[i].state),
               rows[i].id == active ? ", in force" : "", SLICE_FMT(rows[i].name),
               time_text(rows[i].from_ms, from), SLICE_FMT(rows[i].proposer),
               SLICE_FMT(rows[i].approver), SLICE_FMT(rows[i].title));
    }
    if (ok && active == 0) {
        printf("in force: the pack of the setting policy_file\n");
    }
    freeReplyObject(reply);
    return ok;
}

static bool list_disasters(struct store *store, const struct settings *s)
{
    static struct disaster_row rows[DISASTER_ROWS_MAX];
    redisReply *reply = NULL;
    int64_t now_ms = 0;
    size_t n = 0;
    char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
    disaster_list_write(store_fcall(store), s->region);
    bool ok = ctl_store_call(store, &reply) &&
              disaster_list_read(reply, &now_ms, rows, DISASTER_ROWS_MAX, &n) == ERR_OK;
    for (size_t i = 0; ok && i < n; i++) {
        const struct disaster_row *r = &rows[i];
        bool on = r->state == DISASTER_APPROVED && now_ms >= r->from_ms && now_ms < r->to_ms;
        printf("disaster D%lld\t%s%s\t%.*s\t%.*s\tfrom %s\tto %s\tproposed by %.*s\tapproved by "
               "%.*s\t%.*s\n",
               (long long)r->id, disaster_state_word(r->state), on ? ", in force" : "",
               SLICE_FMT(r->surge), SLICE_FMT(r->divisions), time_text(r->from_ms, from),
               time_text(r->ended_ms > 0 ? r->ended_ms : r->to_ms, to), SLICE_FMT(r->proposer),
               SLICE_FMT(r->approver), SLICE_FMT(r->title));
    }
    freeReplyObject(reply);
    return ok;
}

int ctl_policy_list(int argc, char **argv, const struct settings *s)
{
    (void)argv;
    if (argc != 1) {
        return ctl_usage("usage: jiujictl policy list\n");
    }
    struct store *store = ctl_store_open(s);
    bool ok = store != NULL && list_packs(store, s) && list_disasters(store, s);
    store_free(store);
    return ok ? CTL_OK : CTL_FAILED;
}
