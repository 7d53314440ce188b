#include "workers/rules/pack_signature.h"

#include <string.h>
#include "queue/base/json_canonical.h"

/* The members of v again, without the one of that name; "signature" goes the same way. */
static void copy_without(const struct json *v, const char *name, struct json_out *o)
{
    struct buf text;

    buf_init(&text, POLICY_BYTES_MAX);
    for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
        if (strcmp(json_name(m), name) == 0)
            continue;
        if (strcmp(json_name(m), "signature") == 0 && json_kind(m) == JSON_OBJECT) {
            json_open_object(o, "signature");
            copy_without(m, "ed25519", o);
            json_close_object(o);
            continue;
        }
        buf_clear(&text);
        json_print(m, &text);
        if (buf_err(&text) != ERR_OK)
            o->buf->err = buf_err(&text);
        else
            json_put_raw(o, json_name(m), buf_slice(&text));
    }
    buf_release(&text);
}

enum err pack_signed_bytes(const struct json *v, struct buf *out)
{
    struct json *copy = NULL;
    struct json_out o;
    struct buf text;

    if (json_kind(v) != JSON_OBJECT)
        return ERR_INPUT;
    buf_init(&text, POLICY_BYTES_MAX);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    copy_without(v, "", &o);
    json_close_object(&o);
    enum err err = buf_err(&text);
    if (err == ERR_OK)
        err = json_parse(buf_slice(&text), &copy, NULL);
    if (err == ERR_OK)
        err = json_canonical(copy, out);
    json_free(copy);
    buf_release(&text);
    return err;
}

/* Does this object's own signature hold? by: the member of "signature" that names the signer.
 * ERR_AUTH with a line in `why` if not. */
static enum err check_one(const struct json *v, const char *what, struct slice id,
                          pack_verify_fn *verify, const void *keys, struct buf *why)
{
    const struct json *signature = json_get(v, "signature");
    struct slice by = SLICE_LIT(""), ed25519 = SLICE_LIT("");
    struct buf bytes;

    if (json_string(json_get(signature, "by"), &by) != ERR_OK ||
        json_string(json_get(signature, "ed25519"), &ed25519) != ERR_OK || ed25519.len == 0) {
        buf_putf(why, "%s %.*s is not signed\n", what, SLICE_FMT(id));
        return ERR_AUTH;
    }
    buf_init(&bytes, POLICY_BYTES_MAX);
    enum err err = pack_signed_bytes(v, &bytes);
    if (err == ERR_OK)
        err = verify(keys, by, buf_slice(&bytes), ed25519);
    if (err == ERR_NOT_FOUND)
        buf_putf(why, "%s %.*s is signed by '%.*s', of whom there is no key\n", what, SLICE_FMT(id),
                 SLICE_FMT(by));
    if (err == ERR_AUTH)
        buf_putf(why, "%s %.*s: the signature of '%.*s' does not hold\n", what, SLICE_FMT(id),
                 SLICE_FMT(by));
    buf_release(&bytes);
    return err == ERR_NOT_FOUND ? ERR_AUTH : err;
}

/* ERR_AUTH is not the end: every one that does not hold is named. */
static enum err check_orders(const struct json *root, const struct pack_signers *signers,
                             struct buf *why)
{
    enum err all = ERR_OK;

    for (const struct json *v = json_first(json_get(root, "standing_orders")); v != NULL;
         v = json_next(v)) {
        struct slice id = SLICE_LIT(""), officer = SLICE_LIT(""), by = SLICE_LIT("");
        bool named = json_string(json_get(v, "id"), &id) == ERR_OK &&
                     json_string(json_get(v, "officer"), &officer) == ERR_OK;
        enum err err = check_one(v, "order", id, signers->verify, signers->orders, why);
        if (err == ERR_OK &&
            (!named || json_string(json_get(json_get(v, "signature"), "by"), &by) != ERR_OK ||
             !slice_eq(by, officer))) {
            buf_putf(why, "order %.*s is not signed by its officer\n", SLICE_FMT(id));
            err = ERR_AUTH;
        }
        if (err != ERR_OK && err != ERR_AUTH)
            return err;
        all = err == ERR_OK ? all : err;
    }
    return all;
}

bool pack_signers_ask(const struct pack_signers *signers)
{
    return signers->packs != NULL || signers->orders != NULL;
}

enum err pack_signatures_check(struct slice pack, const struct pack_signers *signers,
                               struct buf *why)
{
    struct json *root = NULL;
    struct slice version = SLICE_LIT("");
    enum err whole = ERR_OK, orders = ERR_OK;

    if (!pack_signers_ask(signers))
        return ERR_OK;
    enum err err = json_parse(pack, &root, NULL);
    if (err != ERR_OK) {
        buf_put_text(why, "the pack cannot be read\n");
        return err == ERR_INPUT ? ERR_AUTH : err;
    }
    if (json_string(json_get(root, "version"), &version) != ERR_OK)
        version = SLICE_LIT("(no version)");
    if (signers->packs != NULL)
        whole = check_one(root, "pack", version, signers->verify, signers->packs, why);
    if (signers->orders != NULL && (whole == ERR_OK || whole == ERR_AUTH))
        orders = check_orders(root, signers, why);
    json_free(root);
    return orders != ERR_OK && whole == ERR_OK ? orders : whole;
}
