/* The other side of WeChat Pay in unit tests: a platform with a key pair of its own that stamps
 * answers and callbacks. */
#ifndef TESTS_UNIT_WECHAT_WECHAT_PEER_H
#define TESTS_UNIT_WECHAT_WECHAT_PEER_H

#include "integrations/pay/wechat/wechat_codec.h"
#include "tests/unit/sign/keys.h"

#define PEER_SERIAL "PUB_KEY_ID_0000000000000024101100397200000006"
#define PEER_API_KEY "0123456789abcdefghijklmnopqrstuv"

struct wechat_peer {
    struct key_pair merchant_keys, platform_keys;
    struct wechat_merchant merchant;
};

void wechat_peer_make(struct wechat_peer *peer);
void wechat_peer_release(struct wechat_peer *peer);

/* The platform's signature of the body at that second with this nonce, in out (emptied first). */
void wechat_peer_sign(const struct wechat_peer *peer, int64_t at_s, const char *nonce,
                      struct slice body, struct buf *out);
/* A notice about the plain text, encrypted with the APIv3 key. */
void wechat_peer_notice(const struct wechat_peer *peer, const char *event, const char *plain,
                        struct buf *out);

#endif
