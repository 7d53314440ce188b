#include "server/places.h"

#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/calls_alias.h"
#include "queue/store/calls_policy.h"

#define PLACES_EVERY_MS 2000

static void on_aliases(void *data, enum err err, const redisReply *reply)
{
    static struct alias_row rows[ALIASES_MAX]; /* one loop, used up before this returns */
    struct gateway *g = data;
    int64_t version = 0;
    size_t n = 0;
    if (err != ERR_OK || alias_list_read(reply, &version, rows, &n) != ERR_OK ||
        version == g->atlas.aliases.version) {
        return;
    }
    alias_table_clear(&g->atlas.aliases, version);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].state == ALIAS_APPROVED &&
            alias_table_add(&g->atlas.aliases, rows[i].word, rows[i].code) != ERR_OK) {
            log_event(LOG_WARN, "alias_not_used", "id=%lld", (long long)rows[i].id);
        }
    }
    log_event(LOG_INFO, "aliases_loaded", "version=%lld count=%zu", (long long)version,
              g->atlas.aliases.count);
}

/* Put into force what the store says is. What cannot be used is said once. */
static enum err take_rules(struct gateway *g, const struct active_policy *a)
{
    const char *trouble;
    struct buf text, why;
    buf_init(&text, POLICY_BYTES_MAX);
    buf_init(&why, 65536);
    enum err err = a->packed.len > 0 ? unpack_text(g->packer, a->packed, &text) : ERR_OK;
    const struct rulebook_news news = {.id = a->id,
                                       .newest_id = a->newest_id,
                                       .pack = buf_slice(&text),
                                       .readable = err == ERR_OK,
                                       .disasters = a->disasters,
                                       .disaster_count = a->disaster_count};
    if (err != ERR_NO_MEMORY) {
        err = rulebook_take(&g->policy, &g->rules, &news, &g->signers, &why, &trouble);
        if (err == ERR_OK) {
            log_event(LOG_INFO, "rules_in_force", "policy=%s disasters=%zu", policy_name(g->policy),
                      a->disaster_count);
        }
        if (trouble != NULL) {
            log_event(LOG_ERROR, trouble, "err=%s in_force=%s why=\"%s\"", err_code(err),
                      policy_name(g->policy), why.len > 0 ? why.ptr : "");
        }
    }
    buf_release(&text);
    buf_release(&why);
    return err;
}

static void on_timer(uv_timer_t *timer);

static void on_rules(void *data, enum err err, const redisReply *reply)
{
    static struct active_policy active; /* one loop, used up before this returns */
    struct gateway *g = data;
    if (err != ERR_OK || policy_active_read(reply, &active) != ERR_OK) {
        return;
    }
    err = active.changed ? take_rules(g, &active) : ERR_OK;
    if (err == ERR_AUTH) {
        places_look_at_rules(g); /* the pack before it */
    }
    if (err == ERR_AUTH || err == ERR_NO_MEMORY) {
        return;
    }
    if (slice_copy(active.key, g->rules.key, sizeof(g->rules.key)) == ERR_OK) {
        g->rules.next_ms = active.next_ms;
    }
    int64_t wait_ms = active.next_ms - clock_now_ms();
    if (active.next_ms > 0 && wait_ms < PLACES_EVERY_MS && !g->draining) { /* be there in time */
        uv_timer_start(&g->places_timer, on_timer, (uint64_t)(wait_ms < 100 ? 100 : wait_ms + 1),
                       PLACES_EVERY_MS);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct gateway *g = timer->data;
    struct buf why;
    buf_init(&why, 4096);
    if (atlas_refresh(&g->atlas, &why)) {
        log_event(LOG_INFO, "townships_swapped", "data=%s", gazetteer_version(g->atlas.gazetteer));
    } else if (why.len > 0) {
        log_event(LOG_ERROR, "townships_refused", "why=\"%s\"", why.ptr);
    }
    buf_release(&why);
    if (g->draining || g->store == NULL) {
        return;
    }
    alias_list_write(&g->fcall, g->settings->region);
    enum err err = store_async_call(g->store, &g->fcall, on_aliases, g);
    if (err != ERR_OK) {
        log_event(LOG_DEBUG, "aliases_not_asked", "err=%s", err_code(err));
    }
    places_look_at_rules(g);
}

void places_look_at_rules(struct gateway *g)
{
    if (g->draining || g->store == NULL) {
        return;
    }
    policy_active_write(&g->fcall, g->settings->region, slice_of(g->rules.key), g->rules.refused,
                        g->rules.refused_count);
    enum err err = store_async_call(g->store, &g->fcall, on_rules, g);
    if (err != ERR_OK) {
        log_event(LOG_DEBUG, "rules_not_asked", "err=%s", err_code(err));
    }
}

void places_watch(struct gateway *g)
{
    int rc = uv_timer_init(g->loop, &g->places_timer);
    ASSERT(rc == 0);
    g->places_timer.data = g;
    rc = uv_timer_start(&g->places_timer, on_timer, 0, PLACES_EVERY_MS);
    ASSERT(rc == 0);
}
