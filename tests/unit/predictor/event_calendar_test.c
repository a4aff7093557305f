/* event_calendar_test.c - calendars of people, their mistakes, and rounding. */
#include "predictor/calendar/event_calendar.h"

#include "tests/unit/test_folder.h"

enum { HOUR = 3600 };

static struct event_calendar *load(void **state, const char *text, const struct zone *zone,
                                   struct error *err)
{
    error_clear(err);
    return event_calendar_load(test_put_text(state, "events.csv", text), zone, HOUR, NULL, err);
}

static const char *refusal(void **state, const char *text)
{
    static struct error err;
    assert_null(load(state, text, NULL, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    return strchr(strstr(err.text, "rekindle-test-"), '/') + 1;
}

static void events_come_in_order_of_time(void **state)
{
    struct error err;
    size_t count;
    struct event_calendar *calendar =
        load(state,
             "end,name,colour,start,kind\n2026-11-14,winter,red,2026-11-11,sale\n"
             "2026-06-12T00:00:00Z,\"summer, hot\",,2026-06-10T08:15:00+02:00,\n",
             NULL, &err);
    assert_non_null(calendar);
    const struct event_window *windows = event_calendar_windows(calendar, &count);
    assert_int_equal(count, 2);
    assert_string_equal(windows[0].name, "summer, hot");
    assert_string_equal(windows[0].kind, "");
    assert_int_equal(windows[0].start_unix, 1781071200); /* 06:00Z, rounded down from 06:15Z */
    assert_int_equal(windows[0].end_unix, 1781222400);
    assert_string_equal(windows[1].kind, "sale");
    assert_int_equal(windows[1].start_unix, 1794355200);
    assert_ptr_equal(event_calendar_find(calendar, "winter"), &windows[1]);
    assert_null(event_calendar_find(calendar, "spring"));
    assert_int_equal(event_calendar_count_past(calendar, 1781222399), 0);
    assert_int_equal(event_calendar_count_past(calendar, 1781222400), 1);
    assert_int_equal(event_calendar_count_past(calendar, INT64_MAX), 2);
    char text[40], small[8];
    assert_string_equal(event_calendar_print_coming(calendar, 0, text, sizeof text),
                        "summer, hot, winter");
    assert_string_equal(event_calendar_print_coming(calendar, INT64_MAX, text, sizeof text),
                        "none");
    assert_string_equal(event_calendar_print_coming(calendar, 0, small, sizeof small), "summer,");
    event_calendar_free(calendar);
    event_calendar_free(NULL);
}

static void dates_are_of_the_zone(void **state)
{
    struct error err;
    size_t count;
    struct zone *zone = zone_open("Europe/Madrid", &err);
    struct event_calendar *calendar =
        load(state, "name;start;end\na;2026-11-11;2026-11-12\n", zone, &err);
    const struct event_window *windows = event_calendar_windows(calendar, &count);
    assert_int_equal(windows[0].start_unix, 1794355200 - HOUR);
    event_calendar_free(calendar);
    zone_close(zone);
}

static void an_empty_calendar_is_one(void **state)
{
    struct error err;
    size_t count = 9;
    struct event_calendar *calendar = load(state, "name,start,end\n", NULL, &err);
    assert_non_null(calendar);
    event_calendar_windows(calendar, &count);
    assert_int_equal(count, 0);
    event_calendar_free(calendar);
}

static void neighbours_do_not_overlap(void **state)
{
    struct error err;
    struct event_calendar *calendar =
        load(state,
             "name,start,end\na,2026-11-11,2026-11-12T00:30:00\nb,2026-11-12T00:30:00,2026-11-13\n",
             NULL, &err);
    assert_non_null(calendar);
    event_calendar_free(calendar);
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"name,start\n",
         "events.csv:1: the column 'end' is missing; a calendar has name,start,end[,kind][,keys]"},
        {"name,start,end\na,yesterday,2026-11-12\n",
         "events.csv:2: start is not a time as 2026-11-11 or 2026-11-11T08:00:00Z: 'yesterday'"},
        {"name,start,end\na,2026-11-11,\n",
         "events.csv:2: end is not a time as 2026-11-11 or 2026-11-11T08:00:00Z: ''"},
        {"name,start,end\n,2026-11-11,2026-11-12\n",
         "events.csv:2: the name of an event has 1 to 255 bytes: ''"},
        {"name,start,end\na,2026-11-12,2026-11-12\n",
         "events.csv:2: the event 'a' does not end after its start"},
        {"name,start,end\na,2026-11-11,2026-11-12\nb,2026-11-13,2026-11-14\na,2026-11-15,2026-11-"
         "16\n",
         "events.csv:4: the name 'a' stands in line 2 already"},
        {"name,start,end\na,2026-11-11,2026-11-14\nb,2026-11-01,2026-11-12\n",
         "events.csv:2: the event 'a' overlaps 'b' of line 3; keep the one that matters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(refusal(state, cases[i].text), cases[i].expected);
    }
}

static void rounding_is_said(void **state)
{
    struct error err;
    char said[300];
    FILE *out = fopen(test_path(state, "said"), "w+");
    struct message message = {.out = out, .verbosity = VERBOSITY_NORMAL};
    const char *path = test_put_text(state, "events.csv",
                                     "name,start,end\na,2026-11-11,2026-11-12\n"
                                     "b,2026-11-13T10:59:59Z,2026-11-14T00:00:01Z\n");
    struct event_calendar *calendar = event_calendar_load(path, NULL, HOUR, &message, &err);
    rewind(out);
    said[fread(said, 1, sizeof said - 1, out)] = '\0';
    fclose(out);
    assert_non_null(strstr(said, "1 event is rounded outward to the history's buckets; b to "
                                 "2026-11-13T10:00:00Z/2026-11-14T01:00:00Z"));
    event_calendar_free(calendar);
}

static void windows_are_rounded_outward(void **state)
{
    (void)state;
    static const struct {
        int64_t start_unix, end_unix, rounded_start_unix, rounded_end_unix;
    } cases[] = {
        {0, HOUR, 0, HOUR},   {1, HOUR, 0, HOUR},   {HOUR - 1, HOUR + 1, 0, 2 * HOUR},
        {-1, 1, -HOUR, HOUR}, {-HOUR, 0, -HOUR, 0}, {-2 * HOUR - 1, -HOUR - 1, -3 * HOUR, -HOUR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event_window window = {"", "", cases[i].start_unix, cases[i].end_unix, NULL};
        bool has_changed = event_calendar_round(&window, HOUR);
        assert_int_equal(window.start_unix, cases[i].rounded_start_unix);
        assert_int_equal(window.end_unix, cases[i].rounded_end_unix);
        assert_int_equal(has_changed, window.start_unix != cases[i].start_unix ||
                                          window.end_unix != cases[i].end_unix);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_in_order_of_time), cmocka_unit_test(dates_are_of_the_zone),
        cmocka_unit_test(an_empty_calendar_is_one),     cmocka_unit_test(neighbours_do_not_overlap),
        cmocka_unit_test(mistakes_are_named),           cmocka_unit_test(rounding_is_said),
        cmocka_unit_test(windows_are_rounded_outward),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
