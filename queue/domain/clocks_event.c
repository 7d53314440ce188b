/* An event of a case as the clocks read it. */
#include "queue/domain/clocks.h"

#include "queue/base/json.h"

/* "clock_review": 1790000000000, and what the first-aid envelope books. */
static enum err read_booked(const struct json *root, struct clocks_event *e)
{
    static const char NAME[] = "clock_";
    for (const struct json *m = json_first(root); m != NULL; m = json_next(m)) {
        struct slice name = slice_of(json_name(m));
        enum clocks_kind kind;
        int64_t due;
        if (slice_is(name, "review_due_ms")) { /* papers, and with them the review */
            if (json_int64(m, 1, JSON_INT_MAX, &due) != ERR_OK) {
                return ERR_CORRUPT;
            }
            e->due_ms[CLOCKS_PAPERS] = due;
            e->due_ms[CLOCKS_REVIEW] = due;
            continue;
        }
        if (!slice_starts_with(name, NAME)) {
            continue;
        }
        name = slice_make(name.ptr + sizeof(NAME) - 1, name.len - (sizeof(NAME) - 1));
        if (clocks_from_word(name, &kind) != ERR_OK ||
            json_int64(m, 1, JSON_INT_MAX, &e->due_ms[kind]) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

static bool read_text(const struct json *root, const char *name, char *out, size_t size)
{
    struct slice text;
    return json_string(json_get(root, name), &text) == ERR_OK &&
           slice_copy(text, out, size) == ERR_OK;
}

static enum err read_event(const struct json *root, struct clocks_event *e)
{
    struct slice verb, to;
    if (json_string(json_get(root, "verb"), &verb) != ERR_OK ||
        case_verb_from_word(verb, &e->verb) != ERR_OK ||
        json_string(json_get(root, "to"), &to) != ERR_OK ||
        case_state_from_word(to, &e->to) != ERR_OK ||
        json_int64(json_get(root, "at_ms"), 0, JSON_INT_MAX, &e->at_ms) != ERR_OK ||
        !read_text(root, "actor", e->actor, sizeof(e->actor))) {
        return ERR_CORRUPT;
    }
    if (json_get(root, "held_by") != NULL) {
        e->moved = true;
        if (!read_text(root, "held_by", e->holder, sizeof(e->holder))) {
            return ERR_CORRUPT;
        }
    }
    if (e->verb == VERB_PAUSE && !read_text(root, "pause", e->pause, sizeof(e->pause))) {
        return ERR_CORRUPT;
    }
    return read_booked(root, e);
}

enum err clocks_event_read(struct slice json, struct clocks_event *out)
{
    struct json *root = NULL;
    struct clocks_event e = {.moved = false};
    enum err err = json_parse(json, &root, NULL);
    if (err == ERR_OK) {
        err = read_event(root, &e);
        json_free(root);
    }
    if (err == ERR_OK) {
        *out = e;
    }
    return err == ERR_INPUT ? ERR_CORRUPT : err;
}
