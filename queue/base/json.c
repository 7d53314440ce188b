#include "queue/base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include "queue/base/json_scan.h"

/* A struct json IS a cJSON; the casts below are the only place that knows. */
static const cJSON *inside(const struct json *v)
{
    return (const cJSON *)(const void *)v;
}

static const struct json *outside(const cJSON *item)
{
    return (const struct json *)(const void *)item;
}

static bool has_duplicate_key(const cJSON *object)
{
    for (const cJSON *a = object->child; a != NULL; a = a->next) {
        for (const cJSON *b = a->next; b != NULL; b = b->next) {
            if (strcmp(a->string, b->string) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool any_duplicate_key(const cJSON *item)
{
    if (cJSON_IsObject(item) && has_duplicate_key(item)) {
        return true;
    }
    for (const cJSON *child = item->child; child != NULL; child = child->next) {
        if (child->child != NULL &&
            any_duplicate_key(child)) { /* depth is bounded by JSON_DEPTH_MAX */
            return true;
        }
    }
    return false;
}

static int line_of(struct slice text, size_t offset)
{
    int line = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        line += text.ptr[i] == '\n';
    }
    return line;
}

enum err json_parse(struct slice text, struct json **root, struct json_fault *fault)
{
    struct json_fault found = {.line = 1, .reason = ""};
    enum err err = json_scan(text, &found);
    if (err == ERR_OK) {
        cJSON *tree = cJSON_ParseWithLength(text.ptr, text.len);
        if (tree == NULL) {
            return ERR_NO_MEMORY; /* the grammar was right, so only memory can have failed */
        }
        if (!any_duplicate_key(tree)) {
            *root = (struct json *)(void *)tree;
            return ERR_OK;
        }
        cJSON_Delete(tree);
        found = (struct json_fault){.offset = 0, .reason = "duplicate key"};
        err = ERR_INPUT;
    }
    found.line = line_of(text, found.offset);
    if (fault != NULL) {
        *fault = found;
    }
    return err;
}

void json_free(struct json *root)
{
    cJSON_Delete((cJSON *)(void *)root);
}

enum json_kind json_kind(const struct json *v)
{
    if (v == NULL) {
        return JSON_ABSENT;
    }
    switch (inside(v)->type & 0xFF) {
    case cJSON_NULL: return JSON_NULL;
    case cJSON_True:
    case cJSON_False: return JSON_BOOL;
    case cJSON_Number: return JSON_NUMBER;
    case cJSON_String: return JSON_STRING;
    case cJSON_Array: return JSON_ARRAY;
    case cJSON_Object: return JSON_OBJECT;
    default: break;
    }
    return JSON_ABSENT;
}

const struct json *json_get(const struct json *v, const char *name)
{
    if (json_kind(v) != JSON_OBJECT) {
        return NULL;
    }
    for (const cJSON *child = inside(v)->child; child != NULL; child = child->next) {
        if (strcmp(child->string, name) == 0) {
            return outside(child);
        }
    }
    return NULL;
}

const struct json *json_first(const struct json *v)
{
    enum json_kind kind = json_kind(v);
    return kind == JSON_OBJECT || kind == JSON_ARRAY ? outside(inside(v)->child) : NULL;
}

const struct json *json_next(const struct json *v)
{
    return v == NULL ? NULL : outside(inside(v)->next);
}

const struct json *json_at(const struct json *v, size_t i)
{
    const struct json *child = json_kind(v) == JSON_ARRAY ? json_first(v) : NULL;
    while (child != NULL && i > 0) {
        child = json_next(child);
        i--;
    }
    return child;
}

const char *json_name(const struct json *v)
{
    return v == NULL || inside(v)->string == NULL ? "" : inside(v)->string;
}

size_t json_size(const struct json *v)
{
    size_t size = 0;
    for (const struct json *child = json_first(v); child != NULL; child = json_next(child)) {
        size++;
    }
    return size;
}

enum err json_string(const struct json *v, struct slice *out)
{
    if (json_kind(v) != JSON_STRING) {
        return ERR_INPUT;
    }
    *out = slice_of(inside(v)->valuestring);
    return ERR_OK;
}

enum err json_bool(const struct json *v, bool *out)
{
    if (json_kind(v) != JSON_BOOL) {
        return ERR_INPUT;
    }
    *out = cJSON_IsTrue(inside(v));
    return ERR_OK;
}

enum err json_int64(const struct json *v, int64_t min, int64_t max, int64_t *out)
{
    if (json_kind(v) != JSON_NUMBER) {
        return ERR_INPUT;
    }
    double value = inside(v)->valuedouble;
    if (!(value >= -(double)JSON_INT_MAX && value <= (double)JSON_INT_MAX) ||
        value != floor(value)) {
        return ERR_INPUT;
    }
    int64_t whole = (int64_t)value;
    if (whole < min || whole > max) {
        return ERR_INPUT;
    }
    *out = whole;
    return ERR_OK;
}

enum err json_double(const struct json *v, double min, double max, double *out)
{
    if (json_kind(v) != JSON_NUMBER) {
        return ERR_INPUT;
    }
    double value = inside(v)->valuedouble;
    if (!(value >= min && value <= max)) {
        return ERR_INPUT;
    }
    *out = value;
    return ERR_OK;
}

void json_print(const struct json *v, struct buf *out)
{
    char *text = cJSON_PrintUnformatted(inside(v));
    if (text == NULL) {
        out->err = out->err == ERR_OK ? ERR_NO_MEMORY : out->err;
        return;
    }
    buf_put_text(out, text);
    cJSON_free(text);
}
