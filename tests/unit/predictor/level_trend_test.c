/* level_trend_test.c - ordinary windows tell how levels change with the age of a history.
 * Room: tests. May touch: nothing. */
#include "predictor/forecast/level_trend.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void ordinary_windows_tell_the_trend(void **unused)
{
    (void)unused;
    struct aged_level windows[8];
    for (size_t i = 0; i < 8; i++) {
        double ln_age = log((double)(16 - i) / 16);
        windows[i] = (struct aged_level){{-3 - 0.8 * ln_age, 0.02}, ln_age};
    }
    struct level_trend trend = level_trend_fit(windows, 8);
    assert_true(trend.slope > -0.8 && trend.slope < -0.5); /* held back a little */
    assert_true(trend.error > 0.1 && trend.error < 0.3);
    assert_true(trend.height > -3.1 && trend.height < -2.9); /* where they are now */
    assert_true(fabs(level_trend_at(&trend, -1) - (trend.height - trend.slope)) < 1e-12);
    struct level_trend vague = level_trend_fit(windows, 1); /* one window says nothing */
    assert_true(fabs(vague.slope) < 1e-9 && fabs(vague.error - 0.5) < 1e-9);
    struct level_trend unknown = level_trend_fit(windows, 0);
    assert_true(unknown.slope == 0 && fabs(unknown.error - 0.5) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_windows_tell_the_trend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
