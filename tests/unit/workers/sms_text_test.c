/* What the citizen reads: every template, in few billed parts, never with an account. */
#include "tests/support/test.h"

#include "integrations/sms/sms.h"
#include "workers/sms_text.h"

#define NO "5200002611210100000019"
#define ACCOUNT "account:6222021234567890123@icbc"

static const struct {
    const char *payload;
    const char *tells; /* a word that must stand in it */
} templates[] = {
    {"dispatched|云岩区中华路街道|0", "云岩区中华路街道"},
    {"dispatched|云岩区中华路街道|331200", "3,312.00"},
    {"dispatched|黔西南布依族苗族自治州望谟县打易镇|1000000000000", "望谟县打易镇"},
    {"ask-place", "乡镇"},
    {"ask-place||0", "乡镇"},
    {"money|paid|331200", "3,312.00"},
    {"money|pay-failed|331200", "未能到账"},
    {"money|pay-returned|331200", "被银行退回"},
    {"accepted|云岩区中华路街道|0", "受理"},
    {"first-aid|x|331200", "3,312.00"},
    {"closed", "归档"},
    {"withdrawn||", "撤回"},
};

static void every_template_tells_number_and_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(templates); i++) {
        struct buf out;
        buf_init(&out, 2000);
        if (sms_text(slice_of(templates[i].payload), slice_of(NO), slice_of(ACCOUNT), &out) !=
            ERR_OK) {
            fail_msg("'%s' was refused", templates[i].payload);
        }
        assert_ok(buf_err(&out));
        assert_non_null(strstr(out.ptr, NO));
        assert_non_null(strstr(out.ptr, templates[i].tells));
        assert_true(slice_starts_with(buf_slice(&out), "【救急】"));
        buf_release(&out);
    }
}

static void no_template_shows_the_account(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(templates); i++) {
        struct buf out;
        buf_init(&out, 2000);
        assert_ok(sms_text(slice_of(templates[i].payload), slice_of(NO), slice_of(ACCOUNT), &out));
        assert_null(strstr(out.ptr, "62220212"));
        assert_null(strstr(out.ptr, "90123")); /* four digits, not five */
        assert_null(strstr(out.ptr, "icbc"));
        assert_int_equal(strstr(out.ptr, "0123") != NULL,
                         slice_starts_with(slice_of(templates[i].payload), "money|paid"));
        buf_release(&out);
    }
}

static void without_an_account_none_is_spoken_of(void **state)
{
    static const char *const accounts[] = {"", "1234", "x@y"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(accounts); i++) {
        struct buf out;
        buf_init(&out, 2000);
        assert_ok(sms_text(slice_of("money|paid|100"), slice_of(NO), slice_of(accounts[i]), &out));
        assert_null(strstr(out.ptr, "尾号"));
        buf_release(&out);
    }
}

static void texts_are_billed_as_two_parts_at_most(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(templates); i++) {
        struct buf out;
        buf_init(&out, 2000);
        assert_ok(sms_text(slice_of(templates[i].payload), slice_of(NO), slice_of(ACCOUNT), &out));
        size_t parts = sms_billed(buf_slice(&out));
        if (parts < 1 || parts > 2 || sms_measure(buf_slice(&out)).parts > 2) {
            fail_msg("%zu parts: %s", parts, out.ptr);
        }
        buf_release(&out);
    }
}

static void what_is_no_template_is_refused_and_nothing_written(void **state)
{
    static const char *const wrong[] = {"",
                                        "|",
                                        "paid",
                                        "Dispatched|x|1",
                                        "dispatched |x|1",
                                        "money|paid|x",
                                        "money|paid|-1",
                                        "money|paid|1.5",
                                        "money|paid|1000000000001",
                                        "money|paid|1|2",
                                        "closed||x"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct buf out;
        buf_init(&out, 2000);
        if (sms_text(slice_of(wrong[i]), slice_of(NO), slice_of(ACCOUNT), &out) != ERR_INPUT) {
            fail_msg("'%s' was taken", wrong[i]);
        }
        assert_int_equal(out.len, 0);
        buf_release(&out);
    }
}

/* A payload that fills every template: more than it needs is refused only where it would go unread.
 */
static void payload_for(const struct sms_template *template, struct buf *out)
{
    bool more =
        strstr(template->text, "{state}") != NULL || strstr(template->text, "{until}") != NULL;
    buf_putf(out, "%s|黔西南布依族苗族自治州望谟县打易镇|33120000", template->name);
    if (more) {
        buf_put_text(out, "|特急，火灾，5人，无住处|1795305600000");
    }
}

static void every_template_of_the_table_can_be_filled_and_is_billed_as_two_parts_at_most(
    void **state)
{
    size_t count;
    const struct sms_template *list = sms_templates(&count);
    (void)state;
    assert_true(count > 30);
    for (size_t i = 0; i < count; i++) {
        struct buf payload, out;
        struct sms_filled filled;
        buf_init(&payload, 500);
        buf_init(&out, 2000);
        payload_for(&list[i], &payload);
        if (sms_text_fill(buf_slice(&payload), slice_of(NO), slice_of(ACCOUNT), &out, &filled) !=
            ERR_OK) {
            fail_msg("'%s' was refused", list[i].name);
        }
        assert_ptr_equal(sms_template_find(slice_of(list[i].name)), &list[i]);
        assert_true(list[i].version >= 1);
        assert_null(strchr(out.ptr, '{'));
        assert_null(strstr(out.ptr, "62220212"));
        if (sms_billed(buf_slice(&out)) > 2) {
            fail_msg("%zu parts: %s", sms_billed(buf_slice(&out)), out.ptr);
        }
        for (size_t k = 0; k < filled.count; k++) {
            assert_non_null(strstr(out.ptr, filled.params[k].value));
        }
        buf_release(&payload);
        buf_release(&out);
    }
}

static void an_officer_sees_the_tail_of_the_number_only(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 2000);
    assert_ok(sms_text(slice_of("officer-new|520102001|0|紧急，滞留遇困，2人"), slice_of(NO),
                       slice_of(ACCOUNT), &out));
    assert_null(strstr(out.ptr, NO));
    assert_non_null(strstr(out.ptr, "000019"));
    buf_release(&out);
}

static void what_a_template_needs_must_be_there(void **state)
{
    static const char *const wrong[] = {"dispatched||0",
                                        "accepted",
                                        "status|某镇|0",
                                        "receipt-code||0",
                                        "status-due|某镇|0|已派单",
                                        "silence||0"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct buf out;
        buf_init(&out, 2000);
        if (sms_text(slice_of(wrong[i]), slice_of(NO), slice_of(""), &out) != ERR_INPUT) {
            fail_msg("'%s' was taken", wrong[i]);
        }
        assert_int_equal(out.len, 0);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_template_tells_number_and_matter),
        cmocka_unit_test(no_template_shows_the_account),
        cmocka_unit_test(without_an_account_none_is_spoken_of),
        cmocka_unit_test(texts_are_billed_as_two_parts_at_most),
        cmocka_unit_test(
            every_template_of_the_table_can_be_filled_and_is_billed_as_two_parts_at_most),
        cmocka_unit_test(an_officer_sees_the_tail_of_the_number_only),
        cmocka_unit_test(what_a_template_needs_must_be_there),
        cmocka_unit_test(what_is_no_template_is_refused_and_nothing_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
