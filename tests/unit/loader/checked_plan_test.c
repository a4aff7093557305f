/* checked_plan_test.c - what a plan wants of each family, counted while it is checked; what a run of it is called.
 * Room: tests. May touch: a plan in a folder of its own. */
#include "loader/warm/checked_plan.h"

#include "common/message.h"
#include "common/plan_writer.h"
#include "loader/load_options.h"
#include "tests/unit/test_folder.h"

enum { NOW = 1767225600, DAY = 86400, HOUR = 3600 }; /* 2026-01-01 */

static struct family families[2];
static struct config config = {
    .path = "shop.conf", .families = families, .family_count = 2, .max_expiries_per_second = 1000};
static struct load_options options;
static struct message quiet;
static struct load_job job = {
    .options = &options, .config = &config, .message = &quiet, .now_unix = NOW};

static int set_up(void **state)
{
    struct error err = {0};
    families[0] = (struct family){.name = "profile",
                                  .entity = ENTITY_USER,
                                  .ttl_after_end_second = HOUR,
                                  .ttl_jitter_second = HOUR};
    families[1] = (struct family){.name = "page", .entity = ENTITY_PRODUCT};
    load_options_init(&options);
    return key_template_parse("user:{id}", &families[0].key, &err) == 0 &&
                   key_template_parse("page:{id}", &families[1].key, &err) == 0
               ? test_folder_make(state)
               : -1;
}

/* `count` users, every tenth set to skip. */
static void write_plan(void **state, uint64_t count)
{
    enum { TEXT_SIZE = 32 };
    char id[TEXT_SIZE], key[TEXT_SIZE];
    struct error err = {0};
    struct plan_writer *writer = plan_writer_open(test_path(state, "plan.csv"), &err);
    assert_non_null(writer);
    for (uint64_t rank = 1; rank <= count; rank++) {
        snprintf(id, sizeof id, "%d", (int)(1000 + rank));
        snprintf(key, sizeof key, "user:%d", (int)(1000 + rank));
        const struct plan_row row = {.rank = rank,
                                     .id = slice_of(id),
                                     .key = slice_of(key),
                                     .family = slice_of("profile"),
                                     .action = rank % 10 == 0 ? PLAN_SKIP : PLAN_WARM,
                                     .benefit_ms = 2,
                                     .event = slice_of("sale"),
                                     .window_start_unix = NOW + DAY,
                                     .window_end_unix = NOW + 2 * DAY,
                                     .as_of_unix = NOW - DAY};
        assert_int_equal(plan_writer_append(writer, &row, &err), 0);
    }
    assert_int_equal(plan_writer_close(writer, &err), 0);
    options.plan = test_path(state, "plan.csv");
}

static void test_counts(void **state)
{
    struct error err = {0};
    struct checked_plan plan;
    struct plan_row row;
    write_plan(state, 100);
    assert_int_equal(checked_plan_open(&plan, &job, &err), 0);
    assert_int_equal(plan.identity.warm_count, 90);
    assert_int_equal(plan.loads[0].row_count, 90);
    assert_int_equal(plan.loads[1].row_count, 0);
    assert_true(plan.is_family_needed[0] && !plan.is_family_needed[1]);
    assert_int_equal(plan.key_bytes, 90 * strlen("user:1001"));
    assert_int_equal(plan_reader_next(plan.reader, &row, &err), 1); /* it stands at the first row */
    assert_int_equal(row.rank, 1);
    checked_plan_close(&plan);
    assert_null(plan.reader);
}

static void test_expiries(void **state)
{
    char text[CHECKED_PLAN_TEXT_SIZE];
    struct error err = {0};
    struct checked_plan plan;
    struct expiry_peak peak;
    write_plan(state, 4000);
    assert_int_equal(checked_plan_open(&plan, &job, &err), 0);
    assert_int_equal(checked_plan_judge_expiries(&plan, &job, &peak, &err), 0);
    assert_string_equal(checked_plan_print_expiries(text, &plan, &peak),
                        "13 keys a second (mean 1), from 2026-01-03T01:00:00Z on");
    families[0].ttl_jitter_second = 0; /* all at once */
    assert_int_equal(checked_plan_judge_expiries(&plan, &job, &peak, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.text,
                        "too many keys would expire at once: 3966 keys a second (mean 3600), from "
                        "2026-01-03T01:00:00Z on, more than [run] max_expiries_per_second = 1000; "
                        "raise ttl_jitter of the families, or give them different ttl");
    checked_plan_close(&plan);
}

static void test_manifest(void **state)
{
    struct error err = {0};
    struct checked_plan plan;
    struct run_manifest manifest;
    char *absolute;
    write_plan(state, 10);
    assert_int_equal(checked_plan_open(&plan, &job, &err), 0);
    checked_plan_fill_manifest(&plan, &job, "redis at x", &manifest);
    assert_non_null(absolute = realpath(options.plan, NULL));
    assert_string_equal(manifest.plan_path, absolute);
    free(absolute);
    assert_string_equal(manifest.target, "redis at x");
    assert_string_equal(manifest.event, "sale");
    assert_string_equal(manifest.plan_digest, plan.identity.digest);
    assert_int_equal(manifest.window_end_unix, NOW + 2 * DAY);
    checked_plan_close(&plan);
}

static void assert_refused(enum error_kind kind, const char *text)
{
    struct error err = {0};
    struct checked_plan plan;
    assert_int_equal(checked_plan_open(&plan, &job, &err), -1);
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, text) == NULL) {
        fail_msg("%s", err.text);
    }
    checked_plan_close(&plan); /* fine again */
}

static void test_refusals(void **state)
{
    struct error err = {0};
    options.plan = NULL;
    assert_refused(ERROR_USAGE, "--plan FILE is missing");
    write_plan(state, 10);
    job.now_unix = NOW + 2 * DAY;
    assert_refused(ERROR_INPUT,
                   "is a plan for a window that ended at 2026-01-03T00:00:00Z; make a new plan");
    job.now_unix = NOW;
    options.max_plan_age_second = HOUR;
    assert_refused(ERROR_INPUT, "was made as of 2025-12-31T00:00:00Z, 1.0 days ago");
    load_options_init(&options);
    options.plan = test_path(state, "plan.csv");
    assert_int_equal(key_template_parse("other:{id}", &families[0].key, &err), 0);
    assert_refused(ERROR_INPUT, "plan.csv:2: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts, set_up, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_expiries, set_up, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_manifest, set_up, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
