/* guard_rule_test.c - a loss is told from a failover, a restart with its file, and an evicted marker.
 * Room: tests. May touch: nothing. */
#include "loader/rules/guard_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct guard_look before = {true, true, "a", 1000, true};

static void assert_verdict(struct guard_look now, enum guard_verdict wanted)
{
    assert_int_equal(guard_rule_judge(&before, &now), wanted);
}

static void test_verdicts(void **state)
{
    (void)state;
    assert_verdict((struct guard_look){true, true, "a", 1200, true}, GUARD_FINE);
    assert_verdict((struct guard_look){true, true, "b", 1000, true}, GUARD_FINE); /* a failover */
    assert_verdict((struct guard_look){true, false, "a", 1000, true}, GUARD_EVICTED);
    assert_verdict((struct guard_look){true, false, "a", 500, true}, GUARD_EVICTED);
    assert_verdict((struct guard_look){true, false, "a", 499, true}, GUARD_LOST); /* flushed */
    assert_verdict((struct guard_look){true, false, "b", 0, true}, GUARD_LOST);
    assert_verdict((struct guard_look){true, false, "b", 5000, true},
                   GUARD_LOST); /* and refilled since */
    assert_verdict((struct guard_look){false, false, "b", 0, true}, GUARD_SILENT);
}

static void test_behind(void **state)
{
    (void)state;
    const struct guard_look many = {true, true, "a", 100000, true};
    struct guard_look now = {true, true, "b", 89900, true};
    assert_int_equal(guard_rule_judge(&many, &now), GUARD_FINE);
    now.key_count--;
    assert_int_equal(guard_rule_judge(&many, &now), GUARD_LOST);
    now.is_whole_count = false; /* slots may have moved at the same time */
    assert_int_equal(guard_rule_judge(&many, &now), GUARD_FINE);
    now = (struct guard_look){true, true, "a", 1, true}; /* the same process: somebody deletes */
    assert_int_equal(guard_rule_judge(&many, &now), GUARD_FINE);
    const struct guard_look few = {true, true, "a", 100, true};
    now = (struct guard_look){true, true, "b", 0, true}; /* too few to tell */
    assert_int_equal(guard_rule_judge(&few, &now), GUARD_FINE);
}

static void test_the_first_look_loses_nothing(void **state)
{
    (void)state;
    struct guard_look now = {true, false, "a", 0, true};
    assert_int_equal(guard_rule_judge(NULL, &now), GUARD_FIRST);
    now.has_marker = true;
    assert_int_equal(guard_rule_judge(NULL, &now), GUARD_FINE);
}

static void test_prediction(void **state)
{
    (void)state;
    assert_int_equal((int)guard_rule_predict_second(6000, 2000, 0), 3);
    assert_int_equal((int)guard_rule_predict_second(6000, 2000, 500), 12);
    assert_int_equal((int)guard_rule_predict_second(6000, 2000, 5000), 3);
    assert_int_equal((int)guard_rule_predict_second(6000, 0, 1000), 6);
    assert_int_equal((int)guard_rule_predict_second(6000, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_the_first_look_loses_nothing),
        cmocka_unit_test(test_prediction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
