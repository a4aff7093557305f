/* auto_choice_test.c - what auto chooses on keys whose law is known, and that a fitted law ranks like the true one.
 * Random numbers from GSL's taus2 with fixed seeds. */
#include "predictor/forecast/as_of.h"
#include "predictor/forecast/btyd_fit.h"
#include "predictor/forecast/forecaster.h"
#include "predictor/forecast/special_math.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { HOUR = 3600, DAYS = 400, AS_OF_DAY = 360, WINDOW_DAYS = 28, KEYS = 3000 };

/* A key that lives by BG/NBD: active days until it leaves. */
struct life {
    struct active_bucket buckets[DAYS];
    size_t count;
};

static const double law[BTYD_PARAMETERS] = {.6, 25, .7, 3};

static void live(gsl_rng *rng, struct life *life)
{
    double rate = gsl_ran_gamma(rng, law[0], 1 / law[1]);
    double leaves = gsl_ran_beta(rng, law[2], law[3]);
    double at = gsl_rng_uniform(rng) * 200;
    life->count = 0;
    while (at < DAYS) {
        int32_t bucket = (int32_t)at * 24;
        if (life->count == 0 || life->buckets[life->count - 1].bucket < bucket) {
            life->buckets[life->count++] = (struct active_bucket){bucket, 1};
        }
        if (life->count > 1 && gsl_rng_uniform(rng) < leaves) {
            break;
        }
        at += gsl_ran_exponential(rng, 1 / rate);
    }
}

struct scored {
    double score;
    int has_returned;
};

static int compare_scored(const void *left, const void *right)
{
    const struct scored *a = left;
    const struct scored *b = right;
    return (a->score > b->score) - (a->score < b->score);
}

/* The share of pairs in which the one that came back has the higher score; ties count half. */
static double auc(struct scored *scored, size_t count)
{
    double ranks = 0;
    double returned = 0;
    qsort(scored, count, sizeof *scored, compare_scored);
    for (size_t i = 0; i < count;) {
        size_t end = i;
        double here = 0;
        for (; end < count && scored[end].score <= scored[i].score; end++) {
            here += scored[end].has_returned;
        }
        ranks += here * ((double)(i + end + 1) / 2);
        returned += here;
        i = end;
    }
    return (ranks - returned * (returned + 1) / 2) / (returned * ((double)count - returned));
}

static bool has_returned(const struct life *life)
{
    for (size_t i = 0; i < life->count; i++) {
        int day = life->buckets[i].bucket / 24;
        if (day >= AS_OF_DAY && day < AS_OF_DAY + WINDOW_DAYS) {
            return true;
        }
    }
    return false;
}

static struct forecast_options options_of(const char *model)
{
    return (struct forecast_options){.model = model,
                                     .entity = ENTITY_PRODUCT,
                                     .as_of_unix = (int64_t)AS_OF_DAY * SECONDS_PER_DAY,
                                     .window_start_unix = (int64_t)AS_OF_DAY * SECONDS_PER_DAY,
                                     .window_end_unix =
                                         (int64_t)(AS_OF_DAY + WINDOW_DAYS) * SECONDS_PER_DAY,
                                     .dormant_after_second = 30 * SECONDS_PER_DAY,
                                     .bucket_second = HOUR};
}

static struct key_history history_of(const struct life *life, size_t at, char *id, size_t size)
{
    snprintf(id, size, "%zu", at);
    return (struct key_history){.entity = ENTITY_PRODUCT,
                                .id = slice_of(id),
                                .buckets = life->buckets,
                                .bucket_count = life->count};
}

/* AUC among the dormant of `model` on `lives`; by the true law where `model` is NULL. The facts of the fit to `facts`. */
static double auc_of(const char *model, const struct life *lives, struct forecast_fact *facts,
                     size_t *fact_count)
{
    struct forecast_options options = options_of(model == NULL ? "bgnbd" : model);
    struct error err;
    char id[24];
    size_t count = 0;
    struct scored *scored = calloc(KEYS, sizeof *scored);
    struct forecaster *forecaster = forecaster_open(&options, &err);
    for (size_t i = 0; i < KEYS; i++) {
        struct key_history key = history_of(&lives[i], i, id, sizeof id);
        assert_int_equal(forecaster_observe(forecaster, &key, &err), 0);
    }
    assert_int_equal(forecaster_fit(forecaster, &err), 0);
    for (size_t i = 0; i < KEYS; i++) {
        struct key_history key = history_of(&lives[i], i, id, sizeof id);
        struct as_of_snapshot snapshot;
        struct demand demand;
        if (!forecaster_is_dormant(&options, &key)) {
            continue;
        }
        forecaster_score(forecaster, &key, &demand);
        (void)as_of_take(&(struct as_of_clock){HOUR, NULL},
                         (struct bucket_list){key.buckets, key.bucket_count}, options.as_of_unix,
                         &snapshot);
        struct btyd_key triple = {snapshot.x, snapshot.last, snapshot.age};
        double true_p = bgnbd_model.p_return(law, &triple, 0, WINDOW_DAYS);
        scored[count++] = (struct scored){.score = model == NULL ? true_p : demand.p_return,
                                          .has_returned = has_returned(&lives[i])};
    }
    *fact_count = forecaster_describe(forecaster, facts);
    forecaster_close(forecaster);
    double result = auc(scored, count);
    free(scored);
    return result;
}

static const char *value_of(const struct forecast_fact *facts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(facts[i].name, name) == 0) {
            return facts[i].value;
        }
    }
    return "";
}

static void a_fitted_law_ranks_like_the_true_one(void **state)
{
    (void)state;
    struct forecast_fact facts[FORECAST_FACTS_MAX];
    size_t fact_count;
    struct life *lives = calloc(KEYS, sizeof *lives);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    gsl_rng_set(rng, 3);
    for (size_t i = 0; i < KEYS; i++) {
        live(rng, &lives[i]);
    }
    double truth = auc_of(NULL, lives, facts, &fact_count);
    double fitted = auc_of("bgnbd", lives, facts, &fact_count);
    if (!(fitted >= truth - 0.002)) {
        fail_msg("fitted %.4f, true %.4f", fitted, truth);
    }
    double learned = auc_of("auto", lives, facts, &fact_count);
    if (!(learned >= truth - 0.006)) {
        fail_msg("auto %.4f, true %.4f", learned, truth);
    }
    const char *chosen = value_of(facts, fact_count, "chosen");
    if (strstr(chosen, "bgnbd") == NULL) { /* the law itself, or its modified twin */
        fail_msg("auto chose %s: %s", chosen, value_of(facts, fact_count, "why"));
    }
    gsl_rng_free(rng);
    free(lives);
}

/* Keys that come back at a rate that falls with nothing but the time since they were seen: no law of BTYD. */
static void a_bare_gap_wins_where_it_is_all_there_is(void **state)
{
    (void)state;
    struct forecast_fact facts[FORECAST_FACTS_MAX];
    size_t fact_count;
    struct life *lives = calloc(KEYS, sizeof *lives);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    gsl_rng_set(rng, 4);
    for (size_t i = 0; i < KEYS; i++) {
        struct life *life = &lives[i];
        int last = (int)(gsl_rng_uniform(rng) * 120);
        life->buckets[life->count++] = (struct active_bucket){last * 24, 1};
        for (int day = last + 1; day < DAYS; day++) {
            if (gsl_rng_uniform(rng) < 0.8 / (5 + day - last)) {
                life->buckets[life->count++] = (struct active_bucket){day * 24, 1};
                last = day;
            }
        }
    }
    double recency = auc_of("recency", lives, facts, &fact_count);
    double learned = auc_of("auto", lives, facts, &fact_count);
    if (!(learned >= recency - 0.004)) {
        fail_msg("auto %.4f, recency %.4f; it chose %s", learned, recency,
                 value_of(facts, fact_count, "chosen"));
    }
    gsl_rng_free(rng);
    free(lives);
}

/* A key that comes back by what it did lately, each access counting half as much every 90 days: no law of BTYD, and nothing
 * else that is known of it tells more. */
static void live_by_decayed_count(gsl_rng *rng, struct life *life)
{
    const double half_life = 90;
    const double level = .004;
    double decayed = 0;
    int born = (int)(gsl_rng_uniform(rng) * 200);
    for (int day = born; day < DAYS; day++) {
        decayed *= exp2(-1 / half_life);
        if (day == born || gsl_rng_uniform(rng) < -expm1(-level * sqrt(decayed))) {
            uint32_t hits = (uint32_t)ceil(gsl_ran_lognormal(rng, 0, 2));
            life->buckets[life->count++] = (struct active_bucket){day * 24, hits};
            decayed += hits;
        }
    }
}

/* Ridges learn the count among other things, and pay for those: they do worse on windows they were not fitted on. */
static void a_decayed_count_wins_where_it_is_all_there_is(void **state)
{
    (void)state;
    struct forecast_fact facts[FORECAST_FACTS_MAX];
    size_t fact_count;
    struct life *lives = calloc(KEYS, sizeof *lives);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    gsl_rng_set(rng, 1);
    for (size_t i = 0; i < KEYS; i++) {
        live_by_decayed_count(rng, &lives[i]);
    }
    double decayed = auc_of("decayed", lives, facts, &fact_count);
    double learned = auc_of("auto", lives, facts, &fact_count);
    assert_string_equal(value_of(facts, fact_count, "chosen"), "decayed");
    assert_memory_equal(value_of(facts, fact_count, "why"), "the lowest log-loss, ", 21);
    assert_true(fabs(learned - decayed) < 1e-6);
    gsl_rng_free(rng);
    free(lives);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fitted_law_ranks_like_the_true_one),
        cmocka_unit_test(a_bare_gap_wins_where_it_is_all_there_is),
        cmocka_unit_test(a_decayed_count_wins_where_it_is_all_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
