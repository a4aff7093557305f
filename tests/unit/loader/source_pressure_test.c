/* source_pressure_test.c - what a private MariaDB says of its load; what cannot be read is not made up.
 * Room: tests. May touch: a private server. */
#include "loader/source/source_pressure.h"

#include "tests/unit/loader/private_server.h"

#include <mysql.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct private_server server;
static MYSQL *admin;
static char replica_address[SERVER_PATH_SIZE];

static MYSQL *connect_to_server(void)
{
    MYSQL *mysql = mysql_init(NULL);
    if (mysql_real_connect(mysql, NULL, "root", NULL, NULL, 0, server.socket, 0) == NULL) {
        fail_msg("%s", mysql_error(mysql));
    }
    return mysql;
}

static void sql(const char *statement)
{
    if (mysql_query(admin, statement) != 0) {
        fail_msg("%s: %s", statement, mysql_error(admin));
    }
    MYSQL_RES *result = mysql_store_result(admin);
    mysql_free_result(result);
}

static int start(void **state)
{
    (void)state;
    private_server_make_folder(&server);
    private_server_start_mariadb(&server, (const char *const[]){"--skip-networking", NULL});
    snprintf(replica_address, sizeof replica_address, "unix:%s", server.socket);
    admin = connect_to_server();
    sql("CREATE DATABASE shop");
    sql("CREATE TABLE shop.knob (value VARCHAR(20))");
    return 0;
}

static int end(void **state)
{
    (void)state;
    mysql_close(admin);
    private_server_remove(&server);
    return 0;
}

static struct config config_of_server(void)
{
    return (struct config){.mysql = {.user = "root", .database = "shop", .socket = server.socket}};
}

static struct source_pressure_reading read_once(const struct config *config)
{
    struct error err = {0};
    struct source_pressure_reading reading;
    struct source_pressure *pressure = source_pressure_open(config, &err);
    if (pressure == NULL || source_pressure_read(pressure, &reading, &err) != 0) {
        fail_msg("%s", err.text);
    }
    source_pressure_close(pressure);
    return reading;
}

static void assert_refused(const struct config *config, const char *text)
{
    struct error err = {0};
    assert_null(source_pressure_open(config, &err));
    assert_string_equal(err.text, text);
}

static void *sleep_there(void *context)
{
    mysql_query(context, "SELECT SLEEP(60)");
    return NULL;
}

static void test_a_sleeper_counts_as_running(void **state)
{
    (void)state;
    enum { SLEEPERS = 3 };
    struct config config = config_of_server();
    struct source_pressure_reading idle = read_once(&config), busy = {0};
    assert_true(idle.has_threads);
    assert_false(idle.has_lag);
    assert_false(idle.has_throttle);
    pthread_t threads[SLEEPERS];
    MYSQL *sleepers[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i] = connect_to_server();
        assert_int_equal(pthread_create(&threads[i], NULL, sleep_there, sleepers[i]), 0);
    }
    for (int i = 0; i < 1000 && busy.threads_running < idle.threads_running + SLEEPERS; i++) {
        busy = read_once(&config);
    }
    assert_int_equal((int)busy.threads_running, (int)idle.threads_running + SLEEPERS);
    for (int i = 0; i < SLEEPERS; i++) {
        char statement[64];
        snprintf(statement, sizeof statement, "KILL %lu", mysql_thread_id(sleepers[i]));
        sql(statement);
        pthread_join(threads[i], NULL);
        mysql_close(sleepers[i]);
    }
}

static void test_the_throttle_query(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        int wanted;
    } rows[] = {{"SELECT 1", 1},
                {"SELECT 0", 0},
                {"SELECT NULL", 0},
                {"SELECT value FROM knob", 0},
                {"SELECT 2 UNION SELECT 7", 7}};
    struct config config = config_of_server();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        config.pace.throttle_query = rows[i].query;
        struct source_pressure_reading reading = read_once(&config);
        assert_true(reading.has_throttle);
        assert_int_equal((int)reading.throttle, rows[i].wanted);
    }
}

static void test_a_throttle_query_that_cannot_work(void **state)
{
    (void)state;
    struct config config = config_of_server();
    config.pace.throttle_query = "SELECT 'busy'";
    assert_refused(&config, "watching the database's load: [pace] throttle_query: 'SELECT 'busy'': "
                            "the answer is not a number: 'busy'");
    config.pace.throttle_query = "DO 1";
    assert_refused(&config, "watching the database's load: [pace] throttle_query: 'DO 1' gives no "
                            "rows: it must be a SELECT");
    config.pace.throttle_query = "SELECT 1 FROM nothing";
    assert_refused(&config, "watching the database's load: [pace] throttle_query: MySQL: SELECT 1 "
                            "FROM nothing: Table 'shop.nothing' doesn't exist (1146)");
}

static void test_lag_by_a_query(void **state)
{
    (void)state;
    struct config config = config_of_server();
    config.mysql.lag_query = "SELECT 1.25";
    struct source_pressure_reading reading = read_once(&config);
    assert_true(reading.has_lag);
    assert_int_equal((int)reading.lag_ms, 1250);
    config.mysql.replicas = replica_address;
    config.mysql.lag_query = "SELECT 0.5 UNION SELECT 3";
    reading = read_once(&config);
    assert_int_equal((int)reading.lag_ms, 3000);
    config.mysql.lag_query = "SELECT NULL";
    assert_false(read_once(&config).has_lag);
}

/* A replica whose threads do not run has no lag that anybody knows. */
static void test_lag_of_a_replica(void **state)
{
    (void)state;
    char text[SERVER_PATH_SIZE * 2];
    struct config config = config_of_server();
    config.mysql.replicas = replica_address;
    snprintf(text, sizeof text,
             "watching the database's load: replica %s: it is not a replica: SHOW REPLICA STATUS "
             "is empty; take it out of [mysql] replicas, or give [mysql] lag_query",
             replica_address);
    assert_refused(&config, text);
    sql("CHANGE MASTER TO MASTER_HOST = 'nowhere.invalid', MASTER_USER = 'nobody'");
    struct source_pressure_reading reading = read_once(&config);
    assert_false(reading.has_lag);
    assert_true(reading.has_threads);
    sql("RESET SLAVE ALL");
}

static void test_addresses_that_are_none(void **state)
{
    (void)state;
    struct config config = config_of_server();
    config.mysql.replicas = "10.0.0.2:0";
    assert_refused(&config,
                   "watching the database's load: [mysql] replicas: '10.0.0.2:0' is not an "
                   "address; write host, host:port or unix:PATH");
}

static void test_a_lost_connection_is_made_again(void **state)
{
    (void)state;
    struct error err = {0};
    struct source_pressure_reading reading;
    struct config config = config_of_server();
    struct source_pressure *pressure = source_pressure_open(&config, &err);
    assert_non_null(pressure);
    sql("KILL USER root"); /* all connections but this one */
    assert_int_equal(source_pressure_read(pressure, &reading, &err), -1);
    assert_false(reading.has_threads);
    assert_int_equal(err.kind, ERROR_BACKEND);
    error_clear(&err);
    assert_int_equal(source_pressure_read(pressure, &reading, &err), 0);
    assert_true(reading.has_threads);
    source_pressure_close(pressure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sleeper_counts_as_running),
        cmocka_unit_test(test_the_throttle_query),
        cmocka_unit_test(test_a_throttle_query_that_cannot_work),
        cmocka_unit_test(test_lag_by_a_query),
        cmocka_unit_test(test_lag_of_a_replica),
        cmocka_unit_test(test_addresses_that_are_none),
        cmocka_unit_test(test_a_lost_connection_is_made_again),
    };
    return cmocka_run_group_tests(tests, start, end);
}
