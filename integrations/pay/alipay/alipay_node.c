/* The raw bytes of one member of a JSON object. The text has passed the strict parser before, so
 * that the walk below only has to count. Looking for the words "_response" and "sign" in the text,
 * as is often seen, is deceived by texts that hold them. */
#include "integrations/pay/alipay/alipay_codec.h"

/* Where the string that begins at text[at] (its quote) ends: behind the closing quote. */
static size_t skip_string(struct slice text, size_t at)
{
    at++;
    while (at < text.len && text.ptr[at] != '"') {
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

/* Where the value that begins at text[at] ends. */
static size_t skip_value(struct slice text, size_t at)
{
    int depth = 0;
    while (at < text.len) {
        char c = text.ptr[at];
        if (c == '"') {
            at = skip_string(text, at);
            if (depth == 0) {
                return at;
            }
            continue;
        }
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth == 0) {
                return at; /* the end of the object around a bare value */
            }
            if (--depth == 0) {
                return at + 1;
            }
        } else if (depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
            return at;
        }
        at++;
    }
    return at;
}

static size_t skip_space(struct slice text, size_t at)
{
    while (at < text.len && strchr(" \t\r\n,:", text.ptr[at]) != NULL && text.ptr[at] != '\0') {
        at++;
    }
    return at;
}

/* Raw value of the top-level member `name` of a valid object; {NULL, 0} if there is none. A name
 * written with escapes is another name. */
static struct slice raw_member(struct slice text, const char *name)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] != '{') {
        at++;
    }
    at++;
    for (;;) {
        at = skip_space(text, at);
        if (at >= text.len || text.ptr[at] != '"') {
            return slice_make(NULL, 0);
        }
        size_t end = skip_string(text, at);
        struct slice key = slice_make(text.ptr + at + 1, end - at - 2);
        at = skip_space(text, end);
        end = skip_value(text, at);
        if (slice_is(key, name)) {
            return slice_make(text.ptr + at, end - at);
        }
        at = end;
    }
}

enum err alipay_answer_node(struct slice text, const char *name, struct slice *node,
                            struct slice *sign)
{
    if (text.len == 0 || text.len > ALIPAY_MESSAGE_MAX) {
        return ERR_INPUT;
    }
    struct json *root = NULL;
    enum err err = json_parse(text, &root, NULL);
    if (err != ERR_OK) {
        return err;
    }
    if (json_kind(json_get(root, name)) != JSON_OBJECT) {
        err = ERR_INPUT;
    }
    json_free(root);
    if (err != ERR_OK) {
        return err;
    }
    struct slice raw = raw_member(text, name);
    if (raw.len < 2 || raw.ptr[0] != '{' || raw.ptr[raw.len - 1] != '}') {
        return ERR_INPUT; /* its name was written with escapes */
    }
    struct slice value = raw_member(text, "sign");
    bool quoted = value.len >= 2 && value.ptr[0] == '"';
    *node = raw;
    *sign = quoted ? slice_make(value.ptr + 1, value.len - 2) : SLICE_LIT("");
    return ERR_OK;
}
