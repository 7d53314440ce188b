#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/calls_alias.h"
#include "queue/store/calls_policy.h"
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

/* Put into force what the store says is. What cannot be used is said once. */
static enum err take_rules(struct site *s, const struct active_policy *a)
{
    const char *trouble;
    struct buf text, why;
    buf_init(&text, POLICY_BYTES_MAX);
    buf_init(&why, 65536);
    enum err err = a->packed.len > 0 ? unpack_text(s->packer, a->packed, &text) : ERR_OK;
    const struct rulebook_news news = {.id = a->id,
                                       .newest_id = a->newest_id,
                                       .pack = buf_slice(&text),
                                       .readable = err == ERR_OK,
                                       .disasters = a->disasters,
                                       .disaster_count = a->disaster_count};
    if (err != ERR_NO_MEMORY) {
        err = rulebook_take(&s->policy, &s->rules, &news, &s->signers, &why, &trouble);
        if (err == ERR_OK) {
            log_event(LOG_INFO, "rules_in_force", "policy=%s disasters=%zu", policy_name(s->policy),
                      a->disaster_count);
        }
        if (trouble != NULL) {
            log_event(LOG_ERROR, trouble, "err=%s in_force=%s why=\"%s\"", err_code(err),
                      policy_name(s->policy), why.len > 0 ? why.ptr : "");
        }
    }
    buf_release(&text);
    buf_release(&why);
    return err;
}

/* One question. ERR_AUTH: what is in force may not be taken, ask again for the one before. */
static enum err ask_rules(struct site *s)
{
    static struct active_policy active;
    redisReply *reply = NULL;
    policy_active_write(store_fcall(s->store), s->settings->region, slice_of(s->rules.key),
                        s->rules.refused, s->rules.refused_count);
    enum err err = runtime_call(s, "policy_active", &reply);
    if (err == ERR_OK) {
        err = policy_active_read(reply, &active);
    }
    if (err == ERR_OK) {
        enum err taken = active.changed ? take_rules(s, &active) : ERR_OK;
        if (taken == ERR_AUTH || taken == ERR_NO_MEMORY) {
            err = taken;
        } else {
            err = slice_copy(active.key, s->rules.key, sizeof(s->rules.key));
            s->rules.next_ms = active.next_ms;
        }
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}

static enum err load_rules(struct site *s)
{
    enum err err = ask_rules(s);
    for (int i = 0; i < RULEBOOK_REFUSED_MAX && err == ERR_AUTH; i++) {
        err = ask_rules(s);
    }
    return err;
}

enum err places_refresh(struct site *s)
{
    struct buf why;
    int64_t now_ms = clock_mono_ms();
    bool rules_due = s->rules.next_ms > 0 && clock_now_ms() >= s->rules.next_ms;
    if (now_ms < s->places_next_ms && !rules_due) {
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
        err = load_rules(s);
    }
    if (err == ERR_OK) {
        s->places_next_ms = now_ms + PLACES_EVERY_MS;
    }
    return err;
}
