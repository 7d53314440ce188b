#include "workers/routing/alias.h"

#include <stdio.h>
#include "queue/base/utf8.h"

void alias_table_clear(struct alias_table *t, int64_t version)
{
    t->version = version;
    t->count = 0;
}

enum err alias_table_add(struct alias_table *t, struct slice word, struct slice code)
{
    if (t->count == ALIAS_TABLE_MAX) {
        return ERR_LIMIT;
    }
    struct alias *a = &t->aliases[t->count];
    if (word.len == 0 || !utf8_valid(word) || code.len != TOWNSHIP_CODE_SIZE - 1 ||
        !slice_all_digits(code) || slice_copy(word, a->word, sizeof(a->word)) != ERR_OK ||
        slice_copy(code, a->code, sizeof(a->code)) != ERR_OK) {
        return ERR_INPUT;
    }
    a->len = word.len;
    t->count++;
    return ERR_OK;
}

/* The longest alias that stands at the start of text; NULL if none does. */
static const struct alias *longest_at(const struct alias_table *t, struct slice text)
{
    const struct alias *best = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const struct alias *a = &t->aliases[i];
        if (a->len <= text.len && (best == NULL || a->len > best->len) &&
            memcmp(text.ptr, a->word, a->len) == 0) {
            best = a;
        }
    }
    return best;
}

/* "太平" is no alias in "太平镇": the official name goes on, and the resolver knows that one. */
static bool name_goes_on(struct slice behind)
{
    static const char *const CLASSES[] = {"镇", "乡", "街道", "村", "社区"};
    for (size_t i = 0; i < COUNT_OF(CLASSES); i++) {
        if (slice_starts_with(behind, CLASSES[i])) {
            return true;
        }
    }
    return false;
}

enum err alias_apply(const struct alias_table *t, const struct gazetteer *g, struct slice text,
                     struct buf *out, const struct alias **first)
{
    *first = NULL;
    while (text.len > 0) {
        struct township place;
        /* words start at characters, so continuation bytes need no look */
        bool start = t->count > 0 && ((unsigned char)text.ptr[0] & 0xC0) != 0x80;
        const struct alias *a = start ? longest_at(t, text) : NULL;
        size_t len = a == NULL ? 0 : a->len;
        struct slice behind = slice_make(text.ptr + len, text.len - len);
        if (a != NULL && !name_goes_on(behind) &&
            gazetteer_township(g, slice_of(a->code), &place)) {
            buf_putf(out, "%s%s", place.county, place.name);
            text = behind;
            *first = *first == NULL ? a : *first;
            continue;
        }
        buf_put_char(out, text.ptr[0]);
        text = slice_make(text.ptr + 1, text.len - 1);
    }
    return buf_err(out);
}

enum err alias_route(const struct alias_table *t, const struct gazetteer *g,
                     struct route_scratch *s, const struct place_query *q, struct buf *scratch,
                     struct route_result *out)
{
    const struct alias *used = NULL;
    struct place_query query = *q;
    /* what route_place would not read is not worth the search */
    const struct slice read =
        slice_make(q->text.ptr, q->text.len < ROUTE_TEXT_MAX ? q->text.len : ROUTE_TEXT_MAX);
    if (t->count > 0 && q->text.len > 0) {
        buf_clear(scratch);
        enum err err = alias_apply(t, g, read, scratch, &used);
        if (err != ERR_OK) {
            return err;
        }
        query.text = buf_slice(scratch);
    }
    enum err err = route_place(g, s, &query, out);
    if (err == ERR_OK && used != NULL) {
        char line[ALIAS_TEXT_SIZE + 100];
        int len = snprintf(line, sizeof(line), "“%s”按本地别名（第%lld版）理解。\n", used->word,
                           (long long)t->version);
        size_t have = strlen(out->why);
        if (len > 0 && (size_t)len < sizeof(line) && have + (size_t)len < sizeof(out->why)) {
            memmove(out->why + len, out->why, have + 1);
            memcpy(out->why, line, (size_t)len);
        }
    }
    return err;
}
