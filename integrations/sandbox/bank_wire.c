#include "integrations/sandbox/bank_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "integrations/sandbox/sandbox.h"

/* ---- Reading ---- */

static bool read_text(const struct json *object, const char *name, size_t max, struct slice *out)
{
    return json_string(json_get(object, name), out) == ERR_OK && out->len > 0 && out->len <= max;
}

static bool read_optional(const struct json *object, const char *name, size_t max,
                          struct slice *out)
{
    *out = SLICE_LIT("");
    return json_get(object, name) == NULL || read_text(object, name, max, out);
}

/* Header of a request with `count` items. */
static const char *read_header(const struct json *root, const char *action,
                               struct bank_request *out)
{
    const struct json *header = json_get(root, "header");
    struct slice version;
    struct slice at;
    struct slice word;
    int64_t total = 0;
    int64_t at_ms;
    bool encrypted = false;
    if (!read_optional(header, "version", 20, &version)) {
        return "err.request.bad";
    }
    if (version.len > 0 && !slice_is(version, "1.0.0")) {
        return "err.version.not_supported";
    }
    if (json_get(header, "is_msg_encrypted") != NULL &&
        (json_bool(json_get(header, "is_msg_encrypted"), &encrypted) != ERR_OK || encrypted)) {
        return "err.encryption.invalid";
    }
    if (!read_text(header, "sender_id", 99, &out->sender_id)) {
        return "err.sender_id.invalid";
    }
    if (!read_optional(header, "sender_uri", BANK_URI_MAX, &out->sender_uri) ||
        (out->sender_uri.len > 0 && !slice_starts_with(out->sender_uri, "http://") &&
         !slice_starts_with(out->sender_uri, "https://"))) {
        return "err.sender_uri.invalid";
    }
    if (!read_text(header, "message_id", 99, &out->message_id) ||
        !read_text(header, "message_ts", 40, &at) || clock_parse_rfc3339(at, &at_ms) != ERR_OK ||
        !read_text(header, "action", 40, &word) || !slice_is(word, action) ||
        json_int64(json_get(header, "total_count"), 1, ENVELOPE_ORDERS_MAX, &total) != ERR_OK) {
        return "err.request.bad";
    }
    out->count = (size_t)total;
    return NULL;
}

const char *bank_read_disburse(const struct json *root, struct bank_request *out)
{
    const char *fault = read_header(root, "disburse", out);
    if (fault != NULL) {
        return fault;
    }
    const struct json *message = json_get(root, "message");
    out->items = json_get(message, "disbursements");
    if (!read_text(message, "transaction_id", 99, &out->transaction_id) ||
        json_kind(out->items) != JSON_ARRAY || json_size(out->items) != out->count) {
        return "err.request.bad";
    }
    for (const struct json *v = json_first(out->items); v != NULL; v = json_next(v)) {
        struct slice text;
        struct slice note;
        if (!read_text(v, "reference_id", REFERENCE_MAX, &text) ||
            !read_text(v, "payer_fa", 200, &text) || !read_text(v, "payee_fa", 200, &text) ||
            !read_text(v, "amount", 20, &text) || !read_optional(v, "currency_code", 3, &text) ||
            !read_optional(v, "note", 99 * 4, &note)) {
            return "err.request.bad";
        }
    }
    return NULL;
}

const char *bank_read_status(const struct json *root, struct bank_request *out)
{
    const char *fault = read_header(root, "search", out);
    if (fault != NULL) {
        return fault;
    }
    const struct json *message = json_get(root, "message");
    const struct json *request = json_get(message, "txnstatus_request");
    struct slice word;
    out->items = json_get(request, "attribute_value");
    if (!read_text(message, "transaction_id", 99, &out->transaction_id) ||
        !read_text(request, "reference_id", 99, &word) ||
        !read_text(request, "txn_type", 20, &word) || !slice_is(word, "disburse") ||
        !read_text(request, "attribute_type", 40, &word) || !slice_is(word, "reference_id_list") ||
        json_kind(out->items) != JSON_ARRAY || json_size(out->items) < 1 ||
        json_size(out->items) > ENVELOPE_ORDERS_MAX) {
        return "err.request.bad";
    }
    for (const struct json *v = json_first(out->items); v != NULL; v = json_next(v)) {
        if (json_string(v, &word) != ERR_OK || word.len == 0 || word.len > REFERENCE_MAX) {
            return "err.request.bad";
        }
    }
    out->count = json_size(out->items);
    return NULL;
}

struct bank_order bank_read_order(const struct json *item)
{
    struct bank_order order = {.currency = SLICE_LIT("CNY")};
    enum err err = json_string(json_get(item, "reference_id"), &order.reference);
    err = err != ERR_OK ? err : json_string(json_get(item, "payee_fa"), &order.payee_fa);
    err = err != ERR_OK ? err : json_string(json_get(item, "amount"), &order.amount);
    if (err == ERR_OK && json_get(item, "currency_code") != NULL) {
        err = json_string(json_get(item, "currency_code"), &order.currency);
    }
    ASSERT(err == ERR_OK); /* bank_read_disburse() has looked */
    order.scheduled = json_get(item, "scheduled_timestamp") != NULL;
    return order;
}

/* ---- Judging ---- */

/* ^\d{1,13}\.\d{1,2}$ to fen; 0 if it is not that (or nothing at all). */
static int64_t fen_of(struct slice text)
{
    struct slice rest = text;
    struct slice yuan = slice_cut(&rest, '.');
    if (!slice_all_digits(yuan) || yuan.len > 13 || !slice_all_digits(rest) || rest.len > 2) {
        return 0;
    }
    int64_t fen = 0;
    for (size_t i = 0; i < yuan.len; i++) {
        fen = fen * 10 + (yuan.ptr[i] - '0');
    }
    for (size_t i = 0; i < 2; i++) {
        fen = fen * 10 + (i < rest.len ? rest.ptr[i] - '0' : 0);
    }
    return fen;
}

static bool plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool bank_reference_ok(struct slice reference)
{
    for (size_t i = 0; i < reference.len; i++) {
        char c = reference.ptr[i];
        if (!plain(c) && c != '-' && c != '.' && c != '_') {
            return false;
        }
    }
    return reference.len > 0 && reference.len <= REFERENCE_MAX;
}

/* type:id@provider; the tail is what stands before the @. */
static bool address_ok(struct slice fa, char tail[TAIL_LEN + 1])
{
    struct slice rest = fa;
    struct slice type = slice_cut(&rest, ':');
    struct slice id = slice_cut(&rest, '@');
    tail[0] = '\0';
    if (type.len == 0 || id.len == 0 || rest.len == 0) {
        return false;
    }
    for (size_t i = 0; i < id.len; i++) {
        if (!plain(id.ptr[i]) && id.ptr[i] != '-' && id.ptr[i] != '.' && id.ptr[i] != '_') {
            return false;
        }
    }
    size_t len = id.len < TAIL_LEN ? id.len : TAIL_LEN;
    memcpy(tail, id.ptr + id.len - len, len);
    tail[len] = '\0';
    return true;
}

enum refusal bank_judge(const struct bank_order *order, int64_t *amount_fen,
                        char tail[TAIL_LEN + 1])
{
    bool payee_ok = address_ok(order->payee_fa, tail);
    *amount_fen = fen_of(order->amount);
    if (!slice_is(order->currency, "CNY")) {
        return REFUSAL_CURRENCY;
    }
    if (*amount_fen <= 0) {
        return REFUSAL_AMOUNT;
    }
    if (!payee_ok) {
        return REFUSAL_PAYEE;
    }
    return order->scheduled ? REFUSAL_SCHEDULE : REFUSAL_NONE; /* paying later is not offered */
}

/* ---- Writing ---- */

void bank_write_ack(struct buf *out, const char *correlation_id, const char *at,
                    const char *error_code)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_open_object(&o, "message");
    json_put_text(&o, "ack_status", error_code == NULL ? "ACK" : "ERR");
    json_put_text(&o, "timestamp", at);
    json_put_text(&o, "correlation_id", correlation_id);
    if (error_code != NULL) {
        json_open_object(&o, "error");
        json_put_text(&o, "code", error_code);
        json_put_text(&o, "message", "refused by the sandbox");
        json_close_object(&o);
    }
    json_close_object(&o);
    json_close_object(&o);
}

void bank_write_http_error(struct buf *out, const char *code)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_open_array(&o, "errors");
    json_open_object(&o, NULL);
    json_put_text(&o, "code", code);
    json_put_text(&o, "message", "refused by the sandbox");
    json_close_object(&o);
    json_close_array(&o);
    json_close_object(&o);
}

static void put_callback_header(struct json_out *o, const char *action, struct slice receiver,
                                const char *message_id, const char *at, size_t count)
{
    json_put_text(o, "signature", "");
    json_open_object(o, "header");
    json_put_text(o, "version", "1.0.0");
    json_put_text(o, "message_id", message_id);
    json_put_text(o, "message_ts", at);
    json_put_text(o, "action", action);
    json_put_text(o, "status", "succ");
    json_put_int(o, "total_count", (int64_t)count);
    json_put_int(o, "completed_count", (int64_t)count);
    json_put_text(o, "sender_id", BANK_ID);
    json_put_slice(o, "receiver_id", receiver);
    json_put_bool(o, "is_msg_encrypted", false);
    json_close_object(o);
}

void bank_begin_callback(struct json_out *o, struct slice transaction_id, struct slice receiver,
                         const char *message_id, const char *at, size_t count)
{
    json_open_object(o, NULL);
    put_callback_header(o, "on-disburse", receiver, message_id, at, count);
    json_open_object(o, "message");
    json_put_slice(o, "transaction_id", transaction_id);
    json_open_array(o, "disbursements_status");
}

void bank_begin_status(struct json_out *o, struct slice transaction_id, struct slice receiver,
                       const char *message_id, const char *at, size_t count)
{
    json_open_object(o, NULL);
    put_callback_header(o, "on-search", receiver, message_id, at, count);
    json_open_object(o, "message");
    json_put_slice(o, "transaction_id", transaction_id);
    json_put_text(o, "correlation_id", message_id);
    json_open_object(o, "txnstatus_response");
    json_put_text(o, "txn_type", "on-disburse");
    json_open_object(o, "txn_status");
    json_put_slice(o, "transaction_id", transaction_id);
    json_open_array(o, "disbursements_status");
}

void bank_put_entry(struct json_out *o, struct slice reference, const char *at, const char *status,
                    const char *reason, int64_t amount_fen)
{
    json_open_object(o, NULL);
    json_put_slice(o, "reference_id", reference);
    json_put_text(o, "timestamp", at);
    json_put_text(o, "status", status);
    if (reason[0] != '\0') {
        json_put_text(o, "status_reason_code", reason);
    }
    if (amount_fen >= 0) {
        char amount[32];
        (void)snprintf(amount, sizeof(amount), "%" PRId64 ".%02" PRId64, amount_fen / 100,
                       amount_fen % 100);
        json_put_text(o, "amount", amount);
        json_put_text(o, "currency_code", "CNY");
    }
    json_close_object(o);
}

void bank_end_callback(struct json_out *o)
{
    json_close_array(o);
    json_close_object(o);
    json_close_object(o);
}

void bank_end_status(struct json_out *o)
{
    json_close_array(o);
    json_close_object(o); /* txn_status */
    json_close_object(o); /* txnstatus_response */
    json_close_object(o); /* message */
    json_close_object(o);
}
