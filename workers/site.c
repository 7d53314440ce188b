#include "workers/site.h"

#include <stdio.h>
#include "workers/rules/rulebook.h"

#define STORE_DEADLINE_MS 5000

static enum err read_stages(struct site *s, struct buf *why)
{
    struct slice rest = slice_of(s->settings->stages);
    while (rest.len > 0) {
        struct slice word = slice_trim(slice_cut(&rest, ','));
        enum stage stage;
        if (stage_from_word(word, &stage) != ERR_OK) {
            buf_putf(why,
                     "setting 'stages': there is no stage '%.*s'; use route, pay, notify, clock",
                     SLICE_FMT(word));
            return ERR_INPUT;
        }
        s->stages[stage] = true;
    }
    return ERR_OK;
}

static enum err open_rules(struct site *s, struct buf *why)
{
    enum err err = rulebook_read(s->settings->policy_file, s->settings->calendar_file, &s->policy,
                                 &s->calendar, why);
    if (err == ERR_OK) {
        err = atlas_open(&s->atlas, s->settings->townships_file, why);
    }
    if (err == ERR_OK) {
        err = packer_new(&s->packer);
    }
    return err;
}

static enum err open_bank(struct site *s, struct buf *why)
{
    const struct g2p_options options = {
        .base_url = s->settings->bank_url,
        .token = s->settings->bank_token,
        .sender_id = s->settings->region,
        .receiver_id = "",
        .sender_uri = s->settings->callback_url,
        .payer_fa = "account:reserve@fund",
        .payer_name = "",
        .total_ms = s->settings->bank_timeout_ms,
    };
    enum err err = g2p_client_new(&options, s->http, &s->bank);
    if (err != ERR_OK) {
        buf_putf(why, "cannot use bank_url '%s': %s", options.base_url, err_text(err));
    }
    return err;
}

static enum err open_operator(struct site *s, struct buf *why)
{
    const struct sms_client_options options = {
        .codec = sms_codec_find(SLICE_LIT("kannel")),
        .account = {.url = s->settings->sms_url,
                    .user = s->settings->sms_user,
                    .secret = s->settings->sms_password,
                    .from = s->settings->sms_from},
    };
    enum err err = sms_client_new(&options, s->http, &s->operator_client);
    if (err != ERR_OK) {
        buf_putf(why, "cannot use sms_url '%s': %s", options.account.url, err_text(err));
        return err;
    }
    s->sms = sms_client_channel(s->operator_client);
    return ERR_OK;
}

static enum err open_all(struct site *s, struct buf *why)
{
    enum err err = read_stages(s, why);
    if (err == ERR_OK) {
        err =
            store_new(s->settings->redis_socket, s->settings->region, STORE_DEADLINE_MS, &s->store);
        if (err != ERR_OK) {
            buf_putf(why, "cannot use redis_socket '%s'", s->settings->redis_socket);
        }
    }
    if (err == ERR_OK) {
        err = sealer_open(s->settings->master_key_file, &s->sealer, why);
    }
    if (err == ERR_OK && s->stages[STAGE_ROUTE]) {
        err = open_rules(s, why);
    }
    if (err == ERR_OK && (s->stages[STAGE_PAY] || s->stages[STAGE_NOTIFY])) {
        const struct http_client_options options = {.max_parallel = STORE_BATCH_MAX};
        err = http_client_setup();
        if (err == ERR_OK) {
            err = http_client_new(&options, &s->http);
        }
    }
    if (err == ERR_OK && s->stages[STAGE_PAY]) {
        err = open_bank(s, why);
    }
    if (err == ERR_OK && s->stages[STAGE_NOTIFY]) {
        err = open_operator(s, why);
    }
    return err;
}

enum err site_open(struct site *s, const struct settings *settings, struct buf *why)
{
    *s = (struct site){.settings = settings};
    arena_init(&s->arena, SITE_ARENA_MAX);
    snprintf(s->actor, sizeof(s->actor), "worker:%.32s", settings->worker_name);
    enum err err = open_all(s, why);
    if (err != ERR_OK) {
        site_close(s);
    }
    return err;
}

void site_close(struct site *s)
{
    sms_client_free(s->operator_client);
    g2p_client_free(s->bank);
    http_client_free(s->http);
    packer_free(s->packer);
    atlas_close(&s->atlas);
    policy_free(s->policy);
    sealer_close(s->sealer);
    store_free(s->store);
    arena_release(&s->arena);
    *s = (struct site){.settings = s->settings};
}
