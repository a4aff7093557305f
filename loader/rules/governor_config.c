/* governor_config.c - see governor_config.h.
 * Room: loader/rules. May touch: nothing. */
#include "loader/rules/governor_config.h"

#include <limits.h>

#include "common/monotonic.h"

enum { CHUNK_ROWS_DEFAULT = 500, CONNECTIONS_DEFAULT = 2 };

static int as_int(int64_t value, int fallback)
{
    if (value <= 0) {
        return fallback;
    }
    return value > INT_MAX ? INT_MAX : (int)value;
}

/* A run that is to be slow asks little at a time: what a two hundredth of a second lets through, but not less than is
 * worth a question. */
static int rows_of(const struct config *config)
{
    enum { QUESTIONS_PER_SECOND = 200, ROWS_LEAST = 50 };
    int most = as_int(config->mysql.chunk_rows, CHUNK_ROWS_DEFAULT);
    int paced = as_int(config->pace.rows_per_second / QUESTIONS_PER_SECOND, ROWS_LEAST);
    paced = paced < ROWS_LEAST ? ROWS_LEAST : paced;
    return config->pace.rows_per_second > 0 && paced < most ? paced : most;
}

/* Each source takes of it no more than it has. */
static int connections_of(const struct config *config, const struct governor_reach *reach)
{
    int mysql = as_int(config->mysql.connections, CONNECTIONS_DEFAULT);
    int http = reach->has_http ? as_int(config->http.connections, CONNECTIONS_DEFAULT) : 1;
    return http > mysql ? http : mysql;
}

static struct health_limit limit_of(bool is_watched, int64_t soft, int64_t critical)
{
    return (struct health_limit){.is_watched = is_watched && soft > 0,
                                 .soft = (double)soft,
                                 .critical = (double)critical,
                                 .stale_us = GOVERNOR_STALE_US};
}

struct governor_settings governor_config_read(const struct config *config,
                                              const struct governor_reach *reach)
{
    const struct pace_config *pace = &config->pace;
    const struct mysql_config *mysql = &config->mysql;
    bool has_lag = reach->has_database && (mysql->replicas != NULL || mysql->values_from != NULL ||
                                           mysql->lag_query != NULL);
    struct governor_settings settings = {
        .chunks = {.rows_max = rows_of(config),
                   .connections_max = connections_of(config, reach),
                   .rest_percent = as_int(pace->rest_percent, 0),
                   .target_us =
                       pace->chunk_target_ms > 0 ? pace->chunk_target_ms * US_PER_MS : INT64_MAX},
        .hibernate_us = pace->hibernate_second * US_PER_SECOND,
        .rows_per_second = pace->rows_per_second,
    };
    struct health_limit *limits = settings.limits.limits;
    limits[HEALTH_THREADS_RUNNING] =
        limit_of(reach->has_database, pace->threads_running, pace->threads_running_critical);
    if (pace->threads_running <= 0 && pace->threads_running_critical > 0) {
        limits[HEALTH_THREADS_RUNNING] = limit_of(
            reach->has_database, pace->threads_running_critical, pace->threads_running_critical);
    }
    limits[HEALTH_REPLICA_LAG_MS] = limit_of(has_lag, pace->replica_lag_ms, 0);
    limits[HEALTH_THROTTLE_QUERY] =
        (struct health_limit){.is_watched = reach->has_database && pace->throttle_query != NULL,
                              .stale_us = GOVERNOR_STALE_US};
    limits[HEALTH_REDIS_LATENCY_US] =
        limit_of(reach->has_redis, pace->redis_latency_ms * US_PER_MS, 0);
    return settings;
}
