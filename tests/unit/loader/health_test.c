/* health_test.c - what is over its limit, too old or never known is bad; the worst is blamed.
 * Room: tests. May touch: nothing. */
#include "loader/rules/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND_US = 1000000, NOW_US = 100 * SECOND_US };

static const struct health_limits usual = {
    .limits = {
        [HEALTH_CHUNK_MS] = {.is_watched = true, .soft = 100},
        [HEALTH_THREADS_RUNNING] =
            {.is_watched = true, .soft = 25, .critical = 50, .stale_us = 5 * SECOND_US},
        [HEALTH_REPLICA_LAG_MS] = {.is_watched = true, .soft = 1000, .stale_us = 5 * SECOND_US},
    }};

static struct health good_health(void)
{
    struct health health = {0};
    health_read(&health, HEALTH_CHUNK_MS, 100, NOW_US);
    health_read(&health, HEALTH_THREADS_RUNNING, 25, NOW_US);
    health_read(&health, HEALTH_REPLICA_LAG_MS, 1000, NOW_US);
    return health;
}

static void assert_verdict(const struct health *health, int64_t now_us, enum health_level level,
                           const char *wanted)
{
    char text[HEALTH_TEXT_SIZE];
    struct health_verdict verdict = health_judge(health, &usual, now_us);
    assert_string_equal(health_print(text, &verdict), wanted);
    assert_int_equal(verdict.level, level);
}

static void test_at_the_limit_is_good(void **state)
{
    (void)state;
    struct health health = good_health();
    assert_verdict(&health, NOW_US, HEALTH_GOOD, "");
    assert_verdict(&health, NOW_US + 5 * SECOND_US, HEALTH_GOOD, "");
}

static void test_over_a_limit_is_bad(void **state)
{
    (void)state;
    struct health health = good_health();
    health_read(&health, HEALTH_CHUNK_MS, 100.5, NOW_US);
    assert_verdict(&health, NOW_US, HEALTH_BAD, "question to the database 100.5ms, limit 100ms");
    health_read(&health, HEALTH_THREADS_RUNNING, 26, NOW_US);
    health_read(&health, HEALTH_CHUNK_MS, 100, NOW_US);
    assert_verdict(&health, NOW_US, HEALTH_BAD, "Threads_running 26, limit 25");
}

static void test_the_worst_is_blamed(void **state)
{
    (void)state;
    struct health health = good_health();
    health_read(&health, HEALTH_CHUNK_MS, 900, NOW_US);
    health_read(&health, HEALTH_THREADS_RUNNING, 51, NOW_US);
    assert_verdict(&health, NOW_US, HEALTH_CRITICAL, "Threads_running 51, limit 50");
}

static void test_an_old_reading_is_bad_where_it_ages(void **state)
{
    (void)state;
    struct health health = good_health();
    health_read(&health, HEALTH_THREADS_RUNNING, 99, NOW_US - 6 * SECOND_US);
    assert_verdict(&health, NOW_US, HEALTH_BAD, "Threads_running unknown for 6.0 s");
    health = good_health();
    health.readings[HEALTH_CHUNK_MS].at_us = 1;
    assert_verdict(&health, NOW_US, HEALTH_GOOD, "");
}

static void test_what_was_never_known_is_bad(void **state)
{
    (void)state;
    struct health health = good_health();
    health.readings[HEALTH_REPLICA_LAG_MS] = (struct health_reading){0};
    assert_verdict(&health, NOW_US, HEALTH_BAD, "replica lag never known");
    health = good_health();
    health.readings[HEALTH_CHUNK_MS] = (struct health_reading){0};
    assert_verdict(&health, NOW_US, HEALTH_GOOD, "");
}

static void test_what_is_not_watched_is_good(void **state)
{
    (void)state;
    struct health health = good_health();
    health_read(&health, HEALTH_EVICTIONS, 1e9, NOW_US);
    assert_verdict(&health, NOW_US, HEALTH_GOOD, "");
    struct health_verdict verdict = health_judge_one(&health, &usual, HEALTH_EVICTIONS, NOW_US);
    assert_int_equal(verdict.level, HEALTH_GOOD);
    assert_int_equal(verdict.age_us, 0);
    assert_string_equal(health_gauge_name(HEALTH_EVICTIONS), "evictions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_the_limit_is_good),
        cmocka_unit_test(test_over_a_limit_is_bad),
        cmocka_unit_test(test_the_worst_is_blamed),
        cmocka_unit_test(test_an_old_reading_is_bad_where_it_ages),
        cmocka_unit_test(test_what_was_never_known_is_bad),
        cmocka_unit_test(test_what_is_not_watched_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
