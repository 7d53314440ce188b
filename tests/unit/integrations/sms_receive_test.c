/* What holds for every operator: access, keys, clean texts, who may be answered; and Kannel's
 * callbacks. */
#include <stdio.h>
#include "integrations/sms/kannel/kannel.h"
#include "integrations/sms/sms_form.h"
#include "integrations/sms/sms_intake.h"
#include "queue/base/utf8.h"
#include "tests/unit/integrations/sms_call.h"

static struct call kannel_mo(const char *query)
{
    return (struct call){
        .provider = "kannel", .method = "GET", .tail = SECRET "/mo", .query = query};
}

/* ---- Access ---- */

static void the_path_secret_lets_in_and_nothing_else(void **state)
{
    (void)state;
    struct call c = kannel_mo("id=1&from=13812341234&text=a&coding=0&charset=UTF-8");
    assert_int_equal(call_run(&c), ERR_OK);
    static const char *const tails[] = {
        "mo", "", "/mo", SECRET "x/mo", "s3cret-path_012345678/mo", "x/" SECRET "/mo"};
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        c.tail = tails[i];
        assert_int_equal(call_run(&c), ERR_AUTH);
        assert_int_equal(c.answer.refused.status, 403);
    }
    c.tail = SECRET "/else";
    assert_int_equal(call_run(&c), ERR_NOT_FOUND);
    assert_int_equal(c.answer.refused.status, 404);
    c.tail = SECRET "/mo";
    c.method = "PUT";
    assert_int_equal(call_run(&c), ERR_METHOD);
    call_release(&c);
}

static void without_a_proper_secret_the_channel_is_closed(void **state)
{
    (void)state;
    static const char *const secrets[] = {"", "short", "fifteen-chars-x", "sixteen chars ok",
                                          "sixteen/chars/ok"};
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        struct call c = kannel_mo("id=1&from=13812341234&text=a");
        char tail[64];
        (void)snprintf(tail, sizeof(tail), "%s/mo", secrets[i]);
        c.path = secrets[i];
        c.tail = tail;
        assert_int_equal(call_run(&c), ERR_AUTH);
        call_release(&c);
    }
}

static void the_source_list_is_addresses_and_networks(void **state)
{
    (void)state;
    static const struct {
        const char *list, *source;
        bool in;
    } rows[] = {
        {"", "203.0.113.9", true},
        {"", "", true},
        {"203.0.113.9", "203.0.113.9", true},
        {"203.0.113.9", "203.0.113.8", false},
        {"203.0.113.9", "", false},
        {"10.0.0.1, 203.0.113.0/24", "203.0.113.255", true},
        {"10.0.0.1, 203.0.113.0/24", "203.0.114.0", false},
        {"203.0.113.128/25", "203.0.113.127", false},
        {"203.0.113.128/25", "203.0.113.128", true},
        {"203.0.113.128/25", "203.0.113.200", true},
        {"203.0.112.0/20", "203.0.127.1", true},
        {"203.0.112.0/20", "203.0.128.1", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"2001:db8::/32 ::1", "2001:db8:1::9", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"203.0.113.9/32", "::ffff:203.0.113.9", true},
        {"203.0.113.9 nonsense", "203.0.113.9", false}, /* a list with a mistake lets nobody in */
        {"203.0.113.9/33", "203.0.113.9", false},
        {"203.0.113.9/", "203.0.113.9", false},
        {" , ", "203.0.113.9", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct call c = kannel_mo("id=1&from=13812341234&text=a");
        c.sources = rows[i].list;
        c.source = rows[i].source;
        assert_int_equal(call_run(&c), rows[i].in ? ERR_OK : ERR_AUTH);
        call_release(&c);
    }
}

/* ---- Kannel ---- */

static void a_message_of_kannel_is_read_by_its_coding(void **state)
{
    (void)state;
    /* as a real Kannel sent it */
    struct call c = kannel_mo(
        "id=4bf92f35-77b3&smsc=fake1&from=%2B8613912345678&to=12345&text=%60%25eQ&coding=2"
        "&charset=UTF-16BE&udh=&ts=1772328600");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.items[0].kind, SMS_MESSAGE);
    assert_slice(c.items[0].text, "急救");
    assert_slice(c.items[0].from, "+8613912345678");
    assert_slice(c.items[0].to, "12345");
    assert_slice(c.items[0].provider_id, "4bf92f35-77b3");
    assert_true(c.items[0].time_ms == INT64_C(1772328600000));
    assert_int_equal(c.items[0].part, 1);
    assert_int_equal(c.items[0].parts, 1);
    assert_int_equal(strlen(c.items[0].key), SMS_KEY_SIZE - 1);
    assert_int_equal(c.answer.stored.status, 200);
    assert_string_equal(c.answer.stored.content_type, "text/plain");
    assert_string_equal(c.answer.stored.body, "");
    call_release(&c);
    c = kannel_mo("id=1&from=13912345678&to=12345&text=help+me%21&coding=0&charset=UTF-8");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_slice(c.items[0].text, "help me!");
    assert_slice(c.items[0].from, "+8613912345678");
    call_release(&c);
}

static void a_message_of_kannel_comes_by_post_as_well(void **state)
{
    (void)state;
    struct call c = {
        .provider = "kannel",
        .tail = SECRET "/mo",
        .query = "id=77",
        .content_type = "text/plain; charset=\"UTF-8\"",
        .body = SLICE_LIT("救命 a&b"),
        .headers = {{"x-kannel-from", "13912345678"},
                    {"x-kannel-to", "12345"},
                    {"x-kannel-time", "2026-03-01 01:30:00"},
                    {"x-kannel-smsc", "fake1"},
                    {"x-kannel-coding", "0"},
                    {"x-kannel-udh", "050003a10302"}},
    };
    assert_int_equal(call_run(&c), ERR_OK);
    assert_slice(c.items[0].text, "救命 a&b");
    assert_slice(c.items[0].from, "+8613912345678");
    assert_true(c.items[0].time_ms == INT64_C(1772328600000));
    assert_int_equal(c.items[0].part_ref, 0xa1);
    assert_int_equal(c.items[0].parts, 3);
    assert_int_equal(c.items[0].part, 2);
    c.content_type = "application/octet-stream";
    c.headers[4].value = "2";
    c.headers[5].value = "060804beef0201";
    c.body = slice_make("\x60\x25\x65\x51", 4);
    assert_int_equal(call_run(&c), ERR_OK);
    assert_slice(c.items[0].text, "急救");
    assert_int_equal(c.items[0].part_ref, 0xbeef);
    assert_int_equal(c.items[0].parts, 2);
    assert_int_equal(c.items[0].part, 1);
    c.headers[5].value = "%05%00%03a%03%02"; /* as 1.4.5 really sends it */
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.items[0].part_ref, 'a');
    assert_int_equal(c.items[0].parts, 3);
    assert_int_equal(c.items[0].part, 2);
    static const char *const bad[] = {"0500zz", "%05%00%0", "0500", "%zz"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        c.headers[5].value = bad[i];
        assert_int_equal(call_run(&c), ERR_OK);
        assert_int_equal(c.items[0].kind, SMS_UNREADABLE);
        assert_slice(c.items[0].from, "+8613912345678");
    }
    call_release(&c);
}

static void parts_are_read_out_of_the_user_data_header(void **state)
{
    (void)state;
    const struct {
        struct slice udh;
        enum err err;
        int ref, part, parts;
    } rows[] = {
        {SLICE_LIT(""), ERR_OK, 0, 1, 1},
        {SLICE_LIT("\x05\x00\x03\x07\x02\x01"), ERR_OK, 7, 1, 2},
        {SLICE_LIT("\x06\x08\x04\x01\x02\x03\x03"), ERR_OK, 0x102, 3, 3},
        {SLICE_LIT("\x08\x24\x01\x01\x00\x03\x07\x02\x02"), ERR_OK, 7, 2,
         2},                                                      /* behind another element */
        {SLICE_LIT("\x05\x00\x03\x07\x02\x03"), ERR_OK, 0, 1, 1}, /* part 3 of 2: ignored */
        {SLICE_LIT("\x05\x00\x03\x07\x00\x00"), ERR_OK, 0, 1, 1},
        {SLICE_LIT("\x00"), ERR_OK, 0, 1, 1},
        {SLICE_LIT("\x05\x00\x03\x07\x02"), ERR_INPUT, 0, 0, 0}, /* shorter than it says */
        {SLICE_LIT("\x05\x00\x09\x07\x02\x01"), ERR_INPUT, 0, 0,
         0}, /* an element that is longer than all */
        {SLICE_LIT("\x01\x00"), ERR_INPUT, 0, 0, 0},
        {SLICE_LIT("\x06\x05\x04\x0b\x84\x23\xf0"), ERR_INPUT, 0, 0,
         0}, /* WAP push: no person wrote it */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sms_incoming item = sms_incoming_message();
        item.part_ref = 0;
        assert_int_equal(kannel_read_udh(rows[i].udh, &item), rows[i].err);
        if (rows[i].err == ERR_OK) {
            assert_int_equal(item.part_ref, rows[i].ref);
            assert_int_equal(item.part, rows[i].part);
            assert_int_equal(item.parts, rows[i].parts);
        }
    }
}

static void what_cannot_be_read_is_kept_with_its_sender(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "id=1&from=13912345678&text=%00%01%02&coding=1",                   /* binary */
        "id=1&from=13912345678&text=%60%25e&coding=2",                     /* half a unit */
        "id=1&from=13912345678&text=%ff%fe&coding=0&charset=UTF-8",        /* no UTF-8 */
        "id=1&from=13912345678&text=abc&coding=0&charset=GBK",             /* unknown charset */
        "id=1&from=13912345678&text=a%00b&coding=0&charset=UTF-8",         /* a NUL */
        "id=1&from=13912345678&text=a&coding=0&udh=%06%05%04%0b%84%23%f0", /* WAP push */
    };
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct call c = kannel_mo(queries[i]);
        assert_int_equal(call_run(&c), ERR_OK);
        assert_int_equal(c.n, 1);
        assert_int_equal(c.items[0].kind, SMS_UNREADABLE);
        assert_slice(c.items[0].from, "+8613912345678");
        assert_true(utf8_valid(c.items[0].text));
        assert_null(c.items[0].text.len == 0
                        ? NULL
                        : memchr(c.items[0].text.ptr, '\0', c.items[0].text.len));
        call_release(&c);
    }
    struct call c = kannel_mo("id=1&from=&text=help&coding=0&charset=UTF-8");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.items[0].kind, SMS_UNREADABLE); /* nobody to answer, but not lost */
    assert_slice(c.items[0].text, "help");
    c.query = "id=1&from=13912345678&text=%zz";
    assert_int_equal(call_run(&c), ERR_INPUT);
    assert_int_equal(c.answer.refused.status, 400);
    call_release(&c);
}

static void reports_of_kannel_are_final_by_their_type(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum sms_report report;
        bool final;
    } rows[] = {{"1", SMS_REPORT_DELIVERED, true}, {"2", SMS_REPORT_FAILED, true},
                {"4", SMS_REPORT_BUFFERED, false}, {"8", SMS_REPORT_BUFFERED, false},
                {"16", SMS_REPORT_FAILED, true},   {"32", SMS_REPORT_UNKNOWN, false},
                {"", SMS_REPORT_UNKNOWN, false},   {"what", SMS_REPORT_UNKNOWN, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char query[128];
        (void)snprintf(query, sizeof(query), "mid=c1-4&type=%s&smscid=abc&ts=1772328600",
                       rows[i].type);
        struct call c = {
            .provider = "kannel", .method = "GET", .tail = SECRET "/dlr", .query = query};
        assert_int_equal(call_run(&c), ERR_OK);
        assert_int_equal(c.items[0].kind, SMS_REPORT);
        assert_int_equal(c.items[0].report, rows[i].report);
        assert_int_equal(c.items[0].final, rows[i].final);
        assert_slice(c.items[0].message_id, "c1-4");
        assert_slice(c.items[0].provider_id, "abc");
        assert_slice(c.items[0].code, rows[i].type);
        call_release(&c);
    }
    struct call c = {
        .provider = "kannel", .method = "GET", .tail = SECRET "/dlr", .query = "mid=a%20b&type=1"};
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.items[0].kind, SMS_UNREADABLE); /* no id that could be ours */
    call_release(&c);
}

/* ---- Keys ---- */

static void key_of(const char *query, char out[SMS_KEY_SIZE])
{
    struct call c = kannel_mo(query);
    assert_int_equal(call_run(&c), ERR_OK);
    memcpy(out, c.items[0].key, SMS_KEY_SIZE);
    call_release(&c);
}

static void a_repeat_has_the_same_key_and_another_event_another(void **state)
{
    (void)state;
    char key[SMS_KEY_SIZE], other[SMS_KEY_SIZE];
    key_of("id=1&smsc=a&from=13912345678&text=x", key);
    key_of("id=1&smsc=a&from=13912345678&text=x", other);
    assert_string_equal(key, other);
    static const char *const queries[] = {
        "id=2&smsc=a&from=13912345678&text=x", "id=1&smsc=b&from=13912345678&text=x",
        "id=&smsc=a1&from=13912345678&text=x", "smsc=a&from=13912345678&text=x&ts=1",
        "smsc=a&from=13912345678&text=x&ts=2", "smsc=a&from=1391234567&text=8x&ts=2"};
    char keys[COUNT_OF(queries) + 1][SMS_KEY_SIZE];
    memcpy(keys[0], key, SMS_KEY_SIZE);
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        key_of(queries[i], keys[i + 1]);
        for (size_t k = 0; k <= i; k++) {
            assert_string_not_equal(keys[k], keys[i + 1]);
        }
    }
}

/* ---- Small parts ---- */

static void senders_that_are_no_subscribers_get_no_reply(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "13812341234", "+8613812341234", "008613812341234", "１３８１２３４１２３４",
        "19912341234", "+85291234567",   "+14158675309"};
    static const char *const no[] = {"",
                                     "12345",
                                     "12349",
                                     "110",
                                     "119",
                                     "120",
                                     "10086",
                                     "10010",
                                     "10000",
                                     "1008611",
                                     "95588",
                                     "95559",
                                     "9555801",
                                     "96123",
                                     "106",
                                     "1069",
                                     "10690000",
                                     "106912345678",
                                     "10655123456789",
                                     "1069012345678901",
                                     "10690123456789012345",
                                     "+8610690000",
                                     "8610690000",
                                     "+8695588",
                                     "+8612345",
                                     "400 123 4567",
                                     "8008201234",
                                     "AliPay",
                                     "支付宝",
                                     "021-62345678",
                                     "1381234123",
                                     "138123412345",
                                     "null",
                                     "\xff\xfe"};
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (!sms_reply_allowed(slice_of(yes[i]))) {
            fail_msg("%s may be answered", yes[i]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(no); i++) {
        if (sms_reply_allowed(slice_of(no[i]))) {
            fail_msg("%s must not be answered", no[i]);
        }
    }
    assert_false(sms_reply_allowed(slice_make(NULL, 0)));
}

static void times_are_read_with_and_without_seconds(void **state)
{
    (void)state;
    assert_true(sms_read_time(SLICE_LIT("2017-09-01 00:00:00"), INT64_C(28800000)) ==
                INT64_C(1504195200000));
    assert_true(sms_read_time(SLICE_LIT("2017-08-31 16:00"), 0) == INT64_C(1504195200000));
    static const char *const bad[] = {"",
                                      "2017-09-01",
                                      "2017-13-01 00:00:00",
                                      "2017-02-29 00:00:00",
                                      "2017-09-01T00:00:00",
                                      "2017-09-01 24:00:00",
                                      "2017-09-01 00:00:0x",
                                      "2017-09-01 00:00:00 x"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_true(sms_read_time(slice_of(bad[i]), 0) == 0);
    }
    assert_true(sms_read_epoch(SLICE_LIT("1457336869")) == INT64_C(1457336869000));
    assert_true(sms_read_epoch(SLICE_LIT("-1")) == 0 && sms_read_epoch(SLICE_LIT("")) == 0);
}

static void forms_are_read_as_bytes(void **state)
{
    (void)state;
    struct arena arena;
    struct sms_form form = {.count = 0};
    arena_init(&arena, 1 << 16);
    assert_int_equal(sms_form_add_query(&form, SLICE_LIT("a=1&&b=%00%ff+%2B&a=2&c&=x"), &arena),
                     ERR_OK);
    assert_int_equal(form.count, 5);
    assert_slice(sms_form_get(&form, "a"), "1");
    assert_true(slice_eq(sms_form_get(&form, "b"), slice_make("\0\xff +", 4)));
    assert_true(sms_form_get(&form, "c").ptr != NULL && sms_form_get(&form, "c").len == 0);
    assert_null(sms_form_get(&form, "d").ptr);
    static const char *const bad[] = {"a=%", "a=%4", "a=%4g", "%zz=1"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(sms_form_add_query(&form, slice_of(bad[i]), &arena), ERR_INPUT);
    }
    struct slice type = SLICE_LIT("Multipart/Form-Data; boundary=\"x;y\"");
    form = (struct sms_form){.count = 0};
    assert_int_equal(
        sms_form_add_body(&form, type,
                          SLICE_LIT("--x;y\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\n"
                                    "13812341234\r\n--x;y\r\nContent-Type: text/plain\r\n"
                                    "content-disposition: form-data; name=text\r\n\r\na=b&c\r\n\r\n"
                                    "--x;y--\r\n"),
                          &arena),
        ERR_OK);
    assert_slice(sms_form_get(&form, "from"), "13812341234");
    assert_slice(sms_form_get(&form, "text"), "a=b&c\r\n");
    static const char *const bad_parts[] = {
        "",
        "--x;y",
        "--x;y\r\n\r\nno name\r\n--x;y--",
        "--x;y\r\nContent-Disposition: form-data; name=a\r\n\r\nno end",
        "x--x;y\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x;y--",
    };
    for (size_t i = 0; i < COUNT_OF(bad_parts); i++) {
        assert_int_equal(sms_form_add_body(&form, type, slice_of(bad_parts[i]), &arena), ERR_INPUT);
    }
    assert_int_equal(
        sms_form_add_body(&form, SLICE_LIT("multipart/form-data"), SLICE_LIT("--\r\n"), &arena),
        ERR_INPUT);
    assert_int_equal(sms_form_add_body(&form, SLICE_LIT("text/plain"), SLICE_LIT("a=1"), &arena),
                     ERR_INPUT);
    arena_release(&arena);
}

static void every_operator_has_an_exact_answer(void **state)
{
    (void)state;
    static const struct {
        const char *name, *type, *body;
    } rows[] = {
        {"kannel", "text/plain", ""},
        {"aliyun", "application/json", "{\"code\":0,\"msg\":\"OK\"}"},
        {"twilio", "text/xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"},
        {"tencent", "application/json", "{\"result\":0,\"errmsg\":\"OK\"}"},
        {"courier", "application/json", "{\"message\":\"Message Accepted\",\"data\":[]}"},
    };
    size_t count;
    (void)sms_providers(&count);
    assert_int_equal(count, COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct sms_provider *p = sms_provider_find(slice_of(rows[i].name));
        assert_non_null(p);
        assert_int_equal(p->answer.stored.status, 200);
        assert_string_equal(p->answer.stored.content_type, rows[i].type);
        assert_string_equal(p->answer.stored.body, rows[i].body);
        assert_int_equal(p->answer.again.status, 503);
        assert_non_null(sms_codec_find(slice_of(rows[i].name)));
    }
    assert_null(sms_provider_find(SLICE_LIT("kannel2")));
    assert_null(sms_codec_find(SLICE_LIT("")));
    assert_string_equal(sms_report_word(SMS_REPORT_STOPPED), "stopped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_path_secret_lets_in_and_nothing_else),
        cmocka_unit_test(without_a_proper_secret_the_channel_is_closed),
        cmocka_unit_test(the_source_list_is_addresses_and_networks),
        cmocka_unit_test(a_message_of_kannel_is_read_by_its_coding),
        cmocka_unit_test(a_message_of_kannel_comes_by_post_as_well),
        cmocka_unit_test(parts_are_read_out_of_the_user_data_header),
        cmocka_unit_test(what_cannot_be_read_is_kept_with_its_sender),
        cmocka_unit_test(reports_of_kannel_are_final_by_their_type),
        cmocka_unit_test(a_repeat_has_the_same_key_and_another_event_another),
        cmocka_unit_test(senders_that_are_no_subscribers_get_no_reply),
        cmocka_unit_test(times_are_read_with_and_without_seconds),
        cmocka_unit_test(forms_are_read_as_bytes),
        cmocka_unit_test(every_operator_has_an_exact_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
