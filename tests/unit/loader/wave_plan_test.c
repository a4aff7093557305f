/* wave_plan_test.c - where waves end, whether the next may come, and who is held out.
 * Room: tests. */
#include "loader/folder/wave_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "loader/rules/holdout.h"
#include "loader/rules/wave_gate.h"

static void test_shares_become_ranks(void **state)
{
    (void)state;
    struct error err = {0};
    struct wave_plan plan;
    assert_int_equal(wave_plan_parse("1%,10%,50%", 1000, &plan, &err), 0);
    assert_int_equal(plan.count, 4); /* 100 % is added */
    const uint64_t ends[] = {10, 100, 500, 1000};
    assert_memory_equal(plan.end_ranks, ends, sizeof ends);
    assert_int_equal(wave_plan_next(&plan, 0), 0);
    assert_int_equal(wave_plan_next(&plan, 9), 0);
    assert_int_equal(wave_plan_next(&plan, 10), 1);
    assert_int_equal(wave_plan_next(&plan, 1000), 4);
    assert_false(wave_plan_is_between(&plan, 0));
    assert_false(wave_plan_is_between(&plan, 9));
    assert_true(wave_plan_is_between(&plan, 10));
    assert_true(wave_plan_is_between(&plan, 500));
    assert_false(wave_plan_is_between(&plan, 501));
    assert_false(wave_plan_is_between(&plan, 1000));
}

static void test_one_wave_where_none_is_asked_for(void **state)
{
    (void)state;
    struct error err = {0};
    struct wave_plan plan;
    assert_int_equal(wave_plan_parse(NULL, 77, &plan, &err), 0);
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.end_ranks[0], 77);
    assert_int_equal(wave_plan_parse("1%,2%,100%", 3, &plan, &err), 0); /* two end at rank 1 */
    assert_int_equal(plan.count, 2);
    assert_int_equal(plan.end_ranks[0], 1);
    assert_int_equal(plan.end_ranks[1], 3);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"10%,5%", "--waves: shares must rise from above 0% to 100%, '5%' does not"},
        {"0%,5%", "--waves: shares must rise from above 0% to 100%, '0%' does not"},
        {"10%,10%", "--waves: shares must rise from above 0% to 100%, '10%' does not"},
        {"1%,2%,3%,4%,5%,6%,7%,8%,9%,10%,11%,12%,13%,14%,15%,16%,17%,18%,19%,20%,21%",
         "--waves: more than 20 waves"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        struct wave_plan plan;
        assert_int_equal(wave_plan_parse(rows[i].text, 100000, &plan, &err), -1);
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_string_equal(err.text, rows[i].message);
    }
    struct error err = {0};
    struct wave_plan plan;
    assert_int_equal(wave_plan_parse("1%,many", 1000, &plan, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.text, "--waves"));
}

static struct wave_gate gate_of(unsigned good, unsigned bad, enum health_level level)
{
    struct wave_gate gate = {0};
    const struct health_verdict fine = {.level = HEALTH_GOOD};
    const struct health_verdict ill = {.level = level, .gauge = HEALTH_REDIS_LATENCY_US};
    for (unsigned i = 0; i < good; i++) {
        wave_gate_note(&gate, &fine);
    }
    for (unsigned i = 0; i < bad; i++) {
        wave_gate_note(&gate, &ill);
    }
    return gate;
}

static void test_the_gate(void **state)
{
    (void)state;
    struct wave_gate gate = gate_of(20, 0, HEALTH_GOOD);
    assert_int_equal(wave_gate_judge(&gate, false), WAVE_GATE_WAIT);
    assert_int_equal(wave_gate_judge(&gate, true), WAVE_GATE_OPEN);
    gate = gate_of(WAVE_GATE_SAMPLES_MIN - 1, 0, HEALTH_GOOD);
    assert_int_equal(wave_gate_judge(&gate, true), WAVE_GATE_WAIT);
    gate = gate_of(18, 2, HEALTH_BAD);
    assert_int_equal(wave_gate_judge(&gate, true), WAVE_GATE_OPEN);
    gate = gate_of(17, 3, HEALTH_BAD);
    assert_int_equal(wave_gate_judge(&gate, true), WAVE_GATE_SHUT);
    gate = gate_of(100, 1, HEALTH_CRITICAL);
    assert_int_equal(wave_gate_judge(&gate, true), WAVE_GATE_SHUT);
    assert_int_equal(gate.worst.gauge, HEALTH_REDIS_LATENCY_US);
}

static unsigned count_held_out(const struct holdout *holdout, enum entity entity)
{
    enum { IDS = 20000, TEXT_SIZE = 16 };
    unsigned count = 0;
    for (int id = 0; id < IDS; id++) {
        char text[TEXT_SIZE];
        snprintf(text, sizeof text, "%d", id);
        count += holdout_has(holdout, entity, slice_of(text));
    }
    return count;
}

static void test_the_holdout_is_a_share_and_repeatable(void **state)
{
    (void)state;
    struct holdout two = holdout_of(0.02, "0123abcd"), again = holdout_of(0.02, "0123abcd");
    struct holdout other = holdout_of(0.02, "other"), none = holdout_of(0, "0123abcd");
    struct holdout all = holdout_of(1, "0123abcd");
    assert_in_range(count_held_out(&two, ENTITY_USER), 320, 480);
    assert_int_equal(count_held_out(&none, ENTITY_USER), 0);
    assert_int_equal(count_held_out(&all, ENTITY_USER), 20000);
    unsigned same = 0, in_other = 0;
    for (int id = 0; id < 20000; id++) {
        char text[16];
        snprintf(text, sizeof text, "%d", id);
        bool is_held = holdout_has(&two, ENTITY_USER, slice_of(text));
        same += is_held == holdout_has(&again, ENTITY_USER, slice_of(text));
        in_other += is_held && holdout_has(&other, ENTITY_USER, slice_of(text));
    }
    assert_int_equal(same, 20000);
    assert_true(in_other < 40); /* 8 by chance */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_become_ranks),
        cmocka_unit_test(test_one_wave_where_none_is_asked_for),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_the_gate),
        cmocka_unit_test(test_the_holdout_is_a_share_and_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
