/* jiuji-fcall-limit: what this machine's Redis can take of the intake function itself, with nothing
 * around it: no HTTP, no JSON, no encryption. Tickets of the usual size, made beforehand; LINKS
 * connections with DEPTH calls each in flight.
 *
 *     jiuji-fcall-limit --config FILE [--tickets N]
 *
 * Prints one JSON object: tickets per second with one ticket per call and with 64 per call. The
 * cases go to a region of their own (FIGURES_REGION) of the store, whose stages nobody runs: use a
 * store that is thrown away afterwards. */
#include <stdio.h>
#include <stdlib.h>
#include "queue/base/clock.h"
#include "queue/base/settings.h"
#include "queue/store/calls_case.h"

#define FIGURES_REGION "999999"
#define LINKS 8
#define DEPTH 8
#define TICKETS_DEFAULT 20000

struct limit_run {
    redisContext *links[LINKS];
    long next; /* ticket number */
};

static void die(const char *what)
{
    fprintf(stderr, "jiuji-fcall-limit: %s\n", what);
    exit(1);
}

static void add_ticket(struct fcall *f, long number)
{
    static const char FACTS[] =
        "{\"received_ms\":1763756400000,\"channel\":\"call\",\"cause\":\"fire\",\"persons\":4,"
        "\"place_code\":\"520102001\",\"shelter_lost\":true,\"food_lost\":true}";
    static const char TAIL[] =
        "\"at_ms\":1763756400000,\"actor\":\"agent:bench\",\"reason\":\"电话\",\"policy\":\"\"";
    static char sealed[320], wrapped[60];
    char no[CASE_NO_SIZE], hash[33], print[33];
    const struct case_no_parts parts = {
        .region = FIGURES_REGION, .date = 991231, .node = 99, .sequence = (int)number};
    case_no_write(&parts, no);
    snprintf(hash, sizeof(hash), "%032lx", (unsigned long)number);
    snprintf(print, sizeof(print), "%032lx", (unsigned long)number * 7);
    const struct intake_ticket t = {
        .no = slice_of(no),
        .idem_hash = slice_of(hash),
        .fingerprint = slice_of(print),
        .received_ms = INT64_C(1763756400000),
        .facts = SLICE_LIT(FACTS),
        .sealed = slice_make(sealed, sizeof(sealed)),
        .person_hash = slice_of(print),
        .wrapped_key = slice_make(wrapped, sizeof(wrapped)),
        .job_score = INT64_C(1763756400000),
        .event_tail = SLICE_LIT(TAIL),
    };
    intake_add(f, &t);
}

static void push_call(struct limit_run *run, struct fcall *f, int link, long per_call)
{
    struct slice wire;
    intake_begin(f, FIGURES_REGION);
    for (long i = 0; i < per_call; i++) {
        add_ticket(f, run->next++);
    }
    if (fcall_finish(f, &wire) != ERR_OK ||
        redisAppendFormattedCommand(run->links[link], wire.ptr, wire.len) != REDIS_OK) {
        die("out of memory");
    }
}

static void pull_call(struct limit_run *run, int link)
{
    void *reply = NULL;
    if (redisGetReply(run->links[link], &reply) != REDIS_OK || reply_err(reply) != ERR_OK) {
        die("the store refused a call");
    }
    freeReplyObject(reply);
}

/* All links busy with DEPTH calls all the time; returns tickets per second. */
static double measure(struct limit_run *run, long tickets, long per_call)
{
    struct fcall f;
    long calls = tickets / per_call, sent = 0, done = 0;
    int depth = per_call == 1 ? DEPTH : 1;
    fcall_init(&f);
    int64_t from_us = clock_mono_us();
    for (int d = 0; d < depth; d++) {
        for (int k = 0; k < LINKS && sent < calls; k++, sent++) {
            push_call(run, &f, k, per_call);
        }
    }
    while (done < calls) {
        for (int k = 0; k < LINKS && done < calls; k++, done++) {
            pull_call(run, k);
            if (sent < calls) {
                push_call(run, &f, k, per_call);
                sent++;
            }
        }
    }
    double seconds = (double)(clock_mono_us() - from_us) / 1e6;
    fcall_release(&f);
    return (double)(calls * per_call) / seconds;
}

int main(int argc, char **argv)
{
    static struct settings settings;
    struct limit_run run = {.next = 1};
    struct buf why;
    int64_t tickets = TICKETS_DEFAULT;
    buf_init(&why, 4096);
    settings_defaults(&settings);
    if (settings_read_args(&settings, &argc, argv, &why) != ERR_OK) {
        die(why.ptr);
    }
    if (argc == 3 && strcmp(argv[1], "--tickets") == 0) {
        if (slice_to_int64(slice_of(argv[2]), 1000, 1000000, &tickets) != ERR_OK) {
            die("--tickets takes 1000 to 1000000");
        }
    } else if (argc != 1) {
        die("usage: jiuji-fcall-limit --config FILE [--tickets N]");
    }
    for (int i = 0; i < LINKS; i++) {
        run.links[i] = redisConnectUnix(settings.redis_socket);
        if (run.links[i] == NULL || run.links[i]->err != 0) {
            die("cannot connect to redis_socket");
        }
    }
    double single = measure(&run, tickets, 1);
    double batched = measure(&run, tickets, STORE_BATCH_MAX);
    printf("{\"tickets\":%lld,\"single_per_s\":%.0f,\"batched_per_s\":%.0f}\n", (long long)tickets,
           single, batched);
    for (int i = 0; i < LINKS; i++) {
        redisFree(run.links[i]);
    }
    buf_release(&why);
    return 0;
}
