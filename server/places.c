#include "server/places.h"

#include "queue/base/log.h"
#include "queue/store/calls_alias.h"

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
}

void places_watch(struct gateway *g)
{
    int rc = uv_timer_init(g->loop, &g->places_timer);
    ASSERT(rc == 0);
    g->places_timer.data = g;
    rc = uv_timer_start(&g->places_timer, on_timer, 0, PLACES_EVERY_MS);
    ASSERT(rc == 0);
}
