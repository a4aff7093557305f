/* config_rows.c - see config_rows.h.
 * Room: common. May touch: nothing. */
#include "common/config_rows.h"

#include "common/config.h"

#include <stdbool.h>
#include <string.h>

#define AT(field)     offsetof(struct config, field)
#define FAMILY(field) offsetof(struct family, field)
#define LOG(field)    offsetof(struct log_config, field)
#define ENTITY(field) offsetof(struct entity_config, field)

enum {
    PORT_MAX = 65535,
    DATABASE_MAX = 1000000,
    CONNECTIONS_MAX = 64,
    CHUNK_ROWS_MAX = 999, /* MariaDB turns an IN list of 1000 into a subquery */
    PIPELINE_MAX = 100000,
    REST_PERCENT_MAX = 10000,
    NICE_MAX = 19,
    VALUE_SIZE_MAX = 512 << 20, /* of Redis */
    WINDOW_RANKS_MIN = 100,
    WINDOW_RANKS_MAX = 10000000
};

const struct config_row config_rows[] = {
    {"history", "dir", CONFIG_PATH, AT(history_dir), NULL, 0, 0,
     "folder of the history; default of --history"},
    {"history", "zone", CONFIG_TEXT, AT(history_zone), "UTC", 0, 0,
     "zone of days, and of dates that tell none"},
    {"history", "bucket", CONFIG_DURATION_SECOND, AT(history_bucket_second), "1h", 0, 0,
     "resolution of a new history"},
    {"events", "file", CONFIG_PATH, AT(events_file), NULL, 0, 0,
     "the calendar: a CSV of name,start,end[,kind]"},
    {"entity", "attributes", CONFIG_PATH, ENTITY(attributes), NULL, 0, 0,
     "a CSV of id,parent: what products belong to, as their style or category"},

    {"log", "format", CONFIG_TEXT, LOG(format), NULL, 0, 0,
     "combined, common, nginx:<log_format>, csv or ndjson"},
    {"log", "columns", CONFIG_TEXT, LOG(columns), NULL, 0, 0,
     "csv and ndjson: time=ts,user=user_id,product=item_id[,size=..][,cost=..]"},
    {"log", "delimiter", CONFIG_TEXT, LOG(delimiter), NULL, 0, 0, "csv: one character, or tab"},
    {"log", "zone", CONFIG_TEXT, LOG(zone), NULL, 0, 0, "zone of times that tell none"},
    {"log", "status", CONFIG_TEXT, LOG(status), NULL, 0, 0, "count only these answers, as 200-399"},
    {"log", "ignore_agents", CONFIG_PATH, LOG(ignore_agents), NULL, 0, 0,
     "file of user agents to ignore, one a line"},
    {"log", "user", CONFIG_TEXT, LOG(user), NULL, 0, 0,
     "where a line names the user, as cookie:uid or field:remote_user"},
    {"log", "product", CONFIG_TEXT, LOG(product), NULL, 0, 0,
     "where a line names the product, as path:/product/{id}"},
    {"log", "max_bad_share", CONFIG_TEXT, LOG(max_bad_share), NULL, 0, 0,
     "give up when more lines are bad, as 20%"},

    {"family", "entity", CONFIG_ENTITY, FAMILY(entity), NULL, 0, 0, "user or product"},
    {"family", "key", CONFIG_KEY, FAMILY(key), NULL, 0, 0,
     "the cache key, with {id} once: user:{id}:profile"},
    {"family", "source", CONFIG_SOURCE, FAMILY(source), NULL, 0, 0,
     "mysql, sqlite, file or http; the loader needs it"},
    {"family", "query", CONFIG_QUERY, FAMILY(query), NULL, 0, 0,
     "SELECT id, ... WHERE id IN ({ids}); a column `version` is not part of the value"},
    {"family", "url", CONFIG_TEXT, FAMILY(url), NULL, 0, 0,
     "source = http: http://host/users/{id}; a row is id and body"},
    {"family", "file", CONFIG_PATH, FAMILY(file), NULL, 0, 0,
     "source = file: CSV or NDJSON, plain or .gz; the first column is the id"},
    {"family", "value", CONFIG_VALUE, FAMILY(value), "json", 0, 0,
     "json, hash, raw:COLUMN or template:TEXT with {column} or {column|json}"},
    {"family", "ttl", CONFIG_TTL, FAMILY(ttl_after_end_second), "event_end + 6h", 0, 0,
     "how long a value lives, counted from the end of the event"},
    {"family", "ttl_jitter", CONFIG_DURATION_SECOND, FAMILY(ttl_jitter_second), "30m", 0, 0,
     "and so much longer, by a hash of the key"},
    {"family", "miss_cost", CONFIG_COST_MS, FAMILY(miss_cost_ms), NULL, 0, 0,
     "what a miss costs the database; default what the log told, else 10ms"},
    {"family", "size", CONFIG_BYTES, FAMILY(size_bytes), NULL, 0, VALUE_SIZE_MAX,
     "size of a value; default what the log told, else 512"},
    {"family", "negative_ttl", CONFIG_DURATION_SECOND, FAMILY(negative_ttl_second), "0s", 0, 0,
     "a short entry for ids that the database lacks; 0s: none"},
    {"family", "negative_value", CONFIG_TEXT, FAMILY(negative_value), NULL, 0, 0,
     "what that entry holds; default: an empty string"},
    {"family", "version_in_value", CONFIG_TEXT, FAMILY(version_in_value), NULL, 0, 0,
     "the field of the value that --mode if-newer compares: a number, or a time as text"},
    {"family", "max_value", CONFIG_BYTES, FAMILY(max_value_bytes), "1MiB", 0, 0,
     "a larger value is not loaded: too_big"},

    {"family", "on_loss", CONFIG_LOSS, FAMILY(is_degraded_on_loss), "serve", 0, 0,
     "what the application does without a degradation key: serve or degrade"},

    {"sqlite", "file", CONFIG_PATH, AT(sqlite_file), NULL, 0, 0, "the database file"},
    {"file", "path", CONFIG_PATH, AT(file_source), NULL, 0, 0,
     "the file of families without file ="},

    {"http", "url", CONFIG_TEXT, AT(http.url), NULL, 0, 0,
     "http://host/users/{id}, of families without url ="},
    {"http", "version", CONFIG_TEXT, AT(http.version), "none", 0, 0,
     "none, etag, last-modified or field:NAME of a JSON body"},
    {"http", "token_file", CONFIG_PATH, AT(http.token_file), NULL, 0, 0,
     "file with a bearer token, mode 0600"},
    {"http", "ca_file", CONFIG_PATH, AT(http.ca_file), NULL, 0, 0, "certificates to trust"},
    {"http", "connections", CONFIG_COUNT, AT(http.connections), "4", 1, CONNECTIONS_MAX,
     "requests at once"},
    {"http", "timeout", CONFIG_DURATION_MS, AT(http.timeout_ms), "10s", 0, 0,
     "for an answer, from connecting on"},

    {"mysql", "option_file", CONFIG_PATH, AT(mysql.option_file), NULL, 0, 0,
     "MySQL option file, mode 0600: groups [client] and [rekindle]"},
    {"mysql", "host", CONFIG_TEXT, AT(mysql.host), NULL, 0, 0,
     "server; default the option file's, or localhost"},
    {"mysql", "port", CONFIG_COUNT, AT(mysql.port), "0", 0, PORT_MAX,
     "0: the option file's, or 3306"},
    {"mysql", "socket", CONFIG_PATH, AT(mysql.socket), NULL, 0, 0, "Unix socket instead of a host"},
    {"mysql", "user", CONFIG_TEXT, AT(mysql.user), NULL, 0, 0, "user; reading is enough"},
    {"mysql", "password_file", CONFIG_PATH, AT(mysql.password_file), NULL, 0, 0,
     "file with the password, mode 0600"},
    {"mysql", "database", CONFIG_TEXT, AT(mysql.database), NULL, 0, 0, "database"},
    {"mysql", "ssl_ca", CONFIG_PATH, AT(mysql.ssl_ca), NULL, 0, 0,
     "certificates to trust; TLS is then required"},
    {"mysql", "ssl_cert", CONFIG_PATH, AT(mysql.ssl_cert), NULL, 0, 0, "certificate to show"},
    {"mysql", "ssl_key", CONFIG_PATH, AT(mysql.ssl_key), NULL, 0, 0, "its private key"},
    {"mysql", "connections", CONFIG_COUNT, AT(mysql.connections), "2", 1, CONNECTIONS_MAX,
     "connections that read at once"},
    {"mysql", "chunk_rows", CONFIG_COUNT, AT(mysql.chunk_rows), "500", 1, CHUNK_ROWS_MAX,
     "ids in one SELECT, 100 to 500"},
    {"mysql", "timeout", CONFIG_DURATION_MS, AT(mysql.timeout_ms), "10s", 0, 0,
     "for connecting and for an answer"},
    {"mysql", "replicas", CONFIG_TEXT, AT(mysql.replicas), NULL, 0, 0,
     "replicas whose lag is watched: host, host:port or unix:PATH, with blanks between"},
    {"mysql", "values_from", CONFIG_TEXT, AT(mysql.values_from), NULL, 0, 0,
     "replica that values are read from; versions come from host, the primary"},
    {"mysql", "lag_query", CONFIG_TEXT, AT(mysql.lag_query), NULL, 0, 0,
     "SELECT that gives a replica's lag in seconds; default SHOW REPLICA STATUS"},

    {"redis", "address", CONFIG_ADDRESS, AT(redis.address), "127.0.0.1:6379", 0, 0,
     "host:port, or unix:PATH; of a cluster some nodes, with commas between"},
    {"redis", "sentinel", CONFIG_TEXT, AT(redis.sentinel), NULL, 0, 0,
     "host:port of Sentinels, with commas between; in place of address"},
    {"redis", "master", CONFIG_TEXT, AT(redis.master), NULL, 0, 0,
     "the name by which the Sentinels know the master"},
    {"redis", "database", CONFIG_COUNT, AT(redis.database), "0", 0, DATABASE_MAX,
     "database number"},
    {"redis", "user", CONFIG_TEXT, AT(redis.user), NULL, 0, 0, "ACL user"},
    {"redis", "password_file", CONFIG_PATH, AT(redis.password_file), NULL, 0, 0,
     "file with the password, mode 0600"},
    {"redis", "control", CONFIG_ADDRESS, AT(redis.control), NULL, 0, 0,
     "another Redis that holds the control keys"},
    {"redis", "tls", CONFIG_SWITCH, AT(redis.is_tls), "no", 0, 0, "yes: talk TLS"},
    {"redis", "cluster", CONFIG_SWITCH, AT(redis.is_cluster), "no", 0, 0,
     "yes: the address is a node of a cluster"},
    {"redis", "ca_file", CONFIG_PATH, AT(redis.ca_file), NULL, 0, 0, "certificates to trust"},
    {"redis", "cert_file", CONFIG_PATH, AT(redis.cert_file), NULL, 0, 0, "certificate to show"},
    {"redis", "key_file", CONFIG_PATH, AT(redis.key_file), NULL, 0, 0, "its private key"},
    {"redis", "pipeline", CONFIG_COUNT, AT(redis.pipeline), "512", 1, PIPELINE_MAX,
     "commands in flight"},
    {"redis", "timeout", CONFIG_DURATION_MS, AT(redis.timeout_ms), "5s", 0, 0,
     "for connecting and for an answer"},

    {"budget", "memory", CONFIG_BYTES, AT(budget_memory_bytes), NULL, 0, 0,
     "memory the loaded values may take; default: what maxmemory leaves"},
    {"budget", "memory_high", CONFIG_SHARE, AT(budget_memory_high), "80%", 0, 0,
     "share of maxmemory at which loading stops"},
    {"budget", "growth", CONFIG_TEXT, AT(budget_growth), NULL, 0, 0,
     "what the application adds until the window: 20MiB/h, or measured:10m"},
    {"budget", "accept_eviction", CONFIG_TEXT, AT(budget_accept_eviction), NULL, 0, 0,
     "keys a second that Redis may evict while loading: 500/s"},
    {"pace", "rows", CONFIG_COUNT, AT(pace.rows_per_second), "20k", 0, INT64_MAX,
     "rows a second at most, asked for and written evenly; 0: no limit"},
    {"pace", "bytes", CONFIG_BYTES, AT(pace.bytes_per_second), "0", 0, 0,
     "bytes of values a second at most; 0: no limit"},
    {"pace", "chunk_target", CONFIG_DURATION_MS, AT(pace.chunk_target_ms), "100ms", 0, 0,
     "a SELECT that takes longer is made smaller, and fewer run at once"},
    {"pace", "rest_percent", CONFIG_COUNT, AT(pace.rest_percent), "0", 0, REST_PERCENT_MAX,
     "after a SELECT its connection rests for so much of its time"},
    {"pace", "nice", CONFIG_COUNT, AT(pace.nice), "10", 0, NICE_MAX,
     "as nice(1): on a busy machine others go first; 0: as it was started"},
    {"pace", "threads_running", CONFIG_COUNT, AT(pace.threads_running), "25", 0, INT64_MAX,
     "pause while the database's Threads_running is above; 0: no limit"},
    {"pace", "threads_running_critical", CONFIG_COUNT, AT(pace.threads_running_critical), "50", 0,
     INT64_MAX, "sleep for `hibernate` when it is above twice in a row; 0: no limit"},
    {"pace", "hibernate", CONFIG_DURATION_SECOND, AT(pace.hibernate_second), "60s", 0, 0,
     "how long, until the next look"},
    {"pace", "replica_lag", CONFIG_DURATION_MS, AT(pace.replica_lag_ms), "1500ms", 0, 0,
     "pause while a replica is further behind, or its lag is not known; 0s: no limit"},
    {"pace", "throttle_query", CONFIG_TEXT, AT(pace.throttle_query), NULL, 0, 0,
     "SELECT that is asked of the source each second: anything but 0 pauses"},
    {"pace", "redis_latency", CONFIG_DURATION_MS, AT(pace.redis_latency_ms), "10ms", 0, 0,
     "write slower while a PING takes longer; 0s: no limit"},
    {"run", "dir", CONFIG_PATH, AT(run_dir), "runs", 0, 0, "where the folders of runs are made"},
    {"run", "window_ranks", CONFIG_COUNT, AT(window_ranks), "20000", WINDOW_RANKS_MIN,
     WINDOW_RANKS_MAX, "ranks that are fetched in key order at a time"},
    {"run", "patience", CONFIG_DURATION_MS, AT(patience_ms), NULL, 0, 0,
     "wait so long for a source or a Redis that is away; default 30s, with Sentinels 2m"},
    {"run", "max_expiries_per_second", CONFIG_COUNT, AT(max_expiries_per_second), "50k", 1,
     INT64_MAX, "refuse a plan of which more keys would expire in one second"},
    {"run", "metrics", CONFIG_PATH, AT(metrics_file), NULL, 0, 0,
     "Prometheus text file (*.prom of the textfile collector); guard and ramp write beside it"},
    {"run", "on_finish", CONFIG_TEXT, AT(on_finish), NULL, 0, 0,
     "shell command when run or ready has ended; REKINDLE_EXIT_CODE, _EVENT... tell it how"},
    {"run", "image", CONFIG_PATH, AT(image_dir), NULL, 0, 0,
     "folder for a copy of the values that run has written, for guard; holds their data"},
    {"run", "image_max_age", CONFIG_DURATION_SECOND, AT(image_max_age_second), "1d", 0, 0,
     "an older copy is not used, and deleted"},
    {NULL, NULL, CONFIG_TEXT, 0, NULL, 0, 0, NULL},
};

const struct config_row *config_rows_find(const char *section, const char *key)
{
    for (const struct config_row *row = config_rows; row->section != NULL; row++) {
        if (strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0) {
            return row;
        }
    }
    return NULL;
}

struct spelling config_rows_spell_section(const char *section)
{
    struct spelling spelling = spelling_of(slice_of(section));
    for (const struct config_row *row = config_rows; row->section != NULL; row++) {
        spelling_offer(&spelling, slice_of(row->section));
    }
    return spelling;
}

struct spelling config_rows_spell_key(const char *section, const char *key)
{
    struct spelling spelling = spelling_of(slice_of(key));
    for (const struct config_row *row = config_rows; row->section != NULL; row++) {
        if (strcmp(row->section, section) == 0) {
            spelling_offer(&spelling, slice_of(row->key));
        }
    }
    return spelling;
}
