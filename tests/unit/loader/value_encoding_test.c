/* value_encoding_test.c - rows to values, queries with placeholders: the pure parts of a source.
 * Room: tests. May touch: nothing. */
#include "loader/source/family_query.h"
#include "loader/source/value_buffer.h"
#include "loader/source/value_encoding.h"

#include <stdlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct cell text_cell(const char *text)
{
    return (struct cell){CELL_TEXT, slice_of(text)};
}

static struct cell number_cell(const char *text)
{
    return (struct cell){CELL_NUMBER, slice_of(text)};
}

/* One row of the columns id, zip, version and name, made into a value; compared with `wanted`. */
static void encode(enum value_encoding value, const struct cell cells[], uint64_t max_value_bytes,
                   enum record_kind kind, struct slice wanted)
{
    static const char *const names[] = {"id", "z\"ip", "version", "name"};
    const struct family family = {
        .value = value, .value_column = "name", .max_value_bytes = max_value_bytes};
    struct arena arena = {0};
    struct value_buffer buffer = {0};
    struct value_encoding_plan plan;
    struct record record;
    struct error err;
    assert_int_equal(value_encoding_plan_init(&plan, &family, names, 4, &arena, &err), 0);
    assert_int_equal(value_encoding_make(&plan, cells, &buffer, &arena, &record), 0);
    assert_int_equal(record.kind, kind);
    if (!slice_is_equal(record.value, wanted)) {
        fail_msg("got %.*s", (int)record.value.size, record.value.bytes);
    }
    value_buffer_free(&buffer);
    arena_free(&arena);
}

static void test_json_leaves_out_the_version(void **state)
{
    (void)state;
    const struct cell cells[] = {
        number_cell("7"), {CELL_NULL, {NULL, 0}}, number_cell("3"), text_cell("Ann")};
    encode(VALUE_JSON, cells, 0, RECORD_STRING,
           slice_of("{\"id\":7,\"z\\\"ip\":null,\"name\":\"Ann\"}"));
}

static void test_json_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"a/b'\x7f", "\"a/b'\x7f\""},
        {"\b\f\n\r\t\"\\", "\"\\b\\f\\n\\r\\t\\\"\\\\\""},
        {"\x01\x1f", "\"\\u0001\\u001f\""},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
         "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {"\xff", "\"\\ufffd\""},
        {"a\xc3", "\"a\\ufffd\""},
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        {"\xe2\x82x", "\"\\ufffd\\ufffdx\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cell cells[] = {number_cell("1"), text_cell(cases[i].text), number_cell("3"),
                                     text_cell("")};
        char wanted[128];
        snprintf(wanted, sizeof wanted, "{\"id\":1,\"z\\\"ip\":%s,\"name\":\"\"}", cases[i].json);
        encode(VALUE_JSON, cells, 0, RECORD_STRING, slice_of(wanted));
    }
}

static void test_json_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"0", "0"},           {"-12.50", "-12.50"}, {"1e20", "1e20"},   {"1.5E-7", "1.5E-7"},
        {"0042", "\"0042\""}, {"-", "\"-\""},       {"Inf", "\"Inf\""}, {".5", "\".5\""},
        {"1.", "\"1.\""},     {"1e", "\"1e\""},     {"-0", "-0"},       {"", "\"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cell cells[] = {number_cell("1"), number_cell(cases[i].text), number_cell("3"),
                                     text_cell("")};
        char wanted[128];
        snprintf(wanted, sizeof wanted, "{\"id\":1,\"z\\\"ip\":%s,\"name\":\"\"}", cases[i].json);
        encode(VALUE_JSON, cells, 0, RECORD_STRING, slice_of(wanted));
    }
}

/* Source: RFC 4648, section 10. */
static void test_json_binary_is_base64(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *base64;
    } cases[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"\xfb\xff", "+/8="}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cell cells[] = {number_cell("1"),
                                     {CELL_BINARY, slice_of(cases[i].bytes)},
                                     number_cell("3"),
                                     text_cell("")};
        char wanted[128];
        snprintf(wanted, sizeof wanted, "{\"id\":1,\"z\\\"ip\":\"%s\",\"name\":\"\"}",
                 cases[i].base64);
        encode(VALUE_JSON, cells, 0, RECORD_STRING, slice_of(wanted));
    }
}

static void test_raw_hash_and_limits(void **state)
{
    (void)state;
    const struct slice raw = {"a\0b", 3};
    const struct cell cells[] = {
        number_cell("7"), {CELL_NULL, {NULL, 0}}, number_cell("3"), {CELL_BINARY, raw}};
    encode(VALUE_RAW, cells, 0, RECORD_STRING, raw);
    encode(VALUE_RAW, cells, 3, RECORD_STRING, raw);
    encode(VALUE_RAW, cells, 2, RECORD_TOO_BIG, (struct slice){NULL, 0});
    static const char hash[] = "\2\0\0\0id\1\0\0\0007\4\0\0\0name\3\0\0\0a\0b";
    encode(VALUE_HASH, cells, 0, RECORD_HASH, (struct slice){hash, sizeof hash - 1});
    const struct cell null_cells[] = {
        number_cell("7"), text_cell("x"), number_cell("3"), {CELL_NULL, {NULL, 0}}};
    encode(VALUE_RAW, null_cells, 0, RECORD_MISSING, (struct slice){NULL, 0});
    const struct cell unread[] = {
        number_cell("7"), text_cell("x"), number_cell("3"), {CELL_TEXT, {NULL, 5000}}};
    encode(VALUE_JSON, unread, 4096, RECORD_TOO_BIG, (struct slice){NULL, 0});
}

/* The value of the template for a row of every kind of cell, or the error's text. */
static const char *fill(const char *text)
{
    static char shown[1024];
    static const char *const names[] = {"id", "n_1", "none", "blob", "json", "version"};
    const struct family family = {.value = VALUE_TEMPLATE, .value_template = text, .query = "S"};
    const struct cell cells[] = {number_cell("7"),        text_cell("a\"\n"),
                                 {CELL_NULL, {NULL, 0}},  {CELL_BINARY, {"\xff\1", 2}},
                                 {CELL_JSON, {"[1]", 3}}, number_cell("3")};
    struct value_encoding_plan plan;
    struct arena arena = {0};
    struct value_buffer buffer = {0};
    struct record record;
    struct error err;
    if (value_encoding_plan_init(&plan, &family, names, 6, &arena, &err) != 0) {
        snprintf(shown, sizeof shown, "%s", err.text);
    } else {
        assert_int_equal(value_encoding_make(&plan, cells, &buffer, &arena, &record), 0);
        assert_int_equal(record.kind, RECORD_STRING);
        assert_true(slice_is_equal(record.version, slice_of("3")));
        snprintf(shown, sizeof shown, "%.*s", (int)record.value.size, record.value.bytes);
    }
    value_buffer_free(&buffer);
    arena_free(&arena);
    return shown;
}

static void test_templates(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value;
    } cases[] = {
        {"", ""},
        {"{id}", "7"},
        {"u:{id}:{n_1}!", "u:7:a\"\n!"},
        {"[{none}]", "[]"},
        {"{\"id\":{id|json},\"n\":{n_1|json},\"x\":{none|json},\"j\":{json|json}}",
         "{\"id\":7,\"n\":\"a\\\"\\n\",\"x\":null,\"j\":[1]}"},
        {"{blob}{blob|json}", "\xff\1\"/wE=\""},
        {"{{id}} {} { id } {id,n_1} {id", "{7} {} { id } {id,n_1} {id"},
        {"{version}", "3"},
        {"{id}{name}", "value = template:... has {name}, but the query gives no such column"},
        {"{id|jso}", "{id|jso}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(fill(cases[i].text), cases[i].value);
    }
}

/* Every byte there is, through every encoding. */
static void test_all_bytes_pass(void **state)
{
    (void)state;
    enum { BYTES = 256, FRAME = 4 };
    char bytes[BYTES];
    for (int i = 0; i < BYTES; i++) {
        bytes[i] = (char)i;
    }
    const struct slice all = {bytes, BYTES};
    const struct cell cells[] = {
        number_cell("7"), {CELL_NULL, {NULL, 0}}, number_cell("3"), {CELL_TEXT, all}};
    encode(VALUE_RAW, cells, 0, RECORD_STRING, all);
    char hash[11 + FRAME + 4 + FRAME + BYTES];
    memcpy(hash, "\2\0\0\0id\1\0\0\0007\4\0\0\0name\0\1\0\0", 23);
    memcpy(hash + 23, bytes, BYTES);
    encode(VALUE_HASH, cells, 0, RECORD_HASH, (struct slice){hash, sizeof hash});
}

static void test_no_value_is_longer_than_redis_takes(void **state)
{
    (void)state;
    const uint64_t limits[] = {0, UINT64_C(1) << 40};
    for (size_t i = 0; i < 2; i++) {
        const struct cell cells[] = {number_cell("7"),
                                     text_cell("x"),
                                     number_cell("3"),
                                     {CELL_TEXT, {NULL, (UINT64_C(512) << 20) + 1}}};
        encode(VALUE_RAW, cells, limits[i], RECORD_TOO_BIG, (struct slice){NULL, 0});
    }
    static const char *const names[] = {"id"};
    const struct family family = {.value = VALUE_JSON, .max_value_bytes = UINT64_C(1) << 40};
    struct value_encoding_plan plan;
    struct arena arena = {0};
    struct error err;
    assert_int_equal(value_encoding_plan_init(&plan, &family, names, 1, &arena, &err), 0);
    assert_int_equal(plan.max_value_bytes, 536870912);
    arena_free(&arena);
}

static void test_hash_layout_reads_back(void **state)
{
    (void)state;
    char bytes[64];
    char *at = record_hash_put(bytes, slice_of("name"));
    at = record_hash_put(at, (struct slice){NULL, 0});
    struct slice rest = {bytes, (size_t)(at - bytes)};
    struct slice part;
    assert_true(record_hash_next(&rest, &part));
    assert_true(slice_is_equal(part, slice_of("name")));
    assert_true(record_hash_next(&rest, &part));
    assert_int_equal(part.size, 0);
    assert_false(record_hash_next(&rest, &part));
    rest = (struct slice){"\xff\xff\xff\xff"
                          "abc",
                          7};
    assert_false(record_hash_next(&rest, &part));
}

static void test_columns_that_cannot_be_used(void **state)
{
    (void)state;
    static const char *const twice[] = {"id", "a", "a"};
    struct family family = {.value = VALUE_JSON, .query = "SELECT"};
    struct value_encoding_plan plan;
    struct arena arena = {0};
    struct error err;
    assert_int_equal(value_encoding_plan_init(&plan, &family, twice, 3, &arena, &err), -1);
    assert_string_equal(err.text, "the query gives two columns named 'a': rename one with AS");
    assert_int_equal(value_encoding_plan_init(&plan, &family, twice, 0, &arena, &err), -1);
    assert_string_equal(err.text, "the query gives no columns: it must be a SELECT");
    family.value = VALUE_RAW;
    family.value_column = "b";
    assert_int_equal(value_encoding_plan_init(&plan, &family, twice, 2, &arena, &err), -1);
    assert_string_equal(err.text, "value = raw:b, but the query gives no such column");
    arena_free(&arena);
}

static void test_queries(void **state)
{
    (void)state;
    struct error err;
    char *query = family_query_render("SELECT id FROM t WHERE id IN ({ids}) AND x ; \n", 3, &err);
    assert_string_equal(query, "SELECT id FROM t WHERE id IN (?,?,?) AND x");
    free(query);
    query = family_query_render_versions("SELECT `i``d` FROM t WHERE id IN ({ids})", 1, "i`d", '`',
                                         &err);
    assert_string_equal(query,
                        "SELECT `i``d`, version FROM (SELECT `i``d` FROM t WHERE id IN (?)) AS "
                        "rekindle_rows");
    free(query);
    static const char *const bad[] = {"SELECT 1", "x IN ({ids}) OR y IN ({ids})", "x IN ({id})"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char wanted[256];
        snprintf(wanted, sizeof wanted,
                 "the query must hold ({ids}) exactly once, as in `WHERE id IN ({ids})`: %s",
                 bad[i]);
        assert_null(family_query_render(bad[i], 3, &err));
        assert_string_equal(err.text, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_leaves_out_the_version),
        cmocka_unit_test(test_json_texts),
        cmocka_unit_test(test_json_numbers),
        cmocka_unit_test(test_json_binary_is_base64),
        cmocka_unit_test(test_raw_hash_and_limits),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_all_bytes_pass),
        cmocka_unit_test(test_no_value_is_longer_than_redis_takes),
        cmocka_unit_test(test_hash_layout_reads_back),
        cmocka_unit_test(test_columns_that_cannot_be_used),
        cmocka_unit_test(test_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
