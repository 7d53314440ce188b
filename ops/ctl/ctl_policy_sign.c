/* jiujictl policy sign, and the checking of signatures (workers/rules/pack_signature.h): standing
 * orders are signed with the officer's own Ed25519 key, packs by who answers for them. */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include <string.h>
#include "integrations/sign/ed25519.h"
#include "integrations/sign/key_folder.h"
#include "queue/base/clock.h"
#include "workers/rules/pack_signature.h"

#define BYTES_MAX POLICY_BYTES_MAX

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

/* Append the signature of a pack or an order. */
static enum err sign_it(const struct json *v, const char *key_file, struct buf *out)
{
    struct sign_key *key = NULL;
    struct buf bytes;
    buf_init(&bytes, BYTES_MAX);
    enum err err = sign_key_private_file(key_file, SIGN_ED25519, &key);
    if (err == ERR_OK) {
        err = pack_signed_bytes(v, &bytes);
    }
    if (err == ERR_OK) {
        err = ed25519_sign(key, buf_slice(&bytes), out);
    }
    sign_key_free(key);
    buf_release(&bytes);
    return err;
}

/* What is printed for an order: the text to be written into it. */
static enum err sign_order(const struct json *root, const char *id, const char *key_file,
                           struct buf *out)
{
    const struct json *order = find_order(root, id);
    return order == NULL ? ERR_NOT_FOUND : sign_it(order, key_file, out);
}

/* The pack's text with a "signature" in front of everything else; the rest stays byte for byte. */
static void put_signature(struct slice pack, const char *by, const char *ed25519, struct buf *out)
{
    char now[CLOCK_RFC3339_SIZE];
    struct json_out o;
    struct slice rest = slice_trim(pack);
    ASSERT(rest.len > 0 && rest.ptr[0] == '{');
    clock_format_rfc3339(clock_now_ms(), now);
    buf_put_text(out, "{\n    \"signature\": ");
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "by", by);
    json_put_slice(&o, "on", slice_make(now, 10)); /* the day, China time */
    if (ed25519 != NULL) {
        json_put_text(&o, "ed25519", ed25519);
    }
    json_close_object(&o);
    buf_put_text(out, ",");
    buf_put_slice(out, slice_make(rest.ptr + 1, rest.len - 1));
}

/* What is printed for a pack: the whole of it, signed. */
static enum err sign_pack(const struct policy *p, const char *by, const char *key_file,
                          struct buf *out)
{
    struct json *root = NULL;
    struct buf unsigned_text, signature;
    if (policy_signed_by(p)[0] != '\0') {
        ctl_complain("it is signed by '%s' already: take its \"signature\" out first",
                     policy_signed_by(p));
        return ERR_CONFLICT;
    }
    buf_init(&unsigned_text, BYTES_MAX);
    buf_init(&signature, 256);
    put_signature(policy_text(p), by, NULL, &unsigned_text);
    enum err err = buf_err(&unsigned_text);
    if (err == ERR_OK) {
        err = json_parse(buf_slice(&unsigned_text), &root, NULL);
    }
    if (err == ERR_OK) {
        err = sign_it(root, key_file, &signature);
    }
    if (err == ERR_OK) {
        put_signature(policy_text(p), by, signature.ptr, out);
        err = buf_err(out);
    }
    json_free(root);
    buf_release(&unsigned_text);
    buf_release(&signature);
    return err;
}

int ctl_policy_sign(int argc, char **argv, const struct settings *s)
{
    const char *key_file = NULL, *by = NULL;
    const struct ctl_option options[] = {{"key", &key_file, NULL}, {"by", &by, NULL}};
    struct policy *p = NULL;
    struct json *root = NULL;
    struct buf out;
    (void)s;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || key_file == NULL ||
        argc != (by == NULL ? 3 : 2) || (by != NULL && (by[0] == '\0' || strlen(by) > 40))) {
        return ctl_usage("usage: jiujictl policy sign FILE ORDER --key PRIVATE.pem\n"
                         "prints what to write as \"ed25519\" into the order's \"signature\"\n"
                         "       jiujictl policy sign FILE --by SIGNER --key PRIVATE.pem\n"
                         "prints the whole pack, signed; the orders are signed before\n");
    }
    if (!ctl_policy_read(argv[1], &p)) {
        return CTL_FAILED;
    }
    buf_init(&out, BYTES_MAX + 1024);
    enum err err = json_parse(policy_text(p), &root, NULL);
    if (err == ERR_OK) {
        err = by == NULL ? sign_order(root, argv[2], key_file, &out)
                         : sign_pack(p, by, key_file, &out);
    }
    if (err == ERR_OK) {
        printf("%s\n", out.ptr);
    } else {
        ctl_complain("%s '%s' cannot be signed with '%s': %s", by == NULL ? "order" : "pack",
                     by == NULL ? argv[2] : argv[1], key_file, err_text(err));
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

bool ctl_policy_signed(const struct settings *s, struct slice pack)
{
    struct key_folder *packs = NULL, *orders = NULL;
    struct buf why;
    buf_init(&why, 65536);
    enum err err = key_folder_choose(s->policy_signers, &packs, &why);
    if (err == ERR_OK) {
        err = key_folder_choose(s->order_signers, &orders, &why);
    }
    if (err == ERR_OK) {
        const struct pack_signers signers = {
            .verify = key_folder_verify, .packs = packs, .orders = orders};
        err = pack_signatures_check(pack, &signers, &why);
    }
    if (err != ERR_OK) {
        ctl_complain("not signed as policy_signers and order_signers ask: %s",
                     why.len > 0 ? why.ptr : err_text(err));
    }
    key_folder_close(packs);
    key_folder_close(orders);
    buf_release(&why);
    return err == ERR_OK;
}
