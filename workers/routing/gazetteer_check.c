/* The checksum of a compiled file finds accidents; this finds what would make a reader leave the
 * file. One pass over all sections but the strings and vertices. */
#include "workers/routing/gazetteer_file.h"
#include "workers/routing/names.h"
#include "workers/routing/trie.h"

static bool range_fits(uint32_t first, uint32_t count, uint32_t total)
{
    return first <= total && count <= total - first;
}

/* The checksum finds accidents; this finds what would make a reader leave the file. One pass over
 * the small sections. */
static bool places_hold(const struct gazetteer *g)
{
    uint32_t s = g->strings_count;

    if (s == 0 || g->strings[s - 1] != '\0' || g->provinces_count == 0 || g->cities_count == 0 ||
        g->counties_count == 0 || g->townships_count == 0 || g->counties_count > UINT16_MAX)
        return false;
    for (uint32_t i = 0; i < g->provinces_count; i++) {
        const struct province_row *p = &g->provinces[i];
        if (p->name >= s || !range_fits(p->county_first, p->county_count, g->counties_count))
            return false;
    }
    for (uint32_t i = 0; i < g->cities_count; i++) {
        const struct city_row *c = &g->cities[i];
        if (c->name >= s || c->province >= g->provinces_count ||
            !range_fits(c->county_first, c->county_count, g->counties_count))
            return false;
    }
    for (uint32_t i = 0; i < g->counties_count; i++) {
        const struct county_row *c = &g->counties[i];
        if (c->name >= s || s - c->name < 2 || c->code_text >= s || s - c->code_text < 7 ||
            c->city >= g->cities_count || c->province >= g->provinces_count ||
            !range_fits(c->township_first, c->township_count, g->townships_count))
            return false;
    }
    for (uint32_t i = 0; i < g->townships_count; i++) {
        const struct township_row *t = &g->townships[i];
        if (t->name >= s || t->code_text >= s || s - t->code_text < 10 ||
            t->county >= g->counties_count || t->source >= POINT_SOURCE_COUNT)
            return false;
    }
    for (uint32_t i = 0; i < g->old_count; i++) {
        const struct old_row *o = &g->old[i];
        if (o->township >= g->townships_count || o->name >= s || o->county_name >= s ||
            (o->county != UINT32_MAX && o->county >= g->counties_count))
            return false;
    }
    for (uint32_t i = 0; i < g->tree_count; i++) {
        const struct near_node *n = &g->tree[i];
        if (n->township >= g->townships_count || n->county >= g->counties_count || n->axis > 2)
            return false;
    }
    return true;
}

static bool shapes_hold(const struct gazetteer *g)
{
    if (g->shapes_count == 0)
        return true;
    if (g->shapes_count > UINT16_MAX || g->cells_count != CELL_COUNT + 1 ||
        g->cells[CELL_COUNT] > g->cell_shapes_count)
        return false;
    for (uint32_t i = 0; i < g->shapes_count; i++) {
        const struct shape_row *s = &g->shapes[i];
        if (!range_fits(s->ring_first, s->ring_count, g->rings_count) ||
            !range_fits(s->county_first, s->county_count, g->shape_counties_count))
            return false;
    }
    for (uint32_t i = 0; i < g->rings_count; i++) {
        if (g->rings[i].count < 3 ||
            !range_fits(g->rings[i].first, g->rings[i].count, g->vertices_count))
            return false;
    }
    for (uint32_t i = 0; i < CELL_COUNT; i++) {
        if (g->cells[i] > g->cells[i + 1])
            return false;
    }
    for (uint32_t i = 0; i < g->cell_shapes_count; i++) {
        if (g->cell_shapes[i] >= g->shapes_count)
            return false;
    }
    for (uint32_t i = 0; i < g->shape_counties_count; i++) {
        if (g->shape_counties[i] >= g->counties_count)
            return false;
    }
    return true;
}

/* Starts of count texts and one behind the last. */
static bool starts_fit(const uint32_t *starts, uint32_t starts_count, uint32_t count,
                       uint32_t total)
{
    if (starts_count != count + 1)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (starts[i] > starts[i + 1])
            return false;
    }
    return starts[count] <= total;
}

static bool posting_holds(const struct gazetteer *g, uint32_t posting)
{
    uint32_t entity = POSTING_ENTITY(posting);

    switch ((enum name_kind)POSTING_KIND(posting)) {
    case NAME_PROVINCE:
    case NAME_PROVINCE_STEM: return entity < g->provinces_count;
    case NAME_CITY:
    case NAME_CITY_STEM: return entity < g->cities_count;
    case NAME_COUNTY:
    case NAME_COUNTY_STEM:
    case NAME_COUNTY_OLD: return entity < g->counties_count;
    case NAME_TOWNSHIP:
    case NAME_TOWNSHIP_ALIAS:
    case NAME_TOWNSHIP_STEM:
    case NAME_VILLAGE: return entity < g->townships_count;
    case NAME_TOWNSHIP_OLD: return entity < g->old_count;
    case NAME_CUE: return true;
    }
    return false;
}

static bool trie_holds(const struct gazetteer *g)
{
    bool room = false;

    if (g->edges_count == 0 || (g->edges_count & (g->edges_count - 1)) != 0 ||
        g->starts_count < 2 ||
        !starts_fit(g->starts, g->starts_count, g->starts_count - 1, g->postings_count))
        return false;
    for (uint32_t i = 0; i < g->edges_count && !room; i++)
        room = g->edges[i] == 0; /* or a search would never end */
    for (uint32_t i = 0; i < g->postings_count; i++) {
        if (!posting_holds(g, g->postings[i]))
            return false;
    }
    return room;
}

static bool characters_hold(const struct gazetteer *g)
{
    if (g->fold_count == 0 && g->sound_count == 0)
        return true;
    if (g->fold_count != FOLD_TABLE || g->sound_count != FOLD_TABLE || g->sound_rows_count == 0)
        return false;
    for (uint32_t i = 0; i < FOLD_TABLE; i++) {
        if (g->sound[i] >= g->sound_rows_count)
            return false;
    }
    return true;
}

bool gazetteer_holds(const struct gazetteer *g)
{
    return places_hold(g) && shapes_hold(g) && trie_holds(g) && characters_hold(g) &&
           starts_fit(g->spoken_starts, g->spoken_starts_count, 2 * g->townships_count,
                      g->spoken_count) &&
           starts_fit(g->county_spoken_starts, g->county_spoken_starts_count, g->counties_count,
                      g->county_spoken_count);
}
