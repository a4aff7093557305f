/* run_folder_test.c - one folder a plan and target; files that were edited are refused.
 * Room: tests. */
#include "loader/folder/run_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "loader/folder/key_value.h"
#include "loader/folder/run_status.h"

enum { PATH_SIZE = 256 };

static char base[] = "/tmp/rekindle-folder.XXXXXX";
static struct run_manifest manifest;

static int make_base(void **state)
{
    (void)state;
    manifest = (struct run_manifest){.plan_path = "/a/plan.csv",
                                     .plan_digest = "00112233445566778899aabbccddeeff",
                                     .target = "redis at localhost:6379, database 0",
                                     .event = "summer sale",
                                     .window_start_unix = 1794355200,
                                     .window_end_unix = 1794614400,
                                     .created_unix = 1794312000,
                                     .clock_shift_second = -5};
    return mkdtemp(base) == NULL ? -1 : 0;
}

static int remove_base(void **state)
{
    (void)state;
    char command[PATH_SIZE];
    snprintf(command, sizeof command, "rm -rf '%s'", base);
    return system(command);
}

static void test_names(void **state)
{
    (void)state;
    char name[RUN_NAME_SIZE], other[RUN_NAME_SIZE];
    run_folder_name("summer sale/../x", "d1", "t1", name);
    assert_int_equal(strncmp(name, "summer_sale_.._x-", 17), 0);
    assert_int_equal(strlen(name), 17 + 16);
    run_folder_name("summer sale/../x", "d2", "t1", other);
    assert_string_not_equal(name, other);
    run_folder_name("summer sale/../x", "d1", "t2", other);
    assert_string_not_equal(name, other);
    run_folder_name("", "d1", "t1", name);
    assert_int_equal(strncmp(name, "window-", 7), 0);
    run_folder_name("..", "d1", "t1", name);
    assert_int_equal(strncmp(name, "_.-", 3), 0);
    run_folder_name("an event with a name that is longer than anyone would like to read it", "d",
                    "t", name);
    assert_int_equal(strlen(name), 40 + 1 + 16);
}

static void test_the_same_plan_resumes_and_another_does_not(void **state)
{
    (void)state;
    struct error err = {0};
    struct run_folder folder, again;
    struct stat status;
    assert_int_equal(run_folder_find(&folder, NULL, base, &manifest, &err), 0);
    assert_int_equal(run_folder_open(&folder, NULL, base, &manifest, &err), 0);
    assert_true(folder.is_new);
    assert_int_equal(stat(folder.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    struct run_manifest moved = manifest;
    snprintf(moved.plan_path, sizeof moved.plan_path, "/b/plan.csv");
    moved.clock_shift_second = 7;
    assert_int_equal(run_folder_open(&again, NULL, base, &moved, &err), 0);
    assert_false(again.is_new);
    assert_string_equal(again.path, folder.path);
    assert_memory_equal(&again.manifest, &manifest, sizeof manifest);
    assert_int_equal(run_folder_find(&again, NULL, base, &moved, &err), 1);

    struct run_manifest other = manifest;
    snprintf(other.plan_digest, sizeof other.plan_digest, "ffffffffffffffffffffffffffffffff");
    assert_int_equal(run_folder_open(&again, folder.path, base, &other, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "belongs to another plan (/a/plan.csv, as it was then)"));
    assert_int_equal(run_folder_open(&again, NULL, base, &other, &err), 0);
    assert_true(again.is_new);
    other = manifest;
    snprintf(other.target, sizeof other.target, "redis at elsewhere, database 0");
    assert_int_equal(run_folder_open(&again, folder.path, base, &other, &err), -1);
    assert_non_null(strstr(err.text, "belongs to another target, redis at localhost:6379"));
}

static void test_a_line_break_in_a_name_stays_in_its_line(void **state)
{
    (void)state;
    struct error err = {0};
    struct run_folder folder, again;
    char path[RUN_PATH_SIZE];
    struct run_manifest sly = manifest;
    snprintf(path, sizeof path, "%s/sly", base);
    snprintf(sly.event, sizeof sly.event, "sale\r\nwindow_end = 2020-01-01T00:00:00Z");
    snprintf(sly.plan_path, sizeof sly.plan_path, "/a\ntarget = nowhere");
    assert_int_equal(run_folder_open(&folder, path, NULL, &sly, &err), 0);
    assert_int_equal(run_folder_load(&again, path, &err), 0);
    assert_int_equal(again.manifest.window_end_unix, manifest.window_end_unix);
    assert_string_equal(again.manifest.target, manifest.target);
    assert_string_equal(again.manifest.event, "sale??window_end = 2020-01-01T00:00:00Z");
}

static void test_an_edited_manifest_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct run_folder folder, again;
    char path[RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/mine/", base);
    assert_int_equal(run_folder_open(&folder, path, NULL, &manifest, &err), 0);
    assert_string_equal(folder.name, "mine");
    FILE *file = fopen(run_folder_file(&folder, "run.ini", path), "w");
    assert_non_null(file);
    fputs("[run]\nplan = x\n", file);
    fclose(file);
    assert_int_equal(run_folder_load(&again, folder.path, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "run.ini is not what a run has written"));
    assert_int_equal(run_folder_load(&again, base, &err), -1);
    assert_non_null(strstr(err.text, "is not the folder of a run"));
}

static void test_status_comes_back(void **state)
{
    (void)state;
    struct error err = {0};
    struct run_folder folder;
    struct run_status saved = {.state = "paused",
                               .note = "paused by SIGUSR1",
                               .pid = 4711,
                               .started_unix = 5,
                               .updated_unix = 6,
                               .settled_count = 7,
                               .warm_count = 8,
                               .rows_per_second = 9.5,
                               .benefit_share = 0.25,
                               .tally = {{[OUTCOME_WARMED] = 6, [OUTCOME_MISSING] = 1}}};
    struct run_status loaded;
    assert_int_equal(run_folder_open(&folder, NULL, base, &manifest, &err), 0);
    assert_int_equal(run_status_load(&folder, &loaded, &err), 0);
    assert_int_equal(run_status_save(&folder, &saved, &err), 0);
    assert_int_equal(run_status_load(&folder, &loaded, &err), 1);
    assert_string_equal(loaded.state, "paused");
    assert_string_equal(loaded.note, "paused by SIGUSR1");
    assert_int_equal(loaded.pid, 4711);
    assert_int_equal(loaded.settled_count, 7);
    assert_int_equal(loaded.warm_count, 8);
    assert_memory_equal(&loaded.tally, &saved.tally, sizeof saved.tally);
    assert_true(loaded.benefit_share > 0.24 && loaded.benefit_share < 0.26);
}

static void test_key_values(void **state)
{
    (void)state;
    char value[8];
    int64_t number;
    const char *text = "[run]\na = one two\r\nab=3\n b = 4\nbad = 5x\nlast = -6";
    assert_true(key_value_find(text, "a", value, sizeof value));
    assert_string_equal(value, "one two");
    assert_true(key_value_find(text, "a", value, 4));
    assert_string_equal(value, "one");
    assert_false(key_value_find(text, "b", value, sizeof value));
    assert_string_equal(value, "");
    assert_true(key_value_find_number(text, "ab", &number));
    assert_int_equal(number, 3);
    assert_false(key_value_find_number(text, "bad", &number));
    assert_true(key_value_find_number(text, "last", &number));
    assert_int_equal(number, -6);
    assert_false(key_value_find("", "a", value, sizeof value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_the_same_plan_resumes_and_another_does_not),
        cmocka_unit_test(test_a_line_break_in_a_name_stays_in_its_line),
        cmocka_unit_test(test_an_edited_manifest_is_refused),
        cmocka_unit_test(test_status_comes_back),
        cmocka_unit_test(test_key_values),
    };
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
