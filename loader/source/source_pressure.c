/* source_pressure.c - see source_pressure.h.
 * Room: loader/source. May touch: sockets of the source and of its replicas, libmysqlclient. */
#include "loader/source/source_pressure.h"

#include "common/monotonic.h"
#include "loader/source/mysql_address.h"
#include "loader/source/mysql_link.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_SYNTAX = 1064 };

/* One server that is asked. */
struct watched_server {
    char address
        [MYSQL_ADDRESS_SIZE]; /* of a replica, as the config has it; what host or socket point to */
    char host[MYSQL_ADDRESS_SIZE];
    struct mysql_config config;
    MYSQL *mysql; /* NULL: lost */
};

struct source_pressure {
    const struct config *config;
    struct watched_server source;
    struct watched_server replicas[SOURCE_PRESSURE_REPLICA_MAX];
    size_t replica_count;
};

/* ---- one question */

static void hang_up(struct watched_server *server)
{
    if (server->mysql != NULL) {
        mysql_close(server->mysql);
        server->mysql = NULL;
    }
}

/* The answer to `statement`, free with mysql_free_result; NULL: failed, with the server's number in `*number`. */
static MYSQL_RES *ask(struct watched_server *server, const char *statement, unsigned *number,
                      struct error *err)
{
    enum source_failure failure;
    *number = 0;
    if (server->mysql == NULL &&
        (server->mysql = mysql_link_open(&server->config, &failure, err)) == NULL) {
        return NULL;
    }
    MYSQL_RES *result = NULL;
    if (mysql_query(server->mysql, statement) == 0) {
        result = mysql_store_result(server->mysql);
    }
    if (result != NULL) {
        return result;
    }
    *number = mysql_errno(server->mysql);
    if (*number == 0) {
        error_set(err, ERROR_INPUT, "'%.200s' gives no rows: it must be a SELECT", statement);
    } else {
        mysql_link_explain(err, statement, mysql_error(server->mysql), *number);
        if (mysql_link_judge(*number) == SOURCE_FAILURE_LOST) {
            hang_up(server);
        }
    }
    return NULL;
}

/* Adds a cell to the largest so far: 1; 0 when it is NULL; -1 when it is no number. */
static int take_number(const char *cell, double *largest, struct error *err)
{
    char *end;
    if (cell == NULL) {
        return 0;
    }
    double number = strtod(cell, &end);
    if (end == cell || *end != '\0' || !isfinite(number)) {
        return error_set(err, ERROR_INPUT, "the answer is not a number: '%.60s'", cell);
    }
    *largest = number > *largest ? number : *largest;
    return 1;
}

/* The largest number in column `column` of an answer: 1; 0 when there is no row, or a NULL; -1. Frees the answer. */
static int take_largest(MYSQL_RES *result, unsigned column, double *largest, struct error *err)
{
    MYSQL_ROW row;
    int found = 0;
    *largest = -INFINITY;
    while (found >= 0 && (row = mysql_fetch_row(result)) != NULL) {
        found = take_number(row[column], largest, err);
        if (found == 0) {
            break;
        }
    }
    mysql_free_result(result);
    return found;
}

static int ask_number(struct watched_server *server, const char *statement, unsigned column,
                      double *number, struct error *err)
{
    unsigned ignored;
    MYSQL_RES *result = ask(server, statement, &ignored, err);
    if (result == NULL) {
        return -1;
    }
    if (mysql_num_fields(result) <= column) {
        mysql_free_result(result);
        return error_set(err, ERROR_INPUT, "'%.200s' gives no such column", statement);
    }
    int found = take_largest(result, column, number, err);
    return found < 0 ? error_add_context(err, "'%.200s'", statement) : found;
}

/* ---- what is asked */

static int read_threads(struct source_pressure *pressure, struct source_pressure_reading *reading,
                        struct error *err)
{
    int found = ask_number(&pressure->source, "SHOW GLOBAL STATUS LIKE 'Threads_running'", 1,
                           &reading->threads_running, err);
    reading->has_threads = found == 1;
    return found < 0 ? -1 : 0;
}

static int read_throttle(struct source_pressure *pressure, struct source_pressure_reading *reading,
                         struct error *err)
{
    const char *statement = pressure->config->pace.throttle_query;
    if (statement == NULL) {
        return 0;
    }
    int found = ask_number(&pressure->source, statement, 0, &reading->throttle, err);
    if (found < 0) {
        return error_add_context(err, "[pace] throttle_query");
    }
    reading->has_throttle = true;
    reading->throttle = found == 0 ? 0 : reading->throttle;
    return 0;
}

static int find_lag_column(MYSQL_RES *result)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    for (unsigned i = 0; i < mysql_num_fields(result); i++) {
        if (strcmp(fields[i].name, "Seconds_Behind_Source") == 0 ||
            strcmp(fields[i].name, "Seconds_Behind_Master") == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* The older name of the statement is gone from MySQL 8.4, the newer one is unknown before 8.0.22 and MariaDB 10.5. */
static int ask_lag_of_replica(struct watched_server *replica, double *second, struct error *err)
{
    unsigned number;
    MYSQL_RES *result = ask(replica, "SHOW REPLICA STATUS", &number, err);
    if (result == NULL && number == ERROR_SYNTAX) {
        error_clear(err);
        result = ask(replica, "SHOW SLAVE STATUS", &number, err);
    }
    if (result == NULL) {
        return -1;
    }
    int column = find_lag_column(result);
    if (column < 0 || mysql_num_rows(result) == 0) {
        mysql_free_result(result);
        return error_set(err, ERROR_INPUT,
                         "it is not a replica: SHOW REPLICA STATUS is empty; take it out of "
                         "[mysql] replicas, or give [mysql] lag_query");
    }
    return take_largest(result, (unsigned)column, second, err);
}

/* 1 with the lag in milliseconds, 0 when it is not known (replication does not run), -1. */
static int read_lag_of(struct watched_server *server, const char *lag_query, double *lag_ms,
                       struct error *err)
{
    double second = 0;
    int found = lag_query != NULL ? ask_number(server, lag_query, 0, &second, err)
                                  : ask_lag_of_replica(server, &second, err);
    if (found == 1) {
        *lag_ms = second * MS_PER_SECOND;
    }
    return found;
}

static void say_unknown(struct source_pressure_reading *reading,
                        const struct watched_server *server, bool is_query)
{
    error_set(&reading->blind, ERROR_BACKEND,
              is_query ? "%s%s: [mysql] lag_query answers nothing, so its lag is not known"
                       : "%s%s: its replication does not run, so its lag is not known",
              server->address[0] == '\0' ? "the source" : "replica ", server->address);
}

/* One replica whose lag is not known makes it unknown. */
static int read_lag(struct source_pressure *pressure, struct source_pressure_reading *reading,
                    struct error *err)
{
    const char *lag_query = pressure->config->mysql.lag_query;
    bool is_asked_here = pressure->replica_count == 0 && lag_query != NULL;
    size_t count = is_asked_here ? 1 : pressure->replica_count;
    double worst_ms = 0;
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        struct watched_server *server = is_asked_here ? &pressure->source : &pressure->replicas[i];
        double lag_ms = 0;
        int found = read_lag_of(server, lag_query, &lag_ms, err);
        if (found < 0) {
            return is_asked_here ? error_add_context(err, "[mysql] lag_query")
                                 : error_add_context(err, "replica %s", server->address);
        }
        if (found == 0) {
            say_unknown(reading, server, is_asked_here || lag_query != NULL);
        }
        known += (size_t)found;
        worst_ms = lag_ms > worst_ms ? lag_ms : worst_ms;
    }
    reading->has_lag = count > 0 && known == count;
    reading->lag_ms = worst_ms;
    return 0;
}

int source_pressure_read(struct source_pressure *pressure, struct source_pressure_reading *reading,
                         struct error *err)
{
    struct error later = {0};
    *reading = (struct source_pressure_reading){0};
    int result = read_threads(pressure, reading, err);
    if (result == 0) {
        result = read_throttle(pressure, reading, err);
    }
    if (result != 0) {
        reading->blind = *err;
    }
    if (read_lag(pressure, reading, &later) != 0) {
        reading->blind = later;
    }
    if (later.kind != ERROR_NONE && result == 0) {
        *err = later;
        result = -1;
    }
    return result;
}

/* ---- opening */

/* One more replica to watch; user, password and TLS are those of the source. */
static int add_replica(struct source_pressure *pressure, struct slice address, const char *key,
                       struct error *err)
{
    if (pressure->replica_count == SOURCE_PRESSURE_REPLICA_MAX) {
        return error_set(err, ERROR_INPUT, "[mysql] replicas: more than %d",
                         SOURCE_PRESSURE_REPLICA_MAX);
    }
    struct watched_server *server = &pressure->replicas[pressure->replica_count++];
    server->config = pressure->config->mysql;
    server->config.timeout_ms = SOURCE_PRESSURE_TIMEOUT_MS;
    if (mysql_address_apply(address, key, &server->config, server->host, err) != 0) {
        return -1;
    }
    memcpy(server->address, address.bytes, address.size);
    server->address[address.size] = '\0';
    return 0;
}

static bool is_watched(const struct source_pressure *pressure, const char *address)
{
    for (size_t i = 0; i < pressure->replica_count; i++) {
        if (strcmp(pressure->replicas[i].address, address) == 0) {
            return true;
        }
    }
    return false;
}

/* The replica that values are read from is watched as well. */
static int set_replicas(struct source_pressure *pressure, struct error *err)
{
    static const char blanks[] = " \t\r\n,";
    const char *at = pressure->config->mysql.replicas;
    const char *values_from = pressure->config->mysql.values_from;
    for (at = at == NULL ? "" : at; *(at += strspn(at, blanks)) != '\0';) {
        size_t size = strcspn(at, blanks);
        if (add_replica(pressure, (struct slice){at, size}, "replicas", err) != 0) {
            return -1;
        }
        at += size;
    }
    return values_from == NULL || is_watched(pressure, values_from)
               ? 0
               : add_replica(pressure, slice_of(values_from), "values_from", err);
}

struct source_pressure *source_pressure_open(const struct config *config, struct error *err)
{
    struct source_pressure_reading reading;
    struct source_pressure *pressure = calloc(1, sizeof *pressure);
    if (pressure == NULL) {
        error_set_memory(err, "watching the database's load");
        return NULL;
    }
    pressure->config = config;
    pressure->source.config = config->mysql;
    pressure->source.config.timeout_ms = SOURCE_PRESSURE_TIMEOUT_MS;
    if (set_replicas(pressure, err) != 0 || source_pressure_read(pressure, &reading, err) != 0) {
        error_add_context(err, "watching the database's load");
        source_pressure_close(pressure);
        return NULL;
    }
    return pressure;
}

void source_pressure_close(struct source_pressure *pressure)
{
    if (pressure == NULL) {
        return;
    }
    hang_up(&pressure->source);
    for (size_t i = 0; i < pressure->replica_count; i++) {
        hang_up(&pressure->replicas[i]);
    }
    free(pressure);
}
