#include "integrations/sandbox/sever.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct search {
    const struct http_address *remote;
    int fd; /* -1: not found */
};

static bool same_peer(int fd, const struct http_address *remote)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    if (getpeername(fd, (struct sockaddr *)&at, &len) != 0) {
        return false;
    }
    if (at.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&at;
        return !remote->ipv6 && ntohs(v4->sin_port) == remote->port &&
               memcmp(&v4->sin_addr, remote->bytes, 4) == 0;
    }
    if (at.ss_family != AF_INET6) {
        return false;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&at;
    if (ntohs(v6->sin6_port) != remote->port) {
        return false;
    }
    return remote->ipv6 ? memcmp(&v6->sin6_addr, remote->bytes, 16) == 0
                        : memcmp((const char *)&v6->sin6_addr + 12, remote->bytes, 4) == 0;
}

static void look_at(uv_handle_t *handle, void *data)
{
    struct search *search = data;
    uv_os_fd_t fd;
    if (search->fd < 0 && handle->type == UV_TCP && uv_fileno(handle, &fd) == 0 &&
        same_peer(fd, search->remote)) {
        search->fd = fd;
    }
}

void sever(uv_loop_t *loop, const struct http_address *remote, struct slice last_bytes)
{
    struct search search = {.remote = remote, .fd = -1};
    uv_walk(loop, look_at, &search);
    if (search.fd < 0) {
        return;
    }
    if (last_bytes.len > 0) {
        ssize_t put = send(search.fd, last_bytes.ptr, last_bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)put; /* less is as good: it is cut anyway */
    }
    (void)shutdown(search.fd, SHUT_RDWR);
}
