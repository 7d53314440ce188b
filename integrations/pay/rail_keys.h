/* The names and keys of the payment rails of one site, read from the settings once at the start,
 * for the gateway (callbacks) and the workers (orders). A rail whose key files are not set is off:
 * its key pointers are NULL. The texts point into the settings, which must outlive this. */
#ifndef INTEGRATIONS_PAY_RAIL_KEYS_H
#define INTEGRATIONS_PAY_RAIL_KEYS_H

#include "integrations/pay/alipay/alipay_codec.h"
#include "integrations/pay/g2p/g2p_sign.h"
#include "integrations/pay/pay_callback.h"
#include "integrations/pay/wechat/wechat_codec.h"
#include "queue/base/settings.h"

#define RAIL_CALLBACKS_MAX 3

struct rail_keys {
    struct g2p_signer g2p_us, g2p_bank; /* us: region and bank_sign_key_id; key NULL = unsigned */
    struct wechat_merchant wechat;      /* .key for orders, .platform_key for answers and notices */
    struct alipay_app alipay;           /* .key for orders, .alipay_key for answers and notices */
    char wechat_api_key[WECHAT_API_KEY_LEN + 1];
    struct sign_key *owned[6];
};

/* ERR_INPUT, ERR_NOT_FOUND, ERR_IO, ERR_TOO_LARGE, ERR_NO_MEMORY with `why` naming setting and
 * file; *out needs no release then. */
MUST_CHECK enum err rail_keys_open(const struct settings *settings, struct rail_keys *out,
                                   struct buf *why);
void rail_keys_close(struct rail_keys *keys); /* also of a zeroed one */

/* The rails whose callbacks can be verified, in out; how many. "g2p" is always among them: without
 * a key it trusts the secret in the path. keys is borrowed and must not move. */
size_t rail_keys_callbacks(const struct rail_keys *keys,
                           struct pay_callback_rail out[RAIL_CALLBACKS_MAX]);

#endif
