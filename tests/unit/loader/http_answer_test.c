/* http_answer_test.c - heads of answers, and what a status means. */
#include "loader/source/http_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = 1794268800; /* 2026-11-10T00:00:00Z */

static void take(struct http_answer *answer, const char *line)
{
    http_answer_take_header(answer, line, strlen(line), NOW);
}

static void headers_are_kept(void **state)
{
    (void)state;
    struct http_answer answer = {0};
    char longer[HTTP_HEADER_SIZE_MAX + 16] = "ETag: ";
    take(&answer, "HTTP/1.1 200 OK\r\n");
    take(&answer, "eTAG:\t\"a b\" \r\n");
    take(&answer, "Last-Modified: Tue, 10 Nov 2026 00:00:00 GMT\r\n");
    take(&answer, "X-ETag: \"no\"\r\n");
    take(&answer, "\r\n");
    assert_string_equal(answer.etag, "\"a b\"");
    assert_string_equal(answer.last_modified, "Tue, 10 Nov 2026 00:00:00 GMT");
    assert_int_equal(answer.retry_after_ms, 0);
    http_answer_clear(&answer);
    assert_string_equal(answer.etag, "");
    memset(longer + 6, 'x', HTTP_HEADER_SIZE_MAX);
    take(&answer, longer); /* too long to compare: none */
    assert_string_equal(answer.etag, "");
    http_answer_free(&answer);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t ms;
    } cases[] = {
        {"Retry-After: 7\r\n", 7000},
        {"Retry-After: 0\r\n", 0},
        {"Retry-After: -5\r\n", 0},
        {"Retry-After: 99999999999\r\n", 86400000},
        {"Retry-After: Tue, 10 Nov 2026 00:00:30 GMT\r\n", 30000},
        {"Retry-After: Mon, 09 Nov 2026 00:00:00 GMT\r\n", 0},
        {"Retry-After: soon\r\n", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_answer answer = {0};
        take(&answer, cases[i].line);
        assert_int_equal(answer.retry_after_ms, cases[i].ms);
    }
}

static void statuses_have_their_meaning(void **state)
{
    (void)state;
    static const long missing[] = {404, 410}, passing[] = {408, 425, 429, 500, 502, 503, 504, 599};
    static const long neither[] = {0, 200, 204, 301, 304, 400, 401, 403, 405, 501, 600};
    for (size_t i = 0; i < 2; i++) {
        assert_true(http_answer_is_missing(missing[i]) && !http_answer_is_passing(missing[i]));
    }
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        assert_true(http_answer_is_passing(passing[i]) && !http_answer_is_missing(passing[i]));
    }
    for (size_t i = 0; i < sizeof neither / sizeof neither[0]; i++) {
        assert_false(http_answer_is_passing(neither[i]) || http_answer_is_missing(neither[i]));
    }
    assert_true(http_answer_is_strong("\"\""));
    assert_false(http_answer_is_strong("W/\"1\""));
    assert_false(http_answer_is_strong(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_kept),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
        cmocka_unit_test(statuses_have_their_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
