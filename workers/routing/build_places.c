/* Provinces, cities, counties and townships from the tables, and the old codes. */
#include "workers/routing/build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/utf8.h"

#define NAME_POINTS_MAX 60 /* characters */

/* A line of the list of townships (code of 9 digits) or counties (6 digits). */
struct place {
    uint32_t code, name, province, city, county, old_name;
    long line;
    double lat, lng;
    bool has_point;
    enum point_source source;
};

uint32_t build_text(struct build *b, struct slice text)
{
    struct vec *v = &b->section[SECTION_STRINGS];
    size_t at = v->len;

    if (at + text.len + 1 > UINT32_MAX)
        return UINT32_MAX;
    if (at + text.len + 1 > v->cap && vec_reserve(v, (at + text.len + 1) * 2) != ERR_OK)
        return UINT32_MAX;
    if (text.len > 0)
        memcpy((char *)v->ptr + at, text.ptr, text.len);
    ((char *)v->ptr)[at + text.len] = '\0';
    v->len = at + text.len + 1;
    return (uint32_t)at;
}

const char *build_string(const struct build *b, uint32_t offset)
{
    return (const char *)b->section[SECTION_STRINGS].ptr + offset;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *p = a, *q = b;
    if (p->code != q->code)
        return p->code < q->code ? -1 : 1;
    return p->line < q->line ? -1 : p->line > q->line;
}

/* A name field as an offset; the same text as in the row before shares its string. */
static enum err read_name(struct build *b, const struct table *t, size_t column, bool needed,
                          const uint32_t *before, uint32_t *out)
{
    struct slice s = table_field(t, column);

    if (needed && s.len == 0)
        return table_fault(t, column, b->why, "empty; write the name");
    if (utf8_count(s) > NAME_POINTS_MAX)
        return table_fault(t, column, b->why, "longer than %d characters", NAME_POINTS_MAX);
    if (before != NULL && slice_is(s, build_string(b, *before))) {
        *out = *before;
        return ERR_OK;
    }
    uint32_t at = build_text(b, s);
    if (at == UINT32_MAX)
        return ERR_NO_MEMORY;
    *out = at;
    return ERR_OK;
}

static enum err read_point(struct build *b, const struct table *t, size_t lat, size_t lng,
                           struct place *p)
{
    if (table_field(t, lat).len == 0 && table_field(t, lng).len == 0)
        return ERR_OK;
    enum err err = table_degrees(t, lat, LAT_LEAST, LAT_MOST, &p->lat, b->why);
    if (err == ERR_OK)
        err = table_degrees(t, lng, LNG_LEAST, LNG_MOST, &p->lng, b->why);
    p->has_point = err == ERR_OK;
    return err;
}

static bool has_prefix(struct slice s, const char *prefix)
{
    return slice_starts_with(s, prefix);
}

static enum point_source source_from_word(struct slice s, bool has_point)
{
    if (!has_point)
        return POINT_NONE;
    if (has_prefix(s, "amap-village") || has_prefix(s, "village"))
        return POINT_VILLAGES;
    if (has_prefix(s, "predecessor"))
        return POINT_PREDECESSOR;
    if (has_prefix(s, "county-seat"))
        return POINT_COUNTY_SEAT;
    return POINT_SEAT;
}

enum { COL_CODE, COL_NAME, COL_PROVINCE, COL_CITY, COL_LAT, COL_LNG, COL_COUNTY, COL_SOURCE };
#define COL_OLD_NAME COL_COUNTY /* of counties */

static enum err read_places(struct build *b, const char *path, const char *const *columns,
                            size_t count, size_t digits, struct vec *out)
{
    struct table *t = NULL;
    struct place *before = NULL;
    bool more = true;
    enum err err = table_open(path, columns, count, &t, b->why);

    while (err == ERR_OK && (err = table_next(t, &more, b->why)) == ERR_OK && more) {
        struct place p = {.line = table_line(t)};
        int64_t code = 0;
        err = table_code(t, COL_CODE, digits, &code, b->why);
        if (err == ERR_OK)
            err = read_name(b, t, COL_NAME, true, NULL, &p.name);
        if (err == ERR_OK)
            err =
                read_name(b, t, COL_PROVINCE, true, before ? &before->province : NULL, &p.province);
        if (err == ERR_OK)
            err = read_name(b, t, COL_CITY, false, before ? &before->city : NULL, &p.city);
        if (err == ERR_OK)
            err = read_point(b, t, COL_LAT, COL_LNG, &p);
        if (err == ERR_OK && digits == 9)
            err = read_name(b, t, COL_COUNTY, true, before ? &before->county : NULL, &p.county);
        if (err == ERR_OK && digits == 6 && table_field(t, COL_OLD_NAME).len > 0)
            err = read_name(b, t, COL_OLD_NAME, false, NULL, &p.old_name);
        if (err != ERR_OK)
            break;
        p.code = (uint32_t)code;
        p.source =
            digits == 9 ? source_from_word(table_field(t, COL_SOURCE), p.has_point) : POINT_NONE;
        before = vec_add(out);
        if (before == NULL) {
            err = ERR_NO_MEMORY;
            break;
        }
        *before = p;
    }
    if (err == ERR_OK && out->len == 0)
        err = table_fault(t, SIZE_MAX, b->why, "no rows behind the first line");
    table_close(t);
    if (err == ERR_OK)
        qsort(out->ptr, out->len, out->size, compare_places);
    return err;
}

static enum err refuse_duplicates(struct build *b, const char *path, const struct vec *places)
{
    const struct place *p = places->ptr;

    for (size_t i = 1; i < places->len; i++) {
        if (p[i].code == p[i - 1].code) {
            buf_putf(b->why, "%s line %ld, column code: %u stands in line %ld already; remove one",
                     path, p[i].line, p[i].code, p[i - 1].line);
            return ERR_INPUT;
        }
    }
    return ERR_OK;
}

static bool same_text(const struct build *b, uint32_t x, uint32_t y)
{
    return x == y || strcmp(build_string(b, x), build_string(b, y)) == 0;
}

static uint32_t code_text(struct build *b, uint32_t code)
{
    char digits[16];
    int len = snprintf(digits, sizeof(digits), "%u", code);
    return build_text(b, slice_make(digits, (size_t)len));
}

/* The province and city rows above a county that comes next in the order of codes. */
static enum err add_parents(struct build *b, const struct place *p, struct county_row *county)
{
    struct vec *provinces = &b->section[SECTION_PROVINCES], *cities = &b->section[SECTION_CITIES];
    uint32_t index = BUILD_COUNT(b, SECTION_COUNTIES), code = county->code;
    struct province_row *province =
        provinces->len == 0 ? NULL : vec_at(provinces, provinces->len - 1);

    if (province == NULL || province->code != code / 10000) {
        province = vec_add(provinces);
        if (province == NULL)
            return ERR_NO_MEMORY;
        *province = (struct province_row){code / 10000, p->province, index, 0};
    }
    struct city_row *city = cities->len == 0 ? NULL : vec_at(cities, cities->len - 1);
    if (city == NULL || city->code != code / 100) {
        city = vec_add(cities);
        if (city == NULL)
            return ERR_NO_MEMORY;
        *city = (struct city_row){code / 100, p->city, index, 0, (uint32_t)provinces->len - 1};
    }
    if (!same_text(b, province->name, p->province) || !same_text(b, city->name, p->city)) {
        buf_putf(b->why,
                 "%s line %ld: %u is in %s %s, but other rows with the same first digits are in %s "
                 "%s; make them agree",
                 b->from->townships, p->line, p->code, build_string(b, p->province),
                 build_string(b, p->city), build_string(b, province->name),
                 build_string(b, city->name));
        return ERR_INPUT;
    }
    province->county_count++;
    city->county_count++;
    county->province = (uint16_t)(provinces->len - 1);
    county->city = (uint16_t)(cities->len - 1);
    return ERR_OK;
}

static enum err add_county(struct build *b, const struct place *p, uint32_t code, uint32_t name)
{
    struct county_row row = {.code = code, .name = name};

    row.code_text = code_text(b, code);
    if (row.code_text == UINT32_MAX)
        return ERR_NO_MEMORY;
    row.township_first = BUILD_COUNT(b, SECTION_TOWNSHIPS);
    row.flags = code % 100 >= 71 && code % 100 <= 80 ? COUNTY_IS_ZONE : 0;
    if (b->section[SECTION_COUNTIES].len == UINT16_MAX)
        return ERR_TOO_LARGE;
    enum err err = add_parents(b, p, &row);
    if (err != ERR_OK)
        return err;
    struct county_row *slot = vec_add(&b->section[SECTION_COUNTIES]);
    if (slot == NULL)
        return ERR_NO_MEMORY;
    *slot = row;
    return ERR_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), c = strlen(end);
    return a >= c && strcmp(text + a - c, end) == 0;
}

static enum err add_township(struct build *b, const struct place *p)
{
    struct vec *counties = &b->section[SECTION_COUNTIES];
    struct county_row *county = vec_at(counties, counties->len - 1);
    struct township_row *row = vec_add(&b->section[SECTION_TOWNSHIPS]);

    if (row == NULL)
        return ERR_NO_MEMORY;
    if (!same_text(b, county->name, p->county)) {
        buf_putf(b->why,
                 "%s line %ld, column county: %s, but %u is %s in another row; make them agree",
                 b->from->townships, p->line, build_string(b, p->county), county->code,
                 build_string(b, county->name));
        return ERR_INPUT;
    }
    row->code = p->code;
    row->name = p->name;
    row->code_text = code_text(b, p->code);
    row->county = (uint16_t)(counties->len - 1);
    row->source = (uint8_t)p->source;
    row->flags = ends_with(build_string(b, p->name), "直辖村级区划") ? TOWNSHIP_FILLER : 0;
    row->lat = p->has_point ? (int32_t)lround(p->lat * DEGREE_UNITS) : 0;
    row->lng = p->has_point ? (int32_t)lround(p->lng * DEGREE_UNITS) : 0;
    county->township_count++;
    b->report->without_point += !p->has_point;
    return row->code_text == UINT32_MAX ? ERR_NO_MEMORY : ERR_OK;
}

/* Walk both sorted lists by code; counties that stand in one of them only are kept too. */
static enum err merge(struct build *b, const struct vec *townships, const struct vec *counties)
{
    const struct place *t = townships->ptr, *c = counties->ptr;
    size_t i = 0, k = 0;

    while (i < townships->len || k < counties->len) {
        uint32_t of_township = i < townships->len ? t[i].code / 1000 : UINT32_MAX;
        uint32_t of_county = k < counties->len ? c[k].code : UINT32_MAX;
        uint32_t code = of_township < of_county ? of_township : of_county;
        bool listed = of_county == code;
        enum err err =
            add_county(b, listed ? &c[k] : &t[i], code, listed ? c[k].name : t[i].county);
        if (err != ERR_OK)
            return err;
        struct county_row *row =
            vec_at(&b->section[SECTION_COUNTIES], b->section[SECTION_COUNTIES].len - 1);
        row->old_name = listed ? c[k].old_name : 0;
        if (listed && c[k].has_point) {
            row->lat = (int32_t)lround(c[k].lat * DEGREE_UNITS);
            row->lng = (int32_t)lround(c[k].lng * DEGREE_UNITS);
            row->flags |= COUNTY_HAS_POINT;
        }
        k += listed;
        for (; i < townships->len && t[i].code / 1000 == code; i++) {
            err = add_township(b, &t[i]);
            if (err != ERR_OK)
                return err;
        }
    }
    return ERR_OK;
}

/* Counties without a point of their own get the mean of their townships' points. */
static void fill_county_points(struct build *b)
{
    struct county_row *counties = BUILD_ROWS(b, SECTION_COUNTIES, struct county_row);
    const struct township_row *townships = BUILD_ROWS(b, SECTION_TOWNSHIPS, struct township_row);

    for (uint32_t i = 0; i < BUILD_COUNT(b, SECTION_COUNTIES); i++) {
        struct county_row *c = &counties[i];
        int64_t lat = 0, lng = 0, count = 0;
        if ((c->flags & COUNTY_HAS_POINT) != 0)
            continue;
        for (uint32_t k = 0; k < c->township_count; k++) {
            const struct township_row *t = &townships[c->township_first + k];
            if (t->source == POINT_NONE)
                continue;
            lat += t->lat;
            lng += t->lng;
            count++;
        }
        if (count == 0) {
            b->report->counties_without_point++;
            continue;
        }
        c->lat = (int32_t)(lat / count);
        c->lng = (int32_t)(lng / count);
        c->flags |= COUNTY_HAS_POINT;
    }
}

static int compare_old(const void *a, const void *b)
{
    const struct old_row *p = a, *q = b;
    return p->code < q->code ? -1 : p->code > q->code;
}

static enum err read_old(struct build *b)
{
    static const char *const columns[] = {"code_2016", "name_2016", "county_2016", "code",
                                          "?share"};
    struct table *t = NULL;
    bool more = true;
    enum err err = table_open(b->from->old, columns, COUNT_OF(columns), &t, b->why);

    while (err == ERR_OK && (err = table_next(t, &more, b->why)) == ERR_OK && more) {
        int64_t old_code = 0, code = 0;
        err = table_code(t, 0, 9, &old_code, b->why);
        if (err == ERR_OK)
            err = table_code(t, 3, 9, &code, b->why);
        double share = 1.0;
        if (err == ERR_OK && table_field(t, 4).len > 0)
            err = table_degrees(t, 4, 0, 1, &share, b->why);
        if (err != ERR_OK)
            break;
        uint32_t township = build_find_township(b, (uint32_t)code);
        if (township == UINT32_MAX) {
            b->report->old_without_successor++;
            continue;
        }
        struct old_row *row = vec_add(&b->section[SECTION_OLD]);
        if (row == NULL) {
            err = ERR_NO_MEMORY;
            break;
        }
        *row = (struct old_row){.code = (uint32_t)old_code,
                                .township = township,
                                .percent = share > 0 ? (uint32_t)lround(share * 100) : 100};
        err = read_name(b, t, 1, false, NULL, &row->name);
        if (err == ERR_OK)
            err = read_name(b, t, 2, false, NULL, &row->county_name);
        if (err != ERR_OK)
            break;
        row->county = build_find_county(b, (uint32_t)(old_code / 1000));
        if (row->county != UINT32_MAX &&
            !same_text(b, BUILD_ROWS(b, SECTION_COUNTIES, struct county_row)[row->county].name,
                       row->county_name))
            row->county = UINT32_MAX;
    }
    table_close(t);
    struct vec *old = &b->section[SECTION_OLD];
    if (old->len > 0)
        qsort(old->ptr, old->len, old->size, compare_old);
    b->report->old = (uint32_t)old->len;
    return err;
}

#define FIND(rows, count, wanted)                 \
    uint32_t low = 0, high = (count);             \
    while (low < high) {                          \
        uint32_t middle = low + (high - low) / 2; \
        if ((rows)[middle].code < (wanted))       \
            low = middle + 1;                     \
        else                                      \
            high = middle;                        \
    }                                             \
    return low < (count) && (rows)[low].code == (wanted) ? low : UINT32_MAX

uint32_t build_find_township(const struct build *b, uint32_t code)
{
    FIND(BUILD_ROWS(b, SECTION_TOWNSHIPS, struct township_row), BUILD_COUNT(b, SECTION_TOWNSHIPS),
         code);
}

uint32_t build_find_county(const struct build *b, uint32_t code)
{
    FIND(BUILD_ROWS(b, SECTION_COUNTIES, struct county_row), BUILD_COUNT(b, SECTION_COUNTIES),
         code);
}

enum err build_places(struct build *b)
{
    static const char *const township_columns[] = {"code", "name", "province", "city",
                                                   "?lat", "?lng", "county",   "?coord_source"};
    static const char *const county_columns[] = {"code", "name", "province",  "city",
                                                 "?lat", "?lng", "?name_2016"};
    struct vec townships, counties;

    vec_init(&townships, sizeof(struct place));
    vec_init(&counties, sizeof(struct place));
    enum err err = read_places(b, b->from->townships, township_columns, COUNT_OF(township_columns),
                               9, &townships);
    if (err == ERR_OK)
        err = refuse_duplicates(b, b->from->townships, &townships);
    if (err == ERR_OK && b->from->counties != NULL) {
        err = read_places(b, b->from->counties, county_columns, COUNT_OF(county_columns), 6,
                          &counties);
        if (err == ERR_OK)
            err = refuse_duplicates(b, b->from->counties, &counties);
    }
    if (err == ERR_OK)
        err = merge(b, &townships, &counties);
    vec_release(&townships);
    vec_release(&counties);
    if (err != ERR_OK)
        return err;
    fill_county_points(b);
    b->report->townships = BUILD_COUNT(b, SECTION_TOWNSHIPS);
    b->report->counties = BUILD_COUNT(b, SECTION_COUNTIES);
    return b->from->old == NULL ? ERR_OK : read_old(b);
}
