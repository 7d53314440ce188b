/* A batch survives a death, or a failing disk, between any two steps: every call that changes the disk is met once. */
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "queue/base/log.h"
#include "tests/support/test.h"
#include "tests/unit/bankfile/site.h"

#define ORDERS 3
#define CALLS_MAX 2000

enum blow { BLOW_NONE, BLOW_DIE_BEFORE, BLOW_DIE_AFTER, BLOW_FAIL };

static enum blow blow = BLOW_NONE;
static int calls_left; /* of disk-changing calls before the blow */
static int calls_seen;
static bool armed;

/* True: the call must fail with EIO. */
static bool strike_before(void)
{
    if (!armed) {
        return false;
    }
    calls_seen++;
    if (calls_left-- != 0) {
        return false;
    }
    if (blow == BLOW_DIE_BEFORE) {
        _exit(7);
    }
    return blow == BLOW_FAIL;
}

static void strike_after(void)
{
    if (armed && blow == BLOW_DIE_AFTER && calls_left == -1) {
        _exit(7);
    }
}

#define WRAP(type, name, params, args)    \
    type __real_##name params;            \
    type __wrap_##name params;            \
    type __wrap_##name params             \
    {                                     \
        if (strike_before()) {            \
            errno = EIO;                  \
            return -1;                    \
        }                                 \
        type result = __real_##name args; \
        strike_after();                   \
        return result;                    \
    }

WRAP(ssize_t, write, (int fd, const void *bytes, size_t len), (fd, bytes, len))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, link, (const char *from, const char *to), (from, to))
WRAP(int, symlink, (const char *target, const char *path), (target, path))
WRAP(int, unlink, (const char *path), (path))

static struct pay_order orders[ORDERS + 1];

/* Like a bank: takes what is published away and remembers it. Its answer: how many files it has had in all. */
static size_t bank_takes(struct bank_site *s)
{
    char name[256], from[512], to[512];
    while (bank_site_files(s->out, name) > 0) {
        snprintf(from, sizeof(from), "%s/%s", s->out, name);
        snprintf(to, sizeof(to), "%s/taken-%zu-%s", s->root, bank_site_files(s->root, NULL), name);
        assert_int_equal(__real_rename(from, to), 0);
    }
    return bank_site_files(s->root, NULL);
}

static void disburse_in_child(struct bank_site *s, enum blow how, int after)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct pay_result results[ORDERS];
        struct bankfile_rail *rail = bank_site_rail(s, NULL);
        struct pay_rail pay = bankfile_pay_rail(rail);
        blow = how;
        calls_left = after;
        armed = true;
        enum err err = pay.disburse(pay.self, orders, ORDERS, results);
        armed = false;
        _exit(err == ERR_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 7);
}

/* How many disk-changing calls an undisturbed batch makes. */
static int count_calls(void)
{
    struct bank_site s;
    struct pay_result results[ORDERS];
    bank_site_make(&s);
    struct bankfile_rail *rail = bank_site_rail(&s, NULL);
    struct pay_rail pay = bankfile_pay_rail(rail);
    blow = BLOW_NONE;
    calls_left = -2;
    calls_seen = 0;
    armed = true;
    assert_ok(pay.disburse(pay.self, orders, ORDERS, results));
    armed = false;
    assert_int_equal(bank_takes(&s), 1);
    bankfile_rail_free(rail);
    bank_site_remove(&s);
    return calls_seen;
}

/* After the blow: the same orders again, alone and with another one, on another day; the bank looks whenever it likes.
 */
static void check_after(struct bank_site *s)
{
    struct pay_result results[ORDERS + 1];
    struct bankfile_rail *rail = bank_site_rail(s, NULL);
    struct pay_rail pay = bankfile_pay_rail(rail);
    const char *ids[ORDERS];
    for (size_t i = 0; i < ORDERS; i++) {
        ids[i] = orders[i].id;
    }
    size_t left = 9;
    assert_ok(pay.query(pay.self, ids, ORDERS, results));
    for (size_t i = 0; i < ORDERS; i++) { /* all of them, or none: a batch is one file */
        assert_true(results[i].outcome == PAY_ACCEPTED || results[i].outcome == PAY_NOT_FOUND);
        assert_int_equal(results[i].outcome, results[0].outcome);
    }
    assert_ok(pay.disburse(pay.self, orders + 1, ORDERS, results)); /* the second, the third, and a new one */
    bank_site_wait(s, INT64_C(86400000));
    assert_ok(pay.disburse(pay.self, orders, ORDERS + 1, results));
    for (size_t i = 0; i <= ORDERS; i++) {
        assert_int_equal(results[i].outcome, PAY_ACCEPTED);
    }
    assert_ok(bankfile_rail_deliver(rail, &left));
    assert_int_equal(left, 0);
    bankfile_rail_free(rail);
}

/* Every order stands in exactly one of all files the bank has had, and no file came twice. */
static void check_files(struct bank_site *s)
{
    size_t files = bank_takes(s);
    size_t seen[ORDERS + 1] = {0};
    assert_true(files >= 1 && files <= 3);
    for (size_t f = 0; f < files; f++) {
        char prefix[32], name[256];
        struct buf bytes;
        snprintf(prefix, sizeof(prefix), "taken-%zu-", f);
        assert_true(bank_site_find(s->root, prefix, name));
        bank_site_read(s->root, name, &bytes);
        for (size_t i = 0; i <= ORDERS; i++) {
            char wanted[480];
            snprintf(wanted, sizeof(wanted), "<EndToEndId>%s</EndToEndId>", orders[i].id);
            seen[i] += memmem(bytes.ptr, bytes.len, wanted, strlen(wanted)) != NULL;
        }
        assert_non_null(memmem(bytes.ptr, bytes.len, "</Document>", 11));
        buf_release(&bytes);
    }
    for (size_t i = 0; i <= ORDERS; i++) {
        assert_int_equal(seen[i], 1);
    }
}

static void met_at_every_call(enum blow how)
{
    int calls = count_calls();
    assert_true(calls > 20 && calls < CALLS_MAX);
    for (int at = 0; at < calls; at++) {
        struct bank_site s;
        bank_site_make(&s);
        disburse_in_child(&s, how, at);
        if (at % 2 == 0) {
            (void)bank_takes(&s); /* the bank may look in between, or not */
        }
        check_after(&s);
        check_files(&s);
        bank_site_remove(&s);
    }
}

static void killed_before_any_step_a_batch_goes_out_once(void **state)
{
    (void)state;
    met_at_every_call(BLOW_DIE_BEFORE);
}

static void killed_after_any_step_a_batch_goes_out_once(void **state)
{
    (void)state;
    met_at_every_call(BLOW_DIE_AFTER);
}

static void when_the_disk_fails_at_any_step_a_batch_goes_out_once(void **state)
{
    (void)state;
    met_at_every_call(BLOW_FAIL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_before_any_step_a_batch_goes_out_once),
        cmocka_unit_test(killed_after_any_step_a_batch_goes_out_once),
        cmocka_unit_test(when_the_disk_fails_at_any_step_a_batch_goes_out_once),
    };
    log_setup("bankfile_crash_test", LOG_OFF);
    bank_site_orders(orders, 1, ORDERS + 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
