#include "workers/sms_codes.h"

#include "queue/base/file.h"

#define CODES_BYTES_MAX (1u << 20)

/* Every entry names a template of ours with a code; a typing error must not mean that a message
 * never goes out. */
static enum err check(const struct json *root, const char *path, struct buf *why)
{
    if (json_kind(root) != JSON_OBJECT) {
        buf_putf(why, "%s: must be a JSON object of operators", path);
        return ERR_INPUT;
    }
    for (const struct json *p = json_first(root); p != NULL; p = json_next(p)) {
        for (const struct json *t = json_first(p); t != NULL; t = json_next(t)) {
            struct slice code;
            int64_t version;
            if (sms_template_find(slice_of(json_name(t))) == NULL ||
                json_string(json_get(t, "code"), &code) != ERR_OK || code.len == 0 ||
                json_int64(json_get(t, "version"), 1, 1000, &version) != ERR_OK) {
                buf_putf(why, "%s: '%s' of '%s': no such template, or no code and version", path,
                         json_name(t), json_name(p));
                return ERR_INPUT;
            }
        }
    }
    return ERR_OK;
}

enum err sms_codes_open(struct sms_codes *c, const char *path, struct buf *why)
{
    struct buf text;
    struct json *root = NULL;
    *c = (struct sms_codes){.root = NULL};
    if (path[0] == '\0') {
        return ERR_OK;
    }
    buf_init(&text, CODES_BYTES_MAX);
    enum err err = file_read(path, &text);
    if (err == ERR_OK) {
        err = json_parse(buf_slice(&text), &root, NULL);
    }
    buf_release(&text);
    if (err != ERR_OK) {
        buf_putf(why, "cannot read sms_codes_file '%s': %s", path, err_text(err));
        return err;
    }
    err = check(root, path, why);
    if (err != ERR_OK) {
        json_free(root);
        return err;
    }
    c->root = root;
    return ERR_OK;
}

void sms_codes_close(struct sms_codes *c)
{
    json_free(c->root);
    c->root = NULL;
}

struct slice sms_codes_find(const struct sms_codes *c, const char *provider,
                            const struct sms_template *t)
{
    struct slice code = slice_make(NULL, 0);
    int64_t version = 0;
    if (c->root == NULL) {
        return code;
    }
    const struct json *entry = json_get(json_get(c->root, provider), t->name);
    if (entry == NULL || json_int64(json_get(entry, "version"), 1, 1000, &version) != ERR_OK ||
        version != t->version || json_string(json_get(entry, "code"), &code) != ERR_OK) {
        return slice_make(NULL, 0);
    }
    return code;
}
