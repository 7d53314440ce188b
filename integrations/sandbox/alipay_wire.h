/* Alipay's open gateway from Alipay's side: parameters and their RSA2 signature, the response node
 * with the signature over its raw bytes, and notices. Written from the reference; shares nothing
 * with the client's codec. */
#ifndef INTEGRATIONS_SANDBOX_ALIPAY_WIRE_H
#define INTEGRATIONS_SANDBOX_ALIPAY_WIRE_H

#include "integrations/sandbox/sandbox.h"

#define ALIPAY_PARAMS_MAX 32
#define ALIPAY_TEXT_MAX ((size_t)64 * 1024)

/* Decoded parameters of query and form body together; texts live in `text`. */
struct alipay_params {
    struct {
        const char *name, *value;
    } list[ALIPAY_PARAMS_MAX];
    size_t count;
    char text[ALIPAY_TEXT_MAX];
    size_t used;
};

/* False: malformed, given twice or too many. */
bool alipay_read_params(struct slice query, struct slice body, struct alipay_params *out);
bool alipay_add_param(struct alipay_params *p, struct slice name, struct slice value);
const char *alipay_param(const struct alipay_params *p, const char *name); /* "" = absent */
/* name=value&… of all that are not empty, sorted by name, without `sign` (and without sign_type
 * unless with_type). */
void alipay_put_signed_text(struct alipay_params *p, bool with_type, struct buf *out);
/* "800.00", 0.10 to 100,000,000.00, two decimals at most; 0 if it is not that. */
int64_t alipay_fen(struct slice text);
/* {"NODE":node,"sign":"…"} with the signature over exactly node's bytes. */
void alipay_put_answer(const struct sandbox *s, const char *node_name, struct slice node,
                       bool forged, struct buf *out);
/* The body of a notice about biz_content. */
void alipay_put_notice(const struct sandbox *s, const char *id, struct slice biz_content,
                       bool forged, struct buf *out);

#endif
