#include "server/open311_read.h"

#include "queue/base/json.h"
#include "queue/domain/relief.h"
#include "server/http/query.h"

#define WANTED_PLACE "请给出 lat 和 long（WGS-84，度）或 address_string；不支持 address_id。"

enum err open311_field(struct arena *arena, struct slice body, const char *name, struct slice *out)
{
    struct slice value;
    char *text = arena_alloc(arena, OPEN311_FIELD_MAX);
    if (text == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err err = query_get(body, name, text, OPEN311_FIELD_MAX, &value);
    if (err == ERR_OK) {
        *out = slice_trim(value);
    } else if (err == ERR_NOT_FOUND) {
        *out = slice_make("", 0);
        err = ERR_OK;
    }
    return err;
}

/* ---- The form ---- */

/* "26.57", "-0.5": a number as JSON writes it, without an exponent. */
static bool degrees_ok(struct slice text)
{
    struct slice parts =
        text.len > 0 && text.ptr[0] == '-' ? slice_make(text.ptr + 1, text.len - 1) : text;
    struct slice whole = slice_cut(&parts, '.');
    bool has_point = parts.ptr != NULL;
    return text.len <= 20 && slice_all_digits(whole) && (whole.len == 1 || whole.ptr[0] != '0') &&
           (!has_point || slice_all_digits(parts));
}

static bool place_ok(const struct open311_form *f)
{
    bool point = f->lat.len > 0 && f->lng.len > 0;
    return (point || f->address.len > 0) && (f->lat.len > 0) == (f->lng.len > 0) &&
           (!point || (degrees_ok(f->lat) && degrees_ok(f->lng)));
}

enum err open311_form_read(struct arena *arena, struct slice body, struct open311_form *out,
                           const char **what)
{
    struct open311_form f;
    struct slice address_id;
    const struct {
        const char *name;
        struct slice *to;
    } fields[] = {{"service_code", &f.service_code},
                  {"lat", &f.lat},
                  {"long", &f.lng},
                  {"address_string", &f.address},
                  {"address_id", &address_id},
                  {"description", &f.description},
                  {"first_name", &f.first_name},
                  {"last_name", &f.last_name},
                  {"phone", &f.phone},
                  {"email", &f.email}};
    *what = NULL;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        enum err err = open311_field(arena, body, fields[i].name, fields[i].to);
        if (err != ERR_OK) {
            return err == ERR_NO_MEMORY ? err : ERR_INPUT;
        }
    }
    enum cause cause;
    if (cause_from_word(f.service_code, &cause) != ERR_OK) {
        return ERR_NOT_FOUND;
    }
    if (!place_ok(&f)) {
        *what = WANTED_PLACE;
        return ERR_INPUT;
    }
    *out = f;
    return ERR_OK;
}

void open311_form_write(const struct open311_form *f, struct buf *out)
{
    struct buf text;
    struct json_out o;
    buf_init(&text, 2 * OPEN311_FIELD_MAX);
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "channel", channel_word(CHANNEL_THIRD_PARTY));
    json_put_slice(&o, "cause", f->service_code);
    json_open_object(&o, "reporter");
    buf_putf(&text, "%.*s%.*s", SLICE_FMT(f->last_name), SLICE_FMT(f->first_name));
    json_put_slice(&o, "name", buf_slice(&text));
    if (f->phone.len > 0) {
        json_put_slice(&o, "phone", f->phone);
    }
    json_close_object(&o);
    json_open_object(&o, "place");
    if (f->lat.len > 0) {
        json_put_raw(&o, "lat", f->lat);
        json_put_raw(&o, "lng", f->lng);
        json_put_text(&o, "crs", crs_word(CRS_WGS84));
    }
    json_put_slice(&o, "address", f->address);
    json_close_object(&o);
    buf_clear(&text);
    buf_put_slice(&text, f->description);
    if (f->email.len > 0) {
        buf_putf(&text, "（电子邮箱：%.*s）", SLICE_FMT(f->email));
    }
    json_put_slice(&o, "narrative", buf_slice(&text));
    json_close_object(&o);
    if (buf_err(&text) != ERR_OK) {
        out->err = buf_err(&text);
    }
    buf_release(&text);
}

/* ---- The query ---- */

static enum err read_time(struct slice query, const char *name, int64_t absent, int64_t *out)
{
    char text[64];
    struct slice value;
    enum err err = query_get(query, name, text, sizeof(text), &value);
    if (err == ERR_NOT_FOUND) {
        *out = absent;
        return ERR_OK;
    }
    return err == ERR_OK ? clock_parse_rfc3339(value, out) : ERR_INPUT;
}

static enum err read_range(struct slice query, int64_t now_ms, struct open311_filter *f)
{
    enum err err = read_time(query, "end_date", now_ms, &f->to_ms);
    if (err == ERR_OK) {
        int64_t first_ms = f->to_ms > OPEN311_RANGE_MAX_MS ? f->to_ms - OPEN311_RANGE_MAX_MS : 0;
        err = read_time(query, "start_date", first_ms, &f->from_ms);
    }
    if (err == ERR_OK && (f->from_ms < 0 || f->to_ms < f->from_ms)) {
        err = ERR_INPUT;
    }
    if (err == ERR_OK && f->to_ms - f->from_ms > OPEN311_RANGE_MAX_MS) {
        f->from_ms = f->to_ms - OPEN311_RANGE_MAX_MS; /* as the specification allows */
    }
    return err;
}

static enum err read_status(struct slice query, struct open311_filter *f)
{
    char status[16];
    struct slice value;
    enum err err = query_get(query, "status", status, sizeof(status), &value);
    f->any_status = true;
    f->closed = false;
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    f->closed = slice_is(value, "closed");
    f->any_status = slice_is(value, "open,closed") || slice_is(value, "closed,open");
    return f->closed || f->any_status || slice_is(value, "open") ? ERR_OK : ERR_INPUT;
}

enum err open311_filter_read(struct slice query, int64_t now_ms, struct open311_filter *out)
{
    struct open311_filter f;
    struct slice value;
    enum err err = read_range(query, now_ms, &f);
    if (err == ERR_OK) {
        err = query_get(query, "service_code", f.code, sizeof(f.code), &value);
    }
    if (err == ERR_NOT_FOUND) {
        f.code[0] = '\0';
        err = ERR_OK;
    }
    if (err == ERR_OK) {
        err = read_status(query, &f);
    }
    if (err == ERR_OK) {
        *out = f;
    }
    return err;
}
