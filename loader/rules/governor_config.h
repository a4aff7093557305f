/* governor_config.h - what [pace] and [mysql] say, as settings of the governor.
 * Room: loader/rules. May touch: nothing. Pure. */
#ifndef REKINDLE_LOADER_GOVERNOR_CONFIG_H
#define REKINDLE_LOADER_GOVERNOR_CONFIG_H

#include "common/config.h"
#include "loader/rules/governor.h"

enum { GOVERNOR_STALE_US = 5000000 }; /* a reading older than this counts as bad */

/* What there is to govern; what cannot be read is not watched. */
struct governor_reach {
    bool has_database; /* a MySQL or MariaDB: Threads_running, lag, throttle query */
    bool has_http;     /* a source with connections of its own */
    bool has_redis;
};

struct governor_settings governor_config_read(const struct config *config,
                                              const struct governor_reach *reach);

#endif
