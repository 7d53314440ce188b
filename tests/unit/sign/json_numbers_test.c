/* The numbers of the RFC 8785 test file, made again: 168 chosen ones, 2,000 in a row, then a chain
 * of SHA-256 blocks. The published digests of the first 1,000 and 10,000 lines judge our writer. */
#include <inttypes.h>
#include <math.h>
#include "integrations/sign/hmac.h"
#include "queue/base/json_canonical.h"
#include "tests/support/test.h"

#define IN_A_ROW 2000

static const uint64_t MAGNITUDES[] = {/* first negative, then positive */
                                      0x446696695dbd1cc3, 0x443211ede4974a35, 0x43fce97ca0f21056,
                                      0x43c7213080c1a6ac, 0x439280f39a348556, 0x435d9b1f5d20d557,
                                      0x4327af4c4a80aaac, 0x42f2f2a36ecd5556, 0x42be51057e155558,
                                      0x428840d131aaaaac, 0x4253670dc1555557, 0x421f0b4935555557,
                                      0x41e8d5d42aaaaaac, 0x41b3de4355555556, 0x417fca0555555556,
                                      0x41496e6aaaaaaaab, 0x4114585555555555, 0x40e046aaaaaaaaab,
                                      0x40aa0aaaaaaaaaaa, 0x4074d55555555555, 0x4040aaaaaaaaaaab,
                                      0x400aaaaaaaaaaaab, 0x3fd5555555555555, 0x3fa1111111111111,
                                      0x3f6b4e81b4e81b4f, 0x3f35d867c3ece2a5, 0x3f0179ec9cbd821e,
                                      0x3ecbf647612f3696, 0x3e965e9f80f29212, 0x3e61e54c672874db,
                                      0x3e2ca213d840baf8, 0x3df6e80fe033c8c6, 0x3dc2533fe68fd3d2,
                                      0x3d8d51ffd74c861c, 0x3d5774ccac3d3817, 0x3d22c3d6f030f9ac,
                                      0x3cee0624b3818f79, 0x3cb804ea293472c7, 0x3c833721ba905bd3,
                                      0x3c4ebe9c5db3c61e, 0x3c18987d17c304e5, 0x3be3ad30dfcf371d,
                                      0x3baf7b816618582f, 0x3b792f9ab81379bf, 0x3b442615600f9499,
                                      0x3b101e77800c76e1, 0x3ad9ca58cce0be35, 0x3aa4a1e0a3e6fe90,
                                      0x3a708180831f320d, 0x3a3a68cd9e985016};
static const uint64_t CHOSEN[] = {
    0x4024000000000000, 0x4014000000000000, 0x3fe0000000000000, 0x3fa999999999999a,
    0x3f747ae147ae147b, 0x3f40624dd2f1a9fc, 0x3f0a36e2eb1c432d, 0x3ed4f8b588e368f1,
    0x3ea0c6f7a0b5ed8d, 0x3e6ad7f29abcaf48, 0x3e35798ee2308c3a, 0x3ed539223589fa95,
    0x3ed4ff26cd5a7781, 0x3ed4f95a762283ff, 0x3ed4f8c60703520c, 0x3ed4f8b72f19cd0d,
    0x3ed4f8b5b31c0c8d, 0x3ed4f8b58d1c461a, 0x3ed4f8b5894f7f0e, 0x3ed4f8b588ee37f3,
    0x3ed4f8b588e47da4, 0x3ed4f8b588e3849c, 0x3ed4f8b588e36bb5, 0x3ed4f8b588e36937,
    0x3ed4f8b588e368f8, 0x3ed4f8b588e368f1, 0x3ff0000000000000, 0xbff0000000000000,
    0xbfeffffffffffffa, 0xbfeffffffffffffb, 0x3feffffffffffffa, 0x3feffffffffffffb,
    0x3feffffffffffffc, 0x3feffffffffffffe, 0xbfefffffffffffff, 0xbfefffffffffffff,
    0x3fefffffffffffff, 0x3fefffffffffffff, 0x3fd3333333333332, 0x3fd3333333333333,
    0x3fd3333333333334, 0x0010000000000000, 0x000ffffffffffffd, 0x000fffffffffffff,
    0x7fefffffffffffff, 0xffefffffffffffff, 0x4340000000000000, 0xc340000000000000,
    0x4430000000000000, 0x44b52d02c7e14af5, 0x44b52d02c7e14af6, 0x44b52d02c7e14af7,
    0x444b1ae4d6e2ef4e, 0x444b1ae4d6e2ef4f, 0x444b1ae4d6e2ef50, 0x3eb0c6f7a0b5ed8c,
    0x3eb0c6f7a0b5ed8d, 0x41b3de4355555553, 0x41b3de4355555554, 0x41b3de4355555555,
    0x41b3de4355555556, 0x41b3de4355555557, 0xbecbf647612f3696, 0x43143ff3c1cb0959};

struct sequence {
    size_t next;
    unsigned char block[SHA256_BYTES];
    size_t used;
};

static bool finite_and_not_zero(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return isfinite(value) && value != 0;
}

static uint64_t chained(struct sequence *s)
{
    for (;;) {
        if (s->used == sizeof(s->block)) {
            unsigned char digest[SHA256_BYTES];
            assert_ok(sha256(slice_make((const char *)s->block, sizeof(s->block)), digest));
            memcpy(s->block, digest, sizeof(digest));
            s->used = 0;
        }
        uint64_t bits = 0;
        for (size_t i = 8; i > 0; i--) {
            bits = bits << 8 | s->block[s->used + i - 1];
        }
        s->used += 8;
        if (finite_and_not_zero(bits)) {
            return bits;
        }
    }
}

static uint64_t next_bits(struct sequence *s)
{
    static const uint64_t first[] = {0, 0x8000000000000000, 1, 0x8000000000000001};
    size_t i = s->next++;
    if (i < COUNT_OF(first)) {
        return first[i];
    }
    i -= COUNT_OF(first);
    if (i < 2 * COUNT_OF(MAGNITUDES)) {
        uint64_t sign = i < COUNT_OF(MAGNITUDES) ? 0x8000000000000000 : 0;
        return MAGNITUDES[i % COUNT_OF(MAGNITUDES)] | sign;
    }
    i -= 2 * COUNT_OF(MAGNITUDES);
    if (i < COUNT_OF(CHOSEN)) {
        return CHOSEN[i];
    }
    i -= COUNT_OF(CHOSEN);
    return i < IN_A_ROW ? 0x0010000000000000 + i : chained(s);
}

static void the_published_digests_come_out(void **state)
{
    (void)state;
    struct sequence s = {.used = SHA256_BYTES};
    struct buf lines;
    char digest[SHA256_HEX_SIZE];
    buf_init(&lines, (size_t)1 << 20);
    for (int line = 1; line <= 10000; line++) {
        uint64_t bits = next_bits(&s);
        double value;
        memcpy(&value, &bits, sizeof(value));
        buf_putf(&lines, "%" PRIx64 ",", bits);
        assert_ok(json_canonical_number(value, &lines));
        buf_put_char(&lines, '\n');
        if (line == 1000) {
            assert_ok(sha256_hex(buf_slice(&lines), digest));
            assert_string_equal(digest,
                                "be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687");
        }
    }
    assert_ok(sha256_hex(buf_slice(&lines), digest));
    assert_string_equal(digest, "b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892");
    buf_release(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_published_digests_come_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
