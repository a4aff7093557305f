/* control_file_test.c - what stands in the file holds while it stands there; what is bad is said once.
 * Room: tests. May touch: a folder of its own. */
#include "loader/folder/control_file.h"

#include "common/message.h"
#include "common/monotonic.h"
#include "tests/unit/test_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_values_have_the_configs_units(void **state)
{
    (void)state;
    struct config config = {.pace = {.replica_lag_ms = 1500}};
    struct control_complaints complaints;
    control_file_parse("# slower, please\nrows = 5k\n\n  bytes=2MiB\r\nchunk_target = 50ms\n"
                       "rest_percent = 100\nthreads_running = 10\nthreads_running_critical = 20\n"
                       "hibernate = 5m\nredis_latency = 2ms\nconnections = 1\n; x = y\n"
                       "chunk_rows = 100",
                       &config, &complaints);
    assert_int_equal(complaints.count, 0);
    assert_int_equal(config.pace.rows_per_second, 5000);
    assert_int_equal(config.pace.bytes_per_second, 2 << 20);
    assert_int_equal(config.pace.chunk_target_ms, 50);
    assert_int_equal(config.pace.rest_percent, 100);
    assert_int_equal(config.pace.threads_running, 10);
    assert_int_equal(config.pace.threads_running_critical, 20);
    assert_int_equal(config.pace.hibernate_second, 300);
    assert_int_equal(config.pace.redis_latency_ms, 2);
    assert_int_equal(config.pace.replica_lag_ms, 1500);
    assert_int_equal(config.mysql.connections, 1);
    assert_int_equal(config.mysql.chunk_rows, 100);
}

static void test_bad_lines_are_told_and_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        {"rows = 5k\nrows = many\n", "line 2: rows: 'many' is not a count; write 5000, 200k or 3M"},
        {"rows", "line 1: 'rows' is not of the form key = value"},
        {"rows =", "line 1: rows: there is no value behind the ="},
        {"\nconnections = 0", "line 2: connections: 0 is not between 1 and 64"},
        {"password = x",
         "line 1: 'password' cannot be changed while a run is running; what can: rows, bytes, "
         "chunk_target, rest_percent, threads_running, threads_running_critical, hibernate, "
         "replica_lag, redis_latency, connections, chunk_rows"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config config = {.pace = {.rows_per_second = 7}, .mysql = {.connections = 2}};
        struct control_complaints complaints;
        control_file_parse(rows[i].text, &config, &complaints);
        assert_int_equal(complaints.count, 1);
        assert_string_equal(complaints.lines[0].text, rows[i].complaint);
        assert_int_equal(config.pace.rows_per_second, i == 0 ? 5000 : 7);
        assert_int_equal(config.mysql.connections, 2);
    }
}

static void test_many_bad_lines_are_counted(void **state)
{
    (void)state;
    struct config config = {0};
    struct control_complaints complaints;
    control_file_parse("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nrows = 3\n", &config, &complaints);
    assert_int_equal(complaints.count, 10);
    assert_int_equal(config.pace.rows_per_second, 3);
}

/* ---- the file */

struct scene {
    struct run_folder folder;
    struct control_file control;
    struct config base, in_force;
    char *said;
    size_t said_size;
    struct message message;
    int64_t now_us;
};

static void begin(struct scene *scene, const char *path)
{
    *scene = (struct scene){.now_us = 1, .base = {.pace = {.rows_per_second = 7}}};
    snprintf(scene->folder.path, sizeof scene->folder.path, "%s", path);
    control_file_init(&scene->control, &scene->folder);
    scene->message.verbosity = VERBOSITY_NORMAL;
}

static void write_control(const struct scene *scene, const char *text)
{
    FILE *file = fopen(scene->control.path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A look a second later; what it said is in `said`, the caller's to free. */
static bool look(struct scene *scene)
{
    scene->now_us += US_PER_SECOND;
    scene->message.out = open_memstream(&scene->said, &scene->said_size);
    bool is_changed = control_file_look(&scene->control, &scene->base, &scene->in_force,
                                        &scene->message, scene->now_us);
    fclose(scene->message.out);
    return is_changed;
}

static void assert_look(struct scene *scene, bool is_changed, const char *words)
{
    assert_int_equal(look(scene), is_changed);
    if (words == NULL) {
        assert_string_equal(scene->said, "");
    } else {
        assert_non_null(strstr(scene->said, words));
    }
    free(scene->said);
}

static void test_the_file_holds_while_it_is_there(void **state)
{
    struct scene *scene = malloc(sizeof *scene);
    begin(scene, *state);
    assert_look(scene, false, NULL);
    write_control(scene, "rows = 100\n");
    assert_look(scene, true, "control: its limits hold from now on\n");
    assert_int_equal(scene->in_force.pace.rows_per_second, 100);
    assert_look(scene, false, NULL);
    write_control(scene, "bytes = 5000\n");
    assert_look(scene, true, "hold from now on");
    assert_int_equal(scene->in_force.pace.rows_per_second, 7);
    assert_int_equal(scene->in_force.pace.bytes_per_second, 5000);
    unlink(scene->control.path);
    assert_look(scene, true, "control: gone; the config's limits hold again\n");
    assert_int_equal(scene->in_force.pace.bytes_per_second, 0);
    free(scene);
}

static void test_what_is_bad_is_said_once(void **state)
{
    struct scene *scene = malloc(sizeof *scene);
    begin(scene, *state);
    write_control(scene, "rows = 100\nspeed = 9\n");
    assert_look(scene, true, "control: line 2: 'speed' cannot be changed");
    assert_int_equal(scene->in_force.pace.rows_per_second, 100);
    assert_look(scene, false, NULL);
    FILE *file = fopen(scene->control.path, "w");
    for (int i = 0; i < CONTROL_FILE_SIZE_MAX; i++) {
        fputs("#\n", file);
    }
    fclose(file);
    assert_look(scene, false, "the limits stay as they are\n");
    assert_look(scene, false, NULL);
    free(scene);
}

static void test_it_is_read_once_a_second(void **state)
{
    struct scene *scene = malloc(sizeof *scene);
    begin(scene, *state);
    assert_look(scene, false, NULL);
    write_control(scene, "rows = 100\n");
    scene->now_us -= US_PER_SECOND / 2;
    assert_look(scene, false, NULL);
    assert_look(scene, true, "hold from now on");
    free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_have_the_configs_units),
        cmocka_unit_test(test_bad_lines_are_told_and_passed_over),
        cmocka_unit_test(test_many_bad_lines_are_counted),
        cmocka_unit_test_setup_teardown(test_the_file_holds_while_it_is_there, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_what_is_bad_is_said_once, test_folder_make,
                                        test_folder_remove),
        cmocka_unit_test_setup_teardown(test_it_is_read_once_a_second, test_folder_make,
                                        test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
