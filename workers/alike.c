#include "workers/alike.h"

#include "queue/base/utf8.h"

#define ADDRESS_BYTES_MAX 4096
#define PREFIX_POINTS_MAX 12 /* how far behind its start a name of a division may end */

/* The plain form of a code point; 0 for what is left away: blanks, signs, punctuation. */
static uint32_t plain_point(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E) { /* full-width ASCII */
        c -= 0xFEE0;
    }
    if (c >= 'A' && c <= 'Z') {
        return c - 'A' + 'a';
    }
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        return c;
    }
    bool sign = c < 0x80 || c == 0xA0 || c == 0xB7 || (c >= 0x2000 && c <= 0x206F) ||
                (c >= 0x3000 && c <= 0x303F) || (c >= 0xFE30 && c <= 0xFE4F) ||
                (c >= 0xFF00 && c <= 0xFFEF);
    return sign ? 0 : c;
}

static bool ends_with(struct slice s, const char *end)
{
    size_t len = strlen(end);
    return s.len >= len && memcmp(s.ptr + s.len - len, end, len) == 0;
}

/* 社区, 小区 and the like are no districts. */
static bool only_sounds_so(struct slice name)
{
    static const char *const WORDS[] = {"社区", "小区", "园区", "景区", "校区",
                                        "厂区", "库区", "片区", "城市", "集市"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (ends_with(name, WORDS[i])) {
            return true;
        }
    }
    return false;
}

/* What is left of s behind the first name that ends with one of `ends` (ends with NULL). */
static struct slice cut_division(struct slice s, const char *const *ends)
{
    struct slice rest = s;
    for (size_t points = 1; points <= PREFIX_POINTS_MAX && rest.len > 0; points++) {
        utf8_next(&rest);
        struct slice name = slice_make(s.ptr, s.len - rest.len);
        for (const char *const *end = ends; *end != NULL; end++) {
            if (points >= 3 - (strlen(*end) > 3) && rest.len > 0 && ends_with(name, *end) &&
                !only_sounds_so(name)) {
                return rest;
            }
        }
    }
    return s;
}

void alike_address(struct slice address, struct buf *out)
{
    static const char *const PROVINCE[] = {"省", "自治区", NULL},
                             *const CITY[] = {"市", "自治州", "州", "盟", NULL},
                             *const COUNTY[] = {"县", "区", "旗", "市", NULL},
                             *const TOWN[] = {"街道", "街道办", "镇", "乡", "苏木", NULL};
    static const char *const *const LEVELS[] = {PROVINCE, CITY, COUNTY, TOWN};
    struct buf plain;
    buf_init(&plain, ADDRESS_BYTES_MAX);
    while (address.len > 0) {
        char bytes[4];
        uint32_t c = plain_point(utf8_next(&address));
        if (c != 0) {
            buf_put(&plain, bytes, utf8_encode(c, bytes));
        }
    }
    struct slice rest = buf_err(&plain) == ERR_OK ? buf_slice(&plain) : slice_make(NULL, 0);
    for (size_t i = 0; i < COUNT_OF(LEVELS); i++) {
        rest = cut_division(rest, LEVELS[i]);
    }
    buf_put_slice(out, rest);
    buf_release(&plain);
}

bool alike_names_house(struct slice normal)
{
    static const char *const GROUPS[] = {"组",   "社", "队", "村", "里",   "公里",
                                         "千米", "米", "路", "街", "大道", "k"};
    for (size_t i = 0; i < normal.len; i++) {
        bool digit = normal.ptr[i] >= '0' && normal.ptr[i] <= '9';
        bool last = i + 1 == normal.len || normal.ptr[i + 1] < '0' || normal.ptr[i + 1] > '9';
        bool group = false;
        for (size_t k = 0; digit && last && k < COUNT_OF(GROUPS); k++) {
            group = group || slice_starts_with(slice_make(normal.ptr + i + 1, normal.len - i - 1),
                                               GROUPS[k]);
        }
        if (digit && last && !group) {
            return true;
        }
    }
    return false;
}

enum err alike_place(struct sealer *s, const char *township, struct slice address,
                     const char *event, char out[ALIKE_PLACE_SIZE])
{
    char hash[SEAL_HASH_SIZE];
    struct buf text;
    buf_init(&text, ADDRESS_BYTES_MAX + 64);
    out[0] = '\0';
    alike_address(address, &text);
    bool house = alike_names_house(buf_slice(&text));
    enum err err = buf_err(&text);
    if (err == ERR_OK && text.len > 0) {
        buf_putf(&text, "|%s|%s", township, event);
        err = buf_err(&text);
        if (err == ERR_OK) {
            err = seal_hash(s, "place", buf_slice(&text), hash);
        }
        if (err == ERR_OK) {
            out[0] = house ? 'x' : 'v';
            memcpy(out + 1, hash, LINK_HASH_HEX);
            out[LINK_HASH_HEX + 1] = '\0';
        }
    }
    buf_release(&text);
    return err;
}

enum err alike_account(struct sealer *s, struct slice account, char out[ALIKE_ACCOUNT_SIZE])
{
    char hash[SEAL_HASH_SIZE];
    out[0] = '\0';
    if (account.len == 0) {
        return ERR_OK;
    }
    enum err err = seal_hash(s, "account", account, hash);
    if (err == ERR_OK) {
        memcpy(out, hash, LINK_HASH_HEX);
        out[LINK_HASH_HEX] = '\0';
    }
    return err;
}
