/* write_law_test.c - halved while Redis is slow, back step by step, and then no limit again.
 * Room: tests. May touch: nothing. */
#include "loader/rules/write_law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HALF_SECOND_US = 500000 };

static void test_no_slowness_no_limit(void **state)
{
    (void)state;
    struct write_law law = {0};
    for (int64_t i = 1; i < 100; i++) {
        write_law_note(&law, false, 50000, i * HALF_SECOND_US);
        assert_true(law.rate <= 0);
    }
}

static void test_it_halves_down_to_the_least(void **state)
{
    (void)state;
    struct write_law law = {0};
    write_law_note(&law, true, 40000, HALF_SECOND_US);
    assert_int_equal((int)law.rate, 20000);
    write_law_note(&law, true, 20000, HALF_SECOND_US + 1); /* too early to judge */
    assert_int_equal((int)law.rate, 20000);
    write_law_note(&law, true, 20000, 2 * HALF_SECOND_US);
    assert_int_equal((int)law.rate, 10000);
    for (int64_t i = 3; i < 30; i++) {
        write_law_note(&law, true, law.rate, i * HALF_SECOND_US);
    }
    assert_int_equal((int)law.rate, WRITE_LAW_RATE_MIN);
}

static void test_it_recovers_within_twenty_seconds(void **state)
{
    (void)state;
    struct write_law law = {0};
    int64_t i = 1;
    for (; i < 30; i++) {
        write_law_note(&law, true, 40000, i * HALF_SECOND_US);
    }
    int64_t relieved = i;
    double before = law.rate;
    for (; law.rate > 0; i++) {
        write_law_note(&law, false, law.rate, i * HALF_SECOND_US);
        assert_true(law.rate <= 0 || law.rate - before <= 40000 / 20.0 + 1);
        before = law.rate;
    }
    assert_in_range((i - relieved) / 2, 10, 20);
}

/* Redis is slow whenever more than 10,000 rows a second come: the rate stays near that. */
static void test_it_settles_below_what_redis_bears(void **state)
{
    (void)state;
    struct write_law law = {0};
    double written = 40000, sum = 0;
    int count = 0;
    for (int64_t i = 1; i < 400; i++) {
        write_law_note(&law, written > 10000, written, i * HALF_SECOND_US);
        written = law.rate > 0 && law.rate < 40000 ? law.rate : 40000;
        if (i > 100) {
            assert_true(written <= 12000 + 1);
            sum += written;
            count++;
        }
    }
    assert_in_range((int)(sum / count), 6000, 10000);
}

static void test_a_run_that_writes_nothing_gets_the_least(void **state)
{
    (void)state;
    struct write_law law = {0};
    write_law_note(&law, true, 0, HALF_SECOND_US);
    assert_int_equal((int)law.rate, WRITE_LAW_RATE_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_slowness_no_limit),
        cmocka_unit_test(test_it_halves_down_to_the_least),
        cmocka_unit_test(test_it_recovers_within_twenty_seconds),
        cmocka_unit_test(test_it_settles_below_what_redis_bears),
        cmocka_unit_test(test_a_run_that_writes_nothing_gets_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
