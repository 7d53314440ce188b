#include "queue/store/reply.h"

static const struct {
    const char *start;
    enum err err;
} ERROR_NAMES[] = {
    {"LOADING", ERR_STORE_LOADING},     {"READONLY", ERR_STORE_READONLY},
    {"MASTERDOWN", ERR_STORE_READONLY}, {"NOREPLICAS", ERR_STORE_READONLY},
    {"MISCONF", ERR_STORE_READONLY},    {"OOM", ERR_STORE_FULL},
    {"BUSY", ERR_STORE_LOADING},        {"ERR Function not found", ERR_STORE_FUNCTIONS},
    {"NOPERM", ERR_STORE_SETTINGS},     {"NOAUTH", ERR_STORE_SETTINGS},
    {"corrupt", ERR_CORRUPT},           {"bad-input", ERR_INTERNAL},
    {"WRONGTYPE", ERR_CORRUPT},
};

enum err reply_err(const redisReply *reply)
{
    if (reply == NULL) {
        return ERR_STORE_DOWN;
    }
    if (reply->type != REDIS_REPLY_ERROR) {
        return ERR_OK;
    }
    struct slice text = slice_make(reply->str, (size_t)reply->len);
    for (size_t i = 0; i < COUNT_OF(ERROR_NAMES); i++) {
        if (slice_starts_with(text, ERROR_NAMES[i].start)) {
            return ERROR_NAMES[i].err;
        }
    }
    return ERR_INTERNAL;
}

struct slice reply_text(const redisReply *reply)
{
    if (reply == NULL || (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS)) {
        return slice_make(NULL, 0);
    }
    return slice_make(reply->str, (size_t)reply->len);
}

enum err reply_int(const redisReply *reply, int64_t min, int64_t max, int64_t *out)
{
    if (reply != NULL && reply->type == REDIS_REPLY_INTEGER) {
        if (reply->integer < min || reply->integer > max) {
            return ERR_CORRUPT;
        }
        *out = reply->integer;
        return ERR_OK;
    }
    return slice_to_int64(reply_text(reply), min, max, out) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

size_t reply_count(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

const redisReply *reply_at(const redisReply *reply, size_t i)
{
    return i < reply_count(reply) ? reply->element[i] : NULL;
}

struct slice reply_text_at(const redisReply *reply, size_t i)
{
    return reply_text(reply_at(reply, i));
}
