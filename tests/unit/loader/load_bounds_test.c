/* load_bounds_test.c - what ends a load before its plan: the deadline, also in a pause, and a database that stays away.
 * Room: tests. May touch: the clock; no server. */
#include "loader/warm/load_bounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "loader/live/run_switch.h"
#include "loader/warm/wave_soak.h"
#include "tests/unit/test_folder.h"

enum { NOW = 1795996800 };

static const struct message quiet = {.verbosity = VERBOSITY_QUIET};
static struct benefit_curve curve;
static struct governor_look seen; /* what the stand-in for the watch says */

/* In place of the watch. */
void governor_watch_look(struct governor_watch *watch, struct governor_look *look)
{
    (void)watch;
    *look = seen;
}
void governor_watch_note(struct governor_watch *watch, uint64_t written_count,
                         uint64_t failed_count)
{
    (void)watch, (void)written_count, (void)failed_count;
}
void governor_watch_change(struct governor_watch *watch, const struct config *config)
{
    (void)watch, (void)config;
}

static void make_bounds(struct load_bounds *bounds, struct pulse *pulse)
{
    benefit_curve_init(&curve);
    *bounds = (struct load_bounds){.curve = &curve, .message = &quiet};
    *pulse = (struct pulse){.warm_count = 1000, .started_us = monotonic_us()};
    pulse->totals.tally.count[OUTCOME_WARMED] = 400;
    pace_init(&pulse->pace, 0, monotonic_us());
}

static void test_a_bad_deadline(void **state)
{
    (void)state;
    struct load_bounds bounds;
    struct pulse pulse;
    struct error err = {0};
    make_bounds(&bounds, &pulse);
    assert_int_equal(load_bounds_set_deadline(&bounds, "soon", NOW, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_int_equal(load_bounds_set_deadline(&bounds, NULL, NOW, &err), 0);
    assert_int_equal(bounds.deadline.at_us, 0);
    assert_int_equal(load_bounds_look(&bounds, &pulse, &err), 0);
}

static void test_a_deadline_ends_it_with_its_counts(void **state)
{
    (void)state;
    struct load_bounds bounds;
    struct pulse pulse;
    struct error err = {0};
    size_t allowed = 0;
    make_bounds(&bounds, &pulse);
    assert_int_equal(load_bounds_set_deadline(&bounds, "1h", NOW, &err), 0);
    assert_int_equal(load_bounds_ask(&bounds, &pulse, 77, &allowed, &err), 0);
    assert_int_equal(allowed, 77); /* no memory is watched */
    assert_int_equal(pulse.outlook.deadline_unix, NOW + 3600);
    bounds.deadline.at_us = monotonic_us();
    assert_int_equal(load_bounds_ask(&bounds, &pulse, 77, &allowed, &err), -1);
    assert_int_equal(err.kind, ERROR_DEADLINE);
    assert_string_equal(err.text,
                        "the deadline 2026-11-30T01:00:00Z is reached with 400 of 1000 planned "
                        "keys settled; the same command with a later --deadline goes on");
    pulse.totals.tally.count[OUTCOME_WARMED] = 450; /* what was under way is settled by now */
    load_bounds_tell_end(&bounds, &pulse, &err);
    assert_non_null(strstr(err.text, "with 450 of 1000"));
}

static void test_a_deadline_ends_a_pause(void **state)
{
    struct load_bounds bounds;
    struct pulse pulse;
    struct error err = {0};
    make_bounds(&bounds, &pulse);
    test_put_text(state, "pause", "");
    run_switch_init(&pulse.run_switch, NULL, *state);
    pulse.deadline_us = monotonic_us() + US_PER_SECOND / 4;
    assert_int_equal(pulse_beat(&pulse, &err), -1);
    assert_int_equal(err.kind, ERROR_DEADLINE);
    assert_true(monotonic_us() >= pulse.deadline_us);
    assert_true(pulse.pace.throttled_us[THROTTLE_PAUSE] > 0);
}

static void test_a_deadline_ends_a_soak(void **state)
{
    (void)state;
    struct load_bounds bounds;
    struct pulse pulse;
    struct error err = {0};
    make_bounds(&bounds, &pulse);
    bounds.deadline.at_us = monotonic_us() + US_PER_SECOND / 10;
    struct wave_soak soak = {.pulse = &pulse,
                             .bounds = &bounds,
                             .message = &quiet,
                             .soak_second = 60,
                             .wave = 1,
                             .wave_count = 3};
    assert_int_equal(wave_soak_run(&soak, &err), -1);
    assert_int_equal(err.kind, ERROR_DEADLINE);
}

static void test_what_to_do_when_a_wave_is_unhealthy(void **state)
{
    (void)state;
    enum wave_action action;
    struct error err = {0};
    assert_int_equal(wave_soak_parse_action(NULL, &action, &err), 0);
    assert_int_equal(action, WAVE_HOLD);
    assert_int_equal(wave_soak_parse_action("rollback", &action, &err), 0);
    assert_int_equal(action, WAVE_ROLLBACK);
    assert_int_equal(wave_soak_parse_action("panic", &action, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(err.text, "--on-unhealthy is 'panic', not hold, stop or rollback");
}

static void test_an_unhealthy_wave_stops(void **state)
{
    (void)state;
    struct load_bounds bounds;
    struct pulse pulse;
    struct error err = {0};
    struct config base = {.pace = {.threads_running = 5, .threads_running_critical = 9}};
    make_bounds(&bounds, &pulse);
    seen = (struct governor_look){0};
    health_read(&seen.health, HEALTH_THREADS_RUNNING, 7, monotonic_us());
    health_read(&seen.health, HEALTH_REDIS_LATENCY_US, 1, monotonic_us());
    pulse.base = &base;
    pulse.in_force = base;
    pulse.message = &quiet;
    pulse.watch = (struct governor_watch *)(void *)&seen;
    struct wave_soak soak = {.pulse = &pulse,
                             .bounds = &bounds,
                             .message = &quiet,
                             .soak_second = 1,
                             .on_unhealthy = WAVE_STOP,
                             .wave = 1,
                             .wave_count = 3};
    assert_int_equal(wave_soak_run(&soak, &err), -1);
    assert_int_equal(err.kind, ERROR_NO_GO);
    assert_non_null(strstr(err.text, "after wave 1 of 3, "));
    assert_non_null(strstr(err.text, "looks were bad: Threads_running 7, limit 5; the next wave "
                                     "was not begun"));
}

static void test_a_database_that_stays_away_ends_it(void **state)
{
    (void)state;
    struct load_bounds bounds;
    struct pulse pulse;
    struct error err = {0};
    struct config base = {.patience_ms = 2000};
    make_bounds(&bounds, &pulse);
    pulse.base = &base;
    pulse.in_force = base;
    pulse.message = &quiet;
    pulse.watch = (struct governor_watch *)(void *)&seen;
    seen = (struct governor_look){.lost_us = monotonic_us() - US_PER_SECOND};
    error_set(&seen.trouble, ERROR_INPUT, "MySQL: cannot connect: no such file (2002)");
    assert_int_equal(pulse_beat(&pulse, &err), 0); /* not yet */
    seen.lost_us -= (int64_t)2 * US_PER_SECOND;
    assert_int_equal(pulse_breathe(&pulse, &err), 0); /* what is under way comes to its end */
    assert_int_equal(pulse_beat(&pulse, &err), -1);
    assert_int_equal(err.kind, ERROR_BACKEND);
    assert_string_equal(err.text,
                        "the database has not answered for 3.0 s, longer than [run] patience, so "
                        "this run gives up; the same command resumes it: MySQL: cannot connect: no "
                        "such file (2002)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_deadline),
        cmocka_unit_test(test_a_deadline_ends_it_with_its_counts),
        cmocka_unit_test_setup_teardown(test_a_deadline_ends_a_pause, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test(test_a_deadline_ends_a_soak),
        cmocka_unit_test(test_what_to_do_when_a_wave_is_unhealthy),
        cmocka_unit_test(test_an_unhealthy_wave_stops),
        cmocka_unit_test(test_a_database_that_stays_away_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
