/* group_effects_test.c - groups whose keys come more often are found, by earlier windows alone; noise is not.
 * Random numbers from GSL's taus2 with a fixed seed. */
#include "predictor/forecast/group_effects.h"

#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/special_math.h"
#include "predictor/forecast/training_set.h"

#include "tests/unit/test_folder.h"

#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

enum { KEYS = 3000, WINDOWS = 6, ROWS = KEYS * WINDOWS, BRANDS = 10, WINDOW_DAY = 7 };

/* Keys that each window asks about; those of brand 0 come twice as often, those of brand 1 half as often. */
struct shop {
    struct forecast_state state;
    struct training_set set;
    struct group_effects present;
    struct attribute_table *table;
};

static double ratio_of_brand(size_t key)
{
    size_t brand = key % BRANDS;
    return brand == 0 ? 2 : brand == 1 ? 0.5 : 1;
}

static void put_attributes(void **state, struct shop *shop)
{
    struct error err;
    char *text = malloc(KEYS * 48);
    size_t size = (size_t)sprintf(text, "id,parent,brand,noise\n");
    for (size_t i = 0; i < KEYS; i++) {
        size += (size_t)sprintf(text + size, "%zu,%zu,brand %zu,%zu\n", i, i / 3, i % BRANDS,
                                i * 7919 % KEYS % 23);
    }
    shop->table = attribute_table_load(test_put_text(state, "a.csv", text), &err);
    free(text);
    assert_non_null(shop->table);
    shop->state.options.attributes = shop->table;
}

/* Windows one after another, the latest first as in a training set; the last of them is an event if asked. */
static void make_shop(void **state, struct shop *shop, bool has_effect)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    struct training_rows *rows = &shop->set.rows;
    *shop = (struct shop){.state.options.as_of_unix = 100 * WINDOW_DAY * SECONDS_PER_DAY};
    put_attributes(state, shop);
    shop->state.sample.keys = calloc(KEYS, sizeof *shop->state.sample.keys);
    shop->state.sample.key_count = KEYS;
    for (size_t i = 0; i < KEYS; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%zu", i);
        shop->state.sample.keys[i].hash = attribute_table_hash(slice_of(id));
    }
    rows->values = calloc((size_t)ROWS * FEATURE_COUNT, sizeof *rows->values);
    rows->labels = calloc(ROWS, 1);
    rows->weights = calloc(ROWS, sizeof *rows->weights);
    rows->origins = calloc(ROWS, sizeof *rows->origins);
    rows->keys = calloc(ROWS, sizeof *rows->keys);
    shop->set.origin_count = WINDOWS;
    for (size_t i = 0; i < WINDOWS; i++) {
        struct training_origin *origin = &shop->set.origins[i];
        origin->context.origin_unix = (int64_t)(99 - i) * WINDOW_DAY * SECONDS_PER_DAY;
        origin->context.start_unix = origin->context.origin_unix;
        origin->context.end_unix = origin->context.origin_unix + WINDOW_DAY * SECONDS_PER_DAY;
        origin->row_begin = rows->count;
        for (size_t j = 0; j < KEYS; j++, rows->count++) {
            double p = 0.1 + 0.2 * gsl_rng_uniform(rng);
            rows->values[rows->count * FEATURE_COUNT + FEATURE_MBGNBD] =
                (float)special_math_logit(p);
            p *= has_effect ? ratio_of_brand(j) : 1;
            rows->labels[rows->count] = gsl_rng_uniform(rng) < p;
            rows->weights[rows->count] = 1;
            rows->origins[rows->count] = (uint16_t)i;
            rows->keys[rows->count] = (uint32_t)j;
        }
        origin->row_end = rows->count;
    }
    gsl_rng_free(rng);
}

static void free_shop(struct shop *shop)
{
    attribute_table_free(shop->table);
    free(shop->state.sample.keys);
    training_rows_free(&shop->set.rows);
    group_effects_free(&shop->present);
}

static void fill(struct shop *shop)
{
    struct error err;
    assert_int_equal(group_effects_fill(&shop->set, &shop->state, &shop->present, &err), 0);
}

static float feature(const struct shop *shop, size_t window, size_t key, enum key_feature column)
{
    return shop->set.rows.values[(window * KEYS + key) * FEATURE_COUNT + column];
}

static uint32_t row_of(const struct shop *shop, size_t key)
{
    return attribute_table_find(shop->state.options.attributes, shop->state.sample.keys[key].hash);
}

static void a_group_that_comes_more_is_found(void **state)
{
    struct shop shop;
    char text[ATTRIBUTE_TEXT_SIZE];
    make_shop(state, &shop, true);
    fill(&shop);
    /* all but 20 % of the keys come as the rest expects: what is found is relative to the mean of all, 1.05 */
    assert_true(fabs((double)group_effects_sum(&shop.present, row_of(&shop, 10), false) -
                     log(2 / 1.05)) < .15);
    assert_true(fabs((double)group_effects_sum(&shop.present, row_of(&shop, 11), false) -
                     log(.5 / 1.05)) < .2);
    assert_true(fabs((double)group_effects_sum(&shop.present, row_of(&shop, 15), false)) < .15);
    assert_true(group_effects_sum(&shop.present, row_of(&shop, 10), true) == 0); /* no events */
    assert_true(group_effects_sum(&shop.present, ATTRIBUTE_ROW_NONE, false) == 0);
    assert_true(group_effects_sum(NULL, 3, false) == 0);
    group_effects_name(&shop.present, row_of(&shop, 10), false, true, text);
    assert_string_equal(text, "brand brand 0");
    group_effects_name(&shop.present, row_of(&shop, 11), false, false, text);
    assert_string_equal(text, "brand brand 1");
    group_effects_name(&shop.present, ATTRIBUTE_ROW_NONE, false, true, text);
    assert_string_equal(text, "");
    assert_true(feature(&shop, WINDOWS - 1, 10, FEATURE_GROUP) == 0); /* the first knows nothing */
    assert_true((double)feature(&shop, 0, 10, FEATURE_GROUP) > .4);
    free_shop(&shop);
}

/* What came in a window or after it may change no number of its rows. */
static void a_row_never_sees_its_own_window(void **state)
{
    struct shop shop;
    struct shop altered;
    make_shop(state, &shop, true);
    make_shop(state, &altered, true);
    enum { CHANGED = 3 }; /* windows 0 to 3, the latest four, come the other way round */
    for (size_t i = 0; i < (size_t)(CHANGED + 1) * KEYS; i++) {
        altered.set.rows.labels[i] = !altered.set.rows.labels[i];
    }
    fill(&shop);
    fill(&altered);
    for (size_t j = 0; j < KEYS; j++) {
        for (size_t i = CHANGED; i < WINDOWS; i++) {
            assert_true(feature(&shop, i, j, FEATURE_GROUP) ==
                        feature(&altered, i, j, FEATURE_GROUP));
        }
    }
    assert_true(feature(&shop, 0, 10, FEATURE_GROUP) != feature(&altered, 0, 10, FEATURE_GROUP));
    free_shop(&shop);
    free_shop(&altered);
}

static void events_are_kept_apart(void **state)
{
    struct shop shop;
    make_shop(state, &shop, true);
    shop.set.origins[WINDOWS - 1].is_event = true;
    fill(&shop);
    assert_true((double)group_effects_sum(&shop.present, row_of(&shop, 10), true) > .3);
    assert_true((double)feature(&shop, 0, 10, FEATURE_GROUP_EVENT) > .3);
    assert_true(feature(&shop, WINDOWS - 2, 10, FEATURE_GROUP) == 0);
    assert_true((double)feature(&shop, WINDOWS - 2, 10, FEATURE_GROUP_EVENT) > .3);
    free_shop(&shop);
}

static void noise_is_left_alone(void **state)
{
    struct shop shop;
    make_shop(state, &shop, false);
    fill(&shop);
    for (size_t i = 0; i < KEYS; i++) {
        assert_true(fabs((double)group_effects_sum(&shop.present, row_of(&shop, i), false)) < .05);
    }
    free_shop(&shop);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_group_that_comes_more_is_found),
        TEST(a_row_never_sees_its_own_window),
        TEST(events_are_kept_apart),
        TEST(noise_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
