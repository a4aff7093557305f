/* ndjson_format_test.c - lines of JSON, case by case and with jansson as the judge. */
#include "tests/unit/predictor/ndjson_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct reading {
    enum line_fate fate;
    size_t column;
    char t[64], ab[64];
};

static void print_field(char *text, size_t size, struct slice field)
{
    snprintf(text, size, "%.*s", field.bytes == NULL ? 1 : (int)field.size,
             field.bytes == NULL ? "?" : field.bytes);
}

/* Wants "t" and "a.b". */
static struct reading read_line(struct slice line)
{
    struct error err;
    struct field_map map;
    struct log_fields fields = {{{NULL, 0}}};
    struct parse_scratch scratch = {.bytes = ndjson_scratch_bytes};
    struct reading reading;
    field_map_init(&map);
    int t = field_map_want(&map, slice_of("t"), &err);
    int ab = field_map_want(&map, slice_of("a.b"), &err);
    reading.fate = ndjson_format_parse(&map, line, &scratch, &fields, &reading.column);
    print_field(reading.t, sizeof reading.t, fields.of[t]);
    print_field(reading.ab, sizeof reading.ab, fields.of[ab]);
    field_map_free(&map);
    return reading;
}

static void values_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *line, *t, *ab;
    } cases[] = {
        {"{}", "?", "?"},
        {" {\t\"t\" : 17 } ", "17", "?"},
        {"{\"t\":-1.5e+3,\"x\":[1,[],{}],\"a\":{\"b\":\"c\"}}", "-1.5e+3", "c"},
        {"{\"a.b\":true,\"t\":null}", "?", "true"},
        {"{\"a\":{\"b\":1},\"a\":2,\"t\":\"\"}", "", "1"},
        {"{\"t\":\"first\",\"t\":\"last\"}", "last", "?"},
        {"{\"\\u0074\":\"\\u00e9\\ud83d\\ude00\\n\\/\"}", "\xC3\xA9\xF0\x9F\x98\x80\n/", "?"},
        {"{\"T\":1,\"tt\":2,\"\":3,\"a\":{\"a\":{\"b\":4}}}", "?", "?"},
        {"{\"t\":9007199254740993}", "9007199254740993", "?"},
        {"{\"t\":\"\xFF\"}", "\xFF", "?"},
        {"{\"a\":{\"b\":\"12345678\\\"90\"}}", "?", "12345678\"90"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading reading = read_line(slice_of(cases[i].line));
        if (reading.fate != LINE_WITH_EVENT) {
            fail_msg("%s: %s", cases[i].line, line_fate_text(reading.fate));
        }
        assert_string_equal(reading.t, cases[i].t);
        assert_string_equal(reading.ab, cases[i].ab);
    }
}

static void broken_lines_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum line_fate fate;
        size_t column;
    } cases[] = {
        {"", LINE_BAD_JSON, 1},
        {"[]", LINE_BAD_JSON, 1},
        {"{", LINE_BAD_JSON, 2},
        {"{\"t\":1", LINE_BAD_JSON, 7},
        {"{\"t\":1}}", LINE_BAD_JSON, 8},
        {"{\"t\":1}{\"t\":2}", LINE_BAD_JSON, 8},
        {"{\"t\":1,}", LINE_BAD_JSON, 8},
        {"{t:1}", LINE_BAD_JSON, 2},
        {"{\"t\" 1}", LINE_BAD_JSON, 6},
        {"{\"t\":01}", LINE_BAD_JSON, 7},
        {"{\"t\":1.}", LINE_BAD_JSON, 8},
        {"{\"t\":+1}", LINE_BAD_JSON, 6},
        {"{\"t\":NaN}", LINE_BAD_JSON, 6},
        {"{\"t\":tru}", LINE_BAD_JSON, 6},
        {"{\"t\":\"a}", LINE_BAD_JSON, 9},
        {"{\"t\":\"a\tb\"}", LINE_BAD_JSON, 8},
        {"{\"t\":\"\\x\"}", LINE_BAD_JSON, 7},
        {"{\"t\":\"\\u12\"}", LINE_BAD_JSON, 7},
        {"{\"t\":\"\\ud800\"}", LINE_BAD_JSON, 7},
        {"{\"t\":\"\\udc00\"}", LINE_BAD_JSON, 7},
        {"{\"x\":[1 2]}", LINE_BAD_JSON, 9},
        {"{\"x\":[1}", LINE_BAD_JSON, 8},
        {"{\"t\":[1]}", LINE_BAD_VALUE_KIND, 6},
        {"{\"a\":{\"b\":{}}}", LINE_BAD_VALUE_KIND, 11},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading reading = read_line(slice_of(cases[i].line));
        if (reading.fate != cases[i].fate || reading.column != cases[i].column) {
            fail_msg("%s: %s at %zu", cases[i].line, line_fate_text(reading.fate), reading.column);
        }
    }
}

static void deep_nesting_is_refused_not_followed(void **state)
{
    (void)state;
    enum { DEPTH = 500000 };
    char *line = malloc(DEPTH + 8);
    assert_non_null(line);
    memcpy(line, "{\"x\":", 5);
    memset(line + 5, '[', DEPTH);
    struct reading reading = read_line((struct slice){.bytes = line, .size = DEPTH + 5});
    assert_int_equal(reading.fate, LINE_BAD_JSON);
    free(line);
}

/* Good lines with a few bytes changed: the scanner and jansson must think alike. */
static void jansson_agrees(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "{\"t\":1431857103.5,\"u\":\"a\\u00e9\",\"a\":{\"b\":\"x\",\"c\":[1,2,{\"d\":null}]}}",
        "{\"u\":\"\\ud83d\\ude00\\\\\\\"\",\"x\":[true,false,null,-0.1e-5],\"t\":\"2015\"}",
        "{ \"a\" : { \"b\" : 1 } , \"t\" : [ ] , \"u\" : { } }",
    };
    static const char alphabet[] = "{}[]\",:\\u0019eE+-.tfn \t/ad8\x01\xC3";
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 150000; round++) {
        char line[128];
        struct slice seed = slice_of(seeds[round % 3]);
        memcpy(line, seed.bytes, seed.size);
        for (int change = 0; change < 1 + round % 3; change++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            size_t place = (random >> 33) % seed.size;
            line[place] = alphabet[(random >> 17) % (sizeof alphabet - 1)];
        }
        if (!judge_agrees((struct slice){.bytes = line, .size = seed.size})) {
            fail_msg("jansson differs on %.*s", (int)seed.size, line);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found),
        cmocka_unit_test(broken_lines_say_where),
        cmocka_unit_test(deep_nesting_is_refused_not_followed),
        cmocka_unit_test(jansson_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
