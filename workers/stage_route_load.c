#include "workers/stage_route.h"

#include "queue/base/clock.h"
#include "workers/routing/chain.h"

bool route_in_region(const struct site *s, const char *code)
{
    return region_holds(s->settings->region, slice_of(code));
}

/* ---- Loading ---- */

enum err route_load_cases(struct site *s, struct route_work *batch, size_t n, redisReply **reply)
{
    struct loaded_case rows[STORE_BATCH_MAX];
    load_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < n; i++) {
        fcall_slice(store_fcall(s->store), batch[i].job->id);
    }
    enum err err = runtime_call(s, "load", reply);
    if (err == ERR_OK) {
        err = load_read(*reply, rows, n);
    }
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        batch[i].row = rows[i];
    }
    return err;
}

enum err route_open_facts(struct site *s, struct route_work *w)
{
    struct json *root = NULL;
    enum err err = json_parse(w->row.facts, &root, NULL);
    if (err == ERR_OK) {
        err = facts_read(root, &w->facts);
        json_free(root);
    }
    if (err != ERR_OK) {
        return err == ERR_INPUT ? ERR_CORRUPT : err;
    }
    err = personal_unseal(s->sealer, w->job->id, w->row.wrapped_key, w->row.sealed, &s->arena,
                          &w->person);
    w->erased = err == ERR_NOT_FOUND;
    return w->erased ? ERR_OK : err;
}

/* ---- Where ---- */

enum err route_find_place(struct site *s, struct route_work *w)
{
    struct buf text;
    buf_init(&text, ROUTE_TEXT_MAX * 2);
    buf_put_slice(&text, w->person.address);
    if (w->person.narrative.len > 0) {
        buf_put_char(&text, ' ');
        buf_put_slice(&text, w->person.narrative);
    }
    const struct place_query query = {
        .code = slice_of(w->facts.place_code),
        .has_point = w->person.has_point,
        .lat = w->person.lat,
        .lng = w->person.lng,
        .crs = w->person.crs,
        .text = buf_slice(&text),
        .prior_code = region_prefix(s->settings->region),
    };
    enum err err = atlas_route(&s->atlas, &query, &w->route);
    buf_release(&text);
    if (err != ERR_OK) {
        return err;
    }
    w->dispatched = w->route.level == ROUTE_TOWNSHIP && route_in_region(s, w->route.code);
    bool county_desk = w->route.level == ROUTE_COUNTY && route_in_region(s, w->route.code);
    const char *inbox = w->dispatched || county_desk ? w->route.code : s->settings->region;
    return slice_copy(slice_of(inbox), w->inbox, sizeof(w->inbox));
}

enum err route_load_funds(struct site *s, struct route_work *batch, size_t n)
{
    const char *codes[STORE_BATCH_MAX];
    struct loaded_fund funds[STORE_BATCH_MAX];
    size_t of_case[STORE_BATCH_MAX], count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < count && strcmp(codes[at], batch[i].inbox) != 0) {
            at++;
        }
        if (at == count) {
            codes[count++] = batch[i].inbox;
        }
        of_case[i] = at;
    }
    load_funds_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < count; i++) {
        fcall_text(store_fcall(s->store), codes[i]);
    }
    redisReply *reply = NULL;
    enum err err = runtime_call(s, "load_funds", &reply);
    if (err != ERR_OK) {
        return err;
    }
    err = load_funds_read(reply, funds, count);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        struct loaded_fund *fund = &batch[i].fund;
        *fund = funds[of_case[i]];
        const char *day = arena_text(&s->arena, fund->day),
                   *month = arena_text(&s->arena, fund->month);
        const char *reserve = arena_text(&s->arena, fund->reserve);
        const char *all_day = arena_text(&s->arena, fund->all_day);
        if (day == NULL || month == NULL || reserve == NULL || all_day == NULL) {
            err = ERR_NO_MEMORY;
            break;
        }
        fund->day = slice_of(day);
        fund->month = slice_of(month);
        fund->reserve = slice_of(reserve);
        fund->all_day = slice_of(all_day);
    }
    freeReplyObject(reply);
    return err;
}

/* ---- Its like: same person, household, place and event, account ---- */

static enum err name_alike(struct site *s, struct route_work *w, int64_t now_ms)
{
    const char *township = w->dispatched ? w->inbox : "";
    enum err err = alike_account(s->sealer, w->person.account, w->account_hash);
    w->number_hash[0] = '\0';
    if (err == ERR_OK && w->person.account.len > 0) {
        err = personal_account_hash(s->sealer, w->person.account, w->number_hash);
    }
    w->place_hash[0] = '\0';
    if (err == ERR_OK && w->dispatched) {
        err = alike_place(s->sealer, township, w->person.address, cause_word(w->facts.cause),
                          w->place_hash);
    }
    w->like = (struct link_query){
        .no = w->job->id,
        .person_hash = w->row.person_hash,
        .identified = w->person.id_number.len > 0,
        .day = (w->facts.received_ms + CLOCK_CHINA_OFFSET_MS) / MS_PER_DAY,
        .window_days = policy_for(s->policy, township, now_ms)->integrity.duplicate_days,
        .account = slice_of(w->account_hash),
        .place = slice_of(w->place_hash),
        .lately = w->row.lately,
        .household = w->row.household,
        .household_lately = w->row.household_lately,
        .account_number = slice_of(w->number_hash),
    };
    return err;
}

static enum err keep_findings(struct site *s, struct route_work *batch, size_t n,
                              const struct link_finding *findings)
{
    for (size_t i = 0, k = 0; i < n; i++) {
        if (!batch[i].open) {
            continue;
        }
        batch[i].found = findings[k++];
        const char *known = arena_text(&s->arena, batch[i].found.known);
        if (known == NULL) {
            return ERR_NO_MEMORY;
        }
        batch[i].found.known = slice_of(known);
        const char *officers = arena_text(&s->arena, batch[i].found.officers);
        if (officers == NULL) {
            return ERR_NO_MEMORY;
        }
        batch[i].found.officers = batch[i].like.recused = slice_of(officers);
    }
    return ERR_OK;
}

enum err route_find_alike(struct site *s, struct route_work *batch, size_t n, int64_t now_ms)
{
    struct link_finding findings[STORE_BATCH_MAX];
    char generations[LINK_GENERATIONS_SIZE];
    redisReply *reply = NULL;
    size_t count = 0;
    enum err err = ERR_OK;
    link_generations(now_ms, generations);
    link_find_begin(store_fcall(s->store), s->settings->region, generations);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        if (batch[i].open) {
            err = name_alike(s, &batch[i], now_ms);
            link_find_add(store_fcall(s->store), &batch[i].like);
            count++;
        }
    }
    if (err != ERR_OK || count == 0) {
        return err;
    }
    err = runtime_call(s, "alike", &reply);
    if (err == ERR_OK) {
        err = link_find_read(reply, findings, count);
    }
    if (err == ERR_OK) {
        err = keep_findings(s, batch, n, findings);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}
