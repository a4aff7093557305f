/* origin_run_test.c - the loop over origins, and that no model knows what came: a planted leak is caught.
 * Two shops are alike before the origin; from it on, everything differs: visits are taken away, added, counted
 * otherwise, sizes and costs too, and keys come that were not there. A model that keeps to the buckets before the
 * origin gives every key the same score, to the bit, in both. */
#include "predictor/backtest/origin_run.h"
#include "predictor/forecast_scorer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { DAY = 86400, HOUR = 3600, KEYS = 500, BUCKETS_MAX = 60, DAYS = 180, ORIGIN_DAY = 120 };

struct shop_key {
    enum entity entity;
    char id[16];
    struct active_bucket buckets[BUCKETS_MAX];
    size_t bucket_count;
    uint64_t measure; /* sum and count of sizes and costs */
};

struct shop {
    struct shop_key keys[KEYS];
    size_t at, pass_count;
};

static const struct backtest_origin origin = {
    .as_of_unix = (int64_t)ORIGIN_DAY * DAY,
    .start_unix = (int64_t)(ORIGIN_DAY + 3) * DAY,
    .end_unix = (int64_t)(ORIGIN_DAY + 17) * DAY,
    .event_kind = "",
};
static const struct backtest_origin event_origin = {
    .as_of_unix = (int64_t)ORIGIN_DAY * DAY,
    .start_unix = (int64_t)(ORIGIN_DAY + 3) * DAY,
    .end_unix = (int64_t)(ORIGIN_DAY + 17) * DAY,
    .is_event = true,
    .event_kind = "sale",
};
static const struct event_window events[] = {
    {"spring", "sale", (int64_t)55 * DAY, (int64_t)58 * DAY, NULL},
    {"summer", "sale", (int64_t)85 * DAY, (int64_t)88 * DAY, NULL},
    {"autumn", "sale", (int64_t)(ORIGIN_DAY + 4) * DAY, (int64_t)(ORIGIN_DAY + 16) * DAY, NULL},
};
static const struct forecast_scorer_frame frame = {
    .bucket_second = HOUR, .dormant_after_second = 30 * DAY, .events = events, .event_count = 3};

static uint64_t roll(uint64_t *dice)
{
    *dice = *dice * 6364136223846793005U + 1442695040888963407U;
    return *dice >> 33;
}

static void visit(struct shop_key *key, int day, uint32_t count)
{
    if (key->bucket_count < BUCKETS_MAX) {
        key->buckets[key->bucket_count++] =
            (struct active_bucket){.bucket = day * 24 + 11, .count = count};
    }
}

/* What happens before the origin depends on the key alone, what happens after it on `future`, too. */
static void fill_key(struct shop_key *key, size_t number, uint64_t future)
{
    uint64_t dice = number + 1;
    int gap_days = 4 + (int)(number % 50);
    *key = (struct shop_key){.entity = number < KEYS / 2 ? ENTITY_USER : ENTITY_PRODUCT};
    (void)snprintf(key->id, sizeof key->id, "%06zu", number);
    bool is_late = number % 10 == 9; /* known only after the origin, or never */
    for (int day = (int)(roll(&dice) % 60); day < ORIGIN_DAY && !is_late;) {
        visit(key, day, 1 + (uint32_t)(roll(&dice) % 4));
        day += 1 + (int)(roll(&dice) % (uint64_t)(2 * gap_days));
    }
    dice = number * 31 + future * 1000003;
    key->measure = 100 + future * 17;
    for (int day = ORIGIN_DAY + (int)(roll(&dice) % 60); day < DAYS;) {
        visit(key, day, 1 + (uint32_t)future);
        day += 1 + (int)(roll(&dice) % 20);
    }
    if (key->bucket_count == 0) {
        visit(key, DAYS, 1);
    }
}

static struct shop *shop_new(uint64_t future)
{
    struct shop *shop = calloc(1, sizeof *shop);
    assert_non_null(shop);
    for (size_t i = 0; i < KEYS; i++) {
        fill_key(&shop->keys[i], i, future);
    }
    return shop;
}

static void rewind_shop(void *self, const char *model, bool is_scoring)
{
    struct shop *shop = self;
    (void)model;
    (void)is_scoring;
    shop->at = 0;
    shop->pass_count++;
}

static int next_key(void *self, struct key_history *key, struct error *err)
{
    struct shop *shop = self;
    (void)err;
    if (shop->at == KEYS) {
        return 0;
    }
    const struct shop_key *from = &shop->keys[shop->at++];
    *key = (struct key_history){
        .entity = from->entity,
        .id = slice_of(from->id),
        .buckets = from->buckets,
        .bucket_count = from->bucket_count,
        .size_bytes_sum = from->measure,
        .size_count = from->measure / 100,
        .cost_us_sum = from->measure,
        .cost_count = 1,
    };
    return 1;
}

static uint32_t size_of_key(void *self, const struct key_history *key)
{
    (void)self;
    return (uint32_t)key->id.size;
}

static struct key_stream stream_of(struct shop *shop)
{
    return (struct key_stream){.self = shop,
                               .bucket_second = HOUR,
                               .rewind = rewind_shop,
                               .next = next_key,
                               .size_bytes = size_of_key};
}

/* The rows of one origin, users and products, by `kind` called `model`. */
static void run(struct shop *shop, const struct scorer_kind *kind, const char *model,
                const struct backtest_origin *at, struct backtest_rows *rows[ENTITY_COUNT])
{
    struct error err;
    const struct key_stream stream = stream_of(shop);
    for (int i = 0; i < ENTITY_COUNT; i++) {
        rows[i] = backtest_rows_new(&model, 1, &err);
        assert_non_null(rows[i]);
    }
    assert_int_equal(origin_run(&stream, kind, at, rows, &err), 0);
}

/* Whether the scorer gives the same keys the same scores whatever comes; the test of the test is that the future does
 * differ. */
static bool is_blind_to_the_future(const struct scorer_kind *kind, const char *model,
                                   const struct backtest_origin *at)
{
    struct backtest_rows *rows[2][ENTITY_COUNT];
    bool is_blind = true;
    size_t other_label_count = 0;
    for (uint64_t future = 0; future < 2; future++) {
        struct shop *shop = shop_new(future);
        run(shop, kind, model, at, rows[future]);
        free(shop);
    }
    for (int i = 0; i < ENTITY_COUNT; i++) {
        const struct backtest_rows *a = rows[0][i];
        const struct backtest_rows *b = rows[1][i];
        assert_true(a->row_count > 40);
        assert_int_equal(a->row_count, b->row_count);
        assert_memory_equal(a->keys, b->keys, a->row_count * sizeof *a->keys);
        is_blind = is_blind &&
                   memcmp(a->scores[0], b->scores[0], a->row_count * sizeof *a->scores[0]) == 0;
        is_blind = is_blind && memcmp(&a->bands[0][0], &b->bands[0][0], sizeof a->bands[0][0]) == 0;
        for (size_t j = 0; j < a->row_count; j++) {
            other_label_count += a->labels[j] != b->labels[j];
        }
    }
    assert_true(other_label_count > 40);
    for (int i = 0; i < 2 * ENTITY_COUNT; i++) {
        backtest_rows_free(rows[i / ENTITY_COUNT][i % ENTITY_COUNT]);
    }
    return is_blind;
}

static void test_models_do_not_know_the_future(void **state)
{
    static const char *const models[] = {"recency", "frequency", "decayed",
                                         "bgnbd",   "mbgnbd",    "auto"};
    const struct scorer_kind kind = forecast_scorer_kind(&frame);
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        if (!is_blind_to_the_future(&kind, models[i], &origin) ||
            !is_blind_to_the_future(&kind, models[i], &event_origin)) {
            fail_msg("%s gives other scores when the future is another", models[i]);
        }
    }
}

/* ---- planted leaks */

static double score_by_last_visit(const void *scorer, const struct key_history *key)
{
    (void)scorer;
    return 1.0 / (2 + (DAYS * 24 - key->buckets[key->bucket_count - 1].bucket));
}

static double score_by_mean_size(const void *scorer, const struct key_history *key)
{
    (void)scorer;
    return 1.0 / (double)(2 + key->size_bytes_sum);
}

static int observe_from_the_window(void *scorer, const struct key_history *key, struct error *err)
{
    double *seen = scorer;
    (void)err;
    *seen += origin_run_has_returned(&origin, key, HOUR);
    return 0;
}

static double score_by_base_rate(const void *scorer, const struct key_history *key)
{
    const double *seen = scorer;
    (void)key;
    return *seen / KEYS;
}

static void *open_counter(const void *self, const char *model, enum entity entity,
                          const struct backtest_origin *at, struct error *err)
{
    (void)self;
    (void)model;
    (void)entity;
    (void)at;
    (void)err;
    return calloc(1, sizeof(double));
}

static int fit_nothing(void *scorer, struct error *err)
{
    (void)scorer;
    (void)err;
    return 0;
}

static bool is_dormant(const void *scorer, const struct key_history *key)
{
    int64_t last_unix = INT64_MIN;
    (void)scorer;
    for (size_t i = 0; i < key->bucket_count; i++) {
        int64_t at_unix = (int64_t)key->buckets[i].bucket * HOUR;
        last_unix = at_unix < origin.as_of_unix ? at_unix : last_unix;
    }
    return last_unix > INT64_MIN && last_unix < origin.as_of_unix - 30 * (int64_t)DAY;
}

static int observe_nothing(void *scorer, const struct key_history *key, struct error *err)
{
    (void)scorer;
    (void)key;
    (void)err;
    return 0;
}

static double score_by_first_visit(const void *scorer, const struct key_history *key)
{
    (void)scorer;
    return 1.0 / (2 + key->buckets[0].bucket);
}

static struct backtest_band no_band(const void *scorer)
{
    (void)scorer;
    return (struct backtest_band){0, 0, 0};
}

static void test_planted_leaks_are_caught(void **state)
{
    const struct scorer_kind honest = {
        .open = open_counter,
        .close = free,
        .observe = observe_nothing,
        .fit = fit_nothing,
        .is_dormant = is_dormant,
        .score = score_by_first_visit,
        .band = no_band,
    };
    struct scorer_kind leaky = honest;
    (void)state;
    assert_true(is_blind_to_the_future(&honest, "honest", &origin));
    leaky.score = score_by_last_visit;
    assert_false(is_blind_to_the_future(&leaky, "reads the last bucket", &origin));
    leaky.score = score_by_mean_size;
    assert_false(is_blind_to_the_future(&leaky, "reads the sums of all time", &origin));
    leaky.observe = observe_from_the_window;
    leaky.score = score_by_base_rate;
    assert_false(is_blind_to_the_future(&leaky, "learns from the window", &origin));
}

/* ---- the loop itself */

static void test_rows_are_the_dormant_keys(void **state)
{
    static const char *const models[] = {"recency", "bgnbd"};
    const struct scorer_kind kind = forecast_scorer_kind(&frame);
    struct shop *shop = shop_new(0);
    const struct key_stream stream = stream_of(shop);
    struct backtest_rows *rows[ENTITY_COUNT] = {NULL, NULL};
    struct error err;
    size_t at = 0;
    (void)state;
    rows[ENTITY_PRODUCT] = backtest_rows_new(models, 2, &err);
    assert_non_null(rows[ENTITY_PRODUCT]);
    assert_int_equal(origin_run(&stream, &kind, &origin, rows, &err), 0);
    assert_int_equal(shop->pass_count, 4);
    for (size_t i = KEYS / 2; i < KEYS; i++) {
        const struct shop_key *from = &shop->keys[i];
        const struct key_history key = {
            .entity = from->entity, .buckets = from->buckets, .bucket_count = from->bucket_count};
        if (is_dormant(NULL, &key)) {
            assert_true(at < rows[ENTITY_PRODUCT]->row_count);
            assert_int_equal(rows[ENTITY_PRODUCT]->keys[at], i - KEYS / 2);
            assert_int_equal(rows[ENTITY_PRODUCT]->sizes[at], 6);
            for (size_t j = 0; j < 2; j++) {
                double p = rows[ENTITY_PRODUCT]->scores[j][at];
                assert_true(p > 0 && p < 1);
            }
            at++;
        }
    }
    assert_int_equal(at, rows[ENTITY_PRODUCT]->row_count);
    backtest_rows_free(rows[ENTITY_PRODUCT]);
    free(shop);
}

/* A bucket belongs to the window when it starts within it. */
static void test_returned(void **state)
{
    const int start = (ORIGIN_DAY + 3) * 24;
    const int end = (ORIGIN_DAY + 17) * 24;
    const struct {
        int buckets[2];
        bool has_returned;
    } cases[] = {
        {{start - 2, start - 1}, false}, {{start - 1, start}, true}, {{start, end}, true},
        {{start - 1, end - 1}, true},    {{start - 1, end}, false},  {{end, end + 1}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct active_bucket buckets[] = {{cases[i].buckets[0], 1}, {cases[i].buckets[1], 1}};
        const struct key_history key = {.buckets = buckets, .bucket_count = 2};
        assert_int_equal(origin_run_has_returned(&origin, &key, HOUR), cases[i].has_returned);
    }
}

static void test_unknown_model(void **state)
{
    const struct scorer_kind kind = forecast_scorer_kind(&frame);
    struct shop *shop = shop_new(0);
    const struct key_stream stream = stream_of(shop);
    static const char *const models[] = {"oracle"};
    struct backtest_rows *rows[ENTITY_COUNT] = {NULL, NULL};
    struct error err;
    (void)state;
    rows[ENTITY_USER] = backtest_rows_new(models, 1, &err);
    assert_non_null(rows[ENTITY_USER]);
    assert_int_equal(origin_run(&stream, &kind, &origin, rows, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.text, "there is no model 'oracle'"));
    backtest_rows_free(rows[ENTITY_USER]);
    free(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_do_not_know_the_future),
        cmocka_unit_test(test_planted_leaks_are_caught),
        cmocka_unit_test(test_rows_are_the_dormant_keys),
        cmocka_unit_test(test_returned),
        cmocka_unit_test(test_unknown_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
