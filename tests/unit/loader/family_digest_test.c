/* family_digest_test.c - every part of a family that makes a value or its lifetime changes the digest. */
#include "loader/warm/family_digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *digest(struct family family)
{
    static char texts[2][FAMILY_DIGEST_SIZE];
    static int at;
    struct family families[] = {family, {.name = "other"}};
    const struct config config = {.families = families, .family_count = 2};
    const bool is_needed[] = {true, false};
    at = 1 - at;
    family_digest_print(&config, is_needed, texts[at]);
    assert_int_equal(strlen(texts[at]), FAMILY_DIGEST_SIZE - 1);
    return texts[at];
}

static void every_part_counts(void **state)
{
    (void)state;
    const struct family plain = {.name = "f", .source = SOURCE_MYSQL, .query = "q"};
    struct family changed[] = {plain, plain, plain, plain, plain, plain,
                               plain, plain, plain, plain, plain, plain};
    changed[0].name = "g";
    changed[1].source = SOURCE_SQLITE;
    changed[2].query = "Q";
    changed[3].url = "q";
    changed[4].file = "";
    changed[5].value = VALUE_HASH;
    changed[6].value_column = "c";
    changed[7].value_template = "c";
    changed[8].ttl_after_end_second = 1;
    changed[9].ttl_jitter_second = 1;
    changed[10].negative_ttl_second = 1;
    changed[11].max_value_bytes = 1;
    assert_string_equal(digest(plain), digest(plain));
    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        assert_string_not_equal(digest(plain), digest(changed[i]));
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(digest(changed[j]), digest(changed[i]));
        }
    }
    struct family miss = plain;
    miss.miss_cost_ms = 5; /* the predictor's alone */
    assert_string_equal(digest(plain), digest(miss));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_part_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
