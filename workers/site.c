#include "workers/site.h"

#include <stdio.h>
#include "queue/base/log.h"
#include "workers/rules/rulebook.h"

#define STORE_DEADLINE_MS 5000

static enum err read_stages(struct site *s, struct buf *why)
{
    struct slice rest = slice_of(s->settings->stages);
    while (rest.len > 0) {
        struct slice word = slice_trim(slice_cut(&rest, ','));
        enum stage stage;
        if (stage_from_word(word, &stage) != ERR_OK) {
            buf_putf(
                why,
                "setting 'stages': there is no stage '%.*s'; use route, pay, notify, sms, clock, hook, register",
                SLICE_FMT(word));
            return ERR_INPUT;
        }
        s->stages[stage] = true;
    }
    return ERR_OK;
}

/* Whose signatures the rules need; those of the file are looked at here. */
static enum err open_signers(struct site *s, struct buf *why)
{
    const struct settings *set = s->settings;
    enum err err = key_folder_choose(set->policy_signers, &s->policy_keys, why);
    if (err == ERR_OK) {
        err = key_folder_choose(set->order_signers, &s->order_keys, why);
    }
    if (err != ERR_OK) {
        return err;
    }
    s->signers = (struct pack_signers){
        .verify = key_folder_verify, .packs = s->policy_keys, .orders = s->order_keys};
    err = pack_signatures_check(policy_text(s->policy), &s->signers, why);
    if (err == ERR_OK) {
        log_event(LOG_INFO, "policy_signatures", "packs=%s orders=%s",
                  s->policy_keys != NULL ? "asked" : "not_asked",
                  s->order_keys != NULL ? "asked" : "not_asked");
    } else {
        buf_putf(why, "policy_file '%s' is refused: policy_signers or order_signers are set",
                 set->policy_file);
    }
    return err;
}

static enum err open_rules(struct site *s, struct buf *why)
{
    enum err err = rulebook_read(s->settings->policy_file, s->settings->calendar_file, &s->policy,
                                 &s->calendar, why);
    if (err == ERR_OK) {
        err = open_signers(s, why);
    }
    if (err == ERR_OK) {
        err = atlas_open(&s->atlas, s->settings->townships_file, why);
    }
    if (err == ERR_OK) {
        err = packer_new(&s->packer);
    }
    return err;
}

/* One channel out of the settings `sms_…` or `sms2_…`. */
static enum err open_channel(struct site *s, const char *provider,
                             const struct sms_account *account, struct buf *why)
{
    size_t i = s->sms_count;
    const struct sms_client_options options = {.codec = sms_codec_find(slice_of(provider)),
                                               .account = *account};
    if (options.codec == NULL) {
        buf_putf(why, "there is no SMS operator '%s'; use kannel, aliyun, twilio, tencent, courier",
                 provider);
        return ERR_INPUT;
    }
    enum err err = sms_client_new(&options, s->http, &s->sms_clients[i]);
    if (err != ERR_OK) {
        buf_putf(why, "cannot use the SMS operator %s at '%s': %s", provider, account->url,
                 err_text(err));
        return err;
    }
    s->sms[i] = sms_client_channel(s->sms_clients[i]);
    s->sms_count++;
    return ERR_OK;
}

static enum err open_operators(struct site *s, struct buf *why)
{
    const struct settings *g = s->settings;
    const struct sms_account first = {.url = g->sms_url,
                                      .user = g->sms_user,
                                      .secret = g->sms_password,
                                      .from = g->sms_from,
                                      .sign = g->sms_sign,
                                      .app = g->sms_app,
                                      .region = g->sms_region,
                                      .report_url = g->sms_report_url};
    const struct sms_account second = {.url = g->sms2_url,
                                       .user = g->sms2_user,
                                       .secret = g->sms2_password,
                                       .from = g->sms2_from,
                                       .sign = g->sms2_sign,
                                       .app = g->sms2_app,
                                       .region = g->sms2_region,
                                       .report_url = g->sms2_report_url};
    enum err err = open_channel(s, g->sms_provider, &first, why);
    if (err == ERR_OK && g->sms2_provider[0] != '\0') {
        err = open_channel(s, g->sms2_provider, &second, why);
    }
    return err == ERR_OK ? sms_codes_open(&s->sms_codes, g->sms_codes_file, why) : err;
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
    if (err == ERR_OK &&
        (s->stages[STAGE_ROUTE] || s->stages[STAGE_SMS] || s->stages[STAGE_CLOCK])) {
        err = open_rules(s, why);
    } else if (err == ERR_OK && s->stages[STAGE_NOTIFY]) {
        err = atlas_open(&s->atlas, s->settings->townships_file, why); /* for names in texts */
    }
    if (err == ERR_OK && (s->stages[STAGE_HOOK] || s->stages[STAGE_REGISTER])) {
        err = http_client_setup();
    }
    if (err == ERR_OK && (s->stages[STAGE_PAY] || s->stages[STAGE_NOTIFY])) {
        const struct http_client_options options = {.max_parallel = STORE_BATCH_MAX};
        err = http_client_setup();
        if (err == ERR_OK) {
            err = http_client_new(&options, &s->http);
        }
    }
    if (err == ERR_OK && s->stages[STAGE_PAY]) {
        err = rails_open(s->settings, s->http, &s->rails, why);
    }
    if (err == ERR_OK && s->stages[STAGE_NOTIFY]) {
        err = open_operators(s, why);
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
    for (size_t i = 0; i < SITE_SMS_MAX; i++) {
        sms_client_free(s->sms_clients[i]);
    }
    sms_codes_close(&s->sms_codes);
    rails_close(&s->rails);
    http_client_free(s->http);
    packer_free(s->packer);
    atlas_close(&s->atlas);
    policy_free(s->policy);
    key_folder_close(s->policy_keys);
    key_folder_close(s->order_keys);
    sealer_close(s->sealer);
    store_free(s->store);
    arena_release(&s->arena);
    *s = (struct site){.settings = s->settings};
}
