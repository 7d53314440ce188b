/* A private redis-server for one test program: in a temporary folder, on a unix socket, never on a
 * port. It dies with the test program, however that ends. */
#ifndef TESTS_SUPPORT_REDIS_H
#define TESTS_SUPPORT_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define REDIS_DIGEST_SIZE 41

struct redis {
    pid_t pid; /* 0: not running */
    char folder[64];
    char socket[96];
    redisContext *raw; /* for looking into it; no part of what is tested */
};

/* Start with the safe settings and then `more` ("--name", "value", …, NULL; wins). False when
 * redis-server is not installed; any other trouble aborts. Waits until it answers. */
bool redis_start(struct redis *r, const char *const *more);
/* Kill it (SIGKILL: what is answered must be on disk) and start it again in the same folder. */
void redis_kill(struct redis *r);
void redis_again(struct redis *r, const char *const *more);
/* Kill it and delete the folder. */
void redis_stop(struct redis *r);

/* One command with its words, ended by NULL. Never NULL; the caller frees it. */
redisReply *redis_do(struct redis *r, const char *word, ...);
/* The same for its effect alone; aborts on an error reply. */
void redis_must(struct redis *r, const char *word, ...);
/* The same for a text reply, cut to the size; "" for nil. Returns out. */
const char *redis_text(struct redis *r, char *out, size_t size, const char *word, ...);
/* Hash of the whole data set: equal only if nothing at all has changed. */
void redis_digest(struct redis *r, char out[REDIS_DIGEST_SIZE]);

#endif
