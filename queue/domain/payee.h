/* Payee check (收款人核验) before money goes out: looks for what usually is a slip or a fraud, and asks. It never
 * refuses: a finding puts the payment before a person with a sentence that says what was seen and what to do; the
 * person decides and the decision is recorded. Sources: domain.md section 4 (dead payees, duplicates, handlers'
 * relatives), reference integrations 4.1 and 4.3. Pure; what goes through here is personal data and is never logged.
 * The sentences hold no personal data. */
#ifndef QUEUE_DOMAIN_PAYEE_H
#define QUEUE_DOMAIN_PAYEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define PAYEE_EARLIER_MAX 1000 /* earlier payments looked at */

/* Kind of account (账户类型). Luhn's check digit is a rule for bank cards only: passbooks and many 一卡通 accounts do
 * not have one and are legal payees. */
enum payee_account_kind {
    PAYEE_ACCOUNT_CARD,     /* 银行卡, 16..19 digits */
    PAYEE_ACCOUNT_PASSBOOK, /* 存折, 惠民惠农一卡通 */
    PAYEE_ACCOUNT_OTHER     /* wallet, unknown */
};

/* An earlier payment that has the same identity number or the same account. */
struct payee_earlier {
    struct slice name, id_number, account;
    bool succeeded; /* the bank paid and nothing came back: its name and account are proven to fit */
};

struct payee_question {
    struct slice name;      /* UTF-8; "" = not known */
    struct slice id_number; /* "" = not known */
    struct slice account;   /* digits or letters; "" = none, paid otherwise */
    enum payee_account_kind kind;
    struct slice helped_name; /* who is helped, when the payee is somebody else (代领); "" = the same person */
    const struct payee_earlier *earlier;
    size_t earlier_count; /* 0..PAYEE_EARLIER_MAX */
    /* other people (by identity number) whose payments of this calendar year went to this account, as the store counts
     * them; may be more than `earlier` holds */
    int others_on_account;
    int others_allowed;                   /* from the policy: a family account is normal, e.g. 2 */
    bool id_is_officers, id_is_relatives; /* found in the register of officers, of their relatives (近亲属备案) */
    bool account_is_officers, account_is_relatives; /* the same of the account */
    int64_t today_ms;
};

/* Findings: id, word, must a person look before money goes out (else only told), Chinese. */
#define PAYEE_FINDING_TABLE(X)                                                                                  \
    X(PAYEE_ID_MISSING, "id_missing", false, "没有收款人身份证号，无法核对身份，请补录")                        \
    X(PAYEE_ID_WRONG, "id_wrong", true, "收款人身份证号不正确（位数、日期或校验码），请与证件核对")             \
    X(PAYEE_NAME_MISSING, "name_missing", true, "没有收款人姓名，银行会退回，请补录")                           \
    X(PAYEE_NAME_CHANGED, "name_changed", true, "同一身份证号以前用过不同的姓名，请核对证件或更名证明")         \
    X(PAYEE_ID_CHANGED, "id_changed", true, "同一账号以前以同一姓名登记了不同的身份证号，请核对证件")           \
    X(PAYEE_ACCOUNT_MISSING, "account_missing", false, "没有收款账号，请选择现金、实物等方式并由两人办理")      \
    X(PAYEE_ACCOUNT_FORM, "account_form", true, "收款账号格式不对（银行卡应为16至19位数字），请核对")           \
    X(PAYEE_ACCOUNT_LUHN, "account_luhn", true, "银行卡号校验位不符，可能录错一位，请与卡面核对")               \
    X(PAYEE_ACCOUNT_NEW, "account_new", false, "此人以前收款用的是另一账号，请确认本次账号由本人提供")          \
    X(PAYEE_ACCOUNT_FAILED, "account_failed", true, "以前向该账号付款未成功，请核对账号后再发放")               \
    X(PAYEE_ACCOUNT_OF_OTHER, "account_of_other", true, "该账号以前属于另一姓名，请核对户名，代领须有委托书")   \
    X(PAYEE_ACCOUNT_OF_MANY, "account_of_many", true, "多名受助人使用同一账号，请逐一核实是否本人或监护人账户") \
    X(PAYEE_OTHER_PERSON, "other_person", true, "收款人不是受助人本人，请核对委托书或监护关系")                 \
    X(PAYEE_OFFICER, "officer", true, "收款人或账号属于经办人员，须回避并由县级入户核查")                       \
    X(PAYEE_RELATIVE, "relative", true, "收款人或账号属于经办人员近亲属，须单独登记、回避并由县级入户核查")

#define PAYEE_ENUM(id, word, asks, zh) id,
enum payee_finding { PAYEE_FINDING_TABLE(PAYEE_ENUM) PAYEE_FINDING_COUNT };
#undef PAYEE_ENUM

struct payee_findings {
    enum payee_finding list[PAYEE_FINDING_COUNT]; /* in the order of the table, none twice */
    size_t count;
    bool ask; /* one of them asks a person before money goes out */
};

/* Cannot fail: what cannot be read is a finding. */
void payee_check(const struct payee_question *q, struct payee_findings *out);

const char *payee_finding_word(enum payee_finding f);
const char *payee_finding_zh(enum payee_finding f);
bool payee_finding_asks(enum payee_finding f);
MUST_CHECK enum err payee_finding_from_word(struct slice word, enum payee_finding *out);

/* The number in a financial address "kind:number@bank"; "" if it is none. */
struct slice payee_account_number(struct slice fa);
#define PAYEE_PLAIN_SIZE 65 /* with its NUL */

/* The number of a financial address as two people would write it alike: without blanks, '-' and
 * '.', letters large. "" (and ERR_OK) if it is no financial address; ERR_INPUT: longer than
 * PAYEE_PLAIN_SIZE - 1. */
MUST_CHECK enum err payee_account_plain(struct slice fa, char out[PAYEE_PLAIN_SIZE]);
/* UnionPay's cards begin with 62 and have 16 to 19 digits; any other number behind "account:" is a passbook or 一卡通
 * account, other kinds are wallets. */
enum payee_account_kind payee_account_kind_of(struct slice fa);

/* Luhn's check digit (ISO/IEC 7812). False also when there is no digit, or anything but digits. */
bool payee_luhn(struct slice digits);

#endif
