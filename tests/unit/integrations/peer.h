/* A peer on a real socket that does what a script says: for tests of HTTP clients. Every accepted
 * connection takes the next step of the script, the last step is repeated. Each connection has its
 * own thread. */
#ifndef TESTS_UNIT_INTEGRATIONS_PEER_H
#define TESTS_UNIT_INTEGRATIONS_PEER_H

#include <stddef.h>

enum peer_action {
    PEER_ANSWER,      /* read a request, send `text`, and so on until the client closes */
    PEER_ANSWER_ONCE, /* the first request is answered with `text`, at the second one the connection
                         is closed */
    PEER_CLOSE,       /* read a request, close without a byte */
    PEER_HANG,        /* read a request, send nothing until peer_stop() */
    PEER_TEXT_AND_CLOSE /* read a request, send `text`, close */
};

struct peer_step {
    enum peer_action action;
    const char *text; /* the whole answer, head and body */
};

struct peer;

/* Listens on a port of 127.0.0.1 that the system chooses. Steps are borrowed. */
struct peer *peer_start(const struct peer_step *steps, size_t count);
int peer_port(const struct peer *p);
/* Connections accepted and requests read so far. */
size_t peer_connections(struct peer *p);
size_t peer_requests(struct peer *p);
/* The newest request as it came, head and body; valid until the next call. */
const char *peer_last_request(struct peer *p);
void peer_stop(struct peer *p);

/* A port on which nobody listens. */
int peer_closed_port(void);

#endif
