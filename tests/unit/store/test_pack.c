/* Packed texts come back byte for byte, and damage is found or at least stays inside its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "queue/store/pack.h"

static const char SAMPLE[] = "{\"level\":\"township\",\"why\":[\"说到了好花红镇。\","
                             "\"说到了它所在的惠水县。\"],\"type\":\"URGENT\","
                             "\"track\":\"first_aid\",\"rules\":[{\"rule\":\"URGENT_FIRST.amount\","
                             "\"value\":4,\"limit\":662400}]}";

static struct packer *packer_for_test(void)
{
    struct packer *p = NULL;
    assert_int_equal(packer_new(&p), ERR_OK);
    return p;
}

static void comes_back(struct packer *p, struct slice text)
{
    struct buf packed, again;
    buf_init(&packed, PACK_TEXT_MAX * 2);
    buf_init(&again, PACK_TEXT_MAX * 2);
    assert_int_equal(pack_text(p, text, &packed), ERR_OK);
    assert_int_equal(unpack_text(p, buf_slice(&packed), &again), ERR_OK);
    assert_true(slice_eq(buf_slice(&again), text));
    buf_release(&packed);
    buf_release(&again);
}

static void texts_come_back_byte_for_byte(void **state)
{
    static char large[PACK_TEXT_MAX];
    struct packer *p = packer_for_test();
    unsigned seed = 7;
    (void)state;
    comes_back(p, slice_of(SAMPLE));
    comes_back(p, SLICE_LIT("x"));
    for (size_t i = 0; i < sizeof(large); i++) {
        seed = seed * 1103515245u + 12345u;
        large[i] = (char)(seed >> 16); /* nothing to gain here: it must fit all the same */
    }
    for (size_t len = 1; len <= sizeof(large); len = len * 3 + 1) {
        comes_back(p, slice_make(large, len));
    }
    comes_back(p, slice_make(large, sizeof(large)));
    packer_free(p);
}

static void a_usual_text_shrinks_to_a_third_at_most(void **state)
{
    struct packer *p = packer_for_test();
    struct buf packed;
    (void)state;
    buf_init(&packed, PACK_TEXT_MAX);
    assert_int_equal(pack_text(p, slice_of(SAMPLE), &packed), ERR_OK);
    assert_true(packed.len * 3 <= sizeof(SAMPLE));
    buf_release(&packed);
    packer_free(p);
}

static void plain_json_passes_as_it_is(void **state)
{
    struct packer *p = packer_for_test();
    struct buf out;
    (void)state;
    buf_init(&out, PACK_TEXT_MAX);
    assert_int_equal(unpack_text(p, slice_of(SAMPLE), &out), ERR_OK);
    assert_string_equal(out.ptr, SAMPLE);
    buf_release(&out);
    packer_free(p);
}

static void too_much_and_nothing_are_refused(void **state)
{
    static char large[PACK_TEXT_MAX + 1];
    struct packer *p = packer_for_test();
    struct buf out;
    (void)state;
    buf_init(&out, PACK_TEXT_MAX * 2);
    assert_int_equal(pack_text(p, slice_make(large, sizeof(large)), &out), ERR_TOO_LARGE);
    assert_int_equal(pack_text(p, slice_make(NULL, 0), &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    buf_release(&out);
    packer_free(p);
}

static void damage_never_gives_the_old_text_by_accident_of_length(void **state)
{
    struct packer *p = packer_for_test();
    struct buf packed, out;
    (void)state;
    buf_init(&packed, PACK_TEXT_MAX);
    assert_int_equal(pack_text(p, slice_of(SAMPLE), &packed), ERR_OK);
    for (size_t cut = 0; cut < packed.len; cut++) {
        buf_init(&out, PACK_TEXT_MAX * 2);
        assert_int_equal(unpack_text(p, slice_make(packed.ptr, cut), &out), ERR_CORRUPT);
        buf_release(&out);
    }
    packed.ptr[0] = 2; /* a dictionary of the future */
    buf_init(&out, PACK_TEXT_MAX * 2);
    assert_int_equal(unpack_text(p, buf_slice(&packed), &out), ERR_CORRUPT);
    buf_release(&out);
    buf_release(&packed);
    packer_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_byte_for_byte),
        cmocka_unit_test(a_usual_text_shrinks_to_a_third_at_most),
        cmocka_unit_test(plain_json_passes_as_it_is),
        cmocka_unit_test(too_much_and_nothing_are_refused),
        cmocka_unit_test(damage_never_gives_the_old_text_by_accident_of_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
