/* WeChat Pay v3 merchant transfers from WeChat's side: what its pages say about requests,
 * signatures and notices. Written from the reference; shares nothing with the client's codec. Pure
 * but for randomness. */
#ifndef INTEGRATIONS_SANDBOX_WECHAT_WIRE_H
#define INTEGRATIONS_SANDBOX_WECHAT_WIRE_H

#include "integrations/sandbox/sandbox.h"
#include "queue/base/json.h"

#define WECHAT_SERIAL "PUB_KEY_ID_0000000000000000000000000000000001"
#define BILL_NO_MAX 32
#define OPENID_MAX 64

/* One order as it was asked for; slices are borrowed from the document. */
struct wechat_order {
    struct slice out_bill_no, openid, remark, notify_url;
    int64_t amount_fen;
};

/* Is the request signed by the merchant, now? */
bool wechat_signed(const struct sandbox *s, const struct http_request *r, int64_t now_s);
/* NULL: a good order, in out; else what is wrong with it, for people. serial: the header
 * Wechatpay-Serial. */
const char *wechat_read_order(const struct sandbox *s, const struct json *root, struct slice serial,
                              struct wechat_order *out);

/* Append the four Wechatpay- header lines over the body, each with a line feed. forged: a signature
 * that nobody made. */
void wechat_put_stamp(const struct sandbox *s, struct slice body, bool forged, struct buf *out);
/* Append {id, create_time, …, resource} with the resource's text sealed with the APIv3 key. */
void wechat_put_notice(const struct sandbox *s, const char *id, const char *at,
                       struct slice resource, struct buf *out);

#endif
