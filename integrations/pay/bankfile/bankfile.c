#include "integrations/pay/bankfile/bankfile.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"

#define PREFIX_MAX 7
#define HASH_DIGITS 20
#define PURPOSE_POINTS_MAX 35
#define FIRST_CAP 64

struct bankfile_payee bankfile_payee(struct slice fa)
{
    struct bankfile_payee p;
    p.kind = slice_cut(&fa, ':');
    p.account = slice_cut(&fa, '@');
    p.bank = fa;
    return p;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool all_alnum(struct slice s, size_t max)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alnum(s.ptr[i])) {
            return false;
        }
    }
    return s.len >= 1 && s.len <= max;
}

bool bankfile_msg_id_valid(struct slice text)
{
    return all_alnum(text, BANKFILE_MSG_ID_SIZE - 1);
}

/* No control characters and nothing that XML forbids; length in code points. */
static bool text_fits(struct slice s, size_t least, size_t max_points)
{
    if (!utf8_valid(s)) {
        return false;
    }
    size_t points = utf8_count(s);
    while (s.len > 0) {
        uint32_t code = utf8_next(&s);
        if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xfffe || code == 0xffff) {
            return false;
        }
    }
    return points >= least && points <= max_points;
}

static enum err refuse(struct bankfile_fault *fault, size_t row, const char *field, const char *reason)
{
    if (fault != NULL) {
        *fault = (struct bankfile_fault){row, field, reason};
    }
    return ERR_INPUT;
}

static enum err check_batch(const struct bankfile_batch *b, struct bankfile_fault *fault)
{
    struct slice bank = slice_of(b->payer_bank);
    if (b->count == 0 || b->count > BANKFILE_ORDERS_MAX) {
        return refuse(fault, 0, "orders", "there are none, or too many for one file");
    }
    if (!bankfile_msg_id_valid(slice_of(b->msg_id))) {
        return refuse(fault, 0, "msg_id", "must be 1..35 letters and digits");
    }
    if (!text_fits(slice_of(b->payer_name), 1, BANKFILE_NAME_POINTS_MAX)) {
        return refuse(fault, 0, "payer_name", "is empty, too long or has control characters");
    }
    if (!all_alnum(slice_of(b->payer_account), BANKFILE_ACCOUNT_MAX)) {
        return refuse(fault, 0, "payer_account", "must be 1..34 letters and digits");
    }
    if (bank.len != 12 || !slice_all_digits(bank)) {
        return refuse(fault, 0, "payer_bank", "must be 12 digits (联行号)");
    }
    if (!text_fits(slice_of(b->purpose), 0, PURPOSE_POINTS_MAX)) {
        return refuse(fault, 0, "purpose", "is too long or has control characters");
    }
    return ERR_OK;
}

static enum err check_order(const struct pay_order *o, size_t row, struct bankfile_fault *fault)
{
    if (pay_order_check(o) != ERR_OK) {
        return refuse(fault, row, "order", "id, amount, account, name or note is malformed");
    }
    struct bankfile_payee payee = bankfile_payee(o->payee_fa);
    if (payee.account.len > BANKFILE_ACCOUNT_MAX) {
        return refuse(fault, row, "account", "has more than 34 characters");
    }
    if (payee.bank.len > 35) {
        return refuse(fault, row, "bank", "has more than 35 characters");
    }
    if (slice_trim(o->payee_name).len == 0 || !text_fits(o->payee_name, 1, BANKFILE_NAME_POINTS_MAX)) {
        return refuse(fault, row, "name", "is empty, too long or has characters that no file can carry");
    }
    if (!text_fits(o->note, 0, SIZE_MAX)) {
        return refuse(fault, row, "note", "has characters that no file can carry");
    }
    return ERR_OK;
}

static int by_id(const void *a, const void *b)
{
    const struct pay_order *const *x = a;
    const struct pay_order *const *y = b;
    int order = strcmp((*x)->id, (*y)->id);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Row (from 1) of the second of two orders with one id; 0 = all differ. */
static enum err find_repeat(const struct bankfile_batch *b, size_t *row)
{
    const struct pay_order **sorted = malloc(b->count * sizeof(*sorted));
    if (sorted == NULL) {
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < b->count; i++) {
        sorted[i] = &b->orders[i];
    }
    qsort(sorted, b->count, sizeof(*sorted), by_id);
    *row = 0;
    for (size_t i = 1; i < b->count && *row == 0; i++) {
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0) {
            *row = (size_t)(sorted[i] - b->orders) + 1;
        }
    }
    free(sorted);
    return ERR_OK;
}

enum err bankfile_check(const struct bankfile_batch *batch, int64_t *sum_fen, struct bankfile_fault *fault)
{
    int64_t sum = 0;
    size_t repeat = 0;
    enum err err = check_batch(batch, fault);
    for (size_t i = 0; i < batch->count && err == ERR_OK; i++) {
        err = check_order(&batch->orders[i], i + 1, fault);
        if (err == ERR_OK && money_add(sum, batch->orders[i].amount_fen, &sum) != ERR_OK) {
            err = refuse(fault, i + 1, "amount", "the sum of the batch is too large");
        }
    }
    if (err == ERR_OK) {
        err = find_repeat(batch, &repeat);
    }
    if (err == ERR_OK && repeat > 0) {
        err = refuse(fault, repeat, "id", "stands in the batch twice");
    }
    if (err == ERR_OK) {
        *sum_fen = sum;
    }
    return err;
}

enum err bankfile_sha256(struct slice bytes, char out[65])
{
    unsigned char digest[32];
    unsigned int len = 0;
    if (EVP_Digest(bytes.ptr == NULL ? "" : bytes.ptr, bytes.len, digest, &len, EVP_sha256(), NULL) != 1 ||
        len != sizeof(digest)) {
        return ERR_INTERNAL;
    }
    hex_encode(digest, sizeof(digest), out);
    return ERR_OK;
}

enum err bankfile_msg_id(const char *rail, const char *prefix, int64_t at_ms, const struct pay_order *orders, size_t n,
                         char out[BANKFILE_MSG_ID_SIZE])
{
    struct slice head = slice_of(prefix);
    if (!all_alnum(head, PREFIX_MAX) || n == 0 || n > BANKFILE_ORDERS_MAX) {
        return ERR_INPUT;
    }
    struct civil_time day = clock_civil_china(at_ms);
    struct buf text;
    char hash[65];
    buf_init(&text, (size_t)1024 * 1024);
    buf_putf(&text, "%s\n%04d%02d%02d\n", rail, day.year, day.month, day.day);
    for (size_t i = 0; i < n; i++) {
        buf_putf(&text, "%s\n", orders[i].id);
    }
    enum err err = buf_err(&text);
    if (err == ERR_OK) {
        err = bankfile_sha256(buf_slice(&text), hash);
    }
    if (err == ERR_OK) {
        snprintf(out, BANKFILE_MSG_ID_SIZE, "%s%04d%02d%02d%.*s", prefix, day.year % 10000, day.month % 100,
                 day.day % 100, HASH_DIGITS, hash);
    }
    buf_release(&text);
    return err;
}

void bankfile_news_release(struct bankfile_news *news)
{
    free(news->results);
    free(news->lines);
    memset(news, 0, sizeof(*news));
}

/* Room for one more element of `size` bytes. */
static bool grow(void **list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return true;
    }
    if (count >= BANKFILE_RESULTS_MAX) {
        return false;
    }
    size_t next = *cap == 0 ? FIRST_CAP : *cap * 2;
    void *grown = realloc(*list, next * size);
    if (grown == NULL) {
        return false;
    }
    *list = grown;
    *cap = next;
    return true;
}

struct pay_result *bankfile_news_result(struct bankfile_news *news)
{
    void *list = news->results;
    bool room = grow(&list, news->result_count, &news->result_cap, sizeof(*news->results));
    news->results = list;
    if (!room) {
        return NULL;
    }
    struct pay_result *r = &news->results[news->result_count++];
    memset(r, 0, sizeof(*r));
    r->amount_fen = -1;
    return r;
}

struct statement_line *bankfile_news_line(struct bankfile_news *news)
{
    void *list = news->lines;
    bool room = grow(&list, news->line_count, &news->line_cap, sizeof(*news->lines));
    news->lines = list;
    if (!room) {
        return NULL;
    }
    struct statement_line *l = &news->lines[news->line_count++];
    memset(l, 0, sizeof(*l));
    return l;
}

static int by_result_id(const void *a, const void *b)
{
    const struct pay_result *const *x = a;
    const struct pay_result *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

enum err bankfile_news_contradictions(struct bankfile_news *news)
{
    size_t n = news->result_count;
    struct pay_result **sorted = calloc(n + 1, sizeof(*sorted));
    if (sorted == NULL) {
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &news->results[i];
    }
    qsort(sorted, n, sizeof(*sorted), by_result_id);
    for (size_t from = 0, to = 0; from < n; from = to) {
        bool same = true;
        for (to = from; to < n && strcmp(sorted[to]->id, sorted[from]->id) == 0; to++) {
            same = same && sorted[to]->outcome == sorted[from]->outcome &&
                   sorted[to]->amount_fen == sorted[from]->amount_fen;
        }
        news->odd += same ? 0 : 1;
        for (size_t i = from; i < to && !same; i++) {
            sorted[i]->outcome = PAY_UNKNOWN;
            snprintf(sorted[i]->reason_code, sizeof(sorted[i]->reason_code), "[contradiction]");
        }
    }
    free(sorted);
    return ERR_OK;
}

void bankfile_why_set(struct bankfile_why *why, int line, const char *text)
{
    if (why != NULL) {
        why->incomplete = false;
        why->line = line;
        snprintf(why->text, sizeof(why->text), "%s", text);
    }
}

void bankfile_copy_ref(struct slice text, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len && n + 1 < size; i++) {
        char c = text.ptr[i];
        out[n++] = c > 0x20 && c < 0x7f ? c : '?';
    }
    out[n] = '\0';
}
