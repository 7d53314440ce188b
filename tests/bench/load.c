/* jiuji-load: an HTTP load generator for the gateway. One JSON line with what was measured goes to
 * stdout. Exit code 0: every request was answered (with --expect: with that status). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/random.h>
#include <uv.h>

#include "queue/base/json.h"
#include "tests/bench/load_run.h"

static const char usage[] =
    "usage: jiuji-load --port PORT [options]\n"
    "  --host IP            address of the gateway (127.0.0.1)\n"
    "  --connections N      keep-alive connections (64)\n"
    "  --requests N         requests in all (100000)\n"
    "  --rate N             requests per second, open loop; 0: closed loop (0)\n"
    "  --get TARGET         GET this instead of posting tickets\n"
    "  --post TARGET        where tickets are posted (/v1/tickets)\n"
    "  --token TOKEN        bearer token; @FILE reads it from a file\n"
    "  --places FILE        a JSON object for `place` per line, used in turn\n"
    "  --first N            number of the first person and key (0)\n"
    "  --run TEXT           8 characters, part of every Idempotency-Key (random)\n"
    "  --timeout_ms N       of one request (10000)\n"
    "  --expect STATUS      any other status is a failure\n";

struct options {
    const char *host;
    const char *token;
    struct load_request_options request;
    int64_t port, connections, requests, rate, first, timeout_ms, expect;
    char run[9];
    char token_text[256];
};

/* Numbers. False: no such option, or out of range. */
static bool set_number(struct options *o, const char *name, const char *value)
{
    const struct {
        const char *name;
        int64_t *out;
        int64_t min, max;
    } table[] = {
        {"--port", &o->port, 1, 65535},
        {"--connections", &o->connections, 1, 20000},
        {"--requests", &o->requests, 1, 1000000000},
        {"--rate", &o->rate, 0, 10000000},
        {"--first", &o->first, 0, 99999999},
        {"--timeout_ms", &o->timeout_ms, 100, 600000},
        {"--expect", &o->expect, 200, 599},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (strcmp(name, table[i].name) == 0) {
            return slice_to_int64(slice_of(value), table[i].min, table[i].max, table[i].out) ==
                   ERR_OK;
        }
    }
    return false;
}

static bool read_token(struct options *o, const char *path)
{
    FILE *file = fopen(path, "r");
    bool read = file != NULL && fgets(o->token_text, sizeof(o->token_text), file) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    o->token_text[strcspn(o->token_text, "\r\n")] = '\0';
    o->request.token = o->token_text;
    return read;
}

static bool set_option(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--host") == 0) {
        o->host = value;
    } else if (strcmp(name, "--get") == 0 || strcmp(name, "--post") == 0) {
        o->request.target = value;
        o->request.tickets = name[2] == 'p';
    } else if (strcmp(name, "--token") == 0 && value[0] == '@') {
        return read_token(o, value + 1);
    } else if (strcmp(name, "--token") == 0) {
        o->request.token = value;
    } else if (strcmp(name, "--places") == 0) {
        o->request.places_file = value;
    } else if (strcmp(name, "--run") == 0) {
        return slice_copy(slice_of(value), o->run, sizeof(o->run)) == ERR_OK && strlen(value) == 8;
    } else {
        return set_number(o, name, value);
    }
    return true;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    unsigned char random[4] = {0};
    *o = (struct options){.host = "127.0.0.1",
                          .connections = 64,
                          .requests = 100000,
                          .timeout_ms = 10000,
                          .request = {.target = "/v1/tickets", .token = "", .tickets = true}};
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return false;
    }
    hex_encode(random, sizeof(random), o->run);
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc || !set_option(o, argv[i], argv[i + 1])) {
            fprintf(stderr, "jiuji-load: option '%s' is not known or its value is not valid\n%s",
                    argv[i], usage);
            return false;
        }
    }
    o->request.host = o->host;
    o->request.run = o->run;
    if (o->port == 0) {
        fprintf(stderr, "%s", usage);
        return false;
    }
    return true;
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void report(const struct options *o, const struct load_result *r)
{
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};
    struct buf text;
    struct json_out out;
    double answered = r->answered > 0 ? (double)r->answered : 1;
    buf_init(&text, 65536);
    json_out_init(&out, &text);
    json_open_object(&out, NULL);
    json_put_text(&out, "loop", o->rate == 0 ? "closed" : "open");
    json_put_text(&out, "target", o->request.target);
    json_put_int(&out, "connections", o->connections);
    json_put_int(&out, "rate", o->rate);
    json_put_int(&out, "requests", o->requests);
    json_put_int(&out, "answered", (int64_t)r->answered);
    json_put_int(&out, "ms", (int64_t)(r->seconds * 1000));
    json_put_int(&out, "per_second", (int64_t)((double)r->answered / r->seconds));
    json_open_object(&out, "latency_us");
    json_put_int(&out, "mean", (int64_t)((double)r->latency_us.sum / answered));
    for (size_t i = 0; i < COUNT_OF(quantiles); i++) {
        json_put_int(&out, quantiles[i].name,
                     (int64_t)histogram_quantile(&r->latency_us, quantiles[i].share));
    }
    json_put_int(&out, "max", (int64_t)r->latency_us.most);
    json_close_object(&out);
    json_open_object(&out, "statuses");
    for (int i = 0; i < 600; i++) {
        if (r->statuses[i] > 0) {
            char name[8];
            snprintf(name, sizeof(name), "%d", i);
            json_put_int(&out, name, (int64_t)r->statuses[i]);
        }
    }
    json_close_object(&out);
    json_open_object(&out, "failures");
    json_put_int(&out, "connect", (int64_t)r->connect_failed);
    json_put_int(&out, "cut", (int64_t)r->cut);
    json_put_int(&out, "timeout", (int64_t)r->timed_out);
    json_put_int(&out, "unreadable", (int64_t)r->unreadable);
    json_close_object(&out);
    json_put_int(&out, "late_sends", (int64_t)r->late_sends);
    json_put_int(&out, "own_cpu_ns_per_request", (int64_t)(cpu_seconds() * 1e9 / answered));
    json_close_object(&out);
    printf("%s\n", text.ptr);
    buf_release(&text);
}

int main(int argc, char **argv)
{
    static struct load_result result;
    struct options o;
    struct load_requests requests;
    struct load_plan plan = {.requests = &requests};
    if (!read_options(&o, argc, argv)) {
        return 2;
    }
    if (uv_ip4_addr(o.host, (int)o.port, (struct sockaddr_in *)&plan.address) != 0 &&
        uv_ip6_addr(o.host, (int)o.port, (struct sockaddr_in6 *)&plan.address) != 0) {
        fprintf(stderr, "jiuji-load: '%s' is not an IP address\n", o.host);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    enum err err = load_requests_make(&requests, &o.request);
    if (err != ERR_OK) {
        fprintf(stderr, "jiuji-load: requests cannot be built: %s\n", err_text(err));
        load_requests_release(&requests);
        return 2;
    }
    plan.total = (uint64_t)o.requests;
    plan.first = (uint64_t)o.first;
    plan.rate = (uint64_t)o.rate;
    plan.connections = (long)o.connections;
    plan.timeout_ms = (long)o.timeout_ms;
    err = load_run(&plan, &result);
    report(&o, &result);
    load_requests_release(&requests);
    bool expected = o.expect == 0 || result.statuses[o.expect] == result.answered;
    return err == ERR_OK && result.answered == plan.total && expected ? 0 : 1;
}
