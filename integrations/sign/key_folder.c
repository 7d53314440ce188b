#include "integrations/sign/key_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sign/ed25519.h"

#define PATH_SIZE 512

struct named_key {
    char name[KEY_FOLDER_NAME_SIZE];
    struct sign_key *key;
};

struct key_folder {
    struct named_key keys[KEY_FOLDER_MAX];
    size_t count;
};

static bool name_ok(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool usual = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || (c == '.' && i > 0);
        if (!usual) {
            return false;
        }
    }
    return name.len > 0 && name.len < KEY_FOLDER_NAME_SIZE;
}

static enum err add_file(struct key_folder *k, const char *folder, const char *file,
                         struct buf *why)
{
    char path[PATH_SIZE];
    struct slice name = slice_make(file, strlen(file) - strlen(".pem"));
    struct named_key *slot = &k->keys[k->count];
    int n = snprintf(path, sizeof(path), "%s/%s", folder, file);
    if (k->count == KEY_FOLDER_MAX) {
        buf_putf(why, "'%s' holds more than %d keys", folder, KEY_FOLDER_MAX);
        return ERR_TOO_LARGE;
    }
    if (!name_ok(name) || n < 0 || (size_t)n >= sizeof(path) ||
        slice_copy(name, slot->name, sizeof(slot->name)) != ERR_OK) {
        buf_putf(why, "'%s' in '%s': name the file after the signer's code", file, folder);
        return ERR_INPUT;
    }
    enum err err = sign_key_public_file(path, SIGN_ED25519, &slot->key);
    if (err != ERR_OK) {
        buf_putf(why, "'%s' must be a public Ed25519 key (PEM): %s", path, err_text(err));
        return err;
    }
    k->count++;
    return ERR_OK;
}

enum err key_folder_open(const char *folder, struct key_folder **out, struct buf *why)
{
    struct dirent *entry;
    enum err err = ERR_OK;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        err = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        buf_putf(why, "cannot read the folder of keys '%s': %s", folder, err_text(err));
        return err;
    }
    struct key_folder *k = calloc(1, sizeof(*k));
    if (k == NULL) {
        err = ERR_NO_MEMORY;
    }
    while (err == ERR_OK && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && strcmp(entry->d_name + len - 4, ".pem") == 0) {
            err = add_file(k, folder, entry->d_name, why);
        }
    }
    closedir(dir);
    if (err == ERR_OK && k->count == 0) {
        buf_putf(why, "the folder of keys '%s' holds no NAME.pem: nothing could ever be signed",
                 folder);
        err = ERR_INPUT;
    }
    if (err != ERR_OK) {
        key_folder_close(k);
        return err;
    }
    *out = k;
    return ERR_OK;
}

enum err key_folder_choose(const char *folder, struct key_folder **out, struct buf *why)
{
    if (folder[0] == '\0') {
        *out = NULL;
        return ERR_OK;
    }
    return key_folder_open(folder, out, why);
}

void key_folder_close(struct key_folder *k)
{
    for (size_t i = 0; k != NULL && i < k->count; i++) {
        sign_key_free(k->keys[i].key);
    }
    free(k);
}

enum err key_folder_verify(const void *keys, struct slice name, struct slice message,
                           struct slice signature)
{
    const struct key_folder *k = keys;
    for (size_t i = 0; i < k->count; i++) {
        if (slice_is(name, k->keys[i].name)) {
            return ed25519_verify(k->keys[i].key, message, signature);
        }
    }
    return ERR_NOT_FOUND;
}
