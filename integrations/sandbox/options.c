#include "integrations/sandbox/options.h"

#include <string.h>
#include "queue/base/json.h"

#define NUMBER_MAX INT64_C(1000000000000000)

struct option {
    const char *name, *dflt, *what;
    size_t offset;
    bool late;
};

static const struct option OPTIONS[] = {
#define OPTION_ROW(field, name, dflt, late, what) \
    {name, dflt, what, offsetof(struct options, field), late},
    OPTION_TABLE(OPTION_ROW)
#undef OPTION_ROW
};

static char *place(struct options *o, const struct option *option)
{
    return (char *)o + option->offset;
}

/* The ones whose default is a number take numbers only. */
static bool numeric(const struct option *option)
{
    return slice_all_digits(slice_of(option->dflt));
}

void options_defaults(struct options *o)
{
    for (size_t i = 0; i < COUNT_OF(OPTIONS); i++) {
        enum err err = slice_copy(slice_of(OPTIONS[i].dflt), place(o, &OPTIONS[i]), OPTION_SIZE);
        ASSERT(err == ERR_OK);
    }
}

static const struct option *find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(OPTIONS); i++) {
        if (strcmp(OPTIONS[i].name, name) == 0) {
            return &OPTIONS[i];
        }
    }
    return NULL;
}

enum err options_set(struct options *o, const char *name, struct slice value)
{
    const struct option *option = find(name);
    int64_t number;
    if (option == NULL) {
        return ERR_NOT_FOUND;
    }
    if (numeric(option) && slice_to_int64(value, 0, NUMBER_MAX, &number) != ERR_OK) {
        return ERR_INPUT;
    }
    return slice_copy(value, place(o, option), OPTION_SIZE);
}

enum err options_change(struct options *o, struct slice json)
{
    struct json *root = NULL;
    struct options changed = *o;
    enum err err = json.len == 0 ? ERR_INPUT : json_parse(json, &root, NULL);
    if (err == ERR_OK && json_kind(root) != JSON_OBJECT) {
        err = ERR_INPUT;
    }
    for (const struct json *m = json_first(root); err == ERR_OK && m != NULL; m = json_next(m)) {
        const struct option *option = find(json_name(m));
        struct slice value;
        err = option == NULL  ? ERR_NOT_FOUND
              : !option->late ? ERR_FORBIDDEN
                              : json_string(m, &value);
        err = err != ERR_OK ? err : options_set(&changed, json_name(m), value);
    }
    if (err == ERR_OK) {
        *o = changed;
    }
    json_free(root);
    return err;
}

int64_t options_number(const char *value)
{
    int64_t number = 0;
    enum err err = slice_to_int64(slice_of(value), 0, NUMBER_MAX, &number);
    ASSERT(err == ERR_OK); /* options_set() has looked */
    return number;
}

void options_usage(struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(OPTIONS); i++) {
        buf_putf(out, "  --%-22s %s\n", OPTIONS[i].name, OPTIONS[i].what);
    }
}
