/* The loop of the load generator: connections, sending, measuring. */
#ifndef TESTS_BENCH_LOAD_RUN_H
#define TESTS_BENCH_LOAD_RUN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include "tests/bench/histogram.h"
#include "tests/bench/load_request.h"

struct load_plan {
    struct sockaddr_storage address;
    const struct load_requests *requests;
    uint64_t total; /* requests to send */
    uint64_t first; /* number of the first one */
    uint64_t rate;  /* per second; 0: closed loop */
    long connections;
    long timeout_ms; /* of one request */
};

struct load_result {
    struct histogram latency_us; /* of answered requests */
    uint64_t statuses[600];
    uint64_t answered;
    uint64_t connect_failed;
    uint64_t cut; /* the connection ended without an answer */
    uint64_t timed_out;
    uint64_t unreadable; /* an answer the generator does not understand */
    uint64_t late_sends; /* open loop: no connection was free when a request was due */
    double seconds;
};

/* Send all requests and wait for their answers. Closed loop: each connection sends its next request when it has its
 * answer; latency is counted from sending. Open loop: request i is due at start + i / rate, whatever the answers do;
 * latency is counted from when it was due, so that a server that stalls is charged for the requests it kept from being
 * sent (no co-ordinated omission). ERR_NO_MEMORY, ERR_IO (gave up: the server cannot be reached). */
MUST_CHECK enum err load_run(const struct load_plan *plan, struct load_result *result);

#endif
