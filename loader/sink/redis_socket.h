/* redis_socket.h - a non-blocking byte stream to one Redis: TCP, Unix, with or without TLS.
 * Room: loader/sink. May touch: sockets, names.
 * Owns: the descriptor and the TLS session until close. */
#ifndef REKINDLE_LOADER_REDIS_SOCKET_H
#define REKINDLE_LOADER_REDIS_SOCKET_H

#include "common/error.h"
#include "loader/sink/redis_address.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct redis_tls;
struct redis_tls_session;

struct redis_socket {
    int descriptor;                    /* -1: closed */
    struct redis_tls_session *session; /* NULL: plain */
};

/* Connects within `timeout_ms` (each address a name has gets as much); `tls` NULL: plain. ERROR_BACKEND, or
 * ERROR_STOPPED soon after `*stop` is not 0 (NULL: never). */
int redis_socket_open(struct redis_socket *socket, const struct redis_address *address,
                      const struct redis_tls *tls, int64_t timeout_ms, const atomic_int *stop,
                      struct error *err) MUST_CHECK;
/* Fine on a closed one. */
void redis_socket_close(struct redis_socket *socket);

/* Bytes moved, 0 when it would block, -1 when the connection is lost. */
ssize_t redis_socket_read(struct redis_socket *socket, void *bytes, size_t size);
ssize_t redis_socket_write(struct redis_socket *socket, const void *bytes, size_t size);

#endif
