/* redis_link.h - one logged-in connection to one Redis: commands out, replies in, and a simple call.
 * Room: loader/sink. May touch: sockets, hiredis' redisReader (only what 0.14 and 1.x share).
 * Promises: the password is in no message; after a lost connection the link is thrown away. */
#ifndef REKINDLE_LOADER_REDIS_LINK_H
#define REKINDLE_LOADER_REDIS_LINK_H

#include "common/config.h"
#include "common/error.h"
#include "common/slice.h"
#include "loader/sink/redis_address.h"
#include "loader/sink/redis_output.h"
#include "loader/sink/redis_socket.h"

#include <hiredis/hiredis.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every connection of a sink needs to log in; read-only once made, so links may share it. */
struct redis_login;

/* Reads the password (password_file, or the environment's REKINDLE_REDIS_PASSWORD) and the certificates.
 * All waiting of its links ends soon after `*stop` is not 0 (NULL: never). */
struct redis_login *redis_login_new(const struct redis_config *redis, const atomic_int *stop,
                                    struct error *err) MUST_CHECK;
void redis_login_free(struct redis_login *login);
int64_t redis_login_timeout_ms(const struct redis_login *login);

struct redis_link {
    struct redis_socket socket;
    struct redis_output output; /* commands that wait to be sent */
    redisReader *reader;
    const atomic_int *stop; /* NULL: never */
    uint64_t replica_count; /* of its server, when it was connected */
    uint32_t script_bits;   /* which scripts this connection's server is known to have */
    char name[REDIS_ADDRESS_SIZE + sizeof "the Sentinel at "]; /* for messages: Redis at ... */
};

/* Connects and logs in: AUTH, CLIENT SETNAME, SELECT (not in a cluster). Free with close. */
struct redis_link *redis_link_open(const struct redis_login *login,
                                   const struct redis_address *address,
                                   struct error *err) MUST_CHECK;
/* The same to a Sentinel, which knows only AUTH, and often wants none. */
struct redis_link *redis_link_open_sentinel(const struct redis_login *login,
                                            const struct redis_address *address,
                                            struct error *err) MUST_CHECK;
void redis_link_close(struct redis_link *link);

/* Sends what the socket takes now. Bytes sent, or -1 when the connection is lost. */
ssize_t redis_link_send(struct redis_link *link);
/* Reads what has arrived: 1 some, 0 nothing, -1 the connection is lost. */
int redis_link_receive(struct redis_link *link);
/* 1 and the next whole reply (free with freeReplyObject), 0 none yet, -1 what came is not RESP. */
int redis_link_next_reply(struct redis_link *link, redisReply **reply);

/* Sends one command and waits for its reply, `timeout_ms` at most; nothing else may be in flight.
 * An error reply is a reply. Free it with freeReplyObject. ERROR_BACKEND or ERROR_STOPPED: the link is of no use
 * any more, for the reply may still come. */
int redis_link_call(struct redis_link *link, const struct slice arguments[], size_t count,
                    int64_t timeout_ms, redisReply **reply, struct error *err) MUST_CHECK;

#endif
