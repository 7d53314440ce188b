/* Tickets: two facts are enough, danger to life needs none, and every fault names its field. */
#include "tests/support/test.h"

#include <stdio.h>
#include "server/ticket.h"

#define NOW_MS INT64_C(1795266000000) /* 2026-11-21 in China */

static struct arena arena;

static int make_arena(void **state)
{
    (void)state;
    arena_init(&arena, 1u << 20);
    return 0;
}

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static enum err read_text(const char *text, struct ticket *t)
{
    struct json *root = NULL;
    struct json_fault fault = {0};
    arena_reset(&arena);
    if (json_parse(slice_of(text), &root, &fault) != ERR_OK) {
        fail_msg("the test's own JSON '%s': %s", text, fault.reason);
    }
    enum err err = ticket_read(root, NOW_MS, &arena, t);
    json_free(root);
    return err;
}

static bool is_missing(const struct ticket *t, const char *field)
{
    for (size_t i = 0; i < t->missing_count; i++) {
        if (strcmp(t->missing[i], field) == 0) {
            return true;
        }
    }
    return false;
}

static void a_full_ticket_is_taken_apart(void **state)
{
    struct ticket t;
    (void)state;
    assert_ok(read_text(
        "{\"channel\":\"third_party\",\"cause\":\"fire\",\"person\":{\"name\":\" 张三 "
        "\",\"id_number\":"
        "\"11010519491231002x\",\"phone\":\"138 1234 1234\",\"account\":\"account:6222021@icbc\"},"
        "\"reporter\":{\"name\":\"李四\",\"phone\":\"0851-85651234\",\"relation\":\"邻居\"},"
        "\"place\":{\"code\":"
        "\"520102001\",\"lat\":26.6,\"lng\":106.6,\"crs\":\"GCJ-02\",\"address\":\"某路\"},"
        "\"narrative\":\"烧了\","
        "\"persons\":100,\"months\":24,\"net_expense_fen\":1000000000000,\"asked_fen\":0,\"danger_"
        "to_life\":"
        "true,\"shelter_lost\":true,\"food_lost\":true,\"child_alone\":true,\"income_stopped\":"
        "true,"
        "\"recognised\":true,\"wants_person\":true,\"stranded\":true}",
        &t));
    assert_int_equal(t.fault_count, 0);
    assert_int_equal(t.missing_count, 0);
    assert_int_equal(t.facts.received_ms, NOW_MS);
    assert_int_equal(t.facts.channel, CHANNEL_THIRD_PARTY);
    assert_int_equal(t.facts.cause, CAUSE_FIRE);
    assert_int_equal(t.facts.persons, 100);
    assert_int_equal(t.facts.months, 24);
    assert_int_equal(t.facts.net_expense_fen, AMOUNT_FEN_MAX);
    assert_string_equal(t.facts.place_code, "520102001");
    assert_true(t.facts.danger_to_life && t.facts.shelter_lost && t.facts.food_lost &&
                t.facts.child_alone);
    assert_true(t.facts.income_stopped && t.facts.recognised && t.facts.wants_person &&
                t.facts.stranded);
    assert_slice(t.person.name, "张三");
    assert_slice(t.person.id_number, "11010519491231002X");
    assert_slice(t.person.phone, "+8613812341234");
    assert_slice(t.person.reporter_phone, "+8685185651234");
    assert_slice(t.person.reporter_relation, "邻居");
    assert_slice(t.person.account, "account:6222021@icbc");
    assert_slice(t.person.narrative, "烧了");
    assert_true(t.person.has_point);
    assert_int_equal(t.person.crs, CRS_GCJ02);
}

static void two_facts_are_enough(void **state)
{
    static const char *const enough[] = {
        "{\"person\":{\"phone\":\"13812341234\"},\"place\":{\"address\":\"某路\"}}",
        "{\"reporter\":{\"phone\":\"13812341234\"},\"place\":{\"code\":\"520102\"}}",
        "{\"reporter\":{\"phone\":\"13812341234\"},\"narrative\":\"在花溪\"}",
        "{\"person\":{\"phone\":\"13812341234\",\"name\":null},\"place\":{\"lat\":26.6,\"lng\":1}}",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(enough); i++) {
        struct ticket t;
        if (read_text(enough[i], &t) != ERR_OK) {
            fail_msg("'%s': %s", enough[i], t.faults[0].pointer);
        }
        assert_int_equal(t.facts.persons, 1);
        assert_int_equal(t.facts.channel, CHANNEL_CALL);
        assert_int_equal(t.facts.cause, CAUSE_OTHER);
        assert_true(is_missing(&t, "cause") && is_missing(&t, "person.account") &&
                    is_missing(&t, "person.id_number"));
        assert_false(is_missing(&t, "person.phone") || is_missing(&t, "place"));
        assert_int_equal(is_missing(&t, "place.crs"), i == 3);
    }
}

static void danger_to_life_needs_neither_phone_nor_place(void **state)
{
    struct ticket t;
    (void)state;
    assert_ok(read_text("{\"danger_to_life\":true}", &t));
    assert_true(is_missing(&t, "person.phone") && is_missing(&t, "place") &&
                is_missing(&t, "cause"));
    assert_int_equal(read_text("{\"danger_to_life\":false}", &t), ERR_INPUT);
    assert_int_equal(t.fault_count, 2);
    assert_int_equal(read_text("{}", &t), ERR_INPUT);
    assert_string_equal(t.faults[0].pointer, "/person/phone");
    assert_string_equal(t.faults[1].pointer, "/place");
}

/* One wrong member at a time: its fault comes first, what is missing besides comes behind it. In
 * danger to life the same ticket is taken, asks for the member again and keeps what was said. */
static void every_fault_names_its_field_and_a_remedy(void **state)
{
    static const struct {
        const char *member, *pointer;
    } cases[] = {
        {"\"channel\":\"phone\"", "/channel"},
        {"\"channel\":1", "/channel"},
        {"\"channel\":null", "/channel"},
        {"\"cause\":\"Fire\"", "/cause"},
        {"\"cause\":\"\"", "/cause"},
        {"\"person\":[]", "/person"},
        {"\"person\":\"x\"", "/person"},
        {"\"person\":{\"nmae\":\"x\"}", "/person"},
        {"\"person\":{\"name\":1}", "/person/name"},
        {"\"person\":{\"id_number\":\"110105194912310021\"}", "/person/id_number"},
        {"\"person\":{\"id_number\":\"1\"}", "/person/id_number"},
        {"\"person\":{\"id_number\":\"110105204912310026\"}", "/person/id_number"},
        {"\"person\":{\"phone\":\"1381234123\"}", "/person/phone"},
        {"\"person\":{\"phone\":\"110\"}", "/person/phone"},
        {"\"person\":{\"phone\":13812341234}", "/person/phone"},
        {"\"person\":{\"account\":\"6222021\"}", "/person/account"},
        {"\"person\":{\"account\":\"account:6222021\"}", "/person/account"},
        {"\"person\":{\"account\":\"account:@icbc\"}", "/person/account"},
        {"\"person\":{\"account\":\":1@icbc\"}", "/person/account"},
        {"\"person\":{\"account\":\"account:1@\"}", "/person/account"},
        {"\"person\":{\"account\":\"account:1 2@icbc\"}", "/person/account"},
        {"\"person\":{\"account\":\"account:12@银行\"}", "/person/account"},
        {"\"reporter\":1", "/reporter"},
        {"\"reporter\":{\"relation\":[]}", "/reporter/relation"},
        {"\"reporter\":{\"id_number\":\"x\"}", "/reporter"},
        {"\"reporter\":{\"phone\":\"x\"}", "/reporter/phone"},
        {"\"place\":true", "/place"},
        {"\"place\":{\"town\":\"x\"}", "/place"},
        {"\"place\":{\"code\":\"52010\"}", "/place/code"},
        {"\"place\":{\"code\":\"5201020\"}", "/place/code"},
        {"\"place\":{\"code\":\"52010x\"}", "/place/code"},
        {"\"place\":{\"code\":520102}", "/place/code"},
        {"\"place\":{\"code\":\"5201020010010\"}", "/place/code"},
        {"\"place\":{\"lat\":26.6}", "/place/lat"},
        {"\"place\":{\"lng\":106.6}", "/place/lat"},
        {"\"place\":{\"lat\":\"26.6\",\"lng\":106.6}", "/place/lat"},
        {"\"place\":{\"lat\":1e400,\"lng\":1}", "/place/lat"},
        {"\"place\":{\"lat\":1,\"lng\":1,\"crs\":\"WGS84\"}", "/place/crs"},
        {"\"place\":{\"lat\":1,\"lng\":1,\"crs\":4326}", "/place/crs"},
        {"\"place\":{\"address\":{}}", "/place/address"},
        {"\"narrative\":7", "/narrative"},
        {"\"persons\":0", "/persons"},
        {"\"persons\":101", "/persons"},
        {"\"persons\":1.5", "/persons"},
        {"\"persons\":\"1\"", "/persons"},
        {"\"months\":-1", "/months"},
        {"\"months\":25", "/months"},
        {"\"net_expense_fen\":-1", "/net_expense_fen"},
        {"\"net_expense_fen\":1000000000001", "/net_expense_fen"},
        {"\"net_expense_fen\":0.5", "/net_expense_fen"},
        {"\"asked_fen\":1e400", "/asked_fen"},
        {"\"shelter_lost\":1", "/shelter_lost"},
        {"\"food_lost\":\"yes\"", "/food_lost"},
        {"\"child_alone\":[]", "/child_alone"},
        {"\"income_stopped\":0", "/income_stopped"},
        {"\"recognised\":{}", "/recognised"},
        {"\"wants_person\":\"\"", "/wants_person"},
        {"\"stranded\":2", "/stranded"},
        {"\"Persons\":1", ""},
        {"\"unknown\":null", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[400];
        struct ticket t;
        snprintf(text, sizeof(text), "{%s}", cases[i].member);
        enum err err = read_text(text, &t);
        if (err != ERR_INPUT || t.fault_count < 1 || t.fault_count > 3 ||
            strcmp(t.faults[0].pointer, cases[i].pointer) != 0 || strlen(t.faults[0].detail) == 0) {
            fail_msg("'%s': err %d, %zu faults, first '%s'", text, (int)err, t.fault_count,
                     t.fault_count == 0 ? "-" : t.faults[0].pointer);
        }
        snprintf(text, sizeof(text), "{\"danger_to_life\":true,%s}", cases[i].member);
        assert_ok(read_text(text, &t));
        assert_true(is_missing(&t, cases[i].pointer));
    }
    struct ticket t;
    assert_int_equal(read_text("{\"danger_to_life\":\"true\"}", &t), ERR_INPUT);
    assert_string_equal(t.faults[0].pointer, "/danger_to_life");
}

static void danger_to_life_keeps_what_it_cannot_understand(void **state)
{
    struct ticket t;
    (void)state;
    assert_ok(read_text(
        "{\"danger_to_life\":true,\"narrative\":\"塌方\",\"person\":{\"phone\":\"1381234123\"}}",
        &t));
    char kept[400];
    assert_ok(slice_copy(t.person.narrative, kept, sizeof(kept)));
    assert_non_null(strstr(kept, "塌方"));
    assert_non_null(strstr(kept, "1381234123"));
    assert_int_equal(t.person.phone.len, 0);
}

static void what_is_no_object_is_refused(void **state)
{
    static const char *const wrong[] = {"[]", "null", "1", "\"{}\""};
    struct ticket t;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(read_text(wrong[i], &t), ERR_INPUT);
        assert_int_equal(t.fault_count, 1);
        assert_string_equal(t.faults[0].pointer, "");
    }
    assert_int_equal(ticket_read(NULL, NOW_MS, &arena, &t), ERR_INPUT);
}

/* Limits count characters, not bytes. */
static void texts_may_reach_their_limit_and_no_more(void **state)
{
    static const struct {
        const char *before, *after, *pointer;
        size_t max;
    } cases[] = {
        {"\"person\":{\"name\":\"", "\"}", "/person/name", 60},
        {"\"reporter\":{\"name\":\"", "\"}", "/reporter/name", 60},
        {"\"reporter\":{\"relation\":\"", "\"}", "/reporter/relation", 30},
        {"\"place\":{\"address\":\"", "\"}", "/place/address", 300},
        {"\"narrative\":\"", "\"", "/narrative", 2000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t more = 0; more < 2; more++) {
            struct buf text;
            struct ticket t;
            buf_init(&text, 20000);
            buf_putf(&text, "{%s", cases[i].before);
            for (size_t k = 0; k < cases[i].max + more; k++) {
                buf_put_text(&text, "难");
            }
            buf_putf(&text, "%s}", cases[i].after);
            assert_int_equal(read_text(text.ptr, &t),
                             ERR_INPUT); /* two facts are missing as well */
            bool told = false;
            for (size_t k = 0; k < t.fault_count; k++) {
                told = told || strcmp(t.faults[k].pointer, cases[i].pointer) == 0;
            }
            assert_int_equal(told, more == 1);
            buf_release(&text);
        }
    }
}

static void faults_beyond_the_room_for_them_are_not_written(void **state)
{
    struct ticket t;
    (void)state;
    assert_int_equal(read_text("{\"channel\":1,\"cause\":1,\"person\":1,\"reporter\":1,\"place\":1,"
                               "\"narrative\":1,\"persons\":0,"
                               "\"months\":-1,\"net_expense_fen\":-1,\"asked_fen\":-1,\"danger_to_"
                               "life\":1,\"shelter_lost\":1,"
                               "\"food_lost\":1,\"child_alone\":1,\"income_stopped\":1,"
                               "\"recognised\":1,\"wants_person\":1,"
                               "\"stranded\":1,\"x\":1}",
                               &t),
                     ERR_INPUT);
    assert_int_equal(t.fault_count, TICKET_FAULTS_MAX);
    assert_true(t.missing_count <= TICKET_MISSING_MAX);
}

static void no_memory_is_no_fault_of_the_ticket(void **state)
{
    struct json *root = NULL;
    struct ticket t;
    struct arena small;
    (void)state;
    assert_ok(json_parse(slice_of("{\"danger_to_life\":true,\"narrative\":\"0123456789\"}"), &root,
                         NULL));
    arena_init(&small, 10);
    assert_int_equal(ticket_read(root, NOW_MS, &small, &t), ERR_NO_MEMORY);
    arena_release(&small);
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_ticket_is_taken_apart),
        cmocka_unit_test(two_facts_are_enough),
        cmocka_unit_test(danger_to_life_needs_neither_phone_nor_place),
        cmocka_unit_test(danger_to_life_keeps_what_it_cannot_understand),
        cmocka_unit_test(every_fault_names_its_field_and_a_remedy),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(texts_may_reach_their_limit_and_no_more),
        cmocka_unit_test(faults_beyond_the_room_for_them_are_not_written),
        cmocka_unit_test(no_memory_is_no_fault_of_the_ticket),
    };
    return cmocka_run_group_tests(tests, make_arena, release_arena);
}
