#include "queue/seal/personal.h"

#include "queue/domain/payee.h"
#include <openssl/crypto.h>
#include "queue/domain/mask.h"

/* JSON name and field of every text. */
#define TEXT_TABLE(X)                         \
    X("name", name)                           \
    X("id_number", id_number)                 \
    X("phone", phone)                         \
    X("account", account)                     \
    X("reporter_name", reporter_name)         \
    X("reporter_phone", reporter_phone)       \
    X("reporter_relation", reporter_relation) \
    X("address", address)                     \
    X("narrative", narrative)                 \
    X("household", household)                 \
    X("relative_of", relative_of)

static void put_known(struct json_out *o, const char *name, struct slice value)
{
    if (value.len > 0) {
        json_put_slice(o, name, value);
    }
}

void personal_write(const struct personal *p, struct buf *out)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
#define PUT_TEXT(word, field) put_known(&o, word, p->field);
    TEXT_TABLE(PUT_TEXT)
#undef PUT_TEXT
    if (p->has_point) {
        json_put_degrees(&o, "lat", p->lat);
        json_put_degrees(&o, "lng", p->lng);
        json_put_text(&o, "crs", crs_word(p->crs));
    }
    json_close_object(&o);
}

static enum err read_text(const struct json *root, const char *name, struct arena *arena,
                          struct slice *out)
{
    const struct json *v = json_get(root, name);
    struct slice text;
    if (v == NULL) {
        return ERR_OK;
    }
    if (json_string(v, &text) != ERR_OK) {
        return ERR_CORRUPT;
    }
    const char *copy = arena_text(arena, text);
    if (copy == NULL) {
        return ERR_NO_MEMORY;
    }
    *out = slice_make(copy, text.len);
    return ERR_OK;
}

static enum err read_point(const struct json *root, struct personal *p)
{
    struct slice crs;
    if (json_get(root, "lat") == NULL) {
        return ERR_OK;
    }
    p->has_point = true;
    if (json_double(json_get(root, "lat"), -1e9, 1e9, &p->lat) != ERR_OK ||
        json_double(json_get(root, "lng"), -1e9, 1e9, &p->lng) != ERR_OK ||
        json_string(json_get(root, "crs"), &crs) != ERR_OK ||
        crs_from_word(crs, &p->crs) != ERR_OK) {
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

enum err personal_read(struct slice json, struct arena *arena, struct personal *out)
{
    struct json *root = NULL;
    struct personal p = {.has_point = false};
    enum err err = json_parse(json, &root, NULL);
    if (err != ERR_OK) {
        return err == ERR_INPUT ? ERR_CORRUPT : err;
    }
#define GET_TEXT(word, field)                         \
    if (err == ERR_OK) {                              \
        err = read_text(root, word, arena, &p.field); \
    }
    TEXT_TABLE(GET_TEXT)
#undef GET_TEXT
    if (err == ERR_OK) {
        err = read_point(root, &p);
    }
    json_free(root);
    if (err == ERR_OK) {
        *out = p;
    }
    return err;
}

enum err personal_unseal(struct sealer *s, struct slice case_no, struct slice wrapped,
                         struct slice sealed, struct arena *arena, struct personal *out)
{
    struct buf plain;
    buf_init(&plain, SEAL_TEXT_MAX);
    enum err err = unseal_case(s, case_no, wrapped, sealed, &plain);
    if (err == ERR_OK) {
        err = personal_read(buf_slice(&plain), arena, out);
    }
    if (plain.ptr != NULL) {
        OPENSSL_cleanse(plain.ptr, plain.cap);
    }
    buf_release(&plain);
    return err;
}

enum err personal_reseal(struct sealer *s, struct slice case_no, struct slice wrapped,
                         const struct personal *p, struct buf *out)
{
    unsigned char key[SEAL_KEY_BYTES];
    struct buf plain;
    if (wrapped.len == 0) {
        return ERR_NOT_FOUND;
    }
    buf_init(&plain, SEAL_TEXT_MAX);
    personal_write(p, &plain);
    enum err err = buf_err(&plain);
    if (err == ERR_OK) {
        err = seal_unwrap_key(s, case_no, wrapped, key);
    }
    if (err == ERR_OK) {
        err = seal_text(s, key, case_no, buf_slice(&plain), out);
        OPENSSL_cleanse(key, sizeof(key));
    }
    if (plain.ptr != NULL) {
        OPENSSL_cleanse(plain.ptr, plain.cap);
    }
    buf_release(&plain);
    return err;
}

struct slice personal_callback(const struct personal *p)
{
    return p->phone.len > 0 ? p->phone : p->reporter_phone;
}

enum err personal_hash(struct sealer *s, const struct personal *p, struct slice case_no,
                       char out[SEAL_HASH_SIZE])
{
    if (p->id_number.len > 0) {
        return seal_hash(s, "id_number", p->id_number, out);
    }
    if (p->phone.len > 0) {
        return seal_hash(s, "phone", p->phone, out);
    }
    return seal_hash(s, "case", case_no, out);
}

/* "6222…" of "account:6222…@bank"; a text without that form as it is. */
static struct slice account_number(struct slice account)
{
    struct slice rest = account;
    struct slice kind = slice_cut(&rest, ':');
    return rest.ptr == NULL ? kind : slice_cut(&rest, '@');
}

static void show_masked(struct json_out *o, const char *name, struct slice value,
                        void (*mask)(struct slice, char *))
{
    if (value.len > 0) {
        char text[MASK_SIZE];
        mask(value, text);
        json_put_text(o, name, text);
    }
}

void personal_show(const struct personal *p, bool clear, struct json_out *o, const char *name)
{
    json_open_object(o, name);
    if (clear) {
#define SHOW_TEXT(word, field) put_known(o, word, p->field);
        TEXT_TABLE(SHOW_TEXT)
#undef SHOW_TEXT
        if (p->has_point) {
            json_put_degrees(o, "lat", p->lat);
            json_put_degrees(o, "lng", p->lng);
            json_put_text(o, "crs", crs_word(p->crs));
        }
    } else {
        show_masked(o, "name", p->name, mask_name);
        show_masked(o, "id_number", p->id_number, mask_id_number);
        show_masked(o, "phone", p->phone, mask_phone);
        show_masked(o, "account", account_number(p->account), mask_account);
        show_masked(o, "reporter_name", p->reporter_name, mask_name);
        show_masked(o, "reporter_phone", p->reporter_phone, mask_phone);
    }
    json_close_object(o);
}

enum err personal_account_hash(struct sealer *s, struct slice fa, char out[SEAL_HASH_SIZE])
{
    char plain[PAYEE_PLAIN_SIZE];
    enum err err = payee_account_plain(fa, plain);
    if (err == ERR_INPUT) { /* too long to be on the register */
        plain[0] = '\0';
    }
    if (plain[0] == '\0') {
        out[0] = '\0';
        return ERR_OK;
    }
    return seal_hash(s, "account_number", slice_of(plain), out);
}
