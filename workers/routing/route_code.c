/* Division codes: 12 digits (village) are cut to 9 (township); 6 are a county; trailing zeros mean
 * the unit above. */
#include "workers/routing/route_inner.h"

static uint32_t find_city(const struct gazetteer *g, uint32_t code)
{
    for (uint32_t i = 0; i < g->cities_count; i++) {
        if (g->cities[i].code == code)
            return i;
    }
    return NO_ROW;
}

static uint32_t find_province(const struct gazetteer *g, uint32_t code)
{
    for (uint32_t i = 0; i < g->provinces_count; i++) {
        if (g->provinces[i].code == code)
            return i;
    }
    return NO_ROW;
}

static void answer_county(const struct gazetteer *g, uint32_t code, struct code_answer *out)
{
    out->county = gazetteer_find_county(g, code);
    out->city = out->county != NO_ROW ? g->counties[out->county].city : find_city(g, code / 100);
    out->province =
        out->city != NO_ROW ? g->cities[out->city].province : find_province(g, code / 10000);
}

void route_by_code(const struct gazetteer *g, struct slice code, struct code_answer *out)
{
    int64_t value = 0;

    *out = (struct code_answer){NO_ROW, NO_ROW, NO_ROW, NO_ROW, 100, code.len > 0, false};
    code = slice_trim(code);
    if ((code.len != 6 && code.len != 9 && code.len != 12) ||
        slice_to_int64(slice_make(code.ptr, code.len > 9 ? 9 : code.len), 1, 999999999, &value) !=
            ERR_OK)
        return;
    if (code.len == 12 && !slice_all_digits(code))
        return;
    if (code.len == 6 || value % 1000 == 0) {
        answer_county(g, (uint32_t)(code.len == 6 ? value : value / 1000), out);
        return;
    }
    out->township = gazetteer_find_township(g, (uint32_t)value);
    if (out->township == NO_ROW) {
        uint32_t old = gazetteer_find_old(g, (uint32_t)value);
        if (old != NO_ROW) {
            out->township = g->old[old].township;
            out->percent = g->old[old].percent;
            out->old = true;
        }
    }
    if (out->township == NO_ROW) {
        answer_county(g, (uint32_t)(value / 1000), out);
        return;
    }
    out->county = g->townships[out->township].county;
    out->city = g->counties[out->county].city;
    out->province = g->counties[out->county].province;
}
