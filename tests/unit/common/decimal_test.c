/* decimal_test.c - numbers in and out, against the C library. */
#include "common/decimal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void counts_are_whole_digits(void **state)
{
    (void)state;
    uint64_t count = 7;
    assert_int_equal(decimal_parse_count(slice_of("18446744073709551615"), &count), 0);
    assert_true(count == UINT64_MAX);
    assert_int_equal(decimal_parse_count(slice_of("007"), &count), 0);
    assert_int_equal(count, 7);
    static const char *const bad[] = {"",   "18446744073709551616", "-1", "+1", "1.0", " 1", "1e3",
                                      "0x1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(decimal_parse_count(slice_of(bad[i]), &count), -1);
    }
}

static void numbers_agree_with_the_library(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "0",
        "1",
        "-1",
        "0.5",
        ".5",
        "5.",
        "0.1",
        "0.3",
        "123456.789",
        "1e22",
        "1e23",
        "1E-05",
        "2.5e+3",
        "9007199254740993",
        "0.000001",
        "4.35",
        "17976931348623157e292",
        "1e-320",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        "00012.50",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double number = -99;
        assert_int_equal(decimal_parse(slice_of(cases[i]), '.', &number), 0);
        assert_true(number == strtod(cases[i], NULL));
    }
    srand(1);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        double number;
        snprintf(text, sizeof text, "%d.%09de%d", rand() % 1000, rand() % 1000000000,
                 rand() % 40 - 20);
        assert_int_equal(decimal_parse(slice_of(text), '.', &number), 0);
        assert_true(number == strtod(text, NULL));
    }
}

static void a_comma_is_a_point_where_it_is_meant(void **state)
{
    (void)state;
    double number;
    assert_int_equal(decimal_parse(slice_of("0,25"), ',', &number), 0);
    assert_true(number == 0.25);
    assert_int_equal(decimal_parse(slice_of("0,10000000000000000001"), ',', &number), 0);
    assert_true(number == 0.1);
    assert_int_equal(decimal_parse(slice_of("0.25"), ',', &number), -1);
    assert_int_equal(decimal_parse(slice_of("0,25"), '.', &number), -1);
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",   ".",   "-",   "+1",    "1e",    "1e+",   "e5",  "1.2.3",         " 1",
        "1 ", "nan", "inf", "0x1p3", "1,000", "1e400", "--1", "1e99999999999", "12a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double number;
        assert_int_equal(decimal_parse(slice_of(bad[i]), '.', &number), -1);
    }
    double number;
    assert_int_equal(decimal_parse((struct slice){"1\0", 2}, '.', &number), -1);
    assert_int_equal(decimal_parse((struct slice){NULL, 0}, '.', &number), -1);
}

static void printing_is_short(void **state)
{
    (void)state;
    static const struct {
        double number;
        int places;
        const char *text;
    } cases[] = {
        {0, 6, "0"},
        {0.5, 6, "0.5"},
        {1, 6, "1"},
        {0.0000004, 6, "0"},
        {-0.0000004, 6, "0"},
        {-1.25, 2, "-1.25"},
        {12.005, 2, "12.01"},
        {0.999999999, 6, "1"},
        {0.000001, 6, "0.000001"},
        {41.7, 0, "42"},
        {1e15, 6, "1000000000000000"},
        {1e22, 2, "10000000000000000000000"},
        {1234567890.125, 3, "1234567890.125"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[DECIMAL_TEXT_SIZE];
        size_t size = decimal_print(text, cases[i].number, cases[i].places);
        text[size] = '\0';
        assert_string_equal(text, cases[i].text);
    }
    char text[DECIMAL_TEXT_SIZE];
    assert_int_equal(decimal_print(text, -1.7976931348623157e308, 9), 310);
    assert_int_equal(decimal_print_count(text, UINT64_MAX), 20);
    assert_memory_equal(text, "18446744073709551615", 20);
}

static void what_is_printed_is_read(void **state)
{
    (void)state;
    srand(2);
    for (int i = 0; i < 20000; i++) {
        double number = rand() / 1000.0;
        char text[DECIMAL_TEXT_SIZE];
        double back;
        size_t size = decimal_print(text, number, 6);
        assert_int_equal(decimal_parse((struct slice){text, size}, '.', &back), 0);
        assert_true(fabs(back - number) < 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_whole_digits),
        cmocka_unit_test(numbers_agree_with_the_library),
        cmocka_unit_test(a_comma_is_a_point_where_it_is_meant),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(printing_is_short),
        cmocka_unit_test(what_is_printed_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
