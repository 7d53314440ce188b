#include "integrations/pay/rail_keys.h"

#include "integrations/pay/alipay/alipay_callback.h"
#include "integrations/pay/g2p/g2p_callback.h"
#include "integrations/pay/wechat/wechat_callback.h"
#include "queue/base/file.h"

/* One key file: which setting, what is in it, where the key goes. */
struct wanted {
    const char *setting, *path;
    enum sign_kind kind;
    bool private;
    const struct sign_key **to;
};

static enum err read_key(const struct wanted *w, struct sign_key **owned, struct buf *why)
{
    *w->to = NULL;
    if (w->path[0] == '\0') {
        return ERR_OK;
    }
    enum err err = w->private ? sign_key_private_file(w->path, w->kind, owned)
                              : sign_key_public_file(w->path, w->kind, owned);
    if (err != ERR_OK) {
        buf_putf(why, "setting '%s': no %s key of the right kind can be read from '%s': %s",
                 w->setting, w->private ? "private" : "public", w->path, err_text(err));
        return err;
    }
    *w->to = *owned;
    return ERR_OK;
}

static enum err read_api_key(const char *path, char out[WECHAT_API_KEY_LEN + 1], struct buf *why)
{
    out[0] = '\0';
    if (path[0] == '\0') {
        return ERR_OK;
    }
    struct buf text;
    buf_init(&text, 256);
    enum err err = file_read(path, &text);
    struct slice key = slice_trim(buf_slice(&text));
    if (err == ERR_OK) {
        err = key.len == WECHAT_API_KEY_LEN ? slice_copy(key, out, WECHAT_API_KEY_LEN + 1)
                                            : ERR_INPUT;
    }
    if (err != ERR_OK) {
        buf_putf(why, "setting 'wechat_api_key_file': '%s' must hold %d characters: %s", path,
                 WECHAT_API_KEY_LEN, err_text(err));
    }
    buf_release(&text);
    return err;
}

/* A key without the name that goes with it would sign or verify for nobody. */
static enum err names_check(const struct rail_keys *k, struct buf *why)
{
    const struct {
        const void *key;
        const char *name, *setting;
    } rows[] = {
        {k->g2p_us.key, k->g2p_us.key_id, "bank_sign_key_id"},
        {k->g2p_bank.key, k->g2p_bank.sender_id, "bank_sender_id"},
        {k->g2p_bank.key, k->g2p_bank.key_id, "bank_key_id"},
        {k->wechat.platform_key, k->wechat.platform_serial, "wechat_platform_serial"},
        {k->wechat.platform_key, k->wechat.mchid, "wechat_mchid"},
        {k->wechat.platform_key, k->wechat.api_key, "wechat_api_key_file"},
        {k->wechat.key, k->wechat.serial, "wechat_serial"},
        {k->wechat.key, k->wechat.appid, "wechat_appid"},
        {k->alipay.alipay_key, k->alipay.app_id, "alipay_app_id"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].key != NULL && rows[i].name[0] == '\0') {
            buf_putf(why, "setting '%s' is empty, but the key that goes with it is set",
                     rows[i].setting);
            return ERR_INPUT;
        }
    }
    return ERR_OK;
}

enum err rail_keys_open(const struct settings *settings, struct rail_keys *out, struct buf *why)
{
    const struct settings *s = settings;
    *out = (struct rail_keys){
        .g2p_us = {.sender_id = s->region, .key_id = s->bank_sign_key_id},
        .g2p_bank = {.sender_id = s->bank_sender_id, .key_id = s->bank_key_id},
        .wechat = {.mchid = s->wechat_mchid,
                   .appid = s->wechat_appid,
                   .serial = s->wechat_serial,
                   .platform_serial = s->wechat_platform_serial,
                   .api_key = out->wechat_api_key,
                   .notify_url = s->wechat_notify_url,
                   .perception = s->wechat_perception,
                   .subsidy = s->wechat_subsidy},
        .alipay = {.app_id = s->alipay_app_id, .title = s->alipay_title},
    };
    const struct wanted keys[] = {
        {"bank_sign_key_file", s->bank_sign_key_file, SIGN_ED25519, true, &out->g2p_us.key},
        {"bank_key_file", s->bank_key_file, SIGN_ED25519, false, &out->g2p_bank.key},
        {"wechat_key_file", s->wechat_key_file, SIGN_RSA, true, &out->wechat.key},
        {"wechat_platform_key_file", s->wechat_platform_key_file, SIGN_RSA, false,
         &out->wechat.platform_key},
        {"alipay_key_file", s->alipay_key_file, SIGN_RSA, true, &out->alipay.key},
        {"alipay_public_key_file", s->alipay_public_key_file, SIGN_RSA, false,
         &out->alipay.alipay_key},
    };
    _Static_assert(COUNT_OF(keys) == COUNT_OF(out->owned), "one place each");
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(keys); i++) {
        err = read_key(&keys[i], &out->owned[i], why);
    }
    if (err == ERR_OK) {
        err = read_api_key(s->wechat_api_key_file, out->wechat_api_key, why);
    }
    if (err == ERR_OK) {
        err = names_check(out, why);
    }
    if (err != ERR_OK) {
        rail_keys_close(out);
    }
    return err;
}

void rail_keys_close(struct rail_keys *keys)
{
    for (size_t i = 0; i < COUNT_OF(keys->owned); i++) {
        sign_key_free(keys->owned[i]);
    }
    *keys = (struct rail_keys){.owned = {NULL}};
}

size_t rail_keys_callbacks(const struct rail_keys *keys,
                           struct pay_callback_rail out[RAIL_CALLBACKS_MAX])
{
    size_t n = 0;
    out[n++] = g2p_callback_rail(&keys->g2p_bank);
    if (keys->wechat.platform_key != NULL) {
        out[n++] = wechat_callback_rail(&keys->wechat);
    }
    if (keys->alipay.alipay_key != NULL) {
        out[n++] = alipay_callback_rail(&keys->alipay);
    }
    return n;
}
