#include "integrations/pay/bankfile/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/base/file.h"

#define MARKER "jiuji-bankfile-registry"
#define ORDERS_FILE_MAX ((size_t)2 * 1024 * 1024)
#define SMALL_FILE_MAX 256
#define FOLDER_MODE 0700
#define FILE_MODE 0600

struct registry {
    char folder[PATH_MAX - 160]; /* room for what is put behind it */
    int lock_fd;
    bool locked;
};

static const char *const FOLDERS[] = {"open", "files", "orders"};

static void path_of(const struct registry *r, const char *sub, const char *name, const char *ending, char out[PATH_MAX])
{
    int len = snprintf(out, PATH_MAX, "%s/%s/%s%s", r->folder, sub, name, ending);
    ASSERT(len > 0 && len < PATH_MAX);
}

static enum err sync_folder(const struct registry *r, const char *sub)
{
    char path[PATH_MAX];
    path_of(r, sub, "", "", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return ERR_IO;
    }
    int rc = fsync(fd);
    close(fd);
    return rc == 0 ? ERR_OK : ERR_IO;
}

enum err registry_create(const char *folder)
{
    struct registry r = {.lock_fd = -1};
    char path[PATH_MAX];
    if (slice_copy(slice_of(folder), r.folder, sizeof(r.folder)) != ERR_OK ||
        file_make_folder(folder, FOLDER_MODE) != ERR_OK) {
        return ERR_IO;
    }
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return ERR_IO;
    }
    bool empty = true;
    for (const struct dirent *e = readdir(dir); e != NULL && empty; e = readdir(dir)) {
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    }
    closedir(dir);
    if (!empty) {
        return ERR_CONFLICT;
    }
    for (size_t i = 0; i < COUNT_OF(FOLDERS); i++) {
        path_of(&r, FOLDERS[i], "", "", path);
        if (file_make_folder(path, FOLDER_MODE) != ERR_OK) {
            return ERR_IO;
        }
    }
    int len = snprintf(path, sizeof(path), "%s/%s", r.folder, MARKER); /* last: only then it is one */
    ASSERT(len > 0 && len < PATH_MAX);
    return file_replace(path, SLICE_LIT("format 1\n"), FILE_MODE);
}

enum err registry_open(const char *folder, struct registry **out)
{
    char path[PATH_MAX];
    struct stat st;
    struct registry *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err err = slice_copy(slice_of(folder), r->folder, sizeof(r->folder)) == ERR_OK ? ERR_OK : ERR_IO;
    if (err == ERR_OK) {
        int len = snprintf(path, sizeof(path), "%s/%s", r->folder, MARKER);
        ASSERT(len > 0 && len < PATH_MAX);
        err = stat(path, &st) == 0 ? ERR_OK : errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
    }
    if (err == ERR_OK) {
        int len = snprintf(path, sizeof(path), "%s/lock", r->folder);
        ASSERT(len > 0 && len < PATH_MAX);
        r->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
        err = r->lock_fd < 0 ? ERR_IO : ERR_OK;
    }
    if (err != ERR_OK) {
        free(r);
        return err;
    }
    *out = r;
    return ERR_OK;
}

void registry_close(struct registry *r)
{
    if (r != NULL) {
        close(r->lock_fd); /* lets the lock go as well */
        free(r);
    }
}

enum err registry_lock(struct registry *r)
{
    ASSERT(!r->locked);
    while (flock(r->lock_fd, LOCK_EX) != 0) {
        if (errno != EINTR) {
            return ERR_IO;
        }
    }
    r->locked = true;
    return ERR_OK;
}

void registry_unlock(struct registry *r)
{
    ASSERT(r->locked);
    r->locked = false;
    (void)flock(r->lock_fd, LOCK_UN);
}

static enum err exists(const struct registry *r, const char *sub, const char *name, const char *ending, bool *out)
{
    char path[PATH_MAX];
    struct stat st;
    path_of(r, sub, name, ending, path);
    *out = lstat(path, &st) == 0;
    return *out || errno == ENOENT ? ERR_OK : ERR_IO;
}

enum err registry_state(const struct registry *r, const char *msg_id, enum registry_state *out)
{
    static const char *const endings[] = {".bytes", ".ready", ".sent"};
    static const enum registry_state states[] = {REGISTRY_KEPT, REGISTRY_READY, REGISTRY_SENT};
    enum registry_state state = REGISTRY_NONE;
    enum err err = bankfile_msg_id_valid(slice_of(msg_id)) ? ERR_OK : ERR_INPUT;
    for (size_t i = 0; i < COUNT_OF(endings) && err == ERR_OK; i++) {
        bool there = false;
        err = exists(r, "files", msg_id, endings[i], &there);
        state = there ? states[i] : state;
    }
    if (err == ERR_OK) {
        *out = state;
    }
    return err;
}

static enum err write_small(struct registry *r, const char *sub, const char *name, const char *ending,
                            struct slice text)
{
    char path[PATH_MAX];
    path_of(r, sub, name, ending, path);
    return file_replace(path, text, FILE_MODE);
}

/* Write the bytes under a name of their own, then give them the final name in a stroke that fails if it is taken: bytes
 * that exist are never replaced. */
static enum err write_bytes(struct registry *r, const char *msg_id, struct slice bytes)
{
    char path[PATH_MAX], temp[PATH_MAX];
    path_of(r, "files", msg_id, ".bytes", path);
    path_of(r, "files", msg_id, ".bytes.new", temp);
    enum err err = file_replace(temp, bytes, FILE_MODE);
    if (err == ERR_OK && link(temp, path) != 0) {
        err = errno == EEXIST ? ERR_KEY_REUSED : ERR_IO;
    }
    (void)unlink(temp); /* if it stays, the next try writes over it */
    return err == ERR_OK ? sync_folder(r, "files") : err;
}

static enum err write_orders(struct registry *r, const char *msg_id, const struct pay_order *orders, size_t n)
{
    struct buf text;
    buf_init(&text, ORDERS_FILE_MAX);
    for (size_t i = 0; i < n; i++) {
        buf_putf(&text, "%s %lld\n", orders[i].id, (long long)orders[i].amount_fen);
    }
    enum err err = buf_err(&text);
    if (err == ERR_OK) {
        err = write_small(r, "files", msg_id, ".orders", buf_slice(&text));
    }
    buf_release(&text);
    return err;
}

/* The hash that the books hold, "" if none. */
static enum err read_hash(struct registry *r, const char *msg_id, char out[65])
{
    char path[PATH_MAX];
    struct buf text;
    path_of(r, "files", msg_id, ".sha256", path);
    buf_init(&text, SMALL_FILE_MAX);
    enum err err = file_read(path, &text);
    out[0] = '\0';
    if (err == ERR_NOT_FOUND) {
        err = ERR_OK;
    } else if (err == ERR_OK) {
        err = text.len >= 64 && slice_copy(slice_make(text.ptr, 64), out, 65) == ERR_OK ? ERR_OK : ERR_CORRUPT;
    }
    buf_release(&text);
    return err;
}

/* Compare with what is kept: ERR_KEY_REUSED when it differs. */
static enum err compare(struct registry *r, const char *msg_id, const char *hash, struct slice bytes)
{
    char path[PATH_MAX], known[65];
    struct buf kept;
    enum err err = read_hash(r, msg_id, known);
    if (err != ERR_OK) {
        return err;
    }
    if (known[0] != '\0' && strcmp(known, hash) != 0) {
        return ERR_KEY_REUSED;
    }
    path_of(r, "files", msg_id, ".bytes", path);
    buf_init(&kept, BANKFILE_FILE_MAX);
    err = file_read(path, &kept);
    if (err == ERR_OK && !slice_eq(buf_slice(&kept), bytes)) {
        err = ERR_KEY_REUSED;
    }
    buf_release(&kept);
    return err;
}

static enum err write_hash(struct registry *r, const char *msg_id, const char *hash)
{
    char text[SMALL_FILE_MAX];
    int len = snprintf(text, sizeof(text), "%s  %s.bytes\n", hash, msg_id); /* as sha256sum(1) writes and checks it */
    ASSERT(len > 0 && (size_t)len < sizeof(text));
    return write_small(r, "files", msg_id, ".sha256", slice_make(text, (size_t)len));
}

enum err registry_put(struct registry *r, const char *msg_id, const struct pay_order *orders, size_t n,
                      struct slice bytes)
{
    char hash[65];
    enum registry_state state = REGISTRY_NONE;
    ASSERT(r->locked);
    enum err err = registry_state(r, msg_id, &state);
    if (err == ERR_OK) {
        err = bankfile_sha256(bytes, hash);
    }
    if (err == ERR_OK && state != REGISTRY_NONE) {
        err = compare(r, msg_id, hash, bytes);
        return err == ERR_OK ? write_hash(r, msg_id, hash) : err; /* it may have been killed before */
    }
    if (err == ERR_OK) {
        char known[65];
        err = read_hash(r, msg_id, known);
        if (err == ERR_OK && known[0] != '\0' && strcmp(known, hash) != 0) {
            err = ERR_KEY_REUSED; /* the bytes were taken away by hand; the hash still binds */
        }
    }
    if (err == ERR_OK) {
        err = write_small(r, "open", msg_id, "", SLICE_LIT(""));
    }
    if (err == ERR_OK) {
        err = write_orders(r, msg_id, orders, n);
    }
    if (err == ERR_OK) {
        err = write_bytes(r, msg_id, bytes);
    }
    return err == ERR_OK ? write_hash(r, msg_id, hash) : err;
}

enum err registry_get(struct registry *r, const char *msg_id, struct buf *out)
{
    char path[PATH_MAX], known[65], hash[65];
    size_t before = out->len;
    ASSERT(r->locked);
    if (!bankfile_msg_id_valid(slice_of(msg_id))) {
        return ERR_INPUT;
    }
    enum err err = read_hash(r, msg_id, known);
    path_of(r, "files", msg_id, ".bytes", path);
    if (err == ERR_OK) {
        err = file_read(path, out);
    }
    if (err == ERR_OK) {
        struct slice bytes = slice_make(out->ptr == NULL ? NULL : out->ptr + before, out->len - before);
        err = bankfile_sha256(bytes, hash);
        if (err == ERR_OK && known[0] == '\0') {
            err = write_hash(r, msg_id, hash); /* killed between bytes and hash */
        } else if (err == ERR_OK && strcmp(known, hash) != 0) {
            err = ERR_CORRUPT;
        }
    }
    return err;
}

enum err registry_orders(struct registry *r, const char *msg_id, struct registry_order **out, size_t *n)
{
    char path[PATH_MAX];
    struct buf text;
    size_t count = 0;
    struct registry_order *list = NULL;
    if (!bankfile_msg_id_valid(slice_of(msg_id))) {
        return ERR_INPUT;
    }
    path_of(r, "files", msg_id, ".orders", path);
    buf_init(&text, ORDERS_FILE_MAX);
    enum err err = file_read(path, &text);
    struct slice rest = buf_slice(&text);
    if (err == ERR_OK) {
        list = calloc(BANKFILE_ORDERS_MAX, sizeof(*list));
        err = list == NULL ? ERR_NO_MEMORY : ERR_OK;
    }
    while (err == ERR_OK && rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        struct slice id = slice_cut(&line, ' ');
        if (count >= BANKFILE_ORDERS_MAX || !pay_id_valid(id) ||
            slice_copy(id, list[count].id, sizeof(list[count].id)) != ERR_OK ||
            slice_to_int64(line, 1, INT64_MAX, &list[count].amount_fen) != ERR_OK) {
            err = ERR_CORRUPT;
        }
        count++;
    }
    buf_release(&text);
    if (err != ERR_OK) {
        free(list);
        return err;
    }
    *out = list;
    *n = count;
    return ERR_OK;
}

enum err registry_find(struct registry *r, const char *id, char msg_id[BANKFILE_MSG_ID_SIZE])
{
    char path[PATH_MAX], target[BANKFILE_MSG_ID_SIZE];
    ASSERT(r->locked);
    if (!pay_id_valid(slice_of(id))) {
        return ERR_INPUT;
    }
    path_of(r, "orders", id, "", path);
    ssize_t len = readlink(path, target, sizeof(target));
    if (len < 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    if ((size_t)len >= sizeof(target) || !bankfile_msg_id_valid(slice_make(target, (size_t)len))) {
        return ERR_CORRUPT;
    }
    target[len] = '\0';
    memcpy(msg_id, target, sizeof(target));
    return ERR_OK;
}

enum err registry_claim(struct registry *r, const char *msg_id)
{
    struct registry_order *orders = NULL;
    size_t n = 0;
    ASSERT(r->locked);
    enum err err = registry_orders(r, msg_id, &orders, &n);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        char path[PATH_MAX], there[BANKFILE_MSG_ID_SIZE];
        path_of(r, "orders", orders[i].id, "", path);
        if (symlink(msg_id, path) == 0) {
            continue;
        }
        err = errno == EEXIST ? registry_find(r, orders[i].id, there) : ERR_IO;
        if (err == ERR_OK && strcmp(there, msg_id) != 0) {
            err = ERR_KEY_REUSED;
        }
    }
    free(orders);
    return err == ERR_OK ? sync_folder(r, "orders") : err;
}

enum err registry_mark(struct registry *r, const char *msg_id, enum registry_state state)
{
    char path[PATH_MAX];
    ASSERT(r->locked && (state == REGISTRY_READY || state == REGISTRY_SENT));
    enum err err = write_small(r, "files", msg_id, state == REGISTRY_READY ? ".ready" : ".sent", SLICE_LIT(""));
    if (err == ERR_OK && state == REGISTRY_SENT) {
        path_of(r, "open", msg_id, "", path);
        err = unlink(path) == 0 || errno == ENOENT ? sync_folder(r, "open") : ERR_IO;
    }
    return err;
}

enum err registry_drop_begun(struct registry *r, const char *msg_id)
{
    char path[PATH_MAX];
    enum registry_state state = REGISTRY_NONE;
    ASSERT(r->locked);
    enum err err = registry_state(r, msg_id, &state);
    if (err != ERR_OK || state != REGISTRY_NONE) {
        return err == ERR_OK ? ERR_CONFLICT : err;
    }
    path_of(r, "files", msg_id, ".orders", path);
    (void)unlink(path);
    path_of(r, "open", msg_id, "", path);
    return unlink(path) == 0 || errno == ENOENT ? ERR_OK : ERR_IO;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

enum err registry_open_files(struct registry *r, char (*msg_ids)[BANKFILE_MSG_ID_SIZE], size_t max, size_t *n)
{
    char path[PATH_MAX];
    size_t count = 0;
    ASSERT(r->locked);
    path_of(r, "open", "", "", path);
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return ERR_IO;
    }
    for (const struct dirent *e = readdir(dir); e != NULL && count < max; e = readdir(dir)) {
        struct slice name = slice_of(e->d_name);
        if (bankfile_msg_id_valid(name) && slice_copy(name, msg_ids[count], BANKFILE_MSG_ID_SIZE) == ERR_OK) {
            count++;
        }
    }
    closedir(dir);
    qsort(msg_ids, count, sizeof(*msg_ids), by_name);
    *n = count;
    return ERR_OK;
}
