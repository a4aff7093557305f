/* http_settings_test.c - which urls, versions and encodings a service may have. */
#include "loader/source/http_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct http_settings settings;

/* "" when it is fine, else the error's text. */
static const char *read_settings(const char *url, const char *version, enum value_encoding value)
{
    static struct error err;
    const struct config config = {.http = {.url = "http://h/{id}", .version = version}};
    const struct family family = {.url = url, .value = value};
    return http_settings_read(&settings, &config, &family, &err) == 0 ? "" : err.text;
}

static void urls_hold_the_id_once(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "http://h/", "ftp://h/{id}", "h/{id}",
                                      "http://{id}/{id}"};
    assert_string_equal(read_settings("https://h/u/{id}.json?a@b", NULL, VALUE_RAW), "");
    assert_true(slice_is_equal(settings.before, slice_of("https://h/u/")));
    assert_string_equal(settings.after, ".json?a@b");
    assert_string_equal(read_settings(NULL, NULL, VALUE_TEMPLATE), "");
    assert_string_equal(settings.url, "http://h/{id}");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_string_equal(read_settings(bad[i], NULL, VALUE_RAW),
                            "source = http needs the family's url, or [http] url, with {id} once: "
                            "http://host/users/{id}");
    }
    assert_string_equal(read_settings("http://me:secret@h/{id}", NULL, VALUE_RAW),
                        "a url must hold no password: give [http] token_file instead");
}

static void versions_have_a_source(void **state)
{
    (void)state;
    assert_string_equal(read_settings(NULL, "none", VALUE_RAW), "");
    assert_int_equal(settings.version_source, HTTP_VERSION_NONE);
    assert_string_equal(read_settings(NULL, "etag", VALUE_RAW), "");
    assert_int_equal(settings.version_source, HTTP_VERSION_ETAG);
    assert_string_equal(read_settings(NULL, "last-modified", VALUE_RAW), "");
    assert_int_equal(settings.version_source, HTTP_VERSION_LAST_MODIFIED);
    assert_string_equal(read_settings(NULL, "field:rev", VALUE_RAW), "");
    assert_int_equal(settings.version_source, HTTP_VERSION_FIELD);
    assert_string_equal(settings.field, "rev");
    assert_string_equal(read_settings(NULL, "field:", VALUE_RAW),
                        "[http] version = field:: write none, etag, last-modified or field:NAME");
}

static void a_body_is_not_quoted_once_more(void **state)
{
    (void)state;
    static const char wanted[] = "source = http gives the columns id and body: write value = "
                                 "raw:body, or a template with {body}";
    assert_string_equal(read_settings(NULL, NULL, VALUE_JSON), wanted);
    assert_string_equal(read_settings(NULL, NULL, VALUE_HASH), wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_hold_the_id_once),
        cmocka_unit_test(versions_have_a_source),
        cmocka_unit_test(a_body_is_not_quoted_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
