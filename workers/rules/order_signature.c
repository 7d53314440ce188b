#include "workers/rules/order_signature.h"

#include <string.h>
#include "queue/base/json_canonical.h"

#define ORDER_BYTES_MAX 65536

/* The members of v again, without the one of that name; "signature" goes the same way. */
static void copy_without(const struct json *v, const char *name, struct json_out *o)
{
    struct buf text;

    buf_init(&text, ORDER_BYTES_MAX);
    for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
        if (strcmp(json_name(m), name) == 0)
            continue;
        if (strcmp(json_name(m), "signature") == 0 && json_kind(m) == JSON_OBJECT) {
            json_open_object(o, "signature");
            copy_without(m, "ed25519", o);
            json_close_object(o);
            continue;
        }
        buf_clear(&text);
        json_print(m, &text);
        if (buf_err(&text) != ERR_OK)
            o->buf->err = buf_err(&text);
        else
            json_put_raw(o, json_name(m), buf_slice(&text));
    }
    buf_release(&text);
}

enum err order_signed_bytes(const struct json *order, struct buf *out)
{
    struct json *copy = NULL;
    struct json_out o;
    struct buf text;

    if (json_kind(order) != JSON_OBJECT)
        return ERR_INPUT;
    buf_init(&text, ORDER_BYTES_MAX);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    copy_without(order, "", &o);
    json_close_object(&o);
    enum err err = buf_err(&text);
    if (err == ERR_OK)
        err = json_parse(buf_slice(&text), &copy, NULL);
    if (err == ERR_OK)
        err = json_canonical(copy, out);
    json_free(copy);
    buf_release(&text);
    return err;
}
