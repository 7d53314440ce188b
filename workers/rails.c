#include "workers/rails.h"

#include <stdio.h>
#include <stdlib.h>
#include "queue/domain/relief.h"

#define PATH_SIZE 300
#define KEY_LIFE_UNKNOWN_S \
    86400 /* of a provider without a profile: a day is what most remember at least */
#define QUERY_LIFE_S (30 * INT64_C(86400))

/* What is assumed of a G2P disburser that nobody has described. */
static struct pay_profile undescribed(const struct settings *s)
{
    struct pay_profile p = {
        .rail = "g2p",
        .answers = PAY_ANSWERS_AT_ONCE,
        .key_life_s = KEY_LIFE_UNKNOWN_S,
        .query_by_key = true,
        .query_life_s = QUERY_LIFE_S,
        .settle_s = (s->bank_settle_ms + 999) / 1000,
        .not_found = PAY_NOT_FOUND_IS_UNKNOWN,
        .batch_max = PAY_BATCH_MAX,
        .amount_min_fen = 1,
        .amount_max_fen = AMOUNT_FEN_MAX,
    };
    return p;
}

static enum err add(struct rails *r, struct pay_rail pay, struct buf *why)
{
    struct rail *rail = &r->list[r->count];
    char path[PATH_SIZE];
    rail->pay = pay;
    rail->collects = pay.collect != NULL;
    if (r->settings->pay_profile_dir[0] == '\0') {
        if (strcmp(pay.name, "g2p") != 0) {
            buf_putf(
                why,
                "setting 'pay_profile_dir': the rail %s needs its provider profile, e.g. ops/pay",
                pay.name);
            return ERR_INPUT;
        }
        rail->profile = undescribed(r->settings);
        r->count++;
        return ERR_OK;
    }
    snprintf(path, sizeof(path), "%s/%s.json", r->settings->pay_profile_dir, pay.name);
    enum err err = pay_profile_load(path, &rail->profile, why);
    if (err == ERR_OK && strcmp(rail->profile.rail, pay.name) != 0) {
        buf_putf(why, "%s: describes the rail %s", path, rail->profile.rail);
        err = ERR_INPUT;
    }
    if (err == ERR_OK) {
        r->count++;
    }
    return err;
}

static enum err fail(struct buf *why, const char *what, const char *value, enum err err)
{
    buf_putf(why, "cannot use %s '%s': %s", what, value, err_text(err));
    return err;
}

static enum err open_g2p(struct rails *r, struct http_client *http, struct buf *why)
{
    const struct settings *s = r->settings;
    const struct g2p_options options = {
        .base_url = s->bank_url,
        .token = s->bank_token,
        .sender_id = s->region,
        .receiver_id = "",
        .sender_uri = s->callback_url,
        .payer_fa = "account:reserve@fund",
        .payer_name = "",
        .sync = s->bank_sync != 0,
        .us = r->keys.g2p_us,
        .bank = r->keys.g2p_bank,
        .total_ms = s->bank_timeout_ms,
    };
    enum err err = g2p_client_new(&options, http, &r->g2p);
    return err == ERR_OK ? add(r, g2p_rail(r->g2p), why) : fail(why, "bank_url", s->bank_url, err);
}

static enum err open_wechat(struct rails *r, struct http_client *http, struct buf *why)
{
    const struct wechat_options options = {.base_url = r->settings->wechat_url,
                                           .merchant = r->keys.wechat,
                                           .total_ms = r->settings->bank_timeout_ms};
    enum err err = wechat_client_new(&options, http, &r->wechat);
    return err == ERR_OK
               ? add(r, wechat_rail(r->wechat), why)
               : fail(why, "the WeChat settings of merchant", r->settings->wechat_mchid, err);
}

static enum err open_alipay(struct rails *r, struct http_client *http, struct buf *why)
{
    const struct alipay_options options = {.gateway = r->settings->alipay_url,
                                           .app = r->keys.alipay,
                                           .total_ms = r->settings->bank_timeout_ms};
    enum err err = alipay_client_new(&options, http, &r->alipay);
    return err == ERR_OK ? add(r, alipay_rail(r->alipay), why)
                         : fail(why, "the Alipay settings of app", r->settings->alipay_app_id, err);
}

static enum err open_layout(struct rails *r, struct buf *why)
{
    if (r->settings->bankfile_layout[0] == '\0') {
        return ERR_OK;
    }
    r->layout = calloc(1, sizeof(*r->layout));
    return r->layout == NULL ? ERR_NO_MEMORY
                             : text_profile_load(r->settings->bankfile_layout, r->layout, why);
}

static enum err open_drop(const struct settings *s, struct drop *out, struct buf *why)
{
    if (s->bankfile_sftp_host[0] == '\0') {
        enum err err = drop_folder(s->bankfile_out, s->bankfile_in, out);
        return err == ERR_OK
                   ? ERR_OK
                   : fail(why, "the folders bankfile_out and bankfile_in", s->bankfile_out, err);
    }
    char done[PATH_SIZE], bad[PATH_SIZE];
    snprintf(done, sizeof(done), "%s/done", s->bankfile_in);
    snprintf(bad, sizeof(bad), "%s/bad", s->bankfile_in);
    const struct drop_sftp_options options = {
        .host = s->bankfile_sftp_host,
        .port = (int)s->bankfile_sftp_port,
        .user = s->bankfile_sftp_user,
        .key_file = s->bankfile_sftp_key_file,
        .passphrase = "",
        .known_hosts = s->bankfile_sftp_known_hosts,
        .out_path = s->bankfile_out,
        .in_path = s->bankfile_in,
        .done_path = done,
        .bad_path = bad,
    };
    enum err err = drop_sftp(&options, out);
    return err == ERR_OK ? ERR_OK : fail(why, "bankfile_sftp_host", s->bankfile_sftp_host, err);
}

static enum err open_bankfile(struct rails *r, struct buf *why)
{
    const struct settings *s = r->settings;
    struct drop drop;
    enum err err = open_layout(r, why);
    if (err == ERR_OK) {
        err = open_drop(s, &drop, why);
    }
    if (err != ERR_OK) {
        return err;
    }
    const struct bankfile_rail_options options = {
        .name = "bank",
        .msg_prefix = s->bankfile_prefix,
        .registry_folder = s->bankfile_registry,
        .payer_name = s->bankfile_payer_name,
        .payer_account = s->bankfile_payer_account,
        .payer_bank = s->bankfile_payer_bank,
        .purpose = "",
        .text = r->layout,
        .profile = NULL,
    };
    err = bankfile_rail_new(&options, drop, &r->bankfile);
    if (err != ERR_OK) {
        drop.close(drop.self);
        return fail(why, "bankfile_registry (`jiujictl bankfile create` makes one)",
                    s->bankfile_registry, err);
    }
    return add(r, bankfile_pay_rail(r->bankfile), why);
}

enum err rails_open(const struct settings *settings, struct http_client *http, struct rails *out,
                    struct buf *why)
{
    *out = (struct rails){.settings = settings};
    enum err err = rail_keys_open(settings, &out->keys, why);
    if (err != ERR_OK) {
        *out = (struct rails){.settings = settings};
        return err;
    }
    if (settings->bank_url[0] != '\0') {
        err = open_g2p(out, http, why);
    }
    if (err == ERR_OK && out->keys.wechat.key != NULL) {
        err = open_wechat(out, http, why);
    }
    if (err == ERR_OK && out->keys.alipay.key != NULL) {
        err = open_alipay(out, http, why);
    }
    if (err == ERR_OK && settings->bankfile_registry[0] != '\0') {
        err = open_bankfile(out, why);
    }
    if (err == ERR_OK && out->count == 0) {
        buf_putf(why, "no payment rail is set: give bank_url, the wechat_ or alipay_ settings, or "
                      "bankfile_registry");
        err = ERR_INPUT;
    }
    if (err != ERR_OK) {
        rails_close(out);
    }
    return err;
}

void rails_close(struct rails *r)
{
    g2p_client_free(r->g2p);
    wechat_client_free(r->wechat);
    alipay_client_free(r->alipay);
    bankfile_rail_free(r->bankfile);
    free(r->layout);
    rail_keys_close(&r->keys);
    *r = (struct rails){.settings = r->settings};
}

struct rail *rails_named(struct rails *r, struct slice name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (slice_is(name, r->list[i].pay.name)) {
            return &r->list[i];
        }
    }
    return NULL;
}

struct rail *rails_for(struct rails *r, struct slice payee_fa)
{
    struct slice rest = payee_fa;
    struct slice kind = slice_cut(&rest, ':');
    struct slice routes = slice_of(r->settings->pay_routes);
    while (routes.len > 0) {
        struct slice name = slice_trim(slice_cut(&routes, ','));
        if (slice_eq(slice_cut(&name, ':'), kind)) {
            return rails_named(r, name);
        }
    }
    return NULL;
}
