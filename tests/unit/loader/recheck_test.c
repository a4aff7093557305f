/* recheck_test.c - which versions are too young to be trusted.
 * Room: tests. */
#include "loader/warm/recheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SECOND_US = 1000000 };

static void test_young_versions(void **state)
{
    (void)state;
    static const int64_t noon_us = INT64_C(1794312000) * SECOND_US; /* 2026-11-10T12:00:00Z */
    static const struct {
        enum version_kind kind;
        const char *version;
        int64_t since_noon_us, since_read_us;
        bool is_young;
    } rows[] = {
        {VERSION_FINE_TIME, "2026-11-10 12:00:00.000000", SECOND_US, 500000, true},
        {VERSION_FINE_TIME, "2026-11-10 12:00:00.999999", 2 * SECOND_US, 500000, true},
        {VERSION_FINE_TIME, "2026-11-10 12:00:00.000000", 3 * SECOND_US, 500000, false},
        {VERSION_FINE_TIME, "2026-11-10 11:00:00.000000", 0, 0, false},
        /* changed a moment before it was read, but that was long enough ago */
        {VERSION_FINE_TIME, "2026-11-10 12:00:00.000000", 2 * SECOND_US + 1, 2 * SECOND_US, false},
        /* young when it was read, one second before */
        {VERSION_FINE_TIME, "2026-11-10 12:00:00.000000", 2500000, SECOND_US, true},
        /* a clock ahead of the database's */
        {VERSION_FINE_TIME, "2026-11-10 12:00:05.000000", 0, 0, true},
        /* without a zone: noon in UTC is some quarter of an hour, from midnight to two the next morning */
        {VERSION_FINE_LOCAL_TIME, "2026-11-10 12:00:00.000000", SECOND_US, 0, true},
        {VERSION_FINE_LOCAL_TIME, "2026-11-10 14:00:00.000000", SECOND_US, 0, true},
        {VERSION_FINE_LOCAL_TIME, "2026-11-10 17:45:00.000000", SECOND_US, 0, true},
        {VERSION_FINE_LOCAL_TIME, "2026-11-10 08:30:00.000000", SECOND_US, 0, true},
        {VERSION_FINE_LOCAL_TIME, "2026-11-11 02:00:00.000000", SECOND_US, 0, true},
        {VERSION_FINE_LOCAL_TIME, "2026-11-10 00:00:00.000000", SECOND_US, 0, true},
        {VERSION_FINE_LOCAL_TIME, "2026-11-10 14:00:00.000000", 3 * SECOND_US, 0, false},
        {VERSION_FINE_LOCAL_TIME, "2026-11-10 11:53:00.000000", 0, 0, false},
        {VERSION_FINE_LOCAL_TIME, "2026-11-09 12:00:00.000000", SECOND_US, 0, false},
        {VERSION_FINE_LOCAL_TIME, "2026-11-11 12:00:00.000000", SECOND_US, 0, false},
        {VERSION_FINE_LOCAL_TIME, "2026-11-10 14:00:00.000000", 0, 2 * SECOND_US, false},
        {VERSION_COUNTER, "17", 0, 0, false},
        {VERSION_COARSE_TIME, "2026-11-10 12:00:00", 0, 0, false},
        {VERSION_FINE_TIME, "not a time", 0, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(recheck_is_young(rows[i].kind, slice_of(rows[i].version),
                                          noon_us + rows[i].since_noon_us, rows[i].since_read_us),
                         rows[i].is_young);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_young_versions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
