/* The text index: every form of every name into one trie, and the tables of characters and sounds.
 */
#include "workers/routing/build.h"

#include <stdlib.h>
#include <string.h>
#include "queue/base/utf8.h"
#include "workers/routing/cues.h"
#include "workers/routing/fold.h"
#include "workers/routing/names.h"
#include "workers/routing/trie.h"

#define KEY_CHARS_MAX 40
#define SPOKEN_MAX 512
#define OLD_NAME_SHARE_MIN 3 /* townships that must have gone from an old county to a new one */

struct key {
    const uint16_t *text;
    uint32_t posting;
    uint16_t len;
};

/* Keys point into blocks that never move. */
struct text_block {
    struct text_block *next;
    size_t used;
    uint16_t text[1 << 16];
};

struct text_build {
    struct build *b;
    struct fold_tables fold;
    struct vec keys;
    struct text_block *blocks;
    uint32_t entity;
    enum err err;
};

static const uint16_t *keep_text(struct text_build *x, const uint16_t *text, size_t len)
{
    struct text_block *block = x->blocks;

    if (block == NULL || block->used + len > COUNT_OF(block->text)) {
        block = malloc(sizeof(*block));
        if (block == NULL)
            return NULL;
        block->next = x->blocks;
        block->used = 0;
        x->blocks = block;
    }
    uint16_t *at = block->text + block->used;
    memcpy(at, text, len * sizeof(*text));
    block->used += len;
    return at;
}

static void put_key(void *context, enum name_kind kind, struct slice name)
{
    static struct folded folded; /* the builder is single-threaded */
    struct text_build *x = context;

    if (x->err != ERR_OK)
        return;
    fold_text(&x->fold, name, &folded);
    if (folded.count == 0 || folded.count > KEY_CHARS_MAX)
        return;
    for (size_t i = 0; i < folded.count; i++) {
        if (folded.text[i] == 0xE000)
            return;
    }
    struct key *key = vec_add(&x->keys);
    const uint16_t *text = keep_text(x, folded.text, folded.count);
    if (key == NULL || text == NULL) {
        x->err = ERR_NO_MEMORY;
        return;
    }
    *key = (struct key){text, POSTING(kind, x->entity), (uint16_t)folded.count};
}

static struct slice name_of(const struct build *b, uint32_t offset)
{
    return slice_of(build_string(b, offset));
}

static void put_places(struct text_build *x)
{
    struct build *b = x->b;
    struct name_sink sink = {x, put_key};
    const struct province_row *provinces = BUILD_ROWS(b, SECTION_PROVINCES, struct province_row);
    const struct city_row *cities = BUILD_ROWS(b, SECTION_CITIES, struct city_row);
    const struct county_row *counties = BUILD_ROWS(b, SECTION_COUNTIES, struct county_row);
    const struct township_row *townships = BUILD_ROWS(b, SECTION_TOWNSHIPS, struct township_row);

    for (x->entity = 0; x->entity < BUILD_COUNT(b, SECTION_PROVINCES); x->entity++)
        names_of_province(name_of(b, provinces[x->entity].name), sink);
    for (x->entity = 0; x->entity < BUILD_COUNT(b, SECTION_CITIES); x->entity++)
        names_of_city(name_of(b, cities[x->entity].name), sink);
    for (x->entity = 0; x->entity < BUILD_COUNT(b, SECTION_COUNTIES); x->entity++) {
        const struct county_row *c = &counties[x->entity];
        names_of_county(name_of(b, c->name), name_of(b, cities[c->city].name), sink);
    }
    for (x->entity = 0; x->entity < BUILD_COUNT(b, SECTION_TOWNSHIPS); x->entity++) {
        const struct township_row *t = &townships[x->entity];
        const struct county_row *c = &counties[t->county];
        if ((t->flags & TOWNSHIP_FILLER) == 0)
            names_of_township(name_of(b, t->name), name_of(b, c->name),
                              name_of(b, cities[c->city].name), sink);
    }
    for (size_t i = 0; i < cue_word_count; i++) {
        x->entity = (uint32_t)cue_words[i].cue;
        put_key(x, NAME_CUE, slice_of(cue_words[i].text));
    }
}

/* Old names; entity of a township is the old row, of a county the county of today. */
static void put_old(struct text_build *x)
{
    struct build *b = x->b;
    const struct old_row *old = BUILD_ROWS(b, SECTION_OLD, struct old_row);
    const struct township_row *townships = BUILD_ROWS(b, SECTION_TOWNSHIPS, struct township_row);
    const struct county_row *counties = BUILD_ROWS(b, SECTION_COUNTIES, struct county_row);

    for (uint32_t i = 0; i < BUILD_COUNT(b, SECTION_OLD); i++) {
        const struct township_row *t = &townships[old[i].township];
        struct slice name = name_of(b, old[i].name), county = name_of(b, old[i].county_name);
        x->entity = i;
        struct slice now = name_of(b, t->name);
        name = name_without_county(name, county);
        if (!slice_eq(name, now) &&
            !slice_eq(name, name_without_county(now, name_of(b, counties[t->county].name))))
            put_key(x, NAME_TOWNSHIP_OLD, name);
        if (slice_eq(county, name_of(b, counties[t->county].name)) || county.len == 0)
            continue;
        /* Neighbours in the order of codes: enough of one old county must have gone this way. */
        uint32_t same = 0;
        for (uint32_t k = i < 40 ? 0 : i - 40; k < BUILD_COUNT(b, SECTION_OLD) && k < i + 40; k++)
            same += townships[old[k].township].county == t->county &&
                    slice_eq(name_of(b, old[k].county_name), county);
        if (same >= OLD_NAME_SHARE_MIN) {
            x->entity = t->county;
            put_key(x, NAME_COUNTY_OLD, county);
        }
    }
    for (x->entity = 0; x->entity < BUILD_COUNT(b, SECTION_COUNTIES); x->entity++) {
        const struct county_row *c = &counties[x->entity];
        if (c->old_name != 0 && !slice_eq(name_of(b, c->old_name), name_of(b, c->name)))
            put_key(x, NAME_COUNTY_OLD, name_of(b, c->old_name));
    }
}

static enum err put_villages(struct text_build *x)
{
    static const char *const columns[] = {"code", "name"};
    struct build *b = x->b;
    struct table *t = NULL;
    bool more = true;
    enum err err = table_open(b->from->villages, columns, COUNT_OF(columns), &t, b->why);

    while (err == ERR_OK && (err = table_next(t, &more, b->why)) == ERR_OK && more) {
        int64_t code = 0;
        struct slice name = table_field(t, 1);
        err = table_code(t, 0, 12, &code, b->why);
        if (err == ERR_OK && name.len == 0)
            err = table_fault(t, 1, b->why, "empty; write the name");
        if (err != ERR_OK)
            break;
        x->entity = build_find_township(b, (uint32_t)(code / 1000));
        if (x->entity == UINT32_MAX) {
            b->report->villages_without_township++;
            continue;
        }
        put_key(x, NAME_VILLAGE, name_village(name));
        b->report->villages++;
        err = x->err;
    }
    table_close(t);
    return err;
}

/* ---- characters ---- */

static uint32_t one_point(struct slice s)
{
    if (s.len == 0)
        return 0;
    uint32_t c = utf8_next(&s);
    return s.len == 0 && c < FOLD_TABLE ? c : 0;
}

static enum err read_sounds(struct text_build *x, const struct table *t, uint32_t simple,
                            struct vec *names)
{
    struct vec *rows = &x->b->section[SECTION_SOUND_ROWS];
    uint16_t *sound = x->b->section[SECTION_SOUND].ptr;
    struct slice text = table_field(t, 2), one;
    struct sound_row row = {{0}};
    int count = 0;

    while (text.len > 0 && count < SOUNDS_MAX) {
        one = slice_cut(&text, ' ');
        if (one.len == 0 || one.len > 7)
            continue;
        char name[8] = {0};
        memcpy(name, one.ptr, one.len);
        size_t k = 0;
        while (k < names->len && memcmp(vec_at(names, k), name, sizeof(name)) != 0)
            k++;
        if (k == names->len) {
            char *slot = vec_add(names);
            if (slot == NULL)
                return ERR_NO_MEMORY;
            memcpy(slot, name, sizeof(name));
        }
        row.syllable[count++] = (uint16_t)(k + 1);
    }
    if (count == 0 || sound[simple] != 0 || rows->len >= UINT16_MAX)
        return ERR_OK;
    struct sound_row *slot = vec_add(rows);
    if (slot == NULL)
        return ERR_NO_MEMORY;
    *slot = row;
    sound[simple] = (uint16_t)(rows->len - 1);
    return ERR_OK;
}

static enum err read_characters(struct text_build *x)
{
    static const char *const columns[] = {"character", "simplified", "sounds"};
    struct build *b = x->b;
    struct vec *fold = &b->section[SECTION_FOLD], *sound = &b->section[SECTION_SOUND];
    struct vec names;
    struct table *t = NULL;
    bool more = true;

    vec_init(&names, 8);
    if (vec_reserve(fold, FOLD_TABLE) != ERR_OK || vec_reserve(sound, FOLD_TABLE) != ERR_OK ||
        vec_add(&b->section[SECTION_SOUND_ROWS]) == NULL)
        return ERR_NO_MEMORY;
    memset(fold->ptr, 0, FOLD_TABLE * fold->size);
    memset(sound->ptr, 0, FOLD_TABLE * sound->size);
    fold->len = sound->len = FOLD_TABLE;
    enum err err = table_open(b->from->characters, columns, COUNT_OF(columns), &t, b->why);
    while (err == ERR_OK && (err = table_next(t, &more, b->why)) == ERR_OK && more) {
        uint32_t c = one_point(table_field(t, 0)), simple = one_point(table_field(t, 1));
        if (c == 0 || simple == 0) {
            err = table_fault(t, c == 0 ? 0 : 1, b->why, "write one character");
            break;
        }
        if (c != simple)
            ((uint16_t *)fold->ptr)[c] = (uint16_t)simple;
        else
            err = read_sounds(x, t, simple, &names);
    }
    table_close(t);
    vec_release(&names);
    x->fold = (struct fold_tables){fold->ptr, sound->ptr, b->section[SECTION_SOUND_ROWS].ptr};
    return err;
}

static enum err add_spoken(struct text_build *x, enum section starts, enum section text,
                           struct slice name)
{
    static struct folded folded;
    uint32_t *start = vec_add(&x->b->section[starts]);

    if (start == NULL)
        return ERR_NO_MEMORY;
    *start = BUILD_COUNT(x->b, text);
    fold_text(&x->fold, name, &folded);
    for (size_t i = 0; i < folded.count; i++) {
        uint16_t *slot = vec_add(&x->b->section[text]);
        if (slot == NULL)
            return ERR_NO_MEMORY;
        *slot = folded.text[i];
    }
    return ERR_OK;
}

/* The names to compare sounds with: two of each township (as in the list, and as people say it when
 * that differs), one of each county; and one start behind the last. */
static enum err build_spoken(struct text_build *x)
{
    struct build *b = x->b;
    const struct township_row *townships = BUILD_ROWS(b, SECTION_TOWNSHIPS, struct township_row);
    const struct county_row *counties = BUILD_ROWS(b, SECTION_COUNTIES, struct county_row);
    const struct slice nothing = {NULL, 0};
    char said[SPOKEN_MAX];
    enum err err = ERR_OK;

    for (uint32_t i = 0; i < BUILD_COUNT(b, SECTION_TOWNSHIPS) && err == ERR_OK; i++) {
        struct slice name = name_of(b, townships[i].name), other = nothing;
        if ((townships[i].flags & TOWNSHIP_FILLER) != 0 || name.len + 16 > sizeof(said))
            name = nothing;
        if (name.len > 0)
            other = name_spoken(name, name_of(b, counties[townships[i].county].name), said);
        err = add_spoken(x, SECTION_SPOKEN_STARTS, SECTION_SPOKEN, name);
        if (err == ERR_OK)
            err = add_spoken(x, SECTION_SPOKEN_STARTS, SECTION_SPOKEN,
                             slice_eq(name, other) ? nothing : other);
    }
    for (uint32_t i = 0; i < BUILD_COUNT(b, SECTION_COUNTIES) && err == ERR_OK; i++)
        err = add_spoken(x, SECTION_COUNTY_SPOKEN_STARTS, SECTION_COUNTY_SPOKEN,
                         name_of(b, counties[i].name));
    if (err == ERR_OK)
        err = add_spoken(x, SECTION_SPOKEN_STARTS, SECTION_SPOKEN, nothing);
    if (err == ERR_OK)
        err = add_spoken(x, SECTION_COUNTY_SPOKEN_STARTS, SECTION_COUNTY_SPOKEN, nothing);
    return err;
}

/* ---- the trie ---- */

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;

    for (size_t i = 0; i < len; i++) {
        if (x->text[i] != y->text[i])
            return x->text[i] < y->text[i] ? -1 : 1;
    }
    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return x->posting < y->posting ? -1 : x->posting > y->posting;
}

static bool same_key(const struct key *x, const struct key *y)
{
    return x->len == y->len && memcmp(x->text, y->text, x->len * sizeof(*x->text)) == 0;
}

static enum err add_edge(struct vec *edges, uint32_t parent, uint16_t c, uint32_t child)
{
    uint64_t *slot = vec_add(edges);

    if (slot == NULL)
        return ERR_NO_MEMORY;
    if (child >= TRIE_NODES_MAX)
        return ERR_TOO_LARGE;
    *slot = (uint64_t)parent << 40 | (uint64_t)c << 24 | child;
    return ERR_OK;
}

/* Keys are sorted, so a key's path shares its beginning with the path of the key before. */
static enum err add_path(const struct key *before, const struct key *key, uint32_t *path,
                         uint32_t *inner, uint32_t terminal, struct vec *edges)
{
    size_t shared = 0;

    while (before != NULL && shared < before->len && shared < key->len &&
           before->text[shared] == key->text[shared])
        shared++;
    for (size_t i = shared; i < key->len; i++) {
        uint32_t child = i + 1 == key->len ? terminal : (*inner)++;
        enum err err = add_edge(edges, path[i], key->text[i], child);
        if (err != ERR_OK)
            return err;
        path[i + 1] = child;
    }
    return ERR_OK;
}

static enum err hash_edges(struct build *b, const struct vec *edges)
{
    struct vec *table = &b->section[SECTION_EDGES];
    uint32_t slots = 1024;

    while (slots < edges->len + edges->len / 2)
        slots *= 2;
    if (vec_reserve(table, slots) != ERR_OK)
        return ERR_NO_MEMORY;
    memset(table->ptr, 0, slots * table->size);
    table->len = slots;
    uint64_t *rows = table->ptr;
    for (size_t i = 0; i < edges->len; i++) {
        uint64_t edge = *(uint64_t *)vec_at(edges, i);
        uint32_t at = trie_slot((uint32_t)(edge >> 40), (uint16_t)(edge >> 24), slots - 1);
        while (rows[at] != 0)
            at = (at + 1) & (slots - 1);
        rows[at] = edge;
    }
    return ERR_OK;
}

static enum err build_trie(struct text_build *x)
{
    struct vec *starts = &x->b->section[SECTION_STARTS],
               *postings = &x->b->section[SECTION_POSTINGS];
    const struct key *keys = x->keys.ptr, *before = NULL;
    uint32_t path[KEY_CHARS_MAX + 1] = {0}, terminals = 0, terminal = 0;
    struct vec edges;
    enum err err = ERR_OK;

    qsort(x->keys.ptr, x->keys.len, x->keys.size, compare_keys);
    for (size_t i = 0; i < x->keys.len; i++)
        terminals += i == 0 || !same_key(&keys[i], &keys[i - 1]);
    uint32_t inner = terminals + 1;
    vec_init(&edges, sizeof(uint64_t));
    uint32_t *root = vec_add(starts);
    if (root == NULL)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; i < x->keys.len && err == ERR_OK; i++) {
        const struct key *key = &keys[i];
        if (before == NULL || !same_key(before, key)) {
            uint32_t *start = vec_add(starts);
            if (start == NULL) {
                err = ERR_NO_MEMORY;
                break;
            }
            *start = (uint32_t)postings->len;
            err = add_path(before, key, path, &inner, ++terminal, &edges);
        } else if (before->posting == key->posting) {
            continue;
        }
        before = key;
        uint32_t *posting = vec_add(postings);
        if (posting == NULL)
            err = ERR_NO_MEMORY;
        else
            *posting = key->posting;
    }
    uint32_t *last = err == ERR_OK ? vec_add(starts) : NULL;
    if (last != NULL)
        *last = (uint32_t)postings->len;
    else if (err == ERR_OK)
        err = ERR_NO_MEMORY;
    if (err == ERR_OK)
        err = hash_edges(x->b, &edges);
    vec_release(&edges);
    return err;
}

enum err build_text_index(struct build *b)
{
    struct text_build x = {.b = b};
    enum err err = ERR_OK;

    vec_init(&x.keys, sizeof(struct key));
    if (b->from->characters != NULL)
        err = read_characters(&x);
    if (err == ERR_OK) {
        put_places(&x);
        put_old(&x);
        err = x.err;
    }
    if (err == ERR_OK && b->from->villages != NULL)
        err = put_villages(&x);
    if (err == ERR_OK)
        err = build_spoken(&x);
    if (err == ERR_OK)
        err = build_trie(&x);
    while (x.blocks != NULL) {
        struct text_block *next = x.blocks->next;
        free(x.blocks);
        x.blocks = next;
    }
    vec_release(&x.keys);
    return err;
}
