/* rollback_report_test.c - rollback.csv tells of each key once, and results.csv of those that were taken back.
 * Room: tests. May touch: files in a folder of its own. */
#include "loader/run/rollback_report.h"

#include "common/file_io.h"
#include "tests/unit/test_folder.h"

enum { AT_UNIX = 1800000000 };

static unsigned char of_rank[] = {ROLLBACK_NONE, ROLLBACK_OURS, ROLLBACK_REWRITTEN, ROLLBACK_GONE,
                                  ROLLBACK_NONE};
static const struct rollback_verdicts verdicts = {.of_rank = of_rank, .capacity = sizeof of_rank};

static struct run_folder folder_of(void **state)
{
    struct run_folder folder = {0};
    snprintf(folder.path, sizeof folder.path, "%s", (const char *)*state);
    return folder;
}

static void assert_file(void **state, const char *name, const char *expected)
{
    char *text;
    size_t size;
    struct error err = {0};
    assert_int_equal(file_read_whole(test_path(state, name), 1 << 16, &text, &size, &err), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void append_intent(struct journal *journal, const struct journal_intent_key keys[],
                          size_t count)
{
    struct error err = {0};
    struct journal_buffer buffer = {0};
    assert_int_equal(journal_encode_intent(&buffer, keys, count, &err), 0);
    assert_int_equal(journal_append(journal, &buffer, &err), 0);
    journal_buffer_free(&buffer);
}

/* A crash left an intent that was written again in smaller parts; a key that a spreadsheet would run as a formula. */
static void test_each_key_once(void **state)
{
    struct error err = {0};
    struct journal_survey survey = {0};
    struct run_folder folder = folder_of(state);
    const struct journal_begin begin = {slice_of("plan"), slice_of("target")};
    const struct journal_intent_key keys[] = {{.rank = 1, .key = slice_of("=k1")},
                                              {.rank = 2, .key = slice_of("k,2")},
                                              {.rank = 3, .key = slice_of("k3")},
                                              {.rank = 4, .key = slice_of("k4")}};
    struct journal *journal = journal_open(test_path(state, "journal"), &begin, &survey, &err);
    assert_non_null(journal);
    append_intent(journal, keys, 4);
    append_intent(journal, keys, 2);
    append_intent(journal, keys + 2, 2);
    journal_close(journal);
    journal_survey_free(&survey);
    assert_int_equal(rollback_report_write(&folder, &verdicts, &err), 0);
    assert_file(state, "rollback.csv",
                "rank,key,outcome\n1,'=k1,rolled_back\n2,\"k,2\",rewritten\n3,k3,gone\n");
}

static void test_results_are_brought_up_to_date(void **state)
{
    struct error err = {0};
    struct run_folder folder = folder_of(state);
    assert_int_equal(rollback_report_mend_results(&folder, &verdicts, AT_UNIX, &err), 0);
    test_put_text(state, "results.csv",
                  "rank,key,outcome,bytes,ttl_seconds,at\n"
                  "1,'=k1,warmed,10,20,2026-01-01T00:00:00Z\n"
                  "2,\"k,2\",warmed,11,21,2026-01-01T00:00:01Z\n"
                  "9,k9,missing,0,0,\n");
    assert_int_equal(rollback_report_mend_results(&folder, &verdicts, AT_UNIX, &err), 0);
    assert_file(state, "results.csv",
                "rank,key,outcome,bytes,ttl_seconds,at\n"
                "1,'=k1,rolled_back,0,0,2027-01-15T08:00:00Z\n"
                "2,\"k,2\",warmed,11,21,2026-01-01T00:00:01Z\n"
                "9,k9,missing,0,0,\n");
}

static void test_results_of_somebody_else(void **state)
{
    char expected[4 * TEST_PATH_SIZE];
    struct error err = {0};
    struct run_folder folder = folder_of(state);
    test_put_text(state, "results.csv", "rank,key,outcome\n1,k1,warmed\n");
    snprintf(expected, sizeof expected, "%s:1: there is no column 'bytes'",
             test_path(state, "results.csv"));
    assert_int_equal(rollback_report_mend_results(&folder, &verdicts, AT_UNIX, &err), -1);
    assert_string_equal(err.text, expected);
    assert_file(state, "results.csv", "rank,key,outcome\n1,k1,warmed\n");
}

static void test_no_journal(void **state)
{
    char expected[4 * TEST_PATH_SIZE];
    struct error err = {0};
    struct run_folder folder = folder_of(state);
    assert_int_equal(rollback_report_write(&folder, &verdicts, &err), -1);
    snprintf(expected, sizeof expected, "cannot read %s: No such file or directory",
             test_path(state, "journal"));
    assert_string_equal(err.text, expected);
    assert_int_not_equal(access(test_path(state, "rollback.csv"), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_key_once, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_results_are_brought_up_to_date, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_results_of_somebody_else, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_no_journal, test_folder_make, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
