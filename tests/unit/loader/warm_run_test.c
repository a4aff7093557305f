/* warm_run_test.c - a run that breaks off anywhere and is started again ends like an undisturbed one.
 * Room: tests. Source and sink are stand-ins in memory, so that every single call can be the one that fails. */
#include "loader/load_job.h"

#include <inttypes.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/file_io.h"
#include "common/message.h"
#include "loader/load_options.h"
#include "loader/live/governor_watch.h"
#include "loader/live/run_switch.h"
#include "loader/sink/redis_control.h"
#include "loader/sink/sink.h"
#include "loader/source/source.h"

enum {
    IDS = 60,
    TEXT_SIZE = 128,
    PATH_SIZE = 256,
    WINDOW_RANKS = 13,
    MISSING_EVERY = 11, /* ids that the source lacks */
    BIG_EVERY = 17,     /* ids whose value is too big */
    OWN_EVERY = 7,      /* keys that the application wrote before */
    SKIP_EVERY = 19     /* rows that the reviewer set to skip */
};

/* ---- the stand-in for Redis: one slot an id */

struct slot {
    bool is_present;
    char value[TEXT_SIZE];
    int64_t expire_unix; /* 0: never */
};

static struct slot slots[IDS];
static char written_order[IDS * 8]; /* ids in the order of their writes */
static atomic_uint calls;           /* of sink and source, on two threads */
static unsigned failing_call;       /* which call of sink or source fails; 0: none */
static bool is_lost_answer;         /* the failing write has reached Redis all the same */
static int stale_id = -1;           /* changes in the source between the two looks; -1: none */
static unsigned source_generation;  /* part of every value */

struct sink {
    int unused;
};
struct redis_control {
    int unused;
};
struct source {
    const struct source_options *options;
    struct source_account account;
};

static bool is_failing(struct error *err)
{
    unsigned call = atomic_fetch_add(&calls, 1) + 1;
    if (call != failing_call) {
        return false;
    }
    error_set(err, ERROR_BACKEND, "call %u fails", call);
    return true;
}

static int number_of(struct slice text)
{
    int number = 0;
    for (size_t i = 0; i < text.size; i++) {
        number = number * 10 + (text.bytes[i] - '0');
    }
    return number;
}

static struct slot *slot_of(struct slice key)
{
    size_t prefix = strlen("user:");
    return &slots[number_of((struct slice){key.bytes + prefix, key.size - prefix})];
}

struct sink *sink_open(const struct sink_options *options, struct error *err)
{
    static struct sink sink;
    (void)options;
    return is_failing(err) ? NULL : &sink;
}

void sink_close(struct sink *sink)
{
    (void)sink;
}

const char *sink_name(const struct sink *sink)
{
    (void)sink;
    return "redis at memory, database 0";
}

struct sink_account sink_account(const struct sink *sink)
{
    (void)sink;
    return (struct sink_account){0};
}

int sink_check_rights(struct sink *sink, struct error *err)
{
    (void)sink;
    return is_failing(err) ? -1 : 0;
}

int sink_secure(struct sink *sink, const struct sink_item items[], size_t count, struct error *err)
{
    (void)sink;
    (void)items;
    (void)count;
    return is_failing(err) ? -1 : 0;
}

int sink_node_statuses(struct sink *sink, struct sink_status statuses[SINK_NODE_MAX], size_t *count,
                       struct error *err)
{
    *count = 1;
    return sink_status(sink, &statuses[0], err);
}

int sink_status(struct sink *sink, struct sink_status *status, struct error *err)
{
    (void)sink;
    *status = (struct sink_status){.max_bytes = 1 << 30};
    return is_failing(err) ? -1 : 0;
}

static bool holds(const struct slot *slot, const struct sink_item *item)
{
    return slot->is_present && slice_is_equal(slice_of(slot->value), item->value) &&
           slot->expire_unix == item->expire_unix;
}

static void put(struct slot *slot, struct sink_item *item)
{
    size_t used = strlen(written_order);
    snprintf(slot->value, sizeof slot->value, "%.*s", (int)item->value.size, item->value.bytes);
    slot->expire_unix = item->expire_unix;
    slot->is_present = true;
    item->result = SINK_DONE;
    snprintf(written_order + used, sizeof written_order - used, "%d ", (int)(slot - slots));
}

/* Breaks off in the middle of a failing call: half of the items are written, one more perhaps. */
int sink_write(struct sink *sink, struct sink_item items[], size_t count, bool is_ours_kept,
               struct error *err)
{
    (void)sink;
    bool fails = is_failing(err);
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = slot_of(items[i].key);
        assert_int_equal(items[i].result, SINK_NOT_SENT);
        bool is_last = fails && i == count / 2;
        if (is_last) {
            items[i].result = SINK_UNSURE;
        }
        if (is_last && (!is_lost_answer || slot->is_present)) {
            return -1;
        }
        if (!slot->is_present) {
            put(slot, &items[i]);
        } else {
            items[i].result = is_ours_kept && holds(slot, &items[i]) ? SINK_DONE : SINK_KEPT;
        }
        if (is_last) {
            items[i].result = SINK_UNSURE;
            return -1;
        }
    }
    return 0;
}

int sink_remove(struct sink *sink, struct sink_item items[], size_t count, struct error *err)
{
    (void)sink;
    if (is_failing(err)) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = slot_of(items[i].key);
        items[i].result = holds(slot, &items[i]) ? SINK_DONE : SINK_KEPT;
        slot->is_present = slot->is_present && items[i].result != SINK_DONE;
    }
    return 0;
}

int sink_look(struct sink *sink, enum sink_look_content content, struct sink_look looks[],
              size_t count, struct error *err)
{
    (void)sink;
    (void)content;
    if (is_failing(err)) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const struct slot *slot = slot_of(looks[i].key);
        looks[i].is_present = slot->is_present;
        looks[i].is_other_kind = false;
        looks[i].value = slot->is_present ? slice_of(slot->value) : (struct slice){0};
        looks[i].expire_unix_ms = !slot->is_present        ? SINK_EXPIRY_ABSENT
                                  : slot->expire_unix == 0 ? SINK_EXPIRY_NONE
                                                           : slot->expire_unix * 1000;
    }
    return 0;
}

struct redis_control *redis_control_open(const struct redis_config *redis, struct error *err)
{
    return redis_control_open_until(redis, NULL, err);
}

struct redis_control *redis_control_open_until(const struct redis_config *redis,
                                               const atomic_int *stop, struct error *err)
{
    static struct redis_control control;
    (void)redis;
    (void)stop;
    (void)err;
    return &control;
}

void redis_control_close(struct redis_control *control)
{
    (void)control;
}

int redis_control_take_lease(struct redis_control *control, const char *key, const char *owner,
                             int64_t ttl_ms, char *holder, struct error *err)
{
    (void)control, (void)key, (void)owner, (void)ttl_ms, (void)holder, (void)err;
    return 1;
}

int redis_control_release_lease(struct redis_control *control, const char *key, const char *owner,
                                struct error *err)
{
    (void)control, (void)key, (void)owner, (void)err;
    return 1;
}

int redis_control_get(struct redis_control *control, const char *key, char *value, size_t size,
                      struct error *err)
{
    (void)control, (void)key, (void)value, (void)size, (void)err;
    return 0;
}

int redis_control_delete(struct redis_control *control, const char *key, struct error *err)
{
    (void)control, (void)key, (void)err;
    return 0;
}

/* ---- the stand-in for the governor: all is well */

struct governor_watch *governor_watch_start(const struct governor_watch_options *options,
                                            struct error *err)
{
    (void)options;
    return is_failing(err) ? NULL : calloc(1, 1);
}

void governor_watch_stop(struct governor_watch *watch)
{
    free(watch);
}

void governor_watch_change(struct governor_watch *watch, const struct config *config)
{
    (void)watch, (void)config;
}

void governor_watch_note(struct governor_watch *watch, uint64_t written_count,
                         uint64_t failed_count)
{
    (void)watch, (void)written_count, (void)failed_count;
}

void governor_watch_look(struct governor_watch *watch, struct governor_look *look)
{
    (void)watch;
    *look = (struct governor_look){
        .orders = {.lanes = {[GOVERNOR_RECHECK] = {.connections = 1, .rows = 500}}}};
}

/* ---- the stand-in for the database */

void source_limits_init(struct source_limits *limits)
{
    (void)limits;
}

struct source *source_open(const struct source_options *options, struct error *err)
{
    struct source *source = is_failing(err) ? NULL : calloc(1, sizeof *source);
    if (source != NULL) {
        source->options = options;
    }
    return source;
}

void source_use_image(struct source *source, struct image_reader *image)
{
    (void)source;
    (void)image;
}

void source_close(struct source *source)
{
    free(source);
}

static void fill_record(struct record_batch *batch, size_t i, struct slice id, bool is_later)
{
    char text[TEXT_SIZE];
    int number = number_of(id);
    struct record *record = &batch->records[i];
    bool is_changed = number == stale_id && is_later;
    *record = (struct record){.kind = RECORD_STRING};
    if (number % MISSING_EVERY == 1) {
        record->kind = RECORD_MISSING;
    } else if (number % BIG_EVERY == 1) {
        record->kind = RECORD_TOO_BIG;
    } else {
        snprintf(text, sizeof text, "value %d of generation %u", number, source_generation);
        record->value = arena_copy(&batch->arenas[0], slice_of(text));
        snprintf(text, sizeof text, "%u%s", source_generation, is_changed ? "1" : "");
        record->version = arena_copy(&batch->arenas[0], slice_of(text));
    }
}

int source_fetch(struct source *source, enum source_content content, const struct slice ids[],
                 size_t count, struct record_batch *batch, struct error *err)
{
    (void)source;
    if (is_failing(err)) {
        return -1;
    }
    arena_clear(&batch->arenas[0]);
    free(batch->records);
    batch->records = calloc(count, sizeof *batch->records);
    batch->count = batch->capacity = count;
    for (size_t i = 0; i < count; i++) {
        fill_record(batch, i, ids[i], content == SOURCE_VERSIONS);
    }
    return 0;
}

enum version_kind source_version_kind(const struct source *source)
{
    (void)source;
    return VERSION_COUNTER;
}

int source_clock(struct source *source, int64_t *now_unix_us, struct error *err)
{
    (void)source;
    (void)err;
    *now_unix_us = 0;
    return 0;
}

int source_explain(struct source *source, const struct slice ids[], size_t count, char *plan,
                   size_t size, bool *is_scan, struct error *err)
{
    (void)source, (void)ids, (void)count, (void)plan, (void)size, (void)err;
    *is_scan = false;
    return 0;
}

struct source_account source_account(const struct source *source)
{
    return source->account;
}

void record_batch_free(struct record_batch *batch)
{
    arena_free(&batch->arenas[0]);
    free(batch->records);
    *batch = (struct record_batch){0};
}

/* ---- the tests' own ground */

static char folder[] = "/tmp/rekindle-warm.XXXXXX";
static char plan_path[PATH_SIZE], config_path[PATH_SIZE], runs_path[PATH_SIZE];
static struct config *config;
static struct load_options options;

/* Rank 1.. to ids in an order that is not theirs; 60 and 7 have no common divisor. */
static int id_of_rank(int rank)
{
    return rank * 7 % IDS;
}

static void write_plan(void)
{
    FILE *out = fopen(plan_path, "w");
    assert_non_null(out);
    fputs("rank,entity,id,family,key,action,p_return,p_low,p_high,expected_hits,benefit_ms,"
          "size_bytes,days_dormant,last_seen,active_days,events_returned,events_seen,reason,event,"
          "window_start,window_end,as_of\n",
          out);
    for (int rank = 1; rank <= IDS; rank++) {
        int id = id_of_rank(rank);
        fprintf(out,
                "%d,user,%d,profile,user:%d,%s,0.5,0.1,0.9,1,6,300,45,2026-01-01T00:00:00Z,5,1,2,"
                "seen,sale,2026-11-11T00:00:00Z,2026-11-14T00:00:00Z,2026-11-10T00:00:00Z\n",
                rank, id, id, rank % SKIP_EVERY == 0 ? "skip" : "warm");
    }
    fclose(out);
}

static int set_up(void **state)
{
    (void)state;
    struct error err = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(plan_path, sizeof plan_path, "%s/plan.csv", folder);
    snprintf(config_path, sizeof config_path, "%s/rekindle.conf", folder);
    snprintf(runs_path, sizeof runs_path, "%s/runs", folder);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    write_plan();
    FILE *out = fopen(config_path, "w");
    assert_non_null(out);
    fprintf(out, "[family profile]\nentity = user\nkey = user:{id}\nsource = sqlite\n"
                 "query = SELECT id, v, version FROM u WHERE id IN ({ids})\nttl = event_end + 6h\n"
                 "[sqlite]\nfile = none.db\n[run]\ndir = runs\n");
    fclose(out);
    if (config_load(config_path, &config, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return 0;
}

static void remove_all(const char *path)
{
    char command[PATH_SIZE + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

static int tear_down(void **state)
{
    (void)state;
    config_free(config);
    remove_all(folder);
    return 0;
}

/* A Redis with only the application's own values, and no run. */
static int begin_anew(void **state)
{
    (void)state;
    remove_all(runs_path);
    memset(slots, 0, sizeof slots);
    for (int id = 0; id < IDS; id += OWN_EVERY) {
        slots[id].is_present = true;
        snprintf(slots[id].value, sizeof slots[id].value, "the application's");
    }
    written_order[0] = '\0';
    failing_call = 0;
    calls = 0;
    stale_id = -1;
    source_generation = 1;
    run_switch_reset();
    load_options_init(&options);
    options.plan = plan_path;
    options.window_ranks = WINDOW_RANKS;
    options.max_loss_share = 1;
    return 0;
}

static int run(struct error *err)
{
    static const struct message message = {.out = NULL, .verbosity = VERBOSITY_QUIET};
    struct load_job job = {.options = &options,
                           .config = config,
                           .redis = config->redis,
                           .message = &message,
                           .now_unix = 1794312000}; /* 2026-11-10T12:00:00Z */
    error_clear(err);
    run_switch_reset();
    return warm_run(&job, err);
}

static void must_run(void)
{
    struct error err;
    if (run(&err) != 0) {
        fail_msg("%s", err.text);
    }
}

/* results.csv without the column `at`, to free(). */
static char *results(void)
{
    struct error err = {0};
    char command[4 * PATH_SIZE], path[PATH_SIZE], *text;
    size_t size;
    snprintf(path, sizeof path, "%s/seen.csv", folder);
    snprintf(command, sizeof command, "cut -d, -f1-5 '%s'/*/results.csv >'%s'", runs_path, path);
    assert_int_equal(system(command), 0);
    assert_int_equal(file_read_whole(path, 1 << 20, &text, &size, &err), 0);
    return text;
}

static bool results_have(const char *line)
{
    char *text = results();
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

static unsigned count_in_results(const char *word)
{
    char *text = results();
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        count++;
    }
    free(text);
    return count;
}

/* ---- the tests */

static void test_an_undisturbed_run(void **state)
{
    (void)state;
    char expected[sizeof written_order] = "";
    must_run();
    for (int rank = 1; rank <= IDS; rank++) {
        int id = id_of_rank(rank);
        bool is_own = id % OWN_EVERY == 0;
        bool is_found = id % MISSING_EVERY != 1 && id % BIG_EVERY != 1;
        bool is_warm = !is_own && is_found && rank % SKIP_EVERY != 0;
        if (is_warm) {
            size_t used = strlen(expected);
            snprintf(expected + used, sizeof expected - used, "%d ", id);
        }
        assert_int_equal(slots[id].is_present, is_own || is_warm);
    }
    assert_string_equal(written_order, expected);
    assert_true(results_have("\n19,user:13,skipped,0,0\n"));
    assert_true(results_have("\n2,user:14,exists,0,0\n"));
    assert_true(results_have("\n7,user:49,exists,0,0\n"));
    assert_true(results_have("\n5,user:35,too_big,0,0\n"));
    assert_true(results_have("\n8,user:56,missing,0,0\n"));
}

static void test_a_second_run_does_nothing(void **state)
{
    (void)state;
    must_run();
    struct slot before[IDS];
    char *results_before = results();
    memcpy(before, slots, sizeof slots);
    written_order[0] = '\0';
    must_run();
    assert_string_equal(written_order, "");
    assert_memory_equal(before, slots, sizeof slots);
    char *results_after = results();
    assert_string_equal(results_before, results_after);
    free(results_before);
    free(results_after);
}

static void test_a_finished_run_whose_keys_are_gone(void **state)
{
    (void)state;
    struct slot undisturbed[IDS];
    memset(slots, 0, sizeof slots);
    must_run();
    memcpy(undisturbed, slots, sizeof slots);
    char *undisturbed_results = results();
    memset(slots, 0, sizeof slots);
    must_run();
    assert_memory_equal(undisturbed, slots, sizeof slots);
    char *text = results();
    assert_string_equal(text, undisturbed_results);
    free(text);
    free(undisturbed_results);
}

static void test_a_run_resumed_into_an_empty_redis_begins_anew(void **state)
{
    (void)state;
    struct error err;
    struct slot undisturbed[IDS];
    memset(slots, 0, sizeof slots);
    must_run();
    memcpy(undisturbed, slots, sizeof slots);
    unsigned call_count = calls;
    begin_anew(state);
    failing_call = call_count - 2;
    assert_int_equal(run(&err), -1);
    failing_call = 0;
    memset(slots, 0, sizeof slots);
    must_run();
    assert_memory_equal(undisturbed, slots, sizeof slots);
}

/* Lets call after call fail, runs again, and compares with the undisturbed end. */
static void check_every_break(void **state, bool with_lost_answer)
{
    struct error err;
    struct slot undisturbed[IDS];
    must_run();
    memcpy(undisturbed, slots, sizeof slots);
    char *undisturbed_results = results();
    unsigned call_count = calls;
    for (unsigned failing = 1; failing <= call_count; failing++) {
        begin_anew(state);
        is_lost_answer = with_lost_answer;
        failing_call = failing;
        int result = run(&err);
        if (result != 0) {
            assert_int_equal(err.kind, ERROR_BACKEND);
            /* once more, while it is being resumed */
            failing_call = calls + 4;
            result = run(&err);
        }
        failing_call = 0;
        must_run();
        assert_memory_equal(undisturbed, slots, sizeof slots);
        char *text = results();
        assert_string_equal(text, undisturbed_results);
        free(text);
    }
    is_lost_answer = false;
    free(undisturbed_results);
}

static void test_every_call_may_fail(void **state)
{
    check_every_break(state, false);
}

static void test_every_answer_may_be_lost(void **state)
{
    check_every_break(state, true);
}

static size_t slots_written(void)
{
    return strlen(written_order);
}

/* The source changes between a crash and the resumed run: what was written must not stay as it was. */
static void test_values_change_before_it_is_resumed(void **state)
{
    for (unsigned failing = 4; failing < 30; failing++) {
        struct error err;
        begin_anew(state);
        failing_call = failing;
        is_lost_answer = true;
        if (run(&err) == 0 || err.kind != ERROR_BACKEND || slots_written() == 0) {
            continue;
        }
        failing_call = 0;
        source_generation = 2;
        unsigned settled_before = count_in_results(",warmed,");
        must_run();
        unsigned old = 0;
        for (int id = 0; id < IDS; id++) {
            old += slots[id].is_present && strstr(slots[id].value, "generation 1") != NULL;
        }
        assert_int_equal(old, settled_before);
    }
    is_lost_answer = false;
}

static void test_a_stale_value_is_removed(void **state)
{
    (void)state;
    stale_id = 8;
    must_run();
    assert_false(slots[8].is_present);
    assert_true(results_have("user:8,stale_removed,0,0\n"));
}

static void test_losses(void **state)
{
    (void)state;
    struct error err;
    options.max_loss_share = 0.01;
    assert_int_equal(run(&err), -1);
    assert_int_equal(err.kind, ERROR_LOSSES);
    assert_non_null(strstr(err.text, "planned keys are missing in the source or failed, more than "
                                     "--max-loss-share 1%"));
}

static void lift_latch(void)
{
    char pattern[PATH_SIZE + 8];
    struct error err = {0};
    struct switch_latch latch = {.wish = WISH_RUN};
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/sale-*", runs_path);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(switch_latch_save(found.gl_pathv[0], &latch, &err), 0);
    globfree(&found);
}

static void test_a_stop_file_stops_and_the_run_goes_on(void **state)
{
    (void)state;
    struct error err;
    char path[PATH_SIZE + 8];
    snprintf(path, sizeof path, "%s", runs_path);
    assert_int_equal(file_make_folder(path, &err), 0);
    snprintf(path, sizeof path, "%s/stop", runs_path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(run(&err), -1);
    assert_int_equal(err.kind, ERROR_STOPPED);
    assert_non_null(strstr(err.text, "stopped by the file "));
    assert_true(results_have("\n1,user:7,not_reached,0,0\n"));
    unlink(path);
    assert_int_equal(run(&err), -1); /* until somebody resumes it */
    assert_int_equal(err.kind, ERROR_STOPPED);
    lift_latch();
    must_run();
    assert_true(results_have("\n1,user:7,exists,0,0\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_undisturbed_run, begin_anew),
        cmocka_unit_test_setup(test_a_second_run_does_nothing, begin_anew),
        cmocka_unit_test_setup(test_a_finished_run_whose_keys_are_gone, begin_anew),
        cmocka_unit_test_setup(test_a_run_resumed_into_an_empty_redis_begins_anew, begin_anew),
        cmocka_unit_test_setup(test_every_call_may_fail, begin_anew),
        cmocka_unit_test_setup(test_every_answer_may_be_lost, begin_anew),
        cmocka_unit_test_setup(test_values_change_before_it_is_resumed, begin_anew),
        cmocka_unit_test_setup(test_a_stale_value_is_removed, begin_anew),
        cmocka_unit_test_setup(test_losses, begin_anew),
        cmocka_unit_test_setup(test_a_stop_file_stops_and_the_run_goes_on, begin_anew),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
