#include "integrations/sandbox/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define PENDING_MAX ((size_t)64 * 1024 * 1024)
#define READ_SIZE ((size_t)64 * 1024)

struct journal {
    int fd;
    struct buf pending;
    uint64_t commits;
};

/* Hand the whole lines in `in` to on_line and drop them; *whole counts their bytes. */
static enum err take_lines(struct buf *in, journal_line_fn *on_line, void *data, off_t *whole)
{
    size_t from = 0;
    for (;;) {
        const char *end = in->len == from ? NULL : memchr(in->ptr + from, '\n', in->len - from);
        if (end == NULL) {
            break;
        }
        size_t len = (size_t)(end - in->ptr) - from;
        enum err err = on_line(slice_make(in->ptr + from, len), data);
        if (err != ERR_OK) {
            return err;
        }
        from += len + 1;
    }
    buf_consume(in, from);
    *whole += (off_t)from;
    return in->len > JOURNAL_LINE_MAX ? ERR_CORRUPT : ERR_OK;
}

static enum err read_all(int fd, journal_line_fn *on_line, void *data)
{
    struct buf in;
    buf_init(&in, READ_SIZE + JOURNAL_LINE_MAX);
    off_t whole = 0;
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        char *room = buf_room(&in, READ_SIZE);
        if (room == NULL) {
            err = ERR_NO_MEMORY;
            break;
        }
        ssize_t got = read(fd, room, READ_SIZE);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            err = got < 0 ? ERR_IO : ERR_OK;
            break;
        }
        in.len += (size_t)got;
        err = take_lines(&in, on_line, data, &whole);
    }
    if (err == ERR_OK && in.len > 0 && ftruncate(fd, whole) != 0) {
        err = ERR_IO;
    }
    if (err == ERR_OK && lseek(fd, whole, SEEK_SET) < 0) {
        err = ERR_IO;
    }
    buf_release(&in);
    return err;
}

enum err journal_open(const char *path, journal_line_fn *on_line, void *data, struct journal **out)
{
    struct journal *j = calloc(1, sizeof(*j));
    if (j == NULL) {
        return ERR_NO_MEMORY;
    }
    buf_init(&j->pending, PENDING_MAX);
    enum err err = ERR_IO;
    j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (j->fd < 0) {
        goto fail;
    }
    if (flock(j->fd, LOCK_EX | LOCK_NB) != 0) {
        err = ERR_CONFLICT;
        goto fail;
    }
    err = read_all(j->fd, on_line, data);
    if (err != ERR_OK) {
        goto fail;
    }
    *out = j;
    return ERR_OK;

fail:
    journal_close(j);
    return err;
}

struct buf *journal_line(struct journal *j)
{
    return &j->pending;
}

void journal_end_line(struct journal *j)
{
    buf_put_char(&j->pending, '\n');
}

bool journal_dirty(const struct journal *j)
{
    return j->pending.len > 0;
}

enum err journal_commit(struct journal *j)
{
    if (buf_err(&j->pending) != ERR_OK) {
        return buf_err(&j->pending);
    }
    size_t done = 0;
    while (done < j->pending.len) {
        ssize_t put = write(j->fd, j->pending.ptr + done, j->pending.len - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return ERR_IO;
        }
        done += (size_t)put;
    }
    if (fdatasync(j->fd) != 0) {
        return ERR_IO;
    }
    buf_clear(&j->pending);
    j->commits++;
    return ERR_OK;
}

uint64_t journal_commits(const struct journal *j)
{
    return j->commits;
}

void journal_close(struct journal *j)
{
    if (j == NULL) {
        return;
    }
    if (j->fd >= 0) {
        (void)close(j->fd);
    }
    buf_release(&j->pending);
    free(j);
}
