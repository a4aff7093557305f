/* switch_command_test.c - which run a pause, resume or stop means, and where the wish is written.
 * Room: tests. May touch: runs in a folder of its own. The control keys are a stand-in. */
#include "loader/load_job.h"

#include "common/message.h"
#include "common/process.h"
#include "loader/folder/run_folder.h"
#include "loader/folder/run_status.h"
#include "loader/folder/switch_latch.h"
#include "loader/live/switch_key.h"
#include "loader/load_options.h"
#include "loader/run/run_choice.h"
#include "tests/unit/test_folder.h"

#include <sys/stat.h>

enum { TEXT_SIZE = RUN_PATH_SIZE + TEST_PATH_SIZE };

static struct config config;
static struct load_options options;
static struct message quiet;
static struct load_job job = {.options = &options, .config = &config, .message = &quiet};
static unsigned cleared_count, cleared_all_count;

int switch_key_clear(const struct redis_config *redis, const char *run_name, bool is_all,
                     struct error *err)
{
    (void)redis, (void)run_name, (void)err;
    cleared_count++;
    cleared_all_count += is_all;
    return 0;
}

static int set_up(void **state)
{
    load_options_init(&options);
    cleared_count = cleared_all_count = 0;
    int result = test_folder_make(state);
    config.run_dir = *state;
    return result;
}

/* A run's own files, which test_folder_remove leaves. */
static int tear_down(void **state)
{
    static const char *const events[] = {"one", "two"};
    static const char *const files[] = {"run.ini", "status", "switch"};
    for (size_t i = 0; i < 2; i++) {
        char path[TEXT_SIZE], name[RUN_NAME_SIZE];
        run_folder_name(events[i], "plan", "target", name);
        for (size_t at = 0; at < sizeof files / sizeof *files; at++) {
            snprintf(path, sizeof path, "%s/%s/%s", (const char *)*state, name, files[at]);
            unlink(path);
        }
        rmdir(test_path(state, name));
    }
    return test_folder_remove(state);
}

/* A run that says that it is in this state, and whose process lives. */
static struct run_folder make_run(void **state, const char *event, const char *word)
{
    struct error err = {0};
    struct run_folder folder;
    struct run_manifest manifest = {
        .plan_path = "plan.csv", .plan_digest = "plan", .target = "target"};
    struct run_status status = {.pid = getpid()};
    snprintf(manifest.event, sizeof manifest.event, "%s", event);
    snprintf(status.state, sizeof status.state, "%s", word);
    assert_int_equal(run_folder_open(&folder, NULL, *state, &manifest, &err), 0);
    assert_int_equal(run_status_save(&folder, &status, &err), 0);
    return folder;
}

static void assert_wish(const struct run_folder *folder, enum run_wish wish, const char *why)
{
    struct error err = {0};
    struct switch_latch latch;
    assert_int_equal(switch_latch_load(folder->path, &latch, &err), 1);
    assert_int_equal(latch.wish, wish);
    assert_int_equal(strncmp(latch.why, why, strlen(why)), 0);
}

static void test_nobody_is_meant(void **state)
{
    char expected[TEXT_SIZE];
    struct error err = {0};
    struct run_folder folder = make_run(state, "one", "finished");
    assert_int_equal(pause_run(&job, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    snprintf(expected, sizeof expected,
             "no run in %s is under way; name one with --run, see `rekindle-load status`",
             (const char *)*state);
    assert_string_equal(err.text, expected);
    assert_int_equal(resume_run(&job, &err), -1);
    snprintf(expected, sizeof expected,
             "no run in %s is paused or switched off; name one with --run, see `rekindle-load "
             "status`",
             (const char *)*state);
    assert_string_equal(err.text, expected);
    options.run = folder.name; /* by name it may be any */
    assert_int_equal(stop_run(&job, &err), 0);
    assert_wish(&folder, WISH_STOP, "by the command stop of ");
}

/* A run that was killed, and whose process number another process has by now. */
static void test_a_given_away_pid_is_no_run(void **state)
{
    struct error err = {0};
    struct run_folder folder = make_run(state, "one", "running");
    struct run_status status = {
        .state = "running", .pid = getpid(), .pid_start = process_start(getpid())};
    assert_int_equal(run_status_save(&folder, &status, &err), 0);
    assert_true(run_choice_is_under_way(&folder));
    status.pid_start--;
    assert_int_equal(run_status_save(&folder, &status, &err), 0);
    assert_false(run_choice_is_under_way(&folder));
    assert_int_equal(pause_run(&job, &err), -1);
    assert_non_null(strstr(err.text, " is under way; name one with --run"));
}

static void test_the_only_one_under_way(void **state)
{
    struct error err = {0};
    struct switch_latch latch;
    struct run_folder paused = make_run(state, "one", "paused");
    struct run_folder finished = make_run(state, "two", "finished");
    assert_int_equal(pause_run(&job, &err), 0);
    assert_wish(&paused, WISH_PAUSE, "by the command pause of ");
    assert_int_equal(switch_latch_load(finished.path, &latch, &err), 0);
    assert_int_equal(cleared_count, 0);
}

static void test_several_want_a_name(void **state)
{
    char expected[TEXT_SIZE];
    struct error err = {0};
    struct run_folder one = make_run(state, "one", "paused"),
                      two = make_run(state, "two", "paused");
    assert_int_equal(pause_run(&job, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    snprintf(expected, sizeof expected,
             "2 runs in %s are under way: name one with --run, or --all of them",
             (const char *)*state);
    assert_string_equal(err.text, expected);
    options.run = two.path;
    options.is_all = true;
    assert_int_equal(pause_run(&job, &err), -1);
    assert_string_equal(err.text, "--all and --run exclude each other");
    options.is_all = false;
    assert_int_equal(pause_run(&job, &err), 0);
    assert_wish(&two, WISH_PAUSE, "by the command pause of ");
    struct switch_latch latch;
    assert_int_equal(switch_latch_load(one.path, &latch, &err), 0);
}

/* What is not taken in yet would switch it off again. */
static void test_resume_takes_back_all(void **state)
{
    char letter[TEXT_SIZE];
    struct error err = {0};
    struct run_folder folder = make_run(state, "one", "stopped");
    options.run = folder.name;
    assert_int_equal(stop_run(&job, &err), 0);
    snprintf(letter, sizeof letter, "%s/pause", folder.path);
    fclose(fopen(letter, "w"));
    options.run = NULL; /* the only one that is switched off */
    assert_int_equal(resume_run(&job, &err), 0);
    assert_wish(&folder, WISH_RUN, "by the command resume of ");
    assert_int_not_equal(access(letter, F_OK), 0);
    assert_int_equal(cleared_count, 1);
    assert_int_equal(cleared_all_count, 0);
}

static void test_every_run_of_the_host(void **state)
{
    struct error err = {0};
    struct run_folder folder = make_run(state, "one", "paused");
    options.is_all = true;
    assert_int_equal(pause_run(&job, &err), 0);
    assert_int_equal(access(test_path(state, "pause"), F_OK), 0); /* also for those to come */
    options.is_all = false;
    assert_int_equal(pause_run(&job, &err), 0);
    options.is_all = true;
    struct run_status status = {.state = "stopped"};
    assert_int_equal(run_status_save(&folder, &status, &err), 0);
    assert_int_equal(resume_run(&job, &err), 0);
    assert_int_not_equal(access(test_path(state, "pause"), F_OK), 0);
    assert_wish(&folder, WISH_RUN, "by the command resume of ");
    assert_int_equal(cleared_all_count, 2);
}

/* One whose letter cannot be removed keeps the other from nothing. */
static void test_one_that_cannot_keeps_no_other_back(void **state)
{
    char letter[TEXT_SIZE], expected[TEXT_SIZE + TEST_PATH_SIZE];
    struct error err = {0};
    struct run_folder bad = make_run(state, "one", "stopped"),
                      good = make_run(state, "two", "stopped");
    assert_true(strcmp(bad.name, good.name) < 0); /* the order in which they are asked */
    const struct run_folder *both[] = {&bad, &good};
    for (size_t i = 0; i < 2; i++) {
        options.run = both[i]->name;
        assert_int_equal(stop_run(&job, &err), 0);
    }
    options.run = NULL;
    options.is_all = true;
    snprintf(letter, sizeof letter, "%s/pause", bad.path);
    assert_int_equal(mkdir(letter, S_IRWXU), 0);
    assert_int_equal(resume_run(&job, &err), -1);
    snprintf(expected, sizeof expected, "cannot remove %s: Is a directory", letter);
    assert_string_equal(err.text, expected);
    assert_wish(&bad, WISH_STOP, "by the command stop of ");
    assert_wish(&good, WISH_RUN, "by the command resume of ");
    assert_int_equal(rmdir(letter), 0);
}

static void test_runs_that_cannot_be_looked_for(void **state)
{
    char expected[TEXT_SIZE];
    struct error err = {0};
    config.run_dir = test_path(state, "file");
    fclose(fopen(config.run_dir, "w"));
    snprintf(expected, sizeof expected, "cannot look for runs in %s: Not a directory",
             config.run_dir);
    assert_int_equal(pause_run(&job, &err), -1);
    assert_string_equal(err.text, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_is_meant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_given_away_pid_is_no_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_only_one_under_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_want_a_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resume_takes_back_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_run_of_the_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_that_cannot_keeps_no_other_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_runs_that_cannot_be_looked_for, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
