/* Hook stage: events go out to the systems that asked for them. Looking for new events is a call of
 * the store; a delivery is one batch for one endpoint, in a slot with a thread of its own, so that
 * a slow endpoint keeps its slot and neither the other endpoints nor the other stages wait.
 *
 * At least once: a delivery is forgotten only after its answer is stored. A batch whose worker dies
 * comes back when its lease ends, under the same webhook-ids. */
#include <openssl/crypto.h>
#include <stdio.h>
#include "integrations/sign/standard_webhook.h"
#include "integrations/webhook/webhook.h"
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/calls_hook.h"
#include "workers/background.h"
#include "workers/runtime.h"

#define SLOTS HOOKS_MAX
#define LOOK_EVERY_MS 200
#define LEASE_SPARE_MS 10000 /* of a lease, beyond the longest delivery */
#define HEADER_MAX 1024

/* One event on its way. */
struct parcel {
    char member[HOOK_MEMBER_SIZE];
    int64_t failures;
    bool readable; /* else it is given up */
    struct buf body;
    char id[128], at[64], signature[HEADER_MAX]; /* header lines */
};

struct slot {
    struct background background;
    bool busy;
    char hook[HOOK_ID_HEX + 1], token[32], url[WEBHOOK_URL_MAX + 1];
    size_t count;
    struct parcel parcels[HOOK_TAKE_MAX];
    struct http_call calls[HOOK_TAKE_MAX];
};

static struct slot slots[SLOTS];
static int64_t next_look_ms;

/* ---- Making a batch ---- */

static enum err make_parcel(struct site *s, struct parcel *p, const struct hook_delivery *d,
                            struct slice secret, int64_t now_ms)
{
    const struct webhook_event event = {.region = slice_of(s->settings->region),
                                        .member = d->member,
                                        .type = d->type,
                                        .key = d->key,
                                        .json = d->json};
    struct buf id, signature;
    p->failures = d->failures;
    p->readable = false;
    buf_clear(&p->body);
    if (slice_copy(d->member, p->member, sizeof(p->member)) != ERR_OK) {
        return ERR_CORRUPT;
    }
    if (d->type.len == 0 || webhook_event_write(&event, &p->body) != ERR_OK) {
        return ERR_OK; /* not an event any more: given up when the batch ends */
    }
    buf_init(&id, 100);
    buf_init(&signature, HEADER_MAX - 32);
    webhook_id(&event, &id);
    enum err err = buf_err(&id);
    if (err == ERR_OK) {
        err = webhook_sign(secret, buf_slice(&id), now_ms / 1000, buf_slice(&p->body), &signature);
    }
    if (err == ERR_OK) {
        snprintf(p->id, sizeof(p->id), "webhook-id: %s", id.ptr);
        snprintf(p->at, sizeof(p->at), "webhook-timestamp: %lld", (long long)(now_ms / 1000));
        snprintf(p->signature, sizeof(p->signature), "webhook-signature: %s", signature.ptr);
        p->readable = true;
    }
    buf_release(&id);
    buf_release(&signature);
    return err;
}

static void prepare_call(const struct site *s, struct slot *slot, size_t i)
{
    struct parcel *p = &slot->parcels[i];
    struct http_call *c = &slot->calls[i];
    http_call_init(c);
    c->url = slot->url;
    c->post = true;
    c->body = buf_slice(&p->body);
    c->content_type = WEBHOOK_CONTENT_TYPE;
    c->headers[0] = p->id;
    c->headers[1] = p->at;
    c->headers[2] = p->signature;
    c->keep_head = true;
    c->total_ms = s->settings->hook_timeout_ms;
    c->connect_ms = c->total_ms < c->connect_ms ? c->total_ms : c->connect_ms;
}

/* The readable parcels stand in front: only they get a call. */
static void sort_parcels(struct slot *slot, size_t *readable)
{
    size_t n = 0;
    for (size_t i = 0; i < slot->count; i++) {
        if (slot->parcels[i].readable) {
            struct parcel p = slot->parcels[n];
            slot->parcels[n++] = slot->parcels[i];
            slot->parcels[i] = p;
        }
    }
    *readable = n;
}

static enum err fill_slot(struct site *s, struct slot *slot, const struct hook_batch *b)
{
    char bound[8 + HOOK_ID_HEX];
    struct buf secret;
    int64_t now_ms = clock_now_ms();
    buf_init(&secret, WEBHOOK_SECRET_SIZE);
    snprintf(bound, sizeof(bound), "hook:%s", slot->hook);
    enum err err = slice_copy(b->url, slot->url, sizeof(slot->url));
    if (err == ERR_OK) {
        err = unseal_case(s->sealer, slice_of(bound), b->wrapped_key, b->sealed, &secret);
    }
    slot->count = b->count;
    for (size_t i = 0; i < b->count && err == ERR_OK; i++) {
        err = make_parcel(s, &slot->parcels[i], &b->deliveries[i], buf_slice(&secret), now_ms);
    }
    if (secret.ptr != NULL) {
        OPENSSL_cleanse(secret.ptr, secret.cap);
    }
    buf_release(&secret);
    return err;
}

/* ---- The end of a batch ---- */

static struct hook_end end_of(const struct parcel *p, const struct http_call *c,
                              enum webhook_verdict verdict, char why[40])
{
    struct hook_end e = {.member = slice_of(p->member), .result = HOOK_OK, .why = ""};
    if (c == NULL) {
        e.result = HOOK_DEAD;
        e.why = "not an event any more";
        return e;
    }
    if (verdict == WEBHOOK_DELIVERED) {
        return e;
    }
    int64_t wait_ms = webhook_wait_ms(p->failures + 1, e.member);
    e.result = wait_ms < 0 ? HOOK_DEAD : HOOK_RETRY;
    e.delay_ms = wait_ms < 0 ? 0 : wait_ms;
    if (c->outcome == HTTP_ANSWERED) {
        snprintf(why, 40, "status %d", c->status);
    } else {
        snprintf(why, 40, "%s", c->outcome == HTTP_NOT_SENT ? "not reached" : "no answer");
    }
    e.why = why;
    return e;
}

static enum err end_slot(struct site *s, struct slot *slot)
{
    struct hook_end ends[HOOK_TAKE_MAX];
    char whys[HOOK_TAKE_MAX][40];
    int64_t rest_ms = 0, now_ms = clock_now_ms();
    bool gone = false;
    redisReply *reply = NULL;
    enum hooks_done done = HOOKS_DONE_OK;
    for (size_t i = 0; i < slot->count; i++) {
        struct http_call *c = i < slot->background.count ? &slot->calls[i] : NULL;
        enum webhook_verdict verdict =
            c == NULL ? WEBHOOK_FAILED
                      : webhook_verdict_of(c->outcome == HTTP_ANSWERED ? c->status : 0);
        ends[i] = end_of(&slot->parcels[i], c, verdict, whys[i]);
        gone = gone || verdict == WEBHOOK_GONE;
        if (verdict == WEBHOOK_BUSY) {
            int64_t rest = webhook_rest_ms(http_call_header(c, "retry-after"), now_ms);
            rest_ms = rest > rest_ms ? rest : rest_ms;
        }
    }
    hooks_done_begin(store_fcall(s->store), s->settings->region, slice_of(slot->token),
                     slice_of(slot->hook), gone, rest_ms, WEBHOOK_DISABLE_MS);
    for (size_t i = 0; i < slot->count; i++) {
        hooks_done_add(store_fcall(s->store), &ends[i]);
    }
    enum err err = runtime_call(s, "hooks_done", &reply);
    if (err == ERR_OK) {
        err = hooks_done_read(reply, &done);
        freeReplyObject(reply);
    }
    if (err != ERR_OK) {
        return err; /* the slot stays: its answers are told to the store when that is back */
    }
    if (done == HOOKS_DONE_DISABLED) {
        log_event(LOG_ERROR, "hook_disabled", "hook=%s why=\"%s\"", slot->hook,
                  gone ? "status 410" : "it has failed for days");
    }
    for (size_t i = 0; i < slot->background.count; i++) {
        http_call_release(&slot->calls[i]);
    }
    slot->background.count = 0;
    slot->busy = false;
    return ERR_OK;
}

/* ---- Taking work ---- */

static enum err start_slot(struct site *s, struct slot *slot, struct slice id, struct slice token)
{
    redisReply *reply = NULL;
    struct hook_batch batch;
    size_t readable = 0;
    enum err err = slice_copy(id, slot->hook, sizeof(slot->hook));
    if (err == ERR_OK) {
        err = slice_copy(token, slot->token, sizeof(slot->token));
    }
    hooks_take_write(store_fcall(s->store), s->settings->region, id);
    if (err == ERR_OK) {
        err = runtime_call(s, "hooks_take", &reply);
    }
    if (err == ERR_OK) {
        err = hooks_take_read(reply, &batch);
    }
    slot->count = 0;
    if (err == ERR_OK && batch.count > 0) {
        err = fill_slot(s, slot, &batch);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    if (err != ERR_OK) {
        log_event(LOG_ERROR, "hook_unusable", "hook=%s err=%s", slot->hook, err_code(err));
        return err;
    }
    sort_parcels(slot, &readable);
    for (size_t i = 0; i < readable; i++) {
        prepare_call(s, slot, i);
    }
    slot->busy = true;
    slot->background.count = 0;
    if (readable == 0) {
        return end_slot(s, slot);
    }
    err = background_start(&slot->background, slot->calls, readable);
    if (err != ERR_OK) { /* the lease ends by itself */
        for (size_t i = 0; i < readable; i++) {
            http_call_release(&slot->calls[i]);
        }
        slot->background.count = 0;
        slot->busy = false;
    }
    return err;
}

static struct slot *free_slot(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (!slots[i].busy) {
            return &slots[i];
        }
    }
    return NULL;
}

static size_t count_free(void)
{
    size_t n = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        n += slots[i].busy ? 0 : 1;
    }
    return n;
}

static enum err take_work(struct site *s, size_t *handled)
{
    struct lease lease = {.count = 0};
    size_t most = count_free();
    int64_t lease_ms = s->settings->hook_timeout_ms + LEASE_SPARE_MS;
    if (most == 0) {
        return ERR_OK;
    }
    lease_write(store_fcall(s->store), s->settings->region, STAGE_HOOK,
                lease_ms > s->settings->lease_ms ? lease_ms : s->settings->lease_ms, (int64_t)most);
    enum err err = runtime_call(s, "lease", &lease.reply);
    if (err == ERR_OK) {
        err = lease_read(lease.reply, &lease.token, lease.jobs, &lease.count);
    }
    for (size_t i = 0; i < lease.count && err == ERR_OK; i++) {
        enum err one = start_slot(s, free_slot(), lease.jobs[i].id, lease.token);
        if (one != ERR_OK && err_may_retry(one)) {
            err = one;
        } else if (one != ERR_OK) { /* e.g. a secret sealed by another master key: parked with the
                                       reason */
            const struct job_end end = {
                .id = lease.jobs[i].id, .action = JOB_BURY, .text = slice_of(err_code(one))};
            err = lease_end(s, STAGE_HOOK, &lease, &end, 1);
        }
    }
    *handled += lease.count;
    lease_release(&lease);
    return err;
}

static enum err look(struct site *s, size_t *handled)
{
    redisReply *reply = NULL;
    int64_t n = 0;
    if (clock_mono_ms() < next_look_ms) {
        return ERR_OK;
    }
    hooks_pump_write(store_fcall(s->store), s->settings->region);
    enum err err = runtime_call(s, "hooks_pump", &reply);
    if (err == ERR_OK) {
        err = hooks_pump_read(reply, &n);
        freeReplyObject(reply);
    }
    if (n == 0) {
        next_look_ms = clock_mono_ms() + LOOK_EVERY_MS;
    }
    *handled += (size_t)n;
    return err;
}

enum err stage_hook(struct site *s, size_t *handled)
{
    static bool ready;
    enum err err = ERR_OK;
    *handled = 0;
    for (size_t i = 0; i < SLOTS && !ready; i++) {
        for (size_t k = 0; k < HOOK_TAKE_MAX; k++) {
            buf_init(&slots[i].parcels[k].body, 65536);
        }
    }
    ready = true;
    for (size_t i = 0; i < SLOTS && err == ERR_OK; i++) {
        if (slots[i].busy && background_over(&slots[i].background)) {
            err = end_slot(s, &slots[i]);
            *handled += 1;
        }
    }
    if (err == ERR_OK) {
        err = look(s, handled);
    }
    return err == ERR_OK ? take_work(s, handled) : err;
}

void stage_hook_close(struct site *s)
{
    for (size_t i = 0; i < SLOTS; i++) {
        background_wait(&slots[i].background);
        if (slots[i].busy && end_slot(s, &slots[i]) != ERR_OK) {
            log_event(LOG_WARN, "hook_answers_lost", "hook=%s hint=\"they are sent once more\"",
                      slots[i].hook);
            for (size_t k = 0; k < slots[i].background.count; k++) {
                http_call_release(&slots[i].calls[k]);
            }
        }
        background_close(&slots[i].background);
        for (size_t k = 0; k < HOOK_TAKE_MAX; k++) {
            buf_release(&slots[i].parcels[k].body);
        }
    }
}
