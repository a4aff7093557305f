/* segment_test.c - a segment gives back what it was given, finds each key, and is refused when a byte differs. */
#include "predictor/history/segment_reader.h"
#include "predictor/history/segment_writer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/predictor/history_twin.h"
#include "tests/unit/test_folder.h"

#define DAMAGED_END                                                                                \
    "; nothing of it is used: put the folder back from a backup, or remove it and ingest the "     \
    "logs again"

static struct segment_reader *open_segment(const char *path,
                                           const struct segment_expectation *expectation,
                                           struct error *err)
{
    int descriptor = open(path, O_RDONLY);
    assert_true(descriptor >= 0);
    return segment_reader_open(descriptor, path, expectation, err);
}

/* Key `number` of a segment of `key_count`: its id, and some buckets. */
static struct key_history make_key(unsigned number, char *id, struct active_bucket *buckets)
{
    size_t size = (size_t)snprintf(id, 32, "key-%08u", number);
    size_t bucket_count = number % 7 + 1;
    for (size_t i = 0; i < bucket_count; i++) {
        buckets[i] = (struct active_bucket){(int32_t)(number % 50 + i * 3) - 20,
                                            (uint32_t)(1 + (number + i) % 3)};
    }
    return (struct key_history){.entity = number % 10 < 7 ? ENTITY_USER : ENTITY_PRODUCT,
                                .id = {id, size},
                                .buckets = buckets,
                                .bucket_count = bucket_count,
                                .size_bytes_sum = number % 5 == 0 ? number : 0,
                                .size_count = number % 5 == 0};
}

static void write_keys(const char *path, unsigned key_count, struct segment_totals *totals)
{
    struct error err;
    char id[32];
    struct active_bucket buckets[8];
    struct segment_writer *writer = segment_writer_open(path, 3600, &err);
    assert_non_null(writer);
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        for (unsigned i = 0; i < key_count; i++) {
            struct key_history key = make_key(i, id, buckets);
            if (key.entity == (enum entity)entity) {
                assert_int_equal(segment_writer_append(writer, &key, &err), 0);
            }
        }
    }
    assert_int_equal(segment_writer_close(writer, SEGMENT_DURABLE, totals, &err), 0);
}

static void assert_same_key(const struct key_history *a, const struct key_history *b)
{
    assert_int_equal(a->entity, b->entity);
    assert_true(slice_is_equal(a->id, b->id));
    assert_int_equal(a->bucket_count, b->bucket_count);
    assert_memory_equal(a->buckets, b->buckets, a->bucket_count * sizeof *a->buckets);
    assert_int_equal(a->size_bytes_sum, b->size_bytes_sum);
    assert_int_equal(a->size_count, b->size_count);
}

static void gives_back_and_finds(void **state)
{
    enum { KEY_COUNT = 50000 };
    const char *path = test_path(state, "large");
    struct segment_totals totals;
    struct error err;
    struct key_history found;
    char id[32];
    struct active_bucket buckets[8];
    write_keys(path, KEY_COUNT, &totals);
    struct segment_expectation expectation = {3600, totals.size_bytes, totals.checksum};
    struct segment_reader *reader = open_segment(path, &expectation, &err);
    assert_non_null(reader);
    assert_memory_equal(&totals, segment_reader_totals(reader), sizeof totals);
    assert_int_equal(totals.key_count[ENTITY_USER], KEY_COUNT / 10 * 7);
    assert_int_equal(totals.first_bucket, -20);
    for (unsigned i = 0; i < KEY_COUNT; i += 7) {
        struct key_history key = make_key(i, id, buckets);
        assert_int_equal(segment_reader_find(reader, key.entity, key.id, &found, &err), 1);
        assert_same_key(&found, &key);
        enum entity other = key.entity == ENTITY_USER ? ENTITY_PRODUCT : ENTITY_USER;
        assert_int_equal(segment_reader_find(reader, other, key.id, &found, &err), 0);
    }
    assert_int_equal(segment_reader_find(reader, ENTITY_USER, slice_of("a"), &found, &err), 0);
    assert_int_equal(segment_reader_find(reader, ENTITY_PRODUCT, slice_of("z"), &found, &err), 0);
    segment_reader_rewind(reader);
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        for (unsigned i = 0; i < KEY_COUNT; i++) {
            struct key_history key = make_key(i, id, buckets);
            if (key.entity == (enum entity)entity) {
                assert_int_equal(segment_reader_next(reader, &found, &err), 1);
                assert_same_key(&found, &key);
            }
        }
    }
    assert_int_equal(segment_reader_next(reader, &found, &err), 0);
    assert_int_equal(segment_reader_next(reader, &found, &err), 0);
    segment_reader_close(reader);
}

static void empty_segment(void **state)
{
    const char *path = test_path(state, "empty");
    struct segment_totals totals;
    struct error err;
    struct key_history key;
    write_keys(path, 0, &totals);
    struct segment_reader *reader = open_segment(path, NULL, &err);
    assert_non_null(reader);
    assert_int_equal(segment_reader_next(reader, &key, &err), 0);
    assert_int_equal(segment_reader_find(reader, ENTITY_USER, slice_of("u"), &key, &err), 0);
    segment_reader_close(reader);
}

static void extreme_numbers(void **state)
{
    const char *path = test_path(state, "extreme");
    char id[ENTITY_ID_SIZE_MAX];
    struct active_bucket buckets[] = {{INT32_MIN, UINT32_MAX}, {-1, 1}, {0, 2}, {INT32_MAX, 3}};
    struct key_history key = {.id = {id, sizeof id},
                              .buckets = buckets,
                              .bucket_count = 4,
                              .size_bytes_sum = UINT64_MAX,
                              .size_count = 1,
                              .cost_us_sum = UINT64_MAX,
                              .cost_count = UINT64_MAX};
    struct key_history found;
    struct segment_totals totals;
    struct error err;
    memset(id, 0xff, sizeof id);
    struct segment_writer *writer = segment_writer_open(path, 1, &err);
    assert_int_equal(segment_writer_append(writer, &key, &err), 0);
    assert_int_equal(segment_writer_close(writer, SEGMENT_SPILLED, &totals, &err), 0);
    struct segment_reader *reader = open_segment(path, NULL, &err);
    assert_int_equal(segment_reader_next(reader, &found, &err), 1);
    assert_same_key(&found, &key);
    assert_int_equal(found.cost_us_sum, UINT64_MAX);
    assert_int_equal(found.cost_count, UINT64_MAX);
    segment_reader_close(reader);
}

/* Opens and reads all; 0 when everything was accepted. */
static int read_whole(const char *path, const struct segment_expectation *expectation,
                      struct error *err)
{
    struct key_history key;
    int got = 1;
    struct segment_reader *reader = open_segment(path, expectation, err);
    if (reader == NULL) {
        return -1;
    }
    while (got == 1) {
        got = segment_reader_next(reader, &key, err);
    }
    segment_reader_close(reader);
    return got;
}

static char *slurp(const char *path, size_t *size)
{
    char *bytes = malloc(1 << 20);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

/* Every byte in turn, changed in every bit and overwritten; and every shorter file. */
static void damage_is_refused(void **state)
{
    struct segment_totals totals;
    struct error err;
    size_t size;
    write_keys(test_path(state, "whole"), 40, &totals);
    struct segment_expectation expectation = {3600, totals.size_bytes, totals.checksum};
    char *bytes = slurp(test_path(state, "whole"), &size);
    assert_int_equal(size, totals.size_bytes);
    for (size_t at = 0; at < size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] = (char)(bytes[at] ^ (1 << bit));
            const char *path = test_put(state, "damaged", bytes, size);
            assert_int_equal(read_whole(path, &expectation, &err), -1);
            assert_int_equal(err.kind, ERROR_INPUT);
            assert_non_null(strstr(err.text, path));
            bytes[at] = (char)(bytes[at] ^ (1 << bit));
        }
    }
    for (size_t shorter = 0; shorter < size; shorter++) {
        const char *path = test_put(state, "damaged", bytes, shorter);
        assert_int_equal(read_whole(path, &expectation, &err), -1);
        assert_int_equal(read_whole(path, NULL, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    assert_int_equal(read_whole(test_put(state, "damaged", bytes, size), &expectation, &err), 0);
    free(bytes);
}

static void damage_is_named(void **state)
{
    struct segment_totals totals;
    struct error err;
    char expected[TEST_PATH_SIZE * 4];
    size_t size;
    write_keys(test_path(state, "whole"), 40, &totals);
    struct segment_expectation expectation = {3600, totals.size_bytes, totals.checksum};
    char *bytes = slurp(test_path(state, "whole"), &size);
    bytes[100] ^= 1;
    const char *path = test_put(state, "named", bytes, size);
    assert_int_equal(read_whole(path, &expectation, &err), -1);
    snprintf(expected, sizeof expected,
             "%s: damaged at byte 16: the block's checksum differs" DAMAGED_END, path);
    assert_string_equal(err.text, expected);
    bytes[100] ^= 1;
    bytes[8] = 2;
    path = test_put(state, "named", bytes, size);
    assert_int_equal(read_whole(path, &expectation, &err), -1);
    snprintf(expected, sizeof expected,
             "%s: the segment has version 2, this program reads version 1; use the program that "
             "wrote it",
             path);
    assert_string_equal(err.text, expected);
    path = test_put(state, "named", bytes, 5);
    assert_int_equal(read_whole(path, &expectation, &err), -1);
    snprintf(expected, sizeof expected,
             "%s: damaged at byte 5: it has 5 bytes instead of %zu" DAMAGED_END, path, size);
    assert_string_equal(err.text, expected);
    free(bytes);
}

/* A file that may not grow stands for a full disk: at each limit the writer fails and leaves no file. */
static void failing_writes(void **state)
{
    struct rlimit before, limit;
    struct error err;
    struct segment_totals totals;
    char id[32];
    struct active_bucket buckets[8];
    const char *path = test_path(state, "small-disk");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t bytes = 0; bytes < 300; bytes += 20) {
        limit = (struct rlimit){bytes, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        struct segment_writer *writer = segment_writer_open(path, 3600, &err);
        int result = writer == NULL ? -1 : 0;
        for (unsigned i = 0; result == 0 && i < 40; i++) {
            struct key_history key = make_key(i, id, buckets);
            key.entity = ENTITY_USER;
            result = segment_writer_append(writer, &key, &err);
        }
        assert_true(writer == NULL || result == 0);
        if (writer != NULL) {
            assert_int_equal(segment_writer_close(writer, SEGMENT_DURABLE, &totals, &err), -1);
        }
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(err.kind, ERROR_RESOURCE);
        assert_non_null(strstr(err.text, "small-disk: File too large"));
        assert_int_equal(access(path, F_OK), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_and_finds), cmocka_unit_test(empty_segment),
        cmocka_unit_test(extreme_numbers),      cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(damage_is_named),      cmocka_unit_test(failing_writes),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
