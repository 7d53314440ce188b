/* `jiujictl relatives add | remove | list`: the register of officers' near relatives (近亲属备案).
 * ID numbers come on standard input, one a line: what stands on a command line can be read by
 * everybody on the machine. */
#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/domain/id_number.h"
#include "queue/seal/seal.h"
#include "queue/store/calls_people.h"
#include "queue/store/event_tail.h"

static const char USAGE[] =
    "usage: jiujictl relatives add ACTOR --by NAME < FILE      ACTOR: officer:NAME or "
    "reviewer:NAME as on the token\n"
    "       jiujictl relatives remove ACTOR --by NAME < FILE   FILE: one ID number a line\n"
    "       jiujictl relatives list [ACTOR]\n";

#define LINE_MAX_BYTES 64

static struct relative_row rows[RELATIVES_SHOWN_MAX];

static bool set_one(struct store *store, const struct settings *s, struct sealer *sealer,
                    struct slice id, const char *actor, const char *by, bool add, bool *changed)
{
    char hash[SEAL_HASH_SIZE], who[100];
    struct buf tail;
    redisReply *reply = NULL;
    if (seal_hash(sealer, "id_number", id, hash) != ERR_OK) {
        return false;
    }
    snprintf(who, sizeof(who), "operator:%s", by);
    buf_init(&tail, 4096);
    const struct event_tail event = {.at_ms = clock_now_ms(),
                                     .actor = slice_of(who),
                                     .reason = slice_of(add ? "近亲属备案" : "撤销近亲属备案")};
    event_tail_write(&event, &tail);
    relative_set_write(store_fcall(store), s->region, slice_of(hash), slice_of(actor), add,
                       buf_slice(&tail));
    bool ok = ctl_store_call(store, &reply) && relative_set_read(reply, changed) == ERR_OK;
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    buf_release(&tail);
    return ok;
}

/* Every line of standard input. Stops at the first that is no ID number. */
static int set_all(struct store *store, const struct settings *s, struct sealer *sealer,
                   const char *actor, const char *by, bool add)
{
    char line[LINE_MAX_BYTES];
    long number = 0, done = 0;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        struct slice text = slice_trim(slice_of(line));
        struct id_number id;
        enum id_number_fault why = ID_NUMBER_LENGTH;
        bool changed = false;
        number++;
        if (text.len == 0) {
            continue;
        }
        if (id_number_parse(text, clock_now_ms(), &id, &why) != ERR_OK) {
            ctl_complain("line %ld: %s", number, id_number_fault_zh(why));
            return CTL_FAILED;
        }
        if (!set_one(store, s, sealer, slice_of(id.text), actor, by, add, &changed)) {
            ctl_complain("line %ld could not be stored; the lines before it are", number);
            return CTL_FAILED;
        }
        done += changed;
    }
    printf("%ld %s\n", done, add ? "added" : "removed");
    return CTL_OK;
}

static int list(struct store *store, const struct settings *s, const char *actor)
{
    redisReply *reply = NULL;
    size_t n = 0;
    relative_list_write(store_fcall(store), s->region, slice_of(actor));
    bool ok = ctl_store_call(store, &reply) && relative_list_read(reply, rows, &n) == ERR_OK;
    for (size_t i = 0; i < n;
         i++) { /* the start of a keyed hash: enough to tell two people apart */
        printf("%.*s\t%.8s\n", SLICE_FMT(rows[i].actor), rows[i].person_hash.ptr);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return ok ? CTL_OK : CTL_FAILED;
}

static bool actor_is_good(const char *actor)
{
    struct slice rest = slice_of(actor);
    struct slice role = slice_cut(&rest, ':');
    return (slice_is(role, "officer") || slice_is(role, "reviewer")) && rest.len > 0 &&
           rest.len <= 60 && strpbrk(actor, ",=|") == NULL;
}

int ctl_relatives(int argc, char **argv, const struct settings *s)
{
    const char *by = "";
    const struct ctl_option options[] = {{.name = "by", .value = &by}};
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    bool listing = (argc == 2 || argc == 3) && strcmp(argv[1], "list") == 0;
    bool add = argc == 3 && strcmp(argv[1], "add") == 0;
    bool removing = argc == 3 && strcmp(argv[1], "remove") == 0;
    if (!(listing || ((add || removing) && by[0] != '\0' && strlen(by) <= 60))) {
        return ctl_usage(USAGE);
    }
    if (argc == 3 && !actor_is_good(argv[2])) {
        ctl_complain("ACTOR must be officer:NAME or reviewer:NAME");
        return CTL_USAGE;
    }
    struct sealer *sealer = NULL;
    struct buf why;
    int status = CTL_FAILED;
    struct store *store = ctl_store_open(s);
    buf_init(&why, 4096);
    if (store == NULL) {
        goto out;
    }
    if (listing) {
        status = list(store, s, argc == 3 ? argv[2] : "");
        goto out;
    }
    if (sealer_open(s->master_key_file, &sealer, &why) != ERR_OK) {
        ctl_complain("%.*s", SLICE_FMT(buf_slice(&why)));
        goto out;
    }
    status = set_all(store, s, sealer, argv[2], by, add);
out:
    sealer_close(sealer);
    if (store != NULL) {
        store_free(store);
    }
    buf_release(&why);
    return status;
}
