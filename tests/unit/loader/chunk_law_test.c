/* chunk_law_test.c - the law on databases made of a formula: it settles, it gives way, it comes back.
 * Room: tests. May touch: nothing. */
#include "loader/rules/chunk_law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TICK_US = 100000, SECOND_TICKS = 10, TARGET_US = 100000 };

static const struct chunk_law_settings usual = {
    .rows_max = 500, .connections_max = 8, .rest_percent = 0, .target_us = TARGET_US};

/* A question costs `base_us`, and `row_us` a row; connections share what the database can do. */
struct database {
    int64_t base_us, row_us;
    int parallel; /* so many connections do not slow each other */
};

static int64_t chunk_us(const struct database *database, const struct chunk_law *law)
{
    int64_t us = database->base_us + database->row_us * law->rows;
    return law->connections > database->parallel ? us * law->connections / database->parallel : us;
}

/* What the connections would have asked in a tick; a question longer than that shows in some ticks only. */
static void run(struct chunk_law *law, const struct database *database, int ticks, int64_t *now_us)
{
    double owed = 0;
    for (int i = 0; i < ticks; i++) {
        *now_us += TICK_US;
        int64_t us = chunk_us(database, law);
        double cycle_us = (double)us * (100 + law->rest_percent) / 100;
        owed += (double)TICK_US * law->connections / cycle_us;
        struct chunk_sum sum = {.count = (int64_t)owed};
        sum.us_total = sum.count * us;
        owed -= (double)sum.count;
        chunk_law_note(law, &sum, *now_us);
    }
}

static void test_it_begins_small_and_reaches_all_of_a_fast_database(void **state)
{
    (void)state;
    struct chunk_law law;
    int64_t now_us = 1;
    chunk_law_init(&law, &usual);
    assert_int_equal(law.connections, 1);
    assert_int_equal(law.rows, 100);
    assert_false(chunk_law_is_holding(&law));
    run(&law, &(struct database){.base_us = 500, .row_us = 10, .parallel = 8}, 3 * SECOND_TICKS,
        &now_us);
    assert_int_equal(law.connections, 8);
    assert_int_equal(law.rows, 500);
    assert_int_equal(law.rest_percent, 0);
    assert_false(chunk_law_is_holding(&law));
}

static void test_a_slow_database_gets_smaller_questions(void **state)
{
    (void)state;
    static const int64_t row_us[] = {300, 1000, 3000};
    for (size_t i = 0; i < sizeof row_us / sizeof *row_us; i++) {
        struct chunk_law law;
        int64_t now_us = 1;
        const struct database database = {.base_us = 1000, .row_us = row_us[i], .parallel = 8};
        chunk_law_init(&law, &usual);
        run(&law, &database, 10 * SECOND_TICKS, &now_us);
        assert_in_range(chunk_us(&database, &law), TARGET_US * 7 / 10, TARGET_US * 11 / 10);
        assert_true(chunk_law_is_holding(&law));
    }
}

/* Once it has settled it stays within a band: no swing grows. */
static void test_it_does_not_swing(void **state)
{
    (void)state;
    static const int parallel[] = {1, 2, 8};
    for (size_t i = 0; i < sizeof parallel / sizeof *parallel; i++) {
        struct chunk_law law;
        int64_t now_us = 1, least = INT64_MAX, most = 0;
        const struct database database = {.base_us = 2000, .row_us = 400, .parallel = parallel[i]};
        chunk_law_init(&law, &usual);
        run(&law, &database, 20 * SECOND_TICKS, &now_us);
        for (int tick = 0; tick < 100 * SECOND_TICKS; tick++) {
            run(&law, &database, 1, &now_us);
            int64_t us = chunk_us(&database, &law);
            least = us < least ? us : least;
            most = us > most ? us : most;
        }
        assert_in_range(least, TARGET_US / 2, TARGET_US);
        assert_in_range(most, TARGET_US / 2, TARGET_US * 3 / 2);
    }
}

static void test_it_gives_way_within_two_seconds_and_comes_back(void **state)
{
    (void)state;
    struct chunk_law law;
    int64_t now_us = 1;
    const struct database fast = {.base_us = 500, .row_us = 10, .parallel = 8};
    const struct database slow = {.base_us = 5000, .row_us = 2000, .parallel = 1};
    chunk_law_init(&law, &usual);
    run(&law, &fast, 5 * SECOND_TICKS, &now_us);
    run(&law, &slow, 4 * SECOND_TICKS, &now_us);
    assert_in_range(law.connections, 1, 4);
    assert_in_range(law.rows, 10, 60);
    assert_true(chunk_law_is_holding(&law));
    run(&law, &slow, 10 * SECOND_TICKS, &now_us);
    assert_in_range(chunk_us(&slow, &law), 0, TARGET_US * 3 / 2);
    run(&law, &fast, 4 * SECOND_TICKS, &now_us);
    assert_int_equal(law.connections, 8);
    assert_int_equal(law.rows, 500);
    assert_false(chunk_law_is_holding(&law));
}

/* A single row takes longer than the target: what is left is to ask less often. */
static void test_where_nothing_helps_it_rests(void **state)
{
    (void)state;
    struct chunk_law law;
    int64_t now_us = 1;
    const struct database stuck = {.base_us = 400000, .row_us = 1000, .parallel = 8};
    chunk_law_init(&law, &usual);
    run(&law, &stuck, 120 * SECOND_TICKS, &now_us);
    assert_int_equal(law.connections, 1);
    assert_int_equal(law.rows, 10);
    assert_int_equal(law.rest_percent, 1600);
    run(&law, &(struct database){.base_us = 500, .row_us = 10, .parallel = 8}, 6 * SECOND_TICKS,
        &now_us);
    assert_int_equal(law.rest_percent, 0);
    assert_int_equal(law.connections, 8);
}

static void test_settings_change_while_it_works(void **state)
{
    (void)state;
    struct chunk_law law;
    int64_t now_us = 1;
    const struct database fast = {.base_us = 500, .row_us = 10, .parallel = 8};
    struct chunk_law_settings other = usual;
    chunk_law_init(&law, &usual);
    run(&law, &fast, 5 * SECOND_TICKS, &now_us);
    other.connections_max = 2;
    other.rows_max = 50;
    other.rest_percent = 150;
    chunk_law_change(&law, &other);
    assert_int_equal(law.connections, 2);
    assert_int_equal(law.rows, 50);
    assert_int_equal(law.rest_percent, 150);
    assert_false(chunk_law_is_holding(&law));
    chunk_law_change(&law, &usual);
    assert_int_equal(law.rest_percent, 0);
    run(&law, &fast, 5 * SECOND_TICKS, &now_us);
    assert_int_equal(law.connections, 8);
    chunk_law_restart(&law);
    assert_int_equal(law.connections, 1);
    assert_int_equal(law.rows, 500);
}

static void test_no_question_changes_nothing(void **state)
{
    (void)state;
    struct chunk_law law;
    chunk_law_init(&law, &usual);
    for (int64_t now_us = 1; now_us < 100 * TICK_US; now_us += TICK_US) {
        assert_false(chunk_law_note(&law, &(struct chunk_sum){0}, now_us));
    }
    assert_int_equal(law.connections, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_begins_small_and_reaches_all_of_a_fast_database),
        cmocka_unit_test(test_a_slow_database_gets_smaller_questions),
        cmocka_unit_test(test_it_does_not_swing),
        cmocka_unit_test(test_it_gives_way_within_two_seconds_and_comes_back),
        cmocka_unit_test(test_where_nothing_helps_it_rests),
        cmocka_unit_test(test_settings_change_while_it_works),
        cmocka_unit_test(test_no_question_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
