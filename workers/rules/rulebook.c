#include "workers/rules/rulebook.h"

#include <inttypes.h>
#include <stdio.h>
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

enum err rulebook_refresh(struct policy **policy, struct slice pack,
                          const struct disaster *disasters, size_t count, struct buf *why)
{
    struct policy *next = NULL;
    enum err err = policy_load_declared(pack.len > 0 ? pack : policy_text(*policy), disasters,
                                        count, &next, why);
    if (err == ERR_OK) {
        policy_free(*policy);
        *policy = next;
    } else if (pack.len > 0 && err != ERR_NO_MEMORY) {
        policy_suspend_orders(*policy);
    }
    return err;
}

enum err rulebook_disaster(int64_t id, struct slice surge, struct slice divisions,
                           struct slice title, int64_t from_ms, int64_t to_ms, struct disaster *out)
{
    struct disaster d = {.from_ms = from_ms, .to_ms = to_ms};
    snprintf(d.id, sizeof(d.id), "D%" PRId64, id);
    enum err err = slice_copy(surge, d.surge, sizeof(d.surge));
    if (err == ERR_OK) {
        err = slice_copy(title, d.title, sizeof(d.title));
    }
    while (err == ERR_OK && divisions.len > 0) {
        struct slice code = slice_cut(&divisions, ',');
        bool known =
            code.len == 2 || code.len == 4 || code.len == 6 || code.len == 9 || code.len == 12;
        err = !known || !slice_all_digits(code) || d.division_count == ORDER_DIVISIONS_MAX
                  ? ERR_INPUT
                  : slice_copy(code, d.divisions[d.division_count++], DIVISION_CODE_SIZE);
    }
    if (err != ERR_OK || d.division_count == 0 || from_ms >= to_ms) {
        return ERR_INPUT;
    }
    *out = d;
    return ERR_OK;
}
