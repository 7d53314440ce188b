/* A row of a roster (灾民花名册, 应急统表): columns under Chinese or English heads, out of which
 * the ticket is made that the row stands for. Pure. */
#ifndef SERVER_ROSTER_ROW_H
#define SERVER_ROSTER_ROW_H

#include "server/csv.h"
#include "server/ticket.h"

/* word in answers, heads that mean it */
#define ROSTER_COLUMN_TABLE(X)                                                             \
    X(COLUMN_NAME, "name", "户主姓名|户主|姓名|head|name")                                 \
    X(COLUMN_ID_NUMBER, "id_number", "身份证号|身份证号码|证件号码|身份证|id_number|id")   \
    X(COLUMN_PHONE, "phone", "联系电话|电话|手机|手机号|手机号码|phone")                   \
    X(COLUMN_ACCOUNT, "account", "一卡通账号|银行账号|银行卡号|账号|收款账户|account")     \
    X(COLUMN_BANK, "bank", "开户行|开户银行|银行|bank")                                    \
    X(COLUMN_PERSONS, "persons", "需救助人口|需救助人数|救助人数|人数|persons")            \
    X(COLUMN_SIZE, "household_size", "家庭人口|家庭人数|household_size|size")              \
    X(COLUMN_ADDRESS, "address", "家庭住址|住址|地址|村组|村|village|address")             \
    X(COLUMN_CAUSE, "cause", "急难事由|事由|受灾原因|原因|cause")                          \
    X(COLUMN_NEEDS, "needs", "需求|救助需求|困难情况|needs")                               \
    X(COLUMN_AMOUNT, "amount_yuan", "申请金额|救助金额|救助金|金额|现金|amount_yuan|cash") \
    X(COLUMN_FORM, "form", "发放形式|发放方式|救助方式|form|payment")                      \
    X(COLUMN_HOUSEHOLD, "household", "户号|家庭编号|household")                            \
    X(COLUMN_RELATIVE, "relative_of", "近亲属|亲属关系|relative_of")                       \
    X(COLUMN_REMARKS, "remarks", "备注|说明|remarks")

#define ROSTER_COLUMN_ENUM(id, word, heads) id,
enum roster_column { ROSTER_COLUMN_TABLE(ROSTER_COLUMN_ENUM) ROSTER_COLUMN_COUNT };
#undef ROSTER_COLUMN_ENUM

struct roster_columns {
    size_t at[ROSTER_COLUMN_COUNT]; /* SIZE_MAX: there is no such column */
    size_t unknown;                 /* columns that are not read */
};

/* False: no name, or neither ID number nor telephone, or a column twice; *why says it in Chinese
 * (static). */
bool roster_columns_read(const struct slice *heads, size_t n, struct roster_columns *out,
                         const char **why);

struct roster_fault {
    const char *field; /* word of the column, static; "" = the row as a whole */
    const char
        *remedy; /* Chinese sentences without personal data, in the arena: all that is wrong */
};

/* The ticket of a row. township: 9 digits, where it happened; cause: for rows that say none.
 * household: the row's own number of its household, "" = none (borrowed). ERR_INPUT with *fault,
 * ERR_NO_MEMORY. */
MUST_CHECK enum err roster_row_read(const struct roster_columns *c, const struct slice *fields,
                                    size_t n, const char *township, const char *cause,
                                    int64_t now_ms, struct arena *arena, struct ticket *out,
                                    struct slice *household, struct roster_fault *fault);

#endif
