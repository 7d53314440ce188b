#include "workers/rules/rulebook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Those that can be used; the others are told. */
static size_t read_disasters(const struct rulebook_news *news,
                             struct disaster out[POLICY_DISASTERS_MAX], struct buf *why)
{
    size_t n = 0;
    for (size_t i = 0; i < news->disaster_count && n < POLICY_DISASTERS_MAX; i++) {
        const struct disaster_row *row = &news->disasters[i];
        if (rulebook_disaster(row->id, row->surge, row->divisions, row->title, row->from_ms,
                              row->to_ms, &out[n]) == ERR_OK) {
            n++;
        } else {
            buf_putf(why, "disaster D%" PRId64 " is left out: it cannot be read\n", row->id);
        }
    }
    return n;
}

/* Remember that this pack is passed over. False when there are too many: then it is not. */
static bool pass_over(struct rulebook_state *state, int64_t id)
{
    if (state->refused_count == RULEBOOK_REFUSED_MAX) {
        return false;
    }
    state->refused[state->refused_count++] = id;
    state->key[0] = '\0';
    return true;
}

static enum err check_news(const struct rulebook_news *news, const struct pack_signers *signers,
                           struct buf *why)
{
    if (news->id == 0) {
        return ERR_OK; /* the file's was looked at when it was read */
    }
    if (!news->readable) {
        buf_putf(why, "pack %" PRId64 " is damaged in the store\n", news->id);
        return pack_signers_ask(signers) ? ERR_AUTH : ERR_CORRUPT;
    }
    return pack_signatures_check(news->pack, signers, why);
}

enum err rulebook_take(struct policy **policy, struct rulebook_state *state,
                       const struct rulebook_news *news, const struct pack_signers *signers,
                       struct buf *why, const char **trouble)
{
    struct disaster *disasters = NULL;
    *trouble = NULL;
    enum err err = check_news(news, signers, why);
    if (err == ERR_AUTH) {
        state->alarm = true;
        *trouble = "policy_signature_refused";
        return pass_over(state, news->id) ? ERR_AUTH : ERR_LIMIT;
    }
    if (err == ERR_OK) {
        disasters = calloc(POLICY_DISASTERS_MAX, sizeof(*disasters));
        err = disasters == NULL ? ERR_NO_MEMORY : ERR_OK;
    } else if (err == ERR_CORRUPT) {
        policy_suspend_orders(*policy);
    }
    if (err == ERR_OK) {
        size_t n = read_disasters(news, disasters, why);
        err = rulebook_refresh(policy, news->pack, disasters, n, why);
    }
    free(disasters);
    if (err != ERR_NO_MEMORY) {
        state->alarm = err != ERR_OK || news->id != news->newest_id;
    }
    if (err != ERR_OK) {
        *trouble = "rules_refused_nothing_by_rule";
    } else if (why->len > 0) {
        *trouble = "disaster_refused";
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
