#include "queue/domain/case_no.h"

#include <stdio.h>
#include "queue/base/clock.h"

char check_digit(struct slice digits)
{
    int product = 10;
    for (size_t i = 0; i < digits.len; i++) {
        int sum = (product + digits.ptr[i] - '0') % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (char)('0' + (11 - product) % 10);
}

int case_no_date(int64_t at_ms)
{
    struct civil_time t = clock_civil_china(at_ms);
    return (t.year % 100) * 10000 + t.month * 100 + t.day;
}

void case_no_write(const struct case_no_parts *parts, char out[CASE_NO_SIZE])
{
    ASSERT(strlen(parts->region) == 6 && parts->date >= 0 && parts->date <= 999999);
    ASSERT(parts->node >= 0 && parts->node <= 99 && parts->sequence >= 1 &&
           parts->sequence <= CASE_SEQUENCE_MAX);
    char wide[64];
    int len = snprintf(wide, sizeof(wide), "%s%06d%02d%07d", parts->region, parts->date,
                       parts->node, parts->sequence);
    ASSERT(len == CASE_NO_DIGITS - 1);
    memcpy(out, wide, CASE_NO_DIGITS - 1);
    out[CASE_NO_DIGITS - 1] = check_digit(slice_make(out, CASE_NO_DIGITS - 1));
    out[CASE_NO_DIGITS] = '\0';
}

static int number_of(const char *digits, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value * 10 + (digits[i] - '0');
    }
    return value;
}

enum err case_no_read(struct slice text, struct case_no_parts *parts)
{
    if (text.len != CASE_NO_DIGITS || !slice_all_digits(text) ||
        check_digit(slice_make(text.ptr, CASE_NO_DIGITS - 1)) != text.ptr[CASE_NO_DIGITS - 1] ||
        number_of(text.ptr + 14, 7) == 0) { /* the sequence counts from 1 */
        return ERR_INPUT;
    }
    memcpy(parts->region, text.ptr, 6);
    parts->region[6] = '\0';
    parts->date = number_of(text.ptr + 6, 6);
    parts->node = number_of(text.ptr + 12, 2);
    parts->sequence = number_of(text.ptr + 14, 7);
    return ERR_OK;
}

void payment_id_write(const char *case_no, char purpose, int n, char out[PAYMENT_ID_SIZE])
{
    ASSERT(strlen(case_no) == CASE_NO_DIGITS && purpose >= 'A' && purpose <= 'Z' && n >= 1 &&
           n <= 99);
    memcpy(out, case_no, CASE_NO_DIGITS);
    out[CASE_NO_DIGITS] = purpose;
    out[CASE_NO_DIGITS + 1] = (char)('0' + n / 10);
    out[CASE_NO_DIGITS + 2] = (char)('0' + n % 10);
    out[CASE_NO_DIGITS + 3] = '\0';
}

enum err payment_id_case(struct slice id, char out[CASE_NO_SIZE])
{
    struct case_no_parts parts;
    if (id.len != PAYMENT_ID_SIZE - 1 || id.ptr[CASE_NO_DIGITS] < 'A' ||
        id.ptr[CASE_NO_DIGITS] > 'Z' ||
        !slice_all_digits(slice_make(id.ptr + CASE_NO_DIGITS + 1, 2)) ||
        case_no_read(slice_make(id.ptr, CASE_NO_DIGITS), &parts) != ERR_OK) {
        return ERR_INPUT;
    }
    memcpy(out, id.ptr, CASE_NO_DIGITS);
    out[CASE_NO_DIGITS] = '\0';
    return ERR_OK;
}
