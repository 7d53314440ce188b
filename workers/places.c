#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/calls_alias.h"
#include "workers/runtime.h"

#define PLACES_EVERY_MS 2000

static enum err load_aliases(struct site *s)
{
    static struct alias_row rows[ALIASES_MAX];
    redisReply *reply = NULL;
    int64_t version = 0;
    size_t n = 0;
    alias_list_write(store_fcall(s->store), s->settings->region);
    enum err err = runtime_call(s, "alias_list", &reply);
    if (err == ERR_OK) {
        err = alias_list_read(reply, &version, rows, &n);
    }
    if (err == ERR_OK && version != s->atlas.aliases.version) {
        alias_table_clear(&s->atlas.aliases, version);
        for (size_t i = 0; i < n; i++) {
            if (rows[i].state == ALIAS_APPROVED &&
                alias_table_add(&s->atlas.aliases, rows[i].word, rows[i].code) != ERR_OK) {
                log_event(LOG_WARN, "alias_not_used", "id=%lld", (long long)rows[i].id);
            }
        }
        log_event(LOG_INFO, "aliases_loaded", "version=%lld count=%zu", (long long)version,
                  s->atlas.aliases.count);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}

enum err places_refresh(struct site *s)
{
    struct buf why;
    int64_t now_ms = clock_mono_ms();
    if (now_ms < s->places_next_ms) {
        return ERR_OK;
    }
    buf_init(&why, 4096);
    if (atlas_refresh(&s->atlas, &why)) {
        log_event(LOG_INFO, "townships_swapped", "data=%s", gazetteer_version(s->atlas.gazetteer));
    } else if (why.len > 0) {
        log_event(LOG_ERROR, "townships_refused", "why=\"%s\"", why.ptr);
    }
    buf_release(&why);
    enum err err = load_aliases(s);
    if (err == ERR_OK) {
        s->places_next_ms = now_ms + PLACES_EVERY_MS;
    }
    return err;
}
