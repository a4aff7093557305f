/* run_builder_test.c - runs against the twin: any order, any batches, any spills give the same keys. */
#include "predictor/history/run_builder.h"

#include "tests/unit/predictor/history_twin.h"
#include "tests/unit/test_folder.h"

enum { BATCH_MAX = 700 };

static int next_of_merge(void *self, struct key_history *key, struct error *err)
{
    return key_merge_next(self, key, err);
}

static void check_builder(struct run_builder *builder, struct twin *twin)
{
    struct key_source sources[128];
    struct error err;
    size_t count = run_builder_source_count(builder);
    assert_true(count <= 128);
    for (size_t i = 0; i < count; i++) {
        sources[i] = run_builder_source(builder, i);
    }
    struct key_merge *merge = key_merge_new(sources, count, &err);
    assert_non_null(merge);
    struct key_source merged = {.next = next_of_merge, .self = merge};
    twin_check(twin, merged);
    run_builder_rewind(builder);
    key_merge_restart(merge);
    twin_check(twin, merged);
    key_merge_free(merge);
}

/* Fills builder and twin with `event_count` events in batches of random sizes. */
static void fill(struct run_builder *builder, struct twin *twin, uint64_t seed, size_t event_count)
{
    static struct access_event batch[BATCH_MAX];
    static char ids[BATCH_MAX][TWIN_ID_SIZE];
    struct error err;
    while (event_count > 0) {
        size_t count = twin_random(&seed) % BATCH_MAX + 1;
        count = count < event_count ? count : event_count;
        for (size_t i = 0; i < count; i++) {
            batch[i] = twin_random_event(&seed, ids[i]);
            twin_take(twin, &batch[i]);
        }
        assert_int_equal(run_builder_take(builder, batch, count, &err), 0);
        event_count -= count;
    }
}

static void run_against_twin(void **state, uint64_t seed, size_t event_count, uint64_t limit)
{
    struct twin twin;
    struct error err;
    twin_init(&twin, 3600);
    struct run_builder *builder =
        run_builder_new(&(struct run_builder_options){.spill_path = test_path(state, "spill"),
                                                      .bucket_second = 3600,
                                                      .memory_limit_bytes = limit},
                        &err);
    assert_non_null(builder);
    fill(builder, &twin, seed, event_count);
    assert_int_equal(run_builder_event_count(builder), event_count);
    assert_int_equal(run_builder_finish(builder, &err), 0);
    assert_int_equal(run_builder_source_count(builder) > 1, limit == 1);
    check_builder(builder, &twin);
    run_builder_free(builder);
    free(twin.events);
}

static void no_events(void **state)
{
    run_against_twin(state, 1, 0, 0);
}

static void in_memory(void **state)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        run_against_twin(state, seed, seed * seed * 30, 0);
    }
}

/* One byte of memory: every batch is spilled, and more than 64 spills are merged on the way. */
static void spilled(void **state)
{
    run_against_twin(state, 77, 600, 1);
    run_against_twin(state, 78, 20000, 1);
}

/* Spills are gone after free, also when the builder was never finished. */
static void removes_its_spills(void **state)
{
    struct twin twin;
    struct error err;
    twin_init(&twin, 3600);
    const char *path = test_path(state, "left");
    struct run_builder *builder = run_builder_new(
        &(struct run_builder_options){
            .spill_path = path, .bucket_second = 3600, .memory_limit_bytes = 1},
        &err);
    fill(builder, &twin, 5, 2000);
    assert_int_equal(access(test_path(state, "left-1"), F_OK), 0);
    run_builder_free(builder);
    assert_int_equal(access(test_path(state, "left-1"), F_OK), -1);
    free(twin.events);
}

static void many_like_keys(void **state)
{
    (void)state;
    struct twin twin;
    struct error err;
    char ids[600][TWIN_ID_SIZE];
    twin_init(&twin, 1);
    struct run_builder *builder =
        run_builder_new(&(struct run_builder_options){.bucket_second = 1}, &err);
    for (int i = 0; i < 600; i++) { /* alike in 32 bytes and more; some are prefixes of others */
        memset(ids[i], 0, sizeof ids[i]);
        struct access_event event = {.at_unix = -i, .id = {ids[i], (size_t)(1 + i % 48)}};
        ids[i][i % 48] = (char)(i / 48);
        twin_take(&twin, &event);
        assert_int_equal(run_builder_take(builder, &event, 1, &err), 0);
    }
    assert_int_equal(run_builder_finish(builder, &err), 0);
    check_builder(builder, &twin);
    run_builder_free(builder);
    free(twin.events);
}

static void refuses_times_out_of_range(void **state)
{
    (void)state;
    struct error err;
    struct run_builder *builder =
        run_builder_new(&(struct run_builder_options){.bucket_second = 60}, &err);
    struct access_event event = {.at_unix = (int64_t)INT32_MAX * 60 + 59, .id = {"u", 1}};
    assert_int_equal(run_builder_take(builder, &event, 1, &err), 0);
    event.at_unix = (int64_t)INT32_MIN * 60;
    assert_int_equal(run_builder_take(builder, &event, 1, &err), 0);
    event.at_unix--;
    assert_int_equal(run_builder_take(builder, &event, 1, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.text, "an event has the time -128849018881, too far from 1970 for a "
                                  "history with buckets of 60 s");
    run_builder_free(builder);
}

static void full_disk_is_an_error(void **state)
{
    (void)state;
    struct error err;
    struct twin twin;
    twin_init(&twin, 60);
    struct run_builder *builder = run_builder_new(
        &(struct run_builder_options){
            .spill_path = "/dev/full/x", .bucket_second = 60, .memory_limit_bytes = 1},
        &err);
    char id[TWIN_ID_SIZE];
    uint64_t seed = 3;
    struct access_event event = twin_random_event(&seed, id);
    assert_int_equal(run_builder_take(builder, &event, 1, &err), 0);
    assert_int_equal(run_builder_take(builder, &event, 1, &err), -1);
    assert_string_equal(err.text, "cannot write /dev/full/x-1: Not a directory");
    run_builder_free(builder);
    free(twin.events);
}

static void buckets_before_1970(void **state)
{
    (void)state;
    static const struct {
        int64_t at_unix, bucket_second;
        int32_t bucket;
    } cases[] = {{0, 3600, 0},      {3599, 3600, 0},   {3600, 3600, 1}, {-1, 3600, -1},
                 {-3600, 3600, -1}, {-3601, 3600, -2}, {-1, 1, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t bucket;
        assert_int_equal(bucket_from_unix(cases[i].at_unix, cases[i].bucket_second, &bucket), 0);
        assert_int_equal(bucket, cases[i].bucket);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_events),
        cmocka_unit_test(in_memory),
        cmocka_unit_test(spilled),
        cmocka_unit_test(removes_its_spills),
        cmocka_unit_test(many_like_keys),
        cmocka_unit_test(refuses_times_out_of_range),
        cmocka_unit_test(full_disk_is_an_error),
        cmocka_unit_test(buckets_before_1970),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
