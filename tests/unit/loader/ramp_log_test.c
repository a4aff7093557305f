/* ramp_log_test.c - decisions as CSV, and as lines for people. */
#include "loader/run/ramp_log.h"

#include <math.h>

#include "tests/unit/test_folder.h"

enum { AT = 1794243730 };

static void write_both(struct ramp_log *log)
{
    struct error err;
    struct ramp_signs signs = {.read_count = 1230};
    struct ramp_decision decision = {.move = RAMP_RAISE,
                                     .share = 2000,
                                     .hit_ratio = 0.9214,
                                     .miss_per_second = 12,
                                     .why = "hit ratio 92.1%, the source is well"};
    struct ramp_log_entry entry = {
        .at_unix = AT, .event = "sale", .signs = &signs, .decision = &decision, .source_ms = 80};
    assert_int_equal(ramp_log_write(log, &entry, &err), 1);
    decision = (struct ramp_decision){.move = RAMP_HOLD,
                                      .share = 50,
                                      .is_degraded = true,
                                      .hit_ratio = -1,
                                      .why = "Redis does not answer"};
    signs.read_count = 0;
    entry.source_ms = NAN;
    assert_int_equal(ramp_log_write(log, &entry, &err), 1);
}

static void assert_file(const char *path, const char *wanted)
{
    char text[2048];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, wanted);
}

#define HEADER "at,event,move,share,hit_ratio,reads,misses_per_second,source_ms,degraded,why\n"
#define ROWS                                                                                       \
    "2026-11-09T17:02:10Z,sale,raise,20,0.9214,1230,12,80,0,\"hit ratio 92.1%, the source is "     \
    "well\"\n2026-11-09T17:02:10Z,sale,hold,0.5,,0,0,,1,Redis does not answer\n"

static void a_file_gets_csv_with_one_header(void **state)
{
    struct ramp_log log;
    struct error err;
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(ramp_log_open(&log, test_path(state, "log.csv"), &err), 0);
        assert_false(log.is_for_people);
        write_both(&log);
        ramp_log_close(&log);
    }
    assert_file(test_path(state, "log.csv"), HEADER ROWS ROWS);
    assert_int_equal(ramp_log_open(&log, test_path(state, "none/log.csv"), &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(
        strstr(err.text, "none/log.csv cannot be opened for appending: No such file or directory"));
}

static void a_full_disk_is_told_once(void **state)
{
    (void)state;
    struct error err = {0};
    struct ramp_signs signs = {0};
    struct ramp_decision decision = {.move = RAMP_HOLD, .why = "soaking"};
    struct ramp_log_entry entry = {
        .at_unix = AT, .event = "sale", .signs = &signs, .decision = &decision, .source_ms = NAN};
    struct ramp_log log = {.out = fopen("/dev/full", "w")};
    assert_non_null(log.out);
    assert_int_equal(ramp_log_write(&log, &entry, &err), -1);
    assert_int_equal(err.kind, ERROR_RESOURCE);
    assert_string_equal(err.text, "a decision is not written to the log: No space left on device");
    assert_int_equal(ramp_log_write(&log, &entry, &err), 0);
    fclose(log.out);
}

/* What was written of the line that did not fit stays a line of its own. */
static void room_again_begins_a_line(void **state)
{
    struct ramp_log log = {.out = fopen(test_path(state, "log.csv"), "w"), .has_failed = true};
    assert_non_null(log.out);
    fputs("2026-11-09T17:0", log.out);
    write_both(&log);
    ramp_log_close(&log);
    assert_file(test_path(state, "log.csv"), "2026-11-09T17:0\n" ROWS);
}

static void people_get_lines_that_fit(void **state)
{
    struct ramp_log log = {.out = fopen(test_path(state, "lines"), "w"), .is_for_people = true};
    assert_non_null(log.out);
    write_both(&log);
    ramp_log_close(&log);
    assert_file(test_path(state, "lines"),
                "17:02:10Z     20%  92.1%      12.0  raise: hit ratio 92.1%, the source is well\n"
                "17:02:10Z    0.5%      -       0.0  hold, degraded: Redis does not answer\n");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, test_folder_make, test_folder_remove)
    const struct CMUnitTest tests[] = {
        CASE(a_file_gets_csv_with_one_header),
        CASE(a_full_disk_is_told_once),
        CASE(room_again_begins_a_line),
        CASE(people_get_lines_that_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
