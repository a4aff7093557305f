/* units_test.c - every spelling in, every spelling out. */
#include "common/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct good_case {
    const char *text;
    double value;
};

static void counts_are_read(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"0", 0}, {"17", 17}, {"200k", 200000}, {"3M", 3000000}, {"1.5k", 1500}, {"1 k", 1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        uint64_t count = 0;
        assert_int_equal(units_parse_count(cases[i].text, &count, &err), 0);
        assert_int_equal(count, (uint64_t)cases[i].value);
    }
}

static void bytes_are_read(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"512", 512},         {"64KiB", 65536},    {"64kB", 64000}, {"2GiB", 2147483648.0},
        {"2G", 2147483648.0}, {"1.5MiB", 1572864}, {"1 TB", 1e12},  {"7 B", 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        uint64_t bytes = 0;
        assert_int_equal(units_parse_bytes(cases[i].text, &bytes, &err), 0);
        assert_int_equal(bytes, (uint64_t)cases[i].value);
    }
}

static void durations_are_read(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"500ms", 500},  {"90s", 90e3},   {"15m", 900e3}, {"6h", 216e5}, {"30d", 2592e6},
        {"2w", 12096e5}, {"1h30m", 54e5}, {"1.5h", 54e5}, {"0s", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        int64_t duration_ms = -1;
        assert_int_equal(units_parse_duration_ms(cases[i].text, &duration_ms, &err), 0);
        assert_int_equal(duration_ms, (int64_t)cases[i].value);
    }
}

static void shares_are_read(void **state)
{
    (void)state;
    struct error err;
    double share = -1;
    assert_int_equal(units_parse_share("80%", &share, &err), 0);
    assert_true(share > 0.7999 && share < 0.8001);
    assert_int_equal(units_parse_share("0.05", &share, &err), 0);
    assert_true(share > 0.0499 && share < 0.0501);
    assert_int_equal(units_parse_share("1", &share, &err), 0);
}

static void bad_texts_are_refused_in_words(void **state)
{
    (void)state;
    struct error err;
    uint64_t count;
    int64_t duration;
    double number;
    static const char *const bad_counts[] = {"",     "k",   "-1",       "1e3",
                                             "0x10", "1.5", "5 apples", "1kk"};
    for (size_t i = 0; i < sizeof bad_counts / sizeof *bad_counts; i++) {
        assert_int_equal(units_parse_count(bad_counts[i], &count, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    assert_int_equal(units_parse_count("many", &count, &err), -1);
    assert_string_equal(err.text, "'many' is not a count; write 5000, 200k or 3M");
    assert_int_equal(units_parse_bytes("2Gb", &count, &err), -1);
    assert_string_equal(err.text, "'2Gb' is not a size; write 512, 64KiB or 2GiB");
    assert_int_equal(units_parse_duration_ms("30", &duration, &err), -1);
    assert_string_equal(err.text,
                        "'30' is not a duration; write 500ms, 90s, 15m, 6h, 30d or 1h30m");
    assert_int_equal(units_parse_duration_second("1500ms", &duration, &err), -1);
    assert_string_equal(err.text, "'1500ms' is not a whole number of seconds");
    assert_int_equal(units_parse_share("120%", &number, &err), -1);
    assert_string_equal(err.text, "'120%' is not a share; write 80% or 0.8");
    assert_int_equal(units_parse_number("nan", &number, &err), -1);
    assert_int_equal(units_parse_number(" 1", &number, &err), -1);
    assert_int_equal(units_parse_number("1x", &number, &err), -1);
    assert_string_equal(err.text, "'1x' is not a number");
}

static void amounts_are_printed(void **state)
{
    (void)state;
    char text[UNITS_TEXT_SIZE];
    assert_string_equal(units_print_bytes(text, 0), "0 B");
    assert_string_equal(units_print_bytes(text, 1536), "1.5 KiB");
    assert_string_equal(units_print_bytes(text, UINT64_MAX), "16.0 EiB");
    assert_string_equal(units_print_count(text, 9999), "9999");
    assert_string_equal(units_print_count(text, 418000), "418k");
    assert_string_equal(units_print_count(text, 12345678), "12.3M");
    assert_string_equal(units_print_duration(text, 0.25), "250 ms");
    assert_string_equal(units_print_duration(text, 12.34), "12.3 s");
    assert_string_equal(units_print_duration(text, 123), "2 min 03 s");
    assert_string_equal(units_print_duration(text, 3900), "1 h 05 min");
    assert_string_equal(units_print_duration(text, 200000), "2.3 days");
    assert_string_equal(units_print_duration(text, -1), "0 ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_read),
        cmocka_unit_test(bytes_are_read),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(shares_are_read),
        cmocka_unit_test(bad_texts_are_refused_in_words),
        cmocka_unit_test(amounts_are_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
