/* Every allocation of ours fails once: the answer is "no memory", nothing leaks, outputs are as before. */
#include <stdio.h>
#include "integrations/pay/bankfile/camt.h"
#include "integrations/pay/bankfile/pain001.h"
#include "integrations/pay/bankfile/pain002.h"
#include "integrations/pay/bankfile/text_profile.h"
#include "queue/base/file.h"
#include "queue/base/log.h"
#include "queue/domain/reconcile.h"
#include "tests/support/test.h"
#include "tests/unit/bankfile/site.h"

static long fail_at = -1; /* allocations from now, -1 = never */
static bool failed;

static bool fails_now(void)
{
    if (fail_at < 0 || fail_at-- > 0) {
        return false;
    }
    failed = true;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

static struct pay_order orders[100];
static struct text_profile layout;
static struct buf pain002, camt053;

static struct bankfile_batch batch(void)
{
    return (struct bankfile_batch){
        .msg_id = "JJ1",
        .payer_name = "某县民政局",
        .payer_account = "1234567890123456",
        .payer_bank = "103100000026",
        .purpose = "",
        .orders = orders,
        .count = COUNT_OF(orders),
    };
}

static enum err write_xml(void)
{
    struct bankfile_batch b = batch();
    struct buf out;
    buf_init(&out, BANKFILE_FILE_MAX);
    enum err err = pain001_write(&b, &out, NULL);
    buf_release(&out);
    return err;
}

static enum err write_text(void)
{
    struct bankfile_batch b = batch();
    struct buf out;
    buf_init(&out, BANKFILE_FILE_MAX);
    enum err err = text_write(&layout, &b, &out, NULL);
    buf_release(&out);
    return err;
}

static enum err read_report(void)
{
    struct bankfile_news news = {0};
    enum err err = pain002_read(buf_slice(&pain002), &news, NULL);
    bankfile_news_release(&news);
    return err;
}

static enum err read_statement(void)
{
    struct bankfile_news news = {0};
    enum err err = camt_read(buf_slice(&camt053), &news, NULL);
    bankfile_news_release(&news);
    return err;
}

static enum err read_profile(void)
{
    static struct text_profile p;
    return text_profile_load("ops/pay/example_daifa.json", &p, NULL);
}

static enum err run_reconcile(void)
{
    static struct reconcile_payment payments[3];
    static struct statement_line lines[3];
    for (size_t i = 0; i < 3; i++) {
        payments[i].amount_fen = lines[i].amount_fen = 100;
        snprintf(payments[i].id, sizeof(payments[i].id), "P%zu", i);
        snprintf(lines[i].our_id, sizeof(lines[i].our_id), "P%zu", i);
    }
    struct reconcile_input in = {lines, 3, payments, 3, {0, 0}, 0};
    struct reconcile_result r;
    enum err err = reconcile(&in, &r);
    if (err == ERR_OK) {
        reconcile_release(&r);
    }
    return err;
}

/* The whole rail: whatever fails, an order is told UNKNOWN or the call is refused, and afterwards it goes out once. */
static enum err run_rail(void)
{
    struct bank_site s;
    struct pay_result results[3];
    long at = fail_at;
    fail_at = -1;
    bank_site_make(&s);
    struct bankfile_rail *rail = bank_site_rail(&s, NULL);
    struct pay_rail pay = bankfile_pay_rail(rail);
    fail_at = at;
    enum err err = pay.disburse(pay.self, orders, 3, results);
    fail_at = -1;
    if (err == ERR_OK && failed) {
        for (size_t i = 0; i < 3; i++) {
            assert_true(results[i].outcome == PAY_ACCEPTED || results[i].outcome == PAY_UNKNOWN);
        }
        err = ERR_NO_MEMORY;
    }
    assert_ok(pay.disburse(pay.self, orders, 3, results));
    assert_int_equal(results[2].outcome, PAY_ACCEPTED);
    assert_int_equal(bank_site_files(s.out, NULL), 1);
    bankfile_rail_free(rail);
    bank_site_remove(&s);
    return err;
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    static enum err (*const works[])(void) = {write_xml,    write_text,    read_report, read_statement,
                                              read_profile, run_reconcile, run_rail};
    for (size_t w = 0; w < COUNT_OF(works); w++) {
        long at = 0;
        do {
            failed = false;
            fail_at = at++;
            enum err err = works[w]();
            fail_at = -1;
            if (failed && err != ERR_NO_MEMORY) {
                print_error("work %zu, allocation %ld: %s\n", w, at - 1, err_code(err));
            }
            assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
        } while (failed && at < 5000);
        assert_false(failed); /* in the end none was left to fail */
        assert_true(at > 1);
    }
}

static int prepare(void **state)
{
    (void)state;
    log_setup("bankfile_memory_test", LOG_OFF);
    bank_site_orders(orders, 1, COUNT_OF(orders));
    bank_site_read("tests/support/bankfile", "pain.002.xml", &pain002);
    bank_site_read("tests/support/bankfile", "camt.053.xml", &camt053);
    return text_profile_load("ops/pay/example_daifa.json", &layout, NULL) == ERR_OK ? 0 : -1;
}

static int clean_up(void **state)
{
    (void)state;
    buf_release(&pain002);
    buf_release(&camt053);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(every_failed_allocation_is_told)};
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
