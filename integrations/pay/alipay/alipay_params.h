/* Parameters as Alipay signs them: a small set of names and values,
 * application/x-www-form-urlencoded on the wire. */
#ifndef INTEGRATIONS_PAY_ALIPAY_ALIPAY_PARAMS_H
#define INTEGRATIONS_PAY_ALIPAY_ALIPAY_PARAMS_H

#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define ALIPAY_PARAMS_MAX 64
#define ALIPAY_FORM_MAX ((size_t)64 * 1024)

struct alipay_param {
    struct slice name, value; /* not escaped */
};

struct alipay_params {
    struct alipay_param list[ALIPAY_PARAMS_MAX];
    size_t count;
    struct buf text; /* what was decoded; list points into it */
};

void alipay_params_init(struct alipay_params *params);
void alipay_params_release(struct alipay_params *params);
/* Texts are borrowed. ERR_TOO_LARGE: more than ALIPAY_PARAMS_MAX; ERR_CONFLICT: the name is there.
 */
MUST_CHECK enum err alipay_params_add(struct alipay_params *params, struct slice name,
                                      struct slice value);
/* Decode a form body or query into empty params. ERR_INPUT: a wrong escape, an empty name, the same
 * name twice; ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err alipay_params_decode(struct alipay_params *params, struct slice form);
/* Value, {NULL, 0} if absent. */
struct slice alipay_params_get(const struct alipay_params *params, const char *name);
/* Sort by name, bytewise. */
void alipay_params_sort(struct alipay_params *params);
/* Append name=value&…, not escaped, without the parameter `sign` and, if without_type, sign_type.
 * Empty values stay: the one who signs leaves them out by not adding them. Sorts. */
void alipay_params_put_signed_text(struct alipay_params *params, bool without_type,
                                   struct buf *out);
/* Append name=value with both escaped (RFC 3986: all but A-Z a-z 0-9 - . _ ~). */
void alipay_put_escaped(struct buf *out, struct slice name, struct slice value);

#endif
