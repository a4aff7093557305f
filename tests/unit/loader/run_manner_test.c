/* run_manner_test.c - how a run was called is read as it was written; what was edited or is not there counts as not given.
 * Room: tests. May touch: files in a folder of its own. */
#include "loader/folder/run_manner.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/test_folder.h"

static struct run_folder folder_of(void **state)
{
    struct run_folder folder = {0};
    snprintf(folder.path, sizeof folder.path, "%s", (const char *)*state);
    return folder;
}

static void test_round_trip(void **state)
{
    struct error err = {0};
    struct run_folder folder = folder_of(state);
    struct run_manner read;
    const struct run_manner manner = {.holdout_share = 0.1,
                                      .memory_high = 2.0 / 3,
                                      .memory_budget_bytes = UINT64_C(1) << 40,
                                      .growth = "measured:10m",
                                      .accept_eviction = "500/s",
                                      .is_stale_accepted = true,
                                      .is_removal_allowed = true};
    assert_int_equal(run_manner_save(&folder, &manner, &err), 0);
    run_manner_load(&folder, &read);
    assert_true(read.holdout_share == manner.holdout_share); /* the draw is cut there exactly */
    assert_true(read.memory_high == manner.memory_high);
    assert_int_equal(read.memory_budget_bytes, manner.memory_budget_bytes);
    assert_string_equal(read.growth, "measured:10m");
    assert_string_equal(read.accept_eviction, "500/s");
    assert_true(read.is_stale_accepted && read.is_removal_allowed);
}

static void test_nothing_given(void **state)
{
    struct error err = {0};
    struct run_folder folder = folder_of(state);
    const struct run_manner nothing = {0};
    struct run_manner read = {.holdout_share = 1};
    run_manner_load(&folder, &read); /* no such file: a run of an earlier version */
    assert_memory_equal(&read, &nothing, sizeof read);
    assert_int_equal(run_manner_save(&folder, &nothing, &err), 0);
    run_manner_load(&folder, &read);
    assert_memory_equal(&read, &nothing, sizeof read);
}

static void test_edited(void **state)
{
    char path[RUN_PATH_SIZE];
    struct run_folder folder = folder_of(state);
    struct run_manner read;
    FILE *file = fopen(run_folder_file(&folder, "manner", path), "w");
    assert_non_null(file);
    fprintf(file, "holdout = 7\nmemory_high = nan\nmemory_budget = -5\naccept_stale = yes\n");
    fclose(file);
    run_manner_load(&folder, &read);
    assert_true(read.holdout_share == 0 && read.memory_high == 0);
    assert_int_equal(read.memory_budget_bytes, 0);
    assert_false(read.is_stale_accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_nothing_given, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_edited, test_folder_make, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
