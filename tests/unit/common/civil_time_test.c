/* civil_time_test.c - the calendar against the C library, the parser case by case, zones at their edges. */
#include "common/civil_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static struct zone *open_zone(const char *name)
{
    struct error err;
    struct zone *zone = zone_open(name, &err);
    assert_non_null(zone);
    return zone;
}

static void calendar_agrees_with_the_library(void **state)
{
    (void)state;
    const int64_t step = 86400 * 13 + 7919;
    for (int64_t at = -62135596800; at < 253402300800; at += step) {
        time_t moment = (time_t)at;
        struct tm expected;
        gmtime_r(&moment, &expected);
        struct civil civil = civil_from_unix(at);
        assert_int_equal(civil.year, expected.tm_year + 1900);
        assert_int_equal(civil.month, expected.tm_mon + 1);
        assert_int_equal(civil.day, expected.tm_mday);
        assert_int_equal(civil.hour, expected.tm_hour);
        assert_int_equal(civil.second, expected.tm_sec);
        assert_true(civil_to_unix(&civil) == at);
    }
}

static void times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t unix_second;
        int millisecond;
    } cases[] = {
        {"1970-01-01", 0, 0},
        {"2026-11-11T08:00:00Z", 1794384000, 0},
        {"2026-11-11t08:00:00z", 1794384000, 0},
        {"2026-11-11 08:00", 1794384000, 0},
        {"2026-11-11T16:00:00+08:00", 1794384000, 0},
        {"2026-11-11T02:30:00-0530", 1794384000, 0},
        {"2026-11-11T08:00:00.25Z", 1794384000, 250},
        {"2026-11-11T08:00:00.123456789Z", 1794384000, 123},
        {"2024-02-29", 1709164800, 0},
        {"1969-12-31T23:59:59Z", -1, 0},
        {"2016-12-31T23:59:60Z", 1483228800, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t unix_second = -99;
        int millisecond = -99;
        struct slice text = slice_of(cases[i].text);
        assert_int_equal(civil_parse_rfc3339(text, NULL, &unix_second, &millisecond), 0);
        assert_true(unix_second == cases[i].unix_second);
        assert_int_equal(millisecond, cases[i].millisecond);
    }
}

static void bad_times_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2026",
        "2026-1-1",
        "2026-13-01",
        "2026-00-10",
        "2026-02-29",
        "2026-04-31",
        "2026-11-11T",
        "2026-11-11T24:00:00",
        "2026-11-11T08:60",
        "2026-11-11T08:00:61",
        "2026-11-11T08:00:00.",
        "2026-11-11T08:00:00+",
        "2026-11-11T08:00:00+24:00",
        "2026-11-11T08:00:00Zx",
        "2026-11-11x",
        "x026-11-11",
        "2026-11-11T08:00:00+01:0",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t unix_second;
        assert_int_equal(civil_parse_rfc3339(slice_of(cases[i]), NULL, &unix_second, NULL), -1);
    }
    struct error err;
    int64_t unix_second;
    assert_int_equal(civil_parse_time("soon", NULL, &unix_second, &err), -1);
    assert_string_equal(err.text, "'soon' is not a time; write 2026-11-11 or 2026-11-11T08:00:00Z");
}

static void windows_are_read(void **state)
{
    (void)state;
    struct error err;
    int64_t start;
    int64_t end;
    assert_int_equal(civil_parse_window("2026-11-11/2026-11-14", NULL, &start, &end, &err), 0);
    assert_true(end - start == 3 * SECONDS_PER_DAY);
    assert_int_equal(civil_parse_window("2026-11-14/2026-11-11", NULL, &start, &end, &err), -1);
    assert_string_equal(err.text, "the window '2026-11-14/2026-11-11' ends before it starts");
    assert_int_equal(civil_parse_window("2026-11-14", NULL, &start, &end, &err), -1);
    assert_string_equal(err.text, "'2026-11-14' is not a window; write START/END, as "
                                  "2026-11-11/2026-11-14");
    assert_int_equal(civil_parse_window("x/2026-11-11", NULL, &start, &end, &err), -1);
    assert_int_equal(civil_parse_window("2026-11-11/x", NULL, &start, &end, &err), -1);
}

static void zones_shift_the_wall_clock(void **state)
{
    (void)state;
    struct zone *madrid = open_zone("Europe/Madrid");
    int64_t unix_second;
    /* Winter, summer, the gap of 2026-03-29 02:00..03:00, the overlap of 2026-10-25 02:00..03:00. */
    civil_parse_rfc3339(slice_of("2026-01-15T12:00:00"), madrid, &unix_second, NULL);
    assert_true(unix_second == 1768474800);
    civil_parse_rfc3339(slice_of("2026-07-15T12:00:00"), madrid, &unix_second, NULL);
    assert_true(unix_second == 1784109600);
    civil_parse_rfc3339(slice_of("2026-03-29T02:30:00"), madrid, &unix_second, NULL);
    assert_true(unix_second == 1774747800); /* 03:30 CEST */
    civil_parse_rfc3339(slice_of("2026-10-25T02:30:00"), madrid, &unix_second, NULL);
    assert_true(unix_second == 1792888200); /* 02:30 CEST, the earlier */
    char text[CIVIL_TEXT_SIZE];
    assert_string_equal(civil_print_rfc3339(text, 1784109600, madrid), "2026-07-15T12:00:00+02:00");
    assert_string_equal(civil_print_rfc3339(text, 1784109600, NULL), "2026-07-15T10:00:00Z");
    zone_close(madrid);
}

static void zones_agree_with_the_library(void **state)
{
    (void)state;
    static const char *const names[] = {"America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
                                        "Africa/Casablanca", "America/Sao_Paulo"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone *zone = open_zone(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t at = 0; at < 2500000000; at += 40009) {
            time_t moment = (time_t)at;
            struct tm expected;
            localtime_r(&moment, &expected);
            assert_int_equal(zone_offset_second(zone, at), expected.tm_gmtoff);
        }
        unsetenv("TZ");
        tzset();
        zone_close(zone);
    }
}

static void fixed_zones_and_wrong_names(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "+25:00", "zone.tab"};
    struct zone *zone = open_zone("-05:30");
    assert_int_equal(zone_offset_second(zone, 1794384000), -19800);
    zone_close(zone);
    zone_close(open_zone("UTC"));
    zone_close(open_zone("local"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err;
        assert_null(zone_open(wrong[i], &err));
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    struct error err;
    assert_null(zone_open("Mars/Olympus", &err));
    assert_string_equal(err.text,
                        "there is no time zone 'Mars/Olympus'; write UTC, +02:00, local or "
                        "a name as Europe/Madrid (Debian's package tzdata has them)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar_agrees_with_the_library),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(bad_times_are_refused),
        cmocka_unit_test(windows_are_read),
        cmocka_unit_test(zones_shift_the_wall_clock),
        cmocka_unit_test(zones_agree_with_the_library),
        cmocka_unit_test(fixed_zones_and_wrong_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
