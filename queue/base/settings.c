#include "queue/base/settings.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/file.h"

enum kind { TEXT, INT };

static const struct setting {
    const char *name;
    enum kind kind;
    const char *dflt_text;
    long dflt_int;
    long min, max;
    size_t offset;
    const char *what;
} SETTINGS[] = {
#define DFLT_TEXT(dflt) .dflt_text = (dflt)
#define DFLT_INT(dflt) .dflt_int = (dflt)
#define SETTING_ROW(name_, kind_, dflt_, min_, max_, what_) \
    {.name = #name_,                                        \
     .kind = kind_,                                         \
     DFLT_##kind_(dflt_),                                   \
     .min = min_,                                           \
     .max = max_,                                           \
     .offset = offsetof(struct settings, name_),            \
     .what = what_},
    SETTINGS_TABLE(SETTING_ROW)
#undef SETTING_ROW
#undef DFLT_TEXT
#undef DFLT_INT
};

static void *field_of(struct settings *s, const struct setting *row)
{
    return (char *)s + row->offset;
}

void settings_defaults(struct settings *s)
{
    memset(s, 0, sizeof(*s));
    for (size_t i = 0; i < COUNT_OF(SETTINGS); i++) {
        const struct setting *row = &SETTINGS[i];
        if (row->kind == INT) {
            *(long *)field_of(s, row) = row->dflt_int;
        } else {
            enum err err =
                slice_copy(slice_of(row->dflt_text), field_of(s, row), SETTING_TEXT_SIZE);
            ASSERT(err == ERR_OK);
        }
    }
}

static const struct setting *find(struct slice name)
{
    for (size_t i = 0; i < COUNT_OF(SETTINGS); i++) {
        if (slice_is(name, SETTINGS[i].name)) {
            return &SETTINGS[i];
        }
    }
    return NULL;
}

static enum err set_value(struct settings *s, const struct setting *row, struct slice value,
                          struct buf *why)
{
    if (row->kind == INT) {
        int64_t number;
        if (slice_to_int64(value, row->min, row->max, &number) != ERR_OK) {
            buf_putf(why, "setting '%s': '%.*s' is not a whole number from %ld to %ld", row->name,
                     SLICE_FMT(value), row->min, row->max);
            return ERR_INPUT;
        }
        *(long *)field_of(s, row) = (long)number;
        return ERR_OK;
    }
    if ((long)value.len < row->min || (long)value.len > row->max ||
        slice_copy(value, field_of(s, row), SETTING_TEXT_SIZE) != ERR_OK) {
        buf_putf(why, "setting '%s': its length must be from %ld to %ld characters", row->name,
                 row->min, row->max);
        return ERR_INPUT;
    }
    return ERR_OK;
}

static enum err read_line(struct settings *s, struct slice line, bool seen[COUNT_OF(SETTINGS)],
                          struct buf *why)
{
    struct slice rest = line;
    struct slice name = slice_trim(slice_cut(&rest, '='));
    if (rest.ptr == NULL) {
        buf_putf(why, "'%.*s' has no '=': write `name = value`", SLICE_FMT(name));
        return ERR_INPUT;
    }
    const struct setting *row = find(name);
    if (row == NULL) {
        buf_putf(why, "unknown setting '%.*s': see --help for the list", SLICE_FMT(name));
        return ERR_INPUT;
    }
    if (seen[row - SETTINGS]) {
        buf_putf(why, "setting '%s' stands twice: remove one", row->name);
        return ERR_INPUT;
    }
    seen[row - SETTINGS] = true;
    return set_value(s, row, slice_trim(rest), why);
}

enum err settings_read_file(struct settings *s, const char *path, struct buf *why)
{
    bool seen[COUNT_OF(SETTINGS)] = {false};
    struct buf text;
    buf_init(&text, 65536);
    enum err err = file_read(path, &text);
    if (err != ERR_OK) {
        buf_putf(why, "cannot read settings file '%s': %s", path, err_text(err));
        goto out;
    }
    struct slice rest = buf_slice(&text);
    for (int number = 1; rest.len > 0; number++) {
        struct slice line = slice_trim(slice_cut(&rest, '\n'));
        if (line.len == 0 || line.ptr[0] == '#') {
            continue;
        }
        size_t before = why->len;
        err = read_line(s, line, seen, why);
        if (err != ERR_OK) {
            ASSERT(why->len >= before);
            buf_putf(why, " (%s line %d)", path, number);
            goto out;
        }
    }
out:
    buf_release(&text);
    return err;
}

enum err settings_read_args(struct settings *s, int *argc, char **argv, struct buf *why)
{
    for (int i = 1; i + 1 < *argc; i++) {
        if (strcmp(argv[i], "--config") == 0) {
            enum err err = settings_read_file(s, argv[i + 1], why);
            if (err != ERR_OK) {
                return err;
            }
        }
    }
    int kept = 0;
    for (int i = 1; i < *argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            argv[1 + kept++] = argv[i];
            continue;
        }
        const struct setting *row = find(slice_of(argv[i] + 2));
        bool config = strcmp(argv[i], "--config") == 0;
        if (row == NULL && !config) {
            argv[1 + kept++] = argv[i]; /* an option of the program's own */
            continue;
        }
        if (i + 1 == *argc) {
            buf_putf(why, "option '%s' needs a value", argv[i]);
            return ERR_INPUT;
        }
        i++;
        enum err err = config ? ERR_OK : set_value(s, row, slice_of(argv[i]), why);
        if (err != ERR_OK) {
            return err;
        }
    }
    *argc = 1 + kept;
    return ERR_OK;
}

void settings_describe(struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(SETTINGS); i++) {
        const struct setting *row = &SETTINGS[i];
        if (row->kind == INT) {
            buf_putf(out, "  --%-18s %s (%ld..%ld, default %ld)\n", row->name, row->what, row->min,
                     row->max, row->dflt_int);
        } else {
            buf_putf(out, "  --%-18s %s%s%s\n", row->name, row->what,
                     row->dflt_text[0] == '\0' ? "" : ", default ", row->dflt_text);
        }
    }
}

int settings_usage(const char *program)
{
    struct buf text;
    buf_init(&text, 65536);
    settings_describe(&text);
    printf("usage: %s --config FILE [--setting value ...]\n\nsettings:\n%.*s", program,
           SLICE_FMT(buf_slice(&text)));
    buf_release(&text);
    return 2;
}
