/* csv_reader_test.c - what programs and spreadsheets write, what is broken, and going back. */
#include "common/csv_reader.h"

#include "tests/unit/test_folder.h"

/* The records as `line:a|b|c` joined by newlines, or the error's text behind its path. */
static const char *read_all(const char *path)
{
    static char text[8192];
    struct error err;
    size_t used = 0;
    text[0] = '\0';
    error_clear(&err);
    struct csv_reader *reader = csv_reader_open(path, &err);
    struct csv_record record;
    while (reader != NULL && csv_reader_next(reader, &record, &err) > 0) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d:", (int)record.line);
        for (size_t i = 0; i < record.field_count; i++) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", i == 0 ? "" : "|",
                                     (int)record.fields[i].size, record.fields[i].bytes);
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "\n");
    }
    csv_reader_close(reader);
    if (err.kind != ERROR_NONE) {
        assert_int_equal(err.kind, ERROR_INPUT);
        const char *name = strrchr(err.text, '/');
        snprintf(text + used, sizeof text - used, "%s", name == NULL ? err.text : name + 1);
    }
    return text;
}

static void files_are_read(void **state)
{
    static const struct {
        const char *bytes, *expected;
    } cases[] = {
        {"a,b\n1,2\n3,4\n", "2:1|2\n3:3|4\n"},
        {"a,b\n1,2", "2:1|2\n"},
        {"a,b\r\n1,2\r\n\r\n3,4\r\n", "2:1|2\n4:3|4\n"},
        {"\xef\xbb\xbf"
         "a;b\n1;2,5\n",
         "2:1|2,5\n"},
        {"a\tb\n1\t2\n", "2:1|2\n"},
        {"a;b\n;\n1;2\n;;;\n", "3:1|2\n"},
        {"\n\na,b\n1,2\n", "4:1|2\n"},
        {"a,b,c\n1\n1,2,3,,\n", "2:1||\n3:1|2|3\n"},
        {"a,b\n\"x \"\"y\"\", z\", 2 \n", "2:x \"y\", z| 2 \n"},
        {"a,b\n\"1\n2\",3\n4,5\n", "2:1\n2|3\n4:4|5\n"},
        {"a,b\n\"1\r\n2\",3\r\n4,5\r\n", "2:1\r\n2|3\n4:4|5\n"},
        {"\"a;x\",b\n1,2\n", "2:1|2\n"},
        {"a\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(read_all(test_put_text(state, "t.csv", cases[i].bytes)),
                            cases[i].expected);
    }
}

static void broken_files_are_refused(void **state)
{
    static const struct {
        const char *bytes, *expected;
    } cases[] = {
        {"", "t.csv is empty: it has no header"},
        {"\n\n", "t.csv is empty: it has no header"},
        {"a,b\n1,2,3\n", "t.csv:2: the record has 3 cells, the header 2"},
        {"a,b\n1,2\n\"3,4\n5,6\n",
         "2:1|2\nt.csv:3: a quote that opens in this record is never closed"},
        {"a,b\n\"3\" ,4\n", "t.csv:2: the quotes are broken at byte 4 of the record: a quoted cell "
                            "is \"like \"\"this\"\"\""},
        {"a,b\n3\",4\"\n", "t.csv:2: the quotes are broken at byte 2 of the record: a quoted cell "
                           "is \"like \"\"this\"\"\""},
        {"a,b\r1,2\r",
         "t.csv:1: lines end in a carriage return alone; save it as ordinary CSV, not for "
         "the old Macintosh"},
        {"\xff\xfe"
         "a,b\n",
         "t.csv:1: the file is UTF-16; save it as CSV in UTF-8"},
        {"PK\x03\x04\x14, workbook\n",
         "t.csv:1: the file is a workbook (.xlsx, .ods); save it as CSV in UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(read_all(test_put_text(state, "t.csv", cases[i].bytes)),
                            cases[i].expected);
    }
    assert_string_equal(read_all(test_path(state, "absent.csv")),
                        "absent.csv: No such file or directory");
}

static void a_record_after_a_broken_one_is_whole(void **state)
{
    struct error err;
    struct csv_record record;
    const char *path = test_put_text(state, "t.csv", "a,b\n\"1\"x,2\n\"3\",4\n");
    struct csv_reader *reader = csv_reader_open(path, &err);
    assert_int_equal(csv_reader_next(reader, &record, &err), -1);
    assert_int_equal(csv_reader_next(reader, &record, &err), 1);
    assert_memory_equal(record.fields[0].bytes, "3", 1);
    assert_int_equal(record.field_count, 2);
    csv_reader_close(reader);
}

static void bytes_of_all_kinds_pass(void **state)
{
    struct error err;
    struct csv_record record;
    const char bytes[] = "a,b\nx\0y,\"\0\xff\"\n";
    const char *path = test_put(state, "t.csv", bytes, sizeof bytes - 1);
    struct csv_reader *reader = csv_reader_open(path, &err);
    assert_int_equal(csv_reader_next(reader, &record, &err), 1);
    assert_int_equal(record.fields[0].size, 3);
    assert_memory_equal(record.fields[0].bytes, "x\0y", 3);
    assert_int_equal(record.fields[1].size, 2);
    assert_memory_equal(record.fields[1].bytes, "\0\xff", 2);
    csv_reader_close(reader);
}

static void a_record_without_end_is_cut_off(void **state)
{
    size_t size = (size_t)3 << 20;
    char *bytes = malloc(size);
    memset(bytes, 'x', size);
    memcpy(bytes, "a,b\n1,2\n\"", 9);
    const char *expected =
        "2:1|2\nt.csv:3: the record that begins here is longer than 1048576 bytes; is a "
        "quote not closed?";
    assert_string_equal(read_all(test_put(state, "t.csv", bytes, size)), expected);
    for (size_t i = 100; i < size; i += 100) {
        bytes[i] = '\n';
    }
    assert_string_equal(read_all(test_put(state, "t.csv", bytes, size)), expected);
    free(bytes);
}

static void one_can_go_back_to_any_record(void **state)
{
    enum { RECORDS = 30000 };
    struct error err;
    struct csv_record record;
    static uint64_t offsets[RECORDS], lines[RECORDS];
    FILE *file = fopen(test_path(state, "t.csv"), "w");
    fputs("id,text\n", file);
    for (int i = 0; i < RECORDS; i++) {
        fprintf(file, "%d,\"%0*d\n\"\n", i, i % 60, 0);
    }
    fclose(file);
    struct csv_reader *reader = csv_reader_open(test_path(state, "t.csv"), &err);
    for (int i = 0; i < RECORDS; i++) {
        assert_int_equal(csv_reader_next(reader, &record, &err), 1);
        offsets[i] = record.offset;
        lines[i] = record.line;
        assert_int_equal(record.line, 2 + 2 * i);
    }
    assert_int_equal(csv_reader_next(reader, &record, &err), 0);
    for (int step = 0; step < 2000; step++) {
        int i = step * 7919 % RECORDS;
        assert_int_equal(csv_reader_seek(reader, offsets[i], lines[i], &err), 0);
        assert_int_equal(csv_reader_next(reader, &record, &err), 1);
        char id[16];
        int size = snprintf(id, sizeof id, "%d", i);
        assert_int_equal(record.fields[0].size, size);
        assert_memory_equal(record.fields[0].bytes, id, (size_t)size);
        assert_int_equal(record.line, lines[i]);
        assert_int_equal(record.offset, offsets[i]);
    }
    assert_int_equal(csv_reader_rewind(reader, &err), 0);
    assert_int_equal(csv_reader_next(reader, &record, &err), 1);
    assert_int_equal(record.line, 2);
    file = fopen(test_path(state, "t.csv"), "a");
    fputs("x,y\n", file);
    fclose(file);
    assert_int_equal(csv_reader_rewind(reader, &err), -1);
    assert_non_null(strstr(err.text, "t.csv was changed while it was being read; start again"));
    csv_reader_close(reader);
}

static void columns_are_found_by_name(void **state)
{
    struct error err;
    struct csv_reader *reader =
        csv_reader_open(test_put_text(state, "t.csv", "\"entity\";id;\n"), &err);
    assert_int_equal(csv_reader_find_column(reader, "entity"), 0);
    assert_int_equal(csv_reader_find_column(reader, "id"), 1);
    assert_int_equal(csv_reader_find_column(reader, "i"), -1);
    assert_int_equal(csv_reader_delimiter(reader), ';');
    assert_int_equal(csv_reader_decimal_point(reader), ',');
    assert_int_equal(csv_reader_header(reader)->field_count, 3);
    csv_reader_close(reader);
}

/* Delimiters at any distance from each other; the bytes beside `,` in value and in its upper bit are none. */
static void cells_of_all_lengths_are_told_apart(void **state)
{
    enum { ROUNDS = 400, CELLS = 9, LENGTH_MAX = 12, SEED = 20261111 };
    static const char letters[] = "-+,+-\x2c\xac\x2d\x2b\xad";
    srand(SEED);
    for (int round = 0; round < ROUNDS; round++) {
        char line[CELLS * (LENGTH_MAX + 1)], expected[sizeof line + 8], text[sizeof line + 40];
        size_t size = 0;
        for (int cell = 0; cell < CELLS; cell++) {
            int length = cell == 0 ? 1 : rand() % LENGTH_MAX;
            for (int i = 0; i < length; i++) {
                char letter = letters[(size_t)rand() % (sizeof letters - 1)];
                line[size++] = letter == ',' ? 'x' : letter;
            }
            line[size++] = ',';
        }
        line[size - 1] = '\0';
        snprintf(text, sizeof text, "a,b,c,d,e,f,g,h,i\n%s\n", line);
        snprintf(expected, sizeof expected, "2:%s\n", line);
        for (char *at = expected; *at != '\0'; at++) {
            *at = *at == ',' ? '|' : *at;
        }
        assert_string_equal(read_all(test_put_text(state, "t.csv", text)), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(a_record_after_a_broken_one_is_whole),
        cmocka_unit_test(bytes_of_all_kinds_pass),
        cmocka_unit_test(a_record_without_end_is_cut_off),
        cmocka_unit_test(one_can_go_back_to_any_record),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(cells_of_all_lengths_are_told_apart),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
