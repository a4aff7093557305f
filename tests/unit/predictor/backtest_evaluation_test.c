/* backtest_evaluation_test.c - intervals, paired differences, bands, and the CSV they end in. */
#include "predictor/backtest/backtest_evaluation.h"
#include "predictor/backtest/backtest_report.h"
#include "predictor/backtest/key_weights.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

enum { KEYS = 400, ORIGINS = 3, MODELS = 4 };
static const struct ranking_plan top_50 = {.top = 50};

static double roll(uint64_t *dice)
{
    *dice = *dice * 6364136223846793005U + 1442695040888963407U;
    return (double)(*dice >> 11) / 9007199254740992.0;
}

/* Models: blind, truth, twin of truth, and truth that is too sure. */
static struct backtest_rows *make_rows(uint64_t seed)
{
    static const char *const models[MODELS] = {"blind", "truth", "twin", "loud"};
    struct error err;
    uint64_t dice = seed;
    struct backtest_rows *rows = backtest_rows_new(models, MODELS, &err);
    assert_non_null(rows);
    for (int64_t i = 0; i < ORIGINS; i++) {
        backtest_rows_begin_origin(rows, 1000000 * i);
        for (uint32_t j = 0; j < KEYS; j++) {
            double p = roll(&dice);
            const struct backtest_row row = {
                .key = j, .size_bytes = 1000, .has_returned = roll(&dice) < p};
            assert_int_equal(backtest_rows_add(rows, &row, &err), 0);
            size_t at = rows->row_count - 1;
            rows->scores[0][at] = roll(&dice);
            rows->scores[1][at] = rows->scores[2][at] = p;
            double odds = p / (1 - p);
            rows->scores[3][at] = odds * odds / (1 + odds * odds);
        }
        rows->bands[i][1] = (struct backtest_band){KEYS / 2.0, 0, i == 0 ? 1 : KEYS};
    }
    return rows;
}

static struct backtest_evaluation *evaluate(const struct backtest_rows *rows)
{
    struct error err;
    struct backtest_evaluation *evaluation = backtest_evaluation_make(rows, 2, &top_50, &err);
    assert_non_null(evaluation);
    return evaluation;
}

static void test_intervals(void **state)
{
    struct backtest_rows *rows = make_rows(1);
    struct backtest_evaluation *evaluation = evaluate(rows);
    (void)state;
    assert_int_equal(evaluation->slice_count, ORIGINS + 1);
    for (size_t i = 0; i < MODELS; i++) {
        for (size_t j = 0; j <= ORIGINS; j++) {
            const struct backtest_interval *auc =
                &backtest_evaluation_cell(evaluation, i, j)->metrics[METRIC_AUC];
            assert_true(auc->low < auc->value && auc->value < auc->high);
            /* 400 keys tell an AUC to some .05, 1,200 to some .03 */
            assert_true(auc->high - auc->low > .01 && auc->high - auc->low < .12);
        }
    }
    const struct backtest_cell *loud = backtest_evaluation_cell(evaluation, 3, ORIGINS);
    assert_true(loud->metrics[METRIC_SLOPE].high < .8); /* its logits are twice too large */
    const struct backtest_cell *truth = backtest_evaluation_cell(evaluation, 1, ORIGINS);
    assert_true(truth->metrics[METRIC_SLOPE].low < 1 && truth->metrics[METRIC_SLOPE].high > 1);
    assert_near(truth->metrics[METRIC_KEYS].value, KEYS * ORIGINS, 0);
    assert_true(isnan(truth->metrics[METRIC_KEYS].low));
    backtest_evaluation_free(evaluation);
    backtest_rows_free(rows);
}

/* Of many samples of a true AUC (5/6 for uniform p), nine in ten intervals have to hold it. */
static void test_coverage(void **state)
{
    enum { SAMPLES = 10 };
    int covered = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SAMPLES; seed++) {
        struct backtest_rows *rows = make_rows(seed * 77);
        rows->model_count = 2; /* the others cost only time */
        struct backtest_evaluation *evaluation = evaluate(rows);
        const struct backtest_interval *auc =
            &backtest_evaluation_cell(evaluation, 1, ORIGINS)->metrics[METRIC_AUC];
        covered += auc->low <= 5.0 / 6 && 5.0 / 6 <= auc->high;
        backtest_evaluation_free(evaluation);
        rows->model_count = MODELS;
        backtest_rows_free(rows);
    }
    assert_in_range(covered, 7, SAMPLES);
}

static void test_differences_are_paired(void **state)
{
    struct backtest_rows *rows = make_rows(2);
    struct backtest_evaluation *evaluation = evaluate(rows);
    (void)state;
    for (size_t i = 0; i < BACKTEST_COMPARED_COUNT; i++) {
        assert_int_equal(evaluation->best[i], 1);
        const struct backtest_interval *twin =
            &backtest_evaluation_cell(evaluation, 2, ORIGINS)->differences[i];
        assert_true(twin->value == 0 && twin->low == 0 && twin->high == 0);
    }
    const struct backtest_cell *loud = backtest_evaluation_cell(evaluation, 3, ORIGINS);
    assert_true(loud->differences[0].value == 0); /* the same order, so the same AUC */
    assert_true(loud->differences[2].low > 0);    /* but a larger log-loss */
    const struct backtest_cell *blind = backtest_evaluation_cell(evaluation, 0, ORIGINS);
    assert_true(blind->differences[0].high < 0);
    backtest_evaluation_free(evaluation);
    backtest_rows_free(rows);
}

static void test_bands(void **state)
{
    struct backtest_rows *rows = make_rows(3);
    struct backtest_evaluation *evaluation = evaluate(rows);
    (void)state;
    assert_true(backtest_evaluation_cell(evaluation, 1, 0)->band_covers == 0);
    assert_true(backtest_evaluation_cell(evaluation, 1, 1)->band_covers == 1);
    assert_near(backtest_evaluation_cell(evaluation, 1, ORIGINS)->band_covers, 2.0 / 3, 1e-12);
    assert_true(isnan(backtest_evaluation_cell(evaluation, 0, 0)->band_covers));
    backtest_evaluation_free(evaluation);
    backtest_rows_free(rows);
}

static char *print(const struct backtest_rows *rows)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct backtest_evaluation *evaluation = evaluate(rows);
    backtest_report_write_header(out);
    backtest_report_write(evaluation, rows, ENTITY_PRODUCT, out);
    backtest_evaluation_free(evaluation);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void test_report(void **state)
{
    struct backtest_rows *rows = make_rows(4);
    char *text = print(rows);
    char *again = print(rows);
    (void)state;
    assert_string_equal(text, again);
    assert_int_equal(strncmp(text,
                             "origin,entity,model,metric,value,low,high\n"
                             "1970-01-01T00:00:00Z,product,blind,keys,400,,\n",
                             88),
                     0);
    assert_non_null(strstr(text, "\nall,product,blind,keys,1200,,\n"));
    assert_non_null(strstr(text, "\nall,product,twin,auc_minus_truth,0,0,0\n"));
    assert_non_null(
        strstr(text, "1970-01-12T13:46:40Z,product,truth,expected_returns,200,0,400\n"));
    assert_non_null(strstr(text, ",misses_avoided_per_mb_at_plan,"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "auc_minus_blind"));
    free(text);
    free(again);
    backtest_rows_free(rows);
}

/* The table keeps to 80 columns, with returns, without, and with nothing else; what is not defined is a dash, and why. */
static void test_table(void **state)
{
    char text[8000] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    struct backtest_rows *rows = make_rows(5);
    const struct message message = {.out = out, .verbosity = VERBOSITY_NORMAL};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct backtest_evaluation *evaluation = evaluate(rows);
        backtest_report_say(evaluation, rows, ENTITY_USER, &message);
        backtest_evaluation_free(evaluation);
        memset(rows->labels, i, rows->row_count);
    }
    fclose(out);
    backtest_rows_free(rows);
    assert_non_null(strstr(text, "users: 3 origins, 1200 times dormant, "));
    assert_non_null(strstr(text, "beside truth: within chance\n"));
    assert_non_null(strstr(text, "beside truth: worse\n"));
    assert_non_null(strstr(
        text, "  blind          - -                -   1.0150       -       -     0.0%      -\n"));
    assert_non_null(strstr(text, "\n  -: nobody came back, so there is no one to rank first\n"));
    assert_non_null(strstr(text, "\n  -: everybody came back, so there is no one to rank last\n"));
    assert_null(strstr(text, "nan"));
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        assert_in_range(strlen(line), 1, 80);
    }
}

/* Thresholds as the evaluation makes them: mean and variance 1, and no trace of the key's order. */
static void test_weights_are_poisson(void **state)
{
    enum { DRAWS = 200000 };
    struct key_weights weights = {.salt = 12345};
    double share = 0;
    double term = exp(-1);
    double sum = 0;
    double squares = 0;
    double products = 0;
    (void)state;
    for (size_t i = 0; i < KEY_WEIGHT_MAX; i++) {
        share += term;
        term /= (double)(i + 1);
        weights.thresholds[i] =
            share < 1 - 1e-15 ? (uint64_t)(share * 18446744073709551616.0) : UINT64_MAX;
    }
    double before = 0;
    for (uint32_t key = 0; key < DRAWS; key++) {
        double weight = key_weights_of(&weights, key);
        sum += weight;
        squares += weight * weight;
        products += (weight - 1) * (before - 1);
        before = weight;
    }
    assert_near(sum / DRAWS, 1, .01);
    assert_near(squares / DRAWS - 1, 1, .02);
    assert_near(products / DRAWS, 0, .01);
}

/* No rows at an origin: it is as if it had not been there. */
static void test_empty_origin(void **state)
{
    static const char *const models[] = {"one"};
    struct error err;
    struct backtest_rows *rows = backtest_rows_new(models, 1, &err);
    (void)state;
    assert_non_null(rows);
    backtest_rows_begin_origin(rows, 7);
    assert_true(backtest_rows_drop_empty(rows));
    assert_int_equal(rows->origin_count, 0);
    backtest_rows_begin_origin(rows, 8);
    assert_int_equal(backtest_rows_add(rows, &(struct backtest_row){.key = 3}, &err), 0);
    assert_false(backtest_rows_drop_empty(rows));
    assert_int_equal(rows->origins_unix[0], 8);
    backtest_rows_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_differences_are_paired),
        cmocka_unit_test(test_bands),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_empty_origin),
        cmocka_unit_test(test_weights_are_poisson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
