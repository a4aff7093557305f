/* redis_address.h - where a Redis listens: `host:port`, `[::1]:6379` or `unix:/path`.
 * Room: loader/sink. May touch: nothing. */
#ifndef REKINDLE_LOADER_REDIS_ADDRESS_H
#define REKINDLE_LOADER_REDIS_ADDRESS_H

#include "common/error.h"

#include <stdbool.h>

enum {
    REDIS_HOST_SIZE = 256,
    REDIS_PORT_SIZE = 8,
    REDIS_PATH_SIZE = 108, /* of sockaddr_un: the kernel's limit */
    REDIS_ADDRESS_SIZE = 280
};

struct redis_address {
    bool is_unix;
    char host[REDIS_HOST_SIZE];    /* without brackets; empty for a socket path */
    char port[REDIS_PORT_SIZE];    /* decimal, checked */
    char path[REDIS_PATH_SIZE];    /* of the Unix socket; empty for TCP */
    char text[REDIS_ADDRESS_SIZE]; /* as a person would write it, for messages */
};

/* NULL is 127.0.0.1:6379; a host without a port gets 6379. ERROR_INPUT shows the bad text. */
int redis_address_parse(const char *text, struct redis_address *address,
                        struct error *err) MUST_CHECK;

/* Of a host and a port that a cluster's node told. */
int redis_address_of_node(const char *host, long long port, struct redis_address *address,
                          struct error *err) MUST_CHECK;

#endif
