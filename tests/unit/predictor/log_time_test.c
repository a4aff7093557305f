/* log_time_test.c - the fast reader of timestamps, case by case and against the calendar of common/. */
#include "predictor/ingest/log_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct zone *open_zone(const char *name)
{
    struct error err;
    struct zone *zone = zone_open(name, &err);
    assert_non_null(zone);
    return zone;
}

static void good_times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at_unix;
    } cases[] = {
        {"17/May/2015:10:05:03 +0000", 1431857103},
        {"17/May/2015:12:05:03 +0200", 1431857103},
        {"17/May/2015:04:35:03 -0530", 1431857103},
        {"17/May/2015:10:05:03", 1431857103},
        {"29/Feb/2024:00:00:00 +0000", 1709164800},
        {"31/Dec/2016:23:59:60 +0000", 1483228800},
        {"2015-05-17T10:05:03Z", 1431857103},
        {"2015-05-17T10:05:03z", 1431857103},
        {"2015-05-17T12:05:03+02:00", 1431857103},
        {"2015-05-17T12:05:03+0200", 1431857103},
        {"2015-05-17T12:05:03+02", 1431857103},
        {"2015-05-17 10:05:03", 1431857103},
        {"2015-05-17 10:05:03.999", 1431857103},
        {"2015-05-17T10:05:03.999999999Z", 1431857103},
        {"2015-05-17T10:05", 1431857100},
        {"2015-05-17", 1431820800},
        {"1431857103", 1431857103},
        {"1431857103.999", 1431857103},
        {"1431857103.", 1431857103},
        {"1431857103123", 1431857103},
        {"1431857103123456", 1431857103},
        {"1431857103123456789", 1431857103},
        {"0", 0},
    };
    struct log_clock clock;
    log_clock_init(&clock, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t at_unix = -1;
        if (log_time_parse(&clock, slice_of(cases[i].text), &at_unix) != 0 ||
            at_unix != cases[i].at_unix) {
            fail_msg("%s gave %lld", cases[i].text, (long long)at_unix);
        }
    }
}

static void bad_times_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "-",
        "x",
        "17/May/2015",
        "17/Mai/2015:10:05:03 +0000",
        "17/May/2015:10:05:03+0000",
        "17/May/2015:10:05:03 +000",
        "17/May/2015:10:05:03 +0060",
        "17/May/2015:10:05:03 +9900",
        "17/May/2015:10:05:61 +0000",
        "17/May/2015:24:05:03 +0000",
        "17/May/2015 10:05:03 +0000",
        "17-May/2015:10:05:03 +0000",
        "30/Feb/2015:10:05:03 +0000",
        "2015-02-30T10:05:03Z",
        "2015-05-17T10:60:03Z",
        "2015-05-17T10:05:03.Z",
        "2015-05-17T10:05:03 Z",
        "2015-05-17X10:05:03",
        "2015/05/17 10:05:03",
        "20;5-05-17T10:05:03Z",
        "17/May/20;5:10:05:03 +0000",
        "1.431857e9",
        "-5",
        "12345678901234567890",
        "9999999999999999999",
        "1431857103.5x",
        "1431857103 ",
    };
    struct log_clock clock;
    log_clock_init(&clock, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t at_unix;
        if (log_time_parse(&clock, slice_of(cases[i]), &at_unix) != -1) {
            fail_msg("'%s' was taken for a time", cases[i]);
        }
    }
}

/* Every 17 minutes around the changes of a zone, with the clock's memory warm from the time before. */
static void remembered_hours_agree_with_the_calendar(void **state)
{
    (void)state;
    static const char *const names[] = {"UTC", "+05:45", "Europe/Madrid", "America/St_Johns",
                                        "Australia/Lord_Howe"};
    const int64_t step = 17 * 60 + 1, span = 400 * 86400;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        struct zone *zone = open_zone(names[n]);
        struct log_clock clock;
        log_clock_init(&clock, zone);
        for (int64_t at = 1262304000; at < 1262304000 + span; at += step) {
            struct civil civil = civil_from_unix(at);
            char text[CIVIL_TEXT_SIZE];
            snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", civil.year % 10000,
                     civil.month % 100, civil.day % 100, civil.hour % 100, civil.minute % 100,
                     civil.second % 100);
            int64_t fast = -1, slow = -2;
            assert_int_equal(log_time_parse(&clock, slice_of(text), &fast), 0);
            assert_int_equal(civil_parse_rfc3339(slice_of(text), zone, &slow, NULL), 0);
            if (fast != slow) {
                fail_msg("%s in %s: %lld, not %lld", text, names[n], (long long)fast,
                         (long long)slow);
            }
        }
        zone_close(zone);
    }
}

static void the_zone_is_for_times_that_tell_none(void **state)
{
    (void)state;
    struct zone *zone = open_zone("Europe/Madrid");
    struct log_clock clock;
    log_clock_init(&clock, zone);
    int64_t at_unix;
    assert_int_equal(log_time_parse(&clock, slice_of("2015-05-17 12:05:03"), &at_unix), 0);
    assert_int_equal(at_unix, 1431857103);
    assert_int_equal(log_time_parse(&clock, slice_of("2015-05-17T12:05:03+02:00"), &at_unix), 0);
    assert_int_equal(at_unix, 1431857103);
    assert_int_equal(log_time_parse(&clock, slice_of("2015-05-17T10:05:03Z"), &at_unix), 0);
    assert_int_equal(at_unix, 1431857103);
    assert_int_equal(log_time_parse(&clock, slice_of("17/May/2015:12:05:03"), &at_unix), 0);
    assert_int_equal(at_unix, 1431857103);
    zone_close(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_times_are_read),
        cmocka_unit_test(bad_times_are_refused),
        cmocka_unit_test(remembered_hours_agree_with_the_calendar),
        cmocka_unit_test(the_zone_is_for_times_that_tell_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
