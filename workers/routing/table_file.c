#include "workers/routing/table_file.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "queue/base/utf8.h"

struct table {
    gzFile file;
    const char *name;           /* behind the last slash, for messages */
    const char *const *columns; /* as wanted */
    size_t wanted;
    int place[TABLE_COLUMNS_MAX]; /* of the wanted column in the row, -1 missing */
    struct slice fields[TABLE_COLUMNS_MAX * 2];
    size_t field_count, header_count;
    long line;
    char separator;
    char text[TABLE_LINE_MAX + 2];
    char path[512];
};

static const char *column_name(const struct table *t, size_t column)
{
    const char *name = t->columns[column];
    return name[0] == '?' ? name + 1 : name;
}

static void put_fault(const struct table *t, const char *column, struct buf *why, const char *text)
{
    if (why == NULL)
        return;
    buf_putf(why, "%s line %ld", t->name, t->line);
    if (column != NULL)
        buf_putf(why, ", column %s", column);
    buf_putf(why, ": %s", text);
}

enum err table_fault(const struct table *t, size_t column, struct buf *why, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    put_fault(t, column < t->wanted ? column_name(t, column) : NULL, why, text);
    return ERR_INPUT;
}

/* Cut one field off *rest, unquoting in place. False if a quote is not closed. */
static bool cut_field(char **rest, char separator, struct slice *out)
{
    char *in = *rest, *to = *rest;

    if (separator != ',' || *in != '"') {
        char *end = strchr(in, separator);
        *out = slice_make(in, end == NULL ? strlen(in) : (size_t)(end - in));
        *rest = end == NULL ? NULL : end + 1;
        return true;
    }
    for (in++;; in++) {
        if (*in == '\0')
            return false;
        if (*in == '"' && in[1] != '"')
            break;
        if (*in == '"')
            in++;
        *to++ = *in;
    }
    *out = slice_make(*rest, (size_t)(to - *rest));
    if (in[1] != '\0' && in[1] != separator)
        return false;
    *rest = in[1] == '\0' ? NULL : in + 2;
    return true;
}

static enum err split_row(struct table *t, struct buf *why)
{
    char *rest = t->text;

    t->field_count = 0;
    while (rest != NULL) {
        if (t->field_count == COUNT_OF(t->fields))
            return table_fault(t, SIZE_MAX, why, "more than %zu columns; remove the extra ones",
                               COUNT_OF(t->fields));
        if (!cut_field(&rest, t->separator, &t->fields[t->field_count]))
            return table_fault(t, SIZE_MAX, why, "a quotation mark is not closed; close it");
        t->field_count++;
    }
    return ERR_OK;
}

/* One line without its end into t->text; *more false at the end of the file. */
static enum err read_line(struct table *t, bool *more, struct buf *why)
{
    int code = Z_OK;

    if (gzgets(t->file, t->text, (int)sizeof(t->text)) == NULL) {
        const char *text = gzerror(t->file, &code);
        if (code != Z_OK && code != Z_STREAM_END) {
            t->line++;
            put_fault(t, NULL, why,
                      code == Z_BUF_ERROR ? "the compressed file is cut; get it again" : text);
            return ERR_IO;
        }
        *more = false;
        return ERR_OK;
    }
    t->line++;
    size_t len = strlen(t->text);
    if (len == sizeof(t->text) - 1 && t->text[len - 1] != '\n')
        return table_fault(t, SIZE_MAX, why, "longer than %d bytes; is this the right file?",
                           TABLE_LINE_MAX);
    while (len > 0 && (t->text[len - 1] == '\n' || t->text[len - 1] == '\r'))
        t->text[--len] = '\0';
    if (!utf8_valid(slice_make(t->text, len)))
        return table_fault(t, SIZE_MAX, why, "not UTF-8; save the file as UTF-8");
    *more = true;
    return ERR_OK;
}

static enum err read_header(struct table *t, struct buf *why)
{
    bool more = false;
    enum err err = read_line(t, &more, why);

    if (err != ERR_OK)
        return err;
    if (!more) {
        t->line = 1;
        return table_fault(t, SIZE_MAX, why, "the file is empty; the first line names the columns");
    }
    if (strncmp(t->text, "\xef\xbb\xbf", 3) == 0)
        memmove(t->text, t->text + 3, strlen(t->text + 3) + 1);
    err = split_row(t, why);
    if (err != ERR_OK)
        return err;
    t->header_count = t->field_count;
    for (size_t i = 0; i < t->wanted; i++) {
        t->place[i] = -1;
        for (size_t k = 0; k < t->field_count; k++) {
            if (slice_is(slice_trim(t->fields[k]), column_name(t, i)))
                t->place[i] = (int)k;
        }
        if (t->place[i] < 0 && t->columns[i][0] != '?')
            return table_fault(t, i, why, "missing; the first line must name it");
    }
    return ERR_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

enum err table_open(const char *path, const char *const *columns, size_t count, struct table **out,
                    struct buf *why)
{
    ASSERT(count <= TABLE_COLUMNS_MAX);
    struct table *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return ERR_NO_MEMORY;
    enum err err = slice_copy(slice_of(path), t->path, sizeof(t->path));
    if (err != ERR_OK)
        goto out;
    const char *slash = strrchr(t->path, '/');
    t->name = slash == NULL ? t->path : slash + 1;
    t->columns = columns;
    t->wanted = count;
    t->separator = ends_with(path, ".csv") || ends_with(path, ".csv.gz") ? ',' : '\t';
    t->file = gzopen(path, "rb");
    if (t->file == NULL) {
        err = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        if (why != NULL)
            buf_putf(why, "%s: cannot be opened: %s", path, strerror(errno));
        goto out;
    }
    gzbuffer(t->file, 1 << 17);
    err = read_header(t, why);
    if (err != ERR_OK)
        goto out;
    *out = t;
    t = NULL;
out:
    table_close(t);
    return err;
}

void table_close(struct table *t)
{
    if (t == NULL)
        return;
    if (t->file != NULL)
        gzclose(t->file);
    free(t);
}

enum err table_next(struct table *t, bool *more, struct buf *why)
{
    do {
        enum err err = read_line(t, more, why);
        if (err != ERR_OK || !*more)
            return err;
    } while (t->text[0] == '\0');
    enum err err = split_row(t, why);
    if (err != ERR_OK)
        return err;
    if (t->field_count != t->header_count)
        return table_fault(t, SIZE_MAX, why, "%zu columns, but the first line names %zu",
                           t->field_count, t->header_count);
    return ERR_OK;
}

struct slice table_field(const struct table *t, size_t column)
{
    ASSERT(column < t->wanted);
    if (t->place[column] < 0)
        return slice_make(NULL, 0);
    return slice_trim(t->fields[t->place[column]]);
}

bool table_has(const struct table *t, size_t column)
{
    ASSERT(column < t->wanted);
    return t->place[column] >= 0;
}

long table_line(const struct table *t)
{
    return t->line;
}

enum err table_code(const struct table *t, size_t column, size_t digits, int64_t *out,
                    struct buf *why)
{
    struct slice s = table_field(t, column);

    if (s.len != digits || !slice_all_digits(s) || s.ptr[0] == '0')
        return table_fault(t, column, why, "'%.*s' is not a code; write %zu digits", SLICE_FMT(s),
                           digits);
    return slice_to_int64(s, 1, INT64_MAX, out);
}

enum err table_degrees(const struct table *t, size_t column, double least, double most, double *out,
                       struct buf *why)
{
    struct slice s = table_field(t, column);
    char text[40], *end = NULL;

    if (s.len == 0 || slice_copy(s, text, sizeof(text)) != ERR_OK)
        return table_fault(t, column, why, "'%.*s' is not a number; write degrees like 26.123456",
                           SLICE_FMT(s));
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return table_fault(t, column, why, "'%s' is not a number; write degrees like 26.123456",
                           text);
    if (value < least || value > most)
        return table_fault(t, column, why, "%s is not within %g..%g; are lat and lng exchanged?",
                           text, least, most);
    *out = value;
    return ERR_OK;
}
