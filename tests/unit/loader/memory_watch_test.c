/* memory_watch_test.c - what is asked for, what is refused, and in which words; Redis is a stand-in.
 * Room: tests. */
#include "loader/warm/memory_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/message.h"
#include "loader/load_options.h"
#include "loader/warm/checked_plan.h"
#include "loader/folder/journal.h"
#include "loader/load_job.h"

enum { MIB = 1 << 20, NOW = 1795996800, HOUR = 3600 };

static struct sink_status node; /* what the stand-in says */
static int away_count;          /* how many questions it leaves without an answer */

int sink_node_statuses(struct sink *sink, struct sink_status statuses[SINK_NODE_MAX], size_t *count,
                       struct error *err)
{
    (void)sink;
    if (away_count > 0) {
        away_count--;
        return error_set(err, ERROR_BACKEND, "Redis at 10.0.0.5:6379 closed the connection");
    }
    statuses[0] = node;
    *count = 1;
    return 0;
}

const char *sink_name(const struct sink *sink)
{
    (void)sink;
    return "redis at memory, database 0";
}

static struct load_options options;
static struct config config;
static struct benefit_curve curve;
static const struct message message = {.verbosity = VERBOSITY_QUIET};
static const struct load_job job = {
    .options = &options, .config = &config, .message = &message, .now_unix = NOW};
static const struct checked_plan plan = {
    .identity = {.warm_count = 1000,
                 .size_bytes = 500000,
                 .window_start_unix = NOW + (int64_t)10 * HOUR},
    .key_bytes = 20000,
    .curve = &curve};
static struct pulse pulse = {.warm_count = 1000};

static int begin_anew(void **state)
{
    (void)state;
    load_options_init(&options);
    benefit_curve_init(&curve);
    config = (struct config){.budget_memory_high = 0.8};
    node = (struct sink_status){.used_bytes = 10 * MIB, .max_bytes = 100 * MIB};
    snprintf(node.address, sizeof node.address, "10.0.0.5:6379");
    return 0;
}

static void refuses_to_open(enum error_kind kind, const char *text)
{
    struct memory_watch watch;
    struct error err = {0};
    assert_int_equal(memory_watch_open(&watch, &job, &plan, NULL, &err), -1);
    assert_int_equal(err.kind, kind);
    assert_string_equal(err.text, text);
    memory_watch_close(&watch);
}

static void test_a_budget_is_asked_for(void **state)
{
    (void)state;
    node.max_bytes = 0;
    refuses_to_open(ERROR_USAGE,
                    "the Redis at 10.0.0.5:6379 has no maxmemory, so nothing tells how much it may "
                    "hold: say what the load may take with --memory-budget 2GiB or [budget] "
                    "memory, or set maxmemory");
}

static void test_bad_options(void **state)
{
    (void)state;
    options.growth = "fast";
    refuses_to_open(ERROR_USAGE,
                    "--growth, or [budget] growth: 'fast' is not a rate of growth; write 20MiB/h");
    options.growth = "measured:59s";
    refuses_to_open(ERROR_USAGE, "--growth, or [budget] growth: 'measured:59s': what is seen in "
                                 "seconds says nothing of hours; measure for at least a minute, as "
                                 "measured:10m");
}

static void test_growth_lowers_the_mark(void **state)
{
    (void)state;
    struct memory_watch watch;
    struct error err = {0};
    char text[MEMORY_TEXT_SIZE];
    options.growth = "2MiB/h";
    assert_int_equal(memory_watch_open(&watch, &job, &plan, NULL, &err), 0);
    assert_int_equal(memory_budget_mark(&watch.budget, 0), 60 * MIB);
    assert_string_equal(memory_watch_print_mark(text, &watch, 0),
                        "80% of maxmemory 100 MiB, less 20.0 MiB for growth until the window");
    memory_watch_close(&watch);
}

static void test_a_full_redis_is_refused(void **state)
{
    (void)state;
    struct memory_watch watch;
    struct error err = {0};
    node.used_bytes = 90 * MIB;
    node.uncounted_bytes = 5 * MIB; /* a replica's buffer does not count */
    assert_int_equal(memory_watch_open(&watch, &job, &plan, NULL, &err), 0);
    assert_int_equal(memory_watch_begin(&watch, &pulse, &err), -1);
    assert_int_equal(err.kind, ERROR_RESOURCE);
    assert_string_equal(
        err.text, "the Redis at 10.0.0.5:6379 holds 85.0 MiB, which is up to the mark of 80.0 "
                  "MiB (80% of maxmemory 100 MiB); give it more memory, plan fewer keys, or "
                  "raise --memory-high; the same command goes on");
    assert_true(watch.has_refused);
    memory_watch_close(&watch);
}

static void test_a_server_may_be_away_for_a_moment(void **state)
{
    (void)state;
    struct memory_watch watch;
    struct error err = {0};
    struct sink_item items[1000] = {{.result = SINK_KEPT}};
    size_t allowed = 0;
    config.patience_ms = 1;
    for (int i = 0; i < 1000; i++) {
        items[i] = (struct sink_item){.result = SINK_DONE, .value = {"", MIB}};
    }
    assert_int_equal(memory_watch_open(&watch, &job, &plan, NULL, &err), 0);
    memory_watch_wrote(&watch, items, 1000); /* more than may go out without a look */
    away_count = 1;
    assert_int_equal(memory_watch_ask(&watch, &pulse, 1000, &allowed, &err), 0);
    assert_int_equal(allowed, 1);
    assert_int_equal(memory_watch_ask(&watch, &pulse, 1000, &allowed, &err), 0);
    assert_int_not_equal(allowed, 1);
    memory_watch_wrote(&watch, items, 1000);
    away_count = 1000;
    assert_int_equal(memory_watch_ask(&watch, &pulse, 1000, &allowed, &err), 0);
    while (memory_watch_ask(&watch, &pulse, 1000, &allowed, &err) == 0) {
        assert_int_equal(allowed, 1);
    }
    away_count = 0;
    assert_int_equal(err.kind, ERROR_BACKEND);
    assert_string_equal(err.text,
                        "asking for memory: Redis at 10.0.0.5:6379 closed the connection");
    memory_watch_close(&watch);
}

static void test_the_budget_is_that_of_the_run(void **state)
{
    (void)state;
    struct memory_watch watch;
    struct error err = {0};
    size_t allowed = 0;
    struct journal_survey survey = {.value_bytes = 34000};
    struct sink_item items[100] = {{.result = SINK_KEPT}};
    node.max_bytes = 0;
    options.memory_budget_bytes = 100000;
    survey.tally.count[OUTCOME_WARMED] = 100;
    assert_int_equal(memory_watch_open(&watch, &job, &plan, NULL, &err), 0);
    memory_watch_resume(&watch, &plan, &survey); /* 100 x (340 + 20 + 140): half of it */
    assert_int_equal(memory_watch_ask(&watch, &pulse, 1000, &allowed, &err), 0);
    assert_int_equal(allowed, 100);
    memory_watch_wrote(&watch, items, 1); /* what was kept takes nothing */
    assert_int_equal(memory_watch_ask(&watch, &pulse, 1000, &allowed, &err), 0);
    assert_int_equal(allowed, 100);
    static const char bytes[360] = {0};
    for (size_t i = 0; i < 100; i++) {
        items[i] = (struct sink_item){.value = {bytes, sizeof bytes}, .result = SINK_DONE};
    }
    memory_watch_wrote(&watch, items, 100);
    assert_int_equal(memory_watch_ask(&watch, &pulse, 1000, &allowed, &err), -1);
    assert_int_equal(err.kind, ERROR_RESOURCE);
    assert_string_equal(err.text, "the memory budget of 97.7 KiB is spent; the same command with a "
                                  "larger --memory-budget goes on");
    memory_watch_close(&watch);
}

static void test_an_eviction_ends_it(void **state)
{
    (void)state;
    struct memory_watch watch;
    struct error err = {0};
    size_t allowed = 0;
    assert_int_equal(memory_watch_open(&watch, &job, &plan, NULL, &err), 0);
    assert_int_equal(memory_watch_begin(&watch, &pulse, &err), 0);
    node.evicted_count = 3;
    watch.budget.allowed_bytes = 0; /* so that it reads again now */
    assert_int_equal(memory_watch_ask(&watch, &pulse, 1000, &allowed, &err), -1);
    assert_string_equal(err.text,
                        "redis at memory, database 0 evicts keys (3 just now), and no live key "
                        "shall lose its place: give it more memory, or say with --accept-eviction "
                        "RATE how many a second it may");
    memory_watch_close(&watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_budget_is_asked_for, begin_anew),
        cmocka_unit_test_setup(test_bad_options, begin_anew),
        cmocka_unit_test_setup(test_growth_lowers_the_mark, begin_anew),
        cmocka_unit_test_setup(test_a_full_redis_is_refused, begin_anew),
        cmocka_unit_test_setup(test_a_server_may_be_away_for_a_moment, begin_anew),
        cmocka_unit_test_setup(test_the_budget_is_that_of_the_run, begin_anew),
        cmocka_unit_test_setup(test_an_eviction_ends_it, begin_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
