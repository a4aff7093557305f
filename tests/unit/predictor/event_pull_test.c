/* event_pull_test.c - how strongly events pulled, the levels that follow, and the link that adds hazards. */
#include "predictor/forecast/event_pull.h"
#include "predictor/forecast/logistic_fit.h"
#include "predictor/forecast/return_link.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { DAYS = 120, FIRST_DAY = 1000 };

/* One access a day at noon, three on days 40 to 42 and seven on days 80 to 82: pulls of 2 and 6. */
static size_t fill(struct active_bucket *buckets)
{
    for (int i = 0; i < DAYS; i++) {
        uint32_t count = i >= 80 && i < 83 ? 7 : i >= 40 && i < 43 ? 3 : 1;
        buckets[i] = (struct active_bucket){(FIRST_DAY + i) * 24 + 12, count};
    }
    return DAYS;
}

static int64_t day_unix(int day)
{
    return (int64_t)(FIRST_DAY + day) * SECONDS_PER_DAY;
}

static void pulls_are_measured_by_all_keys(void **unused)
{
    (void)unused;
    struct active_bucket buckets[DAYS];
    struct forecast_state state = {.clock = {.bucket_second = 3600},
                                   .sample = {.key_count_max = 10, .bucket_count_max = 1000},
                                   .first_unix = day_unix(0),
                                   .options.as_of_unix = day_unix(DAYS)};
    struct feature_event events[] = {{.window = {"a", "sale", day_unix(40), day_unix(43), NULL}},
                                     {.window = {"b", "sale", day_unix(80), day_unix(83), NULL}},
                                     {.window = {"c", "sale", day_unix(-9), day_unix(2)}},
                                     {.window = {"d", "club", day_unix(100), day_unix(103), NULL}}};
    struct error err;
    struct bucket_list all = {.buckets = buckets, .count = fill(buckets)};
    assert_int_equal(key_sample_offer(&state.sample, 1, all, &err), 0);
    assert_int_equal(event_pull_measure(&state, events, 4, &err), 0);
    assert_true(fabs(events[0].pull - 2) < 1e-9);
    assert_true(fabs(events[1].pull - 6) < 1e-9);
    assert_true(events[2].pull == 0);                /* began before the history */
    assert_true(fabs(events[3].pull - 0.05) < 1e-9); /* moved nobody */
    assert_false(events[0].is_unlogged || events[2].is_unlogged || events[3].is_unlogged);
    state.first_unix = INT64_MAX;
    key_sample_free(&state.sample);
    assert_int_equal(event_pull_measure(&state, events, 1, &err), 0);
    assert_true(events[0].pull == 0);
}

static void an_event_without_logs_is_seen(void **unused)
{
    (void)unused;
    static const int missing_from = 60;
    static const int missing_to = 63;
    struct active_bucket buckets[DAYS];
    size_t count = 0;
    for (int i = 0; i < DAYS; i++) {
        if (i < missing_from || i >= missing_to) {
            buckets[count++] = (struct active_bucket){(FIRST_DAY + i) * 24 + 12, 9};
        }
    }
    struct forecast_state state = {.clock = {.bucket_second = 3600},
                                   .sample = {.key_count_max = 10, .bucket_count_max = 1000},
                                   .first_unix = day_unix(0),
                                   .options.as_of_unix = day_unix(DAYS)};
    struct feature_event events[] = {{.window = {"a", "sale", day_unix(60), day_unix(63), NULL}},
                                     {.window = {"b", "sale", day_unix(80), day_unix(83), NULL}}};
    struct error err;
    const struct bucket_list all = {.buckets = buckets, .count = count};
    assert_int_equal(key_sample_offer(&state.sample, 1, all, &err), 0);
    assert_int_equal(event_pull_measure(&state, events, 2, &err), 0);
    assert_true(events[0].is_unlogged);
    assert_false(events[1].is_unlogged);
    key_sample_free(&state.sample);
}

static void hazards_add_up(void **unused)
{
    (void)unused;
    const struct return_ground much = {0.1F, 1e6F}; /* so well known that visits are Poisson */
    const struct return_ground little = {0.1F, 0.5F};
    assert_true(fabs(return_link_probability(0, return_link_logit) - 0.5) < 1e-12);
    assert_true(fabs(return_link_probability(2, return_link_logit) - 1 / (1 + exp(-2))) < 1e-12);
    assert_true(fabs(return_link_probability(log(0.2), much) - (1 - exp(-0.3))) < 1e-6);
    double drawn = 1 - pow(1 + 0.2 / 0.5, -0.5);
    assert_true(fabs(return_link_probability(log(0.2), little) -
                     (1 - exp(-(double)little.base) * (1 - drawn))) < 1e-12);
    assert_true(fabs(return_link_probability(-800, much) - (1 - exp(-(double)much.base))) < 1e-12);
    assert_true(return_link_probability(800, return_link_logit) == 1);
    for (int has_returned = 0; has_returned < 2; has_returned++) {
        for (double score = -8; score <= 4; score += 0.5) {
            const double step = 1e-5;
            struct return_say say = return_link_say(score, little, has_returned);
            double rise = return_link_say(score + step, little, has_returned).log_likelihood -
                          return_link_say(score - step, little, has_returned).log_likelihood;
            assert_true(fabs(say.slope - rise / (2 * step)) < 1e-5);
            assert_true(say.information >= 0 && isfinite(say.information));
        }
    }
    struct return_say far = return_link_say(1e9, return_link_logit, true);
    assert_true(isfinite(far.log_likelihood) && isfinite(far.slope) && isfinite(far.information));
}

/* Rows whose hazard is 0.1, and that are drawn by x - 1 on top: the fit finds 1 and -1 again, where a logit would not. */
static void a_layer_is_fitted_on_its_base(void **unused)
{
    (void)unused;
    enum { ROWS = 20000 };
    float *values = malloc(ROWS * sizeof *values);
    struct return_ground *grounds = malloc(ROWS * sizeof *grounds);
    uint8_t *labels = malloc(ROWS);
    uint16_t *groups = calloc(ROWS, sizeof *groups);
    uint64_t dice = 7;
    assert_true(values != NULL && grounds != NULL && labels != NULL && groups != NULL);
    for (int i = 0; i < ROWS; i++) {
        dice = dice * 6364136223846793005U + 1442695040888963407U;
        double uniform = (double)(dice >> 11) * 0x1p-53;
        values[i] = (float)(i % 7) / 2 - 1.5F;
        grounds[i] = (struct return_ground){0.1F, 2};
        labels[i] = uniform < return_link_probability((double)values[i] - 1, grounds[i]);
    }
    struct logistic_rows rows = {.values = values,
                                 .labels = labels,
                                 .row_count = ROWS,
                                 .column_count = 1,
                                 .groups = groups,
                                 .group_count = 1,
                                 .grounds = grounds};
    static const struct logistic_prior prior = {.mean = {0}};
    struct logistic_fit fit;
    struct error err;
    assert_int_equal(logistic_fit_rows(&rows, &prior, &fit, &err), 0);
    assert_true(fabs(fit.coefficients[0] - 1) < 0.06);
    assert_true(fabs(fit.coefficients[1] + 1) < 0.08);
    free(values);
    free(grounds);
    free(labels);
    free(groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pulls_are_measured_by_all_keys),
        cmocka_unit_test(an_event_without_logs_is_seen),
        cmocka_unit_test(hazards_add_up),
        cmocka_unit_test(a_layer_is_fitted_on_its_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
