#include "integrations/pay/alipay/alipay_params.h"

#include <stdlib.h>

void alipay_params_init(struct alipay_params *params)
{
    params->count = 0;
    buf_init(&params->text, ALIPAY_FORM_MAX);
}

void alipay_params_release(struct alipay_params *params)
{
    buf_release(&params->text);
}

struct slice alipay_params_get(const struct alipay_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++) {
        if (slice_is(params->list[i].name, name)) {
            return params->list[i].value;
        }
    }
    return slice_make(NULL, 0);
}

enum err alipay_params_add(struct alipay_params *params, struct slice name, struct slice value)
{
    if (params->count == ALIPAY_PARAMS_MAX) {
        return ERR_TOO_LARGE;
    }
    for (size_t i = 0; i < params->count; i++) {
        if (slice_eq(params->list[i].name, name)) {
            return ERR_CONFLICT;
        }
    }
    params->list[params->count++] = (struct alipay_param){name, value};
    return ERR_OK;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* Decode part into `to`, which has room for part.len bytes; how many came out, -1 if it is wrong.
 */
static long unescape(struct slice part, char *to)
{
    long n = 0;
    for (size_t i = 0; i < part.len; i++) {
        char c = part.ptr[i];
        if (c == '%') {
            if (i + 2 >= part.len || hex_digit(part.ptr[i + 1]) < 0 ||
                hex_digit(part.ptr[i + 2]) < 0) {
                return -1;
            }
            c = (char)(hex_digit(part.ptr[i + 1]) << 4 | hex_digit(part.ptr[i + 2]));
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        to[n++] = c;
    }
    return n;
}

enum err alipay_params_decode(struct alipay_params *params, struct slice form)
{
    if (form.len > ALIPAY_FORM_MAX - 1) {
        return ERR_TOO_LARGE;
    }
    char *at = buf_room(&params->text, form.len + 1); /* decoded text is never longer */
    if (at == NULL) {
        return buf_err(&params->text);
    }
    while (form.len > 0) {
        struct slice value = slice_cut(&form, '&');
        if (value.len == 0) {
            continue;
        }
        struct slice name = slice_cut(&value, '=');
        long name_len = unescape(name, at);
        if (name_len <= 0) {
            return ERR_INPUT;
        }
        char *value_at = at + name_len;
        long value_len = unescape(value, value_at);
        if (value_len < 0) {
            return ERR_INPUT;
        }
        enum err err = alipay_params_add(params, slice_make(at, (size_t)name_len),
                                         slice_make(value_at, (size_t)value_len));
        if (err != ERR_OK) {
            return err == ERR_CONFLICT ? ERR_INPUT : err;
        }
        at = value_at + value_len;
    }
    return ERR_OK;
}

static int by_name(const void *left, const void *right)
{
    struct slice a = ((const struct alipay_param *)left)->name;
    struct slice b = ((const struct alipay_param *)right)->name;
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

void alipay_params_sort(struct alipay_params *params)
{
    qsort(params->list, params->count, sizeof(params->list[0]), by_name);
}

void alipay_params_put_signed_text(struct alipay_params *params, bool without_type, struct buf *out)
{
    bool first = true;
    alipay_params_sort(params);
    for (size_t i = 0; i < params->count; i++) {
        const struct alipay_param *p = &params->list[i];
        if (slice_is(p->name, "sign") || (without_type && slice_is(p->name, "sign_type"))) {
            continue;
        }
        if (!first) {
            buf_put_char(out, '&');
        }
        first = false;
        buf_put_slice(out, p->name);
        buf_put_char(out, '=');
        buf_put_slice(out, p->value);
    }
}

static void put_part(struct buf *out, struct slice part)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            c == '-' || c == '.' || c == '_' || c == '~') {
            buf_put_char(out, (char)c);
        } else {
            char escaped[3] = {'%', HEX[c >> 4], HEX[c & 15]};
            buf_put(out, escaped, sizeof(escaped));
        }
    }
}

void alipay_put_escaped(struct buf *out, struct slice name, struct slice value)
{
    put_part(out, name);
    buf_put_char(out, '=');
    put_part(out, value);
}
