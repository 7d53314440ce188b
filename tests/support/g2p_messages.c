/* Prints messages of our G2P Connect codec, one `name json` per line, for the test that holds them
 * against the specification's schema. `g2p-messages read-callback` reads a callback from stdin
 * instead and prints what the codec made of it. */
#include <stdio.h>
#include <string.h>
#include "integrations/pay/g2p/g2p_codec.h"
#include "queue/domain/relief.h"

static const struct g2p_envelope ENVELOPE = {
    .message_id = "4bf92f3577b34da6a3ce929d0e0e4736",
    .transaction_id = "4bf92f3577b34da6a3ce929d0e0e4736",
    .sender_id = "lsjz.county",
    .receiver_id = "bank",
    .sender_uri = "https://jiuji.example/v1/payments/callback/g2p/secret",
    .payer_fa = "account:1234567890@bank",
    .payer_name = "急难救助备用金",
    .at_ms = INT64_C(1772328600000),
};

static void print(const char *name, struct buf *text)
{
    ASSERT(buf_err(text) == ERR_OK);
    (void)printf("%s %s\n", name, text->ptr);
    buf_clear(text);
}

static int print_messages(void)
{
    static struct pay_order orders[PAY_BATCH_MAX];
    const char *ids[PAY_BATCH_MAX];
    for (size_t i = 0; i < PAY_BATCH_MAX; i++) {
        orders[i] = (struct pay_order){
            .amount_fen = i == 0   ? 1
                          : i == 1 ? AMOUNT_FEN_MAX
                                   : (int64_t)(i * 8051),
            .payee_fa = SLICE_LIT("account:6222021234567890123@bank"),
            .payee_name = i % 2 == 0 ? SLICE_LIT("张三") : SLICE_LIT(""),
            .note = SLICE_LIT("临时救助 \"先行救助\""),
        };
        (void)snprintf(orders[i].id, sizeof(orders[i].id), "P%031zu", i);
        ids[i] = orders[i].id;
    }
    struct buf text;
    buf_init(&text, G2P_MESSAGE_MAX);
    enum err err = g2p_write_disburse(&ENVELOPE, orders, PAY_BATCH_MAX, &text);
    ASSERT(err == ERR_OK);
    print("disburse", &text);
    err = g2p_write_query(&ENVELOPE, ids, PAY_BATCH_MAX, &text);
    ASSERT(err == ERR_OK);
    print("query", &text);
    g2p_write_ack(&text, "c-1", ENVELOPE.at_ms, NULL);
    print("ack", &text);
    g2p_write_ack(&text, "c-1", ENVELOPE.at_ms, "err.request.bad");
    print("ack", &text);
    buf_release(&text);
    return 0;
}

static int read_callback(void)
{
    static char body[G2P_MESSAGE_MAX + 1];
    static struct g2p_callback callback;
    size_t len = fread(body, 1, sizeof(body), stdin);
    enum err err = g2p_read_callback(slice_make(body, len), &callback);
    (void)printf("%s\n", err_code(err));
    for (size_t i = 0; i < callback.count; i++) {
        const struct pay_result *r = &callback.results[i];
        (void)printf("%s %s %lld %s\n", r->id, pay_outcome_word(r->outcome),
                     (long long)r->amount_fen, r->reason_code);
    }
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "read-callback") == 0 ? read_callback() : print_messages();
}
