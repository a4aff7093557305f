/* id_rule_test.c - rules from options, ids from fields. */
#include "predictor/ingest/id_rule.h"

#include "predictor/ingest/web_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char scratch_bytes[SCRATCH_SIZE];

static bool has_field(const void *format, struct slice name)
{
    return web_format_has(format, name);
}

static void offer_fields(const void *format, struct spelling *spelling)
{
    web_format_offer(format, spelling);
}

/* Parses `rule` for `format`; the caller frees both. */
static int parse(struct id_rules *rules, const char *text, const char *rule,
                 struct web_format *format, struct field_map *map, struct error *err)
{
    field_map_init(map);
    memset(rules, 0, sizeof *rules);
    assert_int_equal(web_format_init(format, text, err), 0);
    assert_int_equal(web_format_cast_roles(format, map, err), 0);
    struct field_source source = {
        .map = map, .has = has_field, .offer = offer_fields, .format = format};
    return id_rules_parse(rules, "--user", rule, &source, err);
}

static void ids_are_found(void **state)
{
    (void)state;
    static const char with_request[] = "$msec \"$request\"";
    static const char with_cookies[] = "$msec \"$http_cookie\"";
    static const struct {
        const char *format, *rule, *field, *id; /* `field` fills all fields */
    } cases[] = {
        {with_request, "path:/product/{id}", "GET /product/42 HTTP/1.1", "42"},
        {with_request, "path:/product/{id}", "GET /product/42?x=/product/7 HTTP/1.1", "42"},
        {with_request, "path:/product/{id}", "/product/42#top", "42"},
        {with_request, "path:/product/{id}", "GET http://host:80/product/42 HTTP/1.1", "42"},
        {with_request, "path:/product/{id}", "GET /product/42/reviews HTTP/1.1", ""},
        {with_request, "path:/product/{id}", "GET /product/ HTTP/1.1", ""},
        {with_request, "path:/product/{id}", "GET /product HTTP/1.1", ""},
        {with_request, "path:/product/{id}", "GET /products/42 HTTP/1.1", ""},
        {with_request, "path:/product/{id}", "-", ""},
        {with_request, "path:/product/{id}", "\x16\x03\x01", ""},
        {with_request, "path:/product/{id}.html", "GET /product/a.b.html HTTP/1.1", "a.b"},
        {with_request, "path:/product/{id}.html", "GET /product/.html HTTP/1.1", ""},
        {with_request, "path:/p-{id}-x/*/**", "GET /p-7-x/any/more/still HTTP/1.1", "7"},
        {with_request, "path:/p-{id}-x/*/**", "GET /p-7-x/any HTTP/1.1", ""},
        {with_request, "path:/*/{id}/", "GET /en/7/ HTTP/1.1", "7"},
        {with_request, "path:/product/{id}", "GET /product/42/ HTTP/1.1", "42"},
        {with_request, "path:/product/{id}", "GET /product/a%20b%2Fc HTTP/1.1", "a b/c"},
        {with_request, "path:/product/{id}", "GET /product/a+b%zz%4 HTTP/1.1", "a+b%zz%4"},
        {with_request, "path:/product/{id}", "GET /product/%F0%9F%98%80 HTTP/1.1",
         "\xF0\x9F\x98\x80"},
        {with_request, "path:/product/{id}", "GET /product/- HTTP/1.1", ""},
        {with_request, "path:/product/{id}|path:/item/{id}", "GET /item/9 HTTP/1.1", "9"},
        {with_request, "query:uid", "GET /?uid=u1&x=2 HTTP/1.1", "u1"},
        {with_request, "query:uid", "GET /?guid=no&uid=a+b%2B HTTP/1.1", "a b+"},
        {with_request, "query:uid", "GET /uid=u1 HTTP/1.1", ""},
        {with_request, "query:uid", "GET /?uid HTTP/1.1", ""},
        {with_request, "query:uid", "GET /?uid= HTTP/1.1", ""},
        {"$msec \"$request\" \"$args\"", "query:uid", "uid=u1&x=2", "u1"},
        {"$msec $arg_uid", "field:arg_uid", "a%20b", "a%20b"},
        {with_cookies, "cookie:uid", "uid=u1", "u1"},
        {with_cookies, "cookie:uid", "a=b; uid=u=1; c=d", "u=1"},
        {with_cookies, "cookie:uid", "guid=no;uid=-", ""},
        {"$msec \"$cookie_uid\"", "cookie:uid", "u1", "u1"},
        {"$msec \"$http_x_user\"", "header:X-User", "u1", "u1"},
        {"$msec \"$remote_user\"", "field:remote_user", "-", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct id_rules rules;
        struct web_format format;
        struct field_map map;
        struct log_fields fields;
        struct parse_scratch scratch = {.bytes = scratch_bytes};
        struct slice id = {NULL, 0};
        assert_int_equal(parse(&rules, cases[i].format, cases[i].rule, &format, &map, &err), 0);
        for (size_t slot = 0; slot < FIELD_SLOT_MAX; slot++) {
            fields.of[slot] = slice_of(cases[i].field);
        }
        assert_int_equal(id_rules_find(&rules, &fields, &scratch, &id), LINE_WITH_EVENT);
        if (!slice_is_equal(id, slice_of(cases[i].id))) {
            fail_msg("%s of %s: '%.*s'", cases[i].rule, cases[i].field, (int)id.size, id.bytes);
        }
        web_format_free(&format);
        field_map_free(&map);
    }
}

static void ids_that_cannot_be_are_bad(void **state)
{
    (void)state;
    struct error err;
    struct id_rules rules;
    struct web_format format;
    struct field_map map;
    struct log_fields fields = {{{NULL, 0}}};
    struct parse_scratch scratch = {.bytes = scratch_bytes};
    struct slice id;
    static char path[3 * ENTITY_ID_SIZE_MAX + 16];
    assert_int_equal(parse(&rules, "$msec \"$request\"", "path:/p/{id}", &format, &map, &err), 0);
    int slot = map.slots[ROLE_REQUEST];
    fields.of[slot] = slice_of("/p/a%00b");
    assert_int_equal(id_rules_find(&rules, &fields, &scratch, &id), LINE_BAD_ID_NUL);
    strcpy(path, "/p/");
    for (size_t i = 0; i <= ENTITY_ID_SIZE_MAX; i++) {
        strcat(path, "%41");
    }
    fields.of[slot] = slice_of(path);
    assert_int_equal(id_rules_find(&rules, &fields, &scratch, &id), LINE_BAD_ID_SIZE);
    fields.of[slot].size -= 3;
    assert_int_equal(id_rules_find(&rules, &fields, &scratch, &id), LINE_WITH_EVENT);
    assert_int_equal(id.size, ENTITY_ID_SIZE_MAX);
    web_format_free(&format);
    field_map_free(&map);
}

static void rules_that_cannot_work_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *message;
    } cases[] = {
        {"uid", "--user 'uid' is no rule; there are field:NAME, cookie:NAME, query:NAME, "
                "header:NAME and path:/TEMPLATE/{id}"},
        {"cookie:", "--user 'cookie:' is no rule; there are field:NAME, cookie:NAME, query:NAME, "
                    "header:NAME and path:/TEMPLATE/{id}"},
        {"cookie:uid", "--user 'cookie:uid': this format has neither this cookie nor $http_cookie; "
                       "a web server has to log it, and --format is then nginx: and its log_format "
                       "(columns: cookie=)"},
        {"field:uid",
         "--user 'field:uid': this format has no such field; there are msec, remote_addr"},
        {"header:X-User",
         "--user 'header:X-User': this format has no such header ($http_ and its name)"},
        {"query:uid", "--user 'query:uid': this format has neither a request nor $args (columns: "
                      "request=)"},
        {"path:/{id}", "--user 'path:/{id}': this format has no request (columns: request=)"},
        {"path:/p", "--user 'path:/p': a path template begins with / and holds {id}, as "
                    "path:/product/{id}"},
        {"path:/p/{id}/{id}", "--user 'path:/p/{id}/{id}': a path template holds {id} only once"},
        {"path:/**/p/{id}", "--user 'path:/**/p/{id}': a path template has ** only at its end; one "
                            "segment of any kind is *"},
        {"path:/p?id={id}", "--user 'path:/p?id={id}': a path template ends before the ?; for a "
                            "parameter behind it write query:NAME"},
        {"field:remote_addr|x", "--user 'x' is no rule; there are field:NAME, cookie:NAME, "
                                "query:NAME, header:NAME and path:/TEMPLATE/{id}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct id_rules rules;
        struct web_format format;
        struct field_map map;
        assert_int_equal(parse(&rules, "$msec $remote_addr", cases[i].rule, &format, &map, &err),
                         -1);
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_string_equal(err.text, cases[i].message);
        web_format_free(&format);
        field_map_free(&map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_found),
        cmocka_unit_test(ids_that_cannot_be_are_bad),
        cmocka_unit_test(rules_that_cannot_work_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
