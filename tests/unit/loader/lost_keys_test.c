/* lost_keys_test.c - counts what a journal calls warmed and a sink of the test's own does not have.
 * Room: tests. May touch: a journal in a folder of its own. */
#include "loader/warm/lost_keys.h"

#include "tests/unit/loader/test_journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 6000 };

static void append_done(struct journal *journal, uint64_t from, size_t count)
{
    append_done_with(journal, from, count, OUTCOME_EXISTS);
}

/* Ranks from..from + count - 1: an intent with a key for each, and a done for the first `done_count`; every tenth
 * existed before and was left alone. */
static void append_batch(struct journal *journal, uint64_t from, size_t count, size_t done_count)
{
    append_intent(journal, from, count);
    if (done_count > 0) {
        append_done(journal, from, done_count);
    }
}

static struct lost_keys count_in(const char *path)
{
    struct lost_keys lost;
    struct error err;
    if (lost_keys_count(path, NULL, &lost, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return lost;
}

static void test_only_what_was_warmed_counts(void **state)
{
    char path[TEST_PATH_SIZE * 2];
    struct journal_survey survey;
    struct error err;
    struct journal *journal = test_journal_open(state, path, &survey);
    append_batch(journal, 1, BATCH, BATCH); /* more than one look */
    struct lost_keys lost = count_in(path);
    assert_int_equal(lost.warmed_count, BATCH - BATCH / 10);
    assert_int_equal(lost.gone_count, BATCH / 10);
    append_batch(journal, BATCH + 1, 100, 0); /* a crash: never called warm */
    append_batch(journal, BATCH + 1, 100, 50);
    lost = count_in(path);
    assert_int_equal(lost.warmed_count, BATCH - BATCH / 10 + 45);
    assert_int_equal(lost.gone_count, BATCH / 10 + 5);
    assert_int_equal(journal_declare_lost(journal, &survey, 1, &err), 0);
    lost = count_in(path); /* nothing before counts any more */
    assert_int_equal(lost.warmed_count, 0);
    assert_int_equal(lost.gone_count, 0);
    journal_close(journal);
    journal_survey_free(&survey);
}

/* The next window's intent stands before this one's done; and one that a crash left is replaced by what came after. */
static void test_intents_written_ahead(void **state)
{
    char path[TEST_PATH_SIZE * 2];
    struct journal_survey survey;
    struct journal *journal = test_journal_open(state, path, &survey);
    append_intent(journal, 1, 100);
    append_intent(journal, 101, 100);
    append_done(journal, 1, 100);
    assert_int_equal(count_in(path).warmed_count, 90);
    append_intent(journal, 201, 100);
    append_done(journal, 101, 100);
    struct lost_keys lost = count_in(path);
    assert_int_equal(lost.warmed_count, 180);
    assert_int_equal(lost.gone_count, 20);
    append_intent(journal, 301, 100); /* a crash: 201 to 400 are open */
    append_intent(journal, 201, 50);  /* and smaller windows afterwards */
    append_intent(journal, 251, 50);
    append_done(journal, 201, 50);
    append_intent(journal, 301, 50);
    append_done(journal, 251, 20); /* a stop in the middle of a window */
    lost = count_in(path);
    assert_int_equal(lost.warmed_count, 180 + 45 + 18);
    assert_int_equal(lost.gone_count, 20 + 5 + 2);
    journal_close(journal);
    journal_survey_free(&survey);
}

/* A batch whose stale values were renewed says its intent again, and the next window's stays what it was. */
static void test_an_intent_said_again(void **state)
{
    char path[TEST_PATH_SIZE * 2];
    struct journal_survey survey;
    struct journal *journal = test_journal_open(state, path, &survey);
    append_intent(journal, 1, 100);
    append_intent(journal, 101, 100); /* ahead */
    append_intent(journal, 1, 100);
    append_done(journal, 1, 100);
    append_intent(journal, 201, 100);
    append_intent(journal, 101, 100);
    append_done(journal, 101, 100);
    append_done(journal, 201, 100);
    assert_int_equal(count_in(path).warmed_count, 270);
    journal_close(journal);
    journal_survey_free(&survey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_intent_said_again, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_intents_written_ahead, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_only_what_was_warmed_counts, test_folder_make,
                                        test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
