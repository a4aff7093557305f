/* event_level_test.c - levels of past events: as measured, and by their pull.
 * Room: tests. May touch: nothing. */
#include "predictor/forecast/event_level.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void levels_of_events_follow_their_pull(void **unused)
{
    (void)unused;
    /* The first began before anyone was dormant; the base is -2 throughout. */
    static const struct level_event events[] = {
        {.is_same_kind = true, .pull = 4},
        {.is_same_kind = false, .has_level = true, .level = {-2, 0.02}, .pull = 1},
        {.is_same_kind = true, .has_level = true, .level = {-2 + 0.69314718, 0.02}, .pull = 2}};
    struct level_forecast forecast = event_level_forecast(events, 3, 1);
    assert_true(fabs(forecast.base + 2) < 1e-6);
    assert_true(fabs(forecast.mean - (-2 + log(8) / 2)) < 1e-6); /* pulls of 4 and 2 */
    assert_true(forecast.base_spread > 0.1 && forecast.base_spread < 0.3);
    assert_true(forecast.spread > forecast.base_spread);
    assert_true(fabs(event_level_ln_pull(events, 3, 2) - log(2)) < 1e-12);
    assert_true(level_forecast_base_deviation(&forecast) > 1.645 * forecast.base_spread);
    assert_true(level_forecast_base_deviation(&forecast) < 2.5 * forecast.base_spread);
    assert_true(level_forecast_quantile(&forecast, 0.95) > forecast.mean + forecast.spread);

    struct level_forecast deaf = event_level_forecast(events, 3, 0); /* levels follow no pull */
    assert_true(deaf.mean > deaf.base && deaf.mean < -2 + log(2));

    struct level_event unknown[2] = {events[1], events[2]};
    unknown[0].pull = 0; /* then levels are compared as they are */
    assert_true(event_level_ln_pull(unknown, 2, 1) == 0);
    struct level_forecast bare = event_level_forecast(unknown, 2, 1);
    assert_true(bare.base > -2 && bare.base < -2 + log(2));
}

static void an_event_is_as_measured_where_that_is_sure(void **unused)
{
    (void)unused;
    static const struct level_event events[] = {
        {.is_same_kind = true, .has_level = true, .level = {-2, 0.01}, .pull = 1},
        {.is_same_kind = true, .has_level = true, .level = {-1, 2}, .pull = 1},
        {.is_same_kind = true, .pull = 2.718281828459045}};
    struct level_forecast forecast = event_level_forecast(events, 3, 0.5);
    assert_true(fabs(event_level_of(&forecast, events, 3, 0.5, 0) + 2) < 0.01);
    double vague = event_level_of(&forecast, events, 3, 0.5, 1);
    assert_true(vague > forecast.base && vague < forecast.base + 0.05); /* hardly heard */
    assert_true(fabs(event_level_of(&forecast, events, 3, 0.5, 2) - forecast.base - 0.5) < 1e-9);
}

static void bases_that_lie_apart_are_unsure(void **unused)
{
    (void)unused;
    static const struct level_event apart[] = {
        {.is_same_kind = true, .has_level = true, .level = {-2, 0.02}, .pull = 1},
        {.is_same_kind = true, .has_level = true, .level = {-1, 0.02}, .pull = 1},
        {.is_same_kind = true, .has_level = true, .level = {-3, 0.02}, .pull = 1}};
    struct level_forecast forecast = event_level_forecast(apart, 3, 1);
    assert_true(fabs(forecast.mean + 2) < 1e-6);
    assert_true(forecast.base_spread > 0.5); /* seen, not typical */
    assert_true(forecast.spread > 0.5);
    assert_true(event_level_forecast(apart, 1, 1).base_spread < 0.3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_of_events_follow_their_pull),
        cmocka_unit_test(an_event_is_as_measured_where_that_is_sure),
        cmocka_unit_test(bases_that_lie_apart_are_unsure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
