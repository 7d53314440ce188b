/* `jiujictl relatives` and `jiujictl officer-accounts`: add | remove | list. The registers of the
 * staff, officers' near relatives (近亲属备案) and their own payment accounts. ID numbers and
 * accounts come on standard input, one a line: what stands on a command line can be read by
 * everybody on the machine. */
#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/domain/id_number.h"
#include "queue/domain/payee.h"
#include "queue/seal/personal.h"
#include "queue/store/calls_people.h"
#include "queue/store/event_tail.h"

#define LINE_MAX_BYTES 256

/* One line in the hands of a register. */
struct entry {
    const struct settings *settings;
    struct store *store;
    struct sealer *sealer;
    const char *actor, *by; /* "officer:NAME", "operator:NAME" */
    bool add;
    struct slice tail; /* of the event */
};

struct staff_register {
    const char *usage, *added, *removed; /* reasons of the events */
    /* The keyed hash of a line. False when it is none; *why: what is wrong with it. */
    bool (*hash)(struct sealer *sealer, struct slice line, char hash[SEAL_HASH_SIZE],
                 const char **why);
    bool (*set)(const struct entry *e, struct slice hash, bool *changed);
    void (*list_write)(struct fcall *f, const char *region, struct slice actor);
    bool whole; /* `remove --all` takes off all of an actor */
};

/* ---- Near relatives ---- */

static bool hash_id(struct sealer *sealer, struct slice line, char hash[SEAL_HASH_SIZE],
                    const char **why)
{
    struct id_number id;
    enum id_number_fault fault = ID_NUMBER_LENGTH;
    if (id_number_parse(line, clock_now_ms(), &id, &fault) != ERR_OK) {
        *why = id_number_fault_zh(fault);
        return false;
    }
    *why = "it cannot be hashed";
    return seal_hash(sealer, "id_number", slice_of(id.text), hash) == ERR_OK;
}

static bool set_relative(const struct entry *e, struct slice hash, bool *changed)
{
    redisReply *reply = NULL;
    relative_set_write(store_fcall(e->store), e->settings->region, hash, slice_of(e->actor), e->add,
                       e->tail);
    bool ok = ctl_store_call(e->store, &reply) && relative_set_read(reply, changed) == ERR_OK;
    freeReplyObject(reply);
    return ok;
}

static const struct staff_register RELATIVES = {
    .usage =
        "usage: jiujictl relatives add ACTOR --by NAME < FILE      ACTOR: officer:NAME or "
        "reviewer:NAME as on the token\n"
        "       jiujictl relatives remove ACTOR --by NAME < FILE   FILE: one ID number a line\n"
        "       jiujictl relatives list [ACTOR]\n",
    .added = "近亲属备案",
    .removed = "撤销近亲属备案",
    .hash = hash_id,
    .set = set_relative,
    .list_write = relative_list_write,
};

/* ---- Officers' own accounts ---- */

static bool hash_account(struct sealer *sealer, struct slice line, char hash[SEAL_HASH_SIZE],
                         const char **why)
{
    char plain[PAYEE_PLAIN_SIZE] = "";
    if (payee_account_plain(line, plain) != ERR_OK || plain[0] == '\0') {
        *why = "an account is written account:NUMBER@BANK";
        return false;
    }
    *why = "it cannot be hashed";
    return personal_account_hash(sealer, line, hash) == ERR_OK;
}

static bool set_account(const struct entry *e, struct slice hash, bool *changed)
{
    redisReply *reply = NULL;
    enum officer_account_outcome outcome = OFFICER_ACCOUNT_SAME;
    officer_account_set_write(store_fcall(e->store), e->settings->region, hash, slice_of(e->actor),
                              e->add, slice_of(e->by), e->tail);
    bool ok =
        ctl_store_call(e->store, &reply) && officer_account_set_read(reply, &outcome) == ERR_OK;
    freeReplyObject(reply);
    if (outcome == OFFICER_ACCOUNT_OWN) {
        ctl_complain("nobody takes his own account off: another person must");
    } else if (outcome == OFFICER_ACCOUNT_FULL) {
        ctl_complain("too many owners of one account, or too many accounts");
    }
    *changed = outcome == OFFICER_ACCOUNT_CHANGED;
    return ok && (*changed || outcome == OFFICER_ACCOUNT_SAME);
}

static const struct staff_register ACCOUNTS = {
    .usage = "usage: jiujictl officer-accounts add ACTOR --by NAME < FILE      ACTOR: officer:NAME "
             "or reviewer:NAME as on the token\n"
             "       jiujictl officer-accounts remove ACTOR --by NAME < FILE   FILE: one "
             "account:NUMBER@BANK a line\n"
             "       jiujictl officer-accounts remove ACTOR --by NAME --all    all of his\n"
             "       jiujictl officer-accounts list [ACTOR]\n",
    .added = "工作人员本人账户备案",
    .removed = "撤销工作人员本人账户备案",
    .hash = hash_account,
    .set = set_account,
    .list_write = officer_account_list_write,
    .whole = true,
};

/* ---- Both ---- */

static bool show(const struct staff_register *r, struct store *store, const struct settings *s,
                 const char *actor)
{
    static struct staff_row rows[STAFF_ROWS_MAX];
    redisReply *reply = NULL;
    size_t n = 0;
    r->list_write(store_fcall(store), s->region, slice_of(actor));
    bool ok = ctl_store_call(store, &reply) && staff_list_read(reply, rows, &n) == ERR_OK;
    for (size_t i = 0; i < n; i++) { /* enough of a keyed hash to tell two of them apart */
        printf("%.*s\t%.8s\n", SLICE_FMT(rows[i].actor), rows[i].hash.ptr);
    }
    freeReplyObject(reply);
    return ok;
}

/* Every line of standard input. Stops at the first that is wrong. */
static int set_lines(const struct staff_register *r, const struct entry *e)
{
    char line[LINE_MAX_BYTES], hash[SEAL_HASH_SIZE];
    long number = 0, done = 0;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        struct slice text = slice_trim(slice_of(line));
        const char *why = "";
        bool changed = false;
        number++;
        if (text.len == 0) {
            continue;
        }
        if (!r->hash(e->sealer, text, hash, &why)) {
            ctl_complain("line %ld: %s", number, why);
            return CTL_FAILED;
        }
        if (!r->set(e, slice_of(hash), &changed)) {
            ctl_complain("line %ld could not be stored; the lines before it are", number);
            return CTL_FAILED;
        }
        done += changed;
    }
    printf("%ld %s\n", done, e->add ? "added" : "removed");
    return CTL_OK;
}

static int set_whole(const struct staff_register *r, const struct entry *e)
{
    bool changed = false;
    if (!r->set(e, slice_make("", 0), &changed)) {
        return CTL_FAILED;
    }
    printf("%s\n", changed ? "all removed" : "there was none");
    return CTL_OK;
}

static int change(const struct staff_register *r, struct store *store, const struct settings *s,
                  const char *actor, const char *by, bool add, bool whole)
{
    char who[100];
    struct buf tail, why;
    struct entry e = {.settings = s, .store = store, .actor = actor, .by = who, .add = add};
    int status = CTL_FAILED;
    snprintf(who, sizeof(who), "operator:%s", by);
    buf_init(&tail, 4096);
    buf_init(&why, 4096);
    const struct event_tail event = {.at_ms = clock_now_ms(),
                                     .actor = slice_of(who),
                                     .reason = slice_of(add ? r->added : r->removed)};
    event_tail_write(&event, &tail);
    e.tail = buf_slice(&tail);
    if (sealer_open(s->master_key_file, &e.sealer, &why) == ERR_OK) {
        status = whole ? set_whole(r, &e) : set_lines(r, &e);
    } else {
        ctl_complain("%.*s", SLICE_FMT(buf_slice(&why)));
    }
    sealer_close(e.sealer);
    buf_release(&tail);
    buf_release(&why);
    return status;
}

static bool actor_is_good(const char *actor)
{
    struct slice rest = slice_of(actor);
    struct slice role = slice_cut(&rest, ':');
    return (slice_is(role, "officer") || slice_is(role, "reviewer")) && rest.len > 0 &&
           rest.len <= 60 && strpbrk(actor, ",=|") == NULL;
}

static int run(const struct staff_register *r, int argc, char **argv, const struct settings *s)
{
    const char *by = "";
    bool whole = false;
    const struct ctl_option options[] = {{.name = "by", .value = &by},
                                         {.name = "all", .given = &whole}};
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    bool listing = (argc == 2 || argc == 3) && strcmp(argv[1], "list") == 0;
    bool add = argc == 3 && strcmp(argv[1], "add") == 0;
    bool removing = argc == 3 && strcmp(argv[1], "remove") == 0;
    bool changing = (add || removing) && by[0] != '\0' && strlen(by) <= 60;
    if (!(listing || changing) || (whole && !(removing && r->whole))) {
        return ctl_usage(r->usage);
    }
    if (argc == 3 && !actor_is_good(argv[2])) {
        ctl_complain("ACTOR must be officer:NAME or reviewer:NAME");
        return CTL_USAGE;
    }
    struct store *store = ctl_store_open(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    int status = !listing ? change(r, store, s, argv[2], by, add, whole)
                 : show(r, store, s, argc == 3 ? argv[2] : "") ? CTL_OK
                                                               : CTL_FAILED;
    store_free(store);
    return status;
}

int ctl_relatives(int argc, char **argv, const struct settings *s)
{
    return run(&RELATIVES, argc, argv, s);
}

int ctl_officer_accounts(int argc, char **argv, const struct settings *s)
{
    return run(&ACCOUNTS, argc, argv, s);
}
