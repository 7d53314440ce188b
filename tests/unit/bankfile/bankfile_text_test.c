#include <stdio.h>
#include "integrations/pay/bankfile/text_profile.h"
#include "queue/base/file.h"
#include "tests/support/test.h"
#include "tests/unit/bankfile/site.h"

#define RARE "\xe4\xb6\xae\xf0\xac\xad\x8e\xe3\x9b\x83" /* 䶮𬭎㛃: none of them is in GBK */

static struct text_profile daifa; /* ops/pay/example_daifa.json */

static struct bankfile_batch batch_of(const struct pay_order *orders, size_t n)
{
    return (struct bankfile_batch){
        .msg_id = "JJ20260301ABCD",
        .created_ms = INT64_C(1772328600000),
        .execute_ms = INT64_C(1772328600000),
        .payer_name = "某县民政局",
        .payer_account = "1234567890123456",
        .payer_bank = "103100000026",
        .purpose = "临时救助",
        .orders = orders,
        .count = n,
    };
}

/* The whole file back as UTF-8. */
static void decode(enum text_encoding encoding, const struct buf *bytes, struct buf *out)
{
    struct text_coder *coder = NULL;
    assert_ok(text_coder_new(encoding, &coder));
    assert_ok(text_decode(coder, buf_slice(bytes), out));
    text_coder_free(coder);
}

static void the_example_is_written_in_gb18030_and_comes_back_the_same(void **state)
{
    (void)state;
    struct pay_order orders[2];
    struct buf bytes, text;
    buf_init(&bytes, BANKFILE_FILE_MAX);
    buf_init(&text, BANKFILE_FILE_MAX);
    bank_site_orders(orders, 1, 2);
    orders[0].payee_name = SLICE_LIT(RARE);
    orders[1].payee_name = SLICE_LIT("喆堃犇");
    struct bankfile_batch batch = batch_of(orders, 2);
    assert_ok(text_write(&daifa, &batch, &bytes, NULL));
    decode(TEXT_GB18030, &bytes, &text);
    assert_slice(buf_slice(&text), "H|JJ20260301ABCD|20260301|临时救助|1234567890123456|2|1603.00\r\n"
                                   "D|1|P1|" RARE "|6222020000000000000|102100099996|801.00|临时救助\r\n"
                                   "D|2|P2|喆堃犇|6222020000000000000|102100099996|802.00|临时救助\r\n"
                                   "T|2|1603.00\r\n");
    assert_null(strstr(bytes.ptr, RARE)); /* it is not UTF-8 */
    buf_release(&text);
    buf_release(&bytes);
}

static void gbk_refuses_rare_characters_and_names_the_row(void **state)
{
    (void)state;
    static struct text_profile p;
    struct pay_order orders[3];
    struct bankfile_fault fault;
    struct buf bytes;
    buf_init(&bytes, BANKFILE_FILE_MAX);
    bank_site_orders(orders, 1, 3);
    for (size_t i = 0; i < 3; i++) {
        orders[i].payee_name = SLICE_LIT("喆堃犇");
    }
    struct bankfile_batch batch = batch_of(orders, 3);
    p = daifa;
    p.encoding = TEXT_GBK;
    assert_ok(text_write(&p, &batch, &bytes, NULL));
    static const char *const rare[] = {"\xe4\xb6\xae", "\xf0\xac\xad\x8e", "\xe3\x9b\x83", "\xf0\xa0\x85\xa4"};
    for (size_t i = 0; i < COUNT_OF(rare); i++) {
        buf_clear(&bytes);
        orders[1].payee_name = slice_of(rare[i]);
        assert_int_equal(text_write(&p, &batch, &bytes, &fault), ERR_INPUT);
        assert_int_equal(fault.row, 2);
        assert_string_equal(fault.field, "name");
        assert_int_equal(bytes.len, 0);
        assert_ok(text_write(&daifa, &batch, &bytes, NULL)); /* GB18030 has it */
    }
    buf_release(&bytes);
}

static void what_does_not_fit_its_column_is_refused(void **state)
{
    (void)state;
    struct pay_order orders[2];
    struct bankfile_fault fault;
    struct buf bytes;
    buf_init(&bytes, BANKFILE_FILE_MAX);
    bank_site_orders(orders, 1, 2);
    struct bankfile_batch batch = batch_of(orders, 2);
    orders[1].payee_name = SLICE_LIT("张|三");
    assert_int_equal(text_write(&daifa, &batch, &bytes, &fault), ERR_INPUT);
    assert_int_equal(fault.row, 2);
    assert_string_equal(fault.reason, "holds the separator");
    bank_site_orders(orders, 1, 2);
    orders[0].payee_fa = SLICE_LIT("account:1234567890123456789012345678901234@bank"); /* 34; the column has 32 */
    assert_int_equal(text_write(&daifa, &batch, &bytes, &fault), ERR_INPUT);
    assert_int_equal(fault.row, 1);
    assert_string_equal(fault.field, "account");
    assert_string_equal(fault.reason, "is longer than its column");
    buf_release(&bytes);
}

static const char FIXED[] =
    "{\"format\":1,\"name\":\"fixed\",\"encoding\":\"GB18030\",\"line_end\":\"LF\",\"fixed\":true,\"amounts\":\"fen\","
    "\"dates\":\"YYYY-MM-DD\",\"suffix\":\".dat\",\"out\":{\"row\":[{\"field\":\"id\",\"width\":6},"
    "{\"field\":\"msg_id\",\"width\":14},{\"field\":\"name\",\"width\":12},{\"field\":\"id_number\",\"width\":18},"
    "{\"field\":\"account\",\"width\":20,\"align\":\"right\"},"
    "{\"field\":\"amount\",\"width\":12,\"align\":\"right\",\"pad\":\"0\"}]},"
    "\"back\":{\"row\":[{\"field\":\"id\",\"width\":6},{\"field\":\"skip\",\"width\":12},"
    "{\"field\":\"amount\",\"width\":12,\"align\":\"right\",\"pad\":\"0\"},{\"field\":\"date\",\"width\":10},"
    "{\"field\":\"code\",\"width\":8}],"
    "\"statement\":true,\"codes\":{\"成功\":\"succeeded\",\"失败\":\"failed\",\"退票\":\"returned\"}}}";

static void fixed_widths_count_bytes_of_the_encoding(void **state)
{
    (void)state;
    static struct text_profile p;
    struct pay_order order;
    struct bankfile_fault fault;
    struct buf bytes, text, why;
    buf_init(&bytes, BANKFILE_FILE_MAX);
    buf_init(&text, BANKFILE_FILE_MAX);
    buf_init(&why, 65536);
    enum err err = text_profile_read(slice_of(FIXED), &p, &why);
    if (err != ERR_OK) {
        print_error("%s", why.ptr);
    }
    assert_ok(err);
    bank_site_orders(&order, 1, 1);
    order.payee_name = SLICE_LIT("张三"); /* 4 bytes there */
    struct bankfile_batch batch = batch_of(&order, 1);
    assert_int_equal(text_write(&p, &batch, &bytes, &fault), ERR_INPUT); /* the bank wants the identity number */
    assert_string_equal(fault.field, "id_number");
    order.payee_id_number = SLICE_LIT("11010519491231002X");
    assert_ok(text_write(&p, &batch, &bytes, NULL));
    assert_int_equal(bytes.len, 6 + 14 + 12 + 18 + 20 + 12 + 1);
    decode(TEXT_GB18030, &bytes, &text);
    assert_slice(buf_slice(&text),
                 "P1    JJ20260301ABCD张三        11010519491231002X 6222020000000000000000000080100\n");
    order.payee_name = SLICE_LIT("张三李四王五赵"); /* 14 bytes */
    buf_clear(&bytes);
    assert_int_equal(text_write(&p, &batch, &bytes, &fault), ERR_INPUT);
    assert_string_equal(fault.field, "name");

    struct bankfile_news news = {0};
    struct text_coder *coder = NULL;
    assert_ok(text_coder_new(TEXT_GB18030, &coder));
    buf_clear(&bytes);
    assert_ok(text_encode(coder,
                          SLICE_LIT("P1    张三        0000000801002026-03-02成功    \n"
                                    "P2    李四        0000000802002026-03-02退票\n"
                                    "P3    李四        0000000803002026-03-02可疑    \n"
                                    "P4    李四        00000008x4002026-03-02成功    \n"
                                    "short\n"),
                          &bytes));
    assert_ok(text_read(&p, buf_slice(&bytes), &news, NULL));
    assert_false(text_profile_has_end(&p));
    assert_int_equal(news.result_count, 4);
    assert_int_equal(news.results[0].outcome, PAY_SUCCEEDED);
    assert_int_equal(news.results[0].amount_fen, 80100);
    assert_int_equal(news.results[1].outcome, PAY_RETURNED);
    assert_int_equal(news.results[2].outcome, PAY_UNKNOWN); /* not in the table */
    assert_int_equal(news.results[3].outcome, PAY_UNKNOWN); /* its amount cannot be read */
    assert_int_equal(news.odd, 2);
    assert_int_equal(news.line_count, 2);
    assert_true(news.lines[1].returned && news.lines[1].side == STATEMENT_CREDIT);
    assert_int_equal(news.lines[0].date_ms, INT64_C(1772380800000));
    bankfile_news_release(&news);
    text_coder_free(coder);
    buf_release(&bytes);
    buf_release(&text);
    buf_release(&why);
}

static void a_separator_inside_a_character_is_no_separator(void **state)
{
    (void)state;
    struct bankfile_news news = {0};
    /* 0x81 0x7C is one character of GBK: the name ends behind it */
    static const char bytes[] = "H|JJ1|20260302\r\nD|P1|\x81\x7c\x81\x7c|801.00|0000|\x81\x7c|B1\r\nT|1|801.00\r\n";
    assert_ok(text_read(&daifa, slice_make(bytes, sizeof(bytes) - 1), &news, NULL));
    assert_int_equal(news.result_count, 1);
    assert_int_equal(news.results[0].outcome, PAY_SUCCEEDED);
    assert_string_equal(news.results[0].provider_ref, "B1");
    assert_int_equal(news.odd, 0);
    bankfile_news_release(&news);
}

static void a_separator_behind_the_last_column_is_written_and_read(void **state)
{
    (void)state;
    static struct text_profile p;
    struct pay_order order;
    struct buf bytes;
    struct bankfile_news news = {0};
    p = daifa;
    p.separator_at_end = true;
    p.crlf = false;
    buf_init(&bytes, BANKFILE_FILE_MAX);
    bank_site_orders(&order, 1, 1);
    order.payee_name = SLICE_LIT("A");
    order.note = SLICE_LIT("");
    struct bankfile_batch batch = batch_of(&order, 1);
    batch.purpose = "";
    assert_ok(text_write(&p, &batch, &bytes, NULL));
    assert_slice(buf_slice(&bytes), "H|JJ20260301ABCD|20260301||1234567890123456|1|801.00|\n"
                                    "D|1|P1|A|6222020000000000000|102100099996|801.00||\nT|1|801.00|\n");
    assert_ok(text_read(&p, SLICE_LIT("H|JJ1|20260302|\nD|P1|x|801.00|0000||B1|\nT|1|801.00\n"), &news, NULL));
    assert_int_equal(news.results[0].outcome, PAY_SUCCEEDED);
    assert_string_equal(news.results[0].provider_ref, "B1");
    bankfile_news_release(&news);
    buf_release(&bytes);
}

static void codes_map_by_the_profile_unlisted_is_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum pay_outcome outcome;
    } rows[] = {{"0000", PAY_SUCCEEDED}, {"0001", PAY_ACCEPTED}, {"1001", PAY_FAILED}, {"2001", PAY_RETURNED},
                {"9999", PAY_UNKNOWN},   {"7777", PAY_UNKNOWN},  {"", PAY_UNKNOWN},    {" 0000 ", PAY_SUCCEEDED}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bankfile_news news = {0};
        char text[200];
        int len = snprintf(text, sizeof(text), "H|JJ1|20260302\nD|P1|x|801.00|%s||B1\nT|1|801.00\n", rows[i].code);
        assert_ok(text_read(&daifa, slice_make(text, (size_t)len), &news, NULL));
        assert_int_equal(news.results[0].outcome, rows[i].outcome);
        assert_string_equal(news.about_msg_id, "JJ1");
        bankfile_news_release(&news);
    }
}

static void half_and_wrong_files_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        bool incomplete;
    } rows[] = {
        {"H|JJ1|20260302\nD|P1|x|801.00|0000||B1\nT|1|801.00", ERR_OK, false}, /* no line end behind the tail */
        {"H|JJ1|20260302\nT|0|0.00\n", ERR_OK, false},
        {"H|JJ1|20260302\nD|P1|x|801.00|0000||B1\n", ERR_INPUT, true},
        {"H|JJ1|20260302\nD|P1|x|801.00|0000||B1\nT|1", ERR_INPUT, true},
        {"H|JJ1|20260302\n", ERR_INPUT, true},
        {"H|JJ1|20260302\nD|P1|x|801.00|0000||B1\nT|2|801.00\n", ERR_INPUT, false},
        {"H|JJ1|20260302\nD|P1|x|801.00|0000||B1\nT|1|801.01\n", ERR_INPUT, false},
        {"H|JJ1|20260302\nD|P1|x|801.00|0000||B1\nT|x|801.00\n", ERR_INPUT, false},
        {"X|JJ1|20260302\nT|0|0.00\n", ERR_INPUT, false},
        {"H|JJ1|20260230\nT|0|0.00\n", ERR_INPUT, false},
        {"H|JJ-1|20260302\nT|0|0.00\n", ERR_INPUT, false},
        {"H|JJ1|20260302|more\nT|0|0.00\n", ERR_INPUT, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bankfile_news news = {0};
        struct bankfile_why why = {false, 0, ""};
        assert_int_equal(text_read(&daifa, slice_of(rows[i].text), &news, &why), rows[i].err);
        assert_int_equal(why.incomplete, rows[i].incomplete);
        bankfile_news_release(&news);
    }
}

static void a_row_that_cannot_be_read_concludes_nothing(void **state)
{
    (void)state;
    struct bankfile_news news = {0};
    static const char text[] = "H|JJ1|20260302\nD|P1|x|801.00|0000||B1\nD|no id!|x|801.00|0000||\nD|P3|x\n"
                               "D|P4|x|1.005|0000||\nX|P5|x|1.00|0000||\nD|P6|\xff\xff|1.00|0000||\nT|6|801.00\n";
    assert_ok(
        text_read(&daifa, slice_of(text), &news, NULL)); /* not every amount is read: the sum cannot be compared */
    assert_int_equal(news.odd, 5);
    assert_int_equal(news.result_count, 2);
    assert_string_equal(news.results[0].id, "P1");
    assert_string_equal(news.results[1].id, "P4");
    assert_int_equal(news.results[1].outcome, PAY_UNKNOWN);
    bankfile_news_release(&news);
}

/* The shipped example with one text replaced by another. */
static void profile_with(const char *from, const char *to, struct buf *out)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_clear(out);
    assert_ok(file_read("ops/pay/example_daifa.json", &text));
    char *at = strstr(text.ptr, from);
    assert_non_null(at);
    buf_put(out, text.ptr, (size_t)(at - text.ptr));
    buf_put_text(out, to);
    buf_put_text(out, at + strlen(from));
    buf_release(&text);
}

static void a_profile_is_checked_with_line_and_pointer(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *fault;
    } rows[] = {
        {"\"format\": 1", "\"format\": 2", "/format: "},
        {"\"GB18030\"", "\"BIG5\"", "line 5: /encoding: must be"},
        {"\"separator\": \"|\"", "\"separator\": \"||\"", "/separator: "},
        {"\"fixed\": false", "\"fixed\": true", "/separator: "},
        {"\"suffix\": \".txt\"", "\"suffix\": \".tmp\"", "/suffix: "},
        {"\"suffix\": \".txt\"", "\"suffix\": \"/../x\"", "/suffix: "},
        {"{ \"field\": \"msg_id\" },", "", "/out: needs a column \"msg_id\""},
        {"{ \"field\": \"name\", \"width\": 80 },", "", "/out/row: needs a column \"name\""},
        {"{ \"field\": \"name\", \"width\": 80 }", "{ \"field\": \"nome\", \"width\": 80 }", "/out/row/3/field: "},
        {"{ \"field\": \"name\", \"width\": 80 }", "{ \"field\": \"code\" }", "/out/row/3/field: "},
        {"{ \"field\": \"name\", \"width\": 80 }", "{ \"field\": \"name\", \"wide\": 80 }", "/out/row/3"},
        {"{ \"field\": \"seq\" }", "{ \"field\": \"seq\", \"pad\": \"0\" }", "/out/row/1/pad: "},
        {"{ \"field\": \"code\" },", "", "/back/row: needs a column \"code\""},
        {"\"0000\": \"succeeded\"", "\"0000\": \"failed\"", "/back/codes: has no code for succeeded"},
        {"\"9999\": \"unknown\"", "\"9999\": \"not_found\"", "/back/codes/9999: must be one of"},
        {"\"statement\": false", "\"statement\": \"no\"", "/back/statement: "},
        {"\"text\": \"T\"", "\"text\": \"T|\"", "holds the separator"},
        {"\"codes\": {", "\"extra\": 1, \"codes\": {", "/back"},
    };
    static struct text_profile p;
    struct buf text, why;
    buf_init(&text, 65536);
    buf_init(&why, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        profile_with(rows[i].from, rows[i].to, &text);
        buf_clear(&why);
        assert_int_equal(text_profile_read(buf_slice(&text), &p, &why), ERR_INPUT);
        if (strstr(why.ptr, rows[i].fault) == NULL) {
            print_error("row %zu: %s", i, why.ptr);
        }
        assert_non_null(strstr(why.ptr, rows[i].fault));
    }
    assert_int_equal(text_profile_load("ops/pay/nothing.json", &p, NULL), ERR_NOT_FOUND);
    buf_release(&text);
    buf_release(&why);
}

static int load_example(void **state)
{
    (void)state;
    struct buf why;
    buf_init(&why, 65536);
    enum err err = text_profile_load("ops/pay/example_daifa.json", &daifa, &why);
    if (err != ERR_OK) {
        print_error("%s", why.ptr == NULL ? "no file" : why.ptr);
    }
    buf_release(&why);
    return err == ERR_OK ? 0 : -1;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_written_in_gb18030_and_comes_back_the_same),
        cmocka_unit_test(gbk_refuses_rare_characters_and_names_the_row),
        cmocka_unit_test(what_does_not_fit_its_column_is_refused),
        cmocka_unit_test(fixed_widths_count_bytes_of_the_encoding),
        cmocka_unit_test(a_separator_inside_a_character_is_no_separator),
        cmocka_unit_test(a_separator_behind_the_last_column_is_written_and_read),
        cmocka_unit_test(codes_map_by_the_profile_unlisted_is_unknown),
        cmocka_unit_test(half_and_wrong_files_are_told_apart),
        cmocka_unit_test(a_row_that_cannot_be_read_concludes_nothing),
        cmocka_unit_test(a_profile_is_checked_with_line_and_pointer),
    };
    return cmocka_run_group_tests(tests, load_example, NULL);
}
