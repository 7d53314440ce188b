#include "server/http/chunk.h"

#include <string.h>

enum chunk_state {
    CHUNK_SIZE,    /* hex digits */
    CHUNK_SIZE_LF, /* behind the CR of the size line */
    CHUNK_DATA,    /* `rest` bytes are to come */
    CHUNK_DATA_CR, /* behind the data */
    CHUNK_DATA_LF,
    CHUNK_LAST_CR, /* behind the size line of the last chunk */
    CHUNK_LAST_LF,
};

void chunk_init(struct chunk_decoder *d)
{
    *d = (struct chunk_decoder){.state = CHUNK_SIZE};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* One byte of framing, that is outside of CHUNK_DATA. */
static enum chunk_result chunk_frame(struct chunk_decoder *d, char c, size_t max)
{
    int digit;
    switch ((enum chunk_state)d->state) {
    case CHUNK_SIZE:
        digit = hex_digit(c);
        if (digit >= 0 && d->digits < CHUNK_SIZE_DIGITS) {
            d->rest = d->rest * 16 + (size_t)digit;
            d->digits++;
            return CHUNK_MORE;
        }
        if (c != '\r' || d->digits == 0) {
            return CHUNK_INVALID;
        }
        d->state = CHUNK_SIZE_LF;
        return d->rest > max - d->total ? CHUNK_TOO_LARGE : CHUNK_MORE;
    case CHUNK_SIZE_LF:
        d->state = d->rest > 0 ? CHUNK_DATA : CHUNK_LAST_CR;
        return c == '\n' ? CHUNK_MORE : CHUNK_INVALID;
    case CHUNK_DATA_CR: d->state = CHUNK_DATA_LF; return c == '\r' ? CHUNK_MORE : CHUNK_INVALID;
    case CHUNK_DATA_LF:
        d->state = CHUNK_SIZE;
        d->digits = 0;
        return c == '\n' ? CHUNK_MORE : CHUNK_INVALID;
    case CHUNK_LAST_CR: d->state = CHUNK_LAST_LF; return c == '\r' ? CHUNK_MORE : CHUNK_INVALID;
    case CHUNK_LAST_LF: return c == '\n' ? CHUNK_DONE : CHUNK_INVALID;
    case CHUNK_DATA: break;
    }
    return CHUNK_INVALID;
}

enum chunk_result chunk_decode(struct chunk_decoder *d, char *bytes, size_t len, size_t max,
                               size_t *used, size_t *made)
{
    size_t at = 0;
    size_t out = 0;
    enum chunk_result result = CHUNK_MORE;
    while (at < len && result == CHUNK_MORE) {
        if (d->state == CHUNK_DATA) {
            size_t take = d->rest < len - at ? d->rest : len - at;
            memmove(bytes + out, bytes + at, take);
            out += take;
            at += take;
            d->rest -= take;
            d->total += take;
            if (d->rest == 0) {
                d->state = CHUNK_DATA_CR;
            }
        } else {
            result = chunk_frame(d, bytes[at++], max);
        }
    }
    *used = at;
    *made = out;
    return result;
}
