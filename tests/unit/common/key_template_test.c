/* key_template_test.c - templates, hash tags, and keys that are too long. */
#include "common/key_template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void keys_are_rendered(void **state)
{
    (void)state;
    static const struct {
        const char *text, *id, *key;
    } cases[] = {
        {"user:{id}:profile", "12", "user:12:profile"},
        {"{id}", "a b", "a b"},
        {"{user:{id}}:profile", "7", "{user:7}:profile"},
        {"{x}{id}{y}", "7", "{x}7{y}"},
        {"p:{id}", "", "p:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct key_template key_template;
        struct error err;
        char key[KEY_SIZE_MAX];
        assert_int_equal(key_template_parse(cases[i].text, &key_template, &err), 0);
        size_t size = key_template_render(&key_template, slice_of(cases[i].id), key);
        assert_int_equal(size, strlen(cases[i].key));
        assert_memory_equal(key, cases[i].key, size);
    }
}

static void bad_templates_are_refused(void **state)
{
    (void)state;
    struct key_template key_template;
    struct error err;
    assert_int_equal(key_template_parse("user:id", &key_template, &err), -1);
    assert_string_equal(err.text,
                        "the key 'user:id' has to hold {id} exactly once, as user:{id}:profile");
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_int_equal(key_template_parse("{id}:{id}", &key_template, &err), -1);
    assert_int_equal(key_template_parse("", &key_template, &err), -1);
    char text[KEY_TEMPLATE_SIZE_MAX + 10];
    memset(text, 'x', sizeof text);
    memcpy(text + KEY_TEMPLATE_SIZE_MAX, "{id}", 5);
    assert_int_equal(key_template_parse(text, &key_template, &err), -1);
    assert_non_null(strstr(err.text, "...' is longer than 515 bytes"));
    assert_int_equal(key_template_parse(text + 1, &key_template, &err), 0);
}

static void long_keys_are_told(void **state)
{
    (void)state;
    struct key_template key_template;
    struct error err;
    char key[KEY_SIZE_MAX], id[KEY_SIZE_MAX + 1];
    memset(id, 'i', sizeof id);
    assert_int_equal(key_template_parse("u:{id}", &key_template, &err), 0);
    assert_int_equal(key_template_render(&key_template, (struct slice){id, KEY_SIZE_MAX - 2}, key),
                     KEY_SIZE_MAX);
    assert_int_equal(key_template_render(&key_template, (struct slice){id, KEY_SIZE_MAX - 1}, key),
                     0);
    assert_int_equal(key_template_render(&key_template, (struct slice){id, sizeof id}, key), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_rendered),
        cmocka_unit_test(bad_templates_are_refused),
        cmocka_unit_test(long_keys_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
