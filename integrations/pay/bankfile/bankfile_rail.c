#include "integrations/pay/bankfile/bankfile_rail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/pay/bankfile/bankfile_rail_inside.h"
#include "integrations/pay/bankfile/pain001.h"
#include "queue/base/clock.h"
#include "queue/base/log.h"

#define STALE_MS (3600 * INT64_C(1000))
#define QUIET_MS (60 * INT64_C(1000))

static const char *suffix_of(const struct bankfile_rail *rail)
{
    return rail->text == NULL ? ".xml" : rail->text->suffix;
}

static void file_name(const struct bankfile_rail *rail, const char *msg_id, char out[DROP_NAME_MAX + 1])
{
    int len = snprintf(out, DROP_NAME_MAX + 1, "%s%s", msg_id, suffix_of(rail));
    ASSERT(len > 0 && len <= DROP_NAME_MAX);
}

/* Orders of files that were kept by one that was killed are marked as in them. Before this is done nobody may say that
 * an order is in no file. */
static enum err claim_open(struct bankfile_rail *rail)
{
    char(*ids)[BANKFILE_MSG_ID_SIZE] = calloc(REGISTRY_OPEN_MAX, sizeof(*ids));
    size_t n = 0;
    if (ids == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err err = registry_open_files(rail->registry, ids, REGISTRY_OPEN_MAX, &n);
    if (err == ERR_OK && n >= REGISTRY_OPEN_MAX) {
        err = ERR_LIMIT; /* there may be more: nothing new until they are delivered */
    }
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        enum registry_state state = REGISTRY_NONE;
        err = registry_state(rail->registry, ids[i], &state);
        if (err == ERR_OK && state != REGISTRY_NONE) {
            err = registry_claim(rail->registry, ids[i]);
        }
    }
    free(ids);
    return err;
}

/* ---- Delivery of one kept file ---- */

static enum err stage(struct bankfile_rail *rail, const char *msg_id, const char *name)
{
    struct buf bytes;
    buf_init(&bytes, BANKFILE_FILE_MAX);
    enum err err = registry_get(rail->registry, msg_id, &bytes);
    if (err == ERR_OK) {
        err = rail->drop.stage(rail->drop.self, name, buf_slice(&bytes));
    }
    if (err == ERR_OK) {
        err = registry_mark(rail->registry, msg_id, REGISTRY_READY);
    }
    buf_release(&bytes);
    return err;
}

static enum err deliver(struct bankfile_rail *rail, const char *msg_id)
{
    enum registry_state state = REGISTRY_NONE;
    char name[DROP_NAME_MAX + 1];
    bool staged = true;
    file_name(rail, msg_id, name);
    enum err err = registry_state(rail->registry, msg_id, &state);
    if (err == ERR_OK && state == REGISTRY_NONE) {
        return registry_drop_begun(rail->registry, msg_id); /* killed before it was kept: nothing was promised */
    }
    if (err == ERR_OK && rail->paused) {
        return ERR_CANCELLED;
    }
    if (err == ERR_OK && state == REGISTRY_KEPT) {
        err = stage(rail, msg_id, name);
        state = REGISTRY_READY;
    } else if (err == ERR_OK && state == REGISTRY_READY) {
        /* only publish() takes the hidden name away: gone means that the bank has it */
        err = rail->drop.is_staged(rail->drop.self, name, &staged);
    }
    if (err == ERR_OK && state == REGISTRY_READY && staged) {
        err = rail->drop.publish(rail->drop.self, name);
    }
    if (err == ERR_OK) {
        err = registry_mark(rail->registry, msg_id, REGISTRY_SENT);
    }
    if (err == ERR_OK) {
        log_event(LOG_INFO, "bankfile_sent", "rail=%s msg_id=%s", rail->name, msg_id);
    }
    return err;
}

enum err bankfile_resume(struct bankfile_rail *rail, size_t *left)
{
    char(*ids)[BANKFILE_MSG_ID_SIZE] = calloc(REGISTRY_OPEN_MAX, sizeof(*ids));
    size_t n = 0;
    enum err first = ERR_OK;
    if (ids == NULL) {
        return ERR_NO_MEMORY;
    }
    *left = 0;
    enum err err = registry_open_files(rail->registry, ids, REGISTRY_OPEN_MAX, &n);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        enum err one = deliver(rail, ids[i]);
        if (one != ERR_OK) {
            ++*left;
            first = first == ERR_OK ? one : first;
            if (one != ERR_CANCELLED) {
                log_event(LOG_ERROR, "bankfile_not_delivered", "rail=%s msg_id=%s err=%s", rail->name, ids[i],
                          err_code(one));
            }
        }
    }
    free(ids);
    return err == ERR_OK ? first : err;
}

enum err bankfile_rail_deliver(struct bankfile_rail *rail, size_t *left)
{
    size_t waiting = 0;
    enum err err = registry_lock(rail->registry);
    if (err == ERR_OK) {
        err = claim_open(rail);
        if (err == ERR_OK) {
            err = bankfile_resume(rail, &waiting);
        }
        registry_unlock(rail->registry);
        *left = waiting;
    }
    return err;
}

/* ---- A new batch ---- */

static enum err write_batch(const struct bankfile_rail *rail, const struct pay_order *orders, size_t n,
                            const char *msg_id, int64_t now_ms, struct buf *out, struct bankfile_fault *fault)
{
    const struct bankfile_batch batch = {
        .msg_id = msg_id,
        .created_ms = now_ms,
        .execute_ms = now_ms,
        .payer_name = rail->payer_name,
        .payer_account = rail->payer_account,
        .payer_bank = rail->payer_bank,
        .purpose = rail->purpose,
        .book_in_one = rail->book_in_one,
        .orders = orders,
        .count = n,
    };
    buf_clear(out);
    return rail->text == NULL ? pain001_write(&batch, out, fault) : text_write(rail->text, &batch, out, fault);
}

/* What goes into the next file, and where each order stood in the call. */
struct selection {
    struct pay_order *orders;
    size_t *places;
    size_t count;
};

/* Take order `row` (from 1) out: it cannot be written, and never will be. */
static void strike(struct bankfile_rail *rail, struct selection *s, const struct bankfile_fault *fault,
                   struct pay_result *results)
{
    size_t at = fault->row - 1;
    char reason[PAY_REASON_SIZE];
    struct pay_result *r = &results[s->places[at]];
    snprintf(reason, sizeof(reason), "[%s]", fault->field);
    pay_result_unknown(r, s->orders[at].id, reason);
    r->outcome = PAY_FAILED;
    log_event(LOG_ERROR, "bankfile_order_refused", "rail=%s payment=%s field=%s reason=\"%s\"", rail->name,
              s->orders[at].id, fault->field, fault->reason);
    memmove(&s->orders[at], &s->orders[at + 1], (s->count - at - 1) * sizeof(*s->orders));
    memmove(&s->places[at], &s->places[at + 1], (s->count - at - 1) * sizeof(*s->places));
    s->count--;
}

static enum err keep_batch(struct bankfile_rail *rail, struct selection *s, struct pay_result *results,
                           char msg_id[BANKFILE_MSG_ID_SIZE])
{
    struct buf bytes;
    struct bankfile_fault fault = {0, "", ""};
    int64_t now_ms = rail->now_ms();
    enum err err = ERR_INPUT;
    buf_init(&bytes, BANKFILE_FILE_MAX);
    while (s->count > 0) {
        err = bankfile_msg_id(rail->name, rail->msg_prefix, now_ms, s->orders, s->count, msg_id);
        fault.row = 0;
        if (err == ERR_OK) {
            err = write_batch(rail, s->orders, s->count, msg_id, now_ms, &bytes, &fault);
        }
        if (err != ERR_INPUT || fault.row == 0) {
            break;
        }
        strike(rail, s, &fault, results);
        err = ERR_OK;
    }
    if (err == ERR_INPUT) {
        log_event(LOG_ERROR, "bankfile_settings", "rail=%s field=%s reason=\"%s\"", rail->name, fault.field,
                  fault.reason);
    }
    if (err == ERR_OK && s->count > 0) {
        err = registry_put(rail->registry, msg_id, s->orders, s->count, buf_slice(&bytes));
    }
    if (err == ERR_OK && s->count > 0) {
        err = registry_claim(rail->registry, msg_id);
    }
    buf_release(&bytes);
    return err;
}

static void accept(struct pay_result *r, const char *id, const char *msg_id)
{
    pay_result_unknown(r, id, "");
    r->outcome = PAY_ACCEPTED;
    snprintf(r->provider_ref, sizeof(r->provider_ref), "%s", msg_id);
}

/* Outside of what the profile lets one order be? */
static bool amount_fits(const struct bankfile_rail *rail, int64_t fen)
{
    return rail->profile == NULL || (fen >= rail->profile->amount_min_fen && fen <= rail->profile->amount_max_fen);
}

/* Orders that the books know are accepted again; the others are picked for a new file. */
static enum err select_new(struct bankfile_rail *rail, const struct pay_order *orders, size_t n, struct selection *s,
                           struct pay_result *results)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        char msg_id[BANKFILE_MSG_ID_SIZE];
        err = registry_find(rail->registry, orders[i].id, msg_id);
        if (err == ERR_OK) {
            accept(&results[i], orders[i].id, msg_id);
        } else if (err == ERR_NOT_FOUND && !amount_fits(rail, orders[i].amount_fen)) {
            pay_result_unknown(&results[i], orders[i].id, "[amount]");
            results[i].outcome = PAY_FAILED;
            err = ERR_OK;
        } else if (err == ERR_NOT_FOUND) {
            s->orders[s->count] = orders[i];
            s->places[s->count++] = i;
            err = ERR_OK;
        }
    }
    return err;
}

static enum err disburse_locked(struct bankfile_rail *rail, const struct pay_order *orders, size_t n,
                                struct pay_result *results)
{
    char msg_id[BANKFILE_MSG_ID_SIZE] = "";
    size_t left = 0;
    struct selection s = {calloc(n, sizeof(*s.orders)), calloc(n, sizeof(*s.places)), 0};
    enum err err = s.orders == NULL || s.places == NULL ? ERR_NO_MEMORY : ERR_OK;
    if (err == ERR_OK) {
        err = claim_open(rail);
    }
    if (err == ERR_OK) {
        (void)(bankfile_resume(rail, &left) == ERR_OK); /* what is not delivered yet is logged there */
        err = select_new(rail, orders, n, &s, results);
    }
    if (err == ERR_OK && s.count > 0 && !rail->paused) {
        err = keep_batch(rail, &s, results, msg_id);
    }
    for (size_t i = 0; i < s.count && err == ERR_OK; i++) {
        struct pay_result *r = &results[s.places[i]];
        if (rail->paused) {
            pay_result_unknown(r, s.orders[i].id, "[paused]");
            r->not_taken = true;
        } else {
            accept(r, s.orders[i].id, msg_id);
        }
    }
    if (err == ERR_OK && s.count > 0 && !rail->paused) {
        err = deliver(rail, msg_id);
        if (err != ERR_OK) { /* it is durable and goes out with the next call */
            log_event(LOG_ERROR, "bankfile_not_delivered", "rail=%s msg_id=%s err=%s", rail->name, msg_id,
                      err_code(err));
            err = ERR_OK;
        }
    }
    free(s.orders);
    free(s.places);
    return err;
}

static size_t batch_max(const struct bankfile_rail *rail)
{
    return rail->profile == NULL ? PAY_BATCH_MAX : (size_t)rail->profile->batch_max;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An id that stands twice in one call would get two results that contradict each other. */
static enum err check_orders(const struct pay_order *orders, size_t n)
{
    const char **ids = calloc(n, sizeof(*ids));
    enum err err = ids == NULL ? ERR_NO_MEMORY : ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = pay_order_check(&orders[i]);
        ids[i] = orders[i].id;
    }
    if (err == ERR_OK) {
        qsort(ids, n, sizeof(*ids), by_text);
    }
    for (size_t i = 1; i < n && err == ERR_OK; i++) {
        err = strcmp(ids[i - 1], ids[i]) == 0 ? ERR_INPUT : ERR_OK;
    }
    free(ids);
    return err;
}

/* As struct pay_rail says. After a failure of the disk half-way it cannot be said whether an order is in a file: every
 * result is UNKNOWN then, and query tells. */
static enum err rail_disburse(void *self, const struct pay_order *orders, size_t n, struct pay_result *results)
{
    struct bankfile_rail *rail = self;
    if (n == 0 || n > batch_max(rail)) {
        return ERR_INPUT;
    }
    enum err err = check_orders(orders, n);
    struct pay_result *made = err == ERR_OK ? calloc(n, sizeof(*made)) : NULL;
    if (made == NULL) {
        return err == ERR_OK ? ERR_NO_MEMORY : err;
    }
    enum err locked = registry_lock(rail->registry);
    err = locked;
    if (locked == ERR_OK) {
        err = disburse_locked(rail, orders, n, made);
        registry_unlock(rail->registry);
    }
    if (err == ERR_INPUT) { /* the rail's own settings: nothing was kept */
        free(made);
        return err;
    }
    for (size_t i = 0; i < n && err != ERR_OK; i++) {
        pay_result_unknown(&made[i], orders[i].id, "[registry]");
        made[i].not_taken = locked != ERR_OK;
    }
    memcpy(results, made, n * sizeof(*made));
    free(made);
    if (err != ERR_OK) {
        log_event(LOG_ERROR, "bankfile_registry", "rail=%s err=%s", rail->name, err_code(err));
    }
    return ERR_OK;
}

static enum err rail_query(void *self, const char *const *ids, size_t n, struct pay_result *results)
{
    struct bankfile_rail *rail = self;
    if (n == 0 || n > batch_max(rail)) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < n; i++) {
        if (!pay_id_valid(slice_of(ids[i]))) {
            return ERR_INPUT;
        }
    }
    enum err locked = registry_lock(rail->registry);
    bool sure = locked == ERR_OK && claim_open(rail) == ERR_OK;
    for (size_t i = 0; i < n; i++) {
        char msg_id[BANKFILE_MSG_ID_SIZE];
        enum err err = locked == ERR_OK ? registry_find(rail->registry, ids[i], msg_id) : locked;
        if (err == ERR_OK) {
            accept(&results[i], ids[i], msg_id);
            continue;
        }
        pay_result_unknown(&results[i], ids[i], err == ERR_NOT_FOUND ? "" : "[registry]");
        if (err == ERR_NOT_FOUND && sure) {
            results[i].outcome = PAY_NOT_FOUND;
        }
    }
    if (locked == ERR_OK) {
        registry_unlock(rail->registry);
    }
    return ERR_OK;
}

/* ---- Life ---- */

static bool name_valid(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len < PAY_RAIL_NAME_SIZE && name[0] >= 'a' && name[0] <= 'z' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static enum err copy_options(const struct bankfile_rail_options *o, struct bankfile_rail *rail)
{
    const struct {
        const char *from;
        char *to;
        size_t size;
    } texts[] = {
        {o->name, rail->name, sizeof(rail->name)},
        {o->msg_prefix, rail->msg_prefix, sizeof(rail->msg_prefix)},
        {o->payer_name, rail->payer_name, sizeof(rail->payer_name)},
        {o->payer_account, rail->payer_account, sizeof(rail->payer_account)},
        {o->payer_bank, rail->payer_bank, sizeof(rail->payer_bank)},
        {o->purpose, rail->purpose, sizeof(rail->purpose)},
    };
    if (!name_valid(o->name) || o->msg_prefix[0] == '\0' || o->stale_ms < 0 || o->quiet_ms < 0) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (slice_copy(slice_of(texts[i].from), texts[i].to, texts[i].size) != ERR_OK) {
            return ERR_INPUT;
        }
    }
    rail->book_in_one = o->book_in_one;
    rail->text = o->text;
    rail->profile = o->profile;
    rail->stale_ms = o->stale_ms == 0 ? STALE_MS : o->stale_ms;
    rail->quiet_ms = o->quiet_ms == 0 ? QUIET_MS : o->quiet_ms;
    rail->now_ms = o->now_ms == NULL ? clock_now_ms : o->now_ms;
    rail->mono_ms = o->mono_ms == NULL ? clock_mono_ms : o->mono_ms;
    return ERR_OK;
}

/* Would a batch with these settings be written? Better known at the start than with the first payment. */
static enum err try_settings(const struct bankfile_rail *rail)
{
    const struct pay_order order = {
        .id = "P1", .amount_fen = 1, .payee_fa = SLICE_LIT("account:1@bank"), .payee_name = SLICE_LIT("x")};
    char msg_id[BANKFILE_MSG_ID_SIZE];
    struct buf bytes;
    struct bankfile_fault fault = {0, "", ""};
    enum err err = bankfile_msg_id(rail->name, rail->msg_prefix, 0, &order, 1, msg_id);
    buf_init(&bytes, BANKFILE_FILE_MAX);
    if (err == ERR_OK) {
        err = write_batch(rail, &order, 1, msg_id, 0, &bytes, &fault);
    }
    buf_release(&bytes);
    return err == ERR_INPUT && fault.row > 0 ? ERR_OK : err; /* the made-up order need not suit the layout */
}

enum err bankfile_rail_new(const struct bankfile_rail_options *options, struct drop drop, struct bankfile_rail **out)
{
    struct bankfile_rail *rail = calloc(1, sizeof(*rail));
    if (rail == NULL) {
        return ERR_NO_MEMORY;
    }
    buf_init(&rail->bytes, BANKFILE_FILE_MAX);
    rail->list = calloc(1, sizeof(*rail->list));
    enum err err = rail->list == NULL ? ERR_NO_MEMORY : copy_options(options, rail);
    if (err == ERR_OK) {
        err = try_settings(rail);
    }
    if (err == ERR_OK) {
        err = registry_open(options->registry_folder, &rail->registry);
    }
    if (err != ERR_OK) {
        bankfile_rail_free(rail); /* its drop is still zeroed */
        return err;
    }
    rail->drop = drop;
    *out = rail;
    return ERR_OK;
}

void bankfile_rail_free(struct bankfile_rail *rail)
{
    if (rail == NULL) {
        return;
    }
    if (rail->drop.close != NULL) {
        rail->drop.close(rail->drop.self);
    }
    registry_close(rail->registry);
    bankfile_news_release(&rail->news);
    buf_release(&rail->bytes);
    free(rail->list);
    free(rail);
}

void bankfile_rail_pause(struct bankfile_rail *rail, bool paused)
{
    rail->paused = paused;
}

const struct statement_head *bankfile_rail_heads(const struct bankfile_rail *rail, size_t *n)
{
    *n = rail->news.head_count;
    return rail->news.heads;
}

struct pay_rail bankfile_pay_rail(struct bankfile_rail *rail)
{
    return (struct pay_rail){
        .name = rail->name,
        .self = rail,
        .disburse = rail_disburse,
        .query = rail_query,
        .collect = bankfile_collect,
        .collect_done = bankfile_collect_done,
        .profile = rail->profile,
    };
}
