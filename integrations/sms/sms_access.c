/* Who may call: the secret in the path, and the list of source addresses. */
#include <arpa/inet.h>
#include "integrations/sign/hmac.h"
#include "integrations/sms/sms_intake.h"

#define PATH_SECRET_MIN 16
#define PATH_SECRET_MAX 128

struct address {
    unsigned char bytes[16];
    unsigned bits; /* 32 or 128 */
};

static bool read_address(struct slice text, struct address *out)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char word[INET6_ADDRSTRLEN];
    if (text.len == 0 || slice_copy(text, word, sizeof(word)) != ERR_OK) {
        return false;
    }
    if (inet_pton(AF_INET, word, out->bytes) == 1) {
        out->bits = 32;
        return true;
    }
    if (inet_pton(AF_INET6, word, out->bytes) != 1) {
        return false;
    }
    out->bits = 128;
    if (memcmp(out->bytes, mapped, sizeof(mapped)) == 0) { /* ::ffff:203.0.113.9 */
        memmove(out->bytes, out->bytes + sizeof(mapped), 4);
        out->bits = 32;
    }
    return true;
}

/* One entry, "203.0.113.0/24" or an address. False: it cannot be read. */
static bool read_network(struct slice text, struct address *net, unsigned *prefix)
{
    struct slice length = text;
    struct slice address = slice_cut(&length, '/');
    if (!read_address(address, net)) {
        return false;
    }
    *prefix = net->bits;
    if (length.ptr == NULL) {
        return true;
    }
    int64_t value;
    if (slice_to_int64(length, 0, net->bits, &value) != ERR_OK) {
        return false;
    }
    *prefix = (unsigned)value;
    return true;
}

static bool in_network(const struct address *a, const struct address *net, unsigned prefix)
{
    if (a->bits != net->bits || memcmp(a->bytes, net->bytes, prefix / 8) != 0) {
        return false;
    }
    unsigned rest = prefix % 8;
    unsigned mask = 0xffu << (8 - rest) & 0xffu;
    return rest == 0 || ((a->bytes[prefix / 8] ^ net->bytes[prefix / 8]) & mask) == 0;
}

static struct slice next_word(struct slice *list)
{
    size_t start = 0;
    while (start < list->len && (list->ptr[start] == ' ' || list->ptr[start] == ',')) {
        start++;
    }
    size_t end = start;
    while (end < list->len && list->ptr[end] != ' ' && list->ptr[end] != ',') {
        end++;
    }
    struct slice word = slice_make(list->ptr + start, end - start);
    *list = slice_make(list->ptr + end, list->len - end);
    return word;
}

/* The whole list is read even after a hit: one entry that is mistyped closes the door at once, not
 * on the day when another peer calls. */
static bool source_allowed(struct slice sources, struct slice source)
{
    struct address from = {.bits = 0}, net = {.bits = 0};
    bool known = read_address(source, &from);
    bool any = false, hit = false;
    while (sources.len > 0) {
        struct slice word = next_word(&sources);
        unsigned prefix = 0;
        if (word.len == 0) {
            break;
        }
        if (!read_network(word, &net, &prefix)) {
            return false;
        }
        any = true;
        hit = hit || (known && in_network(&from, &net, prefix));
    }
    return !any || hit;
}

static bool secret_valid(struct slice secret)
{
    for (size_t i = 0; i < secret.len; i++) {
        char c = secret.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '-' || c == '_')) {
            return false;
        }
    }
    return secret.len >= PATH_SECRET_MIN && secret.len <= PATH_SECRET_MAX;
}

bool sms_access_allowed(const struct sms_callback *request, const struct sms_secrets *secrets,
                        bool path_secret, struct slice *what)
{
    struct slice rest = request->tail;
    if (path_secret || secrets->path.len > 0) {
        struct slice first = slice_cut(&rest, '/');
        if (!secret_valid(secrets->path) || !secret_equal(first, secrets->path)) {
            return false;
        }
    }
    *what = rest.ptr == NULL ? slice_make("", 0) : rest;
    return source_allowed(secrets->sources, request->source);
}
