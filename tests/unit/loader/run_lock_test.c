/* run_lock_test.c - one run a target: the lock of the host, and the lease in a private Redis.
 * Room: tests. May touch: a private server, files under its folder. */
#include "loader/live/run_lock.h"

#include "common/monotonic.h"
#include "tests/unit/loader/private_server.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_SIZE = 512, SECOND_US = 1000000 };

static struct private_server server;
static char address[sizeof server.socket + 8];
static char lock_folder[SERVER_PATH_SIZE];

static int start(void **state)
{
    (void)state;
    private_server_make_folder(&server);
    private_server_start_redis(&server, NULL);
    snprintf(address, sizeof address, "unix:%s", server.socket);
    setenv("XDG_RUNTIME_DIR", server.folder, 1);
    snprintf(lock_folder, sizeof lock_folder, "%s/rekindle-%lu", server.folder,
             (unsigned long)geteuid());
    return 0;
}

static int end(void **state)
{
    (void)state;
    private_server_remove(&server);
    return 0;
}

static void redis(const char *command, char *answer, size_t size)
{
    redisContext *context = redisConnectUnix(server.socket);
    redisReply *reply = redisCommand(context, command);
    assert_non_null(reply);
    snprintf(answer, size, "%s", reply->str == NULL ? "" : reply->str);
    freeReplyObject(reply);
    redisFree(context);
}

static struct redis_config target(int64_t database)
{
    return (struct redis_config){.address = address, .database = database, .timeout_ms = 2000};
}

static void take_host(struct run_lock *lock, const struct redis_config *redis_config)
{
    struct error err;
    run_lock_init(lock);
    if (run_lock_take_host(lock, redis_config, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void take_both(struct run_lock *lock, const struct redis_config *redis_config)
{
    struct error err;
    take_host(lock, redis_config);
    if (run_lock_take_lease(lock, redis_config, monotonic_us(), &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void test_one_run_a_target_on_this_host(void **state)
{
    (void)state;
    struct run_lock first, second, other;
    struct error err;
    struct redis_config zero = target(0), one = target(1);
    struct redis_config shop = {.sentinel = "s:26379", .master = "shop"},
                        till = {.sentinel = "s:26379", .master = "till"};
    char wanted[TEXT_SIZE];
    take_host(&first, &zero);
    run_lock_init(&second);
    assert_int_equal(run_lock_take_host(&second, &zero, &err), -1);
    assert_int_equal(err.kind, ERROR_LOCKED);
    snprintf(wanted, sizeof wanted, "another run is loading redis at %s, database 0", address);
    assert_memory_equal(err.text, wanted, strlen(wanted));
    run_lock_release(&second); /* holds nothing, and takes nothing away */
    take_host(&other, &one);
    run_lock_release(&other);
    take_host(&other, &shop);
    take_host(&second, &till);
    run_lock_release(&second);
    assert_int_equal(run_lock_take_host(&second, &shop, &err), -1);
    run_lock_release(&other);
    run_lock_release(&first);
    take_host(&second, &zero);
    run_lock_release(&second);
}

/* In /tmp anybody may have made the folder first. */
static void test_a_folder_that_others_may_use_is_refused(void **state)
{
    (void)state;
    struct run_lock lock;
    struct error err;
    struct redis_config config = target(0);
    char wanted[TEXT_SIZE];
    take_host(&lock, &config);
    run_lock_release(&lock);
    assert_int_equal(chmod(lock_folder, 0755), 0);
    assert_int_equal(run_lock_take_host(&lock, &config, &err), -1);
    snprintf(wanted, sizeof wanted,
             "the lock folder %s must be a folder of this user with mode 0700; remove it, or set "
             "XDG_RUNTIME_DIR",
             lock_folder);
    assert_string_equal(err.text, wanted);
    assert_int_equal(chmod(lock_folder, 0700), 0);
}

static void test_the_lease_keeps_other_hosts_out(void **state)
{
    (void)state;
    struct run_lock lock;
    struct error err;
    struct redis_config config = target(0);
    char answer[TEXT_SIZE], wanted[TEXT_SIZE];
    redis("SET " RUN_LOCK_LEASE_KEY " elsewhere/uid0/0 PX 60000", answer, sizeof answer);
    take_host(&lock, &config);
    assert_int_equal(run_lock_take_lease(&lock, &config, monotonic_us(), &err), -1);
    assert_int_equal(err.kind, ERROR_LOCKED);
    snprintf(wanted, sizeof wanted,
             "another run is loading this target: the key rekindle:lease of this Redis is held by "
             "elsewhere/uid0/0; wait for that run, or %d s if it is dead",
             RUN_LOCK_LEASE_MS / 1000);
    assert_string_equal(err.text, wanted);
    run_lock_release(&lock);
    redis("GET " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
    assert_string_equal(answer, "elsewhere/uid0/0"); /* is not ours to give back */
    redis("DEL " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
    take_both(&lock, &config);
    redis("GET " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
    assert_string_equal(answer, lock.owner);
    run_lock_release(&lock);
    redis("GET " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
    assert_string_equal(answer, "");
}

/* A process that was killed leaves its lease behind; who gets its lock on this host is the same owner. */
static void test_a_dead_predecessor_is_succeeded_at_once(void **state)
{
    (void)state;
    struct run_lock dead, lock;
    struct redis_config config = target(0);
    char answer[TEXT_SIZE];
    take_both(&dead, &config);
    run_lock_abandon(&dead);
    redis("GET " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
    assert_string_not_equal(answer, "");
    take_both(&lock, &config);
    assert_string_equal(lock.owner, answer);
    run_lock_release(&lock);
}

static void test_renewal(void **state)
{
    (void)state;
    struct run_lock lock;
    struct error err;
    struct redis_config config = target(0);
    char answer[TEXT_SIZE];
    take_both(&lock, &config);
    int64_t taken_us = lock.renewed_us;
    redis("DEL " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
    assert_int_equal(run_lock_renew(&lock, taken_us + SECOND_US, &err), 0); /* too early */
    redis("GET " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
    assert_string_equal(answer, "");
    assert_int_equal(run_lock_renew(&lock, taken_us + RUN_LOCK_RENEW_US, &err), 0);
    redis("GET " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
    assert_string_equal(answer, lock.owner);
    redis("SET " RUN_LOCK_LEASE_KEY " thief", answer, sizeof answer);
    assert_int_equal(run_lock_renew(&lock, taken_us + 3 * (int64_t)RUN_LOCK_RENEW_US, &err), -1);
    assert_int_equal(err.kind, ERROR_LOCKED);
    assert_memory_equal(err.text, "another run took this target over: ",
                        strlen("another run took this target over: "));
    run_lock_release(&lock);
    redis("DEL " RUN_LOCK_LEASE_KEY, answer, sizeof answer);
}

/* A server that is away is nobody's lease: it matters only when ours has run out. */
static void test_a_server_that_is_away(void **state)
{
    (void)state;
    struct run_lock lock;
    struct error err;
    struct redis_config config = target(0);
    take_both(&lock, &config);
    int64_t taken_us = lock.renewed_us;
    private_server_end(&server, SIGKILL);
    assert_int_equal(run_lock_renew(&lock, taken_us + RUN_LOCK_RENEW_US, &err), 0);
    assert_int_equal(run_lock_renew(&lock, taken_us + RUN_LOCK_LEASE_MS * INT64_C(1000), &err), -1);
    assert_int_equal(err.kind, ERROR_BACKEND);
    private_server_start_redis(&server, NULL);
    assert_int_equal(run_lock_renew(&lock, taken_us + 2 * RUN_LOCK_LEASE_MS * INT64_C(1000), &err),
                     0);
    run_lock_release(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_run_a_target_on_this_host),
        cmocka_unit_test(test_a_folder_that_others_may_use_is_refused),
        cmocka_unit_test(test_the_lease_keeps_other_hosts_out),
        cmocka_unit_test(test_a_dead_predecessor_is_succeeded_at_once),
        cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_a_server_that_is_away),
    };
    return cmocka_run_group_tests(tests, start, end);
}
