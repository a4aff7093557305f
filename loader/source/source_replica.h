/* source_replica.h - values from a replica, versions from the primary: which server is which.
 * Room: loader/source. May touch: sockets of the source, read-only.
 * A replica lags behind: a value of it may be old when it is written, and only the primary knows that. */
#ifndef REKINDLE_LOADER_SOURCE_REPLICA_H
#define REKINDLE_LOADER_SOURCE_REPLICA_H

#include "common/config.h"
#include "common/error.h"
#include "loader/source/mysql_address.h"

/* A config whose [mysql] is the replica of `values_from`. */
struct source_replica {
    struct config config;
    char host[MYSQL_ADDRESS_SIZE];
};

/* The config that values are fetched with: `config` itself where no replica is given, else a copy in `replica`, which
 * borrows from `config` and must outlive its use. NULL: the address is none (ERROR_INPUT). */
const struct config *source_replica_config(const struct config *config,
                                           struct source_replica *replica,
                                           struct error *err) MUST_CHECK;

/* ERROR_INPUT when the server of [mysql] is read-only or follows another one: then nobody could tell what is stale. */
int source_replica_check_primary(const struct config *config, struct error *err) MUST_CHECK;

#endif
