/* line_filter_test.c - which answers and which user agents are wanted. */
#include "predictor/ingest/line_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void statuses_are_chosen_by_ranges(void **state)
{
    (void)state;
    struct error err;
    struct line_filter filter;
    assert_int_equal(line_filter_init(&filter, "200-299,304", NULL, &err), 0);
    assert_true(line_filter_wants_status(&filter, 200));
    assert_true(line_filter_wants_status(&filter, 299));
    assert_true(line_filter_wants_status(&filter, 304));
    assert_false(line_filter_wants_status(&filter, 199));
    assert_false(line_filter_wants_status(&filter, 300));
    line_filter_free(&filter);
    assert_int_equal(line_filter_init(&filter, NULL, NULL, &err), 0);
    assert_true(line_filter_wants_status(&filter, 999));
    line_filter_free(&filter);
}

static void bad_ranges_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"",     "2xx",  "200-", "-200",        "299-200", "200,",
                                        ",200", "1000", "200 ", "200-299-300", "200;304"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct line_filter filter;
        char expected[200];
        snprintf(expected, sizeof expected,
                 "--status '%s' is no list of ranges; write 200-399 or 200-299,304", cases[i]);
        assert_int_equal(line_filter_init(&filter, cases[i], NULL, &err), -1);
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_string_equal(err.text, expected);
        line_filter_free(&filter);
    }
}

static void agents_are_found_in_any_case(void **state)
{
    (void)state;
    const char *folder = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof path, "%s/line-filter-XXXXXX", folder == NULL ? "/tmp" : folder);
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    static const char list[] = "\xef\xbb\xbfGoogleBot\r\n# robots\n\nHTTrack 3\n";
    assert_int_equal(write(descriptor, list, sizeof list - 1), sizeof list - 1);
    close(descriptor);
    struct error err;
    struct line_filter filter;
    static struct agent_cache cache;
    assert_int_equal(line_filter_init(&filter, NULL, path, &err), 0);
    assert_int_equal(filter.agent_count, 2);
    for (int round = 0; round < 2; round++) { /* the second time out of the cache */
        assert_false(line_filter_wants_agent(&filter, slice_of("x googlebot/2.1"), &cache));
        assert_false(line_filter_wants_agent(&filter, slice_of("HTTRACK 3"), &cache));
        assert_true(line_filter_wants_agent(&filter, slice_of("HTTrack 2"), &cache));
        assert_true(line_filter_wants_agent(&filter, slice_of("# robots"), &cache));
        assert_true(line_filter_wants_agent(&filter, slice_of(""), &cache));
    }
    line_filter_free(&filter);
    unlink(path);
    assert_int_equal(line_filter_init(&filter, NULL, path, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    line_filter_free(&filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_are_chosen_by_ranges),
        cmocka_unit_test(bad_ranges_are_refused),
        cmocka_unit_test(agents_are_found_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
