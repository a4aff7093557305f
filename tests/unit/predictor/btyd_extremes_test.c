/* btyd_extremes_test.c - chances stay chances for parameters from 1e-7 to 1e7, keys of millions of accesses or none, ages
 * from 0 to millions: finite, in order, and as much as their parts. */
#include "predictor/forecast/btyd_model.h"
#include "predictor/forecast/special_math.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

static const double rounding = 1e-9;
static const double underflows_below = 1e-250;

struct chance_case {
    const struct btyd_model *model;
    double parameters[BTYD_PARAMETERS];
    struct btyd_key key;
    double from, to;
};

static double p_of(const struct chance_case *c, double from, double to)
{
    return c->model->p_return(c->parameters, &c->key, from, to);
}

static const char *find_fault(const struct chance_case *c)
{
    double p = p_of(c, c->from, c->to);
    double whole = p_of(c, 0, c->to);
    double before = p_of(c, 0, c->from);
    double half = p_of(c, c->from, (c->from + c->to) / 2);
    double alive = c->model->p_alive(c->parameters, &c->key);
    double expected = c->model->expected(c->parameters, &c->key, c->to);
    if (!(alive >= 0 && alive <= 1)) {
        return "p_alive is not a chance";
    }
    if (!(p >= 0 && p <= 1)) {
        return "p_return is not a chance";
    }
    if (!(expected >= 0 && isfinite(expected))) {
        return "expected is not a count";
    }
    if (half > p * (1 + rounding) || p > whole * (1 + rounding)) {
        return "a part of a window is more than the window";
    }
    if (whole > (before + p) * (1 + rounding) + underflows_below) {
        return "a window is more than its parts";
    }
    if (c->model != &bgbb_model && p > alive * (1 + rounding)) {
        return "a return is likelier than life";
    }
    if (whole > expected * (1 + 1e-6)) {
        return "a return is likelier than the expected number of them";
    }
    if (whole <= 0 && alive > underflows_below) {
        return "a silent zero";
    }
    return NULL;
}

static void check(const struct chance_case *c)
{
    const char *fault = find_fault(c);
    if (fault != NULL) {
        const double *p = c->parameters;
        fail_msg("%s: %s %g %g %g %g, x %g, t_x %g, T %g, (%g, %g]", fault, c->model->name, p[0],
                 p[1], p[2], p[3], c->key.x, c->key.last, c->key.age, c->from, c->to);
    }
}

static const double windows[][2] = {{0, 30}, {3, 6}, {1, 2}, {1000, 1001}};
enum { WINDOWS = sizeof windows / sizeof *windows };

static void check_shape(const struct btyd_model *model, const double values[BTYD_PARAMETERS],
                        const struct btyd_key *keys, size_t key_count)
{
    for (size_t i = 0; i < key_count * WINDOWS; i++) {
        const double *window = windows[i % WINDOWS];
        const struct chance_case c = {.model = model,
                                      .parameters = {values[0], values[1], values[2], values[3]},
                                      .key = keys[i / WINDOWS],
                                      .from = window[0],
                                      .to = window[1]};
        check(&c);
    }
}

static void check_all_shapes(const struct btyd_model *model, const struct btyd_key *keys,
                             size_t key_count)
{
    static const double grid[] = {2e-7, .4, 300};
    static const double huge[][BTYD_PARAMETERS] = {{8e6, .5, .5, 2},
                                                   {.5, 8e6, .5, 2},
                                                   {.5, 3, 8e6, 2},
                                                   {.5, 3, .5, 8e6},
                                                   {8e6, 8e6, 8e6, 8e6}};
    enum { GRID = sizeof grid / sizeof *grid, SHAPES = GRID * GRID * GRID * GRID };
    for (int i = 0; i < SHAPES; i++) {
        const double values[] = {grid[i % GRID], grid[i / GRID % GRID],
                                 grid[i / GRID / GRID % GRID], grid[i / GRID / GRID / GRID]};
        check_shape(model, values, keys, key_count);
    }
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        check_shape(model, huge[i], keys, key_count);
    }
}

static void in_continuous_time(void **state)
{
    (void)state;
    static const struct btyd_key keys[] = {
        {0, 0, 0},       {0, 0, 30},           {0, 0, 2e6},         {1, 30, 30},   {1, 1, 2e6},
        {400, 365, 365}, {1e6, 1e6, 1e6 + 30}, {2e6, 2e6, 2e6 + 1}, {3, 1e-3, 40},
    };
    check_all_shapes(&bgnbd_model, keys, sizeof keys / sizeof *keys);
    check_all_shapes(&mbgnbd_model, keys, sizeof keys / sizeof *keys);
    check_all_shapes(&paretonbd_model, keys, sizeof keys / sizeof *keys);
}

static void at_opportunities(void **state)
{
    (void)state;
    static const struct btyd_key keys[] = {{0, 0, 0},   {0, 0, 30},      {0, 0, 1000},
                                           {1, 30, 30}, {365, 365, 365}, {3, 10, 400}};
    check_all_shapes(&bgbb_model, keys, sizeof keys / sizeof *keys);
}

/* So short a window holds one access at most: its chance is what the expected number grows by. Of a
 * microsecond, in which differences lose all their digits, too. */
static void a_moment_has_the_rate_of_its_time(void **state)
{
    (void)state;
    static const double shapes[][BTYD_PARAMETERS] = {{.5, 6, .9, 1.6}, {3, 40, .2, 7}};
    static const struct btyd_model *const models[] = {&bgnbd_model, &mbgnbd_model,
                                                      &paretonbd_model};
    const struct btyd_key key = {4, 60, 90};
    for (size_t i = 0; i < 6; i++) {
        const double *p = shapes[i % 2];
        const struct btyd_model *model = models[i / 2];
        double hour = model->p_return(p, &key, 30, 30 + 1.0 / 24);
        double second = model->p_return(p, &key, 30, 30 + exp2(-16));
        double microsecond = model->p_return(p, &key, 30, 30 + exp2(-36));
        double growth = model->expected(p, &key, 30 + 1.0 / 24) - model->expected(p, &key, 30);
        assert_true(fabs(hour / growth - 1) < 5e-3);
        assert_true(fabs(hour / (exp2(16) / 24 * second) - 1) < 5e-3);
        assert_true(fabs(microsecond * exp2(20) / second - 1) < 1e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_continuous_time),
        cmocka_unit_test(at_opportunities),
        cmocka_unit_test(a_moment_has_the_rate_of_its_time),
    };
    special_math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
