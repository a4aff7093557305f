/* sink_test.c - keys in a private Redis: never overwritten, never reported wrongly, whatever breaks.
 * Room: tests. May touch: private servers. */
#include "loader/sink/sink.h"

#include "loader/sink/redis_control.h"
#include "tests/unit/loader/private_server.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { CROWD = 100000, KEY_SIZE = 24, EXPIRY = 2000000000 };

static struct private_server server;
static char address[sizeof server.socket + 8];

static int start(void **state)
{
    (void)state;
    private_server_make_folder(&server);
    private_server_start_redis(&server,
                               (const char *const[]){"--enable-debug-command", "yes", NULL});
    snprintf(address, sizeof address, "unix:%s", server.socket);
    return 0;
}

static int end(void **state)
{
    (void)state;
    private_server_remove(&server);
    return 0;
}

/* Runs one command beside the sink; the reply's text or number as text. */
static const char *redis(const char *command)
{
    static char answer[256];
    redisContext *context = redisConnectUnix(server.socket);
    redisReply *reply = redisCommand(context, command);
    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_INTEGER) {
        snprintf(answer, sizeof answer, "%lld", reply->integer);
    } else {
        snprintf(answer, sizeof answer, "%s", reply->str == NULL ? "" : reply->str);
    }
    freeReplyObject(reply);
    redisFree(context);
    return answer;
}

static int clean(void **state)
{
    (void)state;
    redis("FLUSHALL");
    redis("CONFIG SET maxmemory 0");
    return 0;
}

static struct redis_config default_config(void)
{
    return (struct redis_config){.address = address, .timeout_ms = 2000};
}

static struct sink *open_sink(enum sink_kind kind, const struct redis_config *redis_config)
{
    struct error err;
    const struct sink_options options = {.kind = kind, .redis = redis_config, .patience_ms = 10000};
    struct sink *sink = sink_open(&options, &err);
    if (sink == NULL) {
        fail_msg("%s", err.text);
    }
    return sink;
}

static void write_all(struct sink *sink, struct sink_item items[], size_t count, bool is_ours_kept)
{
    struct error err;
    if (sink_write(sink, items, count, is_ours_kept, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static struct sink_item string_item(const char *key, const char *value)
{
    return (struct sink_item){
        .key = slice_of(key), .value = slice_of(value), .expire_unix = EXPIRY};
}

/* name=Ann, zip=04109 in the layout of record.h */
static const char hash_bytes[] = "\4\0\0\0name\3\0\0\0Ann\3\0\0\0zip\5\0\0\00004109";

static struct sink_item hash_item(const char *key)
{
    return (struct sink_item){.key = slice_of(key),
                              .value = {hash_bytes, sizeof hash_bytes - 1},
                              .kind = RECORD_HASH,
                              .expire_unix = EXPIRY};
}

static void test_writes_only_what_is_absent(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    redis("SET there theirs");
    redis("SET hash theirs");
    struct sink_item items[] = {string_item("new", "value"), string_item("there", "ours"),
                                string_item("empty", ""),    hash_item("h1"),
                                hash_item("hash"),           hash_item("h2")};
    items[2].value = (struct slice){NULL, 0};
    write_all(sink, items, 6, false);
    const enum sink_result wanted[] = {SINK_DONE, SINK_KEPT, SINK_DONE,
                                       SINK_DONE, SINK_KEPT, SINK_DONE};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(items[i].result, wanted[i]);
    }
    assert_string_equal(redis("GET new"), "value");
    assert_string_equal(redis("GET there"), "theirs");
    assert_string_equal(redis("EXPIRETIME new"), "2000000000");
    assert_string_equal(redis("EXPIRETIME h2"), "2000000000");
    assert_string_equal(redis("HGET h1 zip"), "04109");
    assert_string_equal(redis("HLEN h1"), "2");
    assert_int_equal(sink_account(sink).command_count, 6);
    sink_close(sink);
}

static void test_binary_keys_and_values(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    static const char key[] = "a\0b\r\n\xff";
    static char large[3 * 1024 * 1024];
    memset(large, '\r', sizeof large);
    struct sink_item items[] = {string_item("", ""), string_item("large", ""),
                                string_item("after", "x")};
    items[0].key = (struct slice){key, sizeof key - 1};
    items[0].value = (struct slice){"\0\n", 2};
    items[1].value = (struct slice){large, sizeof large};
    write_all(sink, items, 3, false);
    struct sink_look looks[] = {
        {.key = items[0].key}, {.key = items[1].key}, {.key = items[2].key}};
    struct error err;
    assert_int_equal(sink_look(sink, SINK_LOOK_VALUE, looks, 3, &err), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_true(looks[i].is_present);
        assert_true(slice_is_equal(looks[i].value, items[i].value));
        assert_int_equal(looks[i].expire_unix_ms, EXPIRY * INT64_C(1000));
    }
    sink_close(sink);
}

static void test_ours_from_before_counts_as_written(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    redis("SET same value EXAT 2000000000");
    redis("SET later value EXAT 2000000001");
    redis("SET other VALUE EXAT 2000000000");
    redis("SET forever value");
    redis("HSET h zip 04109 name Ann");
    redis("EXPIREAT h 2000000000");
    redis("HSET more zip 04109 name Ann x y");
    redis("EXPIREAT more 2000000000");
    redis("SADD set a");
    struct sink_item items[] = {string_item("same", "value"),
                                string_item("later", "value"),
                                string_item("other", "value"),
                                string_item("forever", "value"),
                                hash_item("h"),
                                hash_item("more"),
                                string_item("set", "value"),
                                string_item("absent", "value")};
    write_all(sink, items, 8, true);
    const enum sink_result wanted[] = {SINK_DONE, SINK_KEPT, SINK_KEPT, SINK_KEPT,
                                       SINK_DONE, SINK_KEPT, SINK_KEPT, SINK_DONE};
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(items[i].result, wanted[i]);
    }
    sink_close(sink);
}

static void test_removes_only_what_is_still_ours(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    struct sink_item items[] = {string_item("a", "1"), string_item("b", "1"), string_item("c", "1"),
                                string_item("d", "1"), hash_item("h"),        hash_item("i"),
                                string_item("e", "1")};
    write_all(sink, items, 7, false);
    redis("SET b 2 EXAT 2000000000");
    redis("SET c 1 EXAT 2000000001");
    redis("DEL d");
    redis("HSET i name Bob");
    redis("DEL e");
    redis("SADD e x");
    redis("EXPIREAT e 2000000000");
    for (size_t i = 0; i < 7; i++) {
        items[i].result = SINK_NOT_SENT;
    }
    struct error err;
    assert_int_equal(sink_remove(sink, items, 7, &err), 0);
    const enum sink_result wanted[] = {SINK_DONE, SINK_KEPT, SINK_KEPT, SINK_KEPT,
                                       SINK_DONE, SINK_KEPT, SINK_KEPT};
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(items[i].result, wanted[i]);
    }
    assert_string_equal(redis("EXISTS a h"), "0");
    assert_string_equal(redis("EXISTS b c i e"), "4");
    sink_close(sink);
}

static void test_dry_run_changes_nothing(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_DRY_RUN, &config);
    redis("SET there value EXAT 2000000000");
    struct sink_item items[] = {string_item("new", "value"), string_item("there", "value"),
                                string_item("done", "x")};
    items[2].result = SINK_FAILED;
    write_all(sink, items, 3, false);
    assert_int_equal(items[0].result, SINK_DONE);
    assert_int_equal(items[1].result, SINK_KEPT);
    assert_int_equal(items[2].result, SINK_FAILED);
    items[0].result = items[1].result = SINK_NOT_SENT;
    write_all(sink, items, 3, true);
    assert_int_equal(items[1].result, SINK_DONE);
    items[0].result = items[1].result = SINK_NOT_SENT;
    struct error err;
    assert_int_equal(sink_remove(sink, items, 3, &err), 0);
    assert_int_equal(items[0].result, SINK_KEPT);
    assert_int_equal(items[1].result, SINK_DONE);
    assert_string_equal(redis("DBSIZE"), "1");
    sink_close(sink);
}

/* ---- many keys */

static char keys[CROWD][KEY_SIZE];
static struct sink_item crowd[CROWD];

static void make_crowd(void)
{
    for (size_t i = 0; i < CROWD; i++) {
        snprintf(keys[i], KEY_SIZE, "user:%zu", i);
        crowd[i] = string_item(keys[i], keys[i]);
        if (i % 100 == 0) {
            crowd[i] = hash_item(keys[i]);
        }
    }
}

static void expect_crowd(enum sink_result result)
{
    for (size_t i = 0; i < CROWD; i++) {
        if (crowd[i].result != result) {
            fail_msg("%s: result %d, not %d (%s)", keys[i], crowd[i].result, result,
                     crowd[i].reason == NULL ? "" : crowd[i].reason);
        }
    }
}

static void test_presence_of_many(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    static struct sink_look looks[CROWD];
    make_crowd();
    for (size_t i = 0; i < CROWD; i++) {
        bool is_left_out = (i > 5000 && i < 6000) || i % 777 == 0;
        crowd[i].result = is_left_out ? SINK_FAILED : SINK_NOT_SENT;
        looks[i] = (struct sink_look){.key = crowd[i].key, .is_present = true};
    }
    write_all(sink, crowd, CROWD, false);
    struct error err;
    assert_int_equal(sink_look(sink, SINK_LOOK_PRESENCE, looks, CROWD, &err), 0);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(looks[i].is_present, crowd[i].result == SINK_DONE);
    }
    assert_int_equal(sink_look(sink, SINK_LOOK_EXPIRY, looks, CROWD, &err), 0);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(looks[i].expire_unix_ms, crowd[i].result == SINK_DONE
                                                      ? EXPIRY * INT64_C(1000)
                                                      : SINK_EXPIRY_ABSENT);
    }
    sink_close(sink);
}

/* What is done to the server while the main thread writes. */
struct nuisance {
    void (*act)(void);
    pthread_t thread;
};

static void *run_nuisance(void *context)
{
    const struct nuisance *nuisance = context;
    nuisance->act();
    return NULL;
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void kill_clients(void)
{
    for (int i = 0; i < 20; i++) {
        redis("CLIENT KILL TYPE normal SKIPME yes");
        wait_ms(3);
    }
}

static void restart_empty(void)
{
    private_server_end(&server, SIGKILL);
    wait_ms(100);
    private_server_start_redis(&server,
                               (const char *const[]){"--enable-debug-command", "yes", NULL});
}

static void freeze(void)
{
    private_server_signal(&server, SIGSTOP);
    wait_ms(700);
    private_server_signal(&server, SIGCONT);
}

static void forget_scripts(void)
{
    for (int i = 0; i < 20; i++) {
        redis("SCRIPT FLUSH");
        wait_ms(1);
    }
}

/* Writes the crowd while the nuisance goes on; in the end all of it must be there. */
static struct sink_account write_amid(void (*act)(void), int64_t timeout_ms)
{
    struct redis_config config = default_config();
    config.timeout_ms = timeout_ms;
    struct sink *sink = open_sink(SINK_REDIS, &config);
    struct nuisance nuisance = {.act = act};
    make_crowd();
    pthread_create(&nuisance.thread, NULL, run_nuisance, &nuisance);
    write_all(sink, crowd, CROWD, false);
    pthread_join(nuisance.thread, NULL);
    struct sink_account account = sink_account(sink);
    sink_close(sink);
    expect_crowd(SINK_DONE);
    return account;
}

static void test_lost_connections_do_not_lie(void **state)
{
    (void)state;
    struct sink_account account = write_amid(kill_clients, 2000);
    assert_true(account.reconnect_count > 0);
    assert_string_equal(redis("DBSIZE"), "100000");
}

static void test_a_frozen_server_is_given_up_and_found_again(void **state)
{
    (void)state;
    struct sink_account account = write_amid(freeze, 200);
    assert_true(account.reconnect_count > 0);
    assert_string_equal(redis("DBSIZE"), "100000");
}

static void test_forgotten_scripts_are_sent_again(void **state)
{
    (void)state;
    write_amid(forget_scripts, 2000);
    assert_string_equal(redis("DBSIZE"), "100000");
}

/* What the first server had acknowledged is gone with it: the same call writes it again. */
static void test_a_server_that_restarts_empty_is_filled_again(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    make_crowd();
    write_all(sink, crowd, CROWD / 2, false);
    restart_empty();
    for (size_t i = 0; i < CROWD / 2; i++) {
        crowd[i].result = SINK_NOT_SENT;
    }
    write_all(sink, crowd, CROWD, true);
    expect_crowd(SINK_DONE);
    assert_int_equal(sink_account(sink).restart_count, 1);
    assert_string_equal(redis("DBSIZE"), "100000");
    sink_close(sink);
    redis("FLUSHALL");
    struct sink_account account = write_amid(restart_empty, 2000);
    assert_int_equal(account.restart_count, 1);
    assert_string_equal(redis("DBSIZE"), "100000");
}

/* ---- what stops a load */

static void test_no_memory_stops(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    make_crowd();
    redis("CONFIG SET maxmemory-policy noeviction");
    write_all(sink, crowd, 1000, false);
    redis("CONFIG SET maxmemory 1");
    struct error err;
    assert_int_equal(sink_write(sink, crowd + 1001, CROWD - 1001, false, &err), -1);
    assert_int_equal(err.kind, ERROR_RESOURCE);
    char wanted[512];
    snprintf(wanted, sizeof wanted,
             "Redis at %s answers 'OOM command not allowed when used memory > 'maxmemory'.'; raise "
             "maxmemory, or load less ([budget] memory)",
             address);
    assert_string_equal(err.text, wanted);
    size_t refused_count = 0;
    for (size_t i = 0; i < CROWD; i++) {
        enum sink_result result = crowd[i].result;
        refused_count += result == SINK_REFUSED;
        assert_true(i < 1000 ? result == SINK_DONE
                             : result == SINK_REFUSED || result == SINK_NOT_SENT);
    }
    assert_in_range(refused_count, 1, 512);
    sink_close(sink);
}

static void test_a_stop_leaves_true_results(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    atomic_int stop = 0;
    struct error err;
    const struct sink_options options = {.redis = &config, .stop = &stop};
    struct sink *sink = sink_open(&options, &err);
    assert_non_null(sink);
    make_crowd();
    write_all(sink, crowd, 100, false);
    atomic_store(&stop, 1);
    assert_int_equal(sink_write(sink, crowd, CROWD, false, &err), -1);
    assert_int_equal(err.kind, ERROR_STOPPED);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(crowd[i].result, i < 100 ? SINK_DONE : SINK_NOT_SENT);
    }
    sink_close(sink);
}

static atomic_int stop_soon;

static void wish_stop(void)
{
    wait_ms(200);
    atomic_store(&stop_soon, 1);
}

/* Its time limit of an hour must not be waited for: neither for answers nor for a new connection. */
static void test_a_stop_does_not_wait_for_a_frozen_server(void **state)
{
    (void)state;
    enum { TIMEOUT_MS = 3600 * 1000, ALARM_SECOND = 60 };
    struct redis_config config = default_config();
    config.timeout_ms = TIMEOUT_MS;
    struct error err;
    const struct sink_options options = {
        .redis = &config, .stop = &stop_soon, .patience_ms = TIMEOUT_MS};
    struct sink *sink = sink_open(&options, &err);
    assert_non_null(sink);
    struct nuisance nuisance = {.act = wish_stop};
    make_crowd();
    private_server_signal(&server, SIGSTOP);
    alarm(ALARM_SECOND);
    pthread_create(&nuisance.thread, NULL, run_nuisance, &nuisance);
    int result = sink_write(sink, crowd, CROWD, false, &err);
    pthread_join(nuisance.thread, NULL);
    struct error connect_err;
    struct sink *second = sink_open(&options, &connect_err);
    private_server_signal(&server, SIGCONT);
    alarm(0);
    assert_int_equal(result, -1);
    assert_int_equal(err.kind, ERROR_STOPPED);
    assert_null(second);
    char wanted[512];
    snprintf(wanted, sizeof wanted, "stopped while waiting for Redis at %s", address);
    assert_string_equal(connect_err.text, wanted);
    assert_int_equal(connect_err.kind, ERROR_STOPPED);
    assert_int_equal(crowd[0].result, SINK_UNSURE);
    assert_int_equal(crowd[CROWD - 1].result, SINK_NOT_SENT);
    sink_close(sink);
    atomic_store(&stop_soon, 0);
}

static void test_a_server_that_never_comes_back(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct error err;
    const struct sink_options options = {.redis = &config, .patience_ms = 300};
    struct sink *sink = sink_open(&options, &err);
    assert_non_null(sink);
    private_server_end(&server, SIGKILL);
    struct sink_item item = string_item("a", "b");
    assert_int_equal(sink_write(sink, &item, 1, false, &err), -1);
    assert_int_equal(err.kind, ERROR_BACKEND);
    char wanted[512];
    snprintf(wanted, sizeof wanted,
             "cannot connect to Redis at %s (is it running? see [redis] address): Connection "
             "refused; no "
             "progress for 0 s, so this run gives up",
             address);
    assert_string_equal(err.text, wanted);
    sink_close(sink);
    private_server_start_redis(&server,
                               (const char *const[]){"--enable-debug-command", "yes", NULL});
}

static void test_a_wrong_type_fails_one_key(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    struct sink_item items[] = {string_item("bad", "x"), string_item("good", "x")};
    items[0].expire_unix = -5;
    write_all(sink, items, 2, false);
    assert_int_equal(items[0].result, SINK_FAILED);
    assert_string_equal(items[0].reason, "ERR invalid expire time in 'set' command");
    assert_int_equal(items[1].result, SINK_DONE);
    sink_close(sink);
}

/* ---- logging in, and what the server says */

static void expect_refusal(const struct redis_config *config, enum error_kind kind,
                           const char *text)
{
    struct error err;
    const struct sink_options options = {.redis = config};
    struct sink *sink = sink_open(&options, &err);
    assert_null(sink);
    assert_string_equal(err.text, text);
    assert_int_equal(err.kind, kind);
}

static void test_logging_in(void **state)
{
    (void)state;
    char secret[SERVER_PATH_SIZE], wanted[512];
    snprintf(secret, sizeof secret, "%s/secret", server.folder);
    FILE *file = fopen(secret, "w");
    assert_non_null(file);
    fputs("pass word\n", file);
    fclose(file);
    chmod(secret, 0600);
    redis("ACL SETUSER warmer reset on >pass\\x20word ~user:* +set +get +pexpiretime +info +select "
          "+exists +hgetall +eval +evalsha +hset +expireat +unlink");
    redisContext *context = redisConnectUnix(server.socket);
    freeReplyObject(redisCommand(context, "ACL SETUSER warmer >%s", "pass word"));
    redisFree(context);

    struct redis_config config = default_config();
    config.user = "warmer";
    expect_refusal(&config, ERROR_INPUT,
                   "[redis] user is 'warmer' but there is no password: give password_file, or the "
                   "environment's REKINDLE_REDIS_PASSWORD");
    setenv("REKINDLE_REDIS_PASSWORD", "wrong", 1);
    snprintf(wanted, sizeof wanted,
             "Redis at %s answers 'WRONGPASS invalid username-password pair or user is disabled.'; "
             "check [redis] user and the password",
             address);
    expect_refusal(&config, ERROR_BACKEND, wanted);
    unsetenv("REKINDLE_REDIS_PASSWORD");
    config.password_file = secret;
    config.database = 1;
    struct sink *sink = open_sink(SINK_REDIS, &config);
    struct sink_item items[] = {string_item("user:1", "x"), hash_item("user:2"),
                                string_item("other", "x")};
    write_all(sink, items, 2, true);
    assert_int_equal(items[1].result, SINK_DONE);
    struct error err;
    assert_int_equal(sink_write(sink, items, 3, false, &err), -1);
    snprintf(wanted, sizeof wanted,
             "Redis at %s answers 'NOPERM this user has no permissions to access one of the keys "
             "used as "
             "arguments'; the ACL user must be allowed the commands and keys that the manual lists",
             address);
    assert_string_equal(err.text, wanted);
    assert_int_equal(items[2].result, SINK_NOT_SENT);
    sink_close(sink);
    redis("ACL DELUSER warmer");
    config = default_config();
    config.database = 99;
    snprintf(wanted, sizeof wanted,
             "[redis] database = 99: Redis at %s answers 'ERR DB index is out of range'", address);
    expect_refusal(&config, ERROR_BACKEND, wanted);
}

static void test_status(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct sink *sink = open_sink(SINK_REDIS, &config);
    redis("CONFIG SET maxmemory 100mb");
    redis("CONFIG SET maxmemory-policy allkeys-lfu");
    redis("SET a b");
    struct sink_status status;
    struct error err;
    assert_int_equal(sink_status(sink, &status, &err), 0);
    assert_int_equal(status.max_bytes, 100 * 1024 * 1024);
    assert_string_equal(status.policy, "allkeys-lfu");
    assert_string_equal(status.role, "master");
    assert_int_equal(strlen(status.run_id), 40);
    assert_int_equal(status.key_count, 1);
    assert_true(status.used_bytes > 100000);
    assert_false(status.is_loading);
    char wanted[512];
    snprintf(wanted, sizeof wanted, "redis at %s, database 0", address);
    assert_string_equal(sink_name(sink), wanted);
    sink_close(sink);
    redis("CONFIG SET maxmemory-policy noeviction");
}

static void test_control_keys(void **state)
{
    (void)state;
    struct redis_config config = default_config();
    struct error err;
    struct redis_control *control = redis_control_open(&config, &err);
    assert_non_null(control);
    char holder[LEASE_OWNER_SIZE] = "";
    char value[8];
    enum { LIFE_SECOND = 1000 };
    assert_int_equal(redis_control_take_lease(control, "l", "me", 60000, holder, &err), 1);
    assert_int_equal(redis_control_take_lease(control, "l", "me", 60000, holder, &err), 1);
    assert_int_equal(redis_control_take_lease(control, "l", "you", 60000, holder, &err), 0);
    assert_string_equal(holder, "me");
    assert_int_equal(redis_control_release_lease(control, "l", "you", &err), 0);
    redis("CLIENT KILL TYPE normal SKIPME yes");
    assert_int_equal(redis_control_release_lease(control, "l", "me", &err), 1);
    assert_int_equal(redis_control_get(control, "k", value, sizeof value, &err), 0);
    assert_int_equal(redis_control_set(control, "k", "a long value", LIFE_SECOND, &err), 0);
    assert_int_equal(redis_control_get(control, "k", value, sizeof value, &err), 1);
    assert_string_equal(value, "a long ");
    assert_in_range(atoi(redis("TTL k")), LIFE_SECOND - 2,
                    LIFE_SECOND); /* whoever's clock is wrong */
    assert_int_equal(redis_control_delete(control, "k", &err), 1);
    assert_int_equal(redis_control_delete(control, "k", &err), 0);
    redis("SADD set x");
    assert_int_equal(redis_control_get(control, "set", value, sizeof value, &err), -1);
    redis_control_close(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_writes_only_what_is_absent, clean),
        cmocka_unit_test_setup(test_binary_keys_and_values, clean),
        cmocka_unit_test_setup(test_ours_from_before_counts_as_written, clean),
        cmocka_unit_test_setup(test_removes_only_what_is_still_ours, clean),
        cmocka_unit_test_setup(test_dry_run_changes_nothing, clean),
        cmocka_unit_test_setup(test_presence_of_many, clean),
        cmocka_unit_test_setup(test_lost_connections_do_not_lie, clean),
        cmocka_unit_test_setup(test_a_frozen_server_is_given_up_and_found_again, clean),
        cmocka_unit_test_setup(test_forgotten_scripts_are_sent_again, clean),
        cmocka_unit_test_setup(test_a_server_that_restarts_empty_is_filled_again, clean),
        cmocka_unit_test_setup(test_no_memory_stops, clean),
        cmocka_unit_test_setup(test_a_stop_leaves_true_results, clean),
        cmocka_unit_test_setup(test_a_stop_does_not_wait_for_a_frozen_server, clean),
        cmocka_unit_test_setup(test_a_server_that_never_comes_back, clean),
        cmocka_unit_test_setup(test_a_wrong_type_fails_one_key, clean),
        cmocka_unit_test_setup(test_logging_in, clean),
        cmocka_unit_test_setup(test_status, clean),
        cmocka_unit_test_setup(test_control_keys, clean),
    };
    return cmocka_run_group_tests(tests, start, end);
}
