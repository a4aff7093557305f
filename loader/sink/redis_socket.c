/* redis_socket.c - see redis_socket.h.
 * Room: loader/sink. May touch: sockets, names. */
#include "loader/sink/redis_socket.h"

#include "loader/sink/redis_tls.h"
#include "loader/sink/redis_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int new_socket(int family)
{
    int descriptor = socket(family, SOCK_STREAM, 0);
    if (descriptor < 0) {
        return -1;
    }
    bool is_set =
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 && fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0;
    if (!is_set) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/* 0, or the errno of the attempt; ECANCELED when a stop came first. */
static int finish_connect(int descriptor, struct redis_wait wait)
{
    switch (redis_wait_on(&wait, descriptor, POLLOUT)) {
    case REDIS_TIME_OVER:
        return ETIMEDOUT;
    case REDIS_STOP_WISHED:
        return ECANCELED;
    case REDIS_READY:
        break;
    }
    int failure = 0;
    socklen_t size = sizeof failure;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 ? errno : failure;
}

/* The descriptor, or -1 and `*failure`. EAGAIN is a Unix socket whose backlog is full. */
static int dial(const struct sockaddr *address, socklen_t size, struct redis_wait wait,
                int *failure)
{
    int descriptor = new_socket(address->sa_family);
    if (descriptor < 0) {
        *failure = errno;
        return -1;
    }
    *failure = connect(descriptor, address, size) == 0 ? 0 : errno;
    if (*failure == EINPROGRESS || *failure == EINTR) {
        *failure = finish_connect(descriptor, wait);
    }
    if (*failure != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static int dial_unix(const struct redis_address *address, struct redis_wait wait, int *failure)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    memcpy(where.sun_path, address->path, sizeof where.sun_path);
    return dial((const struct sockaddr *)&where, sizeof where, wait, failure);
}

/* The pipeline sends whole buffers, so a small packet is always the last one and must not wait. */
static void hurry(int descriptor)
{
    int on = 1;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

/* RFC 6761, 6.3: "localhost" is the loopback address, also where the resolver does not know it. */
static int look_up(const struct redis_address *address, struct addrinfo **found)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int answer = getaddrinfo(address->host, address->port, &hints, found);
    if (answer != 0 && strcmp(address->host, "localhost") == 0) {
        answer = getaddrinfo("127.0.0.1", address->port, &hints, found);
    }
    return answer;
}

static int dial_tcp(const struct redis_address *address, int64_t timeout_ms, const atomic_int *stop,
                    int *failure, const char **unknown_host)
{
    struct addrinfo *found = NULL;
    int answer = look_up(address, &found);
    if (answer != 0) {
        *unknown_host = gai_strerror(answer);
        return -1;
    }
    int descriptor = -1;
    for (const struct addrinfo *each = found; each != NULL && descriptor < 0;
         each = each->ai_next) {
        descriptor =
            dial(each->ai_addr, each->ai_addrlen, redis_wait_begin(timeout_ms, stop), failure);
    }
    freeaddrinfo(found);
    if (descriptor >= 0) {
        hurry(descriptor);
    }
    return descriptor;
}

/* Fills `err` for an address that cannot be dialled; returns -1. */
static int explain(const struct redis_address *address, int failure, const char *unknown_host,
                   struct error *err)
{
    if (unknown_host != NULL) {
        return error_set(err, ERROR_BACKEND, "cannot find Redis at %s: %s", address->text,
                         unknown_host);
    }
    if (failure == ECANCELED) {
        return error_set(err, ERROR_STOPPED, "stopped while connecting to Redis at %s",
                         address->text);
    }
    return error_set_errno(err, ERROR_BACKEND, failure,
                           "cannot connect to Redis at %s (is it running? see [redis] address)",
                           address->text);
}

int redis_socket_open(struct redis_socket *socket, const struct redis_address *address,
                      const struct redis_tls *tls, int64_t timeout_ms, const atomic_int *stop,
                      struct error *err)
{
    *socket = (struct redis_socket){.descriptor = -1};
    int failure = 0;
    const char *unknown_host = NULL;
    socket->descriptor = address->is_unix
                             ? dial_unix(address, redis_wait_begin(timeout_ms, stop), &failure)
                             : dial_tcp(address, timeout_ms, stop, &failure, &unknown_host);
    if (socket->descriptor < 0) {
        return explain(address, failure, unknown_host, err);
    }
    if (tls == NULL) {
        return 0;
    }
    const char *host = address->is_unix ? "localhost" : address->host;
    struct redis_wait wait = redis_wait_begin(timeout_ms, stop);
    socket->session = redis_tls_start(tls, socket->descriptor, host, &wait, err);
    if (socket->session == NULL) {
        redis_socket_close(socket);
        return error_add_context(err, "Redis at %s", address->text);
    }
    return 0;
}

void redis_socket_close(struct redis_socket *socket)
{
    redis_tls_end(socket->session);
    if (socket->descriptor >= 0) {
        close(socket->descriptor);
    }
    *socket = (struct redis_socket){.descriptor = -1};
}

static ssize_t settle(ssize_t moved)
{
    if (moved > 0) {
        return moved;
    }
    bool is_blocked = moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return is_blocked ? 0 : -1;
}

ssize_t redis_socket_read(struct redis_socket *socket, void *bytes, size_t size)
{
    if (socket->session != NULL) {
        return redis_tls_read(socket->session, bytes, size);
    }
    return settle(recv(socket->descriptor, bytes, size, 0));
}

ssize_t redis_socket_write(struct redis_socket *socket, const void *bytes, size_t size)
{
    if (socket->session != NULL) {
        return redis_tls_write(socket->session, bytes, size);
    }
    return settle(send(socket->descriptor, bytes, size, MSG_NOSIGNAL));
}
