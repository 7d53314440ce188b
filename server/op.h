/* One request on its way: what was asked, by whom, and where the answer goes. An op refers to its
 * connection by ticket only, the client may be gone. Handlers are state machines: callbacks store
 * their result in the op and call its `run`, the only place that knows the order of things.
 *
 * Life: op_begin makes it, exactly one op_reply*() ends and frees it. */
#ifndef SERVER_OP_H
#define SERVER_OP_H

#include "queue/base/arena.h"
#include "server/gateway.h"
#include "server/http/problem.h"

#define OP_ARENA_MAX ((size_t)2 << 20)
#define OP_KEY_MAX 64 /* characters of an Idempotency-Key */
#define OP_STEPS_MAX 8

/* Who asks. Roles are bits, so that a route can say who may. */
#define ROLE_TABLE(X)               \
    X(ROLE_AGENT, "agent", 1)       \
    X(ROLE_OFFICER, "officer", 2)   \
    X(ROLE_REVIEWER, "reviewer", 4) \
    X(ROLE_FINANCE, "finance", 8)   \
    X(ROLE_AUDITOR, "auditor", 16)  \
    X(ROLE_MACHINE, "machine", 32)  \
    X(ROLE_ADMIN, "admin", 64)

enum role {
#define ROLE_ENUM(id, word, bit) id = bit,
    ROLE_TABLE(ROLE_ENUM)
#undef ROLE_ENUM
};
#define ROLE_ANYONE 31 /* any person; a machine or an admin only where a route says so */

struct caller {
    enum role role;
    char actor[64];    /* "officer:name", for events */
    char township[13]; /* the only one an officer may touch; "" = the whole region */
};

struct op;
typedef void op_fn(struct op *op);
typedef void op_stored_fn(struct op *op, const char *no);
typedef void op_problem_fn(struct op *op, const struct problem *p);

struct op {
    struct gateway *g;
    struct http_ticket ticket;
    struct arena arena;
    const struct op_route *route;
    struct caller caller;
    int64_t began_us;
    bool replayed; /* the same key was answered before: the answer says so (Idempotency-Replayed) */
    bool head;     /* HEAD: nothing special, the server leaves the body away */
    /* copies in the arena */
    struct slice params[ROUTER_PARAMS_MAX];
    struct slice query, body, key, if_match, if_none_match, bearer;
    char idem_hash[SEAL_HASH_SIZE];     /* keyed hash of caller and Idempotency-Key */
    char fingerprint[SEAL_DIGEST_SIZE]; /* of method, path and body; the first 32 digits are used */
    struct json *json;                  /* parsed body; freed with the op */
    /* of routes without a token only: who calls is told by address and headers (sms, callbacks) */
    struct http_address remote;
    struct http_field *fields;
    size_t field_count;
    enum http_method method;
    /* a façade's own forms of two answers; NULL = ours */
    op_stored_fn *stored;   /* of a stored ticket */
    op_problem_fn *problem; /* of a problem */
    /* the handler's own */
    op_fn *run;
    int step;
    enum err err;
    void *state; /* in the arena */
};

/* A line of the API: what, where, who may, does it need a key and a body. */
struct op_route {
    enum http_method method;
    const char *pattern;
    unsigned roles; /* bits of enum role; 0 = no token */
    bool creates;   /* needs an Idempotency-Key and a JSON body */
    op_fn *handle;
};

/* Entry from the HTTP server (data is the gateway). */
http_request_fn op_on_request;
/* The table, and the router made from it. */
extern const struct op_route OP_ROUTES[];
extern const size_t OP_ROUTE_COUNT;

/* ---- Ending ---- */
void op_reply_json(struct op *op, int status, const struct buf *json,
                   const struct http_field *extra, size_t extra_count);
/* The same without extra fields; `text` is released, and may lie in the op's arena. */
void op_reply_written(struct op *op, int status, struct buf *text);
void op_reply_empty(struct op *op, int status, const struct http_field *extra, size_t extra_count);
void op_reply_text(struct op *op, int status, const char *type, const struct buf *text);
/* A problem; detail: Chinese sentence. 503 and 429 carry Retry-After. */
void op_reply_problem(struct op *op, enum err err, const char *detail);
void op_reply_problem_full(struct op *op, const struct problem *p);
/* A problem about one field. */
void op_reply_fault(struct op *op, const char *pointer, const char *detail);
/* The store could not be asked or its answer was not one: what every handler says then. */
void op_reply_store(struct op *op, enum err err);
/* The Idempotency-Key was used for something else. */
void op_reply_key_reused(struct op *op);

/* ---- Asking the store ---- The gateway's fcall is filled by the caller; on_reply(op, err, reply)
 * runs later, or the op is answered with op_reply_store here (then false). */
bool op_call(struct op *op, store_reply_fn *on_reply);

/* Parse op->body into op->json. For routes with `creates` it was done before the handler. */
bool op_parse_body(struct op *op);

/* ---- Common checks; each answers the op itself when it returns false ---- */
/* The case number in params[0] is well formed and of this region. */
bool op_case_no(struct op *op, struct slice *no);
/* The township or region code in params[0] exists (or is the caller's own, which may have left the
 * list since) and the caller may touch it. */
bool op_township(struct op *op, struct slice *code);
/* May this caller see a case that lies with `township` and in `inbox`? Pure. */
bool op_may_see(const struct op *op, struct slice township, struct slice inbox);
/* Event tail in the arena; {NULL, 0} when memory is out (the op is then answered). */
struct slice op_tail(struct op *op, struct slice reason, const char *policy);
/* Actor as a slice. */
struct slice op_actor(const struct op *op);
struct slice op_idem(const struct op *op);
struct slice op_fingerprint(const struct op *op);

#endif
