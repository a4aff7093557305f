/* mysql_source_test.c - rows from a private MariaDB: right rows only, deterministic values, faults survived.
 * Room: tests. May touch: a private server. */
#include "loader/source/mysql_link.h"
#include "loader/source/source.h"

#include "tests/unit/loader/private_server.h"

#include <fcntl.h>
#include <mysql.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct private_server server;
static MYSQL *admin; /* for tables and nuisances */

static void sql(const char *statement)
{
    if (mysql_query(admin, statement) != 0) {
        fail_msg("%s: %s", statement, mysql_error(admin));
    }
}

static void connect_admin(void)
{
    admin = mysql_init(NULL);
    mysql_options(admin, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(admin, NULL, "root", NULL, NULL, 0, server.socket, 0) == NULL) {
        fail_msg("%s", mysql_error(admin));
    }
}

static int start(void **state)
{
    (void)state;
    private_server_make_folder(&server);
    private_server_start_mariadb(&server, (const char *const[]){"--skip-networking", NULL});
    connect_admin();
    sql("CREATE DATABASE shop CHARACTER SET utf8mb4");
    sql("USE shop");
    return 0;
}

static int end(void **state)
{
    (void)state;
    mysql_close(admin);
    private_server_remove(&server);
    return 0;
}

/* Everything that one fetch needs. */
struct fixture {
    struct config config;
    struct family family;
    struct source *source;
    struct record_batch batch;
    struct error err;
};

static void open_fixture(struct fixture *fixture, const char *query, enum value_encoding value)
{
    *fixture = (struct fixture){0};
    fixture->config.mysql = (struct mysql_config){
        .user = "root", .database = "shop", .socket = server.socket, .connections = 2};
    fixture->config.mysql.chunk_rows = 100;
    fixture->family = (struct family){.name = "f",
                                      .source = SOURCE_MYSQL,
                                      .query = query,
                                      .value = value,
                                      .value_column = "name"};
    fixture->family.max_value_bytes = 64 * 1024;
    const struct source_options options = {.config = &fixture->config, .family = &fixture->family};
    fixture->source = source_open(&options, &fixture->err);
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
    assert_int_equal(fixture->batch.count, count);
}

static void assert_record(const struct fixture *fixture, size_t at, const char *value)
{
    const struct record *record = &fixture->batch.records[at];
    assert_int_equal(record->kind, RECORD_STRING);
    if (!slice_is_equal(record->value, slice_of(value))) {
        fail_msg("record %zu is %.*s, not %s", at, (int)record->value.size, record->value.bytes,
                 value);
    }
}

static void test_every_type_has_its_json(void **state)
{
    (void)state;
    sql("CREATE TABLE kinds (id INT PRIMARY KEY, a BIGINT UNSIGNED, b DECIMAL(10,2), c DOUBLE, d "
        "FLOAT, "
        "e VARCHAR(200), f VARBINARY(20), g DATETIME(3), h DATE, i BIT(10), j INT(6) ZEROFILL, "
        "k TIMESTAMP(6) NULL, l TIME, m ENUM('x','y'), n YEAR, o TEXT, p CHAR(5), q BOOL)");
    sql("SET time_zone = '+02:00'");
    sql("INSERT INTO kinds VALUES (7, 18446744073709551615, 12.50, 0.1, 0.1, 'caf\xc3\xa9 \"q\" "
        "\\\\ \\n \xf0\x9f\x98\x80', "
        "x'00ff10', '2026-11-11 08:00:00.250', '2026-11-11', b'1000000001', 42, "
        "'2026-11-11 02:00:00.000001', '-01:02:03', 'y', 2026, NULL, 'ab', TRUE)");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT * FROM kinds WHERE id IN ({ids});", VALUE_JSON);
    const char *const ids[] = {"7"};
    fetch(&fixture, SOURCE_VALUES, ids, 1);
    assert_record(
        &fixture, 0,
        "{\"id\":7,\"a\":18446744073709551615,\"b\":12.50,\"c\":0.1,\"d\":0.1,"
        "\"e\":\"caf\xc3\xa9 \\\"q\\\" \\\\ \\n \xf0\x9f\x98\x80\",\"f\":\"AP8Q\","
        "\"g\":\"2026-11-11 08:00:00.250\",\"h\":\"2026-11-11\",\"i\":513,\"j\":\"000042\","
        "\"k\":\"2026-11-11 00:00:00.000001\",\"l\":\"-01:02:03\",\"m\":\"y\",\"n\":2026,"
        "\"o\":null,\"p\":\"ab\",\"q\":1}");
    close_fixture(&fixture);
}

/* NUL, 0xff, empty and long; a column longer than its first buffer; JSON; the smallest and largest of numbers. */
static void test_odd_values_come_whole(void **state)
{
    (void)state;
    sql("CREATE TABLE odd (id INT PRIMARY KEY, blobs LONGBLOB, texts LONGTEXT, bits BIT(64), big "
        "DECIMAL(65,30), "
        "j JSON, fixed BINARY(4), one BIT(1), least BIGINT, small DOUBLE)");
    sql("INSERT INTO odd VALUES (1, CONCAT(x'00ff0a0d', REPEAT('x', 3000), x'00'), "
        "REPEAT('\xc3\xa9', 600), "
        "~0, -99999999999999999999999999999999999.999999999999999999999999999999, '{\"a\": [1, "
        "2]}', x'61', "
        "0, -9223372036854775808, 5e-324), (2, '', '', 0, 0, NULL, '', 1, 0, -0.0)");
    struct fixture fixture;
    const char *const ids[] = {"1", "2"};
    char wanted[4096];
    open_fixture(&fixture, "SELECT id, blobs FROM odd WHERE id IN ({ids})", VALUE_HASH);
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    struct slice rest = fixture.batch.records[0].value, part = {NULL, 0};
    assert_true(record_hash_next(&rest, &part) && slice_is_equal(part, slice_of("blobs")));
    assert_true(record_hash_next(&rest, &part));
    assert_int_equal(part.size, 3005);
    assert_memory_equal(part.bytes, "\0\xff\n\rxxx", 7);
    assert_memory_equal(part.bytes + 3000, "xxxx\0", 5);
    rest = fixture.batch.records[1].value;
    assert_true(record_hash_next(&rest, &part) && record_hash_next(&rest, &part));
    assert_int_equal(part.size, 0);
    close_fixture(&fixture);
    open_fixture(&fixture,
                 "SELECT id, big, bits, j, fixed, one, least, small FROM odd WHERE id IN ({ids})",
                 VALUE_JSON);
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    assert_record(
        &fixture, 0,
        "{\"id\":1,\"big\":-99999999999999999999999999999999999.999999999999999999999999999999,"
        "\"bits\":18446744073709551615,\"j\":\"{\\\"a\\\": [1, 2]}\",\"fixed\":\"YQAAAA==\","
        "\"one\":0,\"least\":-9223372036854775808,\"small\":5e-324}");
    close_fixture(&fixture);
    open_fixture(&fixture, "SELECT id, texts AS name FROM odd WHERE id IN ({ids})", VALUE_RAW);
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    wanted[0] = '\0';
    for (int i = 0; i < 600; i++) {
        strcat(wanted, "\xc3\xa9");
    }
    assert_record(&fixture, 0, wanted);
    assert_record(&fixture, 1, "");
    close_fixture(&fixture);
}

static void test_times_are_printed_as_the_server_does(void **state)
{
    (void)state;
    sql("SET time_zone = '+00:00', sql_mode = ''");
    sql("CREATE TABLE moments (id INT PRIMARY KEY, a DATETIME, b DATETIME(6), c DATETIME(1), d "
        "DATETIME NULL)");
    sql("INSERT INTO moments VALUES (1, '0000-00-00 00:00:00', '9999-12-31 23:59:59.999999', "
        "'0001-02-03 04:05:06.7', NULL), (2, '2026-01-02 03:04:05', '2026-01-02 00:00:00', "
        "'2026-00-00', NULL)");
    struct fixture fixture;
    open_fixture(&fixture,
                 "SELECT id, a, b, c, d, CONCAT(a, ' ', b, ' ', c) AS e FROM moments "
                 "WHERE id IN ({ids})",
                 VALUE_JSON);
    const char *const ids[] = {"1", "2"};
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    assert_record(&fixture, 0,
                  "{\"id\":1,\"a\":\"0000-00-00 00:00:00\",\"b\":\"9999-12-31 23:59:59.999999\","
                  "\"c\":\"0001-02-03 04:05:06.7\",\"d\":null,\"e\":\"0000-00-00 00:00:00 "
                  "9999-12-31 23:59:59.999999 0001-02-03 04:05:06.7\"}");
    assert_record(&fixture, 1,
                  "{\"id\":2,\"a\":\"2026-01-02 03:04:05\",\"b\":\"2026-01-02 00:00:00.000000\","
                  "\"c\":\"2026-00-00 00:00:00.0\",\"d\":null,\"e\":\"2026-01-02 03:04:05 "
                  "2026-01-02 00:00:00.000000 2026-00-00 00:00:00.0\"}");
    close_fixture(&fixture);
}

static void test_only_the_right_row_is_used(void **state)
{
    (void)state;
    sql("CREATE TABLE numbers (id INT PRIMARY KEY, name VARCHAR(20))");
    sql("INSERT INTO numbers VALUES (12,'twelve'), (-3,'minus'), (0,'zero'), (2147483647,'max')");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM numbers WHERE id IN ({ids})", VALUE_RAW);
    const char *const ids[] = {"12abc",
                               "0012",
                               "12",
                               " 12",
                               "12 ",
                               "+12",
                               "-3",
                               "-0",
                               "0",
                               "12.0",
                               "1e1",
                               "",
                               "99999999999999999999",
                               "9223372036854775808",
                               "2147483647",
                               "12"};
    fetch(&fixture, SOURCE_VALUES, ids, 16);
    for (size_t i = 0; i < 16; i++) {
        bool is_right = i == 2 || i == 6 || i == 8 || i == 14 || i == 15;
        assert_int_equal(fixture.batch.records[i].kind, is_right ? RECORD_STRING : RECORD_MISSING);
    }
    assert_record(&fixture, 2, "twelve");
    assert_record(&fixture, 6, "minus");
    assert_record(&fixture, 15, "twelve");
    struct source_account account = source_account(fixture.source);
    assert_int_equal(account.asked_count, 16);
    assert_int_equal(account.found_count, 5);
    assert_int_equal(account.missing_count, 11);
    close_fixture(&fixture);
}

static void test_texts_are_compared_by_bytes(void **state)
{
    (void)state;
    sql("CREATE TABLE codes (id VARCHAR(20) PRIMARY KEY, name VARCHAR(20)) CHARACTER SET utf8mb3");
    sql("INSERT INTO codes VALUES ('85123A','a'), ('abc','b'), ('caf\xc3\xa9','c'), ('','d')");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM codes WHERE id IN ({ids})", VALUE_RAW);
    const char *const ids[] = {"85123A",
                               "85123a",
                               "abc ",
                               "abc",
                               "cafe",
                               "caf\xc3\xa9",
                               "\xf0\x9f\x98\x80",
                               "\xff\xfe",
                               "a'b\"; DROP TABLE codes",
                               ""};
    fetch(&fixture, SOURCE_VALUES, ids, 10);
    for (size_t i = 0; i < 10; i++) {
        bool is_right = i == 0 || i == 3 || i == 5 || i == 9;
        assert_int_equal(fixture.batch.records[i].kind, is_right ? RECORD_STRING : RECORD_MISSING);
    }
    close_fixture(&fixture);
    sql("CREATE TABLE old (id VARCHAR(20) PRIMARY KEY, name VARCHAR(20)) CHARACTER SET latin1");
    sql("INSERT INTO old VALUES ('a','1'), ('\xc3\xa9','2')");
    open_fixture(&fixture, "SELECT id, name FROM old WHERE id IN ({ids})", VALUE_RAW);
    const char *const more[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "a"};
    fetch(&fixture, SOURCE_VALUES, more, 4);
    assert_record(&fixture, 0, "2");
    assert_int_equal(fixture.batch.records[2].kind, RECORD_MISSING);
    assert_record(&fixture, 3, "1");
    close_fixture(&fixture);
}

static void test_hash_leaves_out_null_and_version(void **state)
{
    (void)state;
    sql("CREATE TABLE h (id INT PRIMARY KEY, zip VARCHAR(9), name VARCHAR(9), v INT)");
    sql("INSERT INTO h VALUES (1, '04109', 'Ann', 5), (2, NULL, '', NULL)");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, zip, name, v AS version FROM h WHERE id IN ({ids})",
                 VALUE_HASH);
    const char *const ids[] = {"2", "1"};
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    const struct record *record = &fixture.batch.records[1];
    assert_int_equal(record->kind, RECORD_HASH);
    const char wanted[] = "\2\0\0\0id\1\0\0\0001\4\0\0\0name\3\0\0\0Ann\3\0\0\0zip\5\0\0\00004109";
    assert_int_equal(record->value.size, sizeof wanted - 1);
    assert_memory_equal(record->value.bytes, wanted, sizeof wanted - 1);
    assert_true(slice_is_equal(record->version, slice_of("5")));
    assert_int_equal(fixture.batch.records[0].version.size, 0);
    assert_int_equal(source_version_kind(fixture.source), VERSION_COUNTER);
    close_fixture(&fixture);
}

static void test_versions_alone(void **state)
{
    (void)state;
    sql("CREATE TABLE vs (id INT PRIMARY KEY, name VARCHAR(9), at TIMESTAMP(6), coarse TIMESTAMP)");
    sql("SET time_zone = '+00:00'");
    sql("INSERT INTO vs VALUES (1, 'x', '2026-01-01 00:00:00.000007', '2026-01-01 00:00:00')");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name, at AS version FROM vs WHERE id IN ({ids})",
                 VALUE_JSON);
    assert_int_equal(source_version_kind(fixture.source), VERSION_FINE_TIME);
    struct fixture local;
    open_fixture(&local,
                 "SELECT id, CAST(at AS DATETIME(6)) AS version FROM vs WHERE id IN ({ids})",
                 VALUE_JSON);
    assert_int_equal(source_version_kind(local.source), VERSION_FINE_LOCAL_TIME);
    close_fixture(&local);
    const char *const ids[] = {"1", "2"};
    fetch(&fixture, SOURCE_VERSIONS, ids, 2);
    assert_int_equal(fixture.batch.records[0].kind, RECORD_STRING);
    assert_int_equal(fixture.batch.records[0].value.size, 0);
    assert_true(
        slice_is_equal(fixture.batch.records[0].version, slice_of("2026-01-01 00:00:00.000007")));
    assert_int_equal(fixture.batch.records[1].kind, RECORD_MISSING);
    int64_t now_us = 0;
    assert_int_equal(source_clock(fixture.source, &now_us, &fixture.err), 0);
    assert_in_range(now_us / 1000000, time(NULL) - 5, time(NULL) + 5);
    close_fixture(&fixture);
    open_fixture(&fixture, "SELECT id, name, coarse AS version FROM vs WHERE id IN ({ids})",
                 VALUE_JSON);
    assert_int_equal(source_version_kind(fixture.source), VERSION_COARSE_TIME);
    close_fixture(&fixture);
}

static void test_rows_that_contradict_each_other_are_ambiguous(void **state)
{
    (void)state;
    sql("CREATE TABLE many (id INT, name VARCHAR(9), KEY (id))");
    sql("INSERT INTO many VALUES (1, 'a'), (1, 'b'), (2, 'same'), (2, 'same')");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM many WHERE id IN ({ids})", VALUE_JSON);
    const char *const ids[] = {"1", "2"};
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    assert_int_equal(fixture.batch.records[0].kind, RECORD_AMBIGUOUS);
    assert_int_equal(fixture.batch.records[1].kind, RECORD_STRING);
    assert_int_equal(source_account(fixture.source).ambiguous_count, 1);
    close_fixture(&fixture);
}

static void test_long_values(void **state)
{
    (void)state;
    sql("CREATE TABLE longs (id INT PRIMARY KEY, name MEDIUMTEXT)");
    sql("INSERT INTO longs VALUES (1, REPEAT('x', 60000)), (2, REPEAT('y', 70000)), (3, 'short'), "
        "(4, NULL), (5, REPEAT('z', 513))");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM longs WHERE id IN ({ids})", VALUE_RAW);
    const char *const ids[] = {"1", "2", "3", "4", "5"};
    fetch(&fixture, SOURCE_VALUES, ids, 5);
    assert_int_equal(fixture.batch.records[0].value.size, 60000);
    assert_int_equal(fixture.batch.records[0].value.bytes[59999], 'x');
    assert_int_equal(fixture.batch.records[1].kind, RECORD_TOO_BIG);
    assert_true(fixture.batch.records[1].value_size >= 70000);
    assert_record(&fixture, 2, "short");
    assert_int_equal(fixture.batch.records[3].kind, RECORD_MISSING);
    assert_int_equal(fixture.batch.records[4].value.size, 513);
    assert_int_equal(fixture.batch.records[4].value.bytes[512], 'z');
    close_fixture(&fixture);
}

/* The server warns, and no more: the key would get half of a value, or none. */
static void test_values_that_the_server_cuts(void **state)
{
    (void)state;
    static const struct {
        const char *query, *words;
    } rows[] = {
        {"SELECT n.id, concat(n.id, repeat('x', 20000)) AS name FROM cuts n WHERE n.id IN ({ids})",
         "max_allowed_packet there: Result of repeat() was larger than max_allowed_packet (16384) "
         "- truncated (1301)"},
        {"SELECT n.id, group_concat(m.name) AS name FROM cuts n JOIN cuts m WHERE n.id IN ({ids}) "
         "GROUP BY n.id",
         "max_allowed_packet there: Row 2 was cut by GROUP_CONCAT() (1260)"},
    };
    sql("CREATE TABLE cuts (id INT PRIMARY KEY, name VARCHAR(3000))");
    sql("INSERT INTO cuts VALUES (1, REPEAT('x', 3000)), (2, REPEAT('y', 3000))");
    sql("SET GLOBAL max_allowed_packet = 16384");
    sql("SET GLOBAL group_concat_max_len = 5000");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        struct slice ids[] = {slice_of("1"), slice_of("2")};
        open_fixture(&fixture, rows[i].query, VALUE_JSON);
        assert_non_null(fixture.source);
        assert_int_equal(
            source_fetch(fixture.source, SOURCE_VALUES, ids, 2, &fixture.batch, &fixture.err), -1);
        assert_int_equal(fixture.err.kind, ERROR_BACKEND);
        if (strstr(fixture.err.text, rows[i].words) == NULL) {
            fail_msg("%s", fixture.err.text);
        }
        close_fixture(&fixture);
    }
    sql("SET GLOBAL max_allowed_packet = 16777216");
    sql("SET GLOBAL group_concat_max_len = 1048576");
}

/* Other warnings are none of our business. */
static void test_a_query_that_warns(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(
        &fixture,
        "SELECT id, concat(CAST('1x' AS SIGNED), '') AS name FROM cuts WHERE id IN ({ids})",
        VALUE_RAW);
    const char *const ids[] = {"1", "2"};
    fetch(&fixture, SOURCE_VALUES, ids, 2);
    assert_record(&fixture, 1, "1");
    close_fixture(&fixture);
}

enum { CROWD = 20000, ID_SIZE = 12 };

/* max_value bounds values: ids and versions are needed whole. */
static void test_ids_longer_than_a_value_may_be(void **state)
{
    (void)state;
    sql("CREATE TABLE long_ids (id VARCHAR(40) PRIMARY KEY, name TEXT, v TEXT)");
    sql("INSERT INTO long_ids VALUES ('0123456789', 'bob', '12'), ('9876543210', 'alexander', "
        "'1234567')");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name, v AS version FROM long_ids WHERE id IN ({ids})",
                 VALUE_RAW);
    fixture.family.max_value_bytes = 4; /* the connections ask for it with each question */
    const char *const ids[] = {"0123456789", "9876543210", "absent5678"};
    fetch(&fixture, SOURCE_VALUES, ids, 3);
    assert_record(&fixture, 0, "bob");
    assert_int_equal(fixture.batch.records[1].kind, RECORD_TOO_BIG);
    assert_int_equal(fixture.batch.records[2].kind, RECORD_MISSING);
    fetch(&fixture, SOURCE_VERSIONS, ids, 3);
    assert_int_equal(fixture.batch.records[0].kind, RECORD_STRING);
    assert_true(slice_is_equal(fixture.batch.records[0].version, slice_of("12")));
    assert_int_equal(fixture.batch.records[1].version.size, 0); /* which equals no other */
    close_fixture(&fixture);
}

static void test_a_window_on_two_connections(void **state)
{
    (void)state;
    sql("CREATE TABLE crowd (id INT PRIMARY KEY, name VARCHAR(40))");
    sql("INSERT INTO crowd SELECT seq, CONCAT('name ', seq) FROM seq_1_to_20000 WHERE seq % 10 <> "
        "0");
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM crowd WHERE id IN ({ids})", VALUE_RAW);
    static char texts[CROWD][ID_SIZE];
    static struct slice ids[CROWD];
    for (size_t i = 0; i < CROWD; i++) {
        size_t number = (i * 7919) % CROWD + 1; /* a permutation: 7919 is prime to 20000 */
        snprintf(texts[i], ID_SIZE, "%zu", number);
        ids[i] = slice_of(texts[i]);
    }
    for (int round = 0; round < 3; round++) {
        assert_int_equal(
            source_fetch(fixture.source, SOURCE_VALUES, ids, CROWD, &fixture.batch, &fixture.err),
            0);
        for (size_t i = 0; i < CROWD; i++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, "name %s", texts[i]);
            if (texts[i][strlen(texts[i]) - 1] == '0') {
                assert_int_equal(fixture.batch.records[i].kind, RECORD_MISSING);
            } else {
                assert_record(&fixture, i, wanted);
            }
        }
    }
    close_fixture(&fixture);
}

static void test_a_lost_server_is_found_again(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM numbers WHERE id IN ({ids})", VALUE_RAW);
    const char *const ids[] = {"12"};
    fetch(&fixture, SOURCE_VALUES, ids, 1);
    mysql_close(admin);
    private_server_end(&server, SIGKILL);
    private_server_run_mariadb(&server, (const char *const[]){"--skip-networking", NULL});
    connect_admin();
    sql("USE shop");
    fetch(&fixture, SOURCE_VALUES, ids, 1);
    assert_record(&fixture, 0, "twelve");
    assert_true(source_account(fixture.source).retry_count >= 1);
    close_fixture(&fixture);
}

static void test_a_slow_statement_is_cut_and_tried_again(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM numbers WHERE id IN ({ids})", VALUE_RAW);
    source_close(fixture.source);
    fixture.config.mysql.timeout_ms = 100;
    fixture.family.query = "SELECT id, SLEEP(1) AS name FROM numbers WHERE id IN ({ids})";
    const struct source_options options = {.config = &fixture.config, .family = &fixture.family};
    fixture.source = source_open(&options, &fixture.err);
    assert_non_null(fixture.source);
    struct slice id = slice_of("12");
    assert_int_equal(
        source_fetch(fixture.source, SOURCE_VALUES, &id, 1, &fixture.batch, &fixture.err), -1);
    assert_int_equal(fixture.err.kind, ERROR_BACKEND);
    assert_string_equal(fixture.err.text,
                        "[family f]: MySQL: the query failed: Query execution was interrupted "
                        "(max_statement_time exceeded) (1969)");
    assert_int_equal(fixture.batch.count, 0);
    close_fixture(&fixture);
}

static void test_a_stop_ends_the_fetch(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "SELECT id, name FROM numbers WHERE id IN ({ids})", VALUE_RAW);
    source_close(fixture.source);
    atomic_int stop = 0;
    const struct source_options options = {
        .config = &fixture.config, .family = &fixture.family, .stop = &stop};
    fixture.source = source_open(&options, &fixture.err);
    assert_non_null(fixture.source);
    atomic_store(&stop, 1);
    struct slice id = slice_of("12");
    assert_int_equal(
        source_fetch(fixture.source, SOURCE_VALUES, &id, 1, &fixture.batch, &fixture.err), -1);
    assert_int_equal(fixture.err.kind, ERROR_STOPPED);
    close_fixture(&fixture);
}

static void test_the_plan_shows_a_scan(void **state)
{
    (void)state;
    struct fixture fixture;
    char plan[4096];
    bool is_scan = false;
    struct slice ids[] = {slice_of("1"), slice_of("2")};
    /* a table of its own: the server was killed since crowd was filled, and does not sync what it commits */
    sql("CREATE TABLE wide (id INT PRIMARY KEY, name VARCHAR(40)) STATS_PERSISTENT = 0");
    sql("INSERT INTO wide SELECT seq, CONCAT('name ', seq) FROM seq_1_to_20000");
    sql("ANALYZE TABLE wide"); /* else its rows are counted in the background, some time */
    mysql_free_result(mysql_store_result(admin));
    open_fixture(&fixture, "SELECT id, name FROM wide WHERE id IN ({ids})", VALUE_RAW);
    assert_int_equal(
        source_explain(fixture.source, ids, 2, plan, sizeof plan, &is_scan, &fixture.err), 0);
    assert_false(is_scan);
    assert_non_null(strstr(plan, "table=wide"));
    close_fixture(&fixture);
    open_fixture(&fixture, "SELECT id, name FROM wide WHERE id + 0 IN ({ids})", VALUE_RAW);
    assert_int_equal(
        source_explain(fixture.source, ids, 2, plan, sizeof plan, &is_scan, &fixture.err), 0);
    assert_true(is_scan);
    close_fixture(&fixture);
}

static void refuse(const char *query, enum value_encoding value, enum error_kind kind,
                   const char *text)
{
    struct fixture fixture;
    open_fixture(&fixture, query, value);
    assert_null(fixture.source);
    assert_string_equal(fixture.err.text, text);
    assert_int_equal(fixture.err.kind, kind);
    close_fixture(&fixture);
}

/* A server that is on its way out, or in again, is waited for; what only a person can mend is not. */
static void test_what_helps(void **state)
{
    (void)state;
    static const unsigned lost[] = {1040, 1047, 1053, 1927, 2006, 2013, 3032, 3169};
    static const unsigned fatal[] = {1044, 1045, 1054, 1064, 1146, 1153};
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        assert_int_equal(mysql_link_judge(lost[i]), SOURCE_FAILURE_LOST);
    }
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        assert_int_equal(mysql_link_judge(fatal[i]), SOURCE_FAILURE_FATAL);
    }
    assert_int_equal(mysql_link_judge(1213), SOURCE_FAILURE_AGAIN);
}

static void test_queries_that_cannot_be_used(void **state)
{
    (void)state;
    refuse("SELECT id FROM numbers", VALUE_JSON, ERROR_INPUT,
           "[family f]: the query must hold ({ids}) exactly once, as in `WHERE id IN ({ids})`: "
           "SELECT id FROM numbers");
    refuse("SELECT id FROM numbers WHERE id IN ({ids}) OR id = ?", VALUE_JSON, ERROR_INPUT,
           "[family f]: the query must have no placeholders (?) beside ({ids}): SELECT id FROM "
           "numbers "
           "WHERE id IN ({ids}) OR id = ?");
    refuse("DELETE FROM numbers WHERE id IN ({ids})", VALUE_JSON, ERROR_BACKEND,
           "[family f]: MySQL: cannot prepare the query: Cannot execute statement in a READ ONLY "
           "transaction (1792)");
    refuse("SELECT id, id FROM numbers WHERE id IN ({ids})", VALUE_JSON, ERROR_INPUT,
           "[family f]: the query gives two columns named 'id': rename one with AS");
    refuse("SELECT id FROM numbers WHERE id IN ({ids})", VALUE_RAW, ERROR_INPUT,
           "[family f]: value = raw:name, but the query gives no such column");
    refuse(
        "SELECT id FROM nowhere WHERE id IN ({ids})", VALUE_JSON, ERROR_BACKEND,
        "[family f]: MySQL: cannot prepare the query: Table 'shop.nowhere' doesn't exist (1146)");
}

static void write_file(char *path, size_t size, const char *name, const char *text, mode_t mode)
{
    snprintf(path, size, "%s/%s", server.folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static void assert_login(const struct mysql_config *mysql, const char *text)
{
    struct fixture fixture = {0};
    fixture.config.mysql = *mysql;
    fixture.family = (struct family){
        .name = "f", .source = SOURCE_MYSQL, .query = "SELECT id FROM numbers WHERE id IN ({ids})"};
    const struct source_options options = {.config = &fixture.config, .family = &fixture.family};
    fixture.source = source_open(&options, &fixture.err);
    if (text == NULL && fixture.source == NULL) {
        fail_msg("%s", fixture.err.text);
    }
    if (text != NULL) {
        assert_null(fixture.source);
        assert_string_equal(fixture.err.text, text);
    }
    close_fixture(&fixture);
}

static void test_logging_in(void **state)
{
    (void)state;
    char options[256], open_file[256], secret[256], wanted[512];
    sql("CREATE USER 'reader'@'%' IDENTIFIED BY 'a b#c'");
    sql("GRANT SELECT ON shop.* TO 'reader'@'%'");
    write_file(options, sizeof options, "my.cnf", "[rekindle]\nuser=reader\npassword=\"a b#c\"\n",
               0600);
    write_file(open_file, sizeof open_file, "open.cnf", "[client]\nuser=reader\n", 0644);
    write_file(secret, sizeof secret, "secret", "a b#c\n", 0600);
    struct mysql_config mysql = {.database = "shop", .socket = server.socket};
    mysql.option_file = options;
    assert_login(&mysql, NULL);
    mysql.option_file = open_file;
    snprintf(wanted, sizeof wanted,
             "[family f]: %s: [mysql] option_file may be read by others (mode 644): chmod 600 it",
             open_file);
    assert_login(&mysql, wanted);
    mysql.option_file = "/nonexistent/my.cnf";
    assert_login(&mysql,
                 "[family f]: /nonexistent/my.cnf: cannot read [mysql] option_file: No such "
                 "file or directory");
    mysql.option_file = NULL;
    mysql.user = "reader";
    mysql.password_file = secret;
    assert_login(&mysql, NULL);
    mysql.password_file = NULL;
    assert_login(&mysql,
                 "[family f]: MySQL: cannot connect (see [mysql] in the config): Access denied "
                 "for user 'reader'@'localhost' (using password: NO) (1045)");
    setenv("REKINDLE_MYSQL_PASSWORD", "a b#c", 1);
    assert_login(&mysql, NULL);
    unsetenv("REKINDLE_MYSQL_PASSWORD");
    mysql.socket = "/nonexistent/socket";
    assert_login(
        &mysql,
        "[family f]: MySQL: cannot connect (see [mysql] in the config): Can't connect to local "
        "server through socket '/nonexistent/socket' (2) (2002)");
}

/* How many of this process' descriptors a command that it starts would have. */
static size_t count_handed_down(void)
{
    enum { DESCRIPTOR_MAX = 256 };
    size_t count = 0;
    for (int descriptor = 0; descriptor < DESCRIPTOR_MAX; descriptor++) {
        int flags = fcntl(descriptor, F_GETFD);
        count += flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
    return count;
}

static void test_commands_get_no_connection(void **state)
{
    (void)state;
    struct fixture fixture;
    size_t before = count_handed_down();
    open_fixture(&fixture, "SELECT id, name FROM crowd WHERE id IN ({ids})", VALUE_RAW);
    assert_non_null(fixture.source);
    assert_int_equal(count_handed_down(), before);
    close_fixture(&fixture);
}

/* Asked for TLS, a server without it must be refused, not talked to in clear text. */
static void test_tls_is_not_given_up(void **state)
{
    (void)state;
    char options[256], wanted[512];
    write_file(options, sizeof options, "tls.cnf", "[client]\nuser=root\nssl-enforce=1\n", 0600);
    struct mysql_config mysql = {
        .database = "shop", .socket = server.socket, .option_file = options};
    snprintf(
        wanted, sizeof wanted,
        "[family f]: MySQL: Localhost via UNIX socket talks without encryption although TLS was "
        "asked for");
    assert_login(&mysql, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_has_its_json),
        cmocka_unit_test(test_odd_values_come_whole),
        cmocka_unit_test(test_times_are_printed_as_the_server_does),
        cmocka_unit_test(test_only_the_right_row_is_used),
        cmocka_unit_test(test_texts_are_compared_by_bytes),
        cmocka_unit_test(test_hash_leaves_out_null_and_version),
        cmocka_unit_test(test_versions_alone),
        cmocka_unit_test(test_rows_that_contradict_each_other_are_ambiguous),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_values_that_the_server_cuts),
        cmocka_unit_test(test_a_query_that_warns),
        cmocka_unit_test(test_ids_longer_than_a_value_may_be),
        cmocka_unit_test(test_a_window_on_two_connections),
        cmocka_unit_test(test_a_lost_server_is_found_again),
        cmocka_unit_test(test_a_slow_statement_is_cut_and_tried_again),
        cmocka_unit_test(test_a_stop_ends_the_fetch),
        cmocka_unit_test(test_the_plan_shows_a_scan),
        cmocka_unit_test(test_what_helps),
        cmocka_unit_test(test_queries_that_cannot_be_used),
        cmocka_unit_test(test_logging_in),
        cmocka_unit_test(test_commands_get_no_connection),
        cmocka_unit_test(test_tls_is_not_given_up),
    };
    return cmocka_run_group_tests(tests, start, end);
}
