/* Answers and notices in the name of Alipay. The node that is cut out must be a part of the text
 * that a parser reads as the same object; forms must decode to what they were made from. */
#include <string.h>
#include "integrations/pay/alipay/alipay_callback.h"
#include "integrations/pay/alipay/alipay_params.h"
#include "queue/base/json_canonical.h"
#include "queue/domain/relief.h"

static struct pay_callback_news news;

static void check(const struct pay_result *r)
{
    ASSERT(pay_id_valid(slice_make(r->id, strnlen(r->id, PAY_ID_SIZE))));
    ASSERT(r->outcome < PAY_OUTCOME_COUNT && !r->not_taken);
    ASSERT(r->amount_fen >= -1 && r->amount_fen <= AMOUNT_FEN_MAX);
    ASSERT(strnlen(r->provider_ref, PAY_REF_SIZE) < PAY_REF_SIZE);
    ASSERT(strnlen(r->reason_code, PAY_REASON_SIZE) < PAY_REASON_SIZE);
    for (const char *c = r->reason_code; *c != '\0'; c++) {
        ASSERT(*c > 0x20 && *c < 0x7f);
    }
}

static void canonical(const struct json *v, struct buf *out)
{
    buf_init(out, (size_t)1 << 20);
    if (json_canonical(v, out) != ERR_OK) {
        buf_clear(out); /* a number beyond doubles */
    }
}

static void read_node(struct slice text)
{
    struct slice node, sign;
    if (alipay_answer_node(text, "x_response", &node, &sign) != ERR_OK) {
        return;
    }
    ASSERT(node.ptr >= text.ptr && node.ptr + node.len <= text.ptr + text.len);
    ASSERT(sign.len == 0 || (sign.ptr >= text.ptr && sign.ptr + sign.len <= text.ptr + text.len));
    struct json *whole = NULL;
    struct json *part = NULL;
    if (json_parse(text, &whole, NULL) == ERR_OK) {
        enum err err = json_parse(node, &part, NULL);
        ASSERT(err == ERR_OK || err == ERR_NO_MEMORY);
        if (err == ERR_OK) {
            struct buf a, b;
            canonical(json_get(whole, "x_response"), &a);
            canonical(part, &b);
            ASSERT(slice_eq(buf_slice(&a), buf_slice(&b)));
            buf_release(&a);
            buf_release(&b);
        }
    }
    json_free(part);
    json_free(whole);
}

static void read_order(struct slice text)
{
    struct json *order = NULL;
    struct pay_result r;
    if (json_parse(text, &order, NULL) == ERR_OK &&
        alipay_read_order(ALIPAY_FROM_NOTICE, order, &r) == ERR_OK) {
        check(&r);
        ASSERT(r.outcome != PAY_NOT_FOUND);
    }
    json_free(order);
}

static void read_form(struct slice form)
{
    struct alipay_params params, again;
    struct buf out;
    alipay_params_init(&params);
    alipay_params_init(&again);
    buf_init(&out, 4 * ALIPAY_FORM_MAX);
    if (alipay_params_decode(&params, form) == ERR_OK) {
        alipay_params_sort(&params);
        for (size_t i = 0; i < params.count; i++) {
            alipay_put_escaped(&out, params.list[i].name, params.list[i].value);
            buf_put_char(&out, '&');
        }
        if (buf_err(&out) == ERR_OK && alipay_params_decode(&again, buf_slice(&out)) == ERR_OK) {
            ASSERT(again.count == params.count);
            for (size_t i = 0; i < params.count; i++) {
                ASSERT(slice_eq(again.list[i].name, params.list[i].name));
                ASSERT(slice_eq(again.list[i].value, params.list[i].value));
            }
        }
    }
    alipay_params_release(&params);
    alipay_params_release(&again);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct alipay_app app = {.app_id = "2021"};
    if (size < 1) {
        return 0;
    }
    struct slice rest = slice_make((const char *)data + 1, size - 1);
    struct pay_result r;
    switch (data[0] % 4) {
    case 0: read_node(rest); break;
    case 1: read_order(rest); break;
    case 2: read_form(rest); break;
    default: {
        const struct pay_callback in = {.body = rest, .now_ms = 1};
        struct pay_callback_rail rail = alipay_callback_rail(&app);
        enum err err = pay_rail_callback(&rail, &in, &news);
        ASSERT(err != ERR_OK && news.count == 0); /* nothing without a key */
        alipay_read_answer(ALIPAY_FROM_QUERY, &app, 200, rest, "P1", &r);
        check(&r);
        ASSERT(r.outcome == PAY_UNKNOWN);
        break;
    }
    }
    return 0;
}
