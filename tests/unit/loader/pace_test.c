/* pace_test.c - a limit is a limit within any second, and every wait has a reason.
 * Room: tests. */
#include "loader/rules/pace.h"

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

enum { EVENT_MAX = 100000 };

struct written {
    int64_t from_us, until_us; /* some time between these each row arrived */
    uint64_t count;
};

/* The most that can have arrived in any second, wherever in its interval each write did. */
static uint64_t most_in_a_second(const struct written events[], size_t event_count)
{
    uint64_t most = 0, sum = 0;
    size_t first = 0;
    for (size_t i = 0; i < event_count; i++) {
        sum += events[i].count;
        while (events[first].until_us <= events[i].from_us - US_PER_SECOND) {
            sum -= events[first++].count;
        }
        most = sum > most ? sum : most;
    }
    return most;
}

/* A writer whose writes take a while, and now and then stall. */
static void check_strictness(uint64_t rate, int64_t write_us, int64_t stall_us)
{
    static struct written events[EVENT_MAX];
    struct pace pace;
    size_t count = 0;
    uint64_t sum = 0;
    int64_t now_us = 0, end_us = 20 * (int64_t)US_PER_SECOND;
    pace_init(&pace, rate, 0);
    while (now_us < end_us && count < EVENT_MAX) {
        int64_t wait_us;
        uint64_t taken = pace_take(&pace, 1000, now_us, &wait_us);
        int64_t from_us = now_us;
        now_us += wait_us;
        if (taken > 0) {
            now_us += write_us + (count % 10 == 9 ? stall_us : 0);
            pace_spend(&pace, taken, 100 * taken, now_us);
            events[count++] = (struct written){from_us, now_us, taken};
            sum += taken;
        }
    }
    assert_true(most_in_a_second(events, count) <= rate);
    if (stall_us == 0) {
        assert_true((double)sum >= (double)rate * 20 * 0.9);
    }
}

static void test_a_limit_holds_in_any_second(void **state)
{
    (void)state;
    static const uint64_t rates[] = {5, 200, 5000, 20000, 300000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        check_strictness(rates[i], 100, 0);
        check_strictness(rates[i], 1000, 0);
        check_strictness(rates[i], 1000, 400000);
        check_strictness(rates[i], 1000, 3000000);
    }
}

static void test_bytes_have_a_limit_of_their_own(void **state)
{
    (void)state;
    struct pace pace;
    int64_t now_us = 0;
    uint64_t in_second[12] = {0};
    pace_init(&pace, 0, 0);
    assert_true(pace_bytes_now(&pace, 0) == UINT64_MAX);
    pace_set_bytes(&pace, 100000, 0);
    assert_int_equal(pace_bytes_most(&pace), 20000);
    for (; now_us < 10 * (int64_t)US_PER_SECOND; now_us += PACE_SLOT_US) {
        uint64_t bytes = pace_bytes_now(&pace, now_us);
        pace_spend(&pace, 1, bytes, now_us);
        in_second[now_us / US_PER_SECOND] += bytes;
    }
    for (int i = 1; i < 10; i++) {
        assert_in_range(in_second[i], 90000, 100000);
    }
    pace_spend(&pace, 1, 50000, now_us); /* a large one leaves a debt */
    assert_int_equal(pace_bytes_now(&pace, now_us), 0);
    now_us += 2 * (int64_t)US_PER_SECOND;
    assert_int_equal(pace_bytes_now(&pace, now_us), 20000);
}

/* What a writer without any delay gets from `from_us` on in `us`. */
static uint64_t take_for(struct pace *pace, int64_t from_us, int64_t us)
{
    uint64_t sum = 0;
    for (int64_t now_us = from_us, wait_us; now_us < from_us + us; now_us += wait_us) {
        sum += pace_take(pace, 5000, now_us, &wait_us);
    }
    return sum;
}

static void test_a_limit_can_change(void **state)
{
    (void)state;
    struct pace pace;
    int64_t wait_us;
    pace_init(&pace, 0, 0);
    assert_int_equal(pace_take(&pace, 5000, 0, &wait_us), 5000);
    pace_set_rows(&pace, 1000, US_PER_SECOND);
    assert_int_equal(pace_take(&pace, 5000, US_PER_SECOND, &wait_us), 0);
    assert_in_range(take_for(&pace, 2 * US_PER_SECOND, US_PER_SECOND), 1150, 1250);
    pace_set_rows(&pace, 100, 3 * (int64_t)US_PER_SECOND);
    assert_int_equal((int)pace_rows_per_second(&pace), 100);
    assert_in_range(take_for(&pace, 4 * (int64_t)US_PER_SECOND, US_PER_SECOND), 115, 125);
    pace_set_rows(&pace, 0, 5 * (int64_t)US_PER_SECOND);
    assert_int_equal(pace_take(&pace, 5000, 5 * (int64_t)US_PER_SECOND, &wait_us), 5000);
}

/* What was saved up comes at twice the limit, and never as one burst. */
static void test_a_pause_saves_up_no_more_than_the_bucket(void **state)
{
    (void)state;
    struct pace pace;
    int64_t now_us = 3600 * (int64_t)US_PER_SECOND, wait_us;
    pace_init(&pace, 1000, 0);
    assert_int_equal(pace_take(&pace, 1000, now_us, &wait_us), 10);
    assert_int_equal(pace_take(&pace, 1000, now_us, &wait_us), 0);
    assert_int_equal(wait_us, 5000);
    assert_in_range(take_for(&pace, now_us + wait_us, US_PER_SECOND / 10), 190, 210);
    assert_in_range(take_for(&pace, now_us + US_PER_SECOND, US_PER_SECOND), 1000, 1210);
}

/* Near by a burst is small, so that nobody waits behind it; far away it is what the way takes, so that the limit is
 * reached all the same. */
static void test_a_burst_is_as_short_as_the_way_allows(void **state)
{
    (void)state;
    enum { RATE = 20000 };
    static const struct {
        int64_t way_us;
        uint64_t burst_max, sum_min;
    } ways[] = {{50, 40, 19000}, {5000, 101, 19000}, {10000, 200, 19000}, {20000, 200, 9500}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct pace pace;
        int64_t now_us = US_PER_SECOND, wait_us, end_us = 3 * (int64_t)US_PER_SECOND;
        uint64_t sum = 0;
        pace_init(&pace, RATE, now_us);
        while (now_us < end_us) {
            uint64_t taken = pace_take(&pace, RATE, now_us, &wait_us);
            bool has_settled = now_us >= end_us - US_PER_SECOND;
            assert_true(!has_settled || taken <= ways[i].burst_max);
            sum += has_settled ? taken : 0;
            now_us += taken > 0 ? ways[i].way_us : wait_us;
        }
        assert_in_range(sum, ways[i].sum_min, RATE + RATE / 100);
    }
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
        cmocka_unit_test(test_a_limit_holds_in_any_second),
        cmocka_unit_test(test_bytes_have_a_limit_of_their_own),
        cmocka_unit_test(test_a_limit_can_change),
        cmocka_unit_test(test_a_pause_saves_up_no_more_than_the_bucket),
        cmocka_unit_test(test_a_burst_is_as_short_as_the_way_allows),
        cmocka_unit_test(test_a_clock_that_stands_still),
        cmocka_unit_test(test_waits_are_accounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
