#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/base/file.h"
#include "queue/base/log.h"
#include "tests/support/test.h"
#include "tests/unit/bankfile/site.h"

struct fixture {
    struct bank_site site;
    struct bankfile_rail *rail;
    struct pay_rail pay;
    struct pay_order orders[8];
    struct pay_result results[8];
};

static void start(struct fixture *f, const struct text_profile *text)
{
    bank_site_make(&f->site);
    f->rail = bank_site_rail(&f->site, text);
    f->pay = bankfile_pay_rail(f->rail);
    bank_site_orders(f->orders, 1, 8);
}

static void finish(struct fixture *f)
{
    bankfile_rail_free(f->rail);
    bank_site_remove(&f->site);
}

static void put(struct fixture *f, const char *name, const char *text)
{
    bank_site_put(f->site.in, name, slice_of(text));
}

static size_t files_in(struct fixture *f, const char *sub)
{
    char folder[128];
    snprintf(folder, sizeof(folder), "%s/%s", f->site.in, sub);
    return bank_site_files(folder, NULL);
}

/* Is there a file in bad/ with this content? */
static bool has_reason(struct fixture *f, const char *text)
{
    char folder[128];
    bool found = false;
    snprintf(folder, sizeof(folder), "%s/bad", f->site.in);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (strstr(e->d_name, ".reason") != NULL) {
            struct buf bytes;
            bank_site_read(folder, e->d_name, &bytes);
            found = found || slice_is(buf_slice(&bytes), text);
            buf_release(&bytes);
        }
    }
    closedir(dir);
    return found;
}

static void the_same_orders_again_go_into_no_second_file(void **state)
{
    (void)state;
    struct fixture f;
    char first[PAY_REF_SIZE];
    start(&f, NULL);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 3, f.results));
    memcpy(first, f.results[0].provider_ref, sizeof(first));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(f.results[i].outcome, PAY_ACCEPTED);
        assert_string_equal(f.results[i].id, f.orders[i].id);
    }
    assert_int_equal(bank_site_files(f.site.out, NULL), 1);
    bank_site_wait(&f.site, INT64_C(86400000));
    assert_ok(f.pay.disburse(f.pay.self, f.orders + 2, 1, f.results)); /* alone, on another day */
    assert_string_equal(f.results[0].provider_ref, first);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 5, f.results)); /* with two new ones */
    assert_string_equal(f.results[0].provider_ref, first);
    assert_string_not_equal(f.results[4].provider_ref, first);
    assert_int_equal(bank_site_files(f.site.out, NULL), 2);
    finish(&f);
}

static void a_query_answers_from_the_books(void **state)
{
    (void)state;
    struct fixture f;
    const char *const ids[] = {"P1", "P2"};
    start(&f, NULL);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 1, f.results));
    assert_ok(f.pay.query(f.pay.self, ids, 2, f.results));
    assert_int_equal(f.results[0].outcome, PAY_ACCEPTED);
    assert_int_equal(f.results[1].outcome, PAY_NOT_FOUND);
    finish(&f);
}

static void an_order_that_no_file_can_carry_fails_alone(void **state)
{
    (void)state;
    struct fixture f;
    char name[256];
    struct buf bytes;
    start(&f, NULL);
    f.orders[1].payee_name = SLICE_LIT("");
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 3, f.results));
    assert_int_equal(f.results[0].outcome, PAY_ACCEPTED);
    assert_int_equal(f.results[1].outcome, PAY_FAILED);
    assert_string_equal(f.results[1].reason_code, "[name]");
    assert_int_equal(f.results[2].outcome, PAY_ACCEPTED);
    assert_int_equal(bank_site_files(f.site.out, name), 1);
    bank_site_read(f.site.out, name, &bytes);
    assert_non_null(strstr(bytes.ptr, "<NbOfTxs>2</NbOfTxs>"));
    assert_null(strstr(bytes.ptr, "<EndToEndId>P2<"));
    buf_release(&bytes);
    f.orders[4].payee_name = SLICE_LIT(""); /* alone, there is no file at all */
    assert_ok(f.pay.disburse(f.pay.self, f.orders + 4, 1, f.results));
    assert_int_equal(f.results[0].outcome, PAY_FAILED);
    assert_int_equal(bank_site_files(f.site.out, NULL), 1);
    finish(&f);
}

static void an_id_twice_in_one_call_is_refused_before_anything_is_kept(void **state)
{
    (void)state;
    struct fixture f;
    const char *const ids[] = {"P1"};
    start(&f, NULL);
    f.orders[2] = f.orders[0];
    f.results[0].amount_fen = 77;
    assert_int_equal(f.pay.disburse(f.pay.self, f.orders, 3, f.results), ERR_INPUT);
    assert_int_equal(f.results[0].amount_fen, 77);
    assert_ok(f.pay.query(f.pay.self, ids, 1, f.results));
    assert_int_equal(f.results[0].outcome, PAY_NOT_FOUND);
    assert_int_equal(f.pay.disburse(f.pay.self, f.orders, 0, f.results), ERR_INPUT);
    assert_int_equal(f.pay.disburse(f.pay.self, f.orders, PAY_BATCH_MAX + 1, f.results), ERR_INPUT);
    finish(&f);
}

static void amounts_outside_of_the_profile_fail_alone(void **state)
{
    (void)state;
    struct fixture f;
    struct pay_profile profile = {.batch_max = 3, .amount_min_fen = 100, .amount_max_fen = 80200};
    start(&f, NULL);
    bankfile_rail_free(f.rail);
    struct drop drop;
    struct bankfile_rail_options options = {.name = "bank",
                                            .msg_prefix = "JJ",
                                            .registry_folder = f.site.registry,
                                            .payer_name = "某县民政局",
                                            .payer_account = "1234567890123456",
                                            .payer_bank = "103100000026",
                                            .purpose = "",
                                            .profile = &profile};
    assert_ok(drop_folder(f.site.out, f.site.in, &drop));
    options.payer_bank = "1031"; /* settings that no file can be made of are refused at the start */
    assert_int_equal(bankfile_rail_new(&options, drop, &f.rail), ERR_INPUT);
    options.payer_bank = "103100000026";
    options.msg_prefix = "J-J";
    assert_int_equal(bankfile_rail_new(&options, drop, &f.rail), ERR_INPUT);
    options.msg_prefix = "JJ";
    options.registry_folder = f.site.out;
    assert_int_equal(bankfile_rail_new(&options, drop, &f.rail), ERR_NOT_FOUND);
    options.registry_folder = f.site.registry;
    assert_ok(bankfile_rail_new(&options, drop, &f.rail));
    f.pay = bankfile_pay_rail(f.rail);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 3, f.results));
    assert_int_equal(f.results[1].outcome, PAY_ACCEPTED);
    assert_int_equal(f.results[2].outcome, PAY_FAILED);
    assert_string_equal(f.results[2].reason_code, "[amount]");
    assert_int_equal(f.pay.disburse(f.pay.self, f.orders, 4, f.results), ERR_INPUT);
    finish(&f);
}

static void a_statement_of_another_account_is_put_aside(void **state)
{
    (void)state;
    struct fixture f;
    struct pay_collection c;
    struct buf text;
    start(&f, NULL);
    bank_site_read("tests/support/bankfile", "camt.053.xml", &text);
    bank_site_put(f.site.in, "ours.xml", buf_slice(&text));
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_int_equal(c.line_count, 2);
    size_t heads = 0;
    assert_true(bankfile_rail_heads(f.rail, &heads)->balanced);
    assert_int_equal(heads, 1);
    assert_ok(f.pay.collect_done(f.pay.self));
    char *account = strstr(text.ptr, "1234567890123456");
    assert_non_null(account);
    account[0] = '9';
    bank_site_put(f.site.in, "other.xml", buf_slice(&text));
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "");
    assert_true(has_reason(&f, "line 0: a statement of another account than ours\n"));
    buf_release(&text);
    finish(&f);
}

static void other_bytes_under_a_msg_id_are_refused(void **state)
{
    (void)state;
    struct bank_site s;
    struct registry *r = NULL;
    struct pay_order order;
    struct buf out;
    char there[BANKFILE_MSG_ID_SIZE];
    enum registry_state st = REGISTRY_SENT;
    bank_site_make(&s);
    bank_site_orders(&order, 1, 1);
    buf_init(&out, 4096);
    assert_ok(registry_open(s.registry, &r));
    assert_ok(registry_lock(r));
    assert_ok(registry_state(r, "M1", &st));
    assert_int_equal(st, REGISTRY_NONE);
    assert_ok(registry_put(r, "M1", &order, 1, SLICE_LIT("one")));
    assert_ok(registry_put(r, "M1", &order, 1, SLICE_LIT("one")));
    assert_int_equal(registry_put(r, "M1", &order, 1, SLICE_LIT("two")), ERR_KEY_REUSED);
    assert_ok(registry_get(r, "M1", &out));
    assert_slice(buf_slice(&out), "one");
    assert_int_equal(registry_find(r, "P1", there), ERR_NOT_FOUND);
    assert_ok(registry_claim(r, "M1"));
    assert_ok(registry_find(r, "P1", there));
    assert_string_equal(there, "M1");
    assert_ok(registry_put(r, "M2", &order, 1, SLICE_LIT("one"))); /* the order is in M1 already */
    assert_int_equal(registry_claim(r, "M2"), ERR_KEY_REUSED);
    assert_int_equal(registry_put(r, "M-2", &order, 1, SLICE_LIT("x")), ERR_INPUT);
    char path[256];
    snprintf(path, sizeof(path), "%s/files", s.registry);
    bank_site_put(path, "M1.bytes", SLICE_LIT("changed"));
    buf_clear(&out);
    assert_int_equal(registry_get(r, "M1", &out), ERR_CORRUPT);
    snprintf(path, sizeof(path), "%s/files/M1.bytes", s.registry);
    assert_int_equal(unlink(path), 0); /* even without its bytes the hash binds the MsgId */
    assert_int_equal(registry_put(r, "M1", &order, 1, SLICE_LIT("two")), ERR_KEY_REUSED);
    registry_unlock(r);
    registry_close(r);
    assert_int_equal(registry_open(s.out, &r), ERR_NOT_FOUND); /* none is made by itself */
    assert_int_equal(registry_create(s.registry), ERR_CONFLICT);
    buf_release(&out);
    bank_site_remove(&s);
}

static void a_drop_that_fails_is_caught_up_later(void **state)
{
    (void)state;
    struct fixture f;
    char away[128];
    size_t left = 0;
    start(&f, NULL);
    snprintf(away, sizeof(away), "%s-away", f.site.out);
    assert_int_equal(rename(f.site.out, away), 0);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 2, f.results));
    assert_int_equal(f.results[0].outcome, PAY_ACCEPTED); /* durable with us */
    assert_int_equal(bankfile_rail_deliver(f.rail, &left), ERR_IO);
    assert_int_equal(left, 1);
    assert_int_equal(rename(away, f.site.out), 0);
    struct pay_collection c;
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "");
    assert_int_equal(bank_site_files(f.site.out, NULL), 1);
    finish(&f);
}

static void while_payments_are_stopped_nothing_goes_out(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, NULL);
    bankfile_rail_pause(f.rail, true);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 2, f.results));
    assert_int_equal(f.results[0].outcome, PAY_UNKNOWN);
    assert_true(f.results[0].not_taken);
    assert_int_equal(bank_site_files(f.site.out, NULL), 0);
    bankfile_rail_pause(f.rail, false);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 2, f.results));
    assert_int_equal(f.results[0].outcome, PAY_ACCEPTED);
    finish(&f);
}

#define REPORT(about, group)                                                                                       \
    "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\"><CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId>" \
    "</GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>%s</OrgnlMsgId>" group                                                \
    "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>P2</OrgnlEndToEndId><TxSts>ACSC</TxSts>" \
    "</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"

static void a_rejected_file_fails_the_orders_that_are_not_told_otherwise(void **state)
{
    (void)state;
    struct fixture f;
    struct pay_collection c;
    char text[2000];
    start(&f, NULL);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 3, f.results));
    snprintf(text, sizeof(text), REPORT("%s", "<GrpSts>RJCT</GrpSts>"), f.results[0].provider_ref);
    put(&f, "status.xml", text);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "status.xml");
    assert_int_equal(strlen(c.sha256), 64);
    assert_int_equal(c.result_count, 3);
    for (size_t i = 0; i < 3; i++) {
        bool second = strcmp(c.results[i].id, "P2") == 0;
        assert_int_equal(c.results[i].outcome, second ? PAY_SUCCEEDED : PAY_FAILED);
    }
    /* not stored yet: it comes again */
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_int_equal(c.result_count, 3);
    assert_ok(f.pay.collect_done(f.pay.self));
    assert_ok(f.pay.collect_done(f.pay.self));
    assert_int_equal(files_in(&f, "done"), 1);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "");
    /* the same file once more: it is harmless, and nothing is lost */
    put(&f, "status.xml", text);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_int_equal(c.result_count, 3);
    assert_ok(f.pay.collect_done(f.pay.self));
    assert_int_equal(files_in(&f, "done"), 1);
    /* a report about a file that is not ours fails nobody, and pays nobody */
    snprintf(text, sizeof(text), REPORT("%s", "<GrpSts>RJCT</GrpSts>"), "STRANGER1");
    put(&f, "other.xml", text);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_int_equal(c.result_count, 1);
    assert_int_equal(c.results[0].outcome, PAY_UNKNOWN);
    assert_string_equal(c.results[0].reason_code, "[another file]");
    finish(&f);
}

static void a_file_that_changed_since_it_was_read_is_not_put_away(void **state)
{
    (void)state;
    struct fixture f;
    struct pay_collection c;
    char text[2000];
    start(&f, NULL);
    snprintf(text, sizeof(text), REPORT("%s", ""), "JJ1");
    put(&f, "status.xml", text);
    assert_ok(f.pay.collect(f.pay.self, &c));
    snprintf(text, sizeof(text), REPORT("%s", ""), "JJ2");
    put(&f, "status.xml", text);
    assert_ok(f.pay.collect_done(f.pay.self));
    assert_int_equal(files_in(&f, "done"), 0);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "status.xml");
    assert_ok(f.pay.collect_done(f.pay.self));
    assert_int_equal(files_in(&f, "done"), 1);
    finish(&f);
}

static void half_files_wait_and_unreadable_ones_are_put_aside_with_the_reason(void **state)
{
    (void)state;
    struct fixture f;
    struct pay_collection c;
    char text[2000];
    start(&f, NULL);
    snprintf(text, sizeof(text), REPORT("%s", ""), "JJ1");
    put(&f, "a-half.xml", "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\"><Cstmr");
    put(&f, "b-empty.xml", "");
    put(&f, "c-bad.xml", "<Document><oops></Document>");
    put(&f, "d-bad.bin", "\x01\x02");
    put(&f, "e.xml.tmp", text);
    put(&f, ".f.xml", text);
    put(&f, "z-good.xml", text);
    assert_ok(f.pay.collect(f.pay.self, &c)); /* the bad ones do not keep the good one back */
    assert_string_equal(c.source, "z-good.xml");
    assert_ok(f.pay.collect_done(f.pay.self));
    assert_int_equal(files_in(&f, "bad"), 4); /* two, each with its reason */
    assert_true(has_reason(&f, "line 1: not a document of the expected kind\n") ||
                has_reason(&f, "line 1: not well-formed XML\n"));
    assert_true(has_reason(&f, "line 0: not XML\n"));
    bank_site_wait(&f.site, 3599000);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "");
    put(&f, "a-half.xml",
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\"><CstmrPmt"); /* it grows */
    assert_ok(f.pay.collect(f.pay.self, &c));
    bank_site_wait(&f.site, 1000);
    assert_ok(f.pay.collect(f.pay.self, &c)); /* the empty one has not changed for an hour, the other one has */
    assert_int_equal(files_in(&f, "bad"), 6);
    bank_site_wait(&f.site, 3600000);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_int_equal(files_in(&f, "bad"), 8);
    assert_int_equal(files_in(&f, ""), 1); /* e.xml.tmp */
    finish(&f);
}

static void a_text_file_without_a_tail_must_rest_before_it_is_taken(void **state)
{
    (void)state;
    static struct text_profile p;
    struct fixture f;
    struct pay_collection c;
    assert_ok(text_profile_load("ops/pay/example_daifa.json", &p, NULL));
    p.back_tail.count = 0;
    start(&f, &p);
    assert_ok(f.pay.disburse(f.pay.self, f.orders, 2, f.results));
    char name[256];
    assert_int_equal(bank_site_files(f.site.out, name), 1);
    assert_non_null(strstr(name, ".txt"));
    char text[256];
    snprintf(text, sizeof(text), "H|%s|20260302\nD|P1|x|801.00|0000||B1\n", f.results[0].provider_ref);
    put(&f, "result.txt", text);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "");
    bank_site_wait(&f.site, 59999);
    snprintf(text, sizeof(text), "H|%s|20260302\nD|P1|x|801.00|0000||B1\nD|P2|x|802.00|1001||\n",
             f.results[0].provider_ref);
    put(&f, "result.txt", text);
    assert_ok(f.pay.collect(f.pay.self, &c));
    bank_site_wait(&f.site, 59999);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "");
    bank_site_wait(&f.site, 1);
    assert_ok(f.pay.collect(f.pay.self, &c));
    assert_string_equal(c.source, "result.txt");
    assert_int_equal(c.result_count, 2);
    assert_int_equal(c.results[1].outcome, PAY_FAILED);
    finish(&f);
}

static void names_that_are_no_file_names_are_passed_over(void **state)
{
    (void)state;
    static const char *const good[] = {"a.xml", "结果20260302.txt", "A b-c_1.dat"};
    static const char *const bad[] = {"", ".x", "-x", "a/b", "a\"b", "a\nb", "a*", "\xff"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(drop_name_valid(slice_of(good[i])));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(drop_name_valid(slice_of(bad[i])));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_orders_again_go_into_no_second_file),
        cmocka_unit_test(a_query_answers_from_the_books),
        cmocka_unit_test(an_order_that_no_file_can_carry_fails_alone),
        cmocka_unit_test(an_id_twice_in_one_call_is_refused_before_anything_is_kept),
        cmocka_unit_test(amounts_outside_of_the_profile_fail_alone),
        cmocka_unit_test(a_statement_of_another_account_is_put_aside),
        cmocka_unit_test(other_bytes_under_a_msg_id_are_refused),
        cmocka_unit_test(a_drop_that_fails_is_caught_up_later),
        cmocka_unit_test(while_payments_are_stopped_nothing_goes_out),
        cmocka_unit_test(a_rejected_file_fails_the_orders_that_are_not_told_otherwise),
        cmocka_unit_test(a_file_that_changed_since_it_was_read_is_not_put_away),
        cmocka_unit_test(half_files_wait_and_unreadable_ones_are_put_aside_with_the_reason),
        cmocka_unit_test(a_text_file_without_a_tail_must_rest_before_it_is_taken),
        cmocka_unit_test(names_that_are_no_file_names_are_passed_over),
    };
    log_setup("bankfile_rail_test", LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
