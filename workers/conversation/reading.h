/* What stands in a text message, read without knowing what was asked before: commands, digits, yes
 * or no, and out of free text the needs, the number of people, the cause, danger to life. Reading
 * never fails: what is not understood is simply not found, and the whole text goes to a person
 * anyway. Where the text leaves doubt, the reading errs to the side of danger and of need: nothing
 * is refused by it.
 *
 * The words are domain.md section 10 and what people write instead of them. Pure. */
#ifndef WORKERS_CONVERSATION_READING_H
#define WORKERS_CONVERSATION_READING_H

#include <stdint.h>
#include "queue/domain/relief.h"
#include "workers/conversation/plain.h"

/* Words that mean the same whatever was asked. */
enum command {
    COMMAND_NONE,
    COMMAND_STATUS,   /* 查询 */
    COMMAND_WITHDRAW, /* 撤回 */
    COMMAND_RATE,     /* 评价 1-5 */
    COMMAND_NOT_ME,   /* 不是本人 */
    COMMAND_PERSON,   /* 找人工 */
    COMMAND_PLACE,    /* 1 补充地点 */
    COMMAND_PEOPLE    /* 2 补充人数 */
};

enum answer { ANSWER_NONE, ANSWER_YES, ANSWER_NO };

#define READING_DIGITS_MAX 22 /* of a case number */
#define READING_CARD_SIZE 20  /* 16 to 19 digits and a NUL */

struct reading {
    bool empty; /* nothing readable: no letter, digit or character */
    enum command command;
    enum answer answer; /* 是/否, 收到/没收到 … ; not from digits: those mean what was asked */
    /* The message is a number, or a number with a case's digits behind it ("1 004512"): number -1
     * if it is neither. A longer run of digits (4 to 22) alone stands in digits. */
    int number;
    char digits[READING_DIGITS_MAX + 1]; /* "" = none */
    char tail[READING_DIGITS_MAX +
              1];     /* which case is meant: its last digits, at least 4; "" = not said */
    int stars;        /* 1..5 behind 评价, or said with 星 or 分; 0 = not said */
    int persons;      /* 1..PERSONS_MAX, 0 = not said */
    enum cause cause; /* CAUSE_OTHER = not said */
    bool help;        /* it speaks of hardship: a cause, a need, or a cry for help */
    bool danger;      /* a danger word: 110/119/120 must be told */
    bool other_event; /* says plainly that it is another matter than the one before */
    bool shelter_lost, food_lost, child_alone, income_stopped, stranded, recognised, wants_person;
    /* Somebody sent what we never ask for. The numbers stay inside the sealed text and are in no
     * answer. card: passes the check digit; "" = none. */
    bool id_number;
    char card[READING_CARD_SIZE];
};

/* today_ms: for the dates inside identity numbers. */
void reading_make(struct slice text, int64_t today_ms, struct reading *out);

/* The number of people that a text speaks of, as an answer to "how many": also a bare number or 俩,
 * 三口. 0 = none. */
int reading_people(const struct plain *p, bool asked);

/* Causes and needs; fills cause, help and the flags of *out. */
void reading_needs(const struct plain *p, struct reading *out);

/* The danger word in it, NULL if none. Words inside harmless ones (火车, 血压) do not count. */
const char *reading_danger(const struct plain *p);

#endif
