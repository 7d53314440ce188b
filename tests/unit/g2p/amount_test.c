/* Decimal amounts of G2P Connect, ^\d{1,13}\.\d{1,2}$, are exact in both directions. */
#include "integrations/pay/g2p/g2p_codec.h"
#include "queue/domain/relief.h"
#include "tests/support/test.h"

static void what_is_written_is_read_whatever_the_amount(void **state)
{
    (void)state;
    uint64_t seed = 11;
    struct buf text;
    buf_init(&text, 64);
    for (int i = 0; i < 5000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t fen = i < 1000 ? i : (int64_t)((seed >> 11) % (uint64_t)AMOUNT_FEN_MAX);
        int64_t again = -1;
        buf_clear(&text);
        g2p_put_amount(&text, fen);
        assert_true(text.len >= 4 && text.len <= 16 && text.ptr[text.len - 3] == '.');
        assert_ok(g2p_read_amount(buf_slice(&text), &again));
        assert_int_equal(again, fen);
        if (text.ptr[text.len - 1] == '0') { /* one decimal is as good */
            assert_ok(g2p_read_amount(slice_make(text.ptr, text.len - 1), &again));
            assert_int_equal(again, fen);
        }
    }
    buf_release(&text);
}

static void what_the_schema_forbids_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "800",
                                      "800.",
                                      ".80",
                                      "800.000",
                                      "-1.00",
                                      "+1.00",
                                      "1e2.0",
                                      "1,0.00",
                                      " 1.00",
                                      "1.00 ",
                                      "１.00",
                                      "0x1.0",
                                      "1.0.0",
                                      "99999999999999.00",
                                      "9999999999999.99"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t fen = 7;
        assert_int_equal(g2p_read_amount(slice_of(bad[i]), &fen), ERR_INPUT);
        assert_int_equal(fen, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_whatever_the_amount),
        cmocka_unit_test(what_the_schema_forbids_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
