/* redis_tls.h - TLS to Redis by OpenSSL: hiredis 0.14 has none.
 * Room: loader/sink. May touch: certificate files, a connected non-blocking socket.
 * Promises: TLS 1.2 or later; the chain and the name (or the address) are always checked. */
#ifndef REKINDLE_LOADER_REDIS_TLS_H
#define REKINDLE_LOADER_REDIS_TLS_H

#include "common/config.h"
#include "common/error.h"
#include "loader/sink/redis_wait.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct redis_tls;         /* what all connections share: trust and our own certificate */
struct redis_tls_session; /* one connection's */

/* From ca_file (NULL: the system's), cert_file and key_file (both or none). ERROR_INPUT names the file. */
struct redis_tls *redis_tls_new(const struct redis_config *redis, struct error *err) MUST_CHECK;
void redis_tls_free(struct redis_tls *tls);

/* Shakes hands on a connected socket, while `wait` lasts; `host` is a name or an IP address. */
struct redis_tls_session *redis_tls_start(const struct redis_tls *tls, int descriptor,
                                          const char *host, struct redis_wait *wait,
                                          struct error *err) MUST_CHECK;
void redis_tls_end(struct redis_tls_session *session);

/* Bytes moved, 0 when it would block, -1 when the connection is lost. */
ssize_t redis_tls_read(struct redis_tls_session *session, void *bytes, size_t size);
ssize_t redis_tls_write(struct redis_tls_session *session, const void *bytes, size_t size);
/* Why the connection was lost, as far as TLS knows (our certificate was refused); NULL when it does not. */
const char *redis_tls_reason(const struct redis_tls_session *session);

#endif
