/* error_test.c - one line, the right kind, context in front. */
#include "common/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void a_message_is_one_line(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(
        error_set(&err, ERROR_INPUT, "%s:%d: bad value '%s'", "plan.csv", 17, "a\nb\033c"), -1);
    assert_string_equal(err.text, "plan.csv:17: bad value 'a?b?c'");
    assert_int_equal(err.kind, ERROR_INPUT);
}

static void a_full_disk_is_a_resource_whoever_reports_it(void **state)
{
    (void)state;
    struct error err;
    error_set_errno(&err, ERROR_INPUT, ENOSPC, "writing %s", "x");
    assert_string_equal(err.text, "writing x: No space left on device");
    assert_int_equal(err.kind, ERROR_RESOURCE);
    error_set_errno(&err, ERROR_INPUT, ENOENT, "cannot read %s", "x");
    assert_string_equal(err.text, "cannot read x: No such file or directory");
    assert_int_equal(err.kind, ERROR_INPUT);
}

static void context_goes_in_front_and_the_kind_stays(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERROR_BACKEND, "connection refused");
    assert_int_equal(error_add_context(&err, "redis %s", "/tmp/r.sock"), -1);
    assert_string_equal(err.text, "redis /tmp/r.sock: connection refused");
    assert_int_equal(err.kind, ERROR_BACKEND);
    error_clear(&err);
    assert_int_equal(err.kind, ERROR_NONE);
}

static void long_texts_are_cut_not_overrun(void **state)
{
    (void)state;
    struct error err;
    char longer[3 * ERROR_TEXT_SIZE];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set(&err, ERROR_INPUT, "%s", longer);
    assert_int_equal(strlen(err.text), ERROR_TEXT_SIZE - 1);
    error_add_context(&err, "%s", longer);
    assert_true(strlen(err.text) < ERROR_TEXT_SIZE);
    error_set_errno(&err, ERROR_INPUT, ENOENT, "%s", longer);
    assert_non_null(strstr(err.text, ": No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_one_line),
        cmocka_unit_test(a_full_disk_is_a_resource_whoever_reports_it),
        cmocka_unit_test(context_goes_in_front_and_the_kind_stays),
        cmocka_unit_test(long_texts_are_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
