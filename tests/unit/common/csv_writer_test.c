/* csv_writer_test.c - quotes only where needed, formulas made harmless, and all of it read back. */
#include "common/csv_writer.h"

#include "common/csv_reader.h"

#include "tests/unit/test_folder.h"

#include <math.h>

static void cells_are_written(void **state)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\""},
        {" a", "\" a\""},
        {"a ", "\"a \""},
        {"a;b", "a;b"},
        {"a b", "a b"},
        {"=1+2", "'=1+2"},
        {"-3", "'-3"},
        {"+49", "'+49"},
        {"@x", "'@x"},
        {"\tx", "\"'\tx\""},
        {"\rx", "\"'\rx\""},
        {"'", "'"},
        {"'a", "'a"},
        {"'=x", "''=x"},
        {"''=x", "'''=x"},
        {"=\"x\",", "\"'=\"\"x\"\",\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char written[64];
        FILE *out = fopen(test_path(state, "t.csv"), "w+");
        struct csv_writer writer = {.out = out};
        csv_writer_put_text(&writer, slice_of(cases[i].text));
        rewind(out);
        written[fread(written, 1, sizeof written - 1, out)] = '\0';
        fclose(out);
        assert_string_equal(written, cases[i].written);
    }
}

static void numbers_and_times_are_written(void **state)
{
    char written[200];
    FILE *out = fopen(test_path(state, "t.csv"), "w+");
    struct csv_writer writer = {.out = out};
    csv_writer_put_header(&writer, "a,b");
    csv_writer_put_count(&writer, 12);
    csv_writer_put_number(&writer, 0.250, 6);
    csv_writer_put_number(&writer, (double)NAN, 6);
    csv_writer_put_time(&writer, 1794384000);
    csv_writer_put_word(&writer, "warm");
    csv_writer_end_record(&writer);
    rewind(out);
    written[fread(written, 1, sizeof written - 1, out)] = '\0';
    fclose(out);
    assert_string_equal(written, "a,b\n12,0.25,,2026-11-11T08:00:00Z,warm\n");
}

/* Any bytes at all come back. */
static void all_bytes_come_back(void **state)
{
    enum { RECORDS = 3000, SIZE_MAX_HERE = 12 };
    static const char alphabet[] = "a,;\"\n\r\t '=+-@\0\xff"
                                   "0";
    static char texts[RECORDS][SIZE_MAX_HERE];
    static size_t sizes[RECORDS];
    struct error err;
    struct csv_record record;
    FILE *out = fopen(test_path(state, "t.csv"), "w");
    struct csv_writer writer = {.out = out};
    csv_writer_put_header(&writer, "n,text,last");
    srand(3);
    for (int i = 0; i < RECORDS; i++) {
        sizes[i] = (size_t)rand() % SIZE_MAX_HERE;
        for (size_t at = 0; at < sizes[i]; at++) {
            texts[i][at] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
        }
        csv_writer_put_count(&writer, (uint64_t)i);
        csv_writer_put_text(&writer, (struct slice){texts[i], sizes[i]});
        csv_writer_put_text(&writer, (struct slice){texts[i], sizes[i]});
        csv_writer_end_record(&writer);
    }
    fclose(out);
    struct csv_reader *reader = csv_reader_open(test_path(state, "t.csv"), &err);
    for (int i = 0; i < RECORDS; i++) {
        assert_int_equal(csv_reader_next(reader, &record, &err), 1);
        for (int cell = 1; cell <= 2; cell++) {
            struct slice text = csv_writer_unguard(record.fields[cell]);
            assert_int_equal(text.size, sizes[i]);
            assert_memory_equal(text.bytes, texts[i], sizes[i]);
        }
    }
    assert_int_equal(csv_reader_next(reader, &record, &err), 0);
    csv_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_written),
        cmocka_unit_test(numbers_and_times_are_written),
        cmocka_unit_test(all_bytes_come_back),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
