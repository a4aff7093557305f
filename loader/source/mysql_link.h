/* mysql_link.h - one read-only connection to MySQL or MariaDB.
 * Room: loader/source. May touch: sockets, option and password files, libmysqlclient.
 * Promises: the password comes from a private file or the environment, and is in no message; where TLS was
 * asked for, nothing is asked without it. */
#ifndef REKINDLE_LOADER_MYSQL_LINK_H
#define REKINDLE_LOADER_MYSQL_LINK_H

#include "common/config.h"
#include "common/error.h"
#include "loader/source/source_driver.h"

#include <mysql.h>
#include <stdbool.h>

/* The library's own flag type: char in MariaDB's, bool in Oracle's. */
#ifdef MARIADB_BASE_VERSION
#define MYSQL_FLAG my_bool
#else
#define MYSQL_FLAG bool
#endif

/* Connects with utf8mb4, UTC as session zone, read-only transactions and a time limit on each statement. */
MYSQL *mysql_link_open(const struct mysql_config *config, enum source_failure *failure,
                       struct error *err) MUST_CHECK;

/* What an error number of the server or the library means for a question. */
enum source_failure mysql_link_judge(unsigned number);

/* Fills `err`: "MySQL: what: words (number)". */
void mysql_link_explain(struct error *err, const char *what, const char *words, unsigned number);

/* After an answer was stored: -1 when the server has cut one of its values, or made it NULL, for a limit of its own, of
 * which only a warning tells. The connection's error number is 0 then. */
int mysql_link_refuse_cut_values(MYSQL *mysql, struct error *err) MUST_CHECK;

#endif
