/* Money in integer fen: checked arithmetic, shares, text. */
#include "queue/domain/money.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include "queue/domain/relief.h"

static bool in_range(int64_t fen)
{
    return fen >= -AMOUNT_FEN_MAX && fen <= AMOUNT_FEN_MAX;
}

enum err money_add(int64_t a_fen, int64_t b_fen, int64_t *sum_fen)
{
    int64_t sum;

    if (__builtin_add_overflow(a_fen, b_fen, &sum) || !in_range(sum))
        return ERR_TOO_LARGE;
    *sum_fen = sum;
    return ERR_OK;
}

enum err money_sub(int64_t a_fen, int64_t b_fen, int64_t *difference_fen)
{
    int64_t difference;

    if (__builtin_sub_overflow(a_fen, b_fen, &difference) || !in_range(difference))
        return ERR_TOO_LARGE;
    *difference_fen = difference;
    return ERR_OK;
}

enum err money_mul(int64_t a_fen, int64_t times, int64_t *product_fen)
{
    int64_t product;

    if (__builtin_mul_overflow(a_fen, times, &product) || !in_range(product))
        return ERR_TOO_LARGE;
    *product_fen = product;
    return ERR_OK;
}

enum err money_permille(int64_t a_fen, int64_t permille, int64_t *part_fen)
{
    int64_t product;

    if (a_fen < 0 || permille < 0 || permille > 1000000)
        return ERR_INPUT;
    if (a_fen > AMOUNT_FEN_MAX || __builtin_mul_overflow(a_fen, permille, &product) ||
        !in_range(product / 1000))
        return ERR_TOO_LARGE;
    *part_fen = product / 1000;
    return ERR_OK;
}

int64_t money_min(int64_t a_fen, int64_t b_fen)
{
    return a_fen < b_fen ? a_fen : b_fen;
}

int64_t money_max(int64_t a_fen, int64_t b_fen)
{
    return a_fen > b_fen ? a_fen : b_fen;
}

int64_t money_share(int64_t total_fen, int parts, int index)
{
    ASSERT(total_fen >= 0 && total_fen <= AMOUNT_FEN_MAX);
    ASSERT(parts >= 1 && index >= 0 && index < parts);
    return total_fen / parts + (index == 0 ? total_fen % parts : 0);
}

void money_format(int64_t fen, char out[MONEY_TEXT_SIZE])
{
    ASSERT(in_range(fen));
    int64_t size = fen < 0 ? -fen : fen;
    snprintf(out, MONEY_TEXT_SIZE, "%s%" PRId64 ".%02d", fen < 0 ? "-" : "", size / 100,
             (int)(size % 100));
}

void money_format_zh(int64_t fen, char out[MONEY_TEXT_ZH_SIZE])
{
    char digits[24];
    int len, n = 0;

    ASSERT(in_range(fen));
    int64_t size = fen < 0 ? -fen : fen;
    len = snprintf(digits, sizeof digits, "%" PRId64, size / 100);
    if (fen < 0)
        out[n++] = '-';
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[n++] = ',';
        out[n++] = digits[i];
    }
    snprintf(out + n, (size_t)(MONEY_TEXT_ZH_SIZE - n), ".%02d 元", (int)(size % 100));
}

enum err money_parse(struct slice yuan, int64_t *fen)
{
    struct slice whole = yuan, rest;
    int64_t value = 0;
    bool negative = yuan.len > 0 && yuan.ptr[0] == '-';

    if (negative)
        whole = slice_make(yuan.ptr + 1, yuan.len - 1);
    rest = whole;
    whole = slice_cut(&rest, '.');
    if (!slice_all_digits(whole) || (whole.len > 1 && whole.ptr[0] == '0'))
        return ERR_INPUT;
    if (rest.ptr != NULL && (rest.len > 2 || !slice_all_digits(rest)))
        return ERR_INPUT;
    for (size_t i = 0; i < whole.len; i++) {
        value = value * 10 + (whole.ptr[i] - '0');
        if (value > AMOUNT_FEN_MAX / 100)
            return ERR_TOO_LARGE;
    }
    value *= 100;
    if (rest.len >= 1)
        value += 10 * (rest.ptr[0] - '0');
    if (rest.len == 2)
        value += rest.ptr[1] - '0';
    if (value > AMOUNT_FEN_MAX)
        return ERR_TOO_LARGE;
    *fen = negative ? -value : value;
    return ERR_OK;
}
