#include "tests/unit/wechat/wechat_peer.h"

#include "integrations/sign/aead.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/rsa.h"
#include "tests/support/test.h"

void wechat_peer_make(struct wechat_peer *peer)
{
    *peer = (struct wechat_peer){.merchant = {.mchid = NULL}};
    key_pair_make(&peer->merchant_keys, 2048);
    key_pair_make(&peer->platform_keys, 2048);
    peer->merchant = (struct wechat_merchant){
        .mchid = "1900000109",
        .appid = "wxf636efh567hg4356",
        .serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        .key = peer->merchant_keys.private,
        .platform_serial = PEER_SERIAL,
        .platform_key = peer->platform_keys.public,
        .api_key = PEER_API_KEY,
        .notify_url = "https://jiuji.example/v1/payments/callback/wechat/secret",
        .perception = "行政补贴",
        .subsidy = "临时救助",
    };
}

void wechat_peer_release(struct wechat_peer *peer)
{
    key_pair_release(&peer->merchant_keys);
    key_pair_release(&peer->platform_keys);
}

void wechat_peer_sign(const struct wechat_peer *peer, int64_t at_s, const char *nonce,
                      struct slice body, struct buf *out)
{
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    buf_putf(&text, "%lld\n%s\n%.*s\n", (long long)at_s, nonce, SLICE_FMT(body));
    buf_clear(out);
    assert_ok(rsa_sign(peer->platform_keys.private, buf_slice(&text), out));
    buf_release(&text);
}

void wechat_peer_notice(const struct wechat_peer *peer, const char *event, const char *plain,
                        struct buf *out)
{
    struct buf sealed;
    buf_init(&sealed, 65536);
    assert_ok(aead_seal(slice_of(peer->merchant.api_key), SLICE_LIT("fdasfjihihih"),
                        SLICE_LIT("mch_payment"), slice_of(plain), &sealed));
    buf_clear(out);
    buf_putf(
        out,
        "{\"id\":\"EV-2018022511223320873\",\"create_time\":\"2026-03-01T10:34:56+08:00\","
        "\"resource_type\":\"encrypt-resource\",\"event_type\":\"%s\",\"summary\":\"商家转账\","
        "\"resource\":{\"original_type\":\"mch_payment\",\"algorithm\":\"AEAD_AES_256_GCM\","
        "\"ciphertext\":\"",
        event);
    base64_encode((const unsigned char *)sealed.ptr, sealed.len, out);
    buf_put_text(out, "\",\"associated_data\":\"mch_payment\",\"nonce\":\"fdasfjihihih\"}}");
    assert_ok(buf_err(out));
    buf_release(&sealed);
}
