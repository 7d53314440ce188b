/* Calls of the demo to the public HTTP API and to the sandbox: one at a time, each with a deadline,
 * with the token of the one who acts. Whatever goes wrong is said once on stderr, in a sentence,
 * and the function answers false. */
#ifndef OPS_CTL_DEMO_API_H
#define OPS_CTL_DEMO_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "integrations/http/http_client.h"
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/json.h"

#define DEMO_TOKEN_SIZE 160
#define DEMO_RUN_SIZE 17

struct demo_api {
    struct http_client *http;
    const char *url;         /* of the gateway, without a slash at the end */
    const char *bank;        /* of the sandbox, NULL: nothing is asked there */
    const char *tokens;      /* folder with NAME.token */
    char run[DEMO_RUN_SIZE]; /* random hex of this run: first part of every Idempotency-Key */
    int keys;
};

/* The strings are borrowed. False with a complaint when the client cannot be made. */
MUST_CHECK bool demo_api_init(struct demo_api *api, const char *url, const char *bank,
                              const char *tokens);
void demo_api_release(struct demo_api *api);

/* Is there a token NAME? */
bool demo_has_token(const struct demo_api *api, const char *name);

/* GET (body NULL) or POST path as `who` (name of the token file). True on a 2xx answer: *out is the
 * parsed body, owned by the caller (json_free), NULL when the answer has none. since_version > 0
 * goes out as If-None-Match, and a 304 is true with NULL. */
MUST_CHECK bool demo_call(struct demo_api *api, const char *who, const char *path,
                          const struct buf *body, int64_t since_version, struct json **out);
/* GET of a path at the sandbox. */
MUST_CHECK bool demo_bank_get(struct demo_api *api, const char *path, struct json **out);

/* Member by path, "decision.why": objects by name only. NULL when absent. */
const struct json *demo_at(const struct json *v, const char *path);
/* Text and number at a path; "" and 0 when absent or of another kind. */
struct slice demo_text(const struct json *v, const char *path);
int64_t demo_int(const struct json *v, const char *path);

#endif
