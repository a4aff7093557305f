/* source_patience_test.c - what is waited for is told once, with the reason, and not for ever.
 * Room: tests. */
#include "loader/live/source_patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND_US = 1000000, PATIENCE_US = 30 * SECOND_US, BEGIN_US = 5 * SECOND_US };

static char *told;
static size_t told_size;

/* The judgement `second` seconds after the trouble began; what is said on the way is in `told`. */
static int judge(struct source_patience *patience, const struct governor_look *look, int64_t second,
                 struct error *err)
{
    *err = (struct error){0};
    free(told);
    struct message message = {.out = open_memstream(&told, &told_size),
                              .verbosity = VERBOSITY_QUIET};
    assert_non_null(message.out);
    int result = source_patience_judge(patience, look, PATIENCE_US, BEGIN_US + second * SECOND_US,
                                       &message, err);
    fclose(message.out);
    return result;
}

static void test_a_database_that_is_away(void **state)
{
    (void)state;
    struct error err;
    struct source_patience patience = {0};
    struct governor_look look = {.lost_us = BEGIN_US};
    error_set(&look.trouble, ERROR_INPUT, "no route");
    assert_int_equal(judge(&patience, &look, 30, &err), 0);
    assert_string_equal(told, "");
    assert_int_equal(judge(&patience, &look, 31, &err), -1);
    assert_int_equal(err.kind, ERROR_BACKEND);
    assert_string_equal(err.text,
                        "the database has not answered for 31.0 s, longer than [run] patience, so "
                        "this run gives up; the same command resumes it: no route");
}

static void test_a_lag_that_nobody_knows(void **state)
{
    (void)state;
    struct error err;
    struct source_patience patience = {0};
    struct governor_look look = {.blind_us = BEGIN_US};
    error_set(&look.blind, ERROR_INPUT, "replica b: its replication does not run");
    assert_int_equal(judge(&patience, &look, 1, &err), 0);
    assert_string_equal(told, ""); /* an older reading still holds, or nobody asks for the lag */
    look.orders.state = GOVERNOR_PAUSED;
    look.orders.why.is_stale = true;
    assert_int_equal(judge(&patience, &look, 6, &err), 0);
    assert_string_equal(told, "warning: the run waits: replica b: its replication does not run; "
                              "it gives up after 10 min 00 s\n");
    assert_int_equal(judge(&patience, &look, 600, &err), 0);
    assert_string_equal(told, ""); /* once */
    assert_int_equal(judge(&patience, &look, 601, &err), -1);
    assert_int_equal(err.kind, ERROR_BACKEND);
    assert_string_equal(err.text,
                        "for 10 min 01 s nothing has told whether the database bears the load, so "
                        "this run gives up; the same command resumes it: replica b: its "
                        "replication does not run");
}

static void test_it_is_told_anew_after_it_was_well(void **state)
{
    (void)state;
    struct error err;
    struct source_patience patience = {0};
    struct governor_look look = {.blind_us = BEGIN_US,
                                 .orders = {.state = GOVERNOR_PAUSED, .why = {.is_stale = true}}};
    assert_int_equal(judge(&patience, &look, 6, &err), 0);
    assert_true(patience.is_told);
    look.blind_us = 0;
    assert_int_equal(judge(&patience, &look, 7, &err), 0);
    assert_false(patience.is_told);
    free(told);
    told = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_database_that_is_away),
        cmocka_unit_test(test_a_lag_that_nobody_knows),
        cmocka_unit_test(test_it_is_told_anew_after_it_was_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
