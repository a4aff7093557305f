/* ranking_metrics_test.c - metrics against cases worked out by hand, and against a slow twin. */
#include "predictor/backtest/ranking_metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static const double exact = 1e-12;
static const struct ranking_plan no_plan = {0, 0};

static void measure(struct ranking_row *rows, size_t count, const struct ranking_plan *plan,
                    double *values)
{
    struct ranking_sums *sums = calloc(1, sizeof *sums);
    assert_non_null(sums);
    ranking_sums_prepare(rows, count);
    ranking_sums_add(sums, rows, count, plan, NULL);
    ranking_metrics_from_sums(sums, values);
    free(sums);
}

/* Five keys, of which two are alike: .9 came, .8 came, .8 not, .3 not, .1 came. */
static size_t fill_five(struct ranking_row *rows)
{
    static const double p[] = {0.3, 0.8, 0.9, 0.1, 0.8};
    static const bool came[] = {false, true, true, true, false};
    for (size_t i = 0; i < 5; i++) {
        rows[i] = (struct ranking_row){
            .p = p[i], .key = (uint32_t)i, .size_bytes = 500, .has_returned = came[i]};
    }
    return 5;
}

static void test_by_hand(void **state)
{
    struct ranking_row rows[5];
    double values[RANKING_METRIC_COUNT];
    (void)state;
    measure(rows, fill_five(rows), &no_plan, values);
    assert_near(values[METRIC_KEYS], 5, exact);
    assert_near(values[METRIC_RETURNED], 3, exact);
    assert_near(values[METRIC_PREDICTED], 2.9, exact);
    assert_near(values[METRIC_PREDICTED_OVER_RETURNED], 2.9 / 3, exact);
    assert_near(values[METRIC_AUC], 3.5 / 6, exact);
    assert_near(values[METRIC_AVERAGE_PRECISION], (1 + 2.0 / 3 + 3.0 / 5) / 3, exact);
    assert_near(values[METRIC_BRIER], (.01 + .04 + .64 + .09 + .81) / 5, exact);
    assert_near(values[METRIC_LOG_LOSS], -(log(.9) + log(.8) + log(.2) + log(.7) + log(.1)) / 5,
                exact);
    assert_near(values[METRIC_PRECISION + 3], 1, exact); /* 20 % are one key */
    assert_near(values[METRIC_RECALL + 3], 1.0 / 3, exact);
    assert_near(values[METRIC_LIFT + 3], 1 / .6, exact);
    assert_near(values[METRIC_MISSES_AVOIDED_PER_MB + 3], 2000, 1e-9);
    assert_true(isnan(values[METRIC_PRECISION + 4]));
    assert_near(values[METRIC_UNCERTAINTY], .6 * .4, exact);
}

static void test_plan(void **state)
{
    struct ranking_row rows[5];
    double values[RANKING_METRIC_COUNT];
    const struct ranking_plan two = {.top = 2};
    const struct ranking_plan bytes = {.budget_bytes = 750};
    const struct ranking_plan both = {.top = 4, .budget_bytes = 500};
    (void)state;
    measure(rows, fill_five(rows), &two, values); /* half of the two that are alike */
    assert_near(values[METRIC_PRECISION + 4], 1.5 / 2, exact);
    assert_near(values[METRIC_RECALL + 4], 1.5 / 3, exact);
    measure(rows, fill_five(rows), &bytes, values); /* a quarter of them */
    assert_near(values[METRIC_PRECISION + 4], 1.25 / 1.5, exact);
    assert_near(values[METRIC_MISSES_AVOIDED_PER_MB + 4], 1.25 / 750e-6, 1e-9);
    measure(rows, fill_five(rows), &both, values);
    assert_near(values[METRIC_PRECISION + 4], 1, exact);
}

/* Twenty keys, two a bin: bins are tenths, the lowest first. */
static void test_bins(void **state)
{
    struct ranking_row rows[20];
    double values[RANKING_METRIC_COUNT];
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        rows[i] = (struct ranking_row){
            .p = (double)(i + 1) / 21, .key = (uint32_t)i, .has_returned = i % 2 == 1 || i > 15};
    }
    measure(rows, 20, &no_plan, values);
    for (size_t i = 0; i < RANKING_BIN_COUNT; i++) {
        assert_near(values[METRIC_BIN_KEYS + i], 2, exact);
        assert_near(values[METRIC_BIN_PREDICTED + i], (4.0 * (double)i + 3) / 42, exact);
        assert_near(values[METRIC_BIN_RETURNED + i], i < 8 ? .5 : 1, exact);
    }
    assert_near(values[METRIC_RESOLUTION], (8 * .01 + 2 * .16) / 10, exact);
    double error = 0;
    for (size_t i = 0; i < RANKING_BIN_COUNT; i++) {
        error += fabs((4.0 * (double)i + 3) / 42 - (i < 8 ? .5 : 1)) / 10;
    }
    assert_near(values[METRIC_ECE], error, exact);
}

/* Equal forecasts: nothing is left within bins, and the calibration table has one line. */
static void test_murphy_is_exact_for_equal_forecasts(void **state)
{
    struct ranking_row rows[40];
    double values[RANKING_METRIC_COUNT];
    (void)state;
    for (size_t i = 0; i < 40; i++) {
        rows[i] = (struct ranking_row){.p = .25, .key = (uint32_t)i, .has_returned = i < 20};
    }
    measure(rows, 40, &no_plan, values);
    assert_near(values[METRIC_AUC], .5, exact);
    assert_near(values[METRIC_RELIABILITY], .0625, exact);
    assert_near(values[METRIC_RESOLUTION], 0, exact);
    assert_near(values[METRIC_WITHIN_BINS], 0, exact);
    assert_near(values[METRIC_PRECISION], .5, exact);
    assert_true(isnan(values[METRIC_SLOPE]));
}

static void test_nobody_and_everybody(void **state)
{
    struct ranking_row rows[5];
    double values[RANKING_METRIC_COUNT];
    (void)state;
    measure(rows, 0, &no_plan, values);
    assert_true(isnan(values[METRIC_AUC]) && isnan(values[METRIC_BRIER]));
    size_t count = fill_five(rows);
    for (size_t i = 0; i < count; i++) {
        rows[i].has_returned = false;
    }
    rows[0].p = 0;
    rows[1].p = 1; /* certain and wrong: finite all the same */
    measure(rows, count, &no_plan, values);
    assert_true(isnan(values[METRIC_AUC]) && isnan(values[METRIC_RECALL]));
    assert_true(isfinite(values[METRIC_LOG_LOSS]));
    assert_near(values[METRIC_PRECISION + 3], 0, exact);
}

/* ---- the slow twin: every pair, every threshold, rows repeated as their weights say */

enum { TWIN_ROWS_MAX = 4000 };

struct twin_row {
    double p;
    bool came;
};

static double twin_auc(const struct twin_row *rows, size_t count)
{
    double pairs = 0;
    double good = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (rows[i].came && !rows[j].came) {
                pairs++;
                good += rows[i].p > rows[j].p ? 1 : rows[i].p == rows[j].p ? .5 : 0;
            }
        }
    }
    return good / pairs;
}

static double twin_average_precision(const struct twin_row *rows, size_t count)
{
    double came = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double above = 0;
        double good = 0;
        for (size_t j = 0; rows[i].came && j < count; j++) {
            above += rows[j].p >= rows[i].p;
            good += rows[j].p >= rows[i].p && rows[j].came;
        }
        came += rows[i].came;
        sum += rows[i].came ? good / above : 0;
    }
    return sum / came;
}

/* The slope and intercept by plain gradient steps on all rows. */
static struct calibration_line twin_line(const struct twin_row *rows, size_t count)
{
    struct calibration_line line = {0, 1};
    for (int step = 0; step < 20000; step++) {
        double by_intercept = 0;
        double by_slope = 0;
        for (size_t i = 0; i < count; i++) {
            double x = log(rows[i].p / (1 - rows[i].p));
            double rest = rows[i].came - 1 / (1 + exp(-line.intercept - line.slope * x));
            by_intercept += rest;
            by_slope += rest * x;
        }
        line.intercept += by_intercept / (double)count;
        line.slope += by_slope / (double)count;
    }
    return line;
}

static uint64_t roll(uint64_t *dice)
{
    *dice = *dice * 6364136223846793005U + 1442695040888963407U;
    return *dice >> 33;
}

static size_t fill_random(struct ranking_row *rows, size_t count, uint64_t seed)
{
    uint64_t dice = seed;
    for (size_t i = 0; i < count; i++) {
        double p = (double)(1 + roll(&dice) % 97) / 100; /* many ties */
        rows[i] = (struct ranking_row){.p = p,
                                       .key = (uint32_t)i,
                                       .size_bytes = (uint32_t)(100 + roll(&dice) % 900),
                                       .has_returned = (double)(roll(&dice) % 100) < 60 * p};
    }
    return count;
}

static void test_twin(void **state)
{
    enum { COUNT = 300 };
    static struct ranking_row rows[COUNT];
    static struct twin_row twin[TWIN_ROWS_MAX];
    uint8_t weights[COUNT];
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        weights[i] = (uint8_t)(i * 7 % 5);
    }
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct ranking_sums *sums = calloc(1, sizeof *sums);
        double values[RANKING_METRIC_COUNT];
        size_t count = 0;
        assert_non_null(sums);
        ranking_sums_prepare(rows, fill_random(rows, COUNT, seed));
        ranking_sums_add(sums, rows, COUNT, &no_plan, seed == 1 ? NULL : weights);
        ranking_metrics_from_sums(sums, values);
        for (size_t i = 0; i < COUNT; i++) {
            uint8_t weight = seed == 1 ? 1 : weights[i];
            for (uint8_t k = 0; k < weight; k++) {
                twin[count++] = (struct twin_row){rows[i].p, rows[i].has_returned};
            }
        }
        struct calibration_line line = twin_line(twin, count);
        assert_near(values[METRIC_KEYS], (double)count, exact);
        assert_near(values[METRIC_AUC], twin_auc(twin, count), 1e-9);
        assert_near(values[METRIC_AVERAGE_PRECISION], twin_average_precision(twin, count), 1e-9);
        assert_near(values[METRIC_SLOPE], line.slope, 2e-3); /* cells are not points */
        assert_near(values[METRIC_INTERCEPT], line.intercept, 2e-3);
        free(sums);
    }
}

/* Two origins: keys compete only within their own, so pooled AUC is the mean by pairs, whatever the levels. */
static void test_origins_are_pooled_by_pairs(void **state)
{
    enum { COUNT = 200 };
    static struct ranking_row rows[COUNT];
    static struct ranking_sums parts[2];
    static struct ranking_sums whole;
    double values[3][RANKING_METRIC_COUNT];
    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        fill_random(rows, COUNT, 7 + i);
        for (size_t j = 0; j < COUNT; j++) {
            rows[j].p = i == 0 ? rows[j].p : rows[j].p / 10;
        }
        ranking_sums_prepare(rows, COUNT);
        ranking_sums_add(&parts[i], rows, COUNT, &no_plan, NULL);
        ranking_sums_merge(&whole, &parts[i]);
        ranking_metrics_from_sums(&parts[i], values[i]);
    }
    ranking_metrics_from_sums(&whole, values[2]);
    assert_near(values[2][METRIC_AUC],
                (values[0][METRIC_AUC] * parts[0].pairs + values[1][METRIC_AUC] * parts[1].pairs) /
                    (parts[0].pairs + parts[1].pairs),
                exact);
    assert_near(values[2][METRIC_BRIER], (values[0][METRIC_BRIER] + values[1][METRIC_BRIER]) / 2,
                exact);
    assert_near(values[2][METRIC_PRECISION + 2],
                (values[0][METRIC_PRECISION + 2] + values[1][METRIC_PRECISION + 2]) / 2, exact);
}

static void test_calibration_line(void **state)
{
    double low = log(.2 / .8);
    double high = log(.8 / .2);
    const struct calibration_point points[] = {
        {100, 100 * low, 30}, {0, 0, 0}, {100, 100 * high, 60}};
    const struct calibration_point parted[] = {{10, 10 * low, 0}, {10, 10 * high, 10}};
    const struct calibration_point nobody[] = {{10, 10 * low, 0}, {10, 10 * high, 0}};
    (void)state;
    struct calibration_line line = calibration_line_fit(points, 3);
    assert_near(line.intercept + line.slope * low, log(.3 / .7), 1e-9);
    assert_near(line.intercept + line.slope * high, log(.6 / .4), 1e-9);
    assert_true(isnan(calibration_line_fit(parted, 2).slope));
    assert_true(isnan(calibration_line_fit(nobody, 2).slope));
    assert_true(isnan(calibration_line_fit(points, 1).slope));
    assert_true(isnan(calibration_line_fit(points, 0).slope));
}

static void test_names(void **state)
{
    char name[RANKING_NAME_SIZE];
    (void)state;
    assert_string_equal(ranking_metrics_name(METRIC_AUC, name), "auc");
    assert_string_equal(ranking_metrics_name(METRIC_PRECISION + 2, name), "precision_at_10pct");
    assert_string_equal(ranking_metrics_name(METRIC_MISSES_AVOIDED_PER_MB + 4, name),
                        "misses_avoided_per_mb_at_plan");
    assert_string_equal(ranking_metrics_name(METRIC_BIN_RETURNED + 9, name),
                        "calibration_10_returned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_bins),
        cmocka_unit_test(test_murphy_is_exact_for_equal_forecasts),
        cmocka_unit_test(test_nobody_and_everybody),
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_origins_are_pooled_by_pairs),
        cmocka_unit_test(test_calibration_line),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
