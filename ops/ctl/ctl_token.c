/* `jiujictl token create | revoke`: access tokens of the API. The token is printed once and stored
 * as SHA-256 only. */
#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/seal/seal.h"
#include "queue/store/calls_read.h"

#define ID_BYTES 8
#define SECRET_BYTES 32
#define TOKEN_SIZE (3 + 2 * ID_BYTES + 1 + 2 * SECRET_BYTES + 1)
#define NAME_MAX_BYTES 32
#define DAYS_DEFAULT 365
#define DAYS_MAX 3660

static const char USAGE[] =
    "usage: jiujictl token create --role agent|officer|reviewer|finance|auditor|machine|admin "
    "--name NAME "
    "[--township CODE] [--days N]\n"
    "       jiujictl token revoke ID      the 16 digits behind jj_\n"
    "An officer's token needs --township: the only one he may touch. NAME is a desk or staff "
    "number, never a person's name.\n";

static bool role_known(const char *role)
{
    static const char *const ROLES[] = {"agent",   "officer", "reviewer", "finance",
                                        "auditor", "machine", "admin"};
    for (size_t i = 0; i < COUNT_OF(ROLES); i++) {
        if (strcmp(role, ROLES[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool name_ok(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.')) {
            return false;
        }
    }
    return len >= 1 && len <= NAME_MAX_BYTES;
}

static enum err make_token(const struct settings *s, char token[TOKEN_SIZE],
                           char id[2 * ID_BYTES + 1], char hash[SEAL_DIGEST_SIZE], struct buf *why)
{
    unsigned char bytes[ID_BYTES + SECRET_BYTES];
    char secret[2 * SECRET_BYTES + 1];
    struct sealer *sealer = NULL;
    enum err err = sealer_open(s->master_key_file, &sealer, why);
    if (err == ERR_OK) {
        err = seal_random(bytes, sizeof(bytes));
    }
    if (err == ERR_OK) {
        hex_encode(bytes, ID_BYTES, id);
        hex_encode(bytes + ID_BYTES, SECRET_BYTES, secret);
        snprintf(token, TOKEN_SIZE, "jj_%s_%s", id, secret);
        err = seal_digest(sealer, slice_of(token), hash);
    }
    sealer_close(sealer);
    return err;
}

static int create(const struct settings *s, const char *role, const char *name,
                  const char *township, int64_t days)
{
    char token[TOKEN_SIZE], id[2 * ID_BYTES + 1], hash[SEAL_DIGEST_SIZE];
    struct buf why;
    buf_init(&why, 4096);
    enum err err = make_token(s, token, id, hash, &why);
    if (err != ERR_OK) {
        ctl_complain("%s", why.len > 0 ? why.ptr : err_text(err));
        buf_release(&why);
        return CTL_FAILED;
    }
    buf_release(&why);
    struct store *store = ctl_store_open(s);
    redisReply *reply = NULL;
    if (store == NULL) {
        return CTL_FAILED;
    }
    const struct token_row row = {.hash = slice_of(hash),
                                  .role = slice_of(role),
                                  .name = slice_of(name),
                                  .township = slice_of(township),
                                  .expires_ms = clock_now_ms() + days * MS_PER_DAY};
    token_put_write(store_fcall(store), s->region, slice_of(id), &row);
    bool ok = ctl_store_call(store, &reply);
    if (ok) {
        freeReplyObject(reply);
        printf("%s\n", token);
    }
    store_free(store);
    return ok ? CTL_OK : CTL_FAILED;
}

static int revoke(const struct settings *s, const char *id)
{
    struct store *store = ctl_store_open(s);
    redisReply *reply = NULL;
    int64_t gone = 0;
    if (store == NULL) {
        return CTL_FAILED;
    }
    token_revoke_write(store_fcall(store), s->region, slice_of(id));
    bool ok = ctl_store_call(store, &reply) && reply_int(reply, 0, 1, &gone) == ERR_OK;
    if (ok) {
        printf(gone == 1 ? "revoked: no longer works within one second\n"
                         : "there is no such token\n");
    }
    freeReplyObject(reply);
    store_free(store);
    return ok && gone == 1 ? CTL_OK : CTL_FAILED;
}

int ctl_token(int argc, char **argv, const struct settings *s)
{
    const char *role = NULL, *name = NULL, *township = "", *days_text = NULL;
    const struct ctl_option options[] = {{.name = "role", .value = &role},
                                         {.name = "name", .value = &name},
                                         {.name = "township", .value = &township},
                                         {.name = "days", .value = &days_text}};
    int64_t days = DAYS_DEFAULT;
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    if (argc == 3 && strcmp(argv[1], "revoke") == 0) {
        return revoke(s, argv[2]);
    }
    if (argc != 2 || strcmp(argv[1], "create") != 0 || role == NULL || name == NULL ||
        !role_known(role) || !name_ok(name)) {
        return ctl_usage(USAGE);
    }
    if (days_text != NULL && slice_to_int64(slice_of(days_text), 1, DAYS_MAX, &days) != ERR_OK) {
        ctl_complain("--days must be from 1 to %d", DAYS_MAX);
        return CTL_USAGE;
    }
    bool officer = strcmp(role, "officer") == 0;
    if (officer != (township[0] != '\0') ||
        (officer && (!slice_all_digits(slice_of(township)) || strlen(township) != 9))) {
        ctl_complain(
            "an officer's token needs --township with 9 digits, the other roles have none");
        return CTL_USAGE;
    }
    return create(s, role, name, township, days);
}
