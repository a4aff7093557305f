/* plain_hits_test.c - keys that were used heavily are expected to be again, by what one past window shows.
 * Random numbers from GSL's taus2 with fixed seeds. */
#include "predictor/forecast/forecaster.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { KEYS = 4000, DAY = 24, AS_OF_DAY = 120, WINDOW_DAYS = 30, VISITS = 3 };

/* One visit in the first days, one in the past window, one in the coming one; `use` accesses in each on average. */
struct life {
    struct active_bucket buckets[VISITS];
    double use;
};
static struct life lives[KEYS];

static void live(gsl_rng *rng, struct life *life)
{
    static const int32_t from[VISITS] = {0, AS_OF_DAY - WINDOW_DAYS, AS_OF_DAY};
    life->use = gsl_rng_uniform(rng) < 0.5 ? 2 : 9;
    for (int i = 0; i < VISITS; i++) {
        int32_t day = from[i] + (int32_t)gsl_rng_uniform_int(rng, WINDOW_DAYS - 1);
        uint32_t count = 1 + gsl_ran_poisson(rng, life->use - 1);
        life->buckets[i] = (struct active_bucket){day * DAY, count};
    }
}

static struct key_history history_of(size_t i, char id[static 16])
{
    int size = snprintf(id, 16, "%05zu", i);
    return (struct key_history){.entity = ENTITY_USER,
                                .id = {id, (size_t)size},
                                .buckets = lives[i].buckets,
                                .bucket_count = VISITS};
}

/* Accesses a return of the keys of one use: foretold. */
static double foretold(const struct forecaster *forecaster, double use)
{
    double hits = 0;
    double returns = 0;
    for (size_t i = 0; i < KEYS; i++) {
        char id[16];
        struct demand demand;
        struct key_history key = history_of(i, id);
        if (fabs(lives[i].use - use) < 0.5) {
            forecaster_score(forecaster, &key, &demand);
            hits += demand.expected_hits;
            returns += demand.p_return;
        }
    }
    return hits / returns;
}

static void heavy_and_light_use_are_told_apart(void **state)
{
    (void)state;
    const int64_t day = 86400;
    struct error err = {0};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    const struct forecast_options options = {.model = "decayed",
                                             .entity = ENTITY_USER,
                                             .as_of_unix = AS_OF_DAY * day,
                                             .window_start_unix = AS_OF_DAY * day,
                                             .window_end_unix = (AS_OF_DAY + WINDOW_DAYS) * day,
                                             .bucket_second = 3600};
    struct forecaster *forecaster = forecaster_open(&options, &err);
    assert_non_null(forecaster);
    gsl_rng_set(rng, 3);
    for (size_t i = 0; i < KEYS; i++) {
        char id[16];
        live(rng, &lives[i]);
        struct key_history key = history_of(i, id);
        assert_int_equal(forecaster_observe(forecaster, &key, &err), 0);
    }
    assert_int_equal(forecaster_fit(forecaster, &err), 0);
    double light = foretold(forecaster, 2);
    double heavy = foretold(forecaster, 9);
    forecaster_close(forecaster);
    gsl_rng_free(rng);
    /* In the past window keys were known by one visit only, which tells less about them than two: 5.5 is the mean of all. */
    assert_true(light > 1.8 && light < 3.2);
    assert_true(heavy > 7.5 && heavy < 9.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heavy_and_light_use_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
