/* json_object_test.c - what RFC 8259 calls an object, and what it does not. */
#include "loader/source/json_object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* `name=kind:bytes;` of each member, or "no JSON". */
static const char *read_members(const char *text)
{
    static const char *const kinds[] = {"null", "text", "number", "literal", "nested"};
    static char out[1024];
    char scratch[512];
    struct json_object object;
    struct json_member member;
    size_t used = 0;
    int got;
    out[0] = '\0';
    json_object_init(&object, slice_of(text), scratch);
    while ((got = json_object_next(&object, &member)) > 0) {
        used += (size_t)snprintf(out + used, sizeof out - used, "%.*s=%s:%.*s;",
                                 (int)member.name.size, member.name.bytes, kinds[member.kind],
                                 (int)member.bytes.size, member.bytes.bytes);
    }
    return got == 0 ? out : "no JSON";
}

static void objects_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *members;
    } cases[] = {
        {"{}", ""},
        {" { } \r\n", ""},
        {"{\"a\":1}", "a=number:1;"},
        {" {\t\"a\" : -0.5e+10 , \"b\":\"\" }", "a=number:-0.5e+10;b=text:;"},
        {"{\"a\":true,\"b\":false,\"c\":null}", "a=literal:true;b=literal:false;c=null:null;"},
        {"{\"\\u0061\\n\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a\n=text:\"\\/\b\f\n\r\t;"},
        {"{\"a\":\"\\u00e9\\u20AC\\ud83d\\ude00\"}",
         "a=text:\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;"},
        {"{\"a\":[],\"b\":{},\"c\":[ 1 , [ {\"x\" : [\"]}\", null] } ] , true ]}",
         "a=nested:[];b=nested:{};c=nested:[ 1 , [ {\"x\" : [\"]}\", null] } ] , true ];"},
        {"{\"a\":1,\"a\":2}", "a=number:1;a=number:2;"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(read_members(cases[i].text), cases[i].members);
    }
}

static void what_is_no_object_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "1",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\":1}x",
        "{\"a\":1}{}",
        "{,\"a\":1}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":+1}",
        "{\"a\":nul}",
        "{\"a\":TRUE}",
        "{\"a\":\"x}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":{\"b\"}}",
        "{\"a\":{\"b\":1,}}",
        "{\"a\":{1:2}}",
        "{\"a\":[1}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (strcmp(read_members(bad[i]), "no JSON") != 0) {
            fail_msg("%s was read as %s", bad[i], read_members(bad[i]));
        }
    }
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    char text[512] = "{\"a\":";
    memset(text + 5, '[', JSON_DEPTH_MAX);
    memset(text + 5 + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    strcpy(text + 5 + 2 * JSON_DEPTH_MAX, "}");
    assert_string_not_equal(read_members(text), "no JSON");
    memset(text + 5, '[', JSON_DEPTH_MAX + 1);
    memset(text + 6 + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX + 1);
    strcpy(text + 7 + 2 * JSON_DEPTH_MAX, "}");
    assert_string_equal(read_members(text), "no JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_read),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(nesting_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
