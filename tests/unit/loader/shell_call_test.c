/* shell_call_test.c - an operator's command gives its first line, sees no password, and is ended in time.
 * Room: tests. May touch: processes. */
#include "loader/run/shell_call.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT_MS = 20000, SHORT_MS = 200, LINE_SIZE = 8 };

static void test_first_line_as_far_as_it_fits(void **state)
{
    (void)state;
    char line[LINE_SIZE];
    struct error err = {0};
    const struct shell_variable variables[] = {{"REKINDLE_SHARE", "12.5"}, {NULL, NULL}};
    assert_int_equal(
        shell_call("echo $REKINDLE_SHARE; echo more", variables, LIMIT_MS, line, sizeof line, &err),
        0);
    assert_string_equal(line, "12.5");
    assert_int_equal(
        shell_call("yes 0123456789 | head -n 9999", NULL, LIMIT_MS, line, sizeof line, &err), 0);
    assert_string_equal(line, "0123456");
}

static void test_no_password_is_passed_on(void **state)
{
    (void)state;
    char line[LINE_SIZE];
    struct error err = {0};
    setenv("REKINDLE_REDIS_PASSWORD", "secret", 1);
    assert_int_equal(
        shell_call("echo \"<$REKINDLE_REDIS_PASSWORD>\"", NULL, LIMIT_MS, line, sizeof line, &err),
        0);
    assert_string_equal(line, "<>");
}

static void test_failures(void **state)
{
    (void)state;
    char line[LINE_SIZE];
    struct error err = {0};
    assert_int_equal(shell_call("exit 3", NULL, LIMIT_MS, line, sizeof line, &err), -1);
    assert_string_equal(err.text, "'exit 3' failed with exit code 3");
    assert_int_equal(err.kind, ERROR_BACKEND);
    assert_int_equal(shell_call("sleep 60 & sleep 60", NULL, SHORT_MS, line, sizeof line, &err),
                     -1);
    assert_string_equal(err.text, "'sleep 60 & sleep 60' took longer than 0.2 s and was ended");
}

/* Then the kernel throws away how a child ended; that is no success. */
static void test_lost_exit_code(void **state)
{
    (void)state;
    char line[LINE_SIZE];
    struct error err = {0};
    signal(SIGCHLD, SIG_IGN);
    int result = shell_call("exit 3", NULL, LIMIT_MS, line, sizeof line, &err);
    signal(SIGCHLD, SIG_DFL);
    assert_int_equal(result, -1);
    assert_string_equal(err.text, "'exit 3' failed with exit code 127");
}

static void test_numbers(void **state)
{
    (void)state;
    double number;
    struct error err = {0};
    assert_int_equal(shell_call_for_number("echo 812.5 ms", LIMIT_MS, &number, &err), 0);
    assert_true(number > 812.4 && number < 812.6);
    assert_int_equal(shell_call_for_number("echo unknown", LIMIT_MS, &number, &err), -1);
    assert_string_equal(err.text, "'echo unknown' prints no number: 'unknown'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_line_as_far_as_it_fits),
        cmocka_unit_test(test_no_password_is_passed_on),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_lost_exit_code),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
