/* From a JSON Pointer to a line: walks the raw text, which is known to be valid JSON. */
#include "queue/domain/json_check.h"

struct walk {
    const char *at, *end;
    int line;
};

static void step(struct walk *w)
{
    if (*w->at == '\n')
        w->line++;
    w->at++;
}

static void skip_space(struct walk *w)
{
    while (w->at < w->end && (*w->at == ' ' || *w->at == '\t' || *w->at == '\r' || *w->at == '\n'))
        step(w);
}

/* The string that begins here, without its quotes. */
static struct slice skip_string(struct walk *w)
{
    const char *start = ++w->at;

    while (w->at < w->end && *w->at != '"')
        w->at += *w->at == '\\' && w->at + 1 < w->end ? 2 : 1;
    struct slice body = slice_make(start, (size_t)(w->at - start));
    if (w->at < w->end)
        w->at++;
    return body;
}

/* Past the value that begins here; depth is counted instead of recursing. */
static void skip_value(struct walk *w)
{
    int depth = 0;

    do {
        skip_space(w);
        if (w->at >= w->end)
            return;
        if (*w->at == '"') {
            skip_string(w);
        } else if (*w->at == '{' || *w->at == '[') {
            depth++;
            w->at++;
            continue;
        } else if (*w->at == '}' || *w->at == ']') {
            depth--;
            w->at++;
        } else if (*w->at == ',' || *w->at == ':') {
            w->at++;
            continue;
        } else {
            while (w->at < w->end && *w->at != ',' && *w->at != '}' && *w->at != ']' &&
                   *w->at != ' ' && *w->at != '\n' && *w->at != '\r' && *w->at != '\t')
                w->at++;
        }
    } while (depth > 0);
}

static bool segment_is(struct slice segment, struct slice key)
{
    size_t k = 0;

    for (size_t i = 0; i < segment.len; i++, k++) {
        char want = segment.ptr[i];
        if (want == '~' && i + 1 < segment.len)
            want = segment.ptr[++i] == '0' ? '~' : '/';
        if (k >= key.len || key.ptr[k] != want)
            return false;
    }
    return k == key.len;
}

/* Move from the start of an object or array to the child that the segment names. */
static bool find_child(struct walk *w, struct slice segment)
{
    bool object = *w->at == '{';
    int64_t wanted = -1, index = 0;

    if (!object && (*w->at != '[' || slice_to_int64(segment, 0, INT32_MAX, &wanted) != ERR_OK))
        return false;
    w->at++;
    for (;; index++) {
        skip_space(w);
        if (w->at >= w->end || *w->at == '}' || *w->at == ']')
            return false;
        bool found = index == wanted;
        if (object) {
            found = segment_is(segment, skip_string(w));
            skip_space(w);
            w->at++; /* the colon */
            skip_space(w);
        }
        if (found)
            return true;
        skip_value(w);
        skip_space(w);
        if (w->at < w->end && *w->at == ',')
            w->at++;
    }
}

int json_check_line(struct slice text, const char *pointer)
{
    struct walk w = {text.ptr, text.ptr + text.len, 1};
    struct slice rest = slice_of(pointer);
    int line;

    skip_space(&w);
    line = w.line;
    if (rest.len > 0)
        slice_cut(&rest, '/'); /* a pointer begins with a slash */
    else
        return line;
    while (rest.ptr != NULL && w.at < w.end) {
        if (!find_child(&w, slice_cut(&rest, '/')))
            return line;
        line = w.line;
    }
    return line;
}
