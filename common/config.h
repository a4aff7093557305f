/* config.h - the INI file both programs read: every known section and key in one table.
 * Room: common. May touch: files, inih.
 * Promises: an unknown section or key, a bad value or a repeated key is ERROR_INPUT with file and line.
 * Keys are declared once, in config_rows.c, with section, kind, default and help: parsing, --print-config and
 * the man pages read that table. Comments have lines of their own; a value may go on over indented lines. */
#ifndef REKINDLE_COMMON_CONFIG_H
#define REKINDLE_COMMON_CONFIG_H

#include "common/entity.h"
#include "common/error.h"
#include "common/key_template.h"
#include "common/spelling.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum family_source { SOURCE_NONE, SOURCE_MYSQL, SOURCE_SQLITE, SOURCE_FILE, SOURCE_HTTP };
enum value_encoding { VALUE_JSON, VALUE_RAW, VALUE_HASH, VALUE_TEMPLATE };

/* One [family NAME]: one kind of cached value. */
struct family {
    const char *name;
    enum entity entity;
    struct key_template key;
    enum family_source source;
    const char *query; /* holds `({ids})` exactly once, after the id column and IN; NULL if none */
    const char *url;   /* source = http: with {id}; NULL: [http] url */
    const char *file;  /* source = file: its rows; NULL: [file] path */
    enum value_encoding value;  /* json (default): an object of the row's columns, less `version` */
    const char *value_column;   /* value = raw:COLUMN */
    const char *value_template; /* value = template:TEXT */
    int64_t ttl_after_end_second; /* ttl = event_end + 6h */
    int64_t
        ttl_jitter_second; /* ttl_jitter = 30m (default): expiry is later by 0..jitter, by a hash of the key */
    double miss_cost_ms; /* miss_cost = 12ms; 0: not given, the log's or 10 ms */
    uint64_t size_bytes; /* size = 400: the value's bytes; 0: not given, the log's or 512 */
    int64_t
        negative_ttl_second; /* negative_ttl = 60s: a short entry for ids missing in the database; 0 none */
    const char *negative_value;   /* what it holds; NULL: an empty string */
    const char *version_in_value; /* for --mode if-newer; NULL: none */
    uint64_t max_value_bytes;     /* max_value = 1MiB (default): larger is outcome too_big */
    bool is_degraded_on_loss;     /* on_loss = degrade: what a missing degradation key means */
    int64_t line;                 /* where the section stands in the file */
};

/* One [log NAME]: the default options of `ingest --log NAME`. All strings may be NULL. */
struct log_config {
    const char *name, *format, *columns, *delimiter, *zone, *status, *ignore_agents;
    const char *user, *product; /* rules */
    const char *max_bad_share;
};

struct mysql_config {
    const char *option_file; /* PATH, mode 0600; groups [client] and [rekindle] */
    const char *host, *user, *database, *socket, *password_file, *ssl_ca;
    const char *ssl_cert, *ssl_key; /* our own certificate; NULL: none */
    const char *values_from;        /* a replica that values are read from; NULL: the primary */
    int64_t port;                   /* 0: the option file's, or 3306 */
    int64_t connections;            /* default 2 */
    int64_t chunk_rows;             /* ids in one multi-get; default 500 */
    int64_t timeout_ms;             /* for connect and read; default 10 s */
    const char *replicas; /* addresses whose lag is watched: `10.0.0.2 10.0.0.3:3307`; NULL: none */
    const char
        *lag_query; /* gives the lag in seconds, in place of SHOW REPLICA STATUS; NULL: none */
};

/* [pace]: what the governor keeps to. 0: no such limit, but for hibernate_second. */
struct pace_config {
    int64_t rows_per_second;
    uint64_t bytes_per_second;        /* of values written */
    int64_t chunk_target_ms;          /* of one question to the source */
    int64_t rest_percent;             /* of a question's time, after each */
    int64_t threads_running;          /* of the database: above, the run pauses */
    int64_t threads_running_critical; /* twice seen above: it sleeps for hibernate_second */
    int64_t hibernate_second;
    int64_t replica_lag_ms;   /* of each replica */
    int64_t redis_latency_ms; /* of a PING */
    int64_t nice; /* of the process: what the scheduler puts behind others; 0: as started */
    const char *throttle_query; /* to the source: an answer but 0 pauses; NULL: none */
};

struct http_config {
    const char *url;     /* http://host/users/{id}; NULL: the family's */
    const char *version; /* none (default), etag, last-modified or field:NAME */
    const char *token_file, *ca_file;
    int64_t connections; /* default 4 */
    int64_t timeout_ms;  /* of one request; default 10 s */
};

struct redis_config {
    const char *
        address; /* host:port, or unix:/path ; default 127.0.0.1:6379; several of a cluster's nodes */
    int64_t database;     /* default 0 */
    const char *sentinel; /* addresses of Sentinels, with commas between; NULL: none */
    const char *master;   /* the name they know the master by */
    const char *user, *password_file;
    const char *control; /* address of the Redis that holds control keys; NULL: the same */
    bool is_tls, is_cluster;
    const char *ca_file, *cert_file, *key_file;
    int64_t pipeline;   /* commands in flight; default 512 */
    int64_t timeout_ms; /* default 5 s */
};

/* What is known of the keys of one entity beside their history. */
struct entity_config {
    const char *attributes; /* [entity product] attributes = FILE; NULL: none */
};

struct config {
    const char *path; /* NULL when there was no file: all defaults */
    const char *history_dir, *history_zone;
    int64_t history_bucket_second;
    const char *events_file; /* [events] file = events.csv */
    struct entity_config entities[ENTITY_COUNT];
    const struct log_config *logs;
    size_t log_count;
    const struct family *families;
    size_t family_count;
    const char *sqlite_file; /* [sqlite] file = PATH */
    const char *file_source; /* [file] path = PATH */
    struct http_config http;
    struct mysql_config mysql;
    struct redis_config redis;
    uint64_t budget_memory_bytes;                       /* [budget] memory = 2GiB; 0: not given */
    double budget_memory_high;                          /* of maxmemory, 0..1; default 0.8 */
    const char *budget_growth, *budget_accept_eviction; /* NULL: not given */
    const char *
        run_dir; /* [run] dir = PATH: where run folders are made; default runs beside the config file */
    int64_t window_ranks; /* [run] window_ranks; default 20000 */
    int64_t patience_ms;  /* [run] patience: for a source or a Redis that is away; 0: not given */
    int64_t max_expiries_per_second; /* [run]; default 50000 */
    const char *metrics_file;        /* [run] metrics = PATH; NULL: none */
    const char *on_finish;           /* [run] on_finish = COMMAND; NULL: none */
    const char *image_dir;           /* [run] image = PATH; NULL: none is kept */
    int64_t image_max_age_second;    /* [run] image_max_age; default 1d */
    struct pace_config pace;
};

/* Loads `path`; NULL gives the defaults. Relative paths in the file are taken from the file's folder.
 * Free with config_free, also what it points to. */
int config_load(const char *path, struct config **config, struct error *err) MUST_CHECK;
void config_free(struct config *config);

/* NULL when there is no such family. */
const struct family *config_find_family(const struct config *config, struct slice name);
const struct log_config *config_find_log(const struct config *config, struct slice name);
/* For an error about such a name: the nearest to it. */
struct spelling config_spell_family(const struct config *config, struct slice name);
struct spelling config_spell_log(const struct config *config, struct slice name);

#endif
