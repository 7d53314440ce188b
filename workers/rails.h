/* The payment rails of this site, behind one interface: which are open, what their provider
 * promises, which one carries a payment. A fifth rail is its folder under integrations/pay and a
 * few lines here. */
#ifndef WORKERS_RAILS_H
#define WORKERS_RAILS_H

#include "integrations/http/http_client.h"
#include "integrations/pay/alipay/alipay_client.h"
#include "integrations/pay/bankfile/bankfile_rail.h"
#include "integrations/pay/breaker.h"
#include "integrations/pay/g2p/g2p_client.h"
#include "integrations/pay/pay_profile.h"
#include "integrations/pay/rail_keys.h"
#include "integrations/pay/wechat/wechat_client.h"
#include "queue/base/settings.h"

#define RAILS_MAX 4

struct rail {
    struct pay_rail pay;
    struct pay_profile profile;
    struct breaker breaker;
    bool collects; /* answers later: collect() brings outcomes */
};

struct rails {
    const struct settings *settings;
    struct rail_keys keys; /* must not move while a client is open */
    struct rail list[RAILS_MAX];
    size_t count;
    struct g2p_client *g2p;
    struct wechat_client *wechat;
    struct alipay_client *alipay;
    struct bankfile_rail *bankfile;
    struct text_profile *layout; /* of the bank's text files; NULL = pain.001 */
};

/* Open every rail that the settings name. http is borrowed. On failure `why` says what to do; *out
 * needs no release then. out must not move afterwards. */
MUST_CHECK enum err rails_open(const struct settings *settings, struct http_client *http,
                               struct rails *out, struct buf *why);
void rails_close(struct rails *r); /* also of a zeroed one */

/* The rail for an account "kind:…@…", by the setting pay_routes ("account:g2p,openid:wechat,…").
 * NULL: no open rail carries this kind. */
struct rail *rails_for(struct rails *r, struct slice payee_fa);
/* NULL: there is no open rail of this name. */
struct rail *rails_named(struct rails *r, struct slice name);

#endif
