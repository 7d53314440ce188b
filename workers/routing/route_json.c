#include "workers/routing/route_json.h"

static void write_why(const struct route_result *r, struct json_out *o)
{
    struct slice rest = slice_of(r->why);
    json_open_array(o, "why");
    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.len > 0) {
            json_put_slice(o, NULL, line);
        }
    }
    json_close_array(o);
}

void route_write(const struct route_result *r, struct json_out *o, const char *name)
{
    json_open_object(o, name);
    json_put_text(o, "level", route_level_word(r->level));
    json_put_text(o, "code", r->code);
    if (r->count > 0 && r->level == ROUTE_TOWNSHIP) {
        json_put_text(o, "name", r->candidates[0].name);
        json_put_text(o, "county", r->candidates[0].county);
    }
    json_put_int(o, "confidence", r->confidence);
    json_put_text(o, "ask", route_ask_word(r->ask));
    if (r->conflict) {
        json_put_bool(o, "conflict", true);
    }
    json_put_text(o, "data", r->version);
    write_why(r, o);
    json_open_array(o, "candidates");
    for (size_t i = 0; i < r->count && i < ROUTE_JSON_CANDIDATES; i++) {
        const struct route_candidate *c = &r->candidates[i];
        json_open_object(o, NULL);
        json_put_text(o, "code", c->code);
        json_put_text(o, "name", c->name);
        json_put_text(o, "county", c->county);
        if (c->distance_m >= 0) {
            json_put_int(o, "distance_m", (int64_t)c->distance_m);
        }
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}
