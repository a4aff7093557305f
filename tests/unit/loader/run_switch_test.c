/* run_switch_test.c - each way to pause and to stop.
 * Room: tests. */
#include "loader/live/run_switch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 64, ADVICE_SIZE = 256, LATER_US = 1000000 };

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

static int forget_latch(void **state)
{
    char path[PATH_SIZE];
    (void)state;
    snprintf(path, sizeof path, "%s/switch", folder);
    unlink(path);
    return 0;
}

static int reset(void **state)
{
    forget_latch(state);
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

static bool exists(const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void test_signals(void **state)
{
    (void)state;
    char advice[ADVICE_SIZE];
    struct run_switch run_switch;
    run_switch_init(&run_switch, folder, NULL);
    assert_int_equal(look(&run_switch), WISH_RUN);
    raise(SIGUSR1);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    assert_string_equal(run_switch.why, "paused by SIGUSR1");
    raise(SIGUSR2);
    assert_int_equal(look(&run_switch), WISH_RUN);
    assert_string_equal(run_switch.why, "");
    assert_int_equal(atomic_load(run_switch_stop_flag()), 0);
    raise(SIGTERM);
    assert_int_equal(look(&run_switch), WISH_STOP);
    assert_string_equal(run_switch.why, "stopped by SIGTERM");
    assert_string_equal(run_switch_advice(&run_switch, advice, sizeof advice),
                        "the same command resumes");
    assert_int_equal(atomic_load(run_switch_stop_flag()), 1);
    assert_int_equal(atomic_load(run_switch_abort_flag()), 0);
    raise(SIGINT);
    assert_int_equal(atomic_load(run_switch_abort_flag()), 1);
}

/* A file in the run's folder is a letter: taken in, latched, and lifted by a resume only. */
/* What starts us may have left it ignored, which exec keeps: children's exit codes would be lost. */
static void test_children_are_heard_of(void **state)
{
    struct error err = {0};
    struct sigaction action;
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(run_switch_install(&err), 0);
    assert_int_equal(sigaction(SIGCHLD, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_DFL);
}

static void test_letters_are_taken_in_and_latched(void **state)
{
    (void)state;
    char path[PATH_SIZE], wanted[ADVICE_SIZE], advice[ADVICE_SIZE];
    struct error err = {0};
    struct run_switch run_switch, later;
    run_switch_init(&run_switch, folder, NULL);
    touch("pause", path);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    snprintf(wanted, sizeof wanted, "paused by the file %s", path);
    assert_string_equal(run_switch.why, wanted);
    assert_false(exists("pause"));
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    touch("stop", path);
    assert_int_equal(look(&run_switch), WISH_STOP);
    assert_int_equal(look(&run_switch), WISH_STOP);
    snprintf(wanted, sizeof wanted,
             "`rekindle-load resume --run %s` lifts that, then the same command goes on", folder);
    assert_string_equal(run_switch_advice(&run_switch, advice, sizeof advice), wanted);

    run_switch_init(&later, folder, NULL); /* the next process */
    assert_int_equal(look(&later), WISH_STOP);
    struct switch_latch resumed = {.wish = WISH_RUN};
    assert_int_equal(switch_latch_save(folder, &resumed, &err), 0);
    assert_int_equal(look(&later), WISH_RUN);
    assert_string_equal(later.why, "");
}

static void test_a_lost_latch_lifts_nothing(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct run_switch run_switch;
    run_switch_init(&run_switch, folder, NULL);
    touch("pause", path);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    forget_latch(NULL);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    assert_true(exists("switch"));
    touch("switch", path); /* damaged: it wishes nothing */
    assert_int_equal(look(&run_switch), WISH_PAUSE);
}

/* A pause never takes a stop back. */
static void test_a_stop_outranks_a_pause(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct run_switch run_switch;
    run_switch_init(&run_switch, folder, NULL);
    touch("stop", path);
    assert_int_equal(look(&run_switch), WISH_STOP);
    raise(SIGUSR1);
    assert_int_equal(look(&run_switch), WISH_STOP);
    raise(SIGUSR2);
    assert_int_equal(look(&run_switch), WISH_STOP);
}

/* The host's file is for all runs: it stays, and is seen again after a resume. */
static void test_the_host_wide_folder_counts_too(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct run_switch run_switch;
    run_switch_init(&run_switch, NULL, folder);
    touch("pause", path);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    assert_true(exists("pause"));
    raise(SIGUSR2);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    unlink(path);
    assert_int_equal(look(&run_switch), WISH_PAUSE);
    raise(SIGUSR2);
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
}

static void test_the_latch_tells_what_it_cannot_read(void **state)
{
    (void)state;
    char path[PATH_SIZE], wanted[ADVICE_SIZE];
    struct error err = {0};
    struct switch_latch latch;
    assert_int_equal(switch_latch_load(folder, &latch, &err), 0);
    touch("switch", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("wish = sleep\n", file);
    fclose(file);
    assert_int_equal(switch_latch_load(folder, &latch, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    snprintf(wanted, sizeof wanted, "%s: wish is 'sleep', not run, pause or stop", path);
    assert_string_equal(err.text, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_signals, reset),
        cmocka_unit_test(test_children_are_heard_of),
        cmocka_unit_test_teardown(test_letters_are_taken_in_and_latched, reset),
        cmocka_unit_test_teardown(test_a_lost_latch_lifts_nothing, reset),
        cmocka_unit_test_teardown(test_a_stop_outranks_a_pause, reset),
        cmocka_unit_test_teardown(test_the_host_wide_folder_counts_too, reset),
        cmocka_unit_test_teardown(test_files_are_looked_at_now_and_then, reset),
        cmocka_unit_test_teardown(test_the_latch_tells_what_it_cannot_read, reset),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
