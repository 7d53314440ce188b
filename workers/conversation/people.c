/* How many people: digits and Chinese numerals with the words that count people. */
#include <string.h>
#include "queue/base/utf8.h"
#include "workers/conversation/reading.h"

/* Words behind a number that make it a number of people, the longer ones first. */
static const char *const COUNTS[] = {"口人", "个人",   "名人",   "位人",   "人",
                                     "口",   "个大人", "个老人", "位老人", NULL};
/* Words in front. */
static const char *const FAMILY[] = {"一家", "全家", "家里", "家中", "我家", "我们", "咱们",
                                     "一共", "共",   "总共", "人数", "带着", "有",   NULL};
/* People who are counted by themselves: "带两个孩子" is one more than it says. */
static const char *const CHILDREN[] = {"个孩子", "个小孩", "个娃",   "个儿子", "个女儿", "个孙子",
                                       "个孙女", "个婴儿", "个老人", "位老人", NULL};

/* Behind 俩 and 仨, which hold the measure word. */
static const char *const KIN[] = {"孩子", "小孩", "娃", "儿子", "女儿", "老人", "孙子", NULL};

struct number {
    int value;  /* 0 = none */
    size_t len; /* bytes */
};

static int digit_of(uint32_t c)
{
    static const struct {
        const char *characters;
        int value;
    } DIGITS[] = {{"零〇", 0}, {"一壹", 1}, {"二两贰", 2}, {"三叁", 3}, {"四肆", 4},
                  {"五伍", 5}, {"六陆", 6}, {"七柒", 7},   {"八捌", 8}, {"九玖", 9}};
    for (size_t i = 0; i < COUNT_OF(DIGITS); i++) {
        struct slice rest = slice_of(DIGITS[i].characters);
        while (rest.len > 0) {
            if (utf8_next(&rest) == c) {
                return DIGITS[i].value;
            }
        }
    }
    return -1;
}

/* 三, 十, 十二, 二十, 二十三, 俩 (2), 仨 (3), or ASCII digits, at the start of text. */
static struct number number_at(const char *text)
{
    struct slice rest = slice_of(text);
    struct number n = {0, 0};
    if (*text >= '0' && *text <= '9') {
        while (n.len < 4 && text[n.len] >= '0' && text[n.len] <= '9') {
            n.value = n.value * 10 + (text[n.len++] - '0');
        }
        return text[n.len] >= '0' && text[n.len] <= '9' ? (struct number){0, 0} : n;
    }
    int tens = -1, ones = -1;
    while (rest.len > 0) {
        struct slice before = rest;
        uint32_t c = utf8_next(&rest);
        int digit = digit_of(c);
        if (c == 0x4FE9 || c == 0x4EE8) { /* 俩 仨: with the measure word in them */
            return n.len == 0 ? (struct number){c == 0x4FE9 ? 2 : 3, (size_t)(rest.ptr - text)} : n;
        }
        if (c == 0x5341 && tens < 0) { /* 十 */
            tens = ones < 0 ? 1 : ones;
            ones = -1;
        } else if (digit >= 0 && ones < 0) {
            ones = digit;
        } else {
            rest = before;
            break;
        }
        n.len = (size_t)(rest.ptr - text);
    }
    n.value = (tens < 0 ? 0 : tens * 10) + (ones < 0 ? 0 : ones);
    return n.value == 0 ? (struct number){0, 0} : n;
}

static bool begins_any(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strncmp(text, *words, strlen(*words)) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_any(const char *text, const char *end, const char *const *words)
{
    for (; *words != NULL; words++) {
        size_t len = strlen(*words);
        if ((size_t)(end - text) >= len && strncmp(end - len, *words, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Not people, though 人 or 口 follows: 三人民路, 5口井, 一人医院 … */
static bool no_count(const char *behind)
{
    static const char *const PLACES[] = {"人民", "人医院", "人工", "口井", "口塘",
                                         "口镇", "口乡",   "口村", "人行", NULL};
    return begins_any(behind, PLACES);
}

static bool in_range(int n)
{
    return n >= 1 && n <= PERSONS_MAX;
}

/* The whole message is a number, perhaps with 人 and the like. */
static int bare(const struct plain *p)
{
    const char *text = p->tight;
    struct number n = number_at(text);
    if (n.len == 0 || !in_range(n.value)) {
        return 0;
    }
    text += n.len;
    return *text == '\0' || strcmp(text, "个") == 0 || strcmp(text, "位") == 0 ||
                   strcmp(text, "口") == 0 || begins_any(text, COUNTS)
               ? n.value
               : 0;
}

int reading_people(const struct plain *p, bool asked)
{
    static const char *const ALONE[] = {"我一个人",   "就我一个",   "只有我一个", "就我自己",
                                        "只有我自己", "我自己一个", "单身一人",   "孤身一人",
                                        "独自一人",   NULL};
    int most = asked ? bare(p) : 0;
    if (most > 0) {
        return most;
    }
    int children = 0;
    for (const char *at = p->tight; *at != '\0'; at++) {
        if (((unsigned char)*at & 0xC0) == 0x80) {
            continue; /* inside a character */
        }
        if (at > p->tight && at[-1] >= '0' && at[-1] <= '9') {
            continue; /* inside a run of digits */
        }
        struct number n = number_at(at);
        const char *behind = at + n.len;
        if (n.len == 0 || !in_range(n.value)) {
            continue;
        }
        bool both = strncmp(at, "俩", 3) == 0 || strncmp(at, "仨", 3) == 0;
        bool family = ends_any(p->tight, at, FAMILY);
        bool counted = begins_any(behind, COUNTS) && !no_count(behind);
        bool bare_in_family = family && (*behind == '\0' || both);
        if (begins_any(behind, CHILDREN) || (both && begins_any(behind, KIN))) {
            children += n.value;
        } else if ((counted || bare_in_family || (both && begins_any(behind, COUNTS))) &&
                   n.value > most) {
            most = n.value;
        }
        at = behind - 1;
    }
    if (most == 0 && children > 0 && in_range(children + 1)) {
        return children + 1; /* and the one who writes */
    }
    if (most == 0) {
        static const char *const COUPLES[] = {"我们俩", "夫妻俩", "夫妻二人", "两口子", "母子俩",
                                              "母女俩", "父子俩", "父女俩",   "爷孙俩", "婆孙俩",
                                              "老两口", "小两口", "姐妹俩",   "兄弟俩", NULL};
        if (plain_has_any(p, COUPLES) != NULL) {
            return 2;
        }
        return plain_has_any(p, ALONE) != NULL ? 1 : 0;
    }
    return most;
}
