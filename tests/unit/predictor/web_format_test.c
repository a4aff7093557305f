/* web_format_test.c - log_format strings and the lines that they describe. */
#include "predictor/ingest/web_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char scratch_bytes[SCRATCH_SIZE];

struct reading {
    enum line_fate fate;
    size_t column;
    char value[512]; /* of the wanted field; "(absent)" */
};

/* Reads `line` as `text` and keeps the field `wanted`. */
static struct reading read_line(const char *text, const char *wanted, const char *line)
{
    struct error err;
    struct web_format format;
    struct field_map map;
    struct log_fields fields = {{{NULL, 0}}};
    struct parse_scratch scratch = {.bytes = scratch_bytes};
    struct reading reading;
    field_map_init(&map);
    assert_int_equal(web_format_init(&format, text, &err), 0);
    assert_int_equal(web_format_cast_roles(&format, &map, &err), 0);
    int slot = field_map_want(&map, slice_of(wanted), &err);
    web_format_bind(&format, &map);
    reading.fate = web_format_parse(&format, slice_of(line), &scratch, &fields, &reading.column);
    struct slice value = fields.of[slot];
    snprintf(reading.value, sizeof reading.value, "%.*s",
             value.bytes == NULL ? (int)strlen("(absent)") : (int)value.size,
             value.bytes == NULL ? "(absent)" : value.bytes);
    web_format_free(&format);
    field_map_free(&map);
    return reading;
}

static const char nginx_main[] =
    "'$remote_addr - $remote_user [$time_local] \"$request\" '\n"
    "    '$status $body_bytes_sent \"$http_referer\" '\n"
    "    '\"$http_user_agent\" uid=\"$cookie_uid\" rt=${request_time}';";

static void fields_are_found(void **state)
{
    (void)state;
    static const char combined[] = "1.2.3.4 - eva [17/May/2015:10:05:03 +0000] \"GET /p/7?a=b "
                                   "HTTP/1.1\" 200 12 \"-\" \"cu rl\"";
    static const struct {
        const char *format, *wanted, *line, *value;
    } cases[] = {
        {WEB_FORMAT_COMBINED, "remote_addr", combined, "1.2.3.4"},
        {WEB_FORMAT_COMBINED, "remote_user", combined, "eva"},
        {WEB_FORMAT_COMBINED, "time_local", combined, "17/May/2015:10:05:03 +0000"},
        {WEB_FORMAT_COMBINED, "request", combined, "GET /p/7?a=b HTTP/1.1"},
        {WEB_FORMAT_COMBINED, "body_bytes_sent", combined, "12"},
        {WEB_FORMAT_COMBINED, "http_user_agent", combined, "cu rl"},
        {WEB_FORMAT_COMBINED, "remote_user",
         "1.2.3.4 - eva maria [17/May/2015:10:05:03 +0000] \"G /\" 200 12 \"-\" \"x\" \"more\"",
         "eva maria"},
        {WEB_FORMAT_COMBINED, "http_user_agent",
         "::1 - - [t] \"-\" 400 0 \"-\" \"say \\\"hi\\\" \\\\\"", "say \"hi\" \\"},
        {WEB_FORMAT_COMBINED, "http_user_agent",
         "::1 - - [t] \"-\" 400 0 \"-\" \"say \\x22hi\\x22 \\xc3\\xA9\"", "say \"hi\" \xC3\xA9"},
        {WEB_FORMAT_COMBINED, "http_user_agent", "::1 - - [t] \"-\" 400 0 \"-\" \"cut off",
         "cut off"},
        {WEB_FORMAT_COMBINED, "http_user_agent", "::1 - - [t] \"-\" 400 0 \"-\" \"\"", ""},
        {WEB_FORMAT_COMMON, "body_bytes_sent", "::1 - - [t] \"-\" 400 17", "17"},
        {nginx_main, "cookie_uid", "::1 - - [t] \"-\" 400 0 \"-\" \"x\" uid=\"u 1\" rt=0.004",
         "u 1"},
        {nginx_main, "request_time", "::1 - - [t] \"-\" 400 0 \"-\" \"x\" uid=\"u 1\" rt=0.004",
         "0.004"},
        {"$time_iso8601|$arg_item|$arg_item", "arg_item", "t|a\\x41|b", "aA"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading reading = read_line(cases[i].format, cases[i].wanted, cases[i].line);
        assert_int_equal(reading.fate, LINE_WITH_EVENT);
        assert_string_equal(reading.value, cases[i].value);
    }
}

static void broken_lines_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *format, *line;
        size_t column;
    } cases[] = {
        {WEB_FORMAT_COMBINED, "", 1},
        {WEB_FORMAT_COMBINED, " \"Mozilla/5.0\"", 2},
        {WEB_FORMAT_COMBINED, "1.2.3.4 - - [17/May/2015:10:05:03 +0000", 14},
        {WEB_FORMAT_COMBINED, "1.2.3.4 - - [t] \"GET / HTTP/1.1 200 12", 18},
        {WEB_FORMAT_COMBINED, "1.2.3.4 - - [t] \"GET /\" 200 12 \"-\" \"x\"y", 39},
        {"<$msec> \"$cookie_uid\"", "<1> \"cut", 6},
        {"<$msec>", "1>", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading reading = read_line(cases[i].format, "cookie_uid", cases[i].line);
        assert_int_equal(reading.fate, LINE_BAD_SHAPE);
        assert_int_equal(reading.column, cases[i].column);
    }
}

static void formats_that_cannot_work_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"nothing", "log_format 'nothing' holds no variable; write it as in nginx.conf, in single "
                    "quotes for the shell"},
        {"$status $", "log_format: no variable's name follows '$'"},
        {"${status", "log_format: no variable's name follows '${status'"},
        {"$status$host", "log_format: nothing stands between '$status' and '$host', so nobody can "
                         "tell where one ends"},
        {"$status $host", "log_format holds no time: none of $time_local, $time_iso8601, $msec"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct web_format format;
        struct field_map map;
        field_map_init(&map);
        bool is_fine = web_format_init(&format, cases[i].text, &err) == 0 &&
                       web_format_cast_roles(&format, &map, &err) == 0;
        assert_false(is_fine);
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_string_equal(err.text, cases[i].message);
        web_format_free(&format);
        field_map_free(&map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found),
        cmocka_unit_test(broken_lines_say_where),
        cmocka_unit_test(formats_that_cannot_work_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
