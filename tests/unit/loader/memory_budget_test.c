/* memory_budget_test.c - marks, hysteresis, evictions, what is allowed, what fits; and a load against a model of Redis.
 * Room: tests. */
#include "loader/rules/memory_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/monotonic.h"

enum { MIB = 1 << 20 };
static const int64_t second = US_PER_SECOND;

static struct memory_budget budget_of(struct memory_limits limits)
{
    struct memory_budget budget;
    memory_budget_init(&budget, &limits, 500);
    return budget;
}

static enum memory_state state_of(const struct memory_budget *budget, int64_t now_us)
{
    return memory_budget_judge(budget, now_us).state;
}

static void test_rate(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double bytes_per_second;
    } cases[] = {
        {"36MiB/h", 36.0 * MIB / 3600}, {"1GiB/1d", 1024.0 * MIB / 86400}, {"5MiB/30s", MIB / 6.0}};
    struct error err = {0};
    double rate;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(memory_budget_parse_rate(cases[i].text, &rate, &err), 0);
        assert_true(rate > cases[i].bytes_per_second - 1e-6 &&
                    rate < cases[i].bytes_per_second + 1e-6);
    }
    static const char *const bad[] = {
        "20MiB", "20MiB/",   "/h",
        "x/h",   "20MiB/0s", "20MiB/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(memory_budget_parse_rate(bad[i], &rate, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    assert_int_equal(memory_budget_parse_rate("20MiB", &rate, &err), -1);
    assert_string_equal(err.text, "'20MiB' is not a rate of growth; write 20MiB/h");
}

static void test_marks(void **state)
{
    (void)state;
    struct memory_budget budget =
        budget_of((struct memory_limits){.high_share = 0.8, .growth_bytes = 20 * MIB});
    struct memory_reading nodes[] = {
        {.identity = 1, .used_bytes = 10 * MIB, .max_bytes = 100 * MIB},
        {.identity = 2, .used_bytes = 30 * MIB, .max_bytes = 100 * MIB},
    };
    memory_budget_read(&budget, nodes, 2, second);
    assert_int_equal(memory_budget_mark(&budget, 0),
                     70 * MIB); /* growth is spread over the nodes */
    assert_true(memory_budget_room(&budget) == 100.0 * MIB);
    assert_int_equal(memory_budget_fitting(&budget), 100 * MIB / 500);
    assert_int_equal(state_of(&budget, second), MEMORY_FREE);
    nodes[1].used_bytes = 70 * MIB; /* one full node is enough */
    memory_budget_read(&budget, nodes, 2, 2 * second);
    struct memory_verdict verdict = memory_budget_judge(&budget, 2 * second);
    assert_int_equal(verdict.state, MEMORY_HIGH);
    assert_int_equal(verdict.node, 1);
    assert_int_equal(verdict.used_bytes, 70 * MIB);
    assert_int_equal(verdict.mark_bytes, 70 * MIB);
    budget = budget_of((struct memory_limits){.high_share = 0.8, .growth_bytes = 900.0 * MIB});
    memory_budget_read(&budget, nodes, 2, second);
    assert_int_equal(memory_budget_mark(&budget, 0), 0); /* more growth than there is room */
    assert_int_equal(state_of(&budget, second), MEMORY_HIGH);
}

static void test_two_marks_and_patience(void **state)
{
    (void)state;
    struct memory_budget budget = budget_of((struct memory_limits){.high_share = 0.8});
    struct memory_reading node = {.identity = 1, .used_bytes = 80 * MIB, .max_bytes = 100 * MIB};
    memory_budget_read(&budget, &node, 1, 10 * second);
    assert_int_equal(state_of(&budget, 10 * second), MEMORY_HIGH);
    node.used_bytes = 79 * MIB; /* below the high mark, above the low one */
    memory_budget_read(&budget, &node, 1, 12 * second);
    assert_int_equal(state_of(&budget, 12 * second), MEMORY_HIGH);
    node.used_bytes = 77 * MIB;
    memory_budget_read(&budget, &node, 1, 13 * second);
    assert_int_equal(state_of(&budget, 13 * second), MEMORY_FREE);
    node.used_bytes = 79 * MIB; /* not high before it reaches the high mark again */
    memory_budget_read(&budget, &node, 1, 14 * second);
    assert_int_equal(state_of(&budget, 14 * second), MEMORY_FREE);
    node.used_bytes = 81 * MIB;
    memory_budget_read(&budget, &node, 1, 15 * second);
    assert_int_equal(state_of(&budget, 15 * second), MEMORY_HIGH);
    assert_int_equal(state_of(&budget, 20 * second), MEMORY_FULL);
}

static void test_one_eviction_is_too_many(void **state)
{
    (void)state;
    struct memory_budget budget = budget_of((struct memory_limits){.high_share = 0.8});
    struct memory_reading node = {
        .identity = 1, .used_bytes = 10 * MIB, .max_bytes = 100 * MIB, .evicted_count = 70};
    memory_budget_read(&budget, &node, 1, second); /* what was evicted before does not count */
    assert_int_equal(state_of(&budget, second), MEMORY_FREE);
    node.identity = 2; /* restarted, or failed over: its counters begin anew */
    node.evicted_count = 90;
    memory_budget_read(&budget, &node, 1, 2 * second);
    assert_int_equal(state_of(&budget, 2 * second), MEMORY_FREE);
    node.evicted_count = 91;
    memory_budget_read(&budget, &node, 1, 3 * second);
    struct memory_verdict verdict = memory_budget_judge(&budget, 3 * second);
    assert_int_equal(verdict.state, MEMORY_EVICTING);
    assert_int_equal(verdict.evicted_count, 1);
}

static void test_accepted_evictions(void **state)
{
    (void)state;
    struct memory_budget budget =
        budget_of((struct memory_limits){.high_share = 0.8, .evictions_per_second = 100});
    struct memory_reading node = {.identity = 1, .used_bytes = 100 * MIB, .max_bytes = 100 * MIB};
    memory_budget_read(&budget, &node, 1, second);
    assert_int_equal(state_of(&budget, second),
                     MEMORY_FREE); /* no mark: such a cache is always full */
    assert_int_equal(memory_budget_allow(&budget, 1000), 1000);
    assert_true(memory_budget_fitting(&budget) == UINT64_MAX);
    node.evicted_count = 90; /* in half a second: wait for a whole one */
    memory_budget_read(&budget, &node, 1, second + second / 2);
    assert_int_equal(state_of(&budget, 2 * second), MEMORY_FREE);
    node.evicted_count = 100;
    memory_budget_read(&budget, &node, 1, 2 * second);
    assert_int_equal(state_of(&budget, 2 * second), MEMORY_FREE);
    node.evicted_count = 301;
    memory_budget_read(&budget, &node, 1, 4 * second);
    struct memory_verdict verdict = memory_budget_judge(&budget, 4 * second);
    assert_int_equal(verdict.state, MEMORY_EVICTING);
    assert_true(verdict.evictions_per_second > 100.4 && verdict.evictions_per_second < 100.6);
}

static void test_an_explicit_budget(void **state)
{
    (void)state;
    struct memory_budget budget =
        budget_of((struct memory_limits){.high_share = 0.8, .budget_bytes = 10000});
    struct memory_reading node = {.identity = 1, .used_bytes = 10 * MIB}; /* no maxmemory */
    memory_budget_read(&budget, &node, 1, second);
    assert_int_equal(memory_budget_fitting(&budget), 20);
    assert_int_equal(memory_budget_allow(&budget, 1000), 20);
    memory_budget_add(&budget, 20, 20 * 360); /* 500 each, with what Redis adds */
    struct memory_verdict verdict = memory_budget_judge(&budget, second);
    assert_int_equal(verdict.state, MEMORY_SPENT);
    assert_int_equal(verdict.used_bytes, 10000);
    assert_int_equal(verdict.mark_bytes, 10000);
    budget.loaded_bytes = 9000; /* as after earlier sessions */
    assert_int_equal(state_of(&budget, second), MEMORY_FREE);
    assert_int_equal(memory_budget_allow(&budget, 1000), 2);
}

/* A Redis in which each key takes `true_bytes`, and the application adds `foreign_bytes` a chunk. */
static uint64_t load_until_high(double true_bytes, double foreign_bytes, unsigned *reading_count)
{
    enum { CHUNK = 1000, VALUE = 360 };
    struct memory_budget budget = budget_of((struct memory_limits){.high_share = 0.8});
    struct memory_reading node = {.identity = 1, .used_bytes = 40 * MIB, .max_bytes = 100 * MIB};
    double used = 40.0 * MIB;
    int64_t now_us = second;
    *reading_count = 0;
    for (;; now_us += 3000) {
        if (memory_budget_needs_reading(&budget, now_us)) {
            node.used_bytes = (uint64_t)used;
            memory_budget_read(&budget, &node, 1, now_us);
            ++*reading_count;
        }
        if (state_of(&budget, now_us) != MEMORY_FREE) {
            return node.used_bytes;
        }
        size_t count = memory_budget_allow(&budget, CHUNK);
        used += true_bytes * (double)count + foreign_bytes;
        memory_budget_add(&budget, count, count * VALUE);
    }
}

static void test_up_to_the_mark_and_not_over_it(void **state)
{
    (void)state;
    static const struct {
        double true_bytes, foreign_bytes;
    } cases[] = {{500, 0}, {300, 0}, {1000, 0}, {1900, 0}, {500, 20000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned reading_count;
        uint64_t used =
            load_until_high(cases[i].true_bytes, cases[i].foreign_bytes, &reading_count);
        assert_in_range(used, 80 * MIB - 4096, 80 * MIB + 20000);
        assert_in_range(reading_count, 5, 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_two_marks_and_patience),
        cmocka_unit_test(test_one_eviction_is_too_many),
        cmocka_unit_test(test_accepted_evictions),
        cmocka_unit_test(test_an_explicit_budget),
        cmocka_unit_test(test_up_to_the_mark_and_not_over_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
