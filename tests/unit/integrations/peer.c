#include "tests/unit/integrations/peer.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "queue/base/buf.h"
#include "queue/base/check.h"

#define THREADS_MAX 256
#define REQUEST_MAX ((size_t)1 << 20)

struct line {
    struct peer *peer;
    struct peer_step step;
    int fd;
    pthread_t thread;
};

struct peer {
    const struct peer_step *steps;
    size_t step_count;
    int listen_fd;
    int port;
    pthread_t acceptor;
    pthread_mutex_t lock; /* guards what follows */
    struct line lines[THREADS_MAX];
    size_t line_count;
    size_t requests;
    struct buf last;
    struct buf last_copy;
};

static int listen_anywhere(int *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(fd >= 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    ASSERT(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    ASSERT(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *port = ntohs(at.sin_port);
    return fd;
}

int peer_closed_port(void)
{
    int port;
    (void)listen_anywhere(
        &port); /* bound, never listened on, kept: nobody else gets it meanwhile */
    return port;
}

static size_t content_length(const char *head)
{
    const char *at = strcasestr(head, "\r\nContent-Length:");
    return at == NULL ? 0 : (size_t)strtoul(at + strlen("\r\nContent-Length:"), NULL, 10);
}

/* Read one request into `in`; what follows it stays. Returns its length, 0 if the client has gone.
 */
static size_t read_request(int fd, struct buf *in)
{
    for (;;) {
        const char *end = in->len == 0 ? NULL : strstr(in->ptr, "\r\n\r\n");
        if (end != NULL) {
            size_t whole = (size_t)(end - in->ptr) + 4 + content_length(in->ptr);
            if (in->len >= whole) {
                return whole;
            }
        }
        char *room = buf_room(in, 16384);
        ASSERT(room != NULL);
        ssize_t got = recv(fd, room, 16384, 0);
        if (got <= 0) {
            return 0;
        }
        in->len += (size_t)got;
        in->ptr[in->len] = '\0';
    }
}

static void note_request(struct peer *p, const struct buf *in, size_t len)
{
    pthread_mutex_lock(&p->lock);
    p->requests++;
    buf_clear(&p->last);
    buf_put(&p->last, in->ptr, len);
    pthread_mutex_unlock(&p->lock);
}

static void send_text(int fd, const char *text)
{
    size_t len = strlen(text);
    while (len > 0) {
        ssize_t put = send(fd, text, len, MSG_NOSIGNAL);
        if (put <= 0) {
            return;
        }
        text += put;
        len -= (size_t)put;
    }
}

static void *serve(void *data)
{
    struct line *l = data;
    struct buf in;
    buf_init(&in, REQUEST_MAX);
    for (size_t k = 0;; k++) {
        size_t len = read_request(l->fd, &in);
        if (len == 0) {
            break;
        }
        note_request(l->peer, &in, len);
        buf_consume(&in, len);
        enum peer_action action = l->step.action;
        if (action == PEER_HANG) {
            char byte;
            (void)recv(l->fd, &byte, 1, 0); /* until the client or peer_stop() ends it */
            break;
        }
        if (action == PEER_CLOSE || (action == PEER_ANSWER_ONCE && k == 1)) {
            break;
        }
        send_text(l->fd, l->step.text);
        if (action == PEER_TEXT_AND_CLOSE) {
            break;
        }
    }
    (void)shutdown(l->fd, SHUT_RDWR); /* closed by peer_stop(), so that the number is not reused */
    buf_release(&in);
    return NULL;
}

static void *accept_all(void *data)
{
    struct peer *p = data;
    for (;;) {
        int fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            return NULL;
        }
        pthread_mutex_lock(&p->lock);
        ASSERT(p->line_count < THREADS_MAX);
        size_t k = p->line_count++;
        struct line *l = &p->lines[k];
        *l = (struct line){p, p->steps[k < p->step_count ? k : p->step_count - 1], fd, 0};
        ASSERT(pthread_create(&l->thread, NULL, serve, l) == 0);
        pthread_mutex_unlock(&p->lock);
    }
}

struct peer *peer_start(const struct peer_step *steps, size_t count)
{
    struct peer *p = calloc(1, sizeof(*p));
    ASSERT(p != NULL && count > 0);
    p->steps = steps;
    p->step_count = count;
    buf_init(&p->last, REQUEST_MAX);
    buf_init(&p->last_copy, REQUEST_MAX);
    ASSERT(pthread_mutex_init(&p->lock, NULL) == 0);
    p->listen_fd = listen_anywhere(&p->port);
    ASSERT(listen(p->listen_fd, 128) == 0);
    ASSERT(pthread_create(&p->acceptor, NULL, accept_all, p) == 0);
    return p;
}

int peer_port(const struct peer *p)
{
    return p->port;
}

size_t peer_connections(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    size_t n = p->line_count;
    pthread_mutex_unlock(&p->lock);
    return n;
}

size_t peer_requests(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    size_t n = p->requests;
    pthread_mutex_unlock(&p->lock);
    return n;
}

const char *peer_last_request(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    buf_clear(&p->last_copy);
    buf_put_slice(&p->last_copy, buf_slice(&p->last));
    pthread_mutex_unlock(&p->lock);
    return p->last_copy.ptr == NULL ? "" : p->last_copy.ptr;
}

void peer_stop(struct peer *p)
{
    (void)shutdown(p->listen_fd, SHUT_RDWR);
    ASSERT(pthread_join(p->acceptor, NULL) == 0);
    for (size_t i = 0; i < p->line_count; i++) {
        (void)shutdown(p->lines[i].fd, SHUT_RDWR);
        ASSERT(pthread_join(p->lines[i].thread, NULL) == 0);
        close(p->lines[i].fd);
    }
    close(p->listen_fd);
    (void)pthread_mutex_destroy(&p->lock);
    buf_release(&p->last);
    buf_release(&p->last_copy);
    free(p);
}
