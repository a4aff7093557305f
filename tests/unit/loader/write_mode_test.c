/* write_mode_test.c - the words of --mode, and what they need of the config.
 * Room: tests. */
#include "loader/warm/write_mode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct family families[] = {
    {.name = "old", .line = 3},
    {.name = "new", .line = 9, .version_in_value = "changed"},
};
static const struct config config = {.path = "shop.conf", .families = families, .family_count = 2};

static void test_words(void **state)
{
    (void)state;
    static const bool needed[] = {true, true};
    struct error err = {0};
    enum sink_mode mode = SINK_OVERWRITE;
    assert_int_equal(write_mode_parse(NULL, &config, needed, &mode, &err), 0);
    assert_int_equal(mode, SINK_NX);
    assert_int_equal(write_mode_parse("overwrite", &config, needed, &mode, &err), 0);
    assert_int_equal(mode, SINK_OVERWRITE);
    assert_int_equal(write_mode_parse("nx", &config, needed, &mode, &err), 0);
    assert_int_equal(mode, SINK_NX);
    assert_int_equal(write_mode_parse("newer", &config, needed, &mode, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(err.text, "--mode: 'newer' is not nx, if-newer or overwrite");
}

static void test_if_newer_needs_a_version(void **state)
{
    (void)state;
    static const bool both[] = {true, true}, second[] = {false, true};
    struct error err = {0};
    enum sink_mode mode;
    assert_int_equal(write_mode_parse("if-newer", &config, second, &mode, &err), 0);
    assert_int_equal(mode, SINK_IF_NEWER);
    assert_int_equal(write_mode_parse("if-newer", &config, both, &mode, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.text,
                        "shop.conf:3: [family old] needs version_in_value = FIELD for --mode "
                        "if-newer: the field of its value that tells which one is newer");
}

static void test_only_nx_needs_no_warning(void **state)
{
    (void)state;
    assert_null(write_mode_warning(SINK_NX));
    assert_non_null(write_mode_warning(SINK_IF_NEWER));
    assert_non_null(write_mode_warning(SINK_OVERWRITE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_if_newer_needs_a_version),
        cmocka_unit_test(test_only_nx_needs_no_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
