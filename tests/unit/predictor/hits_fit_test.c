/* hits_fit_test.c - planted counts are found again, and follow P(return), whatever a few wild keys do.
 * Random numbers from GSL's taus2 with fixed seeds. */
#include "predictor/forecast/hits_fit.h"

#include "predictor/forecast/special_math.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ROWS_MAX = 12000, WINDOWS = 3 };

/* ln of what is beyond the first access: what was planted. */
struct law {
    double constant, by_use, by_visits, size;
};
static const struct law law = {.constant = 0.8, .by_use = 0.6, .by_visits = 1.6, .size = 1.4};

/* Windows 0 and 1 are what is asked for, at levels of their own; in window 2, of another sort, keys come half as often. */
static const double levels[WINDOWS] = {-0.5, 0.7, -1.5};
static const bool is_relevant[WINDOWS] = {true, true, false};

struct shop {
    struct training_set set;
    float values[ROWS_MAX * FEATURE_COUNT];
    uint8_t labels[ROWS_MAX], single[ROWS_MAX], targets[ROWS_MAX];
    uint32_t hits[ROWS_MAX], keys[ROWS_MAX];
    float weights[ROWS_MAX], scores[ROWS_MAX];
    uint16_t origins[ROWS_MAX];
};
static struct shop shop;

static double ln_visits(double p)
{
    return log(-log1p(-p) / p);
}

static double mean_of(double use, double p)
{
    return 1 + exp(law.constant + law.by_use * use + law.by_visits * ln_visits(p));
}

static void fill_row(gsl_rng *rng, size_t i)
{
    float *row = &shop.values[i * FEATURE_COUNT];
    size_t window = i % WINDOWS;
    shop.origins[i] = (uint16_t)window;
    shop.scores[i] = (float)gsl_ran_gaussian(rng, 1);
    row[FEATURE_HITS_PER_DAY] = (float)gsl_ran_gaussian(rng, 0.8);
    row[FEATURE_RATE] = (float)gsl_ran_gaussian(rng, 0.5);
    row[FEATURE_GAP] = (float)gsl_ran_gaussian(rng, 0.5);
    double p = special_math_expit(levels[window] + (double)shop.scores[i]);
    double beyond = mean_of((double)row[FEATURE_HITS_PER_DAY], p) - 1;
    beyond *= is_relevant[window] ? 1 : 0.5;
    shop.labels[i] = 1;
    shop.targets[i] = gsl_rng_uniform(rng) < 0.6;
    shop.weights[i] = 1;
    shop.hits[i] = 1 + gsl_ran_poisson(rng, beyond * gsl_ran_gamma(rng, law.size, 1 / law.size));
}

static void open_shop(size_t row_count)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    gsl_rng_set(rng, 7);
    memset(&shop, 0, sizeof shop);
    for (size_t i = 0; i < row_count; i++) {
        fill_row(rng, i);
    }
    gsl_rng_free(rng);
    shop.set.origin_count = WINDOWS;
    shop.set.rows = (struct training_rows){.values = shop.values,
                                           .labels = shop.labels,
                                           .hits = shop.hits,
                                           .single = shop.single,
                                           .weights = shop.weights,
                                           .origins = shop.origins,
                                           .keys = shop.keys,
                                           .targets = shop.targets,
                                           .count = row_count};
}

static struct hits_fit fit_shop(void)
{
    struct hits_fit fit;
    struct error err = {0};
    const struct hits_rows rows = {&shop.set, {shop.scores, NULL}, levels, is_relevant};
    assert_int_equal(hits_fit_rows(&fit, &rows, &err), 0);
    return fit;
}

static double asked(const struct hits_fit *fit, double use, double p)
{
    float row[FEATURE_COUNT] = {0};
    row[FEATURE_HITS_PER_DAY] = (float)use;
    return hits_fit_mean(fit, row, p);
}

/* The largest relative error of the mean over light and heavy use, unlikely and likely keys. */
static double worst_error(const struct hits_fit *fit)
{
    static const double uses[] = {-1.2, 0, 1.2};
    static const double chances[] = {0.15, 0.4, 0.8};
    double worst = 0;
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        for (size_t j = 0; j < sizeof chances / sizeof *chances; j++) {
            double planted = mean_of(uses[i], chances[j]);
            worst = fmax(worst, fabs(asked(fit, uses[i], chances[j]) / planted - 1));
        }
    }
    return worst;
}

static void test_planted_means_are_found(void **state)
{
    (void)state;
    open_shop(ROWS_MAX);
    struct hits_fit fit = fit_shop();
    assert_true(worst_error(&fit) < 0.06);
    assert_true(fabs(fit.counts.size / law.size - 1) < 0.1);
}

/* P(return) is raised by a stronger event, beyond what was ever seen: counts go along. */
static void test_counts_follow_the_chance(void **state)
{
    (void)state;
    open_shop(ROWS_MAX);
    struct hits_fit fit = fit_shop();
    double weak = asked(&fit, 0, 0.3) - 1;
    double strong = asked(&fit, 0, 0.97) - 1;
    double planted = exp(law.by_visits * (ln_visits(0.97) - ln_visits(0.3)));
    assert_true(fabs(strong / weak / planted - 1) < 0.1);
}

static void test_weights_count_as_rows_do(void **state)
{
    (void)state;
    open_shop(ROWS_MAX / 2);
    memcpy(&shop.values[ROWS_MAX / 2 * FEATURE_COUNT], shop.values, sizeof shop.values / 2);
    for (size_t i = 0; i < ROWS_MAX / 2; i++) {
        size_t twin = i + ROWS_MAX / 2;
        shop.labels[twin] = 1;
        shop.targets[twin] = shop.targets[i];
        shop.hits[twin] = shop.hits[i];
        shop.weights[twin] = 1;
        shop.origins[twin] = shop.origins[i];
        shop.scores[twin] = shop.scores[i];
    }
    shop.set.rows.count = ROWS_MAX;
    struct hits_fit twins = fit_shop();
    shop.set.rows.count = ROWS_MAX / 2;
    for (size_t i = 0; i < ROWS_MAX / 2; i++) {
        shop.weights[i] = 2;
    }
    struct hits_fit weighted = fit_shop();
    for (int i = 0; i < COUNT_COLUMNS_MAX; i++) {
        assert_true(fabs(twins.counts.coefficients[i] - weighted.counts.coefficients[i]) < 1e-6);
    }
}

/* Those who are used most go wild, as a crawler or a test account does: they must not bend the means of all. */
static void test_wild_keys_bend_little(void **state)
{
    (void)state;
    const size_t wild = 20;
    open_shop(ROWS_MAX);
    for (size_t i = 0, seen = 0; seen < wild; i++) {
        if (shop.values[i * FEATURE_COUNT + FEATURE_HITS_PER_DAY] > 1.6F) {
            shop.hits[i] *= 15;
            seen++;
        }
    }
    struct hits_fit fit = fit_shop();
    assert_true(worst_error(&fit) < 0.3); /* 0.4 were they Poisson */
}

static void test_nobody_twice_is_once(void **state)
{
    (void)state;
    open_shop(90);
    for (size_t i = 0; i < shop.set.rows.count; i++) {
        shop.hits[i] = 1;
    }
    struct hits_fit fit = fit_shop();
    assert_true(fabs(asked(&fit, 3, 0.9999) - 1) < 1e-12);
    shop.set.rows.count = 0;
    fit = fit_shop();
    assert_true(fabs(asked(&fit, 0, 0) - 1) < 1e-12);
}

/* Half a dozen returns teach a mean, and hardly more; nothing is expected to come more often than any key did. */
static void test_few_rows_stay_within_reason(void **state)
{
    (void)state;
    open_shop(6);
    uint32_t most = 1;
    for (size_t i = 0; i < shop.set.rows.count; i++) {
        shop.hits[i] = (uint32_t)(i + 2);
        most = is_relevant[shop.origins[i]] ? shop.hits[i] : most;
    }
    struct hits_fit fit = fit_shop();
    assert_true(asked(&fit, 0, 0.4) > 1.5 && asked(&fit, 0, 0.4) < 8);
    for (double use = -9; use <= 9; use += 3) {
        for (double p = 0; p <= 1; p += 0.5) {
            double mean = asked(&fit, use, p);
            assert_true(isfinite(mean) && mean >= 1 && mean <= most);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_means_are_found),
        cmocka_unit_test(test_counts_follow_the_chance),
        cmocka_unit_test(test_weights_count_as_rows_do),
        cmocka_unit_test(test_wild_keys_bend_little),
        cmocka_unit_test(test_nobody_twice_is_once),
        cmocka_unit_test(test_few_rows_stay_within_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
