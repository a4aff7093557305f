/* image_test.c - an image of values: what was put in comes out, once for each id; of any other file nothing does.
 * Room: tests. May touch: files in a folder of its own. */
#include "loader/source/image_reader.h"
#include "loader/source/image_writer.h"

#include "tests/unit/test_folder.h"

#include <sys/stat.h>

#define IDENTITY "plan target families"

static struct image_options options_of(const char *path, bool is_resumed)
{
    return (struct image_options){
        .path = path, .identity = IDENTITY, .now_unix = 1700000000, .is_resumed = is_resumed};
}

static void add(struct image_writer *writer, const char *family, const char *id,
                const char *version, const char *value)
{
    struct error err = {0};
    const struct image_record record = {.kind = RECORD_STRING,
                                        .family = slice_of(family),
                                        .id = slice_of(id),
                                        .version = slice_of(version),
                                        .value = slice_of(value)};
    assert_int_equal(image_writer_add(writer, &record, &err), 0);
}

static struct image_writer *begin(const char *path, bool is_resumed)
{
    struct error err = {0};
    const struct image_options options = options_of(path, is_resumed);
    struct image_writer *writer = image_writer_open(&options, &err);
    if (writer == NULL) {
        fail_msg("%s", err.text);
    }
    return writer;
}

static void commit(struct image_writer *writer)
{
    struct error err = {0};
    assert_int_equal(image_writer_commit(writer, &err), 0);
    image_writer_close(writer);
}

/* Three values, of which one was written twice. */
static void put_image(const char *path)
{
    struct error err = {0};
    struct image_writer *writer = begin(path, false);
    add(writer, "user", "1", "v1", "one");
    add(writer, "user", "2", "", "");
    assert_int_equal(image_writer_flush(writer, &err), 0);
    add(writer, "product", "1", "v3", "a product");
    add(writer, "user", "1", "v2", "one, later");
    assert_int_equal(image_writer_count(writer), 4);
    commit(writer);
}

static struct image_reader *try_open(void **state, const char *path, struct error *err)
{
    return image_reader_open(path, *state, IDENTITY, err);
}

/* Asks for one id; NULL: it must not be there. */
static void expect(struct image_reader *reader, const char *family, const char *id,
                   const char *version, const char *value)
{
    struct error err = {0};
    struct record records[1] = {{.kind = RECORD_MISSING}};
    struct record_batch batch = {.records = records, .count = 1, .capacity = 1};
    const struct slice ids[] = {slice_of(id)};
    assert_int_equal(image_reader_fetch(reader, family, ids, 1, &batch, &err), 0);
    if (value == NULL) {
        assert_int_equal(records[0].kind, RECORD_MISSING);
    } else {
        assert_int_equal(records[0].kind, RECORD_STRING);
        assert_true(slice_is_equal(records[0].value, slice_of(value)));
        assert_true(slice_is_equal(records[0].version, slice_of(version)));
        assert_int_equal(records[0].value_size, strlen(value));
    }
    for (size_t i = 0; i < SOURCE_CONNECTION_MAX; i++) {
        arena_free(&batch.arenas[i]);
    }
}

static void test_comes_out(void **state)
{
    char path[TEST_PATH_SIZE * 2];
    struct error err = {0};
    struct stat status;
    snprintf(path, sizeof path, "%s", test_path(state, "x.image"));
    put_image(path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(access(test_path(state, "x.image.part"), F_OK), -1);
    struct image_reader *reader = try_open(state, path, &err);
    assert_non_null(reader);
    assert_int_equal(image_reader_count(reader), 4);
    assert_int_equal(image_reader_begun_unix(reader), 1700000000);
    expect(reader, "user", "1", "v2", "one, later");
    expect(reader, "user", "2", "", "");
    expect(reader, "product", "1", "v3", "a product");
    expect(reader, "product", "2", NULL, NULL);
    expect(reader, "user", "01", NULL, NULL);
    assert_null(image_reader_trouble(reader));
    image_reader_close(reader);
}

/* Many blocks: each id is found in its own. */
static void test_many(void **state)
{
    enum { COUNT = 20000 };
    char path[TEST_PATH_SIZE * 2], id[16], value[64];
    struct error err = {0};
    snprintf(path, sizeof path, "%s", test_path(state, "many.image"));
    struct image_writer *writer = begin(path, false);
    for (int i = 0; i < COUNT; i++) {
        snprintf(id, sizeof id, "%d", i * 7);
        snprintf(value, sizeof value, "the value of %d, and some more bytes of it", i * 7);
        add(writer, "user", id, id, value);
    }
    commit(writer);
    struct image_reader *reader = try_open(state, path, &err);
    assert_non_null(reader);
    for (int i = COUNT - 1; i >= 0; i -= 97) {
        snprintf(id, sizeof id, "%d", i * 7);
        snprintf(value, sizeof value, "the value of %d, and some more bytes of it", i * 7);
        expect(reader, "user", id, id, value);
        snprintf(id, sizeof id, "%d", i * 7 + 1);
        expect(reader, "user", id, NULL, NULL);
    }
    image_reader_close(reader);
}

static void test_refuses(void **state)
{
    char path[TEST_PATH_SIZE * 2], wanted[TEST_PATH_SIZE * 3];
    struct error err = {0};
    snprintf(path, sizeof path, "%s", test_path(state, "x.image"));
    assert_null(try_open(state, path, &err));
    snprintf(wanted, sizeof wanted, "%s cannot be opened: No such file or directory", path);
    assert_string_equal(err.text, wanted);
    assert_int_equal(err.kind, ERROR_INPUT);
    test_put_text(state, "x.image", "");
    assert_null(try_open(state, path, &err));
    snprintf(wanted, sizeof wanted, "%s is no image of a run's values", path);
    assert_string_equal(err.text, wanted);
    test_put_text(state, "x.image", "rank,entity,id,family,key");
    assert_null(try_open(state, path, &err));
    snprintf(wanted, sizeof wanted, "%s: the block at byte 0 is none", path);
    assert_string_equal(err.text, wanted);
    put_image(path);
    assert_null(image_reader_open(path, *state, "another", &err));
    snprintf(wanted, sizeof wanted,
             "%s is an image of another run, or of families that were changed", path);
    assert_string_equal(err.text, wanted);
}

static char *read_bytes(const char *path, size_t *size)
{
    enum { SIZE_MAX_READ = 4096 };
    char *bytes = malloc(SIZE_MAX_READ);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *size = fread(bytes, 1, SIZE_MAX_READ, file);
    fclose(file);
    return bytes;
}

/* Each byte changed, and each length: never a value, always a sentence. */
static void test_damage(void **state)
{
    char path[TEST_PATH_SIZE * 2];
    size_t size;
    snprintf(path, sizeof path, "%s", test_path(state, "x.image"));
    put_image(path);
    char *bytes = read_bytes(path, &size);
    for (size_t i = 0; i < size; i++) {
        struct error err = {0};
        bytes[i] = (char)(bytes[i] ^ 0x10);
        test_put(state, "x.image", bytes, size);
        assert_null(try_open(state, path, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        bytes[i] = (char)(bytes[i] ^ 0x10);
        test_put(state, "x.image", bytes, i);
        assert_null(try_open(state, path, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    free(bytes);
}

/* Damage that comes after it was opened: the source is asked from then on. */
static void test_late_damage(void **state)
{
    char path[TEST_PATH_SIZE * 2];
    struct error err = {0};
    snprintf(path, sizeof path, "%s", test_path(state, "x.image"));
    put_image(path);
    struct image_reader *reader = try_open(state, path, &err);
    assert_non_null(reader);
    assert_int_equal(truncate(path, 60), 0);
    expect(reader, "user", "1", NULL, NULL);
    assert_non_null(strstr(image_reader_trouble(reader), "was changed while it was being read"));
    expect(reader, "product", "1", NULL, NULL);
    image_reader_close(reader);
}

/* A draft is gone on with, whatever byte it was torn at; one of something else is begun anew. */
static void test_resumes(void **state)
{
    char path[TEST_PATH_SIZE * 2], draft[TEST_PATH_SIZE * 2];
    size_t size;
    struct error err = {0};
    snprintf(path, sizeof path, "%s", test_path(state, "x.image"));
    snprintf(draft, sizeof draft, "%s", test_path(state, "x.image.part"));
    struct image_writer *writer = begin(path, false);
    add(writer, "user", "1", "v", "one");
    assert_int_equal(image_writer_flush(writer, &err), 0);
    uint64_t first = image_writer_size(writer);
    add(writer, "user", "2", "v", "two");
    assert_int_equal(image_writer_flush(writer, &err), 0);
    image_writer_close(writer);
    char *bytes = read_bytes(draft, &size);
    for (size_t left = 0; left <= size; left++) {
        test_put(state, "x.image.part", bytes, left);
        writer = begin(path, true);
        assert_int_equal(image_writer_count(writer), left == size ? 2 : left >= first ? 1 : 0);
        add(writer, "user", "3", "v", "three");
        commit(writer);
        struct image_reader *reader = try_open(state, path, &err);
        assert_non_null(reader);
        expect(reader, "user", "1", "v", left >= first ? "one" : NULL);
        expect(reader, "user", "2", "v", left == size ? "two" : NULL);
        expect(reader, "user", "3", "v", "three");
        image_reader_close(reader);
    }
    test_put(state, "x.image.part", bytes, size);
    writer = begin(path, false);
    assert_int_equal(image_writer_count(writer), 0);
    image_writer_discard(writer);
    image_writer_close(writer);
    assert_int_equal(access(draft, F_OK), -1);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_comes_out, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_many, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_refuses, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_damage, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_late_damage, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_resumes, test_folder_make, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
