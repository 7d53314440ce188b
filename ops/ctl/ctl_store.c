/* `jiujictl store load | check`: put this build's function library into Redis, or say whether Redis
 * can be used. */
#include "ops/ctl/ctl_store.h"

#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "queue/store/function_library.h"

#define CALL_DEADLINE_MS 30000

static struct store *open_unchecked(const struct settings *s)
{
    struct store *store = NULL;
    enum err err = store_new(s->redis_socket, s->region, CALL_DEADLINE_MS, &store);
    if (err != ERR_OK) {
        ctl_complain("cannot use redis_socket '%s' with region '%s'", s->redis_socket, s->region);
        return NULL;
    }
    return store;
}

static void complain(struct store *store, enum err err)
{
    ctl_complain("%s%s%s", err_text(err), store_why(store)[0] == '\0' ? "" : ": ",
                 store_why(store));
}

struct store *ctl_store_open(const struct settings *s)
{
    struct store *store = open_unchecked(s);
    enum err err = store == NULL ? ERR_OK : store_ready(store);
    if (err != ERR_OK) {
        complain(store, err);
        store_free(store);
        return NULL;
    }
    return store;
}

bool ctl_store_call(struct store *store, redisReply **reply)
{
    enum err err = store_call(store, reply);
    if (err != ERR_OK) {
        complain(store, err);
    }
    return err == ERR_OK;
}

int ctl_store(int argc, char **argv, const struct settings *s)
{
    bool load = argc == 2 && strcmp(argv[1], "load") == 0;
    if (!load && !(argc == 2 && strcmp(argv[1], "check") == 0)) {
        return ctl_usage("usage: jiujictl store load    put the function library into Redis (after "
                         "an upgrade, too)\n"
                         "       jiujictl store check   are Redis' settings safe, is the library "
                         "this build's?\n");
    }
    struct store *store = open_unchecked(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    enum err err = load ? store_load_functions(store) : store_ready(store);
    if (err == ERR_OK) {
        char version[FUNCTION_VERSION_SIZE];
        function_library_version(version);
        printf("store ok: function library %s\n", version);
    } else {
        complain(store, err);
    }
    store_free(store);
    return err == ERR_OK ? CTL_OK : CTL_FAILED;
}
