/* ready_coverage_test.c - tenths hold equal benefit, and what nobody can warm is in none of them.
 * Room: tests. */
#include "loader/rules/ready_coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double TINY = 1e-9;

static void assert_near(double found, double wanted, double tolerance)
{
    assert_true(found >= wanted - tolerance && found <= wanted + tolerance);
}

static void test_tenths_hold_equal_benefit(void **state)
{
    (void)state;
    struct ready_coverage coverage;
    double sum = 0;
    for (int rank = 1; rank <= 1000; rank++) {
        sum += 1.0 / rank;
    }
    ready_coverage_init(&coverage, sum, 1000);
    for (int rank = 1; rank <= 1000; rank++) {
        struct ready_row row = {.benefit_ms = 1.0 / rank, .is_present = true};
        ready_coverage_add(&coverage, &row);
    }
    /* the first row alone is worth more than a tenth: its middle lies in the first one */
    assert_true(coverage.tenths[0].key_count >= 1);
    assert_true(coverage.tenths[9].key_count > coverage.tenths[8].key_count);
    for (int i = 2; i < READY_TENTH_COUNT; i++) {
        assert_near(coverage.tenths[i].benefit_ms, sum / 10, 0.25 * sum / 10);
    }
    struct ready_tenth total = ready_coverage_total(&coverage);
    assert_int_equal(total.key_count, 1000);
    assert_near(total.benefit_ms, sum, TINY);
    assert_near(ready_coverage_share(&total), 1, TINY);
}

static void test_shares(void **state)
{
    (void)state;
    struct ready_coverage coverage;
    ready_coverage_init(&coverage, 100, 10);
    for (int i = 0; i < 10; i++) {
        struct ready_row row = {.benefit_ms = 10, .is_present = i >= 4, .is_early = i == 9};
        assert_int_equal(ready_coverage_add(&coverage, &row), i);
    }
    struct ready_tenth total = ready_coverage_total(&coverage);
    assert_near(ready_coverage_share_before(&total), 0.6, TINY);
    assert_near(ready_coverage_share(&total), 0.6, TINY);
    assert_int_equal(total.early_count, 1);
    ready_coverage_rewarm(&coverage, 0, 10);
    ready_coverage_rewarm(&coverage, 3, 10);
    total = ready_coverage_total(&coverage);
    assert_near(ready_coverage_share_before(&total), 0.6, TINY);
    assert_near(ready_coverage_share(&total), 0.8, TINY);
    assert_near(ready_coverage_share(&coverage.tenths[0]), 1, TINY);
    assert_near(ready_coverage_share(&coverage.tenths[1]), 0, TINY);
}

static void test_rows_passed_over_weigh_nothing_but_move_on(void **state)
{
    (void)state;
    struct ready_coverage coverage;
    struct ready_row row = {.benefit_ms = 10};
    ready_coverage_init(&coverage, 100, 10);
    for (int i = 0; i < 5; i++) {
        ready_coverage_pass(&coverage, 10);
    }
    assert_int_equal(ready_coverage_add(&coverage, &row), 5);
    struct ready_tenth total = ready_coverage_total(&coverage);
    assert_int_equal(total.key_count, 1);
    assert_near(ready_coverage_share(&total), 0, TINY);
    assert_false(ready_coverage_is_warmable(OUTCOME_MISSING));
    assert_false(ready_coverage_is_warmable(OUTCOME_HELD_OUT));
    assert_true(ready_coverage_is_warmable(OUTCOME_NOT_REACHED));
    assert_true(ready_coverage_is_lost(OUTCOME_STALE_REMOVED));
    assert_false(ready_coverage_is_lost(OUTCOME_NOT_REACHED));
}

static void test_without_benefit_each_key_weighs_the_same(void **state)
{
    (void)state;
    struct ready_coverage coverage;
    ready_coverage_init(&coverage, 0, 20);
    for (int i = 0; i < 20; i++) {
        struct ready_row row = {.benefit_ms = 0, .is_present = i % 4 != 0};
        assert_int_equal(ready_coverage_add(&coverage, &row), i / 2);
    }
    struct ready_tenth total = ready_coverage_total(&coverage);
    assert_near(ready_coverage_share(&total), 0.75, TINY);
    ready_coverage_init(&coverage, 0, 0);
    total = ready_coverage_total(&coverage);
    assert_near(ready_coverage_share(&total), 1, TINY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tenths_hold_equal_benefit),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_rows_passed_over_weigh_nothing_but_move_on),
        cmocka_unit_test(test_without_benefit_each_key_weighs_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
