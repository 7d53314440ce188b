#include "workers/rules/rulebook.h"

#include "queue/base/file.h"

#define FILE_MAX ((size_t)8 << 20)

static enum err read_whole(const char *path, const char *setting, struct buf *text, struct buf *why)
{
    buf_clear(text);
    enum err err = path[0] == '\0' ? ERR_NOT_FOUND : file_read(path, text);
    if (err != ERR_OK) {
        buf_putf(why, "cannot read %s '%s': %s", setting, path, err_text(err));
    }
    return err;
}

enum err rulebook_read(const char *policy_file, const char *calendar_file, struct policy **policy,
                       struct calendar *calendar, struct buf *why)
{
    struct policy *pack = NULL;
    struct buf text;
    buf_init(&text, FILE_MAX);
    enum err err = read_whole(policy_file, "policy_file", &text, why);
    if (err == ERR_OK) {
        err = policy_load(buf_slice(&text), &pack, why);
    }
    if (err == ERR_OK) {
        err = read_whole(calendar_file, "calendar_file", &text, why);
    }
    if (err == ERR_OK) {
        err = calendar_load(buf_slice(&text), calendar, why);
    }
    buf_release(&text);
    if (err == ERR_OK) {
        *policy = pack;
    } else {
        policy_free(pack);
    }
    return err;
}
