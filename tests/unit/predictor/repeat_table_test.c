/* repeat_table_test.c - how many repeats a key has: published figures, the laws of chance, and the table of a fit. */
#include "predictor/forecast/repeat_table.h"
#include "predictor/forecast/special_math.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void assert_close(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance)) {
        fail_msg("%.15g is not %.15g", actual, expected);
    }
}

/* The manual of BTYD, through a test of lifetimes. */
static void bgnbd_as_published(void **state)
{
    (void)state;
    static const double p[] = {.243, 4.414, .793, 2.426};
    static const double from_eleven[] = {.0019995214, .0015170236, .0011633150, .0009003148,
                                         .0007023638, .0005517902, .0004361913, .0003467171,
                                         .0002769613, .0002222260};
    assert_close(bgnbd_model.p_repeats(p, 2, 10), 1.07869e-07, .51e-12);
    assert_close(bgnbd_model.p_repeats(p, 39, 0), .5737864, .51e-7);
    for (unsigned i = 0; i < sizeof from_eleven / sizeof *from_eleven; i++) {
        assert_close(bgnbd_model.p_repeats(p, 30, 11 + i), from_eleven[i], .51e-10);
    }
}

/* They sum to 1; their mean is what is expected of a new key; none is no return. */
static void they_agree_with_the_other_functions(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static const struct {
        const struct btyd_model *model;
        double parameters[BTYD_PARAMETERS], age;
    } cases[] = {
        {&bgnbd_model, {.243, 4.414, .793, 2.426}, 39},
        {&bgnbd_model, {3, 40, .2, 7}, 365},
        {&mbgnbd_model, {.525, 6.183, .891, 1.614}, 39},
        {&mbgnbd_model, {.1, 2, 3, .5}, 100},
        {&paretonbd_model, {.553, 10.578, .606, 11.669}, 39},
        {&paretonbd_model, {2, 9, .3, 80}, 300},
        {&paretonbd_model, {.4, 200, 3, .1}, 50},
        {&bgbb_model, {1.204, .75, .657, 2.783}, 6},
        {&bgbb_model, {.3, 4, .2, 20}, 540},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct btyd_model *model = cases[i].model;
        const double *p = cases[i].parameters;
        const struct btyd_key newcomer = {0, 0, 0};
        double sum = 0;
        double mean = 0;
        for (unsigned n = 0; n <= MANY; n++) {
            double chance = model->p_repeats(p, cases[i].age, n);
            assert_true(chance >= 0 && chance <= 1);
            sum += chance;
            mean += n * chance;
        }
        assert_close(sum, 1, 1e-10);
        assert_close(mean / model->expected(p, &newcomer, cases[i].age), 1, 1e-9);
        assert_close(model->p_repeats(p, cases[i].age, 0),
                     1 - model->p_return(p, &newcomer, 0, cases[i].age), 1e-12);
    }
}

static void at_the_first_moment_there_are_none(void **state)
{
    (void)state;
    static const double p[] = {.5, 6, .9, 1.6};
    static const struct btyd_model *const models[] = {&bgnbd_model, &mbgnbd_model, &paretonbd_model,
                                                      &bgbb_model};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        assert_close(models[i]->p_repeats(p, 0, 0), 1, 1e-15);
        assert_true(models[i]->p_repeats(p, 0, 1) == 0);
        assert_true(models[i]->p_repeats(p, 0, 9) == 0);
    }
}

static void put(struct triple_set *set, uint32_t x, uint32_t last, uint32_t age, double weight)
{
    struct error err;
    const uint32_t triple[3] = {x, last, age};
    assert_int_equal(triple_set_add(set, triple, weight, &err), 0);
}

/* Of donors that are seen for six years, one by one or thousands of ages taken together: all keys are somewhere. */
static void a_table_has_all_keys(void **state)
{
    (void)state;
    const struct btyd_fit fit = {.model = &mbgnbd_model, .parameters = {.525, 43, .891, 1.614}};
    for (uint32_t ages = 1; ages <= 5000; ages += 4999) {
        struct triple_set set = {0};
        struct triple_table table;
        struct error err;
        double one_by_one = 0;
        double keys = 0;
        double expected = 0;
        for (uint32_t age = 30; age < 30 + ages; age++) {
            put(&set, age % 12, age % 12 == 0 ? 0 : 20, age, 2);
            one_by_one += 2 * fit.model->p_repeats(fit.parameters, age, 1);
        }
        assert_int_equal(triple_table_from_ticks(&table, &set, 1, &err), 0);
        struct repeat_table repeats = repeat_table_make(&fit, &table);
        for (size_t i = 0; i < REPEAT_TABLE_CELLS; i++) {
            keys += repeats.keys[i];
            expected += repeats.expected[i];
        }
        assert_close(keys, 2 * ages, 1e-9);
        assert_close(expected, 2 * ages, 1e-6 * ages);
        assert_close(repeats.expected[1], one_by_one, 1e-4 * one_by_one);
        assert_close(repeats.keys[6], ages == 1 ? 2 : 2 * 417, 0);
        triple_table_free(&table);
        triple_set_free(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bgnbd_as_published),
        cmocka_unit_test(they_agree_with_the_other_functions),
        cmocka_unit_test(at_the_first_moment_there_are_none),
        cmocka_unit_test(a_table_has_all_keys),
    };
    special_math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
