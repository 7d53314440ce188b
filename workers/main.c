/* jiuji-worker: leases jobs of the chosen stages, in a loop, until told to stop. Any number of them
 * may run; what one leaves unfinished another takes over when the lease ends. */
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "workers/runtime.h"

#define IDLE_FIRST_US 500
#define IDLE_MOST_US 20000
#define TROUBLE_FIRST_MS 100
#define TROUBLE_MOST_MS 3000

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static void rest_us(long us)
{
    const struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&t, NULL); /* a signal cuts it short, which is what we want */
}

static enum err run_stages(struct site *s, size_t *handled)
{
    static enum err (*const STAGES[STAGE_COUNT])(struct site *, size_t *) = {
        [STAGE_ROUTE] = stage_route, [STAGE_PAY] = stage_pay,     [STAGE_NOTIFY] = stage_notify,
        [STAGE_SMS] = stage_sms,     [STAGE_CLOCK] = stage_clock,
        [STAGE_HOOK] = stage_hook, [STAGE_REGISTER] = stage_register,
    };
    /* messages in front of what goes out: an answer leaves before the news that follows from it */
    static const enum stage ORDER[STAGE_COUNT] = {STAGE_ROUTE, STAGE_PAY, STAGE_SMS, STAGE_NOTIFY,
                                                  STAGE_CLOCK, STAGE_HOOK, STAGE_REGISTER};
    *handled = 0;
    for (int i = 0; i < STAGE_COUNT && stop_asked == 0; i++) {
        size_t count = 0;
        if (!s->stages[ORDER[i]]) {
            continue;
        }
        enum err err = STAGES[ORDER[i]](s, &count);
        arena_reset(&s->arena);
        if (err != ERR_OK) {
            return err;
        }
        *handled += count;
    }
    return ERR_OK;
}

static void run(struct site *s)
{
    long idle_us = IDLE_FIRST_US, trouble_ms = TROUBLE_FIRST_MS;
    while (stop_asked == 0) {
        size_t handled = 0;
        enum err err = run_stages(s, &handled);
        if (err != ERR_OK) {
            log_event(LOG_WARN, "batch_failed", "err=%s pause_ms=%ld", err_code(err), trouble_ms);
            rest_us(trouble_ms * 1000);
            trouble_ms = trouble_ms * 2 > TROUBLE_MOST_MS ? TROUBLE_MOST_MS : trouble_ms * 2;
            continue;
        }
        trouble_ms = TROUBLE_FIRST_MS;
        idle_us = handled > 0                  ? IDLE_FIRST_US
                  : idle_us * 2 > IDLE_MOST_US ? IDLE_MOST_US
                                               : idle_us * 2;
        if (handled == 0 && stop_asked == 0) {
            rest_us(idle_us);
        }
    }
}

/* The store may still be starting: wait for it, but not for wrong settings. */
static enum err wait_for_store(struct site *s)
{
    long pause_ms = TROUBLE_FIRST_MS;
    while (stop_asked == 0) {
        enum err err = store_ready(s->store);
        if (err == ERR_OK || err == ERR_STORE_SETTINGS || err == ERR_STORE_FUNCTIONS) {
            return err;
        }
        log_event(LOG_WARN, "store_not_ready", "err=%s why=\"%s\"", err_code(err),
                  store_why(s->store));
        rest_us(pause_ms * 1000);
        pause_ms = pause_ms * 2 > TROUBLE_MOST_MS ? TROUBLE_MOST_MS : pause_ms * 2;
    }
    return ERR_CANCELLED;
}

int main(int argc, char **argv)
{
    static struct settings settings;
    static struct site site;
    struct buf why;
    int status = 1;
    buf_init(&why, 16384);
    settings_defaults(&settings);
    if (settings_read_args(&settings, &argc, argv, &why) != ERR_OK || argc > 1) {
        if (argc > 1) {
            return settings_usage("jiuji-worker");
        }
        fprintf(stderr, "jiuji-worker: %.*s\n", SLICE_FMT(buf_slice(&why)));
        return 2;
    }
    log_setup("worker", log_level_from_word(settings.log_level));
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (site_open(&site, &settings, &why) != ERR_OK) {
        fprintf(stderr, "jiuji-worker: %.*s\n", SLICE_FMT(buf_slice(&why)));
        goto out;
    }
    enum err err = wait_for_store(&site);
    if (err != ERR_OK) {
        log_event(LOG_ERROR, "store_refused", "err=%s why=\"%s\"", err_code(err),
                  store_why(site.store));
        status = stop_asked != 0 ? 0 : 1;
        goto close;
    }
    log_event(LOG_INFO, "worker_started", "name=%s stages=%s region=%s", settings.worker_name,
              settings.stages, settings.region);
    run(&site);
    log_event(LOG_INFO, "worker_stopped", "name=%s", settings.worker_name);
    status = 0;
close:
    stage_register_close(&site);
    stage_hook_close(&site); /* what is on its way gets its answer */
    site_close(&site);
out:
    buf_release(&why);
    return status;
}
