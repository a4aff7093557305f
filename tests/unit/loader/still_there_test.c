/* still_there_test.c - a sample of what a journal calls warm, also where intents were written ahead of dones.
 * Room: tests. May touch: a journal in a folder of its own. */
#include "loader/warm/still_there.h"

#include "tests/unit/loader/test_journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { WINDOW = 50, WARM = 45, LONG = 3000 };

/* Every tenth is missing in the source. */
static void append_done(struct journal *journal, uint64_t from, size_t count)
{
    append_done_with(journal, from, count, OUTCOME_MISSING);
}

static struct still_there look(const char *path)
{
    struct journal_survey survey;
    struct still_there found;
    struct error err;
    if (journal_survey_read(path, NULL, &survey, &err) != 0 ||
        still_there_look(path, &survey, NULL, &found, &err) != 0) {
        fail_msg("%s", err.text);
    }
    journal_survey_free(&survey);
    return found;
}

/* Of each window of 50, 45 were warmed, 5 of those are gone. */
static void test_only_what_is_settled_is_looked_at(void **state)
{
    char path[TEST_PATH_SIZE * 2];
    struct journal_survey survey;
    struct journal *journal = test_journal_open(state, path, &survey);
    append_intent(journal, 1, WINDOW);
    append_intent(journal, WINDOW + 1, WINDOW); /* ahead */
    assert_int_equal(look(path).looked_count, 0);
    append_done(journal, 1, WINDOW);
    struct still_there found = look(path);
    assert_int_equal(found.looked_count, WARM);
    assert_int_equal(found.gone_count, 5);
    append_intent(journal, 2 * WINDOW + 1, WINDOW);
    append_done(journal, WINDOW + 1, WINDOW);
    found = look(path);
    assert_int_equal(found.looked_count, 2 * WARM);
    assert_int_equal(found.gone_count, 10);
    append_intent(journal, 2 * WINDOW + 1, WINDOW); /* a crash: the same window again */
    append_done(journal, 2 * WINDOW + 1, 10);       /* and a stop in its midst */
    found = look(path);
    assert_int_equal(found.looked_count, 2 * WARM + 9);
    assert_int_equal(found.gone_count, 11);
    assert_false(still_there_is_lost(&(struct still_there){100, 10}, false));
    assert_true(still_there_is_lost(&(struct still_there){100, 11}, false));
    assert_true(still_there_is_lost(&(struct still_there){100, 1}, true));
    assert_false(still_there_is_lost(&(struct still_there){100, 0}, true));
    journal_close(journal);
    journal_survey_free(&survey);
}

/* The hottest keys alone say nothing of the others: every third is looked at. */
static void test_all_over_a_window(void **state)
{
    char path[TEST_PATH_SIZE * 2];
    struct journal_survey survey;
    struct journal *journal = test_journal_open(state, path, &survey);
    append_intent(journal, 1, LONG);
    append_done(journal, 1, LONG);
    struct still_there found = look(path);
    assert_int_equal(found.looked_count, 900);
    assert_int_equal(found.gone_count, 100);
    journal_close(journal);
    journal_survey_free(&survey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_over_a_window, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_only_what_is_settled_is_looked_at, test_folder_make,
                                        test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
