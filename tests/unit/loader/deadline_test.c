/* deadline_test.c - the clock, the rate, what fits, how long windows may be, and when it is news.
 * Room: tests. */
#include "loader/rules/deadline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/monotonic.h"

enum { ROWS = 1000, NOW = 1795996800 /* 2026-11-30T00:00:00Z */ };
static const int64_t second = US_PER_SECOND;
static struct benefit_curve
    curve; /* ROWS rows, the first half of them worth three times the other */

static int fill_curve(void **state)
{
    (void)state;
    benefit_curve_init(&curve);
    for (uint64_t rank = 1; rank <= ROWS; rank++) {
        benefit_curve_add(&curve, rank, rank <= ROWS / 2 ? 3 : 1);
    }
    return 0;
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at_unix;
    } cases[] = {
        {"2h30m", NOW + 9000},
        {"45s", NOW + 45},
        {"2026-11-30T00:00:07Z", NOW + 7},
        {"2026-12-01", NOW + 86400},
        {"2026-11-30T02:00:00+02:00", NOW},
    };
    struct error err = {0};
    int64_t at_unix;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(deadline_parse(cases[i].text, NOW, &at_unix, &err), 0);
        assert_int_equal(at_unix, cases[i].at_unix);
    }
    assert_int_equal(deadline_parse("midnight", NOW, &at_unix, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(err.text,
                        "--deadline: 'midnight' is neither a time, as 2026-11-11T00:00:00Z, nor a "
                        "duration from now on, as 2h30m");
}

static void test_none_bounds_nothing(void **state)
{
    (void)state;
    struct deadline none = {0};
    assert_false(deadline_is_over(&none, INT64_MAX));
    assert_int_equal(deadline_window_rows(&none, 20000, INT64_MAX), 20000);
    deadline_measure(&none, 100, second);
    struct deadline_projection projection = deadline_project(&none, &curve, 100, ROWS, 0, 0);
    assert_false(projection.is_known);
    assert_false(deadline_is_news(&none, &projection, 0));
}

static void test_over_at_its_moment(void **state)
{
    (void)state;
    struct deadline deadline = {.at_us = 100 * second};
    assert_false(deadline_is_over(&deadline, 100 * second - 1));
    assert_true(deadline_is_over(&deadline, 100 * second));
}

static void test_projection(void **state)
{
    (void)state;
    struct deadline deadline = {.at_us = 20 * second, .at_unix = NOW};
    char text[DEADLINE_TEXT_SIZE];
    assert_false(deadline_project(&deadline, &curve, 0, ROWS, 0, 0).is_known);
    deadline_measure(&deadline, 200, 8 * second); /* 25/s; 12 s are left: 300 more */
    struct deadline_projection projection =
        deadline_project(&deadline, &curve, 200, ROWS, 0, 8 * second);
    assert_true(projection.is_known);
    assert_false(projection.is_fitting);
    assert_int_equal(projection.row_count, 500);
    assert_true(fabs(projection.benefit_share - 0.75) < 1e-9);
    assert_string_equal(deadline_print(text, &deadline, &projection),
                        "at 25 keys/s 500 of 1000 keys fit by 2026-11-30T00:00:00Z: 75.0% of the "
                        "expected benefit");
    /* Rows that an earlier session has settled count for what fits, not for the rate. */
    projection = deadline_project(&deadline, &curve, 700, ROWS, 0, 8 * second);
    assert_true(projection.is_fitting);
    assert_int_equal(projection.row_count, ROWS);
    assert_true(projection.benefit_share == 1);
    assert_string_equal(deadline_print(text, &deadline, &projection),
                        "at 25 keys/s all 1000 keys fit by 2026-11-30T00:00:00Z");
    /* When it is over, what is settled is all that fits. */
    projection = deadline_project(&deadline, &curve, 200, ROWS, 0, 30 * second);
    assert_int_equal(projection.row_count, 200);
}

static void test_a_limit_is_the_rate_until_one_is_measured(void **state)
{
    (void)state;
    struct deadline deadline = {.at_us = 10 * second};
    assert_int_equal(deadline_project(&deadline, &curve, 0, ROWS, 30, 0).row_count, 300);
    deadline_measure(&deadline, 80, 4 * second); /* 20/s, and 120 more in 6 s */
    assert_int_equal(deadline_project(&deadline, &curve, 80, ROWS, 30, 4 * second).row_count, 200);
    /* Measured above the limit, as after it was lowered: the limit. */
    assert_int_equal(deadline_project(&deadline, &curve, 80, ROWS, 10, 4 * second).row_count, 140);
}

static void test_the_rate_fades_and_sags(void **state)
{
    (void)state;
    struct deadline deadline = {.at_us = 10000 * second};
    deadline_measure(&deadline, 1000, 1 * second);
    for (int i = 1; i <= 600; i++) { /* ten minutes at 10/s make the first second forgotten */
        deadline_measure(&deadline, (uint64_t)(1000 + i * 10), (1 + i) * second);
    }
    double rate = deadline_project(&deadline, &curve, 0, 1000000, 0, 601 * second).rows_per_second;
    assert_true(rate > 9.9 && rate < 10.2);
    /* Nothing for as long as the last batch took: no sign of anything. Nothing for a minute: the rate halves. */
    deadline_measure(&deadline, 7000, 602 * second);
    double same = deadline_project(&deadline, &curve, 0, 1000000, 0, 602 * second).rows_per_second;
    assert_true(fabs(same - rate) < 0.01);
    deadline_measure(&deadline, 7000, 662 * second);
    double sagged =
        deadline_project(&deadline, &curve, 0, 1000000, 0, 662 * second).rows_per_second;
    assert_true(sagged > 4.5 && sagged < 5.5);
}

static void test_windows_shrink(void **state)
{
    (void)state;
    struct deadline deadline = {.at_us = 100 * second};
    assert_int_equal(deadline_window_rows(&deadline, 20000, 0), 200); /* nothing was measured */
    assert_int_equal(deadline_window_rows(&deadline, 120, 0), 120);
    deadline_measure(&deadline, 1000, second);
    assert_int_equal(deadline_window_rows(&deadline, 20000, 10 * second), 20000);
    assert_int_equal(deadline_window_rows(&deadline, 20000, 60 * second), 10000);
    assert_int_equal(deadline_window_rows(&deadline, 20000, 99 * second), 250);
    assert_int_equal(deadline_window_rows(&deadline, 20000, 100 * second), 50);
    assert_int_equal(deadline_window_rows(&deadline, 20, 100 * second), 20);
}

static void test_news(void **state)
{
    (void)state;
    struct deadline deadline = {.at_us = second};
    struct deadline_projection projection = {.is_known = true, .is_fitting = true};
    projection.benefit_share = 1;
    assert_false(deadline_is_news(&deadline, &projection, 0)); /* it fits, as one expects */
    projection.is_fitting = false;
    projection.benefit_share = 0.5;
    assert_true(deadline_is_news(&deadline, &projection, 0)); /* at once */
    projection.benefit_share = 0.6;
    assert_false(deadline_is_news(&deadline, &projection, 29 * second)); /* not so soon again */
    assert_true(deadline_is_news(&deadline, &projection, 30 * second));
    projection.benefit_share = 0.64;
    assert_false(deadline_is_news(&deadline, &projection, 90 * second)); /* much the same */
    projection.is_fitting = true;
    projection.benefit_share = 1;
    assert_true(deadline_is_news(&deadline, &projection, 91 * second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_none_bounds_nothing),
        cmocka_unit_test(test_over_at_its_moment),
        cmocka_unit_test(test_projection),
        cmocka_unit_test(test_a_limit_is_the_rate_until_one_is_measured),
        cmocka_unit_test(test_the_rate_fades_and_sags),
        cmocka_unit_test(test_windows_shrink),
        cmocka_unit_test(test_news),
    };
    return cmocka_run_group_tests(tests, fill_curve, NULL);
}
