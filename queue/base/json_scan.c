#include "queue/base/json_scan.h"

#include "queue/base/utf8.h"

struct scan {
    const char *start;
    const char *at;
    const char *end;
    const char *reason; /* NULL as long as all is well */
};

static bool fail(struct scan *s, const char *reason)
{
    if (s->reason == NULL) {
        s->reason = reason;
    }
    return false;
}

static void skip_space(struct scan *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) {
        s->at++;
    }
}

static bool is_digit(const struct scan *s)
{
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static bool scan_digits(struct scan *s)
{
    if (!is_digit(s)) {
        return fail(s, "a digit is missing in a number");
    }
    while (is_digit(s)) {
        s->at++;
    }
    return true;
}

#define NUMBER_CHARS_MAX 63 /* what cJSON reads of a number; it would cut a longer one */

static bool scan_number_grammar(struct scan *s)
{
    if (*s->at == '-') {
        s->at++;
    }
    if (s->at < s->end && *s->at == '0') {
        s->at++;
        if (is_digit(s)) {
            return fail(s, "a number has a leading zero");
        }
    } else if (!scan_digits(s)) {
        return false;
    }
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!scan_digits(s)) {
            return false;
        }
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-')) {
            s->at++;
        }
        return scan_digits(s);
    }
    return true;
}

static bool scan_number(struct scan *s)
{
    const char *start = s->at;
    if (!scan_number_grammar(s)) {
        return false;
    }
    return s->at - start <= NUMBER_CHARS_MAX || fail(s, "a number is too long");
}

/* Four hex digits behind \u at s->at; the value, or -1. */
static int scan_hex4(struct scan *s)
{
    unsigned char pair[2];
    if (s->end - s->at < 4 || hex_decode(slice_make(s->at, 4), pair, 2) != ERR_OK) {
        return -1;
    }
    s->at += 4;
    return pair[0] * 256 + pair[1];
}

static bool scan_unicode_escape(struct scan *s)
{
    int code = scan_hex4(s);
    if (code < 0) {
        return fail(s, "a \\u escape needs four hex digits");
    }
    if (code == 0) {
        return fail(s, "the NUL character is not allowed");
    }
    if (code >= 0xDC00 && code <= 0xDFFF) {
        return fail(s, "a lone surrogate");
    }
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u') {
            return fail(s, "a lone surrogate");
        }
        s->at += 2;
        int low = scan_hex4(s);
        if (low < 0xDC00 || low > 0xDFFF) {
            return fail(s, "a lone surrogate");
        }
    }
    return true;
}

static bool scan_string(struct scan *s)
{
    s->at++; /* the opening quote */
    while (s->at < s->end && *s->at != '"') {
        if ((unsigned char)*s->at < 0x20) {
            return fail(s, "a control character in a string");
        }
        if (*s->at != '\\') {
            s->at++;
            continue;
        }
        s->at++;
        char c = s->at < s->end ? *s->at : '\0';
        if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL) {
            return fail(s, "an unknown escape in a string");
        }
        s->at++;
        if (c == 'u' && !scan_unicode_escape(s)) {
            return false;
        }
    }
    if (s->at == s->end) {
        return fail(s, "a string does not end");
    }
    s->at++;
    return true;
}

static bool scan_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0) {
        return fail(s, "a value is missing or misspelt");
    }
    s->at += len;
    return true;
}

static bool scan_value(struct scan *s, int depth);

static bool scan_member_name(struct scan *s)
{
    skip_space(s);
    if (s->at == s->end || *s->at != '"') {
        return fail(s, "a member's name in quotes is missing");
    }
    if (!scan_string(s)) {
        return false;
    }
    skip_space(s);
    if (s->at == s->end || *s->at != ':') {
        return fail(s, "a colon is missing");
    }
    s->at++;
    return true;
}

/* Object or array behind its opening bracket. */
static bool scan_container(struct scan *s, bool object, int depth)
{
    const char close = object ? '}' : ']';
    s->at++;
    skip_space(s);
    if (s->at < s->end && *s->at == close) {
        s->at++;
        return true;
    }
    for (int count = 1;; count++) {
        if (object && count > JSON_KEYS_MAX) {
            return fail(s, "an object has too many members");
        }
        if ((object && !scan_member_name(s)) || !scan_value(s, depth + 1)) {
            return false;
        }
        skip_space(s);
        if (s->at < s->end && *s->at == close) {
            s->at++;
            return true;
        }
        if (s->at == s->end || *s->at != ',') {
            return fail(s, object ? "a comma or } is missing" : "a comma or ] is missing");
        }
        s->at++;
    }
}

static bool scan_value(struct scan *s, int depth)
{
    skip_space(s);
    if (s->at == s->end) {
        return fail(s, "the text ends too early");
    }
    switch (*s->at) {
    case '{':
    case '[':
        return depth >= JSON_DEPTH_MAX ? fail(s, "nested too deeply")
                                       : scan_container(s, *s->at == '{', depth);
    case '"': return scan_string(s);
    case 't': return scan_word(s, "true");
    case 'f': return scan_word(s, "false");
    case 'n': return scan_word(s, "null");
    default: break;
    }
    if (*s->at == '-' || is_digit(s)) {
        return scan_number(s);
    }
    return fail(s, "a value is missing or misspelt");
}

enum err json_scan(struct slice text, struct json_fault *fault)
{
    static const char NOTHING[] = "";
    const char *start = text.ptr == NULL ? NOTHING : text.ptr;
    struct scan s = {.start = start, .at = start, .end = start + text.len};
    if (text.len == 0) {
        s.reason = "the text is empty";
    } else if (!utf8_valid(text)) {
        s.reason = "not valid UTF-8";
    } else if (scan_value(&s, 0)) {
        skip_space(&s);
        if (s.at != s.end) {
            s.reason = "bytes behind the document";
        }
    }
    if (s.reason == NULL) {
        return ERR_OK;
    }
    fault->offset = text.len == 0 ? 0 : (size_t)(s.at - s.start);
    fault->reason = s.reason;
    return ERR_INPUT;
}
