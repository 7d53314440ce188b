#include "integrations/pay/bankfile/drop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/base/file.h"
#include "queue/base/utf8.h"

struct folders {
    char out[PATH_MAX / 2], in[PATH_MAX / 2];
};

bool drop_name_valid(struct slice name)
{
    if (name.len == 0 || name.len > DROP_NAME_MAX || name.ptr[0] == '.' || name.ptr[0] == '-' || !utf8_valid(name)) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < 0x20 || c == 0x7f || strchr("/\\\"*?", c) != NULL) {
            return false;
        }
    }
    return true;
}

bool drop_name_unfinished(struct slice name)
{
    static const char *const endings[] = {".tmp", ".part", ".filepart"};
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        size_t len = strlen(endings[i]);
        if (name.len >= len && memcmp(name.ptr + name.len - len, endings[i], len) == 0) {
            return true;
        }
    }
    return false;
}

void drop_list_add(struct drop_list *list, struct slice name)
{
    if (name.len == 0 || name.ptr[0] == '.' || drop_name_unfinished(name)) {
        return;
    }
    if (list->count >= DROP_LIST_MAX || !drop_name_valid(name)) {
        list->passed_over++;
        return;
    }
    memcpy(list->names[list->count], name.ptr, name.len);
    list->names[list->count++][name.len] = '\0';
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

void drop_list_sort(struct drop_list *list)
{
    qsort(list->names, list->count, sizeof(list->names[0]), by_name);
}

static enum err join(char out[PATH_MAX], const char *folder, const char *format, const char *name)
{
    char tail[DROP_NAME_MAX + 64];
    if (!drop_name_valid(slice_of(name))) {
        return ERR_INPUT;
    }
    int len = snprintf(tail, sizeof(tail), "%s%s%s", strcmp(format, "hidden") == 0 ? "." : "", name,
                       strcmp(format, "hidden") == 0   ? ".tmp"
                       : strcmp(format, "reason") == 0 ? ".reason"
                                                       : "");
    ASSERT(len > 0 && (size_t)len < sizeof(tail));
    len = snprintf(out, PATH_MAX, "%s/%s", folder, tail);
    return len > 0 && len < PATH_MAX ? ERR_OK : ERR_INPUT;
}

static enum err sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return ERR_IO;
    }
    int rc = fsync(fd);
    close(fd);
    return rc == 0 ? ERR_OK : ERR_IO;
}

static enum err folder_stage(void *self, const char *name, struct slice bytes)
{
    const struct folders *f = self;
    char path[PATH_MAX];
    enum err err = join(path, f->out, "hidden", name);
    return err == ERR_OK ? file_replace(path, bytes, 0600) : err;
}

static enum err folder_is_staged(void *self, const char *name, bool *staged)
{
    const struct folders *f = self;
    char path[PATH_MAX];
    struct stat st;
    enum err err = join(path, f->out, "hidden", name);
    if (err == ERR_OK) {
        bool there = lstat(path, &st) == 0;
        err = there || errno == ENOENT ? ERR_OK : ERR_IO;
        *staged = there;
    }
    return err;
}

static enum err folder_publish(void *self, const char *name)
{
    const struct folders *f = self;
    char from[PATH_MAX], to[PATH_MAX];
    enum err err = join(from, f->out, "hidden", name);
    if (err == ERR_OK) {
        err = join(to, f->out, "", name);
    }
    if (err == ERR_OK && rename(from, to) != 0) {
        err = ERR_IO;
    }
    return err == ERR_OK ? sync_folder(f->out) : err;
}

static enum err folder_list(void *self, struct drop_list *out)
{
    const struct folders *f = self;
    DIR *dir = opendir(f->in);
    if (dir == NULL) {
        return ERR_IO;
    }
    out->count = 0;
    out->passed_over = 0;
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        struct stat st;
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
            drop_list_add(out, slice_of(e->d_name));
        }
    }
    closedir(dir);
    drop_list_sort(out);
    return ERR_OK;
}

static enum err folder_get(void *self, const char *name, struct buf *out)
{
    const struct folders *f = self;
    char path[PATH_MAX];
    enum err err = join(path, f->in, "", name);
    return err == ERR_OK ? file_read(path, out) : err;
}

static enum err folder_put_away(void *self, const char *name, enum drop_place place, const char *as, const char *reason)
{
    const struct folders *f = self;
    char folder[PATH_MAX], from[PATH_MAX], to[PATH_MAX], note[PATH_MAX];
    int len = snprintf(folder, sizeof(folder), "%s/%s", f->in, place == DROP_DONE ? "done" : "bad");
    ASSERT(len > 0 && (size_t)len < sizeof(folder));
    enum err err = join(from, f->in, "", name);
    if (err == ERR_OK) {
        err = join(to, folder, "", as);
    }
    if (err == ERR_OK) {
        err = file_make_folder(folder, 0700);
    }
    if (err == ERR_OK && reason != NULL) {
        err = join(note, folder, "reason", as);
        if (err == ERR_OK) {
            err = file_replace(note, slice_of(reason), 0600);
        }
    }
    if (err == ERR_OK && rename(from, to) != 0) {
        err = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    if (err == ERR_OK) {
        err = sync_folder(folder);
    }
    return err == ERR_OK ? sync_folder(f->in) : err;
}

enum err drop_folder(const char *out_folder, const char *in_folder, struct drop *out)
{
    struct stat a, b;
    if (stat(out_folder, &a) != 0 || !S_ISDIR(a.st_mode) || stat(in_folder, &b) != 0 || !S_ISDIR(b.st_mode)) {
        return ERR_NOT_FOUND;
    }
    struct folders *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        return ERR_NO_MEMORY;
    }
    if (slice_copy(slice_of(out_folder), f->out, sizeof(f->out)) != ERR_OK ||
        slice_copy(slice_of(in_folder), f->in, sizeof(f->in)) != ERR_OK) {
        free(f);
        return ERR_INPUT;
    }
    *out = (struct drop){f,           folder_stage, folder_is_staged, folder_publish,
                         folder_list, folder_get,   folder_put_away,  free};
    return ERR_OK;
}
