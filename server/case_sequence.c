#include "server/case_sequence.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
#include "queue/base/file.h"

static enum err read_file(struct case_sequence *s, struct buf *why)
{
    struct buf text;
    buf_init(&text, 64);
    enum err err = file_read(s->path, &text);
    if (err == ERR_NOT_FOUND) {
        buf_release(&text);
        return ERR_OK; /* first start */
    }
    struct slice rest = slice_trim(buf_slice(&text));
    int64_t date = 0, next = 0;
    if (err == ERR_OK && (slice_to_int64(slice_cut(&rest, ' '), 0, 999999, &date) != ERR_OK ||
                          slice_to_int64(rest, 1, CASE_SEQUENCE_MAX + 1, &next) != ERR_OK)) {
        err = ERR_IO;
    }
    if (err != ERR_OK) {
        buf_putf(why,
                 "'%s' is damaged: case numbers might be given twice; write today's date (yymmdd) "
                 "and a number above all "
                 "used ones into it, e.g. \"261121 5000000\"",
                 s->path);
        err = ERR_IO;
    }
    s->date = (int)date;
    s->next = s->end = (int)next;
    buf_release(&text);
    return err;
}

enum err case_sequence_open(struct case_sequence *s, const char *folder, const char *region,
                            int node, struct buf *why)
{
    char lock_path[sizeof(s->path) + 8];
    *s = (struct case_sequence){.node = node, .lock_fd = -1};
    if (slice_copy(slice_of(region), s->region, sizeof(s->region)) != ERR_OK ||
        file_make_folder(folder, 0700) != ERR_OK) {
        buf_putf(why, "cannot make the folder data_dir '%s'", folder);
        return ERR_IO;
    }
    int len = snprintf(s->path, sizeof(s->path), "%s/node-%02d.seq", folder, node);
    if (len < 0 || (size_t)len >= sizeof(s->path)) {
        buf_put_text(why, "data_dir is too long");
        return ERR_IO;
    }
    snprintf(lock_path, sizeof(lock_path), "%s.lock", s->path);
    s->lock_fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0 || flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        buf_putf(why, "another gateway uses node %d in '%s': give each its own --node", node,
                 folder);
        case_sequence_close(s);
        return ERR_IO;
    }
    enum err err = read_file(s, why);
    if (err != ERR_OK) {
        case_sequence_close(s);
    }
    return err;
}

void case_sequence_close(struct case_sequence *s)
{
    if (s->lock_fd >= 0) {
        close(s->lock_fd);
        s->lock_fd = -1;
    }
}

static enum err reserve(struct case_sequence *s, int date, int from)
{
    char text[32];
    int end = from + CASE_SEQUENCE_BLOCK;
    if (from > CASE_SEQUENCE_MAX) {
        return ERR_LIMIT;
    }
    end = end > CASE_SEQUENCE_MAX + 1 ? CASE_SEQUENCE_MAX + 1 : end;
    snprintf(text, sizeof(text), "%06d %d\n", date, end);
    enum err err = file_replace(s->path, slice_of(text), 0600);
    if (err == ERR_OK) {
        s->date = date;
        s->next = from;
        s->end = end;
    }
    return err;
}

enum err case_sequence_next(struct case_sequence *s, int64_t now_ms, char out[CASE_NO_SIZE])
{
    int today = case_no_date(now_ms);
    enum err err = ERR_OK;
    if (today > s->date) {
        err = reserve(s, today, 1);
    } else if (s->next >= s->end) {
        err = reserve(s, s->date, s->next);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct case_no_parts parts = {.date = s->date, .node = s->node, .sequence = s->next++};
    memcpy(parts.region, s->region, sizeof(parts.region));
    case_no_write(&parts, out);
    return ERR_OK;
}
