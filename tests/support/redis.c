#include "tests/support/redis.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/support/temp_folder.h"

#define WORDS_MAX 64
#define NOT_INSTALLED 127

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "tests/support/redis: %s\n", what);
    abort();
}

static _Noreturn void run_server(const struct redis *r, const char *const *more)
{
    const char *words[WORDS_MAX] = {"redis-server",
                                    "--port",
                                    "0",
                                    "--unixsocket",
                                    r->socket,
                                    "--dir",
                                    r->folder,
                                    "--appendonly",
                                    "yes",
                                    "--appendfsync",
                                    "always",
                                    "--no-appendfsync-on-rewrite",
                                    "no",
                                    "--save",
                                    "",
                                    "--maxmemory",
                                    "256mb",
                                    "--maxmemory-policy",
                                    "noeviction",
                                    "--enable-debug-command",
                                    "yes",
                                    "--loglevel",
                                    "warning"};
    char *argv[WORDS_MAX];
    size_t n = 0;
    while (words[n] != NULL) {
        n++;
    }
    for (; more != NULL && *more != NULL && n + 1 < WORDS_MAX; more++) {
        words[n++] = *more;
    }
    for (size_t i = 0; i < n; i++) {
        argv[i] = strdup(words[i]);
    }
    argv[n] = NULL;
    int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], argv);
    _exit(NOT_INSTALLED);
}

/* The connection once the server takes it; NULL when the server has ended instead. */
static redisContext *wait_for(struct redis *r, int *status)
{
    for (;;) {
        redisContext *c = redisConnectUnix(r->socket);
        redisReply *reply = c != NULL && c->err == 0 ? redisCommand(c, "PING") : NULL;
        bool up = reply != NULL && reply->type == REDIS_REPLY_STATUS; /* not LOADING */
        if (reply != NULL) {
            freeReplyObject(reply);
        }
        if (up) {
            return c;
        }
        redisFree(c);
        if (waitpid(r->pid, status, WNOHANG) == r->pid) {
            r->pid = 0;
            return NULL;
        }
        nanosleep(&(struct timespec){.tv_nsec = 2000000},
                  NULL); /* between two looks at the condition */
    }
}

static bool start_in_folder(struct redis *r, const char *const *more)
{
    int status = 0;
    r->pid = fork();
    if (r->pid < 0) {
        give_up("cannot fork");
    }
    if (r->pid == 0) {
        run_server(r, more);
    }
    r->raw = wait_for(r, &status);
    if (r->raw == NULL && !(WIFEXITED(status) && WEXITSTATUS(status) == NOT_INSTALLED)) {
        give_up("redis-server ended at once");
    }
    return r->raw != NULL;
}

bool redis_start(struct redis *r, const char *const *more)
{
    *r = (struct redis){.pid = 0};
    temp_folder_make(r->folder);
    snprintf(r->socket, sizeof(r->socket), "%s/redis.sock", r->folder);
    bool installed = start_in_folder(r, more);
    if (!installed) {
        temp_folder_remove(r->folder);
    }
    return installed;
}

void redis_kill(struct redis *r)
{
    if (r->raw != NULL) {
        redisFree(r->raw);
        r->raw = NULL;
    }
    if (r->pid > 0) {
        kill(r->pid, SIGKILL);
        waitpid(r->pid, NULL, 0);
        r->pid = 0;
    }
}

void redis_again(struct redis *r, const char *const *more)
{
    if (!start_in_folder(r, more)) {
        give_up("redis-server has gone");
    }
}

void redis_stop(struct redis *r)
{
    redis_kill(r);
    temp_folder_remove(r->folder);
}

static redisReply *send_words(struct redis *r, const char *word, va_list args)
{
    const char *words[WORDS_MAX];
    size_t lens[WORDS_MAX];
    int n = 0;
    for (; word != NULL && n < WORDS_MAX; word = va_arg(args, const char *)) {
        words[n] = word;
        lens[n++] = strlen(word);
    }
    redisReply *reply = redisCommandArgv(r->raw, n, words, lens);
    if (reply == NULL) {
        give_up(r->raw->errstr);
    }
    return reply;
}

redisReply *redis_do(struct redis *r, const char *word, ...)
{
    va_list args;
    va_start(args, word);
    redisReply *reply = send_words(r, word, args);
    va_end(args);
    return reply;
}

void redis_must(struct redis *r, const char *word, ...)
{
    va_list args;
    va_start(args, word);
    redisReply *reply = send_words(r, word, args);
    va_end(args);
    if (reply->type == REDIS_REPLY_ERROR) {
        give_up(reply->str);
    }
    freeReplyObject(reply);
}

const char *redis_text(struct redis *r, char *out, size_t size, const char *word, ...)
{
    va_list args;
    va_start(args, word);
    redisReply *reply = send_words(r, word, args);
    va_end(args);
    if (reply->type == REDIS_REPLY_ERROR) {
        give_up(reply->str);
    }
    if (reply->type == REDIS_REPLY_INTEGER) {
        snprintf(out, size, "%lld", reply->integer);
    } else {
        snprintf(out, size, "%s", reply->str == NULL ? "" : reply->str);
    }
    freeReplyObject(reply);
    return out;
}

void redis_digest(struct redis *r, char out[REDIS_DIGEST_SIZE])
{
    redis_text(r, out, REDIS_DIGEST_SIZE, "DEBUG", "DIGEST", NULL);
}
