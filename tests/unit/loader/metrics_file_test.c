/* metrics_file_test.c - the text format, where files go, and what guard and ramp put into theirs. */
#include "loader/folder/metrics_file.h"

#include <math.h>
#include <sys/stat.h>

#include "common/config.h"
#include "common/message.h"
#include "loader/load_options.h"
#include "loader/run/guard_metrics.h"
#include "loader/run/ramp_metrics.h"

#include "tests/unit/test_folder.h"

enum { TEXT_SIZE = 8192, NOW = 1794243730 };

static const char *text_of(const char *path)
{
    static char text[TEXT_SIZE];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void assert_has(const char *path, const char *line)
{
    char wanted[256];
    const char *text = text_of(path);
    snprintf(wanted, sizeof wanted, "\n%s\n", line);
    if (strstr(text, wanted) == NULL) {
        fail_msg("no line '%s' in:\n%s", line, text);
    }
}

static void files_go_beside_that_of_the_run(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name, *beside;
    } cases[] = {
        {"/x/rekindle.prom", "guard", "/x/rekindle-guard.prom"},
        {"rekindle", "guard", "rekindle-guard"},
        {".prom", "guard", ".prom-guard"},
        {"/x/a.prom", "ramp-sale/../\xc3\xa9 1.5", "/x/a-ramp-sale_..____1.5.prom"},
    };
    char beside[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(
            metrics_file_beside(beside, sizeof beside, cases[i].path, cases[i].name),
            cases[i].beside);
    }
    assert_null(metrics_file_beside(beside, 8, "/x/rekindle.prom", "guard"));
}

static void values_are_as_the_format_wants_them(void **state)
{
    static const char *const states[] = {"up", "down"};
    struct metrics_file file;
    struct error err;
    struct stat found;
    char path[TEST_PATH_SIZE * 2];
    snprintf(path, sizeof path, "%s", test_path(state, "m.prom"));
    assert_int_equal(metrics_file_open(&file, path, "x_", "run", "a\"b\\c\nd", &err), 0);
    metrics_file_states(&file, "Which.", states, 2, "down");
    metrics_file_counter(&file, "a_total", "How many.", 3);
    assert_int_equal(metrics_file_commit(&file, path, &err), 0);
    assert_string_equal(text_of(path), "# HELP x_state Which.\n# TYPE x_state gauge\n"
                                       "x_state{run=\"a\\\"b\\\\c\\nd\",state=\"up\"} 0\n"
                                       "x_state{run=\"a\\\"b\\\\c\\nd\",state=\"down\"} 1\n"
                                       "# HELP x_a_total How many.\n# TYPE x_a_total counter\n"
                                       "x_a_total{run=\"a\\\"b\\\\c\\nd\"} 3\n");
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0644);
}

static void guard_tells_of_losses(void **state)
{
    char base[TEST_PATH_SIZE * 2];
    snprintf(base, sizeof base, "%s", test_path(state, "m.prom"));
    struct config config = {.metrics_file = base};
    struct message message = {.out = NULL};
    const struct load_job job = {.config = &config, .message = &message};
    struct guard_metrics metrics;
    guard_metrics_init(&metrics, &job);
    metrics.loss_count = 2;
    metrics.lost_unix = NOW - 60;
    guard_metrics_save(&metrics, &job, GUARD_IS_WARMING, NOW);
    const char *path = test_path(state, "m-guard.prom");
    assert_has(path, "rekindle_guard_state{state=\"warming\"} 1");
    assert_has(path, "rekindle_guard_state{state=\"watching\"} 0");
    assert_has(path, "rekindle_guard_losses_total 2");
    assert_has(path, "rekindle_guard_lost_timestamp_seconds 1794243670");
    assert_has(path, "rekindle_guard_updated_timestamp_seconds 1794243730");
}

static void ramp_tells_of_shares_and_moves(void **state)
{
    char base[TEST_PATH_SIZE * 2];
    snprintf(base, sizeof base, "%s", test_path(state, "m.prom"));
    struct config config = {.metrics_file = base};
    struct load_options options = {.event = "sale"};
    struct message message = {.out = NULL};
    const struct load_job job = {.config = &config, .options = &options, .message = &message};
    struct ramp_decision decision = {.move = RAMP_BACK,
                                     .share = 1250,
                                     .hit_ratio = 0.75,
                                     .miss_per_second = 8,
                                     .is_degraded = true};
    struct ramp_log_entry entry = {
        .at_unix = NOW, .event = "sale", .decision = &decision, .source_ms = 120};
    struct ramp_metrics metrics;
    ramp_metrics_init(&metrics, &job);
    ramp_metrics_tell(&metrics, &job, &entry);
    const char *path = test_path(state, "m-ramp-sale.prom");
    assert_has(path, "rekindle_ramp_state{event=\"sale\",state=\"climbing\"} 1");
    assert_has(path, "rekindle_ramp_share_ratio{event=\"sale\"} 0.125");
    assert_has(path, "rekindle_ramp_moves_total{event=\"sale\",move=\"back\"} 1");
    assert_has(path, "rekindle_ramp_changed_timestamp_seconds{event=\"sale\"} 1794243730");
    assert_has(path, "rekindle_ramp_hit_ratio{event=\"sale\"} 0.75");
    assert_has(path, "rekindle_ramp_source_seconds{event=\"sale\"} 0.12");
    assert_has(path, "rekindle_ramp_degraded{event=\"sale\"} 1");
    decision = (struct ramp_decision){.move = RAMP_HOLD, .share = 1250, .hit_ratio = -1};
    entry.at_unix = NOW + 10;
    entry.source_ms = NAN;
    ramp_metrics_tell(&metrics, &job, &entry);
    assert_has(path, "rekindle_ramp_changed_timestamp_seconds{event=\"sale\"} 1794243730");
    assert_null(strstr(text_of(path), "hit_ratio"));
    assert_null(strstr(text_of(path), "source_seconds"));
    decision.move = RAMP_END_ZERO;
    ramp_metrics_tell(&metrics, &job, &entry);
    assert_has(path, "rekindle_ramp_state{event=\"sale\",state=\"ended_zero\"} 1");
    ramp_metrics_stop(&metrics, &job, 1250, NOW);
    assert_has(path, "rekindle_ramp_state{event=\"sale\",state=\"stopped\"} 1");
    assert_has(path, "rekindle_ramp_share_ratio{event=\"sale\"} 0.125");
}

static void who_asks_for_none_gets_none(void **state)
{
    (void)state;
    struct config config = {.metrics_file = NULL};
    struct message message = {.out = NULL};
    const struct load_job job = {.config = &config, .message = &message};
    struct guard_metrics metrics;
    guard_metrics_init(&metrics, &job);
    assert_string_equal(metrics.path, "");
    guard_metrics_save(&metrics, &job, GUARD_IS_WATCHING, NOW);
    assert_false(metrics.is_trouble_told);
    snprintf(metrics.path, sizeof metrics.path, "%s", test_path(state, "none/m.prom"));
    guard_metrics_save(&metrics, &job, GUARD_IS_WATCHING, NOW);
    assert_true(metrics.is_trouble_told);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, test_folder_make, test_folder_remove)
    const struct CMUnitTest tests[] = {
        CASE(files_go_beside_that_of_the_run), CASE(values_are_as_the_format_wants_them),
        CASE(guard_tells_of_losses),           CASE(ramp_tells_of_shares_and_moves),
        CASE(who_asks_for_none_gets_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
