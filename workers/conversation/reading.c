#include "workers/conversation/reading.h"

#include <string.h>
#include "queue/base/utf8.h"
#include "queue/domain/id_number.h"

#define SHORT_BYTES \
    36 /* twelve characters: a command may stand in a message of this length, not in a story */

/* Homophones and letters of a sound input stand beside the words: that is how they are mistyped. */
static const char *const STATUS[] = {"查寻",   "查旬",     "chaxun", "查询", "查进度", "进度",
                                     "查一下", "到哪一步", "办到哪", "查",   "cx",     NULL};
static const char *const WITHDRAW[] = {"撒回",         "彻回", "测回", "撤会",     "撒销",
                                       "chehui",       "撤回", "撤销", "取消求助", "不用救助了",
                                       "不需要救助了", "ch",   NULL};
static const char *const NOT_ME[] = {"不是本入", "不是木人", "bushibenren", "不是本人",
                                     "不是我",   "打错",     "发错",        "认错人",
                                     "号码错",   "错号",     "不认识",      NULL};
static const char *const PERSON[] = {"rengong", "人公",   "找人共",     "找人工",     "转人工",
                                     "人工",    "找人接", "打电话给我", "给我打电话", "给我来电话",
                                     "回电话",  "请回电", "要跟人说",   NULL};
static const char *const PERSON_ANYWHERE[] = {"找人工",     "转人工",     "人工服务", "不要机器",
                                              "打电话给我", "给我打电话", NULL};
static const char *const RATE[] = {"平价", "评架", "pingjia", "评价",
                                   "评分", "打分", "满意度",  NULL};
static const char *const PLACE[] = {"补充地点", "补充地址", "改地址", "改地点", NULL};
static const char *const PEOPLE[] = {"补充人数", "改人数", NULL};
static const char *const OTHER_EVENT[] = {
    "另一件",   "另外一件", "又一件",   "别的事",     "另一起",     "另外一起",
    "新的求助", "不是上次", "不是那件", "跟上次无关", "和上次无关", "邻居家",
    "帮别人",   "另一家",   "另外一家", "替别人",     NULL};
static const char *const NO_LONG[] = {
    "meishoudao", "没收倒",   "没首到",   "没受到", "meiyou", "没收到",   "没有收到",
    "没到账",     "没有到账", "未到账",   "未收到", "还没到", "还没有到", "没到",
    "没有到",     "没看到钱", "没见到钱", "没见钱", "没领到", "钱没",     "没钱进",
    "不对账",     "金额不对", "钱数不对", "少了",   NULL};
static const char *const NO_SHORT[] = {"否",   "不", "没", "没有",   "不是", "不对",
                                       "没呢", "no", "n",  "不是的", "不行", NULL};
static const char *const YES_LONG[] = {"shoudao", "首到", "收倒",   "收到",   "到账", "到帐",
                                       "领到",    "拿到", "钱到了", "钱来了", NULL};
static const char *const YES_SHORT[] = {"是",  "是的", "对",   "对的", "好",   "好的", "嗯",
                                        "恩",  "行",   "可以", "确认", "到了", "有了", "ok",
                                        "yes", "y",    "已到", "有",   NULL};
static const char *const QUESTION[] = {"吗",     "什么时候", "多久", "几时", "何时",
                                       "怎么",   "能不能",   "哪天", "几天", "会不会",
                                       "有没有", "是不是",   "呢",   NULL};

/* ---- Commands ---- */

static bool named(const struct plain *p, const char *const *words)
{
    for (; *words != NULL; words++) {
        bool letters = (*words)[0] >= 'a' && (*words)[0] <= 'z';
        if (plain_is(p, *words) ||
            (!letters && plain_starts(p, *words) && p->tight_len <= 3 * (size_t)SHORT_BYTES)) {
            return true;
        }
    }
    return false;
}

static bool short_with(const struct plain *p, const char *const *words)
{
    return p->tight_len <= SHORT_BYTES && (named(p, words) || plain_has_any(p, words) != NULL);
}

static enum command command_of(const struct plain *p)
{
    /* a bare 查 or letters only as the whole message or its first word: "警察来查过" is a story */
    if (short_with(p, NOT_ME)) {
        return COMMAND_NOT_ME;
    }
    if (p->tight_len <= SHORT_BYTES && named(p, STATUS)) {
        return COMMAND_STATUS;
    }
    if (short_with(p, WITHDRAW)) {
        return COMMAND_WITHDRAW;
    }
    if (short_with(p, RATE)) {
        return COMMAND_RATE;
    }
    if (short_with(p, PERSON)) {
        return COMMAND_PERSON;
    }
    if (named(p, PLACE)) {
        return COMMAND_PLACE;
    }
    return named(p, PEOPLE) ? COMMAND_PEOPLE : COMMAND_NONE;
}

/* ---- Yes and no ---- */

static bool is_any(const struct plain *p, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (plain_is(p, *words)) {
            return true;
        }
    }
    return false;
}

static enum answer answer_of(const struct plain *p, struct slice raw)
{
    bool asks = memchr(raw.ptr == NULL ? "" : raw.ptr, '?', raw.len) != NULL ||
                plain_has_any(p, QUESTION) != NULL;
    for (size_t i = 0; i + 3 <= raw.len; i++) {
        asks = asks || memcmp(raw.ptr + i, "？", 3) == 0;
    }
    if (plain_has_any(p, NO_LONG) != NULL) { /* also in a question: 怎么还没到 */
        return ANSWER_NO;
    }
    if (asks) {
        return ANSWER_NONE; /* "什么时候收到" says nothing about having it */
    }
    if (is_any(p, NO_SHORT)) {
        return ANSWER_NO;
    }
    return is_any(p, YES_SHORT) ||
                   (p->tight_len <= SHORT_BYTES && plain_has_any(p, YES_LONG) != NULL)
               ? ANSWER_YES
               : ANSWER_NONE;
}

/* ---- Numbers ---- */

static size_t digits_at(const char *text)
{
    size_t n = 0;
    while (text[n] >= '0' && text[n] <= '9') {
        n++;
    }
    return n;
}

static int number_in(const char *text, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static void keep_digits(const char *from, size_t n, char out[READING_DIGITS_MAX + 1])
{
    memcpy(out, from, n);
    out[n] = '\0';
}

/* The last run of 4 to 22 digits that ends the message. */
static void read_tail(const struct plain *p, struct reading *out)
{
    size_t end = p->tight_len, start = end;
    while (start > 0 && p->tight[start - 1] >= '0' && p->tight[start - 1] <= '9') {
        start--;
    }
    if (start > 0 && end - start >= 4 && end - start <= READING_DIGITS_MAX) {
        keep_digits(p->tight + start, end - start, out->tail);
    }
}

static void read_numbers(const struct plain *p, struct reading *out)
{
    static const char *const FRONT[] = {"回复", "回", "选择", "选", "答", "我选", NULL};
    static const char *const HAN[] = {"零", "一", "二", "三", "四", "五", NULL};
    const char *text = p->spaced;
    for (const char *const *word = FRONT; *word != NULL; word++) {
        size_t len = strlen(*word);
        if (strncmp(text, *word, len) == 0 && digits_at(text + len + (text[len] == ' ')) > 0) {
            text += len + (text[len] == ' ');
            break;
        }
    }
    size_t n = digits_at(text), whole = digits_at(p->tight);
    out->number = -1;
    if (whole == p->tight_len && whole >= 4 && whole <= READING_DIGITS_MAX &&
        strchr(p->spaced, ' ') == NULL) {
        keep_digits(p->tight, whole, out->digits);
    } else if (n >= 1 && n <= 3 && text[n] == '\0') {
        out->number = number_in(text, n);
    } else if (n >= 1 && n <= 2 && text[n] == ' ') {
        size_t behind = digits_at(text + n + 1);
        if (behind >= 4 && behind <= READING_DIGITS_MAX && text[n + 1 + behind] == '\0') {
            out->number = number_in(text, n);
            keep_digits(text + n + 1, behind, out->tail);
        }
    }
    for (int i = 0; HAN[i] != NULL && out->number < 0; i++) {
        out->number = plain_is(p, HAN[i]) ? i : -1;
    }
}

static int stars_of(const struct plain *p, enum command command)
{
    static const char *const LEVELS[][4] = {{"非常不满意", "很不满意", "太差", NULL},
                                            {"不满意", "差评", NULL, NULL},
                                            {"一般", "还行", NULL, NULL},
                                            {NULL, NULL, NULL, NULL},
                                            {"非常满意", "很满意", "好评", NULL}};
    static const char *const HAN[] = {"一", "二", "三", "四", "五"};
    bool unit = p->tight_len <= SHORT_BYTES && (plain_has(p, "星") || plain_has(p, "分"));
    if (command != COMMAND_RATE && !unit) {
        return 0;
    }
    for (const char *c = p->tight; *c != '\0'; c++) {
        if (*c >= '1' && *c <= '5' && digits_at(c) == 1 &&
            (c == p->tight || c[-1] < '0' || c[-1] > '9')) {
            return *c - '0';
        }
    }
    for (int i = 0; i < 5; i++) {
        if (plain_has_any(p, LEVELS[i]) != NULL || (unit && plain_has(p, HAN[i]))) {
            return i + 1;
        }
    }
    return plain_has(p, "满意") && strlen("满意度") < p->tight_len ? 4 : 0;
}

/* ---- What we never ask for ---- */

static bool luhn(const char *digits, size_t n)
{
    int sum = 0;
    for (size_t i = 0; i < n; i++) {
        int d = digits[n - 1 - i] - '0';
        d = i % 2 == 1 ? d * 2 : d;
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

static void read_long_numbers(const char *text, int64_t today_ms, struct reading *out)
{
    for (const char *c = text; *c != '\0';) {
        size_t n = digits_at(c);
        if (n == 0) {
            c++;
            continue;
        }
        struct id_number id;
        size_t id_len = n == 17 && c[17] == 'x' ? 18 : n;
        if (id_len == 18 && id_number_parse(slice_make(c, 18), today_ms, &id, NULL) == ERR_OK) {
            out->id_number = true;
        } else if (n >= 16 && n <= 19 && luhn(c, n) && out->card[0] == '\0') {
            memcpy(out->card, c, n);
            out->card[n] = '\0';
        }
        c += n;
    }
}

void reading_make(struct slice text, int64_t today_ms, struct reading *out)
{
    struct plain p;
    plain_make(text, &p);
    *out = (struct reading){.number = -1, .cause = CAUSE_OTHER};
    out->empty = p.tight_len == 0;
    read_numbers(&p, out);
    out->command = out->number >= 0 || out->digits[0] != '\0' ? COMMAND_NONE : command_of(&p);
    if (out->command == COMMAND_STATUS || out->command == COMMAND_WITHDRAW) {
        read_tail(&p, out);
    }
    out->stars = stars_of(&p, out->command);
    out->answer = answer_of(&p, text);
    out->persons = reading_people(&p, false);
    reading_needs(&p, out);
    out->wants_person =
        out->command == COMMAND_PERSON || plain_has_any(&p, PERSON_ANYWHERE) != NULL;
    out->danger = reading_danger(&p) != NULL;
    out->other_event = plain_has_any(&p, OTHER_EVENT) != NULL;
    read_long_numbers(p.spaced, today_ms, out);
    if (!out->id_number && out->card[0] == '\0') {
        read_long_numbers(p.tight, today_ms, out); /* groups of four with spaces */
    }
    if (out->id_number || out->card[0] != '\0') {
        out->digits[0] = out->tail[0] = '\0';
        out->number = -1;
    }
}
