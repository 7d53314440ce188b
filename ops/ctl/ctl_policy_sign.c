/* jiujictl policy sign, and the checking of signatures: standing orders are signed with the
 * officer's own Ed25519 key, over what pack_signature.h says. */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include <string.h>
#include "integrations/sign/ed25519.h"
#include "workers/rules/pack_signature.h"

#define BYTES_MAX 65536

/* The order with that id in the pack's JSON, NULL if there is none. */
static const struct json *find_order(const struct json *root, const char *id)
{
    const struct json *list = json_get(root, "standing_orders");
    struct slice text;
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (json_string(json_get(v, "id"), &text) == ERR_OK && slice_is(text, id)) {
            return v;
        }
    }
    return NULL;
}

static enum err sign_order(const struct json *order, const char *key_file, struct buf *out)
{
    struct sign_key *key = NULL;
    struct buf bytes;
    buf_init(&bytes, BYTES_MAX);
    enum err err = sign_key_private_file(key_file, SIGN_ED25519, &key);
    if (err == ERR_OK) {
        err = pack_signed_bytes(order, &bytes);
    }
    if (err == ERR_OK) {
        err = ed25519_sign(key, buf_slice(&bytes), out);
    }
    sign_key_free(key);
    buf_release(&bytes);
    return err;
}

int ctl_policy_sign(int argc, char **argv, const struct settings *s)
{
    const char *key_file = NULL;
    const struct ctl_option options[] = {{"key", &key_file, NULL}};
    struct policy *p = NULL;
    struct json *root = NULL;
    struct buf out;
    (void)s;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 3 || key_file == NULL) {
        return ctl_usage("usage: jiujictl policy sign FILE ORDER --key PRIVATE.pem\n"
                         "prints what to write as \"ed25519\" into the order's \"signature\"\n");
    }
    if (!ctl_policy_read(argv[1], &p)) {
        return CTL_FAILED;
    }
    buf_init(&out, 256);
    enum err err = json_parse(policy_text(p), &root, NULL);
    const struct json *order = find_order(root, argv[2]);
    if (err == ERR_OK && order == NULL) {
        err = ERR_NOT_FOUND;
    }
    if (err == ERR_OK) {
        err = sign_order(order, key_file, &out);
    }
    if (err == ERR_OK) {
        printf("%s\n", out.ptr);
    } else {
        ctl_complain("order '%s' cannot be signed with '%s': %s", argv[2], key_file, err_text(err));
    }
    json_free(root);
    policy_free(p);
    buf_release(&out);
    return err == ERR_OK ? CTL_OK : CTL_FAILED;
}

/* The officer's public key in the folder: CODE.pem. */
static enum err public_key(const char *folder, const char *officer, struct sign_key **key)
{
    char path[512];
    size_t len = strlen(officer);
    if (officer[0] == '.' ||
        strspn(officer, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") !=
            len) {
        return ERR_INPUT; /* no code may lead out of the folder */
    }
    int n = snprintf(path, sizeof(path), "%s/%s.pem", folder, officer);
    return n > 0 && (size_t)n < sizeof(path) ? sign_key_public_file(path, SIGN_ED25519, key)
                                             : ERR_TOO_LARGE;
}

static enum err check_order(const struct json *order, const struct standing_order *o,
                            const char *folder)
{
    struct sign_key *key = NULL;
    struct buf bytes;
    if (o->ed25519[0] == '\0') {
        return ERR_AUTH;
    }
    buf_init(&bytes, BYTES_MAX);
    enum err err = public_key(folder, o->officer, &key);
    if (err == ERR_OK) {
        err = pack_signed_bytes(order, &bytes);
    }
    if (err == ERR_OK) {
        err = ed25519_verify(key, buf_slice(&bytes), slice_of(o->ed25519));
    }
    sign_key_free(key);
    buf_release(&bytes);
    return err;
}

bool ctl_policy_signatures(const struct policy *p, const char *folder)
{
    struct json *root = NULL;
    bool all = json_parse(policy_text(p), &root, NULL) == ERR_OK;
    for (int i = 0; all && i < policy_order_count(p); i++) {
        const struct standing_order *o = policy_order(p, i);
        enum err err = check_order(find_order(root, o->id), o, folder);
        if (err == ERR_OK) {
            printf("签名：%s 由 %s 签署，有效\n", o->id, o->officer);
            continue;
        }
        ctl_complain("order '%s': no valid signature of '%s' (%s)", o->id, o->officer,
                     o->ed25519[0] == '\0' ? "it has none" : err_text(err));
        all = false;
    }
    json_free(root);
    return all;
}
