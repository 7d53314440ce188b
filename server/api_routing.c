/* POST /v1/routing/preview: where would this go, and why; changes nothing. */
#include "queue/base/clock.h"
#include "server/api.h"
#include "workers/routing/route_json.h"

static bool optional_text(struct op *op, const char *name, const char *pointer, struct slice *out)
{
    const struct json *v = json_get(op->json, name);
    if (v != NULL && json_string(v, out) != ERR_OK) {
        op_reply_fault(op, pointer, "须为文字。");
        return false;
    }
    return true;
}

static bool read_point(struct op *op, struct place_query *q)
{
    const struct json *lat = json_get(op->json, "lat"), *lng = json_get(op->json, "lng");
    struct slice crs = slice_make(NULL, 0);
    if (lat == NULL && lng == NULL) {
        return true;
    }
    if (json_double(lat, -1e6, 1e6, &q->lat) != ERR_OK ||
        json_double(lng, -1e6, 1e6, &q->lng) != ERR_OK) {
        op_reply_fault(op, "/lat", "纬度 lat 和经度 lng 须同时给出，均为数字（度）。");
        return false;
    }
    q->has_point = true;
    if (!optional_text(op, "crs", "/crs", &crs)) {
        return false;
    }
    if (crs.len > 0 && crs_from_word(crs, &q->crs) != ERR_OK) {
        op_reply_fault(op, "/crs", "坐标系须为 WGS-84、GCJ-02 或 BD-09。");
        return false;
    }
    return true;
}

static bool only_known(struct op *op)
{
    static const char *const NAMES[] = {"code", "lat", "lng", "crs", "text", "prior"};
    for (const struct json *m = json_first(op->json); m != NULL; m = json_next(m)) {
        size_t i = 0;
        while (i < COUNT_OF(NAMES) && strcmp(NAMES[i], json_name(m)) != 0) {
            i++;
        }
        if (i == COUNT_OF(NAMES)) {
            op_reply_fault(op, "", "只接受 code、lat、lng、crs、text、prior。");
            return false;
        }
    }
    return true;
}

void routing_preview(struct op *op)
{
    struct place_query query = {.has_point = false};
    static struct route_result result; /* one loop, used up before this returns */
    struct buf text;
    struct json_out o;
    if (!op_parse_body(op)) {
        return;
    }
    if (json_kind(op->json) != JSON_OBJECT) {
        op_reply_fault(op, "", "请求体须为 JSON 对象。");
        return;
    }
    if (!only_known(op) || !optional_text(op, "code", "/code", &query.code) ||
        !optional_text(op, "text", "/text", &query.text) ||
        !optional_text(op, "prior", "/prior", &query.prior_code) || !read_point(op, &query)) {
        return;
    }
    int64_t from_us = clock_mono_us();
    enum err err = atlas_route(&op->g->atlas, &query, &result);
    if (err != ERR_OK) {
        op_reply_problem(op, err, "无法识别这个地点。");
        return;
    }
    buf_init(&text, 65536);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    route_write(&result, &o, "routing");
    json_put_text(&o, "ask_zh", route_ask_zh(result.ask));
    json_put_int(&o, "took_us", clock_mono_us() - from_us);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}
