#include "queue/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_CHUNK 65536

enum err file_read(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    enum err err = ERR_OK;
    for (;;) {
        size_t left = out->max - out->len;
        size_t room = left < READ_CHUNK ? left : READ_CHUNK;
        char *at = room == 0 ? NULL : buf_room(out, room);
        char probe; /* out is full: is that the end of the file, too? */
        ssize_t got = read(fd, at == NULL ? &probe : at, at == NULL ? 1 : room);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            err = got < 0 ? ERR_IO : ERR_OK;
            break;
        }
        if (at == NULL) { /* there is more than out may hold */
            err = buf_err(out) == ERR_OK ? ERR_TOO_LARGE : buf_err(out);
            break;
        }
        out->len += (size_t)got;
        out->ptr[out->len] = '\0';
    }
    close(fd);
    return err;
}

static enum err write_all(int fd, struct slice content)
{
    while (content.len > 0) {
        ssize_t put = write(fd, content.ptr, content.len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return ERR_IO;
        }
        content = slice_make(content.ptr + put, content.len - (size_t)put);
    }
    return ERR_OK;
}

static enum err sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (len >= sizeof(folder)) {
        return ERR_IO;
    }
    if (slash == NULL) {
        folder[0] = '.';
        len = 1;
    } else if (len == 0) {
        folder[0] = '/';
        len = 1;
    } else {
        memcpy(folder, path, len);
    }
    folder[len] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return ERR_IO;
    }
    int rc = fsync(fd);
    close(fd);
    return rc == 0 ? ERR_OK : ERR_IO;
}

enum err file_replace(const char *path, struct slice content, unsigned mode)
{
    char temp[PATH_MAX];
    int len = snprintf(temp, sizeof(temp), "%s.new-%ld", path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof(temp)) {
        return ERR_IO;
    }
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) {
        return ERR_IO;
    }
    enum err err = write_all(fd, content);
    if (err == ERR_OK && fsync(fd) != 0) {
        err = ERR_IO;
    }
    if (close(fd) != 0) {
        err = ERR_IO;
    }
    if (err == ERR_OK && rename(temp, path) != 0) {
        err = ERR_IO;
    }
    if (err != ERR_OK) {
        unlink(temp);
        return err;
    }
    return sync_folder_of(path);
}

enum err file_make_folder(const char *path, unsigned mode)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part)) {
        return ERR_IO;
    }
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, mode) != 0 && errno != EEXIST) {
            return ERR_IO;
        }
        part[i] = path[i];
    }
    struct stat st; /* what exists may be a file */
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? ERR_OK : ERR_IO;
}
