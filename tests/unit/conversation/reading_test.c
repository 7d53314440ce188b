/* What people write, and what is read out of it. */
#include "tests/support/test.h"

#include "workers/conversation/reading.h"

#define TODAY INT64_C(1795305600000) /* 2026-11-22 in China */

static struct reading read_text(const char *text)
{
    struct reading r;
    reading_make(slice_of(text), TODAY, &r);
    return r;
}

static void commands_are_known_in_every_dress(void **state)
{
    static const struct {
        const char *text;
        enum command command;
    } ROWS[] = {
        {"查询", COMMAND_STATUS},
        {" 查 询 ", COMMAND_STATUS},
        {"查詢", COMMAND_STATUS},
        {"查询 004512", COMMAND_STATUS},
        {"查一下我的救助到哪了", COMMAND_STATUS},
        {"CX", COMMAND_STATUS},
        {"查寻", COMMAND_STATUS},
        {"chaxun", COMMAND_STATUS},
        {"撒回", COMMAND_WITHDRAW},
        {"chehui", COMMAND_WITHDRAW},
        {"平价５", COMMAND_RATE},
        {"撤回", COMMAND_WITHDRAW},
        {"我要撤销求助", COMMAND_WITHDRAW},
        {"不是本人", COMMAND_NOT_ME},
        {"你打錯了", COMMAND_NOT_ME},
        {"发错了,我不认识", COMMAND_NOT_ME},
        {"评价5", COMMAND_RATE},
        {"評價 ５", COMMAND_RATE},
        {"找人工", COMMAND_PERSON},
        {"轉人工！", COMMAND_PERSON},
        {"请给我打电话", COMMAND_PERSON},
        {"补充地点", COMMAND_PLACE},
        {"補充人數", COMMAND_PEOPLE},
        {"警察来查过了，没有办法，孩子两天没吃饭，房东不让住", COMMAND_NONE},
        {"我打工的地方人工费一直没有结，老板跑了，没有钱吃饭怎么办", COMMAND_NONE},
        {"你好", COMMAND_NONE},
        {"1", COMMAND_NONE},
        {"", COMMAND_NONE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (read_text(ROWS[i].text).command != ROWS[i].command) {
            fail_msg("'%s' was read as %d", ROWS[i].text, read_text(ROWS[i].text).command);
        }
    }
}

static void digits_are_digits_whatever_they_look_like(void **state)
{
    static const struct {
        const char *text;
        int number;
        const char *digits, *tail;
    } ROWS[] = {
        {"1", 1, "", ""},
        {"１", 1, "", ""},
        {" 1。", 1, "", ""},
        {"①", 1, "", ""},
        {"回复1", 1, "", ""},
        {"回 2", 2, "", ""},
        {"一", 1, "", ""},
        {"12", 12, "", ""},
        {"1 004512", 1, "", "004512"},
        {"２，００４５１２", 2, "", "004512"},
        {"004512", -1, "004512", ""},
        {"1个人", -1, "", ""},
        {"1楼着火", -1, "", ""},
        {"查询004512", -1, "", "004512"},
        {"", -1, "", ""},
        {"123", 123, "", ""},
        {"1 2", -1, "", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct reading r = read_text(ROWS[i].text);
        if (r.number != ROWS[i].number || strcmp(r.digits, ROWS[i].digits) != 0 ||
            strcmp(r.tail, ROWS[i].tail) != 0) {
            fail_msg("'%s' was read as %d, digits '%s', tail '%s'", ROWS[i].text, r.number,
                     r.digits, r.tail);
        }
    }
}

static void yes_and_no_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum answer answer;
    } ROWS[] = {
        {"收到", ANSWER_YES},
        {"收到了，谢谢", ANSWER_YES},
        {"錢到了", ANSWER_YES},
        {"是的", ANSWER_YES},
        {"OK", ANSWER_YES},
        {"没收到", ANSWER_NO},
        {"沒收到錢", ANSWER_NO},
        {"還沒到賬", ANSWER_NO},
        {"否", ANSWER_NO},
        {"怎么还没到账？", ANSWER_NO},
        {"什么时候到账", ANSWER_NONE},
        {"收到了吗", ANSWER_NONE},
        {"收到?", ANSWER_NONE},
        {"收到？", ANSWER_NONE},
        {"金额不对", ANSWER_NO},
        {"你好", ANSWER_NONE},
        {"", ANSWER_NONE},
        {"1", ANSWER_NONE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (read_text(ROWS[i].text).answer != ROWS[i].answer) {
            fail_msg("'%s' was read as %d", ROWS[i].text, read_text(ROWS[i].text).answer);
        }
    }
}

static void people_are_counted_in_digits_and_in_words(void **state)
{
    static const struct {
        const char *text;
        int persons;
    } ROWS[] = {
        {"家里三口人", 3},
        {"一家五口", 5},
        {"俩人", 2},
        {"我们仨", 3},
        {"一共4个人", 4},
        {"４口人", 4},
        {"十二口人", 12},
        {"全家二十三人", 23},
        {"夫妻俩没钱回家", 2},
        {"带着两个孩子", 3},
        {"我一个人在外面", 1},
        {"兩個人", 2},
        {"母子俩", 2},
        {"老两口", 2},
        {"家里有7口人，都没吃的", 7},
        {"在人民路三人民医院", 0},
        {"2026年11月失火", 0},
        {"二楼着火了", 0},
        {"没有饭吃", 0},
        {"三口镇", 0},
        {"999个人", 0},
        {"0个人", 0},
        {"", 0},
        {"我带俩孩子", 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (read_text(ROWS[i].text).persons != ROWS[i].persons) {
            fail_msg("'%s': %d people", ROWS[i].text, read_text(ROWS[i].text).persons);
        }
    }
}

static void an_answer_to_how_many_may_be_bare(void **state)
{
    static const struct {
        const char *text;
        int persons;
    } ROWS[] = {{"3", 3},     {"三", 3},  {"俩", 2}, {"３个", 3}, {"十", 10},
                {"100", 100}, {"101", 0}, {"0", 0},  {"好", 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct plain p;
        plain_make(slice_of(ROWS[i].text), &p);
        if (reading_people(&p, true) != ROWS[i].persons) {
            fail_msg("'%s': %d people", ROWS[i].text, reading_people(&p, true));
        }
    }
}

static void causes_and_needs_are_read_out_of_free_text(void **state)
{
    struct reading r = read_text("我在火车站钱包被偷了，身上没钱没饭吃，回不了家");
    (void)state;
    assert_int_equal(r.cause, CAUSE_ROBBERY);
    assert_true(r.help && r.food_lost && r.stranded);
    assert_false(r.danger || r.shelter_lost || r.child_alone || r.recognised);
    r = read_text("老家發大水把房子沖走了，沒地方住");
    assert_int_equal(r.cause, CAUSE_FLOOD);
    assert_true(r.shelter_lost);
    r = read_text("我们是低保户，老公住院手术费交不起");
    assert_int_equal(r.cause, CAUSE_MEDICAL_BILL);
    assert_true(r.recognised);
    assert_false(read_text("我没有低保，想申请低保").recognised);
    assert_true(read_text("孩子没人管，爸妈都打工去了").child_alone);
    assert_true(read_text("邻居家也着火了").other_event);
    assert_false(read_text("你好").help);
    assert_int_equal(read_text("你好").cause, CAUSE_OTHER);
}

static void danger_is_never_missed_and_rarely_cried(void **state)
{
    static const char *const DANGER[] = {
        "家里着火了", "流血不止", "我不想活了", "老人没气了", "厂里爆炸",   "跳楼",       "火！",
        "火 灾",      "他要殺人", "煤气漏气",   "喝了农药",   "被困在房顶", "孩子叫不醒", "救命"};
    static const char *const CALM[] = {
        "我在火车站", "爸爸高血压", "血糖高没钱买药", "孩子白血病没钱治",
        "没钱吃火锅", "火化费没有", "钱包丢了",       "",
        "学费交不起", "打火机"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(DANGER); i++) {
        if (!read_text(DANGER[i]).danger) {
            fail_msg("'%s' was not taken for danger", DANGER[i]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(CALM); i++) {
        if (read_text(CALM[i]).danger) {
            fail_msg("'%s' was taken for danger", CALM[i]);
        }
    }
    assert_true(
        read_text("火车站着火了").danger); /* a harmless word beside a danger word hides nothing */
}

static void numbers_that_we_never_ask_for_are_noticed(void **state)
{
    struct reading r = read_text("我的卡号 6222 0200 1112 2233 348 救救我");
    (void)state;
    assert_string_equal(r.card, "");
    r = read_text("卡号6222020000000000011"); /* check digit wrong */
    assert_string_equal(r.card, "");
    r = read_text("钱打到6222020000000000018，谢谢");
    assert_string_equal(r.card, "6222020000000000018");
    r = read_text("６２２２ ０２００ ００００ ００００ ０１８");
    assert_string_equal(r.card, "6222020000000000018");
    assert_string_equal(r.digits, "");
    r = read_text("身份证11010519491231002X");
    assert_true(r.id_number);
    assert_string_equal(r.card, "");
    r = read_text("我电话13812341234");
    assert_false(r.id_number);
    assert_string_equal(r.card, "");
}

static void stars_are_read_where_they_are_meant(void **state)
{
    static const struct {
        const char *text;
        int stars;
    } ROWS[] = {{"评价5", 5},          {"评价 1", 1},     {"五星", 5}, {"4分", 4},
                {"评价：非常满意", 5}, {"评价不满意", 2}, {"评价", 0}, {"评价6", 0},
                {"12分钟前的事", 0},   {"5", 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (read_text(ROWS[i].text).stars != ROWS[i].stars) {
            fail_msg("'%s': %d stars", ROWS[i].text, read_text(ROWS[i].text).stars);
        }
    }
}

static void any_bytes_are_read(void **state)
{
    char bytes[5000];
    unsigned seed = 7;
    (void)state;
    for (int round = 0; round < 400; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            seed = seed * 1103515245u + 12345u;
            bytes[i] = round % 2 == 0 ? (char)(seed >> 16)
                                      : "0123456789 x\xE7\x81\xAB\xE4\xB8\x80"[(seed >> 16) % 18];
        }
        struct reading r;
        reading_make(slice_make(bytes, sizeof(bytes) - (size_t)round), TODAY, &r);
        assert_in_range(r.persons, 0, PERSONS_MAX);
        assert_in_range(r.stars, 0, 5);
        assert_true(strlen(r.digits) <= READING_DIGITS_MAX && strlen(r.tail) <= READING_DIGITS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_known_in_every_dress),
        cmocka_unit_test(digits_are_digits_whatever_they_look_like),
        cmocka_unit_test(yes_and_no_are_told_apart),
        cmocka_unit_test(people_are_counted_in_digits_and_in_words),
        cmocka_unit_test(an_answer_to_how_many_may_be_bare),
        cmocka_unit_test(causes_and_needs_are_read_out_of_free_text),
        cmocka_unit_test(danger_is_never_missed_and_rarely_cried),
        cmocka_unit_test(numbers_that_we_never_ask_for_are_noticed),
        cmocka_unit_test(stars_are_read_where_they_are_meant),
        cmocka_unit_test(any_bytes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
