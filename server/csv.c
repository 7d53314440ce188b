#include "server/csv.h"

void csv_init(struct csv *c, struct slice text)
{
    struct slice rest = text;
    struct slice first = slice_cut(&rest, '\n');
    bool comma = first.len > 0 && memchr(first.ptr, ',', first.len) != NULL;
    bool tab = first.len > 0 && memchr(first.ptr, '\t', first.len) != NULL;
    *c = (struct csv){.rest = text, .separator = tab && !comma ? '\t' : ',', .next_line = 1};
}

static void advance(struct csv *c, size_t n)
{
    c->rest = slice_make(c->rest.ptr + n, c->rest.len - n);
}

/* Behind a line end at the start of rest; false when there is none. */
static bool take_line_end(struct csv *c)
{
    if (c->rest.len == 0 || (c->rest.ptr[0] != '\r' && c->rest.ptr[0] != '\n')) {
        return false;
    }
    advance(c, c->rest.ptr[0] == '\r' && c->rest.len > 1 && c->rest.ptr[1] == '\n' ? 2 : 1);
    c->next_line++;
    return true;
}

static bool ends_field(const struct csv *c, size_t at)
{
    return at == c->rest.len || c->rest.ptr[at] == c->separator || c->rest.ptr[at] == '\r' ||
           c->rest.ptr[at] == '\n';
}

static enum err take_quoted(struct csv *c, struct arena *arena, struct slice *field)
{
    size_t at = 1, doubled = 0;
    for (; at < c->rest.len; at++) {
        c->next_line += c->rest.ptr[at] == '\n';
        if (c->rest.ptr[at] != '"') {
            continue;
        }
        if (at + 1 == c->rest.len || c->rest.ptr[at + 1] != '"') {
            break;
        }
        doubled++;
        at++;
    }
    if (at >= c->rest.len) {
        advance(c, c->rest.len);
        return ERR_INPUT;
    }
    struct slice raw = slice_make(c->rest.ptr + 1, at - 1);
    advance(c, at + 1);
    *field = raw;
    if (doubled > 0) {
        char *copy = arena_alloc(arena, raw.len);
        size_t len = 0;
        if (copy == NULL) {
            return ERR_NO_MEMORY;
        }
        for (size_t i = 0; i < raw.len; i++) {
            copy[len++] = raw.ptr[i];
            i += raw.ptr[i] == '"';
        }
        *field = slice_make(copy, len);
    }
    return ERR_OK;
}

static void skip_record(struct csv *c)
{
    while (c->rest.len > 0 && !take_line_end(c)) {
        advance(c, 1);
    }
}

static void skip_blanks(struct csv *c)
{
    size_t n = 0;
    while (n < c->rest.len &&
           (c->rest.ptr[n] == ' ' || (c->rest.ptr[n] == '\t' && c->separator != '\t'))) {
        n++;
    }
    advance(c, n);
}

static enum err take_field(struct csv *c, struct arena *arena, struct slice *field)
{
    size_t at = 0;
    skip_blanks(c);
    if (c->rest.len > 0 && c->rest.ptr[0] == '"') {
        enum err err = take_quoted(c, arena, field);
        *field = slice_trim(*field);
        skip_blanks(c);
        return err == ERR_OK && !ends_field(c, 0) ? ERR_INPUT : err;
    }
    while (!ends_field(c, at)) {
        at++;
    }
    *field = slice_trim(slice_make(c->rest.ptr, at));
    advance(c, at);
    return ERR_OK;
}

enum err csv_next(struct csv *c, struct arena *arena, struct slice fields[CSV_FIELDS_MAX],
                  size_t *n)
{
    size_t count = 0;
    do {
        skip_blanks(c);
    } while (take_line_end(c));
    if (c->rest.len == 0) {
        return ERR_NOT_FOUND;
    }
    c->line = c->next_line;
    for (;;) {
        struct slice field = slice_make(NULL, 0);
        enum err err = count == CSV_FIELDS_MAX ? ERR_TOO_LARGE : take_field(c, arena, &field);
        if (err != ERR_OK) {
            skip_record(c);
            return err;
        }
        fields[count++] = field;
        if (c->rest.len == 0 || take_line_end(c)) {
            *n = count;
            return ERR_OK;
        }
        advance(c, 1); /* the separator */
    }
}
