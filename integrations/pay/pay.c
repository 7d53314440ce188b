#include "integrations/pay/pay.h"

#include <string.h>
#include "queue/base/utf8.h"
#include "queue/domain/relief.h"

const char *pay_outcome_word(enum pay_outcome outcome)
{
    static const char *const words[] = {
#define PAY_WORD(name, word) word,
        PAY_OUTCOME_TABLE(PAY_WORD)
#undef PAY_WORD
    };
    ASSERT((size_t)outcome < COUNT_OF(words));
    return words[outcome];
}

enum payment_state pay_outcome_state(enum pay_outcome outcome)
{
    switch (outcome) {
    case PAY_ACCEPTED: return PAYMENT_ACCEPTED;
    case PAY_SUCCEEDED: return PAYMENT_SUCCEEDED;
    case PAY_FAILED: return PAYMENT_FAILED;
    case PAY_RETURNED: return PAYMENT_RETURNED;
    case PAY_UNKNOWN:
    case PAY_NOT_FOUND:
    case PAY_OUTCOME_COUNT: break;
    }
    return PAYMENT_UNKNOWN;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool pay_id_valid(struct slice text)
{
    if (text.len == 0 || text.len >= PAY_ID_SIZE) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_alnum(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* kind ':' account '@' bank, each not empty. The specification's examples use letters, digits, '.',
 * '-'; '_' is met too. */
static bool fa_valid(struct slice fa)
{
    if (fa.len > PAY_FA_MAX) {
        return false;
    }
    size_t colon = 0;
    size_t at = 0;
    for (size_t i = 0; i < fa.len; i++) {
        char c = fa.ptr[i];
        if (c == ':' && colon == 0 && at == 0) {
            colon = i;
        } else if (c == '@' && colon != 0 && at == 0) {
            at = i;
        } else if (!is_alnum(c) && c != '.' && c != '-' && c != '_') {
            return false;
        }
    }
    return colon > 0 && at > colon + 1 && at + 1 < fa.len;
}

/* No control characters: they have no place in a name or note and would reach statements and logs
 * of others. */
static bool text_valid(struct slice text, size_t max_bytes)
{
    if (text.len > max_bytes || !utf8_valid(text)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

enum err pay_order_check(const struct pay_order *order)
{
    size_t id_len = strnlen(order->id, PAY_ID_SIZE);
    if (!pay_id_valid(slice_make(order->id, id_len))) {
        return ERR_INPUT;
    }
    if (order->amount_fen < 1 || order->amount_fen > AMOUNT_FEN_MAX) {
        return ERR_INPUT;
    }
    if (!fa_valid(order->payee_fa) || !text_valid(order->payee_name, PAY_NAME_MAX) ||
        !text_valid(order->note, 4 * (size_t)PAY_NAME_MAX)) {
        return ERR_INPUT;
    }
    struct slice number = order->payee_id_number;
    bool digits = number.len == 18 && slice_all_digits(slice_make(number.ptr, 17)) &&
                  ((number.ptr[17] >= '0' && number.ptr[17] <= '9') || number.ptr[17] == 'X');
    return number.len == 0 || digits ? ERR_OK : ERR_INPUT;
}

void pay_result_unknown(struct pay_result *result, const char *id, const char *reason)
{
    memset(result, 0, sizeof(*result));
    result->outcome = PAY_UNKNOWN;
    result->amount_fen = -1;
    enum err err = slice_copy(slice_of(id), result->id, sizeof(result->id));
    ASSERT(err == ERR_OK);
    err = slice_copy(slice_of(reason), result->reason_code, sizeof(result->reason_code));
    ASSERT(err == ERR_OK);
}
