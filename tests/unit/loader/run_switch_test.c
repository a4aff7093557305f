/* run_switch_test.c - each way to pause and to stop.
 * Room: tests. */
#include "loader/run/run_switch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 64, LATER_US = 1000000 };

static char folder[] = "/tmp/rekindle-switch.XXXXXX";
static int64_t now_us = 1;

static int make_folder(void **state)
{
    struct error err = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    return run_switch_install(&err);
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int reset(void **state)
{
    (void)state;
    run_switch_reset();
    return 0;
}

static enum run_wish look(struct run_switch *run_switch)
{
    now_us += LATER_US;
    return run_switch_look(run_switch, now_us);
}

static void touch(const char *name, char *path)
{
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void test_signals(void **state)
{
    (void)state;
    struct run_switch run_switch;
    run_switch_init(&run_switch, folder, NULL);
    assert_int_equal(look(&run_switch), WISH_RUN);
    raise(SIGUSR1);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    assert_string_equal(run_switch.why, "paused by SIGUSR1; SIGUSR2 goes on");
    raise(SIGUSR2);
    assert_int_equal(look(&run_switch), WISH_RUN);
    assert_string_equal(run_switch.why, "");
    assert_int_equal(atomic_load(run_switch_stop_flag()), 0);
    raise(SIGTERM);
    assert_int_equal(look(&run_switch), WISH_STOP);
    assert_string_equal(run_switch.why, "stopped by SIGTERM");
    assert_int_equal(atomic_load(run_switch_stop_flag()), 1);
    assert_int_equal(atomic_load(run_switch_abort_flag()), 0);
    raise(SIGINT);
    assert_int_equal(atomic_load(run_switch_abort_flag()), 1);
}

static void test_files(void **state)
{
    (void)state;
    char pause_path[PATH_SIZE], stop_path[PATH_SIZE];
    struct run_switch run_switch;
    run_switch_init(&run_switch, folder, NULL);
    touch("pause", pause_path);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    assert_non_null(strstr(run_switch.why, pause_path));
    touch("stop", stop_path);
    assert_int_equal(look(&run_switch), WISH_STOP);
    assert_non_null(strstr(run_switch.why, "stopped by the file"));
    unlink(stop_path);
    unlink(pause_path);
    assert_int_equal(look(&run_switch), WISH_RUN);
}

static void test_the_host_wide_folder_counts_too(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct run_switch run_switch;
    run_switch_init(&run_switch, "/nonexistent", folder);
    touch("pause", path);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    unlink(path);
    assert_int_equal(look(&run_switch), WISH_RUN);
}

/* Files are looked at every 200 ms only: looking is cheap. */
static void test_files_are_looked_at_now_and_then(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct run_switch run_switch;
    run_switch_init(&run_switch, folder, NULL);
    assert_int_equal(look(&run_switch), WISH_RUN);
    touch("stop", path);
    assert_int_equal(run_switch_look(&run_switch, now_us + 100000), WISH_RUN);
    assert_int_equal(run_switch_look(&run_switch, now_us + 200000), WISH_STOP);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_signals, reset),
        cmocka_unit_test_teardown(test_files, reset),
        cmocka_unit_test_teardown(test_the_host_wide_folder_counts_too, reset),
        cmocka_unit_test_teardown(test_files_are_looked_at_now_and_then, reset),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
