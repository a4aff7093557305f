/* log_file_test.c - packed logs, cut logs, pipes; chunks of whole lines, marks, and lines without an end. */
#include "predictor/ingest/log_file.h"

#include "predictor/ingest/log_stream.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <cmocka.h>

enum { PATH_SIZE = 256, TEXT_SIZE = 3000000, PACKED_ROOM = 4 << 20 };

struct place {
    char folder[PATH_SIZE], path[PATH_SIZE + 8];
    char *text;   /* [TEXT_SIZE] lines of many lengths */
    char *packed; /* [PACKED_ROOM] */
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    const char *folder = getenv("TMPDIR");
    snprintf(place->folder, sizeof place->folder, "%s/log-file-XXXXXX",
             folder == NULL ? "/tmp" : folder);
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/log", place->folder);
    place->text = malloc(TEXT_SIZE);
    place->packed = malloc(PACKED_ROOM);
    unsigned random = 1;
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        random = random * 1103515245 + 12345;
        place->text[i] = (random >> 16) % 40 == 0 ? '\n' : (char)('a' + (random >> 16) % 26);
    }
    place->text[TEXT_SIZE - 1] = '\n';
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    rmdir(place->folder);
    free(place->text);
    free(place->packed);
    free(place);
    return 0;
}

static void write_log(const struct place *place, const void *bytes, size_t size)
{
    FILE *out = fopen(place->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static size_t pack_gzip(char *packed, const char *text, size_t size)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    char *copy = malloc(size + 1);
    memcpy(copy, text, size);
    stream.next_in = (unsigned char *)copy;
    stream.avail_in = (uInt)size;
    stream.next_out = (unsigned char *)packed;
    stream.avail_out = PACKED_ROOM / 2;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t packed_size = stream.total_out;
    deflateEnd(&stream);
    free(copy);
    return packed_size;
}

/* All chunks together must be the text again; returns how many there were. */
static size_t assert_reads_as(const char *path, const char *text, size_t size)
{
    struct error err;
    struct log_file *file = log_file_open(path, &err);
    assert_non_null(file);
    char *bytes = malloc(LOG_CHUNK_CAPACITY);
    size_t at = 0, count = 0, chunk_size;
    enum log_chunk_kind kind;
    do {
        assert_int_equal(log_file_next(file, bytes, &chunk_size, &kind, &err), 0);
        assert_true(at + chunk_size <= size);
        assert_memory_equal(bytes, text + at, chunk_size);
        assert_true(kind != LOG_CHUNK_LINES || bytes[chunk_size - 1] == '\n');
        at += chunk_size;
        count++;
    } while (kind == LOG_CHUNK_LINES);
    assert_int_equal(at, size);
    struct log_digest digest = log_digest_of(text, size);
    assert_true(log_digest_is_equal(log_file_mark_whole(file).digest, digest));
    free(bytes);
    log_file_close(file);
    return count;
}

static void every_packing_gives_the_same_bytes(void **state)
{
    struct place *place = *state;
    write_log(place, place->text, TEXT_SIZE);
    assert_true(assert_reads_as(place->path, place->text, TEXT_SIZE) > 3);

    size_t size = pack_gzip(place->packed, place->text, TEXT_SIZE);
    write_log(place, place->packed, size);
    assert_reads_as(place->path, place->text, TEXT_SIZE);

    size_t half = TEXT_SIZE / 2 + 7; /* two members, and padding behind them */
    size = pack_gzip(place->packed, place->text, half);
    size += pack_gzip(place->packed + size, place->text + half, TEXT_SIZE - half);
    memset(place->packed + size, 0, 300000);
    write_log(place, place->packed, size + 300000);
    assert_reads_as(place->path, place->text, TEXT_SIZE);

    size = ZSTD_compress(place->packed, PACKED_ROOM, place->text, half, 1);
    size += ZSTD_compress(place->packed + size, PACKED_ROOM - size, place->text + half,
                          TEXT_SIZE - half, 1);
    write_log(place, place->packed, size);
    assert_reads_as(place->path, place->text, TEXT_SIZE);

    write_log(place, "", 0);
    assert_int_equal(assert_reads_as(place->path, "", 0), 1);
    size = pack_gzip(place->packed, "", 0);
    write_log(place, place->packed, size);
    assert_int_equal(assert_reads_as(place->path, "", 0), 1);
}

static void assert_fails(const struct place *place, const char *part)
{
    struct error err;
    struct log_stream *stream = log_stream_open(place->path, &err);
    assert_non_null(stream);
    char *bytes = malloc(TEXT_SIZE);
    size_t got = 1;
    int status = 0;
    while (status == 0 && got > 0) {
        status = log_stream_read(stream, bytes, TEXT_SIZE, &got, &err);
    }
    assert_int_equal(status, -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    char expected[2 * PATH_SIZE];
    snprintf(expected, sizeof expected, "%s %s", place->path, part);
    assert_string_equal(err.text, expected);
    free(bytes);
    log_stream_close(stream);
}

static void a_cut_log_is_an_error(void **state)
{
    struct place *place = *state;
    size_t size = pack_gzip(place->packed, place->text, TEXT_SIZE);
    static const char gzip_cut[] =
        "ends in the middle of a gzip member: it was cut short, or is still being written";
    static const char zstd_cut[] =
        "ends in the middle of a zstd frame: it was cut short, or is still being written";
    const size_t gzip_ends[] = {2, 5, 10, size / 2, size - 8, size - 1};
    for (size_t i = 0; i < sizeof gzip_ends / sizeof *gzip_ends; i++) {
        write_log(place, place->packed, gzip_ends[i]);
        assert_fails(place, gzip_cut);
    }
    memcpy(place->packed + size, place->packed, 100); /* the second member is cut */
    write_log(place, place->packed, size + 100);
    assert_fails(place, gzip_cut);

    size = ZSTD_compress(place->packed, PACKED_ROOM, place->text, TEXT_SIZE, 1);
    const size_t zstd_ends[] = {4, 9, size / 2, size - 1};
    for (size_t i = 0; i < sizeof zstd_ends / sizeof *zstd_ends; i++) {
        write_log(place, place->packed, zstd_ends[i]);
        assert_fails(place, zstd_cut);
    }
}

static void a_damaged_log_is_an_error(void **state)
{
    struct place *place = *state;
    size_t size = pack_gzip(place->packed, "a line\n", 7);
    memcpy(place->packed + size, "garbage", 7);
    write_log(place, place->packed, size + 7);
    char expected[200];
    snprintf(expected, sizeof expected,
             "is damaged: gzip says 'incorrect header check' near packed byte %zu", size + 2);
    assert_fails(place, expected);
    size = ZSTD_compress(place->packed, PACKED_ROOM, place->text, 5000, 1);
    memset(place->packed + 10, 0xAA, 30);
    write_log(place, place->packed, size);
    struct error err;
    assert_null(log_file_open(place->path, &err));
    assert_non_null(strstr(err.text, "is damaged: zstd says '"));
}

static void what_is_no_log_is_refused(void **state)
{
    struct place *place = *state;
    struct error err;
    char expected[2 * PATH_SIZE];
    unlink(place->path);
    assert_null(log_file_open(place->path, &err));
    snprintf(expected, sizeof expected, "cannot open %s: No such file or directory", place->path);
    assert_string_equal(err.text, expected);
    assert_null(log_file_open(place->folder, &err));
    snprintf(expected, sizeof expected, "%s is a folder; name the logs in it", place->folder);
    assert_string_equal(err.text, expected);
}

static void *write_into_pipe(void *argument)
{
    const struct place *place = argument;
    write_log(place, place->text, TEXT_SIZE);
    return NULL;
}

static void a_pipe_is_read_like_a_file(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_into_pipe, place), 0);
    struct error err;
    struct log_mark mark;
    struct log_file *file = log_file_open(place->path, &err);
    assert_non_null(file);
    pthread_join(writer, NULL);
    assert_int_equal(log_file_skip(file, 100000, &mark, &err), 0);
    assert_int_equal(log_file_rewind(file, &err), 0);
    assert_int_equal(log_file_skip(file, UINT64_MAX, &mark, &err), 0);
    assert_int_equal(mark.size, TEXT_SIZE);
    assert_true(log_digest_is_equal(mark.digest, log_digest_of(place->text, TEXT_SIZE)));
    log_file_close(file);
    unlink(place->path);
}

static void a_prefix_is_recognised_and_skipped(void **state)
{
    struct place *place = *state;
    write_log(place, place->text, TEXT_SIZE);
    const uint64_t sizes[] = {0, 1, 4095, 4096, 4097, 600000, TEXT_SIZE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct error err;
        struct log_mark mark;
        struct log_file *file = log_file_open(place->path, &err);
        assert_non_null(file);
        assert_int_equal(log_file_head(file).size, LOG_HEAD_SIZE);
        assert_int_equal(log_file_skip(file, sizes[i], &mark, &err), 0);
        assert_int_equal(mark.size, sizes[i]);
        assert_true(log_digest_is_equal(mark.digest, log_digest_of(place->text, sizes[i])));
        uint64_t lines = 0;
        for (size_t at = 0; at < sizes[i]; at++) {
            lines += place->text[at] == '\n';
        }
        assert_int_equal(log_file_skipped_lines(file), lines);
        char *bytes = malloc(LOG_CHUNK_CAPACITY);
        size_t size;
        enum log_chunk_kind kind;
        assert_int_equal(log_file_next(file, bytes, &size, &kind, &err), 0);
        assert_memory_equal(bytes, place->text + sizes[i], size);
        free(bytes);
        log_file_close(file);
    }
}

static void a_last_line_without_end_is_apart(void **state)
{
    struct place *place = *state;
    static const char text[] = "one\ntwo\r\nthr";
    write_log(place, text, sizeof text - 1);
    struct error err;
    struct log_file *file = log_file_open(place->path, &err);
    assert_non_null(file);
    assert_true(slice_is_equal(log_file_first_line(file), slice_of("one")));
    char *bytes = malloc(LOG_CHUNK_CAPACITY);
    size_t size;
    enum log_chunk_kind kind;
    assert_int_equal(log_file_next(file, bytes, &size, &kind, &err), 0);
    assert_int_equal(kind, LOG_CHUNK_LINES);
    assert_int_equal(size, 9);
    assert_int_equal(log_file_next(file, bytes, &size, &kind, &err), 0);
    assert_int_equal(kind, LOG_CHUNK_TAIL);
    assert_int_equal(size, 3);
    assert_int_equal(log_file_next(file, bytes, &size, &kind, &err), 0);
    assert_int_equal(kind, LOG_CHUNK_END);
    assert_int_equal(log_file_mark_complete(file).size, 9);
    assert_true(log_digest_is_equal(log_file_mark_complete(file).digest, log_digest_of(text, 9)));
    assert_int_equal(log_file_mark_whole(file).size, 12);
    free(bytes);
    log_file_close(file);
}

/* A sparse file of 1 GiB of NUL bytes: one line, passed over in the memory of one chunk. */
static void a_line_of_a_gibibyte_is_passed_over(void **state)
{
    struct place *place = *state;
    static const off_t gibibyte = (off_t)1 << 30;
    int descriptor = open(place->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(ftruncate(descriptor, gibibyte), 0);
    assert_int_equal(pwrite(descriptor, "\nnext\n", 6, gibibyte), 6);
    close(descriptor);
    struct error err;
    struct log_file *file = log_file_open(place->path, &err);
    assert_non_null(file);
    assert_int_equal(log_file_first_line(file).size, 0);
    char *bytes = malloc(LOG_CHUNK_CAPACITY);
    size_t size;
    enum log_chunk_kind kind;
    assert_int_equal(log_file_next(file, bytes, &size, &kind, &err), 0);
    assert_int_equal(kind, LOG_CHUNK_OVERLONG);
    assert_int_equal(log_file_next(file, bytes, &size, &kind, &err), 0);
    assert_int_equal(kind, LOG_CHUNK_LINES);
    assert_int_equal(size, 5);
    assert_int_equal(log_file_next(file, bytes, &size, &kind, &err), 0);
    assert_int_equal(kind, LOG_CHUNK_END);
    assert_int_equal(log_file_mark_complete(file).size, gibibyte + 6);
    free(bytes);
    log_file_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packing_gives_the_same_bytes),
        cmocka_unit_test(a_cut_log_is_an_error),
        cmocka_unit_test(a_damaged_log_is_an_error),
        cmocka_unit_test(what_is_no_log_is_refused),
        cmocka_unit_test(a_pipe_is_read_like_a_file),
        cmocka_unit_test(a_prefix_is_recognised_and_skipped),
        cmocka_unit_test(a_last_line_without_end_is_apart),
        cmocka_unit_test(a_line_of_a_gibibyte_is_passed_over),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
