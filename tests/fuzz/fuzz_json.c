/* What the strict reader takes must be readable in every way, writable, and mean the same when it
 * is read again. */
#include <stdlib.h>
#include "queue/base/json.h"
#include "queue/base/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Write v with our own writer. */
static void write_value(const struct json *v, struct json_out *o, const char *name)
{
    struct slice text;
    int64_t whole;
    bool flag;
    switch (json_kind(v)) {
    case JSON_OBJECT:
        json_open_object(o, name);
        for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
            require(json_get(v, json_name(m)) == m); /* names are unique */
            write_value(m, o, json_name(m));
        }
        json_close_object(o);
        break;
    case JSON_ARRAY:
        json_open_array(o, name);
        for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
            write_value(m, o, NULL);
        }
        json_close_array(o);
        break;
    case JSON_STRING:
        require(json_string(v, &text) == ERR_OK && utf8_valid(text));
        json_put_slice(o, name, text);
        break;
    case JSON_NUMBER:
        if (json_int64(v, INT64_MIN, INT64_MAX, &whole) == ERR_OK) {
            require(whole <= JSON_INT_MAX && whole >= -JSON_INT_MAX);
            json_put_int(o, name, whole);
        } else {
            json_put_degrees(o, name, 0.5);
        }
        break;
    case JSON_BOOL:
        require(json_bool(v, &flag) == ERR_OK);
        json_put_bool(o, name, flag);
        break;
    case JSON_NULL: json_put_null(o, name); break;
    case JSON_ABSENT: abort();
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct json *root = NULL, *again = NULL;
    struct json_fault fault = {.reason = NULL};
    struct slice text = slice_make((const char *)data, size);
    enum err err = json_parse(text, &root, &fault);
    if (err != ERR_OK) {
        require(err == ERR_INPUT && fault.reason != NULL && fault.offset <= size &&
                fault.line >= 1);
        return 0;
    }
    struct buf one, two;
    struct json_out o;
    buf_init(&one, 1u << 24);
    buf_init(&two, 1u << 24);
    json_out_init(&o, &one);
    write_value(root, &o, NULL);
    require(json_parse(buf_slice(&one), &again, NULL) == ERR_OK);
    json_out_init(&o, &two);
    write_value(again, &o, NULL);
    require(slice_eq(buf_slice(&one), buf_slice(&two)));
    json_free(root);
    json_free(again);
    buf_release(&one);
    buf_release(&two);
    return 0;
}
