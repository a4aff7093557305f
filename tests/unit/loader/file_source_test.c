/* file_source_test.c - rows of files: read along, looked up, packed; what is no such file is refused with its line.
 * Room: tests. May touch: files in a folder of its own. */
#include "loader/source/source.h"

#include "tests/unit/test_folder.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <zlib.h>

struct fixture {
    struct config config;
    struct family family;
    struct source *source;
    struct record_batch batch;
    struct error err;
};

static void open_fixture(struct fixture *fixture, void **state, const char *path,
                         enum value_encoding value)
{
    *fixture = (struct fixture){0};
    fixture->config.run_dir = *state;
    fixture->family = (struct family){.name = "f",
                                      .source = SOURCE_FILE,
                                      .file = path,
                                      .value = value,
                                      .value_column = "value",
                                      .max_value_bytes = 64};
    const struct source_options options = {.config = &fixture->config, .family = &fixture->family};
    fixture->source = source_open(&options, &fixture->err);
}

static void close_fixture(struct fixture *fixture)
{
    source_close(fixture->source);
    record_batch_free(&fixture->batch);
}

static int try_fetch(struct fixture *fixture, const char *const ids[], size_t count)
{
    struct slice slices[64];
    for (size_t i = 0; i < count; i++) {
        slices[i] = slice_of(ids[i]);
    }
    return fixture->source == NULL ? -1
                                   : source_fetch(fixture->source, SOURCE_VALUES, slices, count,
                                                  &fixture->batch, &fixture->err);
}

/* Fetches one window and compares; NULL is missing. */
static void expect(struct fixture *fixture, const char *const ids[], const char *const values[],
                   size_t count)
{
    if (try_fetch(fixture, ids, count) != 0) {
        fail_msg("%s", fixture->err.text);
    }
    for (size_t i = 0; i < count; i++) {
        const struct record *record = &fixture->batch.records[i];
        assert_int_equal(record->kind, values[i] == NULL ? RECORD_MISSING : RECORD_STRING);
        if (values[i] != NULL && !slice_is_equal(record->value, slice_of(values[i]))) {
            fail_msg("record %zu is %.*s", i, (int)record->value.size, record->value.bytes);
        }
    }
}

static const char *how(const struct fixture *fixture)
{
    static char plan[256];
    struct error err;
    bool is_scan;
    struct slice id = slice_of("x");
    assert_int_equal(source_explain(fixture->source, &id, 1, plan, sizeof plan, &is_scan, &err), 0);
    assert_false(is_scan);
    *strchr(plan, ' ') = '\0';
    return plan;
}

static const char table[] = "id,value,version\n7,seven,1\n12abc,\"a,\"\"b\n\",2\n0012,,3\n"
                            "7,other,4\n-1,\xff\x01,5\n";

static void files_in_plan_order_are_read_along(void **state)
{
    struct fixture fixture;
    static const char *const first[] = {"7", "12abc"}, *const first_values[] = {"seven", "a,\"b\n"};
    static const char *const second[] = {"0012"}, *const second_values[] = {""};
    open_fixture(&fixture, state, test_put_text(state, "t.csv", table), VALUE_RAW);
    expect(&fixture, first, first_values, 2);
    assert_true(slice_is_equal(fixture.batch.records[1].version, slice_of("2")));
    expect(&fixture, second, second_values, 1);
    assert_string_equal(how(&fixture), "READ");
    assert_int_equal(source_version_kind(fixture.source), VERSION_SNAPSHOT);
    close_fixture(&fixture);
}

static void other_orders_are_looked_up(void **state)
{
    struct fixture fixture;
    static const char *const ids[] = {"7", "-1", "12", "12abc", "7", "0012", "12ab", "-1"};
    static const char *const values[] = {"seven", "\xff\x01", NULL, "a,\"b\n",
                                         "seven", "",         NULL, "\xff\x01"};
    open_fixture(&fixture, state, test_put_text(state, "t.csv", table), VALUE_RAW);
    expect(&fixture, ids, values, 8);
    assert_string_equal(how(&fixture), "INDEXED");
    expect(&fixture, ids + 1, values + 1, 7);
    struct source_account account = source_account(fixture.source);
    assert_int_equal(account.asked_count, 15);
    assert_int_equal(account.missing_count, 4);
    close_fixture(&fixture);
}

static void json_lines_keep_their_types(void **state)
{
    struct fixture fixture;
    static const char lines[] = "{\"id\":7,\"name\":\"Ann \\u00e9\\\"\",\"ok\":true,\"tags\":[1, "
                                "{\"a\":\"}\"}],\"version\":1}\n"
                                "\n"
                                " { \"name\" : null , \"id\" : \"x y\" , \"tags\" : {} } \r\n"
                                "{\"id\":8.50,\"ok\":false}";
    static const char *const ids[] = {"8.50", "7", "x y", "8.5"};
    static const char *const values[] = {
        "{\"id\":8.50,\"name\":null,\"ok\":false,\"tags\":null}",
        "{\"id\":7,\"name\":\"Ann \xc3\xa9\\\"\",\"ok\":true,\"tags\":[1, {\"a\":\"}\"}]}",
        "{\"id\":\"x y\",\"name\":null,\"ok\":null,\"tags\":{}}", NULL};
    open_fixture(&fixture, state, test_put_text(state, "t.ndjson", lines), VALUE_JSON);
    expect(&fixture, ids, values, 4);
    close_fixture(&fixture);
}

static void a_long_value_is_too_big(void **state)
{
    struct fixture fixture;
    char text[256], value[70];
    static const char *const ids[] = {"a"};
    memset(value, 'v', sizeof value);
    value[65] = '\0';
    snprintf(text, sizeof text, "id\tvalue\na\t%s\n", value);
    open_fixture(&fixture, state, test_put_text(state, "t.tsv", text), VALUE_RAW);
    assert_int_equal(try_fetch(&fixture, ids, 1), 0);
    assert_int_equal(fixture.batch.records[0].kind, RECORD_TOO_BIG);
    assert_int_equal(fixture.batch.records[0].value_size, 65);
    close_fixture(&fixture);
}

static void packed_files_are_unpacked_once(void **state)
{
    struct fixture fixture;
    static const char *const ids[] = {"-1", "7"}, *const values[] = {"\xff\x01", "seven"};
    const char *path = test_path(state, "t.csv.gz");
    gzFile file = gzopen(path, "w");
    assert_int_equal(gzwrite(file, table, sizeof table - 1), sizeof table - 1);
    gzclose(file);
    open_fixture(&fixture, state, path, VALUE_RAW);
    expect(&fixture, ids, values, 2);
    close_fixture(&fixture);
    /* Cut short: the checksum at its end is missing. */
    assert_int_equal(truncate(path, 40), 0);
    open_fixture(&fixture, state, path, VALUE_RAW);
    assert_null(fixture.source);
    assert_non_null(strstr(fixture.err.text, "t.csv.gz cannot be unpacked: "));
    close_fixture(&fixture);
    unlink(path);
    DIR *folder = opendir(*state);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        assert_null(strstr(entry->d_name, "unpacked"));
        assert_null(strstr(entry->d_name, "index"));
    }
    closedir(folder);
}

static void a_file_that_changes_is_given_up(void **state)
{
    struct fixture fixture;
    static const char *const ids[] = {"7"};
    const char *path = test_put_text(state, "t.csv", table);
    open_fixture(&fixture, state, path, VALUE_RAW);
    test_put_text(state, "t.csv", "id,value,version\n7,new,1\n");
    assert_int_equal(try_fetch(&fixture, ids, 1), -1);
    assert_int_equal(fixture.err.kind, ERROR_INPUT);
    assert_non_null(strstr(fixture.err.text, "was changed or replaced while it was being read"));
    close_fixture(&fixture);
}

static void refuse(void **state, const char *path, const char *query, const char *text)
{
    struct fixture fixture = {.config = {.run_dir = *state}};
    fixture.family = (struct family){
        .name = "f", .source = SOURCE_FILE, .file = path, .query = query, .value = VALUE_JSON};
    const struct source_options options = {.config = &fixture.config, .family = &fixture.family};
    const char *id = "no such id";
    fixture.source = source_open(&options, &fixture.err);
    if (fixture.source != NULL) {
        assert_int_equal(try_fetch(&fixture, &id, 1), -1);
    }
    const char *folder = strstr(fixture.err.text, "rekindle-test-");
    const char *name = folder == NULL ? NULL : strchr(folder, '/');
    assert_string_equal(name == NULL ? fixture.err.text : name + 1, text);
    assert_int_equal(fixture.err.kind, ERROR_INPUT);
    close_fixture(&fixture);
}

static void what_cannot_be_read_is_refused(void **state)
{
    refuse(state, NULL, NULL,
           "[family f]: source = file needs the family's file = PATH, or [file] path = PATH");
    refuse(state, test_path(state, "no.csv"), NULL, "no.csv: No such file or directory");
    refuse(state, test_put_text(state, "t.txt", "id\n"), NULL,
           "t.txt: the name tells the format, and has to end in .csv, .tsv, .ndjson, .jsonl or "
           ".json, or one of these and .gz");
    refuse(state, test_put_text(state, "t.csv", "id\n"), "SELECT 1",
           "[family f] has a query, but its source is no database: leave one out");
    refuse(state, test_put_text(state, "t.json", ""), NULL, "t.json is empty");
    refuse(state, test_put_text(state, "t.json", "[]\n"), NULL,
           "t.json:1: this line is not a JSON object with members: '[]'");
    refuse(state, test_put_text(state, "t.json", "{\"id\":1}\n\n{\"id\":1\n"), NULL,
           "t.json:3: this line is not a JSON object: '{\"id\":1'");
    refuse(state, test_put_text(state, "t.json", "{\"id\":1}\n{\"id\":2,\"x\":1}\n"), NULL,
           "t.json:2: the first line has no member of this name: 'x'");
    refuse(state, test_put_text(state, "t.csv", "id,v\n1,2\n1,2,3\n"), NULL,
           "t.csv:3: the record has 3 cells, the header 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_in_plan_order_are_read_along),
        cmocka_unit_test(other_orders_are_looked_up),
        cmocka_unit_test(json_lines_keep_their_types),
        cmocka_unit_test(a_long_value_is_too_big),
        cmocka_unit_test(packed_files_are_unpacked_once),
        cmocka_unit_test(a_file_that_changes_is_given_up),
        cmocka_unit_test(what_cannot_be_read_is_refused),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
