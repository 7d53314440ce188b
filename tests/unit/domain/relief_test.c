/* Words of the field, and the facts of a case as they are stored. */
#include "tests/support/test.h"

#include "queue/domain/relief.h"

/* Each word leads back to its value (so words are unique) and has a label. */
#define CHECK_WORDS(type, count, word, zh, from_word)                            \
    for (int i = 0; i < (count); i++) {                                          \
        enum type back = (enum type)(count);                                     \
        assert_ok(from_word(slice_of(word((enum type)i)), &back));               \
        assert_int_equal(back, i);                                               \
        assert_true(strlen(zh((enum type)i)) > 0);                               \
        back = (enum type)0;                                                     \
        assert_int_equal(from_word(slice_of("no such word"), &back), ERR_INPUT); \
        assert_int_equal(back, 0);                                               \
    }

static const char *no_label(enum crs c)
{
    (void)c;
    return "-";
}

static void every_word_leads_back_to_its_value(void **state)
{
    (void)state;
    CHECK_WORDS(relief_type, RELIEF_TYPE_COUNT, relief_type_word, relief_type_zh,
                relief_type_from_word)
    CHECK_WORDS(urgency, URGENCY_COUNT, urgency_word, urgency_zh, urgency_from_word)
    CHECK_WORDS(cause, CAUSE_COUNT, cause_word, cause_zh, cause_from_word)
    CHECK_WORDS(channel, CHANNEL_COUNT, channel_word, channel_zh, channel_from_word)
    CHECK_WORDS(crs, CRS_COUNT, crs_word, no_label, crs_from_word)
}

static struct case_facts full(void)
{
    return (struct case_facts){.received_ms = 1772328600000,
                               .net_expense_fen = AMOUNT_FEN_MAX,
                               .asked_fen = 1,
                               .channel = CHANNEL_THIRD_PARTY,
                               .cause = CAUSE_CHILD_ALONE,
                               .persons = PERSONS_MAX,
                               .months = MONTHS_MAX,
                               .danger_to_life = true,
                               .shelter_lost = true,
                               .food_lost = true,
                               .child_alone = true,
                               .income_stopped = true,
                               .recognised = true,
                               .wants_person = true,
                               .stranded = true,
                               .place_code = "520102001001"};
}

static void assert_same(const struct case_facts *a, const struct case_facts *b)
{
    struct buf one, two;
    struct json_out o;
    buf_init(&one, 4096);
    buf_init(&two, 4096);
    json_out_init(&o, &one);
    facts_write(a, &o, NULL);
    json_out_init(&o, &two);
    facts_write(b, &o, NULL);
    assert_slice_at(buf_slice(&one), buf_slice(&two), __FILE__, __LINE__);
    buf_release(&one);
    buf_release(&two);
    assert_int_equal(a->received_ms, b->received_ms);
    assert_int_equal(a->net_expense_fen, b->net_expense_fen);
    assert_int_equal(a->asked_fen, b->asked_fen);
    assert_int_equal(a->channel, b->channel);
    assert_int_equal(a->cause, b->cause);
    assert_int_equal(a->persons, b->persons);
    assert_int_equal(a->months, b->months);
    assert_string_equal(a->place_code, b->place_code);
    assert_int_equal(a->danger_to_life, b->danger_to_life);
    assert_int_equal(a->shelter_lost, b->shelter_lost);
    assert_int_equal(a->food_lost, b->food_lost);
    assert_int_equal(a->child_alone, b->child_alone);
    assert_int_equal(a->income_stopped, b->income_stopped);
    assert_int_equal(a->recognised, b->recognised);
    assert_int_equal(a->wants_person, b->wants_person);
    assert_int_equal(a->stranded, b->stranded);
}

static struct case_facts there_and_back(const struct case_facts *f)
{
    struct buf text;
    struct json_out o;
    struct json *root = NULL;
    struct case_facts back;
    memset(&back, 0xEE, sizeof(back));
    buf_init(&text, 4096);
    json_out_init(&o, &text);
    facts_write(f, &o, NULL);
    assert_ok(json_parse(buf_slice(&text), &root, NULL));
    assert_ok(facts_read(root, &back));
    json_free(root);
    buf_release(&text);
    return back;
}

static void facts_come_back_as_they_were(void **state)
{
    struct case_facts most = full(), least = {.persons = 1}, back;
    (void)state;
    back = there_and_back(&most);
    assert_same(&most, &back);
    back = there_and_back(&least);
    assert_same(&least, &back);
}

static void every_flag_is_kept_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct case_facts f = {.persons = 1,
                               .danger_to_life = i == 0,
                               .shelter_lost = i == 1,
                               .food_lost = i == 2,
                               .child_alone = i == 3,
                               .income_stopped = i == 4,
                               .recognised = i == 5,
                               .wants_person = i == 6,
                               .stranded = i == 7};
        struct case_facts back = there_and_back(&f);
        assert_same(&f, &back);
    }
}

static void damaged_facts_are_refused(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "null",
        "{}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\"}",
        "{\"received_ms\":-1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1}",
        "{\"received_ms\":\"1\",\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1}",
        "{\"received_ms\":1,\"channel\":\"Call\",\"cause\":\"fire\",\"persons\":1}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"\",\"persons\":1}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":0}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":101}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1,\"months\":25}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1,\"asked_fen\":"
        "1000000000001}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1,\"net_expense_"
        "fen\":-1}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1,\"place_code\":"
        "\"5201020010010\"}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1,\"place_code\":"
        "\"52x\"}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1,\"place_code\":"
        "5}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1,\"stranded\":1}",
        "{\"received_ms\":1,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":1,\"food_lost\":"
        "\"yes\"}",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct json *root = NULL;
        struct case_facts f = full(), before = full();
        assert_ok(json_parse(slice_of(wrong[i]), &root, NULL));
        if (facts_read(root, &f) != ERR_CORRUPT) {
            fail_msg("'%s' was taken", wrong[i]);
        }
        assert_same(&f, &before);
        json_free(root);
    }
    struct case_facts f = full();
    assert_int_equal(facts_read(NULL, &f), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_leads_back_to_its_value),
        cmocka_unit_test(facts_come_back_as_they_were),
        cmocka_unit_test(every_flag_is_kept_alone),
        cmocka_unit_test(damaged_facts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
