/* sink_replica_test.c - a Redis with a replica: what is confirmed, what a replica may not be, what rights are lacking,
 * and where a Sentinel says the master is.
 * Room: tests. May touch: private servers; the master and the Sentinel on loopback ports that were free. */
#include "loader/sink/sink.h"

#include "tests/unit/loader/private_server.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_SIZE = 512, EXPIRY = 2000000000, TIMEOUT_MS = 2000 };

static struct private_server master, replica, sentinel;
static char master_port[16], sentinel_address[32];
static char master_address[sizeof master.socket + 8], replica_address[sizeof replica.socket + 8];

static void redis(const struct private_server *server, const char *command, char *answer)
{
    redisContext *context = redisConnectUnix(server->socket);
    redisReply *reply = redisCommand(context, command);
    assert_non_null(reply);
    snprintf(answer, TEXT_SIZE, "%s", reply->str == NULL ? "" : reply->str);
    freeReplyObject(reply);
    redisFree(context);
}

static void wait_until(const struct private_server *server, const char *command, const char *text)
{
    static char answer[16 * 1024];
    for (int tries = 0; tries < 1000; tries++) {
        redisContext *context = redisConnectUnix(server->socket);
        redisReply *reply = redisCommand(context, command);
        snprintf(answer, sizeof answer, "%s", reply->str == NULL ? "" : reply->str);
        freeReplyObject(reply);
        redisFree(context);
        if (strstr(answer, text) != NULL) {
            return;
        }
        nanosleep(&(struct timespec){0, 20 * 1000 * 1000}, NULL);
    }
    fail_msg("%s never showed %s", command, text);
}

/* Asks the kernel for a port that is free now. */
static int choose_port(void)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof where;
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&where, sizeof where), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&where, &size), 0);
    close(descriptor);
    return ntohs(where.sin_port);
}

/* A Sentinel is a Redis with `sentinel` in its config file, which must be the first argument. */
static void start_sentinel(void)
{
    char path[SERVER_PATH_SIZE];
    int port = choose_port();
    private_server_make_folder(&sentinel);
    snprintf(path, sizeof path, "%s/sentinel.conf", sentinel.folder);
    snprintf(sentinel_address, sizeof sentinel_address, "127.0.0.1:%d", port);
    FILE *file = fopen(path, "w");
    fprintf(
        file,
        "port %d\nbind 127.0.0.1\nunixsocket %s\ndir %s\nsentinel monitor shop 127.0.0.1 %s 1\n",
        port, sentinel.socket, sentinel.folder, master_port);
    fclose(file);
    char *const arguments[] = {(char[]){"redis-server"}, path, (char[]){"--sentinel"}, NULL};
    bool has_server = access("/usr/bin/redis-server", X_OK) == 0;
    private_server_run(&sentinel, has_server ? "redis-server" : "redis-check-rdb", arguments, false,
                       &sentinel.pid);
    private_server_await(&sentinel);
}

static int start(void **state)
{
    (void)state;
    private_server_make_folder(&master);
    private_server_make_folder(&replica);
    snprintf(master_port, sizeof master_port, "%d", choose_port());
    private_server_start_redis(&master,
                               (const char *const[]){"--port", master_port, "--bind", "127.0.0.1",
                                                     "--repl-diskless-sync-delay", "0", NULL});
    private_server_start_redis(
        &replica, (const char *const[]){"--replicaof", "127.0.0.1", master_port, NULL});
    snprintf(master_address, sizeof master_address, "unix:%s", master.socket);
    snprintf(replica_address, sizeof replica_address, "unix:%s", replica.socket);
    wait_until(&replica, "INFO replication", "master_link_status:up");
    wait_until(&master, "INFO replication", "connected_slaves:1");
    return 0;
}

static int end(void **state)
{
    (void)state;
    private_server_remove(&master);
    private_server_remove(&replica);
    private_server_remove(&sentinel);
    return 0;
}

static struct sink *open_sink(const struct redis_config *config)
{
    struct error err;
    const struct sink_options options = {.redis = config, .patience_ms = 10000};
    struct sink *sink = sink_open(&options, &err);
    if (sink == NULL) {
        fail_msg("%s", err.text);
    }
    return sink;
}

static void write_and_secure(struct sink *sink, const char *key)
{
    struct error err;
    struct sink_item item = {
        .key = slice_of(key), .value = slice_of("value"), .expire_unix = EXPIRY};
    assert_int_equal(sink_write(sink, &item, 1, false, &err), 0);
    assert_int_equal(item.result, SINK_DONE);
    if (sink_secure(sink, &item, 1, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

/* Confirmed is what the replica has; when it has stopped to follow, that is counted and the load goes on. */
static void test_what_a_replica_has_is_confirmed(void **state)
{
    (void)state;
    char answer[TEXT_SIZE];
    struct redis_config config = {.address = master_address, .timeout_ms = TIMEOUT_MS};
    struct sink *sink = open_sink(&config);
    write_and_secure(sink, "a");
    assert_int_equal(sink_account(sink).unconfirmed_count, 0);
    redis(&replica, "GET a", answer);
    assert_string_equal(answer, "value");
    redis(&master, "ACL SETUSER default -psync -sync", answer);
    redis(&master, "CLIENT KILL TYPE replica", answer);
    write_and_secure(sink, "b");
    assert_int_equal(sink_account(sink).unconfirmed_count, 1);
    redis(&master, "CLIENT KILL TYPE normal", answer);
    write_and_secure(sink, "d"); /* what was written on the lost connection is not known */
    assert_int_equal(sink_account(sink).unconfirmed_count, 2);
    redis(&master, "ACL SETUSER default +@all", answer);
    wait_until(&replica, "INFO replication", "master_link_status:up");
    sink_close(sink);
}

static void test_a_replica_is_no_target(void **state)
{
    (void)state;
    char wanted[TEXT_SIZE];
    struct error err;
    struct redis_config config = {.address = replica_address, .timeout_ms = TIMEOUT_MS};
    const struct sink_options options = {.redis = &config};
    assert_null(sink_open(&options, &err));
    snprintf(wanted, sizeof wanted, "Redis at %s is a replica: give the address of the primary",
             replica_address);
    assert_string_equal(err.text, wanted);
    assert_int_equal(err.kind, ERROR_BACKEND);
}

static void test_rights_that_are_lacking(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *text;
    } cases[] = {
        {"-hset -unlink",
         "redis at %s, database 0: the ACL user may not run unlink; the manual has "
         "the line that allows what is needed"},
        {"-hset", "redis at %s, database 0: the ACL user may not run hset; the manual has the line "
                  "that allows what is needed"},
        {"-get -set", "redis at %s, database 0: the ACL user may not run get, set; the manual has "
                      "the line that allows what is needed"},
        {"-wait", "Redis at %s answers 'NOPERM this user has no permissions to run the 'wait' "
                  "command'; the ACL user must be allowed the commands and keys that the manual "
                  "lists"},
    };
    char answer[TEXT_SIZE], wanted[TEXT_SIZE], command[TEXT_SIZE];
    struct error err;
    setenv("REKINDLE_REDIS_PASSWORD", "p", 1);
    struct redis_config config = {
        .address = master_address, .user = "narrow", .timeout_ms = TIMEOUT_MS};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(command, sizeof command, "ACL SETUSER narrow on >p ~* +@all %s", cases[i].rules);
        redis(&master, command, answer);
        struct sink *sink = open_sink(&config);
        assert_int_equal(sink_check_rights(sink, &err), -1);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(wanted, sizeof wanted, cases[i].text, master_address);
#pragma GCC diagnostic pop
        assert_string_equal(err.text, wanted);
        assert_int_equal(err.kind, ERROR_BACKEND);
        sink_close(sink);
    }
    redis(&master, "ACL SETUSER narrow +@all", answer);
    struct sink *sink = open_sink(&config);
    assert_int_equal(sink_check_rights(sink, &err), 0);
    sink_close(sink);
    unsetenv("REKINDLE_REDIS_PASSWORD");
    redis(&master, "HGET rekindle:rights a", answer);
    assert_string_equal(answer, "");
}

static void test_a_sentinel_knows_the_master(void **state)
{
    (void)state;
    char list[TEXT_SIZE], wanted[TEXT_SIZE];
    struct error err;
    struct sink_status status;
    start_sentinel();
    snprintf(list, sizeof list, "127.0.0.1:1, %s", sentinel_address);
    struct redis_config config = {.sentinel = list, .master = "shop", .timeout_ms = TIMEOUT_MS};
    struct sink *sink = open_sink(&config);
    snprintf(wanted, sizeof wanted, "redis shop of the Sentinels 127.0.0.1:1,%s, database 0",
             sentinel_address);
    assert_string_equal(sink_name(sink), wanted);
    assert_int_equal(sink_status(sink, &status, &err), 0);
    snprintf(wanted, sizeof wanted, "127.0.0.1:%s", master_port);
    assert_string_equal(status.address, wanted);
    write_and_secure(sink, "by-sentinel");
    sink_close(sink);
    config.master = "till";
    const struct sink_options options = {.redis = &config};
    assert_null(sink_open(&options, &err));
    snprintf(wanted, sizeof wanted,
             "the Sentinel at %s knows no master 'till' (see [redis] master)", sentinel_address);
    assert_string_equal(err.text, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_replica_has_is_confirmed),
        cmocka_unit_test(test_a_replica_is_no_target),
        cmocka_unit_test(test_rights_that_are_lacking),
        cmocka_unit_test(test_a_sentinel_knows_the_master),
    };
    return cmocka_run_group_tests(tests, start, end);
}
