#include "integrations/sms/sms_form.h"

#include <string.h>
#include <strings.h>

#define FIELDS_FIRST 16

/* ---- Reading ---- */

static enum err add_field(struct sms_form *form, struct slice name, struct slice value,
                          struct arena *arena)
{
    if (form->count == SMS_FORM_FIELDS_MAX) {
        return ERR_INPUT;
    }
    if (form->count == form->room) {
        size_t room = form->room == 0 ? FIELDS_FIRST : 2 * form->room;
        struct sms_field *fields = arena_alloc(arena, room * sizeof(*fields));
        if (fields == NULL) {
            return ERR_NO_MEMORY;
        }
        if (form->count > 0) {
            memcpy(fields, form->fields, form->count * sizeof(*fields));
        }
        form->fields = fields;
        form->room = room;
    }
    form->fields[form->count++] = (struct sms_field){name, value};
    return ERR_OK;
}

enum err sms_percent_read(struct slice raw, struct arena *arena, struct slice *out)
{
    char *bytes = arena_alloc(arena, raw.len + 1);
    if (bytes == NULL) {
        return ERR_NO_MEMORY;
    }
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i] == '+' ? ' ' : raw.ptr[i];
        if (c == '%') {
            unsigned char byte;
            if (raw.len - i < 3 || hex_decode(slice_make(raw.ptr + i + 1, 2), &byte, 1) != ERR_OK) {
                return ERR_INPUT;
            }
            c = (char)byte;
            i += 2;
        }
        bytes[len++] = c;
    }
    *out = slice_make(bytes, len);
    return ERR_OK;
}

enum err sms_form_add_query(struct sms_form *form, struct slice raw, struct arena *arena)
{
    while (raw.len > 0) {
        struct slice value = slice_cut(&raw, '&');
        struct slice name = slice_cut(&value, '=');
        if (name.len == 0 && value.len == 0) {
            continue;
        }
        enum err err = sms_percent_read(name, arena, &name);
        if (err == ERR_OK) {
            err = sms_percent_read(value, arena, &value);
        }
        if (err == ERR_OK) {
            err = add_field(form, name, value, arena);
        }
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

/* ---- Content types ---- */

static bool same_word(struct slice a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

bool sms_type_is(struct slice content_type, const char *type)
{
    struct slice rest = content_type;
    return rest.len > 0 && same_word(slice_trim(slice_cut(&rest, ';')), type);
}

/* The next `name=value` behind a ';' of *rest; a quoted value may hold ';' and '='. */
static bool next_param(struct slice *rest, struct slice *name, struct slice *value)
{
    if (rest->len == 0) {
        return false;
    }
    const char *end = rest->ptr + rest->len;
    const char *at = rest->ptr;
    bool quoted = false;
    while (at < end && (quoted || *at != ';')) {
        quoted = *at == '"' ? !quoted : quoted;
        at++;
    }
    struct slice one = slice_make(rest->ptr, (size_t)(at - rest->ptr));
    *rest = at < end ? slice_make(at + 1, (size_t)(end - at - 1)) : slice_make(NULL, 0);
    *name = slice_trim(slice_cut(&one, '='));
    *value = one.len == 0 ? slice_make("", 0) : slice_trim(one);
    if (value->len >= 2 && value->ptr[0] == '"' && value->ptr[value->len - 1] == '"') {
        *value = slice_make(value->ptr + 1, value->len - 2);
    }
    return true;
}

struct slice sms_type_param(struct slice content_type, const char *name)
{
    struct slice rest = content_type, found, value;
    while (next_param(&rest, &found, &value)) {
        if (same_word(found, name)) {
            return value;
        }
    }
    return slice_make("", 0);
}

/* ---- multipart/form-data (RFC 7578) ---- */

static const char *find(struct slice text, const char *what, size_t len)
{
    return text.len == 0 ? NULL : memmem(text.ptr, text.len, what, len);
}

static struct slice from_to(const char *from, const char *to)
{
    return slice_make(from, (size_t)(to - from));
}

/* Name of a part out of its header lines. */
static struct slice part_name(struct slice head)
{
    while (head.len > 0) {
        struct slice line = slice_trim(slice_cut(&head, '\n'));
        struct slice rest = line;
        if (same_word(slice_trim(slice_cut(&rest, ':')), "content-disposition")) {
            return sms_type_param(rest, "name");
        }
    }
    return slice_make("", 0);
}

enum err sms_form_add_multipart(struct sms_form *form, struct slice content_type, struct slice body,
                                struct arena *arena)
{
    struct slice boundary = sms_type_param(content_type, "boundary");
    char mark[80] = "\r\n--";
    if (boundary.len < 1 || boundary.len > 70) {
        return ERR_INPUT;
    }
    memcpy(mark + 4, boundary.ptr, boundary.len);
    size_t mark_len = boundary.len + 4;
    const char *end = body.len == 0 ? body.ptr : body.ptr + body.len;
    /* the first delimiter may stand at the very start, without a line break in front */
    if (body.len < mark_len - 2 || memcmp(body.ptr, mark + 2, mark_len - 2) != 0) {
        return ERR_INPUT;
    }
    const char *at = body.ptr + mark_len - 2;
    while (end - at < 2 || memcmp(at, "--", 2) != 0) {
        struct slice rest = from_to(at, end);
        const char *head_end = find(rest, "\r\n\r\n", 4);
        const char *part_end = find(rest, mark, mark_len);
        if (head_end == NULL || part_end == NULL || part_end < head_end + 2) {
            return ERR_INPUT;
        }
        const char *start = head_end + 4;
        struct slice name = part_name(from_to(at, head_end));
        struct slice value = part_end < start ? slice_make("", 0) : from_to(start, part_end);
        if (name.len == 0) {
            return ERR_INPUT;
        }
        enum err err = add_field(form, name, value, arena);
        if (err != ERR_OK) {
            return err;
        }
        at = part_end + mark_len;
    }
    return ERR_OK;
}

enum err sms_form_add_body(struct sms_form *form, struct slice content_type, struct slice body,
                           struct arena *arena)
{
    if (sms_type_is(content_type, "application/x-www-form-urlencoded")) {
        return sms_form_add_query(form, body, arena);
    }
    if (sms_type_is(content_type, "multipart/form-data")) {
        return sms_form_add_multipart(form, content_type, body, arena);
    }
    return ERR_INPUT;
}

struct slice sms_form_get(const struct sms_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (slice_is(form->fields[i].name, name)) {
            return form->fields[i].value;
        }
    }
    return slice_make(NULL, 0);
}

struct slice sms_form_any(const struct sms_form *form, const char *const *names, size_t count)
{
    struct slice value = slice_make(NULL, 0);
    for (size_t i = 0; i < count && value.ptr == NULL; i++) {
        value = sms_form_get(form, names[i]);
    }
    return value;
}

/* ---- Writing ---- */

void sms_percent_put(struct buf *out, struct slice text)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            buf_put_char(out, (char)c);
        } else {
            char escaped[3] = {'%', HEX[c >> 4], HEX[c & 15]};
            buf_put(out, escaped, sizeof(escaped));
        }
    }
}

void sms_percent_put_field(struct buf *out, char before, const char *name, struct slice value)
{
    if (before != '\0') {
        buf_put_char(out, before);
    }
    sms_percent_put(out, slice_of(name));
    buf_put_char(out, '=');
    sms_percent_put(out, value);
}
