/* history_writer_test.c - whole histories against the twin: any split into commits, builders, spills and compacts
 * gives the same keys; what goes wrong leaves the last good state. */
#include "predictor/history/history_writer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/file_io.h"
#include "predictor/history/history_reader.h"
#include "tests/unit/predictor/history_twin.h"
#include "tests/unit/test_folder.h"

enum { BATCH = 200 };

static int next_of_reader(void *self, struct key_history *key, struct error *err)
{
    return history_reader_next(self, key, err);
}

static void add_events(struct run_builder *builder, struct twin *twin, uint64_t *seed, size_t count)
{
    static char ids[BATCH][TWIN_ID_SIZE];
    struct access_event batch[BATCH];
    struct error err;
    for (size_t taken = 0; taken < count;) {
        size_t size = count - taken < BATCH ? count - taken : BATCH;
        for (size_t i = 0; i < size; i++) {
            batch[i] = twin_random_event(seed, ids[i]);
            if (twin != NULL) {
                twin_take(twin, &batch[i]);
            }
        }
        assert_int_equal(run_builder_take(builder, batch, size, &err), 0);
        taken += size;
    }
}

static void check_history(const char *dir, struct twin *twin)
{
    struct error err;
    struct history_reader *reader = history_reader_open(dir, &err);
    assert_non_null(reader);
    struct key_source source = {.next = next_of_reader, .self = reader};
    twin_check(twin, source);
    assert_int_equal(history_reader_totals(reader)->event_count, twin->event_count);
    assert_true(history_reader_bytes_read(reader) <= history_reader_totals(reader)->size_bytes);
    for (size_t at = 0; at < twin->event_count; at += 17) { /* twin_check has sorted the events */
        const struct twin_event *event = &twin->events[at];
        struct key_history key;
        size_t first = at;
        while (first > 0 && twin->events[first - 1].entity == event->entity &&
               slice_is_equal(
                   (struct slice){twin->events[first - 1].id, twin->events[first - 1].id_size},
                   (struct slice){event->id, event->id_size})) {
            first--;
        }
        struct slice id = {event->id, event->id_size};
        assert_int_equal(history_reader_find(reader, event->entity, id, &key, &err), 1);
        twin_check_key(twin, first, &key);
        assert_int_equal(history_reader_find(reader, event->entity, slice_of("nobody"), &key, &err),
                         0);
    }
    history_reader_rewind(reader);
    twin_check(twin, source);
    history_reader_close(reader);
}

/* A log whose complete part and whole are `complete` and `whole`, terminated text. */
static struct log_entry make_entry(const char *name, const char *complete, const char *whole)
{
    struct log_entry entry = {.name = slice_of(name), .rules = slice_of("combined zone=UTC")};
    struct log_digest digest = log_digest_of(complete, strlen(complete));
    entry.complete = (struct log_mark){strlen(complete), strlen(complete), digest, digest};
    digest = log_digest_of(whole, strlen(whole));
    entry.whole = (struct log_mark){strlen(whole), strlen(whole), digest, digest};
    return entry;
}

static void random_history(const char *dir, uint64_t seed)
{
    struct twin twin;
    struct error err;
    twin_init(&twin, 3600);
    for (unsigned commit = 0; commit < 6; commit++) {
        struct history_writer *writer = history_writer_open(dir, 3600, &err);
        assert_non_null(writer);
        size_t builder_count = twin_random(&seed) % 4;
        for (size_t i = 0; i < builder_count; i++) {
            uint64_t limit = twin_random(&seed) % 3 == 0 ? 20000 : 0;
            struct run_builder *builder = history_writer_add_builder(writer, limit, &err);
            assert_non_null(builder);
            add_events(builder, &twin, &seed, twin_random(&seed) % 900);
        }
        if (twin_random(&seed) % 2 == 0) {
            char id[TWIN_ID_SIZE], name[32];
            struct access_event event = twin_random_event(&seed, id);
            snprintf(name, sizeof name, "log %u", commit);
            struct log_entry entry = make_entry("a\nb", "", name);
            entry.tail_events = &event;
            entry.tail_event_count = 1;
            assert_int_equal(history_writer_put_log(writer, NULL, &entry, &err), 0);
            twin_take(&twin, &event);
        }
        assert_int_equal(history_writer_commit(writer, &err), 0);
        if (twin_random(&seed) % 3 == 0) {
            assert_int_equal(history_writer_compact(writer, 1, NULL, &err), 0);
            assert_true(history_writer_segment_count(writer) <= 1);
        }
        history_writer_close(writer);
        check_history(dir, &twin);
    }
    free(twin.events);
}

static void remove_folder(const char *dir)
{
    char path[TEST_PATH_SIZE * 2];
    DIR *folder = opendir(dir);
    for (struct dirent *file; folder != NULL && (file = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", dir, file->d_name);
        unlink(path);
    }
    closedir(folder);
    rmdir(dir);
}

/* Each test's history: a folder of its own, absent at first; to be given to remove_folder. */
static const char *history_dir(void **state)
{
    static char dir[TEST_PATH_SIZE * 2];
    snprintf(dir, sizeof dir, "%s", test_path(state, "history"));
    return dir;
}

static void any_split_gives_the_same_keys(void **state)
{
    const char *dir = history_dir(state);
    for (uint64_t seed = 1; seed <= 25; seed++) {
        random_history(dir, seed * 7919);
        remove_folder(dir);
    }
}

static size_t slurp(const char *dir, const char *name, char *bytes, size_t size_max)
{
    char path[TEST_PATH_SIZE * 3];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, size_max, file);
    fclose(file);
    return size;
}

/* `builder_count` builders take turns in batches of `batch`. */
static size_t build_segment(const char *dir, size_t builder_count, size_t batch, uint64_t limit,
                            char *bytes)
{
    enum { EVENT_COUNT = 6000, SEGMENT_SIZE_MAX = 1 << 20 };
    struct run_builder *builders[4];
    struct error err;
    uint64_t seed = 4711;
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    assert_non_null(writer);
    for (size_t i = 0; i < builder_count; i++) {
        builders[i] = history_writer_add_builder(writer, limit, &err);
    }
    for (size_t taken = 0; taken < EVENT_COUNT; taken += batch) {
        size_t size = EVENT_COUNT - taken < batch ? EVENT_COUNT - taken : batch;
        add_events(builders[taken / batch % builder_count], NULL, &seed, size);
    }
    assert_int_equal(history_writer_commit(writer, &err), 0);
    history_writer_close(writer);
    size_t size = slurp(dir, "segment-000001", bytes, SEGMENT_SIZE_MAX);
    remove_folder(dir);
    return size;
}

static void same_events_same_bytes(void **state)
{
    static char bytes[2][1 << 20];
    const char *dir = history_dir(state);
    size_t size = build_segment(dir, 1, 200, 0, bytes[0]);
    assert_true(size > 1000);
    for (size_t builders = 1; builders <= 4; builders++) {
        assert_int_equal(build_segment(dir, builders, 37, 0, bytes[1]), size);
        assert_memory_equal(bytes[0], bytes[1], size);
        assert_int_equal(build_segment(dir, builders, 311, 30000, bytes[1]), size);
        assert_memory_equal(bytes[0], bytes[1], size);
    }
}

static void nothing_new_writes_nothing(void **state)
{
    const char *dir = history_dir(state);
    char before[4096], after[4096], path[TEST_PATH_SIZE * 3];
    struct error err;
    struct stat status, later;
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    struct log_entry entry = make_entry("x", "a\n", "a\n");
    assert_int_equal(history_writer_put_log(writer, NULL, &entry, &err), 0);
    assert_int_equal(history_writer_commit(writer, &err), 0);
    history_writer_close(writer);
    size_t size = slurp(dir, "MANIFEST", before, sizeof before);
    snprintf(path, sizeof path, "%s/MANIFEST", dir);
    assert_int_equal(stat(path, &status), 0);
    writer = history_writer_open(dir, 3600, &err);
    assert_non_null(history_writer_add_builder(writer, 0, &err));
    assert_int_equal(history_writer_commit(writer, &err), 0);
    assert_int_equal(history_writer_compact(writer, 1, NULL, &err), 0);
    history_writer_close(writer);
    assert_int_equal(stat(path, &later), 0);
    assert_int_equal(status.st_ino, later.st_ino);
    assert_int_equal(slurp(dir, "MANIFEST", after, sizeof after), size);
    assert_memory_equal(before, after, size);
    remove_folder(dir);
}

/* A log with an unterminated last line grows: its tail is given up, and what replaces it is counted once. */
static void tail_is_replaced(void **state)
{
    const char *dir = history_dir(state);
    struct error err;
    struct access_event tail[] = {{.at_unix = -5, .id = {"u1", 2}, .entity = ENTITY_USER},
                                  {.at_unix = -5, .id = {"p\0 %", 4}, .entity = ENTITY_PRODUCT}};
    struct log_entry entry = make_entry("shop.log", "one\n", "one\ntw");
    entry.tail_events = tail;
    entry.tail_event_count = 2;
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    assert_int_equal(history_writer_put_log(writer, NULL, &entry, &err), 0);
    assert_int_equal(history_writer_commit(writer, &err), 0);
    history_writer_close(writer);
    struct history_reader *reader = history_reader_open(dir, &err);
    assert_int_equal(history_reader_totals(reader)->event_count, 2);
    assert_int_equal(history_reader_totals(reader)->first_bucket, -1);
    assert_int_equal(history_reader_totals(reader)->last_bucket, -1);
    struct key_history key;
    struct slice id = {"p\0 %", 4};
    assert_int_equal(history_reader_find(reader, ENTITY_PRODUCT, id, &key, &err), 1);
    assert_int_equal(key.buckets[0].bucket, -1);
    history_reader_close(reader);
    writer = history_writer_open(dir, 0, &err);
    const struct log_entry *known =
        log_ledger_next_candidate(history_writer_ledger(writer), "one\ntwo\n", 8, NULL);
    assert_non_null(known);
    assert_int_equal(log_entry_identity(known)->size, 4);
    entry = make_entry("shop.log.1", "one\ntwo\n", "one\ntwo\n");
    assert_int_equal(history_writer_put_log(writer, known, &entry, &err), 0);
    assert_int_equal(history_writer_ledger(writer)->entry_count, 1);
    assert_int_equal(history_writer_commit(writer, &err), 0);
    history_writer_close(writer);
    reader = history_reader_open(dir, &err);
    assert_int_equal(history_reader_totals(reader)->event_count, 0);
    assert_int_equal(history_reader_next(reader, &key, &err), 0);
    assert_true(
        slice_is_equal(history_reader_ledger(reader)->entries[0].name, slice_of("shop.log.1")));
    history_reader_close(reader);
    remove_folder(dir);
}

static void expect_error(const char *dir, uint32_t bucket_second, enum error_kind kind,
                         const char *format)
{
    char expected[TEST_PATH_SIZE * 4], *end = expected;
    struct error err;
    assert_null(history_writer_open(dir, bucket_second, &err));
    for (; *format != '\0'; format++) { /* '@' stands for the folder */
        if (*format == '@') {
            end += snprintf(end, TEST_PATH_SIZE * 2, "%s", dir);
        } else {
            *end++ = *format;
        }
    }
    *end = '\0';
    assert_string_equal(err.text, expected);
    assert_int_equal(err.kind, kind);
}

static void fill_history(const char *dir, unsigned commits)
{
    struct error err;
    uint64_t seed = 11;
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    assert_non_null(writer);
    for (unsigned i = 0; i < commits; i++) {
        add_events(history_writer_add_builder(writer, 0, &err), NULL, &seed, 100);
        assert_int_equal(history_writer_commit(writer, &err), 0);
    }
    history_writer_close(writer);
}

static void refusals(void **state)
{
    const char *dir = history_dir(state);
    char path[TEST_PATH_SIZE * 3];
    struct error err;
    assert_null(history_reader_open(dir, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    snprintf(path, sizeof path, "no history at %s: run rekindle-predict ingest first", dir);
    assert_string_equal(err.text, path);
    fill_history(dir, 1);
    expect_error(
        dir, 86400, ERROR_INPUT,
        "the history @ has buckets of 3600 s, not of 86400 s: their length is fixed when a "
        "history is made");
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    assert_null(history_writer_open(dir, 0, &err));
    assert_int_equal(err.kind, ERROR_LOCKED);
    history_writer_close(writer);
    snprintf(path, sizeof path, "%s/MANIFEST", dir);
    assert_int_equal(unlink(path), 0);
    expect_error(dir, 0, ERROR_INPUT,
                 "@ has segments but no MANIFEST: put the folder back from a backup, or remove it "
                 "and ingest the logs again");
    remove_folder(dir);
}

static void lost_segment_is_named(void **state)
{
    const char *dir = history_dir(state);
    char path[TEST_PATH_SIZE * 3], expected[TEST_PATH_SIZE * 4];
    struct error err;
    fill_history(dir, 2);
    snprintf(path, sizeof path, "%s/segment-000001", dir);
    assert_int_equal(unlink(path), 0);
    assert_null(history_reader_open(dir, &err));
    snprintf(expected, sizeof expected, "cannot read the segment %s: No such file or directory",
             path);
    assert_string_equal(err.text, expected);
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    assert_int_equal(history_writer_compact(writer, 1, NULL, &err), -1);
    assert_string_equal(err.text, expected);
    history_writer_close(writer);
    remove_folder(dir);
}

/* What a crash leaves behind goes; what is not ours stays. */
static void orphans_are_removed(void **state)
{
    const char *dir = history_dir(state);
    static const char *const names[] = {"spill-1-1", "MANIFEST.tmp-77", "segment-000009", "notes"};
    char path[TEST_PATH_SIZE * 3];
    struct error err;
    fill_history(dir, 1);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        close(open(path, O_CREAT | O_WRONLY, 0600));
    }
    history_writer_close(history_writer_open(dir, 0, &err));
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        assert_int_equal(access(path, F_OK), i < 3 ? -1 : 0);
    }
    remove_folder(dir);
}

struct told {
    unsigned count;
    uint64_t done_bytes, total_bytes;
};

static void keep_told(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    struct told *told = context;
    assert_true(done_bytes >= told->done_bytes && done_bytes <= total_bytes);
    *told = (struct told){told->count + 1, done_bytes, total_bytes};
}

/* A reader that was open before a compact reads on; who watches it is told how far it is. */
static void compact_leaves_readers_alone(void **state)
{
    const char *dir = history_dir(state);
    struct twin twin;
    struct error err;
    uint64_t seed = 5;
    twin_init(&twin, 3600);
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    for (unsigned i = 0; i < 5; i++) {
        add_events(history_writer_add_builder(writer, 0, &err), &twin, &seed, 300);
        assert_int_equal(history_writer_commit(writer, &err), 0);
    }
    struct history_reader *reader = history_reader_open(dir, &err);
    assert_int_equal(history_writer_compact(writer, 5, NULL, &err), 0);
    assert_int_equal(history_writer_segment_count(writer), 5);
    struct told told = {0};
    struct segment_watch watch = {.tell = keep_told, .context = &told};
    assert_int_equal(history_writer_compact(writer, 4, &watch, &err), 0);
    assert_int_equal(history_writer_segment_count(writer), 1);
    assert_true(told.count > 300 && told.done_bytes > told.total_bytes / 2);
    twin_check(&twin, (struct key_source){.next = next_of_reader, .self = reader});
    history_reader_close(reader);
    history_writer_close(writer);
    check_history(dir, &twin);
    free(twin.events);
    remove_folder(dir);
}

/* One commit of events and of a log with a long name, in files of at most `bytes`. */
static int commit_on_small_disk(const char *dir, rlim_t bytes, uint64_t *seed, struct error *err)
{
    enum { NAME_SIZE = 6000 };
    struct rlimit before, limit;
    char *name = malloc(NAME_SIZE);
    struct log_entry entry = make_entry("", "b\n", "b\n");
    struct history_writer *writer = history_writer_open(dir, 0, err);
    assert_non_null(writer);
    memset(name, 'n', NAME_SIZE);
    entry.name = (struct slice){name, NAME_SIZE};
    add_events(history_writer_add_builder(writer, 0, err), NULL, seed, 300);
    assert_int_equal(history_writer_put_log(writer, NULL, &entry, err), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){bytes, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int result = history_writer_commit(writer, err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    history_writer_close(writer);
    free(name);
    return result;
}

/* With files that may not grow past a size some write fails: at first the segment's, then the manifest's. Each
 * time the old state is still there, and nothing else. */
static void full_disk_keeps_the_last_state(void **state)
{
    const char *dir = history_dir(state);
    struct twin twin;
    struct error err;
    uint64_t seed = 99;
    char path[TEST_PATH_SIZE * 3];
    unsigned failures = 0, manifest_failures = 0;
    twin_init(&twin, 3600);
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    add_events(history_writer_add_builder(writer, 0, &err), &twin, &seed, 500);
    assert_int_equal(history_writer_commit(writer, &err), 0);
    history_writer_close(writer);
    signal(SIGXFSZ, SIG_IGN);
    snprintf(path, sizeof path, "%s/segment-000002", dir);
    for (rlim_t bytes = 0; commit_on_small_disk(dir, bytes, &seed, &err) != 0; bytes += 131) {
        assert_int_equal(err.kind, ERROR_RESOURCE);
        failures++;
        manifest_failures += strstr(err.text, "MANIFEST: File too large") != NULL;
        assert_int_equal(access(path, F_OK), -1);
        check_history(dir, &twin);
    }
    assert_true(manifest_failures > 2 && failures > manifest_failures + 2);
    free(twin.events);
    remove_folder(dir);
}

/* One file may be opened at a time: MANIFEST's draft can be, its folder, to sync it after the rename, cannot. The
 * commit fails, and what MANIFEST names is there all the same. */
static void unsynced_folder_keeps_the_new_state(void **state)
{
    const char *dir = history_dir(state);
    struct twin twin;
    struct error err;
    struct rlimit before;
    uint64_t seed = 7;
    twin_init(&twin, 3600);
    struct history_writer *writer = history_writer_open(dir, 0, &err);
    add_events(history_writer_add_builder(writer, 0, &err), &twin, &seed, 500);
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit one_more = {.rlim_cur = (rlim_t)lowest + 1, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &one_more), 0);
    int result = history_writer_commit(writer, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, -1);
    assert_non_null(strstr(err.text, "cannot open the folder "));
    history_writer_close(writer);
    check_history(dir, &twin);
    free(twin.events);
    remove_folder(dir);
}

/* kill -9 at random moments of commits and compacts: afterwards the history is that of before or after. */
static void killed_at_any_moment(void **state)
{
    const char *dir = history_dir(state);
    struct error err;
    uint64_t seed = 31;
    size_t known_events = 0, moved = 0;
    for (unsigned turn = 0; turn < 25; turn++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            uint64_t events_seed = turn + 1;
            for (;;) {
                struct history_writer *writer = history_writer_open(dir, 0, &err);
                add_events(history_writer_add_builder(writer, 0, &err), NULL, &events_seed, 100);
                if (history_writer_commit(writer, &err) != 0 ||
                    history_writer_compact(writer, 3, NULL, &err) != 0) {
                    _exit(1);
                }
                history_writer_close(writer);
            }
        }
        struct timespec pause = {.tv_nsec = (long)(twin_random(&seed) % 30000000)};
        nanosleep(&pause, NULL); /* how long it lives is what is drawn */
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        struct history_writer *writer = history_writer_open(dir, 0, &err);
        assert_non_null(writer);
        history_writer_close(writer);
        struct history_reader *reader = history_reader_open(dir, &err);
        assert_non_null(reader);
        struct key_history key;
        size_t events = 0;
        while (history_reader_next(reader, &key, &err) == 1) {
            for (size_t i = 0; i < key.bucket_count; i++) {
                events += key.buckets[i].count;
            }
        }
        assert_int_equal(events, history_reader_totals(reader)->event_count);
        assert_int_equal(events % 100, 0);
        assert_true(events >= known_events);
        moved += events > known_events;
        known_events = events;
        history_reader_close(reader);
    }
    assert_true(moved > 0);
    remove_folder(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_gives_the_same_keys),
        cmocka_unit_test(same_events_same_bytes),
        cmocka_unit_test(nothing_new_writes_nothing),
        cmocka_unit_test(tail_is_replaced),
        cmocka_unit_test(refusals),
        cmocka_unit_test(lost_segment_is_named),
        cmocka_unit_test(orphans_are_removed),
        cmocka_unit_test(compact_leaves_readers_alone),
        cmocka_unit_test(unsynced_folder_keeps_the_new_state),
        cmocka_unit_test(unsynced_folder_keeps_the_new_state),
        cmocka_unit_test(full_disk_keeps_the_last_state),
        cmocka_unit_test(killed_at_any_moment),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
