#include "integrations/pay/g2p/g2p_sign.h"

#include "integrations/pay/g2p/g2p_codec.h"
#include "integrations/sign/ed25519.h"
#include "tests/support/test.h"
#include "tests/unit/sign/keys.h"

#define NOW_S INT64_C(1772328600)

static struct key_pair ours, others;
static struct g2p_signer us, us_seen;
static struct buf unsigned_one, signed_one;

static void the_signature_covers_header_and_message_and_nothing_else_changes(void **state)
{
    (void)state;
    const char *text = signed_one.ptr;
    assert_ptr_equal(strstr(text,
                            "{\"signature\":\"Signature: namespace=\\\"g2p\\\", "
                            "kidId=\\\"lsjz.county|key-1|ed25519\\\", algorithm=\\\"ed25519\\\", "
                            "created=\\\"1772328600\\\", expires=\\\"1772328900\\\", "
                            "headers=\\\"(created) (expires) digest\\\", signature=\\\""),
                     text);
    const char *header = strstr(text, "\"header\":");
    assert_non_null(header);
    assert_string_equal(header, strstr(unsigned_one.ptr, "\"header\":"));
    assert_ok(g2p_verify(&us_seen, NOW_S, buf_slice(&signed_one)));
}

/* What is signed, made here by hand for a message whose canonical form is easy to see. */
static void the_signed_text_is_the_documented_one(void **state)
{
    (void)state;
    /* sha256 of {"header":{"a":1},"message":{"b":"x","c":[]}} */
    struct buf signature, message, wanted;
    buf_init(&signature, 256);
    buf_init(&message, 1024);
    buf_init(&wanted, 1024);
    buf_put_text(&wanted, "(created): 100\n(expires): 200\ndigest: SHA-256="
                          "9NlcpQl8bSO+tZbJsF5wACOlPl9NLkYLXty6uud2Ksw=");
    assert_ok(ed25519_sign(ours.private, buf_slice(&wanted), &signature));
    buf_putf(
        &message,
        " { \"message\" : {\"c\":[ ],\"b\":\"\\u0078\"}, \"signature\":\"keyId=\\\"lsjz.county|"
        "key-1|ed25519\\\",algorithm=\\\"ed25519\\\",created=\\\"100\\\",expires=\\\"200\\\","
        "headers=\\\"(created) (expires) digest\\\",signature=\\\"%s\\\"\", "
        "\"header\":{\"a\":1.0} }",
        signature.ptr);
    assert_ok(g2p_verify(&us_seen, 150, buf_slice(&message)));
    buf_release(&signature);
    buf_release(&message);
    buf_release(&wanted);
}

/* The signed envelope with one text in it replaced by another. */
static enum err verify_changed(const char *from, const char *to, int64_t now_s)
{
    struct buf changed;
    buf_init(&changed, 65536);
    const char *at = strstr(signed_one.ptr, from);
    assert_non_null(at);
    buf_put(&changed, signed_one.ptr, (size_t)(at - signed_one.ptr));
    buf_put_text(&changed, to);
    buf_put_text(&changed, at + strlen(from));
    enum err err = g2p_verify(&us_seen, now_s, buf_slice(&changed));
    buf_release(&changed);
    return err;
}

static void what_was_changed_out_of_time_or_anothers_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
        int64_t now_s;
        enum err want;
    } rows[] = {
        {"800.00", "800.00", NOW_S, ERR_OK},
        {"800.00", "900.00", NOW_S, ERR_AUTH},
        {"\"disburse\"", "\"on-disburse\"", NOW_S, ERR_AUTH},
        {"Signature: ", "", NOW_S, ERR_OK}, /* said with and without */
        {"kidId", "keyId", NOW_S, ERR_OK},  /* both spellings are met */
        {"kidId", "kid", NOW_S, ERR_AUTH},
        {"namespace=\\\"g2p\\\", ", "", NOW_S, ERR_OK},
        {"namespace=\\\"g2p\\\"", "namespace=\\\"other\\\"", NOW_S, ERR_AUTH},
        {"|key-1|", "|key-2|", NOW_S, ERR_AUTH},
        {"\\\"lsjz.county|", "\\\"lsjz.city|", NOW_S, ERR_AUTH},
        {"|ed25519\\\"", "|rs256\\\"", NOW_S, ERR_AUTH},
        {"algorithm=\\\"ed25519\\\"", "algorithm=\\\"none\\\"", NOW_S, ERR_AUTH},
        {"(created) (expires) digest", "digest", NOW_S, ERR_AUTH},
        {"created=\\\"1772328600", "created=\\\"1772328601", NOW_S, ERR_AUTH},
        {"expires=\\\"1772328900", "expires=\\\"1772329900", NOW_S + 500, ERR_AUTH},
        {"expires=\\\"1772328900", "expires=\\\"9972328900", NOW_S, ERR_AUTH},
        {"signature=\\\"", "signature=\\\"AAAA", NOW_S, ERR_AUTH},
        {", headers", "; headers", NOW_S, ERR_AUTH},
        {"800.00", "800.00", NOW_S + 299, ERR_OK},
        {"800.00", "800.00", NOW_S + 300, ERR_AUTH},
        {"800.00", "800.00", NOW_S - 300, ERR_OK},
        {"800.00", "800.00", NOW_S - 301, ERR_AUTH},
        {"{\"signature\":", "{\"other\":1,\"signature\":", NOW_S, ERR_OK},
        {"\"header\":", "\"heater\":", NOW_S, ERR_INPUT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum err err = verify_changed(rows[i].from, rows[i].to, rows[i].now_s);
        if (err != rows[i].want) {
            print_error("%s -> %s\n", rows[i].from, rows[i].to);
        }
        assert_int_equal(err, rows[i].want);
    }
    struct g2p_signer other = us_seen;
    other.key = others.public;
    assert_int_equal(g2p_verify(&other, NOW_S, buf_slice(&signed_one)), ERR_AUTH);
    assert_int_equal(g2p_verify(&us_seen, NOW_S, buf_slice(&unsigned_one)), ERR_NOT_FOUND);
    assert_int_equal(g2p_verify(&us_seen, NOW_S, SLICE_LIT("{\"header\":{},\"message\":{}}")),
                     ERR_NOT_FOUND);
    assert_int_equal(g2p_verify(&us_seen, NOW_S, SLICE_LIT("[]")), ERR_INPUT);
    assert_int_equal(g2p_verify(&us_seen, NOW_S, SLICE_LIT("")), ERR_INPUT);
    other.key = NULL;
    assert_int_equal(g2p_verify(&other, NOW_S, buf_slice(&signed_one)), ERR_AUTH);
}

static void only_our_own_unsigned_envelope_is_signed(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 65536);
    assert_int_equal(g2p_sign(&us, NOW_S, buf_slice(&signed_one), &out), ERR_INPUT);
    assert_int_equal(g2p_sign(&us, NOW_S, SLICE_LIT("{\"header\":{}}"), &out), ERR_INPUT);
    struct g2p_signer bad = us;
    bad.key_id = "a|b";
    assert_int_equal(g2p_sign(&bad, NOW_S, buf_slice(&unsigned_one), &out), ERR_INPUT);
    bad = us;
    bad.key = NULL;
    assert_int_equal(g2p_sign(&bad, NOW_S, buf_slice(&unsigned_one), &out), ERR_INPUT);
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static int make(void **state)
{
    (void)state;
    key_pair_make(&ours, 0);
    key_pair_make(&others, 0);
    us = (struct g2p_signer){.sender_id = "lsjz.county", .key_id = "key-1", .key = ours.private};
    us_seen = us;
    us_seen.key = ours.public;
    const struct g2p_envelope envelope = {.message_id = "m1",
                                          .transaction_id = "m1",
                                          .sender_id = "lsjz.county",
                                          .receiver_id = "bank",
                                          .sender_uri = "",
                                          .payer_fa = "account:1@bank",
                                          .payer_name = "急难救助备用金",
                                          .at_ms = NOW_S * 1000};
    const struct pay_order order = {.id = "P1",
                                    .amount_fen = 80000,
                                    .payee_fa = SLICE_LIT("account:2@bank"),
                                    .payee_name = SLICE_LIT("张三")};
    buf_init(&unsigned_one, 65536);
    buf_init(&signed_one, 65536);
    assert_ok(g2p_write_disburse(&envelope, &order, 1, &unsigned_one));
    assert_ok(g2p_sign(&us, NOW_S, buf_slice(&unsigned_one), &signed_one));
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    key_pair_release(&ours);
    key_pair_release(&others);
    buf_release(&unsigned_one);
    buf_release(&signed_one);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_covers_header_and_message_and_nothing_else_changes),
        cmocka_unit_test(the_signed_text_is_the_documented_one),
        cmocka_unit_test(what_was_changed_out_of_time_or_anothers_is_refused),
        cmocka_unit_test(only_our_own_unsigned_envelope_is_signed),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
