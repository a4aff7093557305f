/* logistic_fit_test.c - ridge logistic regression against its own optimality conditions and known answers. */
#include "predictor/forecast/key_sample.h"
#include "predictor/forecast/level_forecast.h"
#include "predictor/forecast/logistic_fit.h"
#include "predictor/forecast/special_math.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ROWS = 3001, COLUMNS = 3, GROUPS = 2 };

static double uniform(uint64_t *dice)
{
    *dice = *dice * 6364136223846793005U + 1442695040888963407U;
    return (double)(*dice >> 11) * 0x1p-53;
}

static void the_gradient_is_zero_at_the_top(void **state)
{
    (void)state;
    static float values[ROWS][COLUMNS];
    static uint8_t labels[ROWS];
    static float weights[ROWS];
    static uint16_t groups[ROWS];
    uint64_t dice = 1;
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) {
            values[i][j] = (float)(uniform(&dice) * 4 - 2);
        }
        groups[i] = (uint16_t)(i % GROUPS);
        weights[i] = 1 + (float)(i % 3);
        double logit =
            (double)values[i][0] - 0.5 * (double)values[i][1] + (groups[i] != 0 ? -1 : 0.5);
        labels[i] = uniform(&dice) < special_math_expit(logit);
    }
    struct logistic_rows rows = {.values = values[0],
                                 .labels = labels,
                                 .weights = weights,
                                 .row_count = ROWS,
                                 .column_count = COLUMNS,
                                 .groups = groups,
                                 .group_count = GROUPS};
    struct logistic_prior prior = {.mean = {0, 0, 0.3}, .precision = {5, 0, 50, 0.1, 0.1}};
    struct logistic_fit fit;
    struct error err;
    assert_int_equal(logistic_fit_rows(&rows, &prior, &fit, &err), 0);
    double gradient[COLUMNS + GROUPS] = {0};
    for (int i = 0; i < ROWS; i++) {
        double p = special_math_expit(logistic_fit_logit(&fit, values[i], COLUMNS) +
                                      fit.coefficients[COLUMNS + groups[i]]);
        double residual = (double)weights[i] * (labels[i] - p);
        for (int j = 0; j < COLUMNS; j++) {
            gradient[j] += residual * (double)values[i][j];
        }
        gradient[COLUMNS + groups[i]] += residual;
    }
    for (int j = 0; j < COLUMNS + GROUPS; j++) {
        gradient[j] -= prior.precision[j] * (fit.coefficients[j] - prior.mean[j]);
        assert_true(fabs(gradient[j]) < 1e-2);
        assert_true(fit.covariance[j][j] > 0 && fit.covariance[j][j] < 1);
    }
    assert_true(fabs(fit.coefficients[0] - 1) < 0.15 && fabs(fit.coefficients[1] + 0.5) < 0.15);
    assert_true(logistic_fit_error(&fit, values[0], COLUMNS) > 0);
}

static void what_nothing_holds_stays(void **state)
{
    (void)state;
    static const float values[4] = {1, 1, 1, 1};
    static const uint8_t labels[4] = {1, 1, 1, 1}; /* separable: the top is at infinity */
    struct logistic_rows rows = {
        .values = values, .labels = labels, .row_count = 4, .column_count = 1};
    struct logistic_prior prior = {.mean = {-0.7}};
    struct logistic_fit fit;
    struct error err;
    assert_int_equal(logistic_fit_rows(&rows, &prior, &fit, &err), 0);
    assert_true(isfinite(fit.coefficients[0]) && isfinite(fit.covariance[0][0]));
    rows.row_count = 0;
    assert_int_equal(logistic_fit_rows(&rows, &prior, &fit, &err), 0);
    assert_true(fit.coefficients[0] == -0.7);
    rows.column_count = LOGISTIC_COLUMNS_MAX + 1;
    assert_int_equal(logistic_fit_rows(&rows, &prior, &fit, &err), -1);
    assert_string_equal(err.text, "a model of 113 columns is more than 112");
}

static void levels_are_forecast_with_a_spread(void **state)
{
    (void)state;
    static const struct level_sample rising[] = {
        {{-1.0, 0.02}, 70, 70, 80}, {{-1.5, 0.02}, 60, 60, 70}, {{-2.0, 0.02}, 50, 50, 60}};
    struct level_forecast ordinary = level_forecast_make(rising, 3, LEVEL_ORDINARY);
    assert_true(ordinary.mean > -1.5 && ordinary.mean < -1.0); /* late ones count more */
    /* Forecasts made when they began failed by 1/2 and by 2/3, all but measured exactly. */
    double squares = 0.25 + 4.0 / 9 - 2 * 0.02 * 0.02;
    double noise = 0.02 * 0.02 * (1 + 0.25 + 0.0625) / (1.75 * 1.75); /* of their mean */
    assert_true(fabs(ordinary.spread - sqrt((4 * (0.04 + noise) + squares) / 6)) < 1e-9);
    assert_true(ordinary.degrees == 6);
    assert_true(level_forecast_quantile(&ordinary, 0.05) < ordinary.mean - 0.6);
    struct level_forecast untaught = level_forecast_make(rising, 3, LEVEL_UNTAUGHT);
    assert_true(untaught.spread > ordinary.spread + 0.1);
    struct level_forecast single = level_forecast_make(rising, 1, LEVEL_ORDINARY);
    assert_true(single.mean == -1.0 && fabs(single.spread - hypot(0.2, 0.02)) < 1e-9);
    struct level_forecast none = level_forecast_make(NULL, 0, LEVEL_ORDINARY);
    assert_true(none.mean == 0 && isfinite(none.spread) && none.spread > 0);
}

/* Neighbours that share two thirds of their time are alike whatever the next one will be: only what had ended by a
 * window's origin says how well it could be foretold, and each counts by the time it has for itself. */
static void levels_that_share_time_do_not_look_sure(void **state)
{
    (void)state;
    struct level_sample drifting[9];
    for (int i = 0; i < 9; i++) {
        drifting[i] =
            (struct level_sample){{-0.1 * i, 0.02}, 100 - 10 * i, 100 - 10 * i, 130 - 10 * i};
    }
    struct level_forecast forecast = level_forecast_make(drifting, 9, LEVEL_ORDINARY);
    assert_true(fabs(forecast.degrees - (4 + 1 + 5.0 / 3)) < 1e-9);
    assert_true(forecast.spread > 0.25); /* neighbours lie 0.1 apart */
    drifting[1].origin_unix = drifting[0].origin_unix =
        0; /* a lead that nothing had ended before */
    forecast = level_forecast_make(drifting, 2, LEVEL_ORDINARY);
    assert_true(forecast.degrees == 4);
}

static void a_sample_thins_by_hash_alone(void **state)
{
    (void)state;
    static const struct active_bucket buckets[2] = {{1, 1}, {2, 1}};
    struct key_sample sample = {.key_count_max = 100, .bucket_count_max = 1000};
    struct key_sample small = {.key_count_max = 1000, .bucket_count_max = 50};
    struct error err;
    for (int i = 0; i < 1000; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        uint64_t hash = key_sample_hash(slice_of(id));
        struct bucket_list one = {.buckets = buckets, .count = 1 + (size_t)i % 2};
        assert_int_equal(key_sample_offer(&sample, hash, one, &err), 0);
        assert_int_equal(key_sample_offer(&small, hash, one, &err), 0);
    }
    assert_in_range(sample.key_count, 25, 100);
    assert_in_range(small.bucket_count, 10, 50);
    assert_true(fabs(key_sample_weight(&sample) * (double)sample.key_count - 1000) < 1e-9);
    for (size_t i = 0; i < sample.key_count; i++) {
        assert_true(sample.keys[i].hash >> (64 - sample.hash_limit_shift) == 0);
        assert_int_equal(key_sample_buckets(&sample, i).buckets[0].bucket, 1);
    }
    key_sample_free(&sample);
    key_sample_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_is_zero_at_the_top),
        cmocka_unit_test(what_nothing_holds_stays),
        cmocka_unit_test(levels_are_forecast_with_a_spread),
        cmocka_unit_test(levels_that_share_time_do_not_look_sure),
        cmocka_unit_test(a_sample_thins_by_hash_alone),
    };
    special_math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
