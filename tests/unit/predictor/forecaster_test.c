/* forecaster_test.c - the two passes over small made-up histories: leaks, degenerate input, order, determinism. */
#include "predictor/forecast/forecaster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { HOUR = 3600, KEYS_MAX = 3000, BUCKETS_MAX = 40 };
static const int64_t as_of = 200 * SECONDS_PER_DAY;

/* The histories of one test: keys[i] with its buckets. */
struct shop {
    size_t key_count;
    struct {
        char id[16];
        struct active_bucket buckets[BUCKETS_MAX];
        size_t bucket_count;
    } keys[KEYS_MAX];
};

static struct shop *shop_new(void)
{
    struct shop *shop = calloc(1, sizeof *shop);
    assert_non_null(shop);
    return shop;
}

static void add_key(struct shop *shop, const int *days, size_t day_count)
{
    size_t at = shop->key_count++;
    snprintf(shop->keys[at].id, sizeof shop->keys[at].id, "%06zu", at);
    for (size_t i = 0; i < day_count; i++) {
        shop->keys[at].buckets[i] =
            (struct active_bucket){.bucket = days[i] * 24 + 12, .count = 1 + (uint32_t)i % 3};
    }
    shop->keys[at].bucket_count = day_count;
}

/* Keys with their own rates over 260 days, of which 200 are before as_of. */
static void fill_lively(struct shop *shop, size_t key_count)
{
    uint64_t dice = 42;
    for (size_t i = 0; i < key_count; i++) {
        int days[BUCKETS_MAX];
        size_t count = 0;
        int mean_gap = 3 + (int)(i % 40) * 3;
        dice = dice * 6364136223846793005U + 1442695040888963407U;
        for (int day = (int)(dice >> 33) % 150; day < 260 && count < BUCKETS_MAX; count++) {
            days[count] = day;
            dice = dice * 6364136223846793005U + 1442695040888963407U;
            double uniform = (double)(dice >> 11) / 9007199254740992.0;
            day += 1 + (int)(-log(1 - uniform) * mean_gap);
        }
        add_key(shop, days, count);
    }
}

static struct forecast_options options_of(const char *model)
{
    return (struct forecast_options){.model = model,
                                     .entity = ENTITY_USER,
                                     .as_of_unix = as_of,
                                     .window_start_unix = as_of + 3 * SECONDS_PER_DAY,
                                     .window_end_unix = as_of + 17 * SECONDS_PER_DAY,
                                     .dormant_after_second = 30 * SECONDS_PER_DAY,
                                     .bucket_second = HOUR};
}

static struct key_history history_of(const struct shop *shop, size_t at)
{
    return (struct key_history){.entity = ENTITY_USER,
                                .id = slice_of(shop->keys[at].id),
                                .buckets = shop->keys[at].buckets,
                                .bucket_count = shop->keys[at].bucket_count};
}

static struct forecaster *fit(const struct shop *shop, const struct forecast_options *options)
{
    struct error err;
    struct forecaster *forecaster = forecaster_open(options, &err);
    if (forecaster == NULL) {
        fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < shop->key_count; i++) {
        struct key_history key = history_of(shop, i);
        assert_int_equal(forecaster_observe(forecaster, &key, &err), 0);
    }
    if (forecaster_fit(forecaster, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return forecaster;
}

static void assert_sane(const struct demand *demand)
{
    assert_true(demand->p_low >= 0 && demand->p_low <= demand->p_return);
    assert_true(demand->p_return <= demand->p_high && demand->p_high <= 1);
    assert_true(isfinite(demand->expected_hits) && demand->expected_hits >= demand->p_return);
    assert_true(demand->reason[0] != '\0');
}

/* The names of the models, one after the other; NULL at the end. */
static const char *model_at(size_t at)
{
    static char names[256];
    snprintf(names, sizeof names, "%s", forecaster_model_names());
    char *rest = names;
    char *name = strtok_r(names, ", ", &rest);
    while (at-- > 0 && name != NULL) {
        name = strtok_r(NULL, ", ", &rest);
    }
    return name;
}

static void the_future_is_not_seen(void **state)
{
    (void)state;
    struct shop *whole = shop_new();
    struct shop *cut = shop_new();
    fill_lively(whole, 1500);
    fill_lively(cut, 1500);
    for (size_t i = 0; i < cut->key_count; i++) {
        size_t count = 0;
        while (count < cut->keys[i].bucket_count &&
               cut->keys[i].buckets[count].bucket * (int64_t)HOUR < as_of) {
            count++;
        }
        cut->keys[i].bucket_count = count;
    }
    for (size_t m = 0; model_at(m) != NULL; m++) {
        struct forecast_options options = options_of(model_at(m));
        struct forecaster *one = fit(whole, &options);
        struct forecaster *other = fit(cut, &options);
        for (size_t i = 0; i < cut->key_count; i++) {
            struct key_history key = history_of(whole, i);
            struct key_history short_key = history_of(cut, i);
            struct demand demand;
            struct demand short_demand;
            forecaster_score(one, &key, &demand);
            forecaster_score(other, &short_key, &short_demand);
            assert_sane(&demand);
            assert_memory_equal(&demand, &short_demand, sizeof demand);
        }
        forecaster_close(one);
        forecaster_close(other);
    }
    free(whole);
    free(cut);
}

static void the_sum_is_near_what_comes(void **state)
{
    (void)state;
    struct shop *shop = shop_new();
    fill_lively(shop, KEYS_MAX);
    for (size_t m = 0; model_at(m) != NULL; m++) {
        struct forecast_options options = options_of(model_at(m));
        struct forecaster *forecaster = fit(shop, &options);
        double expected = 0;
        double came = 0;
        for (size_t i = 0; i < shop->key_count; i++) {
            struct key_history key = history_of(shop, i);
            struct demand demand;
            if (!forecaster_is_dormant(&options, &key)) {
                continue;
            }
            forecaster_score(forecaster, &key, &demand);
            expected += demand.p_return;
            int64_t from = options.window_start_unix / HOUR;
            int64_t to = options.window_end_unix / HOUR;
            for (size_t j = 0, is_back = 0; j < key.bucket_count && is_back == 0; j++) {
                is_back = key.buckets[j].bucket >= from && key.buckets[j].bucket < to;
                came += (double)is_back;
            }
        }
        if (!(expected > 0.7 * came && expected < 1.4 * came)) {
            fail_msg("%s: expected %g, came %g", options.model, expected, came);
        }
        forecaster_close(forecaster);
    }
    free(shop);
}

static void try_all_models(const struct shop *shop)
{
    for (size_t m = 0; model_at(m) != NULL; m++) {
        struct forecast_options options = options_of(model_at(m));
        struct forecaster *forecaster = fit(shop, &options);
        struct forecast_fact facts[FORECAST_FACTS_MAX];
        assert_in_range(forecaster_describe(forecaster, facts), 1, FORECAST_FACTS_MAX);
        for (size_t i = 0; i < shop->key_count; i++) {
            struct key_history key = history_of(shop, i);
            struct demand demand;
            forecaster_score(forecaster, &key, &demand);
            assert_sane(&demand);
        }
        forecaster_close(forecaster);
    }
}

static void degenerate_histories_give_a_forecast(void **state)
{
    (void)state;
    static const int once[] = {100};
    static const int future[] = {230, 240};
    static const int last_moment[] = {199};
    static const int twice[] = {10, 50};
    struct shop *shop = shop_new();
    try_all_models(shop); /* none at all */
    add_key(shop, once, 1);
    try_all_models(shop); /* one key, one bucket */
    for (int i = 0; i < 500; i++) {
        add_key(shop, once, 1);
    }
    try_all_models(shop); /* all keys alike, none ever came back */
    shop->key_count = 0;
    for (int i = 0; i < 500; i++) {
        add_key(shop, twice, 2);
    }
    try_all_models(shop);
    shop->key_count = 0;
    for (int i = 0; i < 50; i++) {
        add_key(shop, last_moment, 1);
    }
    try_all_models(shop); /* all active, none dormant, all of age 0 */
    shop->key_count = 0;
    for (int i = 0; i < 50; i++) {
        add_key(shop, future, 2);
    }
    try_all_models(shop); /* nothing but the future */
    shop->key_count = 0;
    for (int i = 0; i < 300; i++) {
        int days[BUCKETS_MAX];
        for (int j = 0; j < 20; j++) {
            days[j] = j < 10 ? j * 14 : j * 14 + i % 3;
        }
        add_key(shop, days, 12);
    }
    try_all_models(shop); /* like clockwork */
    free(shop);
}

static void events_are_counted_and_named(void **state)
{
    (void)state;
    static const int days[] = {5, 21, 150};
    static const struct event_window events[] = {
        {"early", "", 1 * SECONDS_PER_DAY, 4 * SECONDS_PER_DAY, NULL},
        {"spring", "", 20 * SECONDS_PER_DAY, 25 * SECONDS_PER_DAY, NULL},
        {"summer", "", 90 * SECONDS_PER_DAY, 95 * SECONDS_PER_DAY, NULL},
        {"coming", "", 203 * SECONDS_PER_DAY, 217 * SECONDS_PER_DAY, NULL},
    };
    struct shop *shop = shop_new();
    struct forecast_options options = options_of("bgnbd");
    struct demand demand;
    uint64_t returned;
    uint64_t seen;
    options.events = events;
    options.event_count = 4;
    add_key(shop, days, 3);
    struct key_history key = history_of(shop, 0);
    forecaster_count_events(&options, &key, &returned, &seen);
    assert_int_equal(returned, 1);
    assert_int_equal(seen, 2);
    struct forecaster *forecaster = fit(shop, &options);
    forecaster_score(forecaster, &key, &demand);
    assert_string_equal(demand.reason, "came back in 1 of 2 past events; last seen 49 days ago");
    forecaster_close(forecaster);
    options.event_count = 0;
    forecaster = fit(shop, &options);
    forecaster_score(forecaster, &key, &demand);
    assert_string_equal(demand.reason, "seen on 3 days, last 49 days ago");
    forecaster_close(forecaster);
    free(shop);
}

static void wrong_questions_are_refused(void **state)
{
    (void)state;
    struct error err;
    struct forecast_options options = options_of("oracle");
    assert_null(forecaster_open(&options, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.text, "--model: there is no model 'oracle'; there are "));
    options = options_of("bgnbd");
    options.window_start_unix = as_of - SECONDS_PER_DAY;
    assert_null(forecaster_open(&options, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(
        err.text,
        "the window has to start at or after the as-of time and end after its start: as-of is "
        "1970-07-20T00:00:00Z, the window starts at 1970-07-19T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_future_is_not_seen),
        cmocka_unit_test(the_sum_is_near_what_comes),
        cmocka_unit_test(degenerate_histories_give_a_forecast),
        cmocka_unit_test(events_are_counted_and_named),
        cmocka_unit_test(wrong_questions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
