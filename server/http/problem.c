#include "server/http/problem.h"

#include "queue/base/json.h"

int problem_status(const struct problem *p)
{
    return p->status != 0 ? p->status : err_http_status(p->err);
}

void problem_write(struct buf *out, const struct problem *p)
{
    char type[96] = PROBLEM_TYPE_PREFIX;
    struct slice code = slice_of(err_code(p->err));
    ASSERT(sizeof(PROBLEM_TYPE_PREFIX) + code.len <= sizeof(type));
    memcpy(type + sizeof(PROBLEM_TYPE_PREFIX) - 1, code.ptr, code.len + 1);

    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "type", type);
    json_put_text(&o, "title", err_text(p->err));
    json_put_int(&o, "status", problem_status(p));
    if (p->detail != NULL) {
        json_put_text(&o, "detail", p->detail);
    }
    if (p->error_count > 0) {
        json_open_array(&o, "errors");
        for (size_t i = 0; i < p->error_count; i++) {
            json_open_object(&o, NULL);
            json_put_text(&o, "pointer", p->errors[i].pointer);
            json_put_text(&o, "detail", p->errors[i].detail);
            json_close_object(&o);
        }
        json_close_array(&o);
    }
    for (size_t i = 0; i < p->extra_count; i++) {
        json_put_raw(&o, p->extras[i].name, p->extras[i].json);
    }
    json_close_object(&o);
}
