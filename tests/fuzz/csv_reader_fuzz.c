/* csv_reader_fuzz.c - any bytes as CSV: what is read, written again and read again is the same. */
#include "common/csv_reader.h"
#include "common/csv_writer.h"

#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct scratch {
    int descriptor; /* of a file without a name that anyone else could open */
    char path[32];
};

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void scratch_open(struct scratch *scratch)
{
    char name[] = "/tmp/rekindle-fuzz-XXXXXX";
    scratch->descriptor = mkstemp(name);
    require(scratch->descriptor >= 0);
    unlink(name);
    snprintf(scratch->path, sizeof scratch->path, "/dev/fd/%d", scratch->descriptor);
}

static void put_record(struct csv_writer *writer, const struct csv_record *record)
{
    csv_writer_put_word(writer, "r"); /* so that no record is blank */
    for (size_t i = 0; i < record->field_count; i++) {
        csv_writer_put_text(writer, record->fields[i]);
    }
    csv_writer_end_record(writer);
}

/* Writes what `reader` still has; returns the number of records. */
static size_t copy_records(struct csv_reader *reader, const char *path)
{
    struct csv_record record;
    struct error err;
    size_t count = 0;
    int got;
    FILE *out = fopen(path, "w");
    require(out != NULL);
    struct csv_writer writer = {.out = out};
    csv_writer_put_word(&writer, "first");
    for (size_t i = 0; i < csv_reader_header(reader)->field_count; i++) {
        csv_writer_put_word(&writer, "h");
    }
    csv_writer_end_record(&writer);
    while ((got = csv_reader_next(reader, &record, &err)) > 0) {
        require(record.field_count == csv_reader_header(reader)->field_count);
        put_record(&writer, &record);
        count++;
    }
    require(got == 0 || err.kind == ERROR_INPUT);
    fclose(out);
    return count;
}

static void compare(struct csv_reader *original, const char *copy_path, size_t count)
{
    struct csv_record left, right;
    struct error err;
    struct csv_reader *copy = csv_reader_open(copy_path, &err);
    require(copy != NULL && csv_reader_rewind(original, &err) == 0);
    for (size_t n = 0; n < count; n++) {
        require(csv_reader_next(original, &left, &err) == 1);
        require(csv_reader_next(copy, &right, &err) == 1);
        require(right.field_count == left.field_count + 1);
        for (size_t i = 0; i < left.field_count; i++) {
            require(slice_is_equal(left.fields[i], csv_writer_unguard(right.fields[i + 1])));
        }
    }
    require(csv_reader_next(copy, &right, &err) == 0);
    csv_reader_close(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct scratch input, output;
    struct error err;
    if (input.path[0] == '\0') {
        scratch_open(&input);
        scratch_open(&output);
    }
    require(ftruncate(input.descriptor, 0) == 0 &&
            pwrite(input.descriptor, bytes, size, 0) == (ssize_t)size);
    struct csv_reader *reader = csv_reader_open(input.path, &err);
    if (reader == NULL) {
        require(err.kind == ERROR_INPUT && err.text[0] != '\0');
        return 0;
    }
    if (csv_reader_header(reader)->field_count < CSV_FIELD_COUNT_MAX) {
        compare(reader, output.path, copy_records(reader, output.path));
    }
    csv_reader_close(reader);
    return 0;
}
