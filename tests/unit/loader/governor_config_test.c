/* governor_config_test.c - what the config's limits become for the governor.
 * Room: tests. May touch: nothing. */
#include "loader/rules/governor_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct governor_reach all = {.has_database = true, .has_redis = true};

static struct config usual(void)
{
    return (struct config){.mysql = {.connections = 4, .chunk_rows = 300, .replicas = "r1"},
                           .pace = {.chunk_target_ms = 50,
                                    .rest_percent = 25,
                                    .threads_running = 25,
                                    .threads_running_critical = 50,
                                    .hibernate_second = 60,
                                    .replica_lag_ms = 1500,
                                    .redis_latency_ms = 10,
                                    .throttle_query = "SELECT 0"}};
}

static void test_all_limits(void **state)
{
    (void)state;
    struct config config = usual();
    struct governor_settings settings = governor_config_read(&config, &all);
    const struct health_limit *limits = settings.limits.limits;
    assert_int_equal(settings.chunks.connections_max, 4);
    assert_int_equal(settings.chunks.rows_max, 300);
    assert_int_equal(settings.chunks.rest_percent, 25);
    assert_int_equal(settings.chunks.target_us, 50000);
    assert_int_equal(settings.hibernate_us, 60000000);
    assert_int_equal((int)limits[HEALTH_THREADS_RUNNING].soft, 25);
    assert_int_equal((int)limits[HEALTH_THREADS_RUNNING].critical, 50);
    assert_int_equal(limits[HEALTH_THREADS_RUNNING].stale_us, GOVERNOR_STALE_US);
    assert_int_equal((int)limits[HEALTH_REPLICA_LAG_MS].soft, 1500);
    assert_int_equal((int)limits[HEALTH_REDIS_LATENCY_US].soft, 10000);
    assert_true(limits[HEALTH_THROTTLE_QUERY].is_watched);
    assert_int_equal((int)limits[HEALTH_THROTTLE_QUERY].soft, 0);
    assert_false(limits[HEALTH_CHUNK_MS].is_watched);
}

static void test_what_cannot_be_read_is_not_watched(void **state)
{
    (void)state;
    struct config config = usual();
    struct governor_settings settings = governor_config_read(&config, &(struct governor_reach){0});
    for (int i = 0; i < HEALTH_GAUGE_COUNT; i++) {
        assert_false(settings.limits.limits[i].is_watched);
    }
    config.mysql.replicas = NULL;
    settings = governor_config_read(&config, &all);
    assert_false(settings.limits.limits[HEALTH_REPLICA_LAG_MS].is_watched);
    config.mysql.lag_query = "SELECT 1";
    settings = governor_config_read(&config, &all);
    assert_true(settings.limits.limits[HEALTH_REPLICA_LAG_MS].is_watched);
}

static void test_zero_is_no_limit(void **state)
{
    (void)state;
    struct config config = {.pace = {.threads_running_critical = 50}};
    struct governor_settings settings = governor_config_read(&config, &all);
    const struct health_limit *limits = settings.limits.limits;
    assert_int_equal(settings.chunks.connections_max, 2);
    assert_int_equal(settings.chunks.rows_max, 500);
    assert_true(settings.chunks.target_us == INT64_MAX);
    assert_true(limits[HEALTH_THREADS_RUNNING].is_watched);
    assert_int_equal((int)limits[HEALTH_THREADS_RUNNING].soft, 50);
    assert_false(limits[HEALTH_REDIS_LATENCY_US].is_watched);
    assert_false(limits[HEALTH_THROTTLE_QUERY].is_watched);
    config.pace.threads_running_critical = 0;
    settings = governor_config_read(&config, &all);
    assert_false(settings.limits.limits[HEALTH_THREADS_RUNNING].is_watched);
}

static void test_a_slow_run_asks_little_at_a_time(void **state)
{
    (void)state;
    static const struct {
        int64_t rows_per_second;
        int wanted;
    } rows[] = {{0, 300},     {1, 50},       {5000, 50},      {20000, 100},
                {30000, 150}, {100000, 300}, {INT64_MAX, 300}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config config = usual();
        config.pace.rows_per_second = rows[i].rows_per_second;
        assert_int_equal(governor_config_read(&config, &all).chunks.rows_max, rows[i].wanted);
    }
}

static void test_a_service_has_connections_of_its_own(void **state)
{
    (void)state;
    struct config config = usual();
    config.http.connections = 9;
    struct governor_reach reach = {.has_http = true};
    assert_int_equal(governor_config_read(&config, &reach).chunks.connections_max, 9);
    reach.has_http = false;
    assert_int_equal(governor_config_read(&config, &reach).chunks.connections_max, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_limits),
        cmocka_unit_test(test_what_cannot_be_read_is_not_watched),
        cmocka_unit_test(test_zero_is_no_limit),
        cmocka_unit_test(test_a_slow_run_asks_little_at_a_time),
        cmocka_unit_test(test_a_service_has_connections_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
