/* process_test.c - a process is known by its number and its beginning. */
#include "common/process.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void this_process_is_alive(void **state)
{
    (void)state;
    int64_t start = process_start(getpid());
    assert_true(start > 0);
    assert_true(process_is_alive(getpid(), start));
    assert_true(process_is_alive(getpid(), 0));
}

static void a_number_given_away_is_another_process(void **state)
{
    (void)state;
    assert_false(process_is_alive(getpid(), process_start(getpid()) - 1));
}

static void a_name_may_look_like_what_follows_it(void **state)
{
    (void)state;
    int64_t start = process_start(getpid());
    assert_int_equal(prctl(PR_SET_NAME, "x) Z 1 1 1 (y"), 0);
    assert_int_equal(process_start(getpid()), start);
    assert_true(process_is_alive(getpid(), start));
}

static void the_dead_are_not_alive(void **state)
{
    (void)state;
    siginfo_t ended;
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
    assert_int_equal(kill(child, 0), 0); /* nobody has fetched it: the kernel still knows it */
    assert_false(process_is_alive(child, 0));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(process_is_alive(child, 0));
    assert_int_equal(process_start(child), 0);
}

static void no_number_is_no_process(void **state)
{
    (void)state;
    assert_false(process_is_alive(0, 0));
    assert_false(process_is_alive(-1, 0));
    assert_false(process_is_alive((int64_t)1 << 32 | getpid(), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_is_alive),
        cmocka_unit_test(a_number_given_away_is_another_process),
        cmocka_unit_test(a_name_may_look_like_what_follows_it),
        cmocka_unit_test(the_dead_are_not_alive),
        cmocka_unit_test(no_number_is_no_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
