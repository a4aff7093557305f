/* run_metrics_test.c - a run whose name has quotes leaves a file that Prometheus can read. */
#include "loader/folder/run_metrics.h"

#include "loader/folder/run_status.h"
#include "loader/rules/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_SIZE = 16384 };

static void names_are_escaped(void **unused)
{
    (void)unused;
    char folder[] = "/tmp/run_metrics_test.XXXXXX";
    char path[sizeof folder + 8];
    static char text[TEXT_SIZE];
    struct error err;
    struct run_status status;
    struct pace pace;
    memset(&status, 0, sizeof status);
    memset(&pace, 0, sizeof pace);
    snprintf(status.state, sizeof status.state, "running");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.prom", folder);
    const struct run_metrics metrics = {.run = "a\"b\\c\nd", .status = &status, .pace = &pace};
    assert_int_equal(run_metrics_save(path, &metrics, &err), 0);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_non_null(
        strstr(text, "rekindle_run_state{run=\"a\\\"b\\\\c\\nd\",state=\"running\"} 1\n"));
    assert_non_null(strstr(text, "rekindle_run_settled_rows{run=\"a\\\"b\\\\c\\nd\",outcome="));
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_escaped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
