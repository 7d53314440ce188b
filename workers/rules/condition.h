/* Conditions over the facts of a case, as they are written in the policy pack:
 *
 *     {"causes": ["fire", "flood"], "all": ["stranded"], "any": ["shelter_lost", "food_lost"],
 * "none":
 * ["wants_person"]}
 *
 * An absent list is no demand; an empty list is refused when the pack is read. Pure. */
#ifndef WORKERS_RULES_CONDITION_H
#define WORKERS_RULES_CONDITION_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/slice.h"
#include "queue/domain/relief.h"

/* Facts that a condition may name: word in the pack, how it is taken from struct case_facts,
 * Chinese label. */
#define FACT_TABLE(X)                                                                \
    X(FACT_DANGER_TO_LIFE, "danger_to_life", f->danger_to_life, "危及生命")          \
    X(FACT_SHELTER_LOST, "shelter_lost", f->shelter_lost, "无处栖身")                \
    X(FACT_FOOD_LOST, "food_lost", f->food_lost, "缺少食物饮水")                     \
    X(FACT_CHILD_ALONE, "child_alone", f->child_alone, "儿童无人监护")               \
    X(FACT_INCOME_STOPPED, "income_stopped", f->income_stopped, "收入中断")          \
    X(FACT_RECOGNISED, "recognised", f->recognised, "在册困难对象")                  \
    X(FACT_WANTS_PERSON, "wants_person", f->wants_person, "要求人工决定")            \
    X(FACT_STRANDED, "stranded", f->stranded, "异地滞留")                            \
    X(FACT_EXPENSE_KNOWN, "expense_known", f->net_expense_fen > 0, "有自付支出金额") \
    X(FACT_MONTHS_KNOWN, "months_known", f->months > 0, "有困难月数")                \
    X(FACT_SEVERAL_PERSONS, "several_persons", f->persons > 1, "两人以上")

enum fact {
#define FACT_ENUM(id, word, test, zh) id,
    FACT_TABLE(FACT_ENUM)
#undef FACT_ENUM
        FACT_COUNT
};

struct condition {
    uint32_t causes; /* bit per enum cause; 0 = any cause */
    uint32_t all;    /* bits per enum fact: every one must hold */
    uint32_t any;    /* at least one must hold; 0 = no demand */
    uint32_t none;   /* none may hold */
};

/* Bits of the facts that hold. */
uint32_t condition_facts(const struct case_facts *f);
bool condition_holds(const struct condition *c, enum cause cause, uint32_t facts);
/* FACT_COUNT when there is no such word. */
enum fact fact_from_word(struct slice word);
const char *fact_word(enum fact f);
const char *fact_zh(enum fact f);

#endif
