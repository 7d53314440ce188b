/* `jiujictl hooks list | dead | remove | replay`: subscriptions of other systems to our events.
 * They are added through the API (POST /v1/hooks), where the secret is shown once. */
#include <stdio.h>
#include <string.h>
#include "integrations/webhook/webhook.h"
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/store/calls_hook.h"
#include "queue/store/event_tail.h"

#define ACTOR "operator:jiujictl"

static const char USAGE[] =
    "usage: jiujictl hooks list                        who hears of what, and how it goes\n"
    "       jiujictl hooks dead ID                     deliveries that were given up\n"
    "       jiujictl hooks replay ID [--from TIME]     send them again; with TIME (RFC 3339) all "
    "events\n"
    "                                                  since then, under their old ids\n"
    "       jiujictl hooks remove ID\n";

static const char *time_text(int64_t at_ms, char out[CLOCK_RFC3339_SIZE])
{
    if (at_ms == 0) {
        return "-";
    }
    clock_format_rfc3339(at_ms, out);
    return out;
}

static bool list(struct store *store, const struct settings *s)
{
    struct hook_row rows[HOOKS_MAX];
    redisReply *reply = NULL;
    size_t n = 0;
    hooks_list_write(store_fcall(store), s->region);
    bool ok = ctl_store_call(store, &reply) && hooks_list_read(reply, rows, &n) == ERR_OK;
    for (size_t i = 0; i < n && ok; i++) {
        char good[CLOCK_RFC3339_SIZE], bad[CLOCK_RFC3339_SIZE];
        printf("%.*s\t%.*s\twaiting %lld\tgiven up %lld\tlast success %s\tfailing since "
               "%s\t%.*s\t%.*s\n",
               SLICE_FMT(rows[i].id), SLICE_FMT(rows[i].state), (long long)rows[i].waiting,
               (long long)rows[i].dead, time_text(rows[i].ok_ms, good),
               time_text(rows[i].failing_since_ms, bad), SLICE_FMT(rows[i].url),
               SLICE_FMT(rows[i].why));
    }
    freeReplyObject(reply);
    return ok;
}

static bool dead(struct store *store, const struct settings *s, const char *id)
{
    static struct hook_dead_row rows[HOOK_DEAD_MAX];
    redisReply *reply = NULL;
    size_t n = 0;
    hooks_dead_write(store_fcall(store), s->region, slice_of(id), HOOK_DEAD_MAX);
    bool ok = ctl_store_call(store, &reply) && hooks_dead_read(reply, rows, &n) == ERR_OK;
    for (size_t i = 0; i < n && ok; i++) {
        const struct webhook_event e = {.region = slice_of(s->region), .member = rows[i].member};
        char at[CLOCK_RFC3339_SIZE];
        struct buf name;
        buf_init(&name, 128);
        webhook_id(&e, &name);
        printf("%.*s\t%s\t%.*s\n", SLICE_FMT(buf_slice(&name)), time_text(rows[i].at_ms, at),
               SLICE_FMT(rows[i].why));
        buf_release(&name);
    }
    freeReplyObject(reply);
    return ok;
}

static bool change(struct store *store, const struct settings *s, const char *id, bool replay,
                   int64_t from_ms)
{
    const struct event_tail t = {.at_ms = clock_now_ms(),
                                 .actor = SLICE_LIT(ACTOR),
                                 .reason = replay ? SLICE_LIT("重新推送事件")
                                                  : SLICE_LIT("删除事件推送地址")};
    redisReply *reply = NULL;
    int64_t again = 0;
    struct buf tail;
    buf_init(&tail, 4096);
    event_tail_write(&t, &tail);
    bool ok = buf_err(&tail) == ERR_OK;
    if (replay) {
        hooks_replay_write(store_fcall(store), s->region, slice_of(id), from_ms, buf_slice(&tail));
    } else {
        hooks_remove_write(store_fcall(store), s->region, slice_of(id), buf_slice(&tail));
    }
    ok = ok && ctl_store_call(store, &reply);
    if (ok) {
        enum err err = replay ? hooks_replay_read(reply, &again) : hooks_remove_read(reply);
        ok = err == ERR_OK;
        if (!ok) {
            ctl_complain("%s",
                         err == ERR_NOT_FOUND ? "there is no such subscription" : err_text(err));
        } else if (replay) {
            printf("active; %lld given-up deliveries are sent again%s\n", (long long)again,
                   from_ms > 0 ? ", and all events since then" : "");
        } else {
            printf("removed\n");
        }
    }
    freeReplyObject(reply);
    buf_release(&tail);
    return ok;
}

/* Ids are 16 hex digits. */
static bool id_ok(const char *id)
{
    return strlen(id) == HOOK_ID_HEX && strspn(id, "0123456789abcdef") == HOOK_ID_HEX;
}

int ctl_hooks(int argc, char **argv, const struct settings *s)
{
    const char *from = NULL;
    const struct ctl_option options[] = {{.name = "from", .value = &from}};
    int64_t from_ms = 0;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    bool listing = argc == 2 && strcmp(argv[1], "list") == 0;
    bool one = argc == 3 && id_ok(argv[2]);
    bool replay = one && strcmp(argv[1], "replay") == 0;
    bool looking = one && strcmp(argv[1], "dead") == 0;
    bool removing = one && strcmp(argv[1], "remove") == 0;
    if ((!listing && !replay && !looking && !removing) || (from != NULL && !replay)) {
        return ctl_usage(USAGE);
    }
    if (from != NULL && (clock_parse_rfc3339(slice_of(from), &from_ms) != ERR_OK || from_ms <= 0 ||
                         from_ms > clock_now_ms())) {
        ctl_complain("--from must be a time in the past such as 2026-03-01T09:30:00+08:00");
        return CTL_USAGE;
    }
    struct store *store = ctl_store_open(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    bool ok = listing   ? list(store, s)
              : looking ? dead(store, s, argv[2])
                        : change(store, s, argv[2], replay, from_ms);
    store_free(store);
    return ok ? CTL_OK : CTL_FAILED;
}
