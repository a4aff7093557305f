/* file_index_test.c - every record is found again, in the order of the file, and nothing else. */
#include "loader/source/file_index.h"

#include "tests/unit/test_folder.h"

enum { MANY = 100003, REPEATED_EVERY = 1000 };

/* Spread over all parts, but for one hash that stands in every thousandth record. */
static uint64_t hash_at(size_t i)
{
    return i % REPEATED_EVERY == 0 ? UINT64_C(0x4242000000000001)
                                   : (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
}

static void records_are_found(void **state)
{
    struct error err;
    uint64_t offsets[8];
    struct file_index *index = file_index_new(*state, &err);
    assert_non_null(index);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(file_index_add(index, hash_at(i), i * 10, &err), 0);
    }
    assert_int_equal(file_index_finish(index, &err), 0);
    for (size_t i = 1; i < MANY; i += 7) {
        if (i % REPEATED_EVERY != 0) {
            assert_int_equal(file_index_find(index, hash_at(i), offsets, 8, &err), 1);
            assert_int_equal(offsets[0], i * 10);
            assert_int_equal(file_index_find(index, hash_at(i) + 1, offsets, 8, &err), 0);
        }
    }
    assert_int_equal(file_index_find(index, hash_at(0), offsets, 8, &err), 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(offsets[i], i * REPEATED_EVERY * 10);
    }
    assert_int_equal(file_index_find(index, 0, offsets, 8, &err), 0);
    assert_int_equal(file_index_find(index, UINT64_MAX, offsets, 8, &err), 0);
    file_index_free(index);
}

static void an_empty_index_finds_nothing(void **state)
{
    struct error err;
    uint64_t offset;
    struct file_index *index = file_index_new(*state, &err);
    assert_int_equal(file_index_finish(index, &err), 0);
    assert_int_equal(file_index_find(index, 7, &offset, 1, &err), 0);
    file_index_free(index);
    file_index_free(NULL);
}

static void a_folder_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct error err;
    assert_null(file_index_new("/dev/null/x", &err));
    assert_non_null(strstr(err.text, "/dev/null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_found),
        cmocka_unit_test(an_empty_index_finds_nothing),
        cmocka_unit_test(a_folder_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
