#include "queue/store/settings_check.h"

#include "queue/store/function_library.h"

/* name, wanted value ("+" = a number above 0), why */
static const struct {
    const char *name;
    const char *want;
    const char *why;
} WANTED[] = {
    {"appendonly", "yes", "cases must be written to disk"},
    {"appendfsync", "always", "an answered case must survive a power cut"},
    {"no-appendfsync-on-rewrite", "no", "otherwise `always` is off during a rewrite"},
    {"maxmemory-policy", "noeviction", "Redis must refuse rather than throw cases away"},
    {"maxmemory", "+", "a full machine must be refused work early, not killed"},
};

void settings_check_command(struct fcall *f, int i, const char *region)
{
    switch (i) {
    case 0:
        fcall_begin_plain(f);
        fcall_text(f, "CONFIG");
        fcall_text(f, "GET");
        for (size_t k = 0; k < COUNT_OF(WANTED); k++) {
            fcall_text(f, WANTED[k].name);
        }
        break;
    case 1:
        fcall_begin_plain(f);
        fcall_text(f, "ROLE");
        break;
    case 2:
        fcall_begin_plain(f);
        fcall_text(f, "INFO");
        fcall_text(f, "server");
        break;
    default: fcall_begin(f, "version", region); break;
    }
}

static enum err check_config(const redisReply *reply, struct buf *why)
{
    enum err err = ERR_OK;
    for (size_t k = 0; k < COUNT_OF(WANTED); k++) {
        struct slice is = slice_make(NULL, 0);
        for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
            if (slice_is(reply_text_at(reply, i), WANTED[k].name)) {
                is = reply_text_at(reply, i + 1);
            }
        }
        bool ok = WANTED[k].want[0] == '+' ? is.len > 0 && !slice_is(is, "0")
                                           : slice_is(is, WANTED[k].want);
        if (!ok) {
            buf_putf(why, "%sredis setting '%s' is '%.*s' but must be '%s': %s",
                     err == ERR_OK ? "" : "; ", WANTED[k].name, SLICE_FMT(is),
                     WANTED[k].want[0] == '+' ? "above 0" : WANTED[k].want, WANTED[k].why);
            err = ERR_STORE_SETTINGS;
        }
    }
    return err;
}

static enum err check_version(struct slice info, struct buf *why)
{
    while (info.len > 0) {
        struct slice line = slice_trim(slice_cut(&info, '\n'));
        struct slice value = line;
        if (slice_is(slice_cut(&value, ':'), "redis_version")) {
            struct slice major = slice_cut(&value, '.');
            int64_t number;
            if (slice_to_int64(major, 7, 1000, &number) == ERR_OK) {
                return ERR_OK;
            }
            buf_putf(why, "redis is version %.*s but must be 7 or newer: functions are needed",
                     SLICE_FMT(line));
            return ERR_STORE_SETTINGS;
        }
    }
    buf_put_text(why, "redis does not tell its version");
    return ERR_STORE_SETTINGS;
}

enum err settings_check_reply(int i, const redisReply *reply, struct buf *why)
{
    enum err err = reply_err(reply);
    if (err == ERR_STORE_FUNCTIONS) {
        buf_put_text(why, "the function library is not loaded: run `jiujictl store load`");
    }
    if (err != ERR_OK) {
        return err;
    }
    if (i == 0) {
        return check_config(reply, why);
    }
    if (i == 1) {
        if (slice_is(reply_text_at(reply, 0), "master")) {
            return ERR_OK;
        }
        buf_put_text(why, "this redis is a replica: point redis_socket at the primary");
        return ERR_STORE_READONLY;
    }
    if (i == 2) {
        return check_version(reply_text(reply), why);
    }
    char mine[FUNCTION_VERSION_SIZE];
    function_library_version(mine);
    if (!slice_is(reply_text(reply), mine)) {
        buf_putf(why,
                 "the function library is version %.*s, this program needs %s: run `jiujictl store "
                 "load`",
                 SLICE_FMT(reply_text(reply)), mine);
        return ERR_STORE_FUNCTIONS;
    }
    return ERR_OK;
}
