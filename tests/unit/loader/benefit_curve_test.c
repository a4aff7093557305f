/* benefit_curve_test.c - the share of the first N rows, against a plain sum.
 * Room: tests. */
#include "loader/rules/benefit_curve.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const double tolerance = 1e-9;

static void test_empty_and_without_benefit(void **state)
{
    (void)state;
    static struct benefit_curve curve;
    benefit_curve_init(&curve);
    assert_true(benefit_curve_share(&curve, 0) == 1);
    benefit_curve_add(&curve, 1, 0);
    assert_true(benefit_curve_share(&curve, 0) == 1);
}

static void test_small_plans_are_exact(void **state)
{
    (void)state;
    static struct benefit_curve curve;
    benefit_curve_init(&curve);
    benefit_curve_add(&curve, 9, 1); /* lines may come in any order, and ranks have gaps */
    benefit_curve_add(&curve, 2, 6);
    benefit_curve_add(&curve, 5, 3);
    assert_true(fabs(benefit_curve_share(&curve, 0) - 0) < tolerance);
    assert_true(fabs(benefit_curve_share(&curve, 1) - 0.6) < tolerance);
    assert_true(fabs(benefit_curve_share(&curve, 2) - 0.9) < tolerance);
    assert_true(fabs(benefit_curve_share(&curve, 3) - 1) < tolerance);
    assert_true(fabs(benefit_curve_share(&curve, 1000) - 1) < tolerance);
}

static void test_long_plans_are_close(void **state)
{
    (void)state;
    enum { ROWS = 1000000, STEP = 77777 };
    static struct benefit_curve curve;
    double all = 0, first = 0;
    benefit_curve_init(&curve);
    for (uint64_t rank = 1; rank <= ROWS; rank++) {
        benefit_curve_add(&curve, rank, 1.0 / (double)rank);
        all += 1.0 / (double)rank;
    }
    assert_int_equal(curve.ranks_per_slot, 256);
    for (uint64_t rank = 1; rank <= ROWS; rank++) {
        first += 1.0 / (double)rank;
        if (rank % STEP == 0) {
            assert_true(fabs(benefit_curve_share(&curve, rank) - first / all) < 1e-5);
        }
    }
}

/* Two halves together are the whole, whichever of them is the wider. */
static void test_halves_join(void **state)
{
    (void)state;
    enum { ROWS = 20000, MIDDLE = 3000 };
    static struct benefit_curve whole, head, tail, backward;
    benefit_curve_init(&whole);
    benefit_curve_init(&head);
    benefit_curve_init(&tail);
    benefit_curve_init(&backward);
    for (uint64_t rank = 1; rank <= ROWS; rank++) {
        benefit_curve_add(&whole, rank, 1.0 / (double)rank);
        benefit_curve_add(rank <= MIDDLE ? &head : &tail, rank, 1.0 / (double)rank);
    }
    benefit_curve_join(&backward, &tail);
    benefit_curve_join(&backward, &head);
    benefit_curve_join(&head, &tail);
    for (uint64_t rank = 0; rank <= ROWS; rank += MIDDLE / 3) {
        double share = benefit_curve_share(&whole, rank);
        assert_true(fabs(benefit_curve_share(&head, rank) - share) < tolerance);
        assert_true(fabs(benefit_curve_share(&backward, rank) - share) < tolerance);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_and_without_benefit),
        cmocka_unit_test(test_small_plans_are_exact),
        cmocka_unit_test(test_long_plans_are_close),
        cmocka_unit_test(test_halves_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
