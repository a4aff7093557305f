/* sqlite_source_test.c - rows from an SQLite file: right rows only, deterministic values, a read-only file.
 * Room: tests. May touch: a file in a folder of its own. */
#include "loader/source/source.h"

#include "tests/unit/loader/private_server.h"

#include <pthread.h>
#include <sqlite3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct private_server place; /* only its folder */
static char path[SERVER_PATH_SIZE];
static sqlite3 *writer;

static void sql(const char *statement)
{
    char *words = NULL;
    if (sqlite3_exec(writer, statement, NULL, NULL, &words) != SQLITE_OK) {
        fail_msg("%s: %s", statement, words);
    }
}

static int start(void **state)
{
    (void)state;
    private_server_make_folder(&place);
    snprintf(path, sizeof path, "%s/shop.db", place.folder);
    if (sqlite3_open(path, &writer) != SQLITE_OK) {
        return -1;
    }
    sql("CREATE TABLE numbers (id INTEGER PRIMARY KEY, name TEXT, price REAL, photo BLOB, v "
        "INTEGER)");
    sql("INSERT INTO numbers VALUES (12, 'twelve', 0.1, x'00ff10', 5), (-3, 'minus', 12, NULL, 6), "
        "(9007199254740993, 'caf\xc3\xa9', 1.7976931348623157e308, x'', 7), (5, NULL, "
        "0.30000000000000004, NULL, 8)");
    sql("CREATE TABLE codes (id TEXT PRIMARY KEY COLLATE NOCASE, name)");
    sql("INSERT INTO codes VALUES ('85123A', 1), ('abc', 2.5), ('0012', 'x')");
    sql("CREATE TABLE longs (id TEXT PRIMARY KEY, name TEXT, v TEXT)");
    sql("INSERT INTO longs VALUES ('0123456789', 'bob', '12'), ('9876543210', 'alexander', "
        "'1234567')");
    return 0;
}

static int end(void **state)
{
    (void)state;
    sqlite3_close(writer);
    private_server_remove(&place);
    return 0;
}

struct fixture {
    struct config config;
    struct family family;
    struct source *source;
    struct record_batch batch;
    struct error err;
};

static void open_limited(struct fixture *fixture, const char *query, enum value_encoding value,
                         struct source_limits *limits)
{
    *fixture = (struct fixture){0};
    fixture->config.sqlite_file = path;
    fixture->config.mysql.chunk_rows = 3; /* several chunks, a short last one */
    fixture->family = (struct family){.name = "f",
                                      .source = SOURCE_SQLITE,
                                      .query = query,
                                      .value = value,
                                      .value_column = "name"};
    fixture->family.max_value_bytes = 100;
    const struct source_options options = {
        .config = &fixture->config, .family = &fixture->family, .limits = limits};
    fixture->source = source_open(&options, &fixture->err);
}

static void open_fixture(struct fixture *fixture, const char *query, enum value_encoding value)
{
    open_limited(fixture, query, value, NULL);
}

static void close_fixture(struct fixture *fixture)
{
    source_close(fixture->source);
    record_batch_free(&fixture->batch);
}

static void fetch(struct fixture *fixture, enum source_content content, const char *const ids[],
                  size_t count)
{
    struct slice slices[64];
    for (size_t i = 0; i < count; i++) {
        slices[i] = slice_of(ids[i]);
    }
    if (fixture->source == NULL || source_fetch(fixture->source, content, slices, count,
                                                &fixture->batch, &fixture->err) != 0) {
        fail_msg("%s", fixture->err.text);
    }
}

/* NULL: missing. */
static void assert_values(const struct fixture *fixture, const char *const values[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct record *record = &fixture->batch.records[i];
        assert_int_equal(record->kind, values[i] == NULL ? RECORD_MISSING : RECORD_STRING);
        if (values[i] != NULL && !slice_is_equal(record->value, slice_of(values[i]))) {
            fail_msg("record %zu is %.*s", i, (int)record->value.size, record->value.bytes);
        }
    }
}

static void test_rows_of_a_number_key(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture,
                 "SELECT id, name, price, photo, v AS version FROM numbers WHERE id IN ({ids})",
                 VALUE_JSON);
    const char *const ids[] = {"12",   "0012", "12abc", "-3",  "9007199254740993",
                               "12.0", " 12",  "5",     "404", "18446744073709551615",
                               "12"};
    const char *const values[] = {
        "{\"id\":12,\"name\":\"twelve\",\"price\":0.1,\"photo\":\"AP8Q\"}",
        NULL,
        NULL,
        "{\"id\":-3,\"name\":\"minus\",\"price\":12,\"photo\":null}",
        "{\"id\":9007199254740993,\"name\":\"caf\xc3\xa9\",\"price\":1.7976931348623157e+308,"
        "\"photo\":\"\"}",
        NULL,
        NULL,
        "{\"id\":5,\"name\":null,\"price\":0.30000000000000004,\"photo\":null}",
        NULL,
        NULL,
        "{\"id\":12,\"name\":\"twelve\",\"price\":0.1,\"photo\":\"AP8Q\"}"};
    fetch(&fixture, SOURCE_VALUES, ids, 11);
    assert_values(&fixture, values, 11);
    assert_true(slice_is_equal(fixture.batch.records[3].version, slice_of("6")));
    assert_int_equal(source_version_kind(fixture.source), VERSION_COUNTER);
    fetch(&fixture, SOURCE_VERSIONS, ids, 4);
    assert_true(slice_is_equal(fixture.batch.records[0].version, slice_of("5")));
    assert_int_equal(fixture.batch.records[0].value.size, 0);
    assert_int_equal(fixture.batch.records[1].kind, RECORD_MISSING);
    close_fixture(&fixture);
}

/* max_value bounds values: ids and versions are needed whole. */
static void test_ids_longer_than_a_value_may_be(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name, v AS version FROM longs WHERE id IN ({ids})",
                 VALUE_RAW);
    fixture.family.max_value_bytes = 4; /* the connections ask for it with each question */
    const char *const ids[] = {"0123456789", "9876543210", "absent5678"};
    fetch(&fixture, SOURCE_VALUES, ids, 3);
    assert_true(slice_is_equal(fixture.batch.records[0].value, slice_of("bob")));
    assert_int_equal(fixture.batch.records[1].kind, RECORD_TOO_BIG);
    assert_int_equal(fixture.batch.records[2].kind, RECORD_MISSING);
    fetch(&fixture, SOURCE_VERSIONS, ids, 3);
    assert_int_equal(fixture.batch.records[0].kind, RECORD_STRING);
    assert_true(slice_is_equal(fixture.batch.records[0].version, slice_of("12")));
    assert_int_equal(fixture.batch.records[1].version.size, 0); /* which equals no other */
    close_fixture(&fixture);
}

static void test_rows_of_a_text_key(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM codes WHERE id IN ({ids})", VALUE_JSON);
    const char *const ids[] = {"85123a", "85123A", "abc ", "abc", "12", "0012", "\xff", "'; DROP"};
    const char *const values[] = {
        NULL, "{\"id\":\"85123A\",\"name\":1}",   NULL, "{\"id\":\"abc\",\"name\":2.5}",
        NULL, "{\"id\":\"0012\",\"name\":\"x\"}", NULL, NULL};
    fetch(&fixture, SOURCE_VALUES, ids, 8);
    assert_values(&fixture, values, 8);
    assert_int_equal(source_version_kind(fixture.source), VERSION_NONE);
    fetch(&fixture, SOURCE_VERSIONS, ids, 2);
    assert_values(&fixture, values, 2);
    close_fixture(&fixture);
}

static void test_nothing_is_asked_for_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id FROM numbers WHERE id IN ({ids})", VALUE_JSON);
    fetch(&fixture, SOURCE_VALUES, NULL, 0);
    assert_int_equal(fixture.batch.count, 0);
    const char *const ids[] = {"x", "y"};
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    assert_int_equal(source_account(fixture.source).chunk_count, 0);
    close_fixture(&fixture);
}

static void test_a_limit_makes_smaller_questions(void **state)
{
    (void)state;
    struct fixture fixture;
    struct source_limits limits;
    source_limits_init(&limits);
    open_limited(&fixture, "SELECT id FROM numbers WHERE id IN ({ids})", VALUE_JSON, &limits);
    const char *const ids[] = {"1", "2", "3", "4", "5", "6"};
    fetch(&fixture, SOURCE_VALUES, ids, 6);
    assert_int_equal(source_account(fixture.source).chunk_count, 2);
    atomic_store(&limits.chunk_rows, 1);
    fetch(&fixture, SOURCE_VALUES, ids, 6);
    assert_int_equal(source_account(fixture.source).chunk_count, 2 + 6);
    atomic_store(&limits.chunk_rows, 0); /* one is the least */
    fetch(&fixture, SOURCE_VALUES, ids, 6);
    assert_int_equal(source_account(fixture.source).chunk_count, 2 + 6 + 6);
    assert_int_equal(atomic_load(&limits.chunk_count), 2 + 6 + 6);
    assert_int_equal(atomic_load(&limits.row_count), 6 * 3);
    close_fixture(&fixture);
}

static void *open_the_gate(void *context)
{
    struct source_limits *limits = context;
    const struct timespec a_while = {0, 50 * 1000 * 1000};
    nanosleep(&a_while, NULL);
    int before = (int)atomic_load(&limits->chunk_count);
    atomic_store(&limits->connections, 1);
    return before == 0 ? limits : NULL;
}

static void test_questions_follow_each_other_evenly(void **state)
{
    (void)state;
    struct fixture fixture;
    struct source_limits limits;
    struct timespec before, after;
    source_limits_init(&limits);
    open_limited(&fixture, "SELECT id FROM numbers WHERE id IN ({ids})", VALUE_JSON, &limits);
    const char *const ids[] = {"1", "2", "3", "4", "5", "6"};
    enum { LEAST_MS = 45, MS = 1000, NS = 1000000 };
    atomic_store(&limits.chunk_rows, 1);
    atomic_store(&limits.rows_per_second, 100);
    clock_gettime(CLOCK_MONOTONIC, &before);
    fetch(&fixture, SOURCE_VALUES, ids, 6);
    clock_gettime(CLOCK_MONOTONIC, &after);
    int64_t took_ms = (after.tv_sec - before.tv_sec) * MS + (after.tv_nsec - before.tv_nsec) / NS;
    assert_true(took_ms >= LEAST_MS); /* five turns of 10 ms */
    close_fixture(&fixture);
}

static void test_no_connection_may_ask_until_one_may(void **state)
{
    (void)state;
    struct fixture fixture;
    struct source_limits limits;
    pthread_t thread;
    void *was_closed;
    source_limits_init(&limits);
    atomic_store(&limits.connections, 0);
    open_limited(&fixture, "SELECT id FROM numbers WHERE id IN ({ids})", VALUE_JSON, &limits);
    assert_int_equal(pthread_create(&thread, NULL, open_the_gate, &limits), 0);
    const char *const ids[] = {"12", "13"};
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    pthread_join(thread, &was_closed);
    assert_ptr_equal(was_closed, &limits);
    assert_int_equal(atomic_load(&limits.chunk_count), 1);
    close_fixture(&fixture);
}

static void test_a_writer_makes_it_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id FROM numbers WHERE id IN ({ids})", VALUE_JSON);
    sql("BEGIN IMMEDIATE");
    sql("UPDATE numbers SET v = v + 1 WHERE id = 12");
    const char *const ids[] = {"12"};
    fetch(&fixture, SOURCE_VALUES, ids, 1);
    sql("ROLLBACK");
    close_fixture(&fixture);
}

static void test_the_plan_shows_a_scan(void **state)
{
    (void)state;
    struct fixture fixture;
    struct slice id = slice_of("12");
    char plan[1024];
    bool is_scan = true;
    open_fixture(&fixture, "SELECT id FROM numbers WHERE id IN ({ids})", VALUE_JSON);
    assert_int_equal(
        source_explain(fixture.source, &id, 1, plan, sizeof plan, &is_scan, &fixture.err), 0);
    assert_false(is_scan);
    assert_string_equal(plan, "SEARCH numbers USING INTEGER PRIMARY KEY (rowid=?)\n");
    close_fixture(&fixture);
    open_fixture(&fixture, "SELECT id FROM numbers WHERE name IN ({ids})", VALUE_JSON);
    assert_int_equal(
        source_explain(fixture.source, &id, 1, plan, sizeof plan, &is_scan, &fixture.err), 0);
    assert_true(is_scan);
    close_fixture(&fixture);
}

static void refuse(const char *file, const char *query, enum error_kind kind, const char *text)
{
    struct fixture fixture = {.config = {.sqlite_file = file}};
    fixture.family = (struct family){.name = "f", .source = SOURCE_SQLITE, .query = query};
    const struct source_options options = {.config = &fixture.config, .family = &fixture.family};
    fixture.source = source_open(&options, &fixture.err);
    assert_null(fixture.source);
    assert_string_equal(fixture.err.text, text);
    assert_int_equal(fixture.err.kind, kind);
    close_fixture(&fixture);
}

static void test_what_cannot_be_opened(void **state)
{
    (void)state;
    static const char good[] = "SELECT id FROM numbers WHERE id IN ({ids})";
    char wanted[512];
    refuse(NULL, good, ERROR_INPUT, "[family f]: source = sqlite needs [sqlite] file = PATH");
    refuse("/nonexistent/x.db", good, ERROR_BACKEND,
           "[family f]: /nonexistent/x.db: SQLite: cannot open the file: unable to open database "
           "file");
    snprintf(wanted, sizeof wanted,
             "[family f]: %s: SQLite: cannot prepare the query: no such table: nowhere", path);
    refuse(path, "SELECT id FROM nowhere WHERE id IN ({ids})", ERROR_BACKEND, wanted);
    snprintf(wanted, sizeof wanted,
             "[family f]: %s: the query gives no columns: it must be a SELECT", path);
    refuse(path, "DELETE FROM numbers WHERE id IN ({ids})", ERROR_INPUT, wanted);
    refuse(path, NULL, ERROR_INPUT,
           "[family f] has no source with a query: give source = mysql or sqlite, and query; or "
           "source = file or http");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_a_number_key),
        cmocka_unit_test(test_ids_longer_than_a_value_may_be),
        cmocka_unit_test(test_rows_of_a_text_key),
        cmocka_unit_test(test_nothing_is_asked_for_nothing),
        cmocka_unit_test(test_a_limit_makes_smaller_questions),
        cmocka_unit_test(test_questions_follow_each_other_evenly),
        cmocka_unit_test(test_no_connection_may_ask_until_one_may),
        cmocka_unit_test(test_a_writer_makes_it_wait),
        cmocka_unit_test(test_the_plan_shows_a_scan),
        cmocka_unit_test(test_what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, start, end);
}
