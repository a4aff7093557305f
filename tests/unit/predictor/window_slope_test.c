/* window_slope_test.c - how far slopes of scores are said to vary: as past windows show, beyond their noise.
 * Labels come from GSL's taus2 with fixed seeds. */
#include "predictor/forecast/special_math.h"
#include "predictor/forecast/window_slope.h"

#include <gsl/gsl_rng.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WINDOWS = 8, KEYS = 4000 };

static struct training_set set;
static float scores[WINDOWS * KEYS], weights[WINDOWS * KEYS];
static uint8_t labels[WINDOWS * KEYS], targets[WINDOWS * KEYS];

/* Windows in which the logits of keys are `slopes` times their scores, less 1. */
static void live(const double slopes[WINDOWS])
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    gsl_rng_set(rng, 1);
    memset(&set, 0, sizeof set);
    set.rows.labels = labels;
    set.rows.targets = targets;
    set.rows.weights = weights;
    for (size_t i = 0; i < WINDOWS; i++) {
        struct training_origin *origin = &set.origins[set.origin_count++];
        origin->row_begin = i * KEYS;
        origin->row_end = (i + 1) * KEYS;
        for (size_t j = origin->row_begin; j < origin->row_end; j++) {
            scores[j] = (float)(4 * gsl_rng_uniform(rng) - 2);
            labels[j] =
                gsl_rng_uniform(rng) < special_math_expit(slopes[i] * (double)scores[j] - 1);
            targets[j] = 1;
            weights[j] = 1;
            origin->returns += labels[j];
        }
    }
    set.rows.count = WINDOWS * KEYS;
    gsl_rng_free(rng);
}

static double spread_of(const double slopes[WINDOWS])
{
    struct error err;
    double spread = -1;
    live(slopes);
    assert_int_equal(window_slope_spread(&set, (struct row_scores){scores, NULL}, &spread, &err),
                     0);
    return spread;
}

static void slopes_vary_as_they_did(void **unused)
{
    (void)unused;
    static const double same[WINDOWS] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const double apart[WINDOWS] = {.5, 1.5, .5, 1.5, .5, 1.5, .5, 1.5};
    assert_true(spread_of(same) > 0.07 && spread_of(same) < 0.11); /* noise is not spread */
    assert_true(spread_of(apart) > 0.35 && spread_of(apart) < 0.5);
}

static void windows_without_returns_tell_nothing(void **unused)
{
    (void)unused;
    static const double apart[WINDOWS] = {.5, 1.5, .5, 1.5, .5, 1.5, .5, 1.5};
    struct error err;
    double spread;
    live(apart);
    for (size_t i = 0; i < WINDOWS; i++) {
        set.origins[i].returns = 49;
    }
    assert_int_equal(window_slope_spread(&set, (struct row_scores){scores, NULL}, &spread, &err),
                     0);
    assert_true(fabs(spread - 0.15) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes_vary_as_they_did),
        cmocka_unit_test(windows_without_returns_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
