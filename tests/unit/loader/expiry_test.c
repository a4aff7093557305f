/* expiry_test.c - past the window, spread, and the same second in every run.
 * Room: tests. */
#include "loader/rules/expiry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/config.h"

enum { KEYS = 100000, JITTER = 1800, TTL = 6 * 3600 };

static const int64_t window_end = 1794700800;

static void test_spread_over_the_jitter(void **state)
{
    (void)state;
    static unsigned in_second[JITTER + 1];
    struct family family = {.ttl_after_end_second = TTL, .ttl_jitter_second = JITTER};
    for (int i = 0; i < KEYS; i++) {
        char key[64];
        snprintf(key, sizeof key, "user:%d:profile", i);
        int64_t later = expiry_unix(&family, window_end, slice_of(key)) - window_end - TTL;
        assert_in_range(later, 0, JITTER);
        assert_int_equal(expiry_unix(&family, window_end, slice_of(key)) - window_end - TTL, later);
        in_second[later]++;
    }
    /* 55 a second on average; a fair spread stays far below twice that. */
    for (int i = 0; i <= JITTER; i++) {
        assert_in_range(in_second[i], 15, 110);
    }
}

static void test_without_jitter(void **state)
{
    (void)state;
    struct family family = {.ttl_after_end_second = 0, .ttl_jitter_second = 0};
    assert_int_equal(expiry_unix(&family, window_end, slice_of("k")), window_end);
    family.ttl_jitter_second = -5;
    assert_int_equal(expiry_unix(&family, window_end, slice_of("")), window_end);
}

static void test_a_negative_entry_is_counted_from_now(void **state)
{
    (void)state;
    struct family family = {.ttl_after_end_second = TTL, .negative_ttl_second = 60};
    assert_int_equal(expiry_negative_unix(&family, 1000), 1060);
}

static void test_the_peak_of_families_that_overlap(void **state)
{
    (void)state;
    struct expiry_peak none = expiry_find_peak(NULL, 0);
    assert_true(none.mean_per_second == 0 && none.most_per_second == 0);
    /* 100 a second from 6 h on for 100 s; 10 a second from 50 s later on for 200 s; 104 a second much later. */
    static const struct expiry_group groups[] = {
        {.key_count = 10000, .ttl_after_end_second = TTL, .ttl_jitter_second = 99},
        {.key_count = 2000, .ttl_after_end_second = TTL + 50, .ttl_jitter_second = 199},
        {.key_count = 1040, .ttl_after_end_second = 2 * TTL, .ttl_jitter_second = 9},
        {.key_count = 0, .ttl_after_end_second = 0, .ttl_jitter_second = -1},
    };
    struct expiry_peak peak = expiry_find_peak(groups, 4);
    assert_true(peak.mean_per_second > 109.99 && peak.mean_per_second < 110.01);
    assert_int_equal(peak.after_end_second, TTL + 50);
    assert_int_equal(peak.most_per_second, 179); /* 110 + 6 x (10.49 + 1) = 178.9 */
    /* The second begins when the first has ended: they do not meet any more. */
    struct expiry_group apart[] = {groups[0], groups[1]};
    apart[1].ttl_after_end_second = TTL + 100;
    assert_true(expiry_find_peak(apart, 2).mean_per_second == 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spread_over_the_jitter),
        cmocka_unit_test(test_without_jitter),
        cmocka_unit_test(test_a_negative_entry_is_counted_from_now),
        cmocka_unit_test(test_the_peak_of_families_that_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
