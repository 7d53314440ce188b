/* Personal data: what is stored, whose it is, and what may be shown of it. */
#include "tests/support/test.h"

#include <stdio.h>
#include "queue/base/file.h"
#include "queue/seal/personal.h"
#include "tests/support/temp_folder.h"

#define NO "5200002611210100000019"

static char folder[64];
static struct sealer *sealer;

static int open_sealer(void **state)
{
    char path[128];
    struct buf why;
    (void)state;
    temp_folder_make(folder);
    snprintf(path, sizeof(path), "%s/key", folder);
    buf_init(&why, 1000);
    assert_ok(file_replace(
        path, SLICE_LIT("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), 0600));
    assert_ok(sealer_open(path, &sealer, &why));
    buf_release(&why);
    return 0;
}

static int close_sealer(void **state)
{
    (void)state;
    sealer_close(sealer);
    temp_folder_remove(folder);
    return 0;
}

static struct personal full(void)
{
    return (struct personal){.name = SLICE_LIT("欧阳娜娜"),
                             .id_number = SLICE_LIT("11010519491231002X"),
                             .phone = SLICE_LIT("+8613812341234"),
                             .account = SLICE_LIT("account:6222021234567890123@icbc"),
                             .reporter_name = SLICE_LIT("李\"四\\"),
                             .reporter_phone = SLICE_LIT("+862162345678"),
                             .reporter_relation = SLICE_LIT("邻居"),
                             .address = SLICE_LIT("贵阳市云岩区\n某路 7 号"),
                             .narrative = SLICE_LIT("房子烧了 😢\t需要帮助"),
                             .has_point = true,
                             .lat = 26.6470123,
                             .lng = -106.6300001,
                             .crs = CRS_GCJ02};
}

static void assert_same(const struct personal *a, const struct personal *b)
{
    assert_true(slice_eq(a->name, b->name));
    assert_true(slice_eq(a->id_number, b->id_number));
    assert_true(slice_eq(a->phone, b->phone));
    assert_true(slice_eq(a->account, b->account));
    assert_true(slice_eq(a->reporter_name, b->reporter_name));
    assert_true(slice_eq(a->reporter_phone, b->reporter_phone));
    assert_true(slice_eq(a->reporter_relation, b->reporter_relation));
    assert_true(slice_eq(a->address, b->address));
    assert_true(slice_eq(a->narrative, b->narrative));
    assert_int_equal(a->has_point, b->has_point);
    assert_true(a->lat - b->lat < 1e-7 && b->lat - a->lat < 1e-7);
    assert_true(a->lng - b->lng < 1e-7 && b->lng - a->lng < 1e-7);
    assert_int_equal(a->crs, b->crs);
}

static void data_come_back_as_they_were(void **state)
{
    struct personal most = full(), none = {.has_point = false}, back;
    struct buf text;
    struct arena arena;
    (void)state;
    buf_init(&text, 10000);
    arena_init(&arena, 10000);
    personal_write(&most, &text);
    assert_ok(personal_read(buf_slice(&text), &arena, &back));
    buf_release(&text); /* the texts are copies */
    assert_same(&most, &back);
    personal_write(&none, &text);
    assert_slice(buf_slice(&text), "{}");
    assert_ok(personal_read(buf_slice(&text), &arena, &back));
    assert_same(&none, &back);
    arena_release(&arena);
    buf_release(&text);
}

static void damaged_data_are_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "{",
                                        "{\"name\":1}",
                                        "{\"phone\":null}",
                                        "{\"lat\":1}",
                                        "{\"lat\":1,\"lng\":2}",
                                        "{\"lat\":\"1\",\"lng\":2,\"crs\":\"\"}",
                                        "{\"lat\":1,\"lng\":2,\"crs\":\"wgs\"}",
                                        "{\"name\":\"a\",\"name\":\"b\"}"};
    struct arena arena;
    (void)state;
    arena_init(&arena, 10000);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct personal p = {.name = SLICE_LIT("kept")};
        assert_int_equal(personal_read(slice_of(wrong[i]), &arena, &p), ERR_CORRUPT);
        assert_slice(p.name, "kept");
    }
    arena_release(&arena);
    struct personal p = {.name = SLICE_LIT("kept")};
    arena_init(&arena, 3);
    assert_int_equal(personal_read(slice_of("{\"name\":\"four\"}"), &arena, &p), ERR_NO_MEMORY);
    assert_slice(p.name, "kept");
    arena_release(&arena);
}

static void sealed_data_open_again_and_are_gone_with_the_key(void **state)
{
    struct personal p = full(), back;
    struct buf plain, sealed;
    struct arena arena;
    unsigned char key[SEAL_KEY_BYTES], wrapped[SEAL_WRAPPED_BYTES];
    (void)state;
    buf_init(&plain, 10000);
    buf_init(&sealed, 10000);
    arena_init(&arena, 10000);
    personal_write(&p, &plain);
    assert_ok(seal_make_key(sealer, slice_of(NO), key, wrapped));
    assert_ok(seal_text(sealer, key, slice_of(NO), buf_slice(&plain), &sealed));
    struct slice wrap = slice_make((const char *)wrapped, sizeof(wrapped));
    assert_ok(personal_unseal(sealer, slice_of(NO), wrap, buf_slice(&sealed), &arena, &back));
    assert_same(&p, &back);
    assert_null(memmem(sealed.ptr, sealed.len, "13812341234", 11));
    assert_int_equal(
        personal_unseal(sealer, slice_of(NO), slice_of(""), buf_slice(&sealed), &arena, &back),
        ERR_NOT_FOUND);
    arena_release(&arena);
    buf_release(&sealed);
    buf_release(&plain);
}

static void a_person_is_the_same_by_identity_number_then_phone_then_case(void **state)
{
    struct personal a = {.id_number = SLICE_LIT("1"), .phone = SLICE_LIT("2")},
                    b = {.id_number = SLICE_LIT("1")}, c = {.phone = SLICE_LIT("2")},
                    d = {.phone = SLICE_LIT("1")}, e = {.reporter_phone = SLICE_LIT("2")};
    char ha[SEAL_HASH_SIZE], hb[SEAL_HASH_SIZE];
    (void)state;
    assert_ok(personal_hash(sealer, &a, slice_of("x"), ha));
    assert_ok(personal_hash(sealer, &b, slice_of("y"), hb));
    assert_string_equal(ha, hb);
    assert_ok(personal_hash(sealer, &c, slice_of("x"), hb));
    assert_string_not_equal(ha, hb);
    assert_ok(personal_hash(sealer, &d, slice_of("x"), hb)); /* same digits, other kind */
    assert_string_not_equal(ha, hb);
    assert_ok(personal_hash(sealer, &e, slice_of("x"), ha)); /* a reporter is not the person */
    assert_ok(personal_hash(sealer, &e, slice_of("y"), hb));
    assert_string_not_equal(ha, hb);
    assert_ok(personal_hash(sealer, &e, slice_of("x"), hb));
    assert_string_equal(ha, hb);
}

static void the_callback_is_the_persons_own_phone_first(void **state)
{
    struct personal p = {.phone = SLICE_LIT("1"), .reporter_phone = SLICE_LIT("2")};
    (void)state;
    assert_slice(personal_callback(&p), "1");
    p.phone.len = 0;
    assert_slice(personal_callback(&p), "2");
    p.reporter_phone.len = 0;
    assert_slice(personal_callback(&p), "");
}

static void masked_data_hold_no_clear_value(void **state)
{
    struct personal p = full();
    const struct slice clear[] = {p.name,
                                  p.id_number,
                                  p.phone,
                                  p.account,
                                  p.reporter_name,
                                  p.reporter_phone,
                                  p.reporter_relation,
                                  p.address,
                                  p.narrative,
                                  SLICE_LIT("13812341234"),
                                  SLICE_LIT("6222021234567890123"),
                                  SLICE_LIT("62345678"),
                                  SLICE_LIT("1949"),
                                  SLICE_LIT("26.64"),
                                  SLICE_LIT("106.63"),
                                  SLICE_LIT("阳娜"),
                                  SLICE_LIT("四")};
    struct buf text;
    struct json_out o;
    (void)state;
    buf_init(&text, 10000);
    json_out_init(&o, &text);
    personal_show(&p, false, &o, NULL);
    for (size_t i = 0; i < COUNT_OF(clear); i++) {
        if (memmem(text.ptr, text.len, clear[i].ptr, clear[i].len) != NULL) {
            fail_msg("'%.*s' in %s", SLICE_FMT(clear[i]), text.ptr);
        }
    }
    assert_non_null(strstr(text.ptr, "\"name\":\"欧*\""));
    assert_non_null(strstr(text.ptr, "\"phone\":\"138****1234\""));
    buf_clear(&text);
    json_out_init(&o, &text);
    personal_show(&p, true, &o, NULL);
    assert_non_null(strstr(text.ptr, "+8613812341234"));
    assert_non_null(strstr(text.ptr, "欧阳娜娜"));
    buf_release(&text);
}

/* Whatever stands in a field: no run of it that is long enough to call, pay or name someone comes
 * through. */
static void masks_of_odd_values_hold_no_clear_value_either(void **state)
{
    static const char *const odd[] = {"1",
                                      "12",
                                      "abcdef",
                                      "12345678",
                                      "张三",
                                      "account:12345678@b",
                                      "x@wechat",
                                      "1381234123",
                                      "110105194912310",
                                      "+85261234567",
                                      "\x01\x02",
                                      "  李  "};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        struct slice s = slice_of(odd[i]);
        struct personal p = {.name = s,
                             .id_number = s,
                             .phone = s,
                             .account = s,
                             .reporter_name = s,
                             .reporter_phone = s};
        struct buf text;
        struct json_out o;
        struct json *root = NULL;
        buf_init(&text, 10000);
        json_out_init(&o, &text);
        personal_show(&p, false, &o, NULL);
        assert_ok(json_parse(buf_slice(&text), &root, NULL));
        if (s.len > 3 && memmem(text.ptr, text.len, s.ptr, s.len) != NULL) {
            fail_msg("'%s' in %s", odd[i], text.ptr);
        }
        assert_null(strstr(text.ptr, "12345678"));
        json_free(root);
        buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_come_back_as_they_were),
        cmocka_unit_test(damaged_data_are_refused),
        cmocka_unit_test(sealed_data_open_again_and_are_gone_with_the_key),
        cmocka_unit_test(a_person_is_the_same_by_identity_number_then_phone_then_case),
        cmocka_unit_test(the_callback_is_the_persons_own_phone_first),
        cmocka_unit_test(masked_data_hold_no_clear_value),
        cmocka_unit_test(masks_of_odd_values_hold_no_clear_value_either),
    };
    return cmocka_run_group_tests(tests, open_sealer, close_sealer);
}
