/* source_replica.c - see source_replica.h.
 * Room: loader/source. May touch: sockets of the source, read-only. */
#include "loader/source/source_replica.h"

#include "loader/source/mysql_link.h"

#include <stdbool.h>
#include <string.h>

const struct config *source_replica_config(const struct config *config,
                                           struct source_replica *replica, struct error *err)
{
    if (config->mysql.values_from == NULL) {
        return config;
    }
    replica->config = *config;
    if (mysql_address_apply(slice_of(config->mysql.values_from), "values_from",
                            &replica->config.mysql, replica->host, err) != 0) {
        return NULL;
    }
    return &replica->config;
}

/* Is there a row, and is its first cell 0? A user who may not ask sees none. */
static bool has_row(MYSQL *mysql, const char *statement, bool *is_zero)
{
    MYSQL_RES *result = mysql_query(mysql, statement) == 0 ? mysql_store_result(mysql) : NULL;
    MYSQL_ROW row = result == NULL ? NULL : mysql_fetch_row(result);
    *is_zero = row != NULL && row[0] != NULL && strcmp(row[0], "0") == 0;
    bool is_found = row != NULL;
    mysql_free_result(result);
    return is_found;
}

int source_replica_check_primary(const struct config *config, struct error *err)
{
    enum source_failure failure;
    bool is_writable = false, ignored = false;
    MYSQL *mysql = mysql_link_open(&config->mysql, &failure, err);
    if (mysql == NULL) {
        return -1;
    }
    bool is_told = has_row(mysql, "SELECT @@GLOBAL.read_only", &is_writable);
    bool is_following = has_row(mysql, "SHOW SLAVE STATUS", &ignored) ||
                        has_row(mysql, "SHOW REPLICA STATUS", &ignored);
    mysql_close(mysql);
    if (is_following || (is_told && !is_writable)) {
        return error_set(err, ERROR_INPUT,
                         "[mysql]: this server %s, so it cannot tell which values are stale: give "
                         "the primary, and this one as values_from; or --accept-stale",
                         is_following ? "is a replica" : "is read-only");
    }
    return 0;
}
