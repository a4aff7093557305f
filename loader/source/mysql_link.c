/* mysql_link.c - see mysql_link.h.
 * Room: loader/source. May touch: sockets, option and password files, libmysqlclient.
 *
 * Three traps that this file is about: the library ignores a missing option file in silence; with `ssl-enforce`
 * alone it talks in clear text to a server without TLS; a server without an answer is only noticed by a time
 * limit of our own. */
#include "loader/source/mysql_link.h"

#include "common/file_io.h"
#include "common/monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_ENVIRONMENT "REKINDLE_MYSQL_PASSWORD"
#define OPTION_GROUP         "rekindle"

enum {
    TIMEOUT_DEFAULT_MS = 10 * 1000,
    READ_MARGIN_SECOND =
        2, /* the server's own time limit comes first: it leaves the connection usable */
    STATEMENT_SIZE = 128,
    GROUP_OR_OTHERS = S_IRWXG | S_IRWXO
};

/* ---- what went wrong */

enum source_failure mysql_link_judge(unsigned number)
{
    static const struct {
        unsigned number;
        enum source_failure failure;
    } rules[] = {
        {1040, SOURCE_FAILURE_LOST},  /* too many connections */
        {1047, SOURCE_FAILURE_LOST},  /* this node of a Galera cluster is not ready for queries */
        {1053, SOURCE_FAILURE_LOST},  /* server shutdown in progress */
        {1203, SOURCE_FAILURE_LOST},  /* too many connections of this user */
        {1243, SOURCE_FAILURE_LOST},  /* unknown prepared statement */
        {1927, SOURCE_FAILURE_LOST},  /* connection was killed */
        {2002, SOURCE_FAILURE_LOST},  /* cannot connect to the socket */
        {2003, SOURCE_FAILURE_LOST},  /* cannot connect to the host */
        {2006, SOURCE_FAILURE_LOST},  /* server has gone away */
        {2013, SOURCE_FAILURE_LOST},  /* lost connection, or our read time limit */
        {2055, SOURCE_FAILURE_LOST},  /* lost connection, with a system error */
        {3032, SOURCE_FAILURE_LOST},  /* the server is in offline mode */
        {3169, SOURCE_FAILURE_LOST},  /* the session was killed (MySQL) */
        {4031, SOURCE_FAILURE_LOST},  /* disconnected by the server because of inactivity */
        {1205, SOURCE_FAILURE_AGAIN}, /* lock wait timeout */
        {1213, SOURCE_FAILURE_AGAIN}, /* deadlock */
        {1317, SOURCE_FAILURE_AGAIN}, /* query execution was interrupted */
        {1412, SOURCE_FAILURE_AGAIN}, /* table definition has changed */
        {1615, SOURCE_FAILURE_AGAIN}, /* prepared statement needs to be re-prepared */
        {1969, SOURCE_FAILURE_AGAIN}, /* max_statement_time exceeded (MariaDB) */
        {3024, SOURCE_FAILURE_AGAIN}, /* maximum statement execution time exceeded (MySQL) */
        {1267, SOURCE_FAILURE_IDS},   /* illegal mix of collations */
        {1270, SOURCE_FAILURE_IDS},   /* the same, three operands */
        {1271, SOURCE_FAILURE_IDS},   /* the same, more */
        {1300, SOURCE_FAILURE_IDS},   /* invalid character string */
        {3854, SOURCE_FAILURE_IDS},   /* cannot convert string between character sets */
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].number == number) {
            return rules[i].failure;
        }
    }
    return SOURCE_FAILURE_FATAL;
}

void mysql_link_explain(struct error *err, const char *what, const char *words, unsigned number)
{
    error_set(err, ERROR_BACKEND, "MySQL: %s: %s (%u)", what, words, number);
}

/* A value that outgrows one of its limits the server cuts, or turns into NULL, and only warns. */
int mysql_link_refuse_cut_values(MYSQL *mysql, struct error *err)
{
    static const unsigned long cuts[] = {
        1260, /* cut by GROUP_CONCAT: group_concat_max_len */
        1301, /* a function's result was larger than max_allowed_packet: NULL */
    };
    enum { BASE_TEN = 10 };
    if (mysql_warning_count(mysql) == 0) {
        return 0;
    }
    MYSQL_RES *warnings =
        mysql_query(mysql, "SHOW WARNINGS") == 0 ? mysql_store_result(mysql) : NULL;
    if (warnings == NULL) {
        mysql_link_explain(err, "SHOW WARNINGS", mysql_error(mysql), mysql_errno(mysql));
        return -1;
    }
    int result = 0;
    for (MYSQL_ROW row; result == 0 && (row = mysql_fetch_row(warnings)) != NULL;) {
        unsigned long number = strtoul(row[1], NULL, BASE_TEN); /* level, number, words */
        for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
            if (number == cuts[i]) {
                mysql_link_explain(err,
                                   "the server has cut a value; raise group_concat_max_len or "
                                   "max_allowed_packet there",
                                   row[2], (unsigned)number);
                result = -1;
            }
        }
    }
    mysql_free_result(warnings);
    return result;
}

/* ---- where the password comes from */

/* The library itself says nothing about an option file that it cannot read. */
static int check_option_file(const char *path, struct error *err)
{
    struct stat status;
    if (stat(path, &status) != 0 || access(path, R_OK) != 0) {
        return error_set_errno(err, ERROR_INPUT, errno, "%s: cannot read [mysql] option_file",
                               path);
    }
    if ((status.st_mode & GROUP_OR_OTHERS) != 0) {
        return error_set(err, ERROR_INPUT,
                         "%s: [mysql] option_file may be read by others (mode %03o): chmod 600 it",
                         path, (unsigned)(status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)));
    }
    return 0;
}

/* `*password` NULL: none but what the option file has; free() it. */
static int read_password(const struct mysql_config *config, char **password, struct error *err)
{
    *password = NULL;
    if (config->password_file != NULL) {
        return file_read_secret(config->password_file, password, err);
    }
    const char *given = getenv(PASSWORD_ENVIRONMENT);
    if (given == NULL || given[0] == '\0') {
        return 0;
    }
    *password = strdup(given);
    return *password == NULL ? error_set_memory(err, "reading a password") : 0;
}

static void forget_password(char *password)
{
    if (password != NULL) {
        explicit_bzero(password, strlen(password));
        free(password);
    }
}

/* ---- TLS */

#ifdef MARIADB_BASE_VERSION
static void require_tls(MYSQL *mysql)
{
    MYSQL_FLAG on = 1;
    mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
}

/* Valid after connecting: only then has the option file been read. */
static bool is_tls_wanted(MYSQL *mysql)
{
    MYSQL_FLAG is_enforced = 0, is_verified = 0;
    const char *ca_file = NULL;
    mysql_get_option(mysql, MYSQL_OPT_SSL_ENFORCE, &is_enforced);
    mysql_get_option(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &is_verified);
    mysql_get_option(mysql, MYSQL_OPT_SSL_CA, &ca_file);
    return is_enforced || is_verified || ca_file != NULL;
}
#else
static void require_tls(MYSQL *mysql)
{
    unsigned mode = SSL_MODE_VERIFY_IDENTITY;
    mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
}

static bool is_tls_wanted(MYSQL *mysql)
{
    unsigned mode = SSL_MODE_DISABLED;
    mysql_get_option(mysql, MYSQL_OPT_SSL_MODE, &mode);
    return mode >= SSL_MODE_REQUIRED;
}
#endif

/* The library's own words for a file that is not there are "error:80000002" and the like. */
static int check_tls_file(const char *path, const char *key, struct error *err)
{
    if (path == NULL || access(path, R_OK) == 0) {
        return 0;
    }
    return error_set_errno(err, ERROR_INPUT, errno, "%s: cannot use it as [mysql] %s", path, key);
}

static int check_tls_files(const struct mysql_config *config, struct error *err)
{
    bool has_cert = config->ssl_cert != NULL, has_key = config->ssl_key != NULL;
    if (has_cert != has_key) {
        return error_set(err, ERROR_INPUT,
                         "[mysql] ssl_cert and ssl_key belong together: give both");
    }
    if (has_cert && config->ssl_ca == NULL) {
        return error_set(err, ERROR_INPUT, "[mysql] ssl_cert needs ssl_ca: whom do we show it to?");
    }
    bool is_fine = check_tls_file(config->ssl_ca, "ssl_ca", err) == 0 &&
                   check_tls_file(config->ssl_cert, "ssl_cert", err) == 0 &&
                   check_tls_file(config->ssl_key, "ssl_key", err) == 0;
    return is_fine ? 0 : -1;
}

static void ask_for_tls(MYSQL *mysql, const struct mysql_config *config)
{
    require_tls(mysql);
    mysql_options(mysql, MYSQL_OPT_SSL_CA, config->ssl_ca);
    if (config->ssl_cert != NULL) {
        mysql_options(mysql, MYSQL_OPT_SSL_CERT, config->ssl_cert);
        mysql_options(mysql, MYSQL_OPT_SSL_KEY, config->ssl_key);
    }
}

/* ---- connecting */

static int64_t timeout_of(const struct mysql_config *config)
{
    return config->timeout_ms > 0 ? config->timeout_ms : TIMEOUT_DEFAULT_MS;
}

static void set_options(MYSQL *mysql, const struct mysql_config *config)
{
    unsigned second = (unsigned)((timeout_of(config) + MS_PER_SECOND - 1) / MS_PER_SECOND);
    unsigned read_second = second + READ_MARGIN_SECOND;
    unsigned off = 0;
    if (config->option_file != NULL) {
        mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, config->option_file);
        mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, OPTION_GROUP);
    }
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &second);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_second);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &read_second);
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (config->ssl_ca != NULL) {
        ask_for_tls(mysql, config);
    }
}

static int run(MYSQL *mysql, const char *statement, struct error *err)
{
    if (mysql_query(mysql, statement) == 0) {
        return 0;
    }
    mysql_link_explain(err, statement, mysql_error(mysql), mysql_errno(mysql));
    return -1;
}

/* A chunk is one statement and its own transaction, so nothing long is ever open on the server. */
static int set_session(MYSQL *mysql, const struct mysql_config *config, struct error *err)
{
    char limit[STATEMENT_SIZE];
    int64_t timeout_ms = timeout_of(config);
    bool is_mariadb = strstr(mysql_get_server_info(mysql), "MariaDB") != NULL;
    if (is_mariadb) {
        snprintf(limit, sizeof limit, "SET SESSION max_statement_time = %.3f",
                 (double)timeout_ms / MS_PER_SECOND);
    } else {
        snprintf(limit, sizeof limit, "SET SESSION MAX_EXECUTION_TIME = %lld",
                 (long long)timeout_ms);
    }
    return run(mysql, "SET SESSION TRANSACTION READ ONLY", err) != 0 ||
                   run(mysql, "SET SESSION time_zone = '+00:00'", err) != 0 ||
                   run(mysql, limit, err) != 0
               ? -1
               : 0;
}

static int connect_and_set(MYSQL *mysql, const struct mysql_config *config, const char *password,
                           enum source_failure *failure, struct error *err)
{
    if (mysql_real_connect(mysql, config->host, config->user, password, config->database,
                           config->port > 0 ? (unsigned)config->port : 0, config->socket,
                           0) == NULL) {
        *failure = mysql_link_judge(mysql_errno(mysql));
        mysql_link_explain(err, "cannot connect (see [mysql] in the config)", mysql_error(mysql),
                           mysql_errno(mysql));
        return -1;
    }
    (void)fcntl(mysql->net.fd, F_SETFD, FD_CLOEXEC); /* the operator's commands are not logged in */
    if (is_tls_wanted(mysql) && mysql_get_ssl_cipher(mysql) == NULL) {
        return error_set(err, ERROR_BACKEND,
                         "MySQL: %s talks without encryption although TLS was asked for",
                         mysql_get_host_info(mysql));
    }
    int result = set_session(mysql, config, err);
    if (result != 0) {
        *failure = mysql_link_judge(mysql_errno(mysql));
    }
    return result;
}

MYSQL *mysql_link_open(const struct mysql_config *config, enum source_failure *failure,
                       struct error *err)
{
    char *password = NULL;
    *failure = SOURCE_FAILURE_FATAL;
    if ((config->option_file != NULL && check_option_file(config->option_file, err) != 0) ||
        check_tls_files(config, err) != 0 || read_password(config, &password, err) != 0) {
        return NULL;
    }
    MYSQL *mysql = mysql_library_init(0, NULL, NULL) == 0 ? mysql_init(NULL) : NULL;
    if (mysql == NULL) {
        error_set_memory(err, "connecting to MySQL");
        forget_password(password);
        return NULL;
    }
    set_options(mysql, config);
    int result = connect_and_set(mysql, config, password, failure, err);
    forget_password(password);
    if (result != 0) {
        mysql_close(mysql);
        return NULL;
    }
    return mysql;
}
