/* distinct_times_test.c - each time gets one number, in the order it came, through many growths of the table. */
#include "predictor/forecast/distinct_times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { TIMES = 40000, STRIDE = 7919 };

static void times_are_numbered_as_they_come(void **state)
{
    (void)state;
    static uint32_t number_of[TIMES];
    struct distinct_times times = {0};
    struct error err;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < TIMES; i++) {
            size_t which = i * STRIDE % TIMES; /* a quarter of them whole numbers */
            uint32_t number;
            assert_int_equal(distinct_times_number(&times, (double)which / 4, &number, &err), 0);
            if (round == 0) {
                assert_int_equal(number, i);
                number_of[which] = number;
            }
            assert_int_equal(number, number_of[which]);
            assert_true(times.times[number] == (double)which / 4);
        }
        assert_int_equal(times.count, TIMES);
    }
    distinct_times_free(&times);
    assert_int_equal(times.count, 0);
}

static void minus_zero_is_zero(void **state)
{
    (void)state;
    struct distinct_times times = {0};
    struct error err;
    uint32_t numbers[2];
    assert_int_equal(distinct_times_number(&times, 0.0, &numbers[0], &err), 0);
    assert_int_equal(distinct_times_number(&times, -0.0, &numbers[1], &err), 0);
    assert_int_equal(numbers[0], numbers[1]);
    assert_int_equal(times.count, 1);
    distinct_times_free(&times);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_numbered_as_they_come),
        cmocka_unit_test(minus_zero_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
