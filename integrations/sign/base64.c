#include "integrations/sign/base64.h"

#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const unsigned char *bytes, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)bytes[i] << 16;
        bits |= have > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        bits |= have > 2 ? bytes[i + 2] : 0;
        char text[4] = {ALPHABET[bits >> 18], ALPHABET[bits >> 12 & 63], '=', '='};
        if (have > 1) {
            text[2] = ALPHABET[bits >> 6 & 63];
        }
        if (have > 2) {
            text[3] = ALPHABET[bits & 63];
        }
        buf_put(out, text, sizeof(text));
    }
}

static bool value_of(char c, uint32_t *out)
{
    const char *at = c == '\0' ? NULL : strchr(ALPHABET, c);
    if (at == NULL) {
        return false;
    }
    *out = (uint32_t)(at - ALPHABET);
    return true;
}

enum err base64_decode(struct slice text, unsigned char *bytes, size_t size, size_t *len)
{
    if (text.len % 4 != 0) {
        return ERR_INPUT;
    }
    size_t written = 0;
    for (size_t i = 0; i < text.len; i += 4) {
        const char *c = text.ptr + i;
        bool last = i + 4 == text.len;
        size_t pad = last && c[3] == '=' ? (c[2] == '=' ? 2 : 1) : 0;
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++) {
            uint32_t value = 0;
            if (k < 4 - pad && !value_of(c[k], &value)) {
                return ERR_INPUT;
            }
            bits = bits << 6 | value;
        }
        size_t have = 3 - pad;
        if ((bits & ((UINT32_C(1) << (8 * pad)) - 1)) != 0) {
            return ERR_INPUT; /* two texts for the same bytes */
        }
        if (have > size - written) {
            return ERR_TOO_LARGE;
        }
        for (size_t k = 0; k < have; k++) {
            bytes[written++] = (unsigned char)(bits >> (16 - 8 * k) & 0xff);
        }
    }
    *len = written;
    return ERR_OK;
}
