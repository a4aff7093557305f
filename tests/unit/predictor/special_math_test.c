/* special_math_test.c - the special functions against 40-digit values, and where series and the textbook fail. */
#include "predictor/forecast/special_math.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void assert_near(double actual, double expected, double relative)
{
    if (!(fabs(actual - expected) <= relative * fabs(expected))) {
        fail_msg("%.17g is not %.17g", actual, expected);
    }
}

/* 2F1 by mpmath with 40 digits: short series of both kinds, arguments in the billions, parameters in the millions. */
static void gauss_of_negative_arguments(void **state)
{
    (void)state;
    static const double cases[][5] = {
        {0.75, 0.5, 1.25, 1e-3, 0.99970017487669776},
        {0.75, 0.5, 1.25, 0.5, 0.88257043044961174},
        {3.25, 0.5, 4.25, 1e3, 0.037343059021086644},
        {3.25, 0.5, 4.25, 1.5e9, 3.0514414226862574e-5},
        {1000001, 0.75, 1000003, 0.25, 0.84589726452092644},
        {1000001, 0.75, 1000003, 1e5, 0.00017782687404314816},
        {0.5, 300, 302, 1e6, 0.0010033356153491733},
        {8e6, 2, 4, 0.001, 9.3726597638682116e-8},
        {2.5, 1e4, 2e4, 0.7, 0.47224999730719404},
        {0.5, 1 / 4194304.0, 0.5 + 1 / 4194304.0, 1e8, 0.99999560817739312},
        {40, 0.125, 1, 1e7, 0.077307554222435897},
        {1.5, 8388608, 8392704, 3, 0.12506866246208298},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double *c = cases[i];
        assert_near(special_math_gauss_negative(c[0], c[1], c[2], c[3]), c[4], 1e-11);
    }
    assert_true(special_math_gauss_negative(3, .5, 2, 0) == 1);
    assert_true(special_math_gauss_negative(1e7, 5, 6, 1e9) >= 0); /* 0: less than any double */
}

/* Falling in z and in the power, whichever of the three ways is taken. */
static void the_ways_join(void **state)
{
    (void)state;
    static const double powers[] = {1e-6, .3, 4, 60, 900, 2e4, 1e6};
    static const double shapes[] = {2e-7, .4, 3, 80, 2500, 1e6};
    enum { POWERS = sizeof powers / sizeof *powers, SHAPES = sizeof shapes / sizeof *shapes };
    for (int i = 0; i < POWERS * SHAPES * SHAPES; i++) {
        double power = powers[i % POWERS];
        double a = shapes[i / POWERS % SHAPES];
        double c = a + shapes[i / POWERS / SHAPES];
        double before = 1;
        for (double z = 1e-4; z < 1e9; z *= 7) {
            double f = special_math_gauss_negative(power, a, c, z);
            double higher = special_math_gauss_negative(power * 1.01, a, c, z);
            assert_true(f >= 0 && f <= before * (1 + 1e-8));
            assert_true(higher <= f * (1 + 1e-8));
            /* the mean of a convex function is at least the function of the mean */
            double least = exp(-power * log1p(z * a / c));
            assert_true(f >= least * (1 - 1e-7) || least < 1e-300);
            before = f;
        }
    }
}

static void logarithms_and_odds_do_not_overflow(void **state)
{
    (void)state;
    assert_true(special_math_log1pexp(1e6) == 1e6);
    assert_near(special_math_log1pexp(-50), exp(-50), 1e-15);
    assert_true(special_math_expit(-1e6) == 0 && special_math_expit(1e6) == 1);
    assert_near(special_math_expit(-50), exp(-50), 1e-14);
    assert_true(isfinite(special_math_logit(0)) && isfinite(special_math_logit(1)));
    assert_near(special_math_expit(special_math_logit(.3)), .3, 1e-15);
}

static void counts_at_gamma_rates(void **state)
{
    (void)state;
    double sum = 0;
    for (unsigned n = 0; n < 4000; n++) {
        sum += special_math_p_gamma_poisson(.5, 6, 90, n);
    }
    assert_near(sum, 1, 1e-12);
    assert_near(special_math_p_gamma_poisson(1, 1, 1, 3), 1 / 16.0, 1e-14); /* a geometric law */
    assert_true(special_math_p_gamma_poisson(.5, 6, 0, 0) == 1);
    assert_true(special_math_p_gamma_poisson(.5, 6, 0, 1) == 0);
    assert_true(isfinite(special_math_p_gamma_poisson(1e-7, 1e-7, 1e9, 4000000)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gauss_of_negative_arguments),
        cmocka_unit_test(the_ways_join),
        cmocka_unit_test(logarithms_and_odds_do_not_overflow),
        cmocka_unit_test(counts_at_gamma_rates),
    };
    special_math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
