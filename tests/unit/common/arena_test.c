/* arena_test.c - many small things, large things, and reuse. */
#include "common/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void takes_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *before = NULL;
    for (size_t size = 0; size < 3000; size++) {
        char *taken = arena_take(&arena, size);
        assert_non_null(taken);
        assert_int_equal((uintptr_t)taken % alignof(max_align_t), 0);
        memset(taken, (int)size, size);
        assert_true(size <= 1 || taken != before);
        before = taken;
    }
    arena_free(&arena);
    assert_null(arena.blocks);
}

static void large_wishes_and_absurd_ones(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *large = arena_take(&arena, (size_t)10 << 20);
    assert_non_null(large);
    large[((size_t)10 << 20) - 1] = 1;
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 64));
    arena_clear(&arena);
    arena_clear(&arena);
    assert_non_null(arena_take(&arena, 1));
    arena_free(&arena);
    arena_free(&arena);
}

static void copies_are_copies(void **state)
{
    (void)state;
    struct arena arena = {0};
    char original[] = "a\0b";
    struct slice copy = arena_copy(&arena, (struct slice){original, 3});
    char *text = arena_copy_text(&arena, slice_of("user:1"));
    original[0] = 'x';
    assert_memory_equal(copy.bytes, "a\0b", 3);
    assert_string_equal(text, "user:1");
    assert_non_null(arena_copy(&arena, (struct slice){NULL, 0}).bytes);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_are_aligned_and_apart),
        cmocka_unit_test(large_wishes_and_absurd_ones),
        cmocka_unit_test(copies_are_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
