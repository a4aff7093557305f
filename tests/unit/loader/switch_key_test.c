/* switch_key_test.c - what the control keys in a private Redis wish, and what a resume makes them forget.
 * Room: tests. May touch: a private server. */
#include "loader/live/switch_key.h"

#include "common/monotonic.h"
#include "loader/live/run_switch.h"
#include "tests/unit/loader/private_server.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define RUN "sale-1"
#define KEY SWITCH_KEY_ALL ":" RUN

enum { PATH_SIZE = 512, WITHIN_MS = 20000, A_FEW_LOOKS_MS = 1200, SLICE_NS = 10000000 };

static struct private_server server;
static char address[sizeof server.socket + 8], folder[PATH_SIZE], latch_path[PATH_SIZE];
static struct redis_config config;

static int start(void **state)
{
    (void)state;
    private_server_make_folder(&server);
    private_server_start_redis(&server, NULL);
    snprintf(address, sizeof address, "unix:%s", server.socket);
    snprintf(folder, sizeof folder, "%.400s/" RUN, server.folder);
    snprintf(latch_path, sizeof latch_path, "%.400s/" RUN "/switch", server.folder);
    config = (struct redis_config){.address = address, .timeout_ms = 2000};
    return mkdir(folder, S_IRWXU);
}

static int end(void **state)
{
    (void)state;
    unlink(latch_path);
    rmdir(folder);
    private_server_remove(&server);
    return 0;
}

static void redis(const char *command)
{
    redisContext *context = redisConnectUnix(server.socket);
    redisReply *reply = redisCommand(context, command);
    assert_non_null(reply);
    assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
    redisFree(context);
}

static int forget_all(void **state)
{
    (void)state;
    redis("FLUSHALL");
    unlink(latch_path);
    return 0;
}

static void rest(void)
{
    const struct timespec slice = {.tv_nsec = SLICE_NS};
    nanosleep(&slice, NULL);
}

static struct switch_key *start_keys(void)
{
    struct error err = {0};
    struct switch_key *key = switch_key_start(&config, RUN, &err);
    assert_non_null(key);
    return key;
}

static void wait_for_wish(struct switch_key *key, enum run_wish wish)
{
    int64_t until_ms = monotonic_ms() + WITHIN_MS;
    while (switch_key_look(key).wish != wish) {
        assert_true(monotonic_ms() < until_ms);
        rest();
    }
}

static void test_the_first_look_counts(void **state)
{
    (void)state;
    redis("SET " KEY " pause");
    struct switch_key *key = start_keys();
    struct switch_key_word word = switch_key_look(key);
    assert_int_equal(word.wish, WISH_PAUSE);
    assert_false(word.is_all);
    assert_false(word.is_silent);
    redis("SET " SWITCH_KEY_ALL " stop");
    wait_for_wish(key, WISH_STOP);
    assert_true(switch_key_look(key).is_all);
    redis("SET " SWITCH_KEY_ALL " resume"); /* is none for all runs */
    wait_for_wish(key, WISH_PAUSE);
    redis("SET " KEY " nonsense");
    wait_for_wish(key, WISH_RUN);
    switch_key_stop(key);
}

static void test_as_people_type_it(void **state)
{
    (void)state;
    redis("EVAL return(redis.call('SET',KEYS[1],'PAUSE'..string.char(10))) 1 " KEY);
    redis("SET " SWITCH_KEY_ALL " Stop");
    struct switch_key *key = start_keys();
    struct switch_key_word word = switch_key_look(key);
    assert_int_equal(word.wish, WISH_STOP);
    assert_false(word.is_unknown);
    redis("DEL " SWITCH_KEY_ALL);
    wait_for_wish(key, WISH_PAUSE);
    redis("SET " KEY " Resume");
    for (int64_t until_ms = monotonic_ms() + WITHIN_MS; !switch_key_look(key).is_resume; rest()) {
        assert_true(monotonic_ms() < until_ms);
    }
    redis("SET " KEY " halt");
    for (int64_t until_ms = monotonic_ms() + WITHIN_MS; !switch_key_look(key).is_unknown; rest()) {
        assert_true(monotonic_ms() < until_ms);
    }
    switch_key_stop(key);
}

static void test_a_resume_is_told_once_and_deleted(void **state)
{
    (void)state;
    redis("SET " KEY " resume");
    struct switch_key *key = start_keys();
    assert_true(switch_key_look(key).is_resume);
    assert_false(switch_key_look(key).is_resume);
    redisContext *context = redisConnectUnix(server.socket);
    redisReply *reply = redisCommand(context, "EXISTS " KEY);
    assert_int_equal(reply->integer, 0);
    freeReplyObject(reply);
    redisFree(context);
    switch_key_stop(key);
}

/* Forgetting drops what was read before; what the key still says is read again. */
static void test_what_is_forgotten_is_read_again(void **state)
{
    (void)state;
    redis("SET " KEY " pause");
    struct switch_key *key = start_keys();
    assert_int_equal(switch_key_look(key).wish, WISH_PAUSE);
    switch_key_forget(key);
    wait_for_wish(key, WISH_PAUSE);
    redis("DEL " KEY);
    switch_key_forget(key);
    for (int64_t until_ms = monotonic_ms() + A_FEW_LOOKS_MS; monotonic_ms() < until_ms; rest()) {
        assert_int_equal(switch_key_look(key).wish, WISH_RUN);
    }
    switch_key_stop(key);
}

/* The command deletes the key and writes the latch at once; the thread may have seen the key a moment before. */
static void test_a_resumed_run_is_not_paused_by_a_key_that_is_gone(void **state)
{
    (void)state;
    struct error err = {0};
    struct run_switch run_switch;
    struct switch_latch resumed = {.wish = WISH_RUN, .at_unix = 1};
    redis("SET " KEY " pause");
    run_switch_init(&run_switch, folder, NULL);
    assert_int_equal(run_switch_watch_keys(&run_switch, &config, NULL, &err), 0);
    assert_int_equal(run_switch_look(&run_switch, 1), WISH_PAUSE);
    assert_string_equal(run_switch.why, "paused by the key " KEY);
    assert_int_equal(switch_key_clear(&config, RUN, false, &err), 0);
    assert_int_equal(switch_latch_save(folder, &resumed, &err), 0);
    int64_t now_us = 1;
    for (int64_t until_ms = monotonic_ms() + A_FEW_LOOKS_MS; monotonic_ms() < until_ms; rest()) {
        now_us += US_PER_SECOND;
        assert_int_equal(run_switch_look(&run_switch, now_us), WISH_RUN);
    }
    run_switch_end(&run_switch);
}

/* An old resume in the folder does not let a run begin that a key has switched off since. */
static void test_an_old_resume_does_not_outweigh_the_key(void **state)
{
    (void)state;
    struct error err = {0};
    struct run_switch run_switch;
    struct switch_latch resumed = {.wish = WISH_RUN, .at_unix = 1};
    assert_int_equal(switch_latch_save(folder, &resumed, &err), 0);
    redis("SET " KEY " stop");
    run_switch_init(&run_switch, folder, NULL);
    assert_int_equal(run_switch_watch_keys(&run_switch, &config, NULL, &err), 0);
    assert_int_equal(run_switch_look(&run_switch, 1), WISH_STOP);
    run_switch_end(&run_switch);
}

static void test_a_redis_that_is_not_there_wishes_nothing(void **state)
{
    (void)state;
    struct error err = {0};
    struct redis_config nobody = {.address = "unix:/nonexistent/redis.sock", .timeout_ms = 100};
    struct switch_key *key = switch_key_start(&nobody, RUN, &err);
    assert_non_null(key);
    struct switch_key_word word = switch_key_look(key);
    assert_int_equal(word.wish, WISH_RUN);
    assert_true(word.is_silent);
    switch_key_stop(key);
    assert_int_equal(switch_key_clear(&nobody, RUN, true, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_the_first_look_counts, forget_all),
        cmocka_unit_test_teardown(test_as_people_type_it, forget_all),
        cmocka_unit_test_teardown(test_a_resume_is_told_once_and_deleted, forget_all),
        cmocka_unit_test_teardown(test_what_is_forgotten_is_read_again, forget_all),
        cmocka_unit_test_teardown(test_a_resumed_run_is_not_paused_by_a_key_that_is_gone,
                                  forget_all),
        cmocka_unit_test_teardown(test_an_old_resume_does_not_outweigh_the_key, forget_all),
        cmocka_unit_test_teardown(test_a_redis_that_is_not_there_wishes_nothing, forget_all),
    };
    return cmocka_run_group_tests(tests, start, end);
}
