#include <stdio.h>
#include <string.h>
#include "integrations/pay/g2p/g2p_codec.h"
#include "queue/base/json.h"
#include "queue/domain/relief.h"

enum err g2p_read_amount(struct slice text, int64_t *amount_fen)
{
    struct slice yuan = text;
    size_t dot = 0;
    while (dot < text.len && text.ptr[dot] != '.') {
        dot++;
    }
    if (dot == text.len || dot < 1 || dot > 13) {
        return ERR_INPUT;
    }
    yuan.len = dot;
    struct slice rest = slice_make(text.ptr + dot + 1, text.len - dot - 1);
    if (rest.len < 1 || rest.len > 2 || !slice_all_digits(yuan) || !slice_all_digits(rest)) {
        return ERR_INPUT;
    }
    int64_t value = 0; /* at most 15 digits: no overflow */
    for (size_t i = 0; i < yuan.len; i++) {
        value = value * 10 + (yuan.ptr[i] - '0');
    }
    value = value * 10 + (rest.ptr[0] - '0');
    value = value * 10 + (rest.len == 2 ? rest.ptr[1] - '0' : 0);
    if (value > AMOUNT_FEN_MAX) {
        return ERR_INPUT;
    }
    *amount_fen = value;
    return ERR_OK;
}

/* ---- Small readers ---- */

/* The member's text, "" if absent, false if it is there but not a text. */
static bool text_or_empty(const struct json *object, const char *name, struct slice *out)
{
    const struct json *v = json_get(object, name);
    *out = SLICE_LIT("");
    if (v == NULL || json_kind(v) == JSON_NULL) {
        return true;
    }
    return json_string(v, out) == ERR_OK;
}

/* The bank's codes go into records and logs: only plain ones are kept as they are. */
static void keep_code(struct slice code, char out[PAY_REASON_SIZE])
{
    bool plain = code.len < PAY_REASON_SIZE;
    for (size_t i = 0; plain && i < code.len; i++) {
        char c = code.ptr[i];
        plain =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    struct slice kept = plain ? code : SLICE_LIT("[unlisted]");
    memcpy(out, kept.ptr, kept.len);
    out[kept.len] = '\0';
}

/* Printable ASCII of at most PAY_REF_SIZE - 1 bytes, else "". */
static void keep_ref(struct slice ref, char out[PAY_REF_SIZE])
{
    out[0] = '\0';
    if (ref.len == 0 || ref.len >= PAY_REF_SIZE) {
        return;
    }
    for (size_t i = 0; i < ref.len; i++) {
        if (ref.ptr[i] <= 0x20 || ref.ptr[i] >= 0x7f) {
            return;
        }
    }
    memcpy(out, ref.ptr, ref.len);
    out[ref.len] = '\0';
}

static void all_unknown(const char *const *ids, size_t n, const char *reason, bool not_taken,
                        struct pay_result *results)
{
    for (size_t i = 0; i < n; i++) {
        pay_result_unknown(&results[i], ids[i], reason);
        results[i].not_taken = not_taken;
    }
}

static void all_unknown_status(const char *const *ids, size_t n, int http_status, bool not_taken,
                               struct pay_result *results)
{
    char reason[PAY_REASON_SIZE];
    (void)snprintf(reason, sizeof(reason), "[http-%d]", http_status);
    all_unknown(ids, n, reason, not_taken, results);
}

/* ---- Immediate answer ---- */

static void read_ack_message(int http_status, const struct json *message, const char *const *ids,
                             size_t n, struct pay_result *results)
{
    struct slice status;
    struct slice correlation;
    struct slice code;
    if (!text_or_empty(message, "ack_status", &status) ||
        !text_or_empty(message, "correlation_id", &correlation) ||
        !text_or_empty(json_get(message, "error"), "code", &code)) {
        all_unknown(ids, n, "[unreadable]", false, results);
        return;
    }
    bool ok = http_status >= 200 && http_status <= 299;
    if (ok && (slice_is(status, "ACK") || slice_is(status, "NACK"))) {
        for (size_t i = 0; i < n; i++) {
            pay_result_unknown(&results[i], ids[i], "");
            results[i].outcome = PAY_ACCEPTED;
            keep_ref(correlation, results[i].provider_ref);
        }
        return;
    }
    /* a 5xx may lie: only 503 with a listed code is believed */
    bool believed = ok || (http_status >= 400 && http_status <= 499) || http_status == 503;
    if (slice_is(status, "ERR") && believed) {
        char reason[PAY_REASON_SIZE];
        keep_code(code, reason);
        all_unknown(ids, n, reason, g2p_error_means_not_taken(code), results);
        return;
    }
    all_unknown_status(ids, n, http_status, false, results);
}

void g2p_read_ack(int http_status, struct slice body, const char *const *ids, size_t n,
                  struct pay_result *results)
{
    if (http_status == 401 || http_status == 403 || http_status == 429) {
        all_unknown_status(ids, n, http_status, true, results);
        return;
    }
    struct json *root = NULL;
    if (body.len == 0 || body.len > G2P_MESSAGE_MAX || json_parse(body, &root, NULL) != ERR_OK) {
        if (http_status >= 200 && http_status <= 299) {
            all_unknown(ids, n, "[unreadable]", false, results);
        } else {
            all_unknown_status(ids, n, http_status, false, results);
        }
        return;
    }
    read_ack_message(http_status, json_get(root, "message"), ids, n, results);
    json_free(root);
}

/* ---- One entry of disbursements_status ---- */

enum entry_kind { ENTRY_READ, ENTRY_STRANGER, ENTRY_UNREADABLE };

/* ENTRY_READ and ENTRY_UNREADABLE fill *out (the latter as unknown); ENTRY_STRANGER leaves it
 * untouched. */
static enum entry_kind read_entry(const struct json *entry, enum g2p_source source,
                                  struct slice correlation, struct pay_result *out)
{
    struct slice id;
    if (json_string(json_get(entry, "reference_id"), &id) != ERR_OK || !pay_id_valid(id)) {
        return ENTRY_STRANGER;
    }
    char id_text[PAY_ID_SIZE];
    memcpy(id_text, id.ptr, id.len);
    id_text[id.len] = '\0';
    pay_result_unknown(out, id_text, "[unreadable]");

    struct slice status;
    struct slice reason;
    struct slice amount;
    struct slice currency;
    struct slice at;
    if (json_string(json_get(entry, "status"), &status) != ERR_OK ||
        !text_or_empty(entry, "status_reason_code", &reason) ||
        !text_or_empty(entry, "amount", &amount) || !text_or_empty(entry, "timestamp", &at) ||
        !text_or_empty(entry, "currency_code", &currency)) {
        return ENTRY_UNREADABLE;
    }
    int64_t amount_fen = -1;
    if (amount.len > 0 && g2p_read_amount(amount, &amount_fen) != ERR_OK) {
        return ENTRY_UNREADABLE;
    }
    if (currency.len > 0 && !slice_is(currency, "CNY")) {
        return ENTRY_UNREADABLE;
    }
    out->outcome = g2p_outcome(source, status, reason);
    out->amount_fen = amount_fen;
    keep_code(reason, out->reason_code);
    keep_ref(correlation, out->provider_ref);
    bool listed = out->outcome != PAY_UNKNOWN || slice_is(reason, "rjct.reference_id.duplicate");
    return listed ? ENTRY_READ : ENTRY_UNREADABLE;
}

/* The same id twice: a repeat is harmless, a contradiction is not believed either way. */
static void merge_repeat(struct pay_result *kept, const struct pay_result *again)
{
    if (kept->outcome != again->outcome || kept->amount_fen != again->amount_fen) {
        char id[PAY_ID_SIZE];
        memcpy(id, kept->id, sizeof(id));
        pay_result_unknown(kept, id, "[contradiction]");
    }
}

/* ---- Answer to a query ---- */

static bool status_word_listed(struct slice status)
{
    return slice_is(status, "rcvd") || slice_is(status, "pdng") || slice_is(status, "succ") ||
           slice_is(status, "rjct");
}

static bool version_ok(const struct json *header)
{
    struct slice version;
    return text_or_empty(header, "version", &version) &&
           (version.len == 0 || slice_is(version, "1.0.0"));
}

static bool encrypted(const struct json *header)
{
    const struct json *v = json_get(header, "is_msg_encrypted");
    bool on = false;
    return v != NULL && (json_bool(v, &on) != ERR_OK || on);
}

static bool query_header_ok(const struct json *header)
{
    struct slice action;
    struct slice status;
    return json_string(json_get(header, "action"), &action) == ERR_OK &&
           (slice_is(action, "on-search") || slice_is(action, "on-disburse") ||
            slice_is(action, "notify")) &&
           json_string(json_get(header, "status"), &status) == ERR_OK &&
           status_word_listed(status) && !slice_is(status, "rjct") && version_ok(header) &&
           !encrypted(header);
}

/* Where the entry's id stands in ids, n if nowhere. */
static size_t find_id(const char *id, const char *const *ids, size_t n)
{
    size_t i = 0;
    while (i < n && strcmp(id, ids[i]) != 0) {
        i++;
    }
    return i;
}

static void read_asked_entries(const struct json *list, enum g2p_source source,
                               struct slice correlation, const char *const *ids, size_t n,
                               struct pay_result *results, struct g2p_oddities *odd)
{
    bool seen[PAY_BATCH_MAX] = {false};
    for (const struct json *e = json_first(list); e != NULL; e = json_next(e)) {
        struct pay_result one;
        enum entry_kind kind = read_entry(e, source, correlation, &one);
        size_t i = kind == ENTRY_STRANGER ? n : find_id(one.id, ids, n);
        if (i == n) {
            odd->strangers++;
            continue;
        }
        odd->unreadable += kind == ENTRY_UNREADABLE ? 1 : 0;
        if (seen[i]) {
            odd->repeats++;
            merge_repeat(&results[i], &one);
            continue;
        }
        seen[i] = true;
        results[i] = one;
    }
}

void g2p_read_query(int http_status, struct slice body, const char *const *ids, size_t n,
                    struct pay_result *results, struct g2p_oddities *odd)
{
    ASSERT(n >= 1 && n <= PAY_BATCH_MAX);
    *odd = (struct g2p_oddities){0};
    if (http_status < 200 || http_status > 299) {
        all_unknown_status(ids, n, http_status, false, results);
        return;
    }
    all_unknown(ids, n, "[unreadable]", false, results);
    struct json *root = NULL;
    if (body.len == 0 || body.len > G2P_MESSAGE_MAX || json_parse(body, &root, NULL) != ERR_OK) {
        return;
    }
    const struct json *message = json_get(root, "message");
    const struct json *response = json_get(message, "txnstatus_response");
    const struct json *list = json_get(json_get(response, "txn_status"), "disbursements_status");
    struct slice type;
    struct slice correlation;
    if (query_header_ok(json_get(root, "header")) &&
        json_string(json_get(response, "txn_type"), &type) == ERR_OK &&
        slice_is(type, "on-disburse") && text_or_empty(message, "correlation_id", &correlation) &&
        json_kind(list) == JSON_ARRAY) {
        all_unknown(ids, n, "[absent]", false, results);
        read_asked_entries(list, G2P_FROM_QUERY, correlation, ids, n, results, odd);
    }
    json_free(root);
}

/* ---- Answer to a synchronous disburse request ---- */

void g2p_read_sync(int http_status, struct slice body, const char *const *ids, size_t n,
                   struct pay_result *results, struct g2p_oddities *odd)
{
    ASSERT(n >= 1 && n <= PAY_BATCH_MAX);
    *odd = (struct g2p_oddities){0};
    struct json *root = NULL;
    if (http_status < 200 || http_status > 299 || body.len == 0 || body.len > G2P_MESSAGE_MAX ||
        json_parse(body, &root, NULL) != ERR_OK) {
        g2p_read_ack(http_status, body, ids, n, results);
        return;
    }
    const struct json *message = json_get(root, "message");
    const struct json *list = json_get(message, "disbursements_status");
    struct slice transaction;
    if (json_get(message, "ack_status") != NULL) { /* refused, or taken for later after all */
        g2p_read_ack(http_status, body, ids, n, results);
    } else if (!query_header_ok(json_get(root, "header")) ||
               !text_or_empty(message, "transaction_id", &transaction) ||
               json_kind(list) != JSON_ARRAY) {
        all_unknown(ids, n, "[unreadable]", false, results);
    } else {
        all_unknown(ids, n, "[absent]", false, results);
        /* it answers an order, not a question: an unknown reference is a refusal as in a callback
         */
        read_asked_entries(list, G2P_FROM_CALLBACK, SLICE_LIT(""), ids, n, results, odd);
    }
    json_free(root);
}

/* ---- Callback ---- */

static bool callback_header_ok(const struct json *header, struct g2p_callback *out)
{
    struct slice action;
    struct slice status;
    struct slice message_id;
    struct slice sender;
    if (json_string(json_get(header, "action"), &action) != ERR_OK ||
        !slice_is(action, "on-disburse") ||
        json_string(json_get(header, "status"), &status) != ERR_OK || !status_word_listed(status) ||
        json_string(json_get(header, "message_id"), &message_id) != ERR_OK ||
        !text_or_empty(header, "sender_id", &sender) || !version_ok(header) || encrypted(header)) {
        return false;
    }
    keep_ref(message_id, out->message_id);
    keep_ref(sender, out->sender_id);
    return out->message_id[0] != '\0';
}

static enum err read_callback_entries(const struct json *list, struct g2p_callback *out)
{
    if (json_size(list) > G2P_STATUSES_MAX) {
        return ERR_TOO_LARGE;
    }
    for (const struct json *e = json_first(list); e != NULL; e = json_next(e)) {
        struct pay_result *one = &out->results[out->count];
        enum entry_kind kind = read_entry(e, G2P_FROM_CALLBACK, SLICE_LIT(""), one);
        if (kind == ENTRY_STRANGER) {
            out->odd.strangers++;
            continue;
        }
        out->odd.unreadable += kind == ENTRY_UNREADABLE ? 1 : 0;
        size_t before = 0;
        while (before < out->count && strcmp(out->results[before].id, one->id) != 0) {
            before++;
        }
        if (before < out->count) {
            out->odd.repeats++;
            merge_repeat(&out->results[before], one);
        } else {
            out->count++;
        }
    }
    return ERR_OK;
}

enum err g2p_read_callback(struct slice body, struct g2p_callback *out)
{
    out->count = 0;
    out->transaction_id[0] = out->message_id[0] = out->sender_id[0] = '\0';
    out->odd = (struct g2p_oddities){0};
    if (body.len == 0) {
        return ERR_INPUT;
    }
    if (body.len > G2P_MESSAGE_MAX) {
        return ERR_TOO_LARGE;
    }
    struct json *root = NULL;
    enum err err = json_parse(body, &root, NULL);
    if (err != ERR_OK) {
        return err;
    }
    const struct json *message = json_get(root, "message");
    const struct json *list = json_get(message, "disbursements_status");
    struct slice transaction;
    if (!callback_header_ok(json_get(root, "header"), out) ||
        json_string(json_get(message, "transaction_id"), &transaction) != ERR_OK ||
        json_kind(list) != JSON_ARRAY) {
        err = ERR_INPUT;
        goto out;
    }
    keep_ref(transaction, out->transaction_id);
    err = read_callback_entries(list, out);
out:
    if (err != ERR_OK) {
        out->count = 0;
    }
    json_free(root);
    return err;
}
