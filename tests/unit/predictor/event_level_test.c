/* event_level_test.c - levels of past events: by their pull, and by the age of the history.
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
        {.is_same_kind = false, .has_level = true, .at = {{-2, 0.02}, 0}, .pull = 1},
        {.is_same_kind = true, .has_level = true, .at = {{-2 + 0.69314718, 0.02}, 0}, .pull = 2}};
    const struct level_trend unmoved = {0, 0.15, 0};
    struct level_forecast forecast = event_level_forecast(events, 3, 1, unmoved);
    assert_true(fabs(forecast.base + 2) < 1e-6);
    assert_true(fabs(forecast.mean - (-2 + log(8) / 2)) < 1e-6); /* pulls of 4 and 2 */
    assert_true(forecast.base_spread > 0.15 && forecast.base_spread < 0.4);
    assert_true(forecast.spread > forecast.base_spread);
    assert_true(fabs(event_level_ln_pull(events, 3, 2) - log(2)) < 1e-12);
    assert_true(level_forecast_base_deviation(&forecast) > 1.645 * forecast.base_spread);
    assert_true(level_forecast_base_deviation(&forecast) < 2.5 * forecast.base_spread);
    assert_true(level_forecast_quantile(&forecast, 0.95) > forecast.mean + forecast.spread);

    struct level_forecast deaf =
        event_level_forecast(events, 3, 0, unmoved); /* levels do not follow pulls */
    assert_true(deaf.mean == deaf.base && deaf.spread < forecast.spread);

    struct level_event unknown[2] = {events[1], events[2]};
    unknown[0].pull = 0; /* then levels are compared as they are */
    assert_true(event_level_ln_pull(unknown, 2, 1) == 0);
    struct level_forecast bare = event_level_forecast(unknown, 2, 1, unmoved);
    assert_true(bare.mean == bare.base && bare.base > -2 && bare.base < -1);
}

static void ordinary_windows_tell_the_trend(void **unused)
{
    (void)unused;
    struct aged_level windows[8];
    for (size_t i = 0; i < 8; i++) {
        double ln_age = log((double)(16 - i) / 16);
        windows[i] = (struct aged_level){{-3 - 0.8 * ln_age, 0.02}, ln_age};
    }
    struct level_trend trend = event_level_trend(windows, 8);
    assert_true(trend.slope > -0.8 && trend.slope < -0.5); /* held back a little */
    assert_true(trend.error > 0.1 && trend.error < 0.3);
    assert_true(trend.height > -3.1 && trend.height < -2.9);  /* where they are now */
    struct level_trend vague = event_level_trend(windows, 1); /* one window says nothing */
    assert_true(fabs(vague.slope) < 1e-9 && fabs(vague.error - 0.5) < 1e-9);
    struct level_trend unknown = event_level_trend(windows, 0);
    assert_true(unknown.slope == 0 && fabs(unknown.error - 0.5) < 1e-9);
}

static void bases_sink_as_ordinary_levels_do(void **unused)
{
    (void)unused;
    const struct level_event events[] = {
        {.is_same_kind = true, .has_level = true, .at = {{-2, 0.02}, log(0.5)}, .pull = 1}};
    const struct level_trend sinking = {-0.6, 0.1, 0};
    const struct level_trend vague = {-0.6, 1, 0};
    struct level_forecast forecast = event_level_forecast(events, 1, 1, sinking);
    assert_true(fabs(forecast.base - (-2 + 0.6 * log(0.5))) < 1e-6);
    assert_true(event_level_forecast(events, 1, 1, vague).base_spread > forecast.base_spread);
    const struct level_event apart[] = {
        {.is_same_kind = true, .has_level = true, .at = {{-2, 0.02}, 0}, .pull = 1},
        {.is_same_kind = true, .has_level = true, .at = {{-1, 0.02}, 0}, .pull = 1},
        {.is_same_kind = true, .has_level = true, .at = {{-3, 0.02}, 0}, .pull = 1}};
    assert_true(event_level_forecast(apart, 3, 1, sinking).base_spread >
                0.5); /* seen, not typical */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_of_events_follow_their_pull),
        cmocka_unit_test(ordinary_windows_tell_the_trend),
        cmocka_unit_test(bases_sink_as_ordinary_levels_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
