#include <inttypes.h>
#include <string.h>
#include "integrations/pay/g2p/g2p_codec.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"
#include "queue/base/utf8.h"
#include "queue/domain/relief.h"

void g2p_put_amount(struct buf *out, int64_t amount_fen)
{
    ASSERT(amount_fen >= 0 && amount_fen <= AMOUNT_FEN_MAX);
    buf_putf(out, "%" PRId64 ".%02" PRId64, amount_fen / 100, amount_fen % 100);
}

static bool id_text_valid(const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    return len >= 1 && len < PAY_REF_SIZE && utf8_valid(slice_make(text, len));
}

static bool envelope_valid(const struct g2p_envelope *e)
{
    return id_text_valid(e->message_id) && id_text_valid(e->transaction_id) &&
           id_text_valid(e->sender_id);
}

static void put_optional(struct json_out *o, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        json_put_text(o, name, value);
    }
}

static void put_header(struct json_out *o, const struct g2p_envelope *e, const char *action,
                       size_t n)
{
    char at[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(e->at_ms, at);
    json_open_object(o, "header");
    json_put_text(o, "version", "1.0.0");
    json_put_text(o, "message_id", e->message_id);
    json_put_text(o, "message_ts", at);
    json_put_text(o, "action", action);
    json_put_text(o, "sender_id", e->sender_id);
    put_optional(o, "sender_uri", e->sender_uri);
    put_optional(o, "receiver_id", e->receiver_id);
    json_put_int(o, "total_count", (int64_t)n);
    json_put_bool(o, "is_msg_encrypted", false);
    json_close_object(o);
}

static void put_order(struct json_out *o, const struct g2p_envelope *e,
                      const struct pay_order *order)
{
    char amount[24];
    struct buf text;
    buf_init(&text, sizeof(amount) - 1);
    json_open_object(o, NULL);
    json_put_text(o, "reference_id", order->id);
    json_put_text(o, "payer_fa", e->payer_fa);
    json_put_slice(o, "payee_fa", order->payee_fa);
    g2p_put_amount(&text, order->amount_fen);
    json_put_slice(o, "amount", buf_slice(&text));
    if (text.err != ERR_OK && o->buf->err == ERR_OK) {
        o->buf->err = text.err; /* never an order with half an amount */
    }
    buf_release(&text);
    put_optional(o, "payer_name", e->payer_name);
    if (order->payee_name.len > 0) {
        json_put_slice(o, "payee_name", order->payee_name);
    }
    if (order->note.len > 0) {
        json_put_slice(o, "note", utf8_prefix(order->note, PAY_NOTE_MAX));
    }
    json_put_text(o, "currency_code", "CNY");
    json_close_object(o);
}

static bool orders_valid(const struct pay_order *orders, size_t n)
{
    if (n < 1 || n > PAY_BATCH_MAX) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (pay_order_check(&orders[i]) != ERR_OK) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(orders[i].id, orders[j].id) == 0) {
                return false;
            }
        }
    }
    return true;
}

enum err g2p_write_disburse(const struct g2p_envelope *envelope, const struct pay_order *orders,
                            size_t n, struct buf *out)
{
    if (!envelope_valid(envelope) || envelope->payer_fa == NULL || envelope->payer_fa[0] == '\0' ||
        !orders_valid(orders, n)) {
        return ERR_INPUT;
    }
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "signature", "");
    put_header(&o, envelope, "disburse", n);
    json_open_object(&o, "message");
    json_put_text(&o, "transaction_id", envelope->transaction_id);
    json_open_array(&o, "disbursements");
    for (size_t i = 0; i < n; i++) {
        put_order(&o, envelope, &orders[i]);
    }
    json_close_array(&o);
    json_close_object(&o);
    json_close_object(&o);
    return buf_err(out);
}

static bool ids_valid(const char *const *ids, size_t n)
{
    if (n < 1 || n > PAY_BATCH_MAX) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!pay_id_valid(slice_of(ids[i]))) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(ids[i], ids[j]) == 0) {
                return false;
            }
        }
    }
    return true;
}

enum err g2p_write_query(const struct g2p_envelope *envelope, const char *const *ids, size_t n,
                         struct buf *out)
{
    if (!envelope_valid(envelope) || !ids_valid(ids, n)) {
        return ERR_INPUT;
    }
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "signature", "");
    put_header(&o, envelope, "search", n);
    json_open_object(&o, "message");
    json_put_text(&o, "transaction_id", envelope->transaction_id);
    json_open_object(&o, "txnstatus_request");
    json_put_text(&o, "reference_id", envelope->message_id);
    json_put_text(&o, "txn_type", "disburse");
    json_put_text(&o, "attribute_type", "reference_id_list");
    json_open_array(&o, "attribute_value");
    for (size_t i = 0; i < n; i++) {
        json_put_text(&o, NULL, ids[i]);
    }
    json_close_array(&o);
    json_close_object(&o);
    json_close_object(&o);
    json_close_object(&o);
    return buf_err(out);
}

void g2p_write_ack(struct buf *out, const char *correlation_id, int64_t at_ms,
                   const char *error_code)
{
    char at[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(at_ms, at);
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
        json_put_text(&o, "message", "");
        json_close_object(&o);
    }
    json_close_object(&o);
    json_close_object(&o);
}
