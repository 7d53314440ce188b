#include "queue/base/json.h"

#include "queue/base/clock.h"

void json_out_init(struct json_out *o, struct buf *buf)
{
    *o = (struct json_out){.buf = buf};
}

void json_quote(struct buf *buf, struct slice value)
{
    static const char HEX[] = "0123456789abcdef";
    buf_put_char(buf, '"');
    size_t from = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) {
            continue;
        }
        char escaped[6] = {'\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15]};
        size_t len = 6;
        const char *plain = c == '"'    ? "\""
                            : c == '\\' ? "\\"
                            : c == '\n' ? "n"
                            : c == '\r' ? "r"
                            : c == '\t' ? "t"
                                        : NULL;
        if (plain != NULL) {
            escaped[1] = plain[0];
            len = 2;
        }
        buf_put(buf, value.ptr + from, i - from);
        buf_put(buf, escaped, len);
        from = i + 1;
    }
    if (value.len > from) {
        buf_put(buf, value.ptr + from, value.len - from);
    }
    buf_put_char(buf, '"');
}

static void begin(struct json_out *o, const char *name)
{
    if (o->need_comma) {
        buf_put_char(o->buf, ',');
    }
    if (name != NULL) {
        json_quote(o->buf, slice_of(name));
        buf_put_char(o->buf, ':');
    }
    o->need_comma = true;
}

static void open_with(struct json_out *o, const char *name, char bracket)
{
    begin(o, name);
    buf_put_char(o->buf, bracket);
    o->need_comma = false;
}

static void close_with(struct json_out *o, char bracket)
{
    buf_put_char(o->buf, bracket);
    o->need_comma = true;
}

void json_open_object(struct json_out *o, const char *name)
{
    open_with(o, name, '{');
}

void json_close_object(struct json_out *o)
{
    close_with(o, '}');
}

void json_open_array(struct json_out *o, const char *name)
{
    open_with(o, name, '[');
}

void json_close_array(struct json_out *o)
{
    close_with(o, ']');
}

void json_put_slice(struct json_out *o, const char *name, struct slice value)
{
    begin(o, name);
    json_quote(o->buf, value);
}

void json_put_text(struct json_out *o, const char *name, const char *value)
{
    json_put_slice(o, name, slice_of(value));
}

void json_put_int(struct json_out *o, const char *name, int64_t value)
{
    begin(o, name);
    buf_put_int(o->buf, value);
}

void json_put_bool(struct json_out *o, const char *name, bool value)
{
    begin(o, name);
    buf_put_text(o->buf, value ? "true" : "false");
}

void json_put_null(struct json_out *o, const char *name)
{
    begin(o, name);
    buf_put_text(o->buf, "null");
}

void json_put_degrees(struct json_out *o, const char *name, double value)
{
    begin(o, name);
    buf_putf(o->buf, "%.7f", value);
}

void json_put_raw(struct json_out *o, const char *name, struct slice json_text)
{
    begin(o, name);
    buf_put_slice(o->buf, json_text);
}

void json_put_time(struct json_out *o, const char *name, int64_t at_ms)
{
    char text[CLOCK_RFC3339_SIZE];
    if (at_ms <= 0) {
        json_put_null(o, name);
        return;
    }
    clock_format_rfc3339(at_ms, text);
    json_put_text(o, name, text);
}
