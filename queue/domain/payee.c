#include "queue/domain/payee.h"

#include <string.h>
#include "queue/domain/id_number.h"

#define CARD_DIGITS_MIN 16
#define CARD_DIGITS_MAX 19
#define ACCOUNT_MIN 4 /* characters of any account */
#define ACCOUNT_MAX 34

static const struct {
    const char *word, *zh;
    bool asks;
} FINDINGS[] = {
#define PAYEE_ROW(id, word, asks, zh) {word, zh, asks},
    PAYEE_FINDING_TABLE(PAYEE_ROW)
#undef PAYEE_ROW
};

const char *payee_finding_word(enum payee_finding f)
{
    ASSERT((size_t)f < COUNT_OF(FINDINGS));
    return FINDINGS[f].word;
}

const char *payee_finding_zh(enum payee_finding f)
{
    ASSERT((size_t)f < COUNT_OF(FINDINGS));
    return FINDINGS[f].zh;
}

bool payee_finding_asks(enum payee_finding f)
{
    ASSERT((size_t)f < COUNT_OF(FINDINGS));
    return FINDINGS[f].asks;
}

enum err payee_finding_from_word(struct slice word, enum payee_finding *out)
{
    for (size_t i = 0; i < COUNT_OF(FINDINGS); i++) {
        if (slice_is(word, FINDINGS[i].word)) {
            *out = (enum payee_finding)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

bool payee_luhn(struct slice digits)
{
    int sum = 0;
    if (!slice_all_digits(digits)) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        int digit = digits.ptr[digits.len - 1 - i] - '0';
        int doubled = i % 2 == 1 ? digit * 2 : digit;
        sum += doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10 == 0;
}

/* Names are compared without spaces and without the dot inside names of minorities, which is written in several ways
 * (· U+00B7, • U+2022, ・ U+30FB, ． U+FF0E, '.'). */
static struct slice next_part(struct slice *name)
{
    static const char *const ignored[] = {
        " ", "\t", ".", "\xc2\xb7", "\xe2\x80\xa2", "\xe3\x83\xbb", "\xef\xbc\x8e", "\xe3\x80\x80"};
    for (size_t i = 0; i < COUNT_OF(ignored) && name->len > 0; i++) {
        if (slice_starts_with(*name, ignored[i])) {
            size_t len = strlen(ignored[i]);
            *name = slice_make(name->ptr + len, name->len - len);
            i = (size_t)-1; /* from the first one again */
        }
    }
    struct slice byte = slice_make(name->ptr, name->len > 0 ? 1 : 0);
    *name = slice_make(name->len > 0 ? name->ptr + 1 : NULL, name->len > 0 ? name->len - 1 : 0);
    return byte;
}

static bool same_name(struct slice a, struct slice b)
{
    for (;;) {
        struct slice x = next_part(&a);
        struct slice y = next_part(&b);
        if (!slice_eq(x, y)) {
            return false;
        }
        if (x.len == 0) {
            return true;
        }
    }
}

/* Identity numbers: the check character x is X. */
static bool same_id(struct slice a, struct slice b)
{
    a = slice_trim(a);
    b = slice_trim(b);
    if (a.len != b.len || a.len == 0 || memcmp(a.ptr, b.ptr, a.len - 1) != 0) {
        return false;
    }
    char x = a.ptr[a.len - 1] == 'x' ? 'X' : a.ptr[a.len - 1];
    char y = b.ptr[b.len - 1] == 'x' ? 'X' : b.ptr[b.len - 1];
    return x == y;
}

static bool account_form_fits(const struct payee_question *q)
{
    struct slice a = q->account;
    if (q->kind == PAYEE_ACCOUNT_CARD) {
        return slice_all_digits(a) && a.len >= CARD_DIGITS_MIN && a.len <= CARD_DIGITS_MAX;
    }
    for (size_t i = 0; i < a.len; i++) {
        char c = a.ptr[i];
        bool usual = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     (q->kind == PAYEE_ACCOUNT_OTHER && strchr("._-@+", c) != NULL);
        if (!usual) {
            return false;
        }
    }
    return a.len >= ACCOUNT_MIN && a.len <= ACCOUNT_MAX;
}

static void check_person(const struct payee_question *q, bool found[])
{
    struct id_number id;
    found[PAYEE_ID_MISSING] = slice_trim(q->id_number).len == 0;
    found[PAYEE_ID_WRONG] = !found[PAYEE_ID_MISSING] && id_number_parse(q->id_number, q->today_ms, &id, NULL) != ERR_OK;
    found[PAYEE_NAME_MISSING] = slice_trim(q->name).len == 0;
    found[PAYEE_OTHER_PERSON] = slice_trim(q->helped_name).len > 0 && !same_name(q->name, q->helped_name);
    found[PAYEE_OFFICER] = q->id_is_officers || q->account_is_officers;
    found[PAYEE_RELATIVE] = q->id_is_relatives || q->account_is_relatives;
}

static void check_account(const struct payee_question *q, bool found[])
{
    found[PAYEE_ACCOUNT_MISSING] = q->account.len == 0;
    if (q->account.len == 0) {
        return;
    }
    found[PAYEE_ACCOUNT_FORM] = !account_form_fits(q);
    found[PAYEE_ACCOUNT_LUHN] = q->kind == PAYEE_ACCOUNT_CARD && !found[PAYEE_ACCOUNT_FORM] && !payee_luhn(q->account);
    found[PAYEE_ACCOUNT_OF_MANY] = q->others_on_account > q->others_allowed;
}

static void check_earlier(const struct payee_question *q, bool found[])
{
    bool paid_here = false, paid_elsewhere = false, failed_here = false;
    for (size_t i = 0; i < q->earlier_count && i < PAYEE_EARLIER_MAX; i++) {
        const struct payee_earlier *e = &q->earlier[i];
        bool person = same_id(q->id_number, e->id_number);
        bool account = q->account.len > 0 && slice_eq(q->account, e->account);
        bool name = same_name(q->name, e->name);
        bool named = slice_trim(q->name).len > 0 && slice_trim(e->name).len > 0;
        found[PAYEE_NAME_CHANGED] = found[PAYEE_NAME_CHANGED] || (person && named && !name);
        found[PAYEE_ID_CHANGED] =
            found[PAYEE_ID_CHANGED] || (account && named && name && !person && slice_trim(q->id_number).len > 0 &&
                                        slice_trim(e->id_number).len > 0);
        found[PAYEE_ACCOUNT_OF_OTHER] =
            found[PAYEE_ACCOUNT_OF_OTHER] || (account && e->succeeded && named && !name && !person);
        paid_here = paid_here || (account && e->succeeded);
        failed_here = failed_here || (account && !e->succeeded);
        paid_elsewhere = paid_elsewhere || (person && !account && e->succeeded && e->account.len > 0);
    }
    found[PAYEE_ACCOUNT_FAILED] = failed_here && !paid_here; /* one success proves the account */
    found[PAYEE_ACCOUNT_NEW] = q->account.len > 0 && paid_elsewhere && !paid_here;
}

void payee_check(const struct payee_question *q, struct payee_findings *out)
{
    bool found[PAYEE_FINDING_COUNT] = {false};
    memset(out, 0, sizeof(*out));
    check_person(q, found);
    check_account(q, found);
    check_earlier(q, found);
    for (int i = 0; i < PAYEE_FINDING_COUNT; i++) {
        if (found[i]) {
            out->list[out->count++] = (enum payee_finding)i;
            out->ask = out->ask || FINDINGS[i].asks;
        }
    }
}

struct slice payee_account_number(struct slice fa)
{
    struct slice rest = fa;
    slice_cut(&rest, ':');
    return rest.ptr == NULL ? slice_make("", 0) : slice_cut(&rest, '@');
}

enum err payee_account_plain(struct slice fa, char out[PAYEE_PLAIN_SIZE])
{
    struct slice number = payee_account_number(fa);
    char plain[PAYEE_PLAIN_SIZE] = "";
    size_t len = 0;
    for (size_t i = 0; i < number.len; i++) {
        char c = number.ptr[i];
        if (c == ' ' || c == '-' || c == '.') {
            continue;
        }
        if (len + 1 == sizeof(plain)) {
            return ERR_INPUT;
        }
        plain[len++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    memcpy(out, plain, sizeof(plain));
    return ERR_OK;
}

enum payee_account_kind payee_account_kind_of(struct slice fa)
{
    struct slice number = payee_account_number(fa);
    if (!slice_starts_with(fa, "account:")) {
        return PAYEE_ACCOUNT_OTHER;
    }
    bool card = slice_starts_with(number, "62") && slice_all_digits(number) && number.len >= CARD_DIGITS_MIN &&
                number.len <= CARD_DIGITS_MAX;
    return card ? PAYEE_ACCOUNT_CARD : PAYEE_ACCOUNT_PASSBOOK;
}
