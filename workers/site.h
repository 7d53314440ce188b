/* Everything a worker needs, opened once: the store, keys, policy, calendar, townships, and the
 * bank's and the operator's clients. Only what the chosen stages use is opened. */
#ifndef WORKERS_SITE_H
#define WORKERS_SITE_H

#include <stdbool.h>
#include "integrations/http/http_client.h"
#include "integrations/sign/key_folder.h"
#include "integrations/sms/sms_client.h"
#include "queue/base/arena.h"
#include "queue/base/settings.h"
#include "queue/domain/calendar.h"
#include "queue/seal/personal.h"
#include "queue/store/calls_read.h"
#include "queue/store/pack.h"
#include "queue/store/store.h"
#include "workers/rails.h"
#include "workers/routing/atlas.h"
#include "workers/rules/rulebook.h"
#include "workers/sms_codes.h"

#define SITE_SMS_MAX 2
#define SITE_ARENA_MAX ((size_t)16 << 20) /* of one batch */

struct site {
    const struct settings *settings;
    bool stages[STAGE_COUNT];
    struct store *store;
    struct sealer *sealer;
    struct packer *packer;
    struct policy *policy; /* replaced by places_refresh */
    struct rulebook_state rules;
    struct key_folder *policy_keys, *order_keys; /* NULL: signatures are not asked for */
    struct pack_signers signers;                 /* both of them, for the rules */
    struct calendar calendar;
    struct atlas atlas;
    int64_t places_next_ms; /* monotonic: when to look for new townships, aliases and rules */
    struct http_client *http;
    struct rails rails;
    struct sms_client *sms_clients[SITE_SMS_MAX];
    struct sms_channel sms[SITE_SMS_MAX]; /* the first one is used as long as it works */
    size_t sms_count;
    struct sms_codes sms_codes;
    struct arena arena; /* of the present batch */
    char actor[48];     /* "worker:<name>", for events */
};

/* Open what settings->stages needs. On failure `why` says what to do and nothing stays open. */
MUST_CHECK enum err site_open(struct site *s, const struct settings *settings, struct buf *why);
void site_close(struct site *s);

#endif
