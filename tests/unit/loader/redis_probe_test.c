/* redis_probe_test.c - a round trip and a count from a private Redis; a lost connection is made again.
 * Room: tests. May touch: a private server. */
#include "loader/sink/redis_probe.h"

#include "tests/unit/loader/private_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct private_server server;
static char address[SERVER_PATH_SIZE];

static int start(void **state)
{
    (void)state;
    private_server_make_folder(&server);
    private_server_start_redis(&server, (const char *const[]){NULL});
    snprintf(address, sizeof address, "unix:%s", server.socket);
    return 0;
}

static int end(void **state)
{
    (void)state;
    private_server_remove(&server);
    return 0;
}

static void test_it_pings_and_counts(void **state)
{
    (void)state;
    struct error err = {0};
    int64_t round_trip_us = -1;
    uint64_t evicted = 99;
    const struct redis_config redis = {.address = address, .timeout_ms = 5000};
    struct redis_probe *probe = redis_probe_open(&redis, NULL, &err);
    assert_non_null(probe);
    assert_int_equal(redis_probe_ping(probe, &round_trip_us, &err), 0);
    assert_in_range(round_trip_us, 0, 2000000);
    assert_int_equal(redis_probe_evictions(probe, &evicted, &err), 0);
    assert_int_equal(evicted, 0);
    redis_probe_close(probe);
}

static void test_a_lost_server_is_an_error_until_it_is_back(void **state)
{
    (void)state;
    struct error err = {0};
    int64_t round_trip_us;
    const struct redis_config redis = {.address = address, .timeout_ms = 5000};
    struct redis_probe *probe = redis_probe_open(&redis, NULL, &err);
    assert_non_null(probe);
    private_server_end(&server, SIGKILL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(redis_probe_ping(probe, &round_trip_us, &err), -1);
        assert_int_equal(err.kind, ERROR_BACKEND);
        error_clear(&err);
    }
    assert_null(redis_probe_open(&redis, NULL, &err));
    error_clear(&err);
    private_server_start_redis(&server, (const char *const[]){NULL});
    assert_int_equal(redis_probe_ping(probe, &round_trip_us, &err), 0);
    redis_probe_close(probe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_pings_and_counts),
        cmocka_unit_test(test_a_lost_server_is_an_error_until_it_is_back),
    };
    return cmocka_run_group_tests(tests, start, end);
}
