/* jiuji-gateway: takes tickets and callbacks, serves officers and reviewers. One thread; more
 * processes share the port. */
#include <signal.h>
#include <stdio.h>
#include "queue/base/log.h"
#include "server/gateway.h"

static struct gateway gateway;
static uv_signal_t on_term, on_int;

static void on_signal(uv_signal_t *handle, int number)
{
    (void)handle;
    (void)number;
    if (!gateway.draining) {
        gateway_stop(&gateway);
        /* the handles stay for a second signal, but no longer keep the loop alive */
        uv_unref((uv_handle_t *)&on_term);
        uv_unref((uv_handle_t *)&on_int);
    } else {
        gateway_stop(&gateway);
    }
}

int main(int argc, char **argv)
{
    static struct settings settings;
    static uv_loop_t loop;
    struct buf why;
    buf_init(&why, 16384);
    settings_defaults(&settings);
    enum err err = settings_read_args(&settings, &argc, argv, &why);
    if (err == ERR_OK && argc > 1) {
        buf_release(&why);
        return settings_usage("jiuji-gateway");
    }
    log_setup("gateway", log_level_from_word(settings.log_level));
    if (err == ERR_OK && uv_loop_init(&loop) != 0) {
        err = ERR_NO_MEMORY;
    }
    if (err == ERR_OK) {
        err = gateway_start(&gateway, &loop, &settings, &why);
    }
    if (err != ERR_OK) {
        fprintf(stderr, "jiuji-gateway: %s\n", why.len > 0 ? why.ptr : err_text(err));
        buf_release(&why);
        return 1; /* whatever was opened goes with the process */
    }
    signal(SIGPIPE, SIG_IGN);
    uv_signal_init(&loop, &on_term);
    uv_signal_init(&loop, &on_int);
    uv_signal_start(&on_term, on_signal, SIGTERM);
    uv_signal_start(&on_int, on_signal, SIGINT);
    log_event(LOG_INFO, "listening", "address=%s port=%d node=%ld region=%s", settings.listen,
              http_server_port(gateway.http), settings.node, settings.region);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&on_term, NULL);
    uv_close((uv_handle_t *)&on_int, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    log_event(LOG_INFO, "stopped", "node=%ld", settings.node);
    gateway_release(&gateway);
    uv_loop_close(&loop);
    buf_release(&why);
    return 0;
}
