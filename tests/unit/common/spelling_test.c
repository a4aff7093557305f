/* spelling_test.c - which names are slips of which, and what is said. */
#include "common/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static size_t distance(const char *a, const char *b)
{
    return spelling_distance(slice_of(a), slice_of(b));
}

static void distances_are_right(void **state)
{
    (void)state;
    assert_int_equal(distance("", ""), 0);
    assert_int_equal(distance("", "abc"), 3);
    assert_int_equal(distance("kitten", "sitting"), 3);
    assert_int_equal(distance("redis", "reddis"), 1);
    assert_int_equal(distance("Redis", "rEDIS"), 0);
    char text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(distance(text, ""), SPELLING_NAME_MAX);
}

static void slips_are_told_from_other_words(void **state)
{
    (void)state;
    static const char *const known[] = {"access", "export", "product-page", "us"};
    static const struct {
        const char *wanted, *hint, *hint_or_list;
    } cases[] = {
        {"acess", "; did you mean access?", "; did you mean access?"},
        {"ACCESS", "; did you mean access?", "; did you mean access?"},
        {"exprot", "; did you mean export?", "; did you mean export?"},
        {"products-pages", "; did you mean product-page?", "; did you mean product-page?"},
        {"u", "; did you mean us?", "; did you mean us?"},
        {"prod", "; did you mean product-page?", "; did you mean product-page?"},
        {"pr", "", "; there are access, export, product-page, us"},
        {"eu-shop", "", "; there are access, export, product-page, us"},
        {"ab", "", "; there are access, export, product-page, us"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[SPELLING_HINT_SIZE];
        struct spelling spelling = spelling_of(slice_of(cases[i].wanted));
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            spelling_offer(&spelling, slice_of(known[k]));
        }
        assert_string_equal(spelling_hint(&spelling, text), cases[i].hint);
        assert_string_equal(spelling_hint_or_list(&spelling, text), cases[i].hint_or_list);
    }
}

static void long_lists_are_cut_between_names(void **state)
{
    (void)state;
    char text[SPELLING_HINT_SIZE];
    struct spelling spelling = spelling_of(slice_of("spring"));
    assert_string_equal(spelling_hint_or_list(&spelling, text), "; there are none");
    for (int i = 0; i < 100; i++) {
        spelling_offer(&spelling, slice_of("singles-day-of-2026"));
    }
    const char *hint = spelling_hint_or_list(&spelling, text);
    assert_int_equal(strlen(hint), strlen("; there are ") + 7 * strlen("singles-day-of-2026, ") +
                                       strlen("...") - 2);
    assert_string_equal(hint + strlen(hint) - 10, "of-2026...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_right),
        cmocka_unit_test(slips_are_told_from_other_words),
        cmocka_unit_test(long_lists_are_cut_between_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
