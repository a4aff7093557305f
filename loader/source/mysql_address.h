/* mysql_address.h - another server of the same database: `host`, `host:port` or `unix:PATH`.
 * Room: loader/source. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_MYSQL_ADDRESS_H
#define REKINDLE_LOADER_MYSQL_ADDRESS_H

#include "common/config.h"
#include "common/error.h"
#include "common/slice.h"

enum { MYSQL_ADDRESS_SIZE = 256 };

/* Points `config` to the server at `address`; user, password and TLS stay. `host` [MYSQL_ADDRESS_SIZE] holds the name
 * while `config` is in use. ERROR_INPUT names `key`, where the address stands. */
int mysql_address_apply(struct slice address, const char *key, struct mysql_config *config,
                        char *host, struct error *err) MUST_CHECK;

#endif
