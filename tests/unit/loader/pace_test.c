/* pace_test.c - a limit is a limit within any second, and every wait has a reason.
 * Room: tests. */
#include "loader/run/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { US_PER_SECOND = 1000000 };

static void test_no_limit_gives_all(void **state)
{
    (void)state;
    struct pace pace;
    int64_t wait_us = -1;
    pace_init(&pace, 0, 0);
    assert_int_equal(pace_take(&pace, 1000000, 0, &wait_us), 1000000);
    assert_int_equal(wait_us, 0);
}

/* Drives the bucket as the writer does, on a clock of its own, and counts each second. */
static void check_rate(uint64_t rate, uint64_t chunk)
{
    struct pace pace;
    uint64_t in_second[10] = {0}, sum = 0;
    pace_init(&pace, rate, 0);
    for (int64_t now_us = 0; now_us < 10 * (int64_t)US_PER_SECOND;) {
        int64_t wait_us;
        uint64_t taken = pace_take(&pace, chunk, now_us, &wait_us);
        assert_true(taken <= chunk);
        assert_true(taken > 0 || wait_us > 0);
        in_second[now_us / US_PER_SECOND] += taken;
        sum += taken;
        now_us += wait_us;
    }
    for (int i = 0; i < 10; i++) {
        assert_true((double)in_second[i] <= (double)rate * 1.21 + 1);
    }
    assert_true((double)sum <= (double)rate * 10.2 + 1);
    assert_true((double)sum >= (double)rate * 9.5 - 1);
}

static void test_rates(void **state)
{
    (void)state;
    check_rate(1, 1000);
    check_rate(7, 1);
    check_rate(100, 1000);
    check_rate(20000, 1000);
    check_rate(1000000, 1000);
}

static void test_a_pause_saves_up_no_more_than_the_bucket(void **state)
{
    (void)state;
    struct pace pace;
    int64_t wait_us;
    pace_init(&pace, 1000, 0);
    assert_int_equal(pace_take(&pace, 1000, 3600 * (int64_t)US_PER_SECOND, &wait_us), 200);
    assert_int_equal(pace_take(&pace, 1000, 3600 * (int64_t)US_PER_SECOND, &wait_us), 0);
    assert_in_range(wait_us, 99999, 100002);
}

static void test_a_clock_that_stands_still(void **state)
{
    (void)state;
    struct pace pace;
    int64_t wait_us;
    pace_init(&pace, 10, 5000000);
    assert_int_equal(pace_take(&pace, 1, 4000000, &wait_us), 0);
    assert_true(wait_us > 0);
}

static void test_waits_are_accounted(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 10, 0);
    pace_account(&pace, THROTTLE_PAUSE, 5);
    pace_account(&pace, THROTTLE_PAUSE, 7);
    pace_account(&pace, THROTTLE_SOURCE, -3);
    assert_int_equal(pace.throttled_us[THROTTLE_PAUSE], 12);
    assert_int_equal(pace.throttled_us[THROTTLE_SOURCE], 0);
    assert_string_equal(pace_reason_text(THROTTLE_ROW_RATE), "row rate limit");
    assert_string_equal(pace_reason_word(THROTTLE_ROW_RATE), "rate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_limit_gives_all),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_a_pause_saves_up_no_more_than_the_bucket),
        cmocka_unit_test(test_a_clock_that_stands_still),
        cmocka_unit_test(test_waits_are_accounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
