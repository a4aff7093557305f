/* test_folder.h - test help: a folder of one's own and files in it.
 * Room: tests. May touch: files under TMPDIR. */
#ifndef REKINDLE_TESTS_TEST_FOLDER_H
#define REKINDLE_TESTS_TEST_FOLDER_H

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { TEST_PATH_SIZE = 512 };

/* cmocka's setup and teardown: `*state` is the folder's path. */
static inline int test_folder_make(void **state)
{
    const char *parent = getenv("TMPDIR");
    char *path = malloc(TEST_PATH_SIZE);
    assert_non_null(path);
    snprintf(path, TEST_PATH_SIZE, "%s/rekindle-test-XXXXXX", parent == NULL ? "/tmp" : parent);
    assert_non_null(mkdtemp(path));
    *state = path;
    return 0;
}

static inline int test_folder_remove(void **state)
{
    DIR *folder = opendir(*state);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[TEST_PATH_SIZE * 2];
        snprintf(path, sizeof path, "%s/%s", (const char *)*state, entry->d_name);
        if (entry->d_name[0] != '.') {
            unlink(path);
        }
    }
    closedir(folder);
    rmdir(*state);
    free(*state);
    return 0;
}

/* The path of `name` in the folder, in a static buffer. */
static inline const char *test_path(void **state, const char *name)
{
    static char path[TEST_PATH_SIZE * 2];
    snprintf(path, sizeof path, "%s/%s", (const char *)*state, name);
    return path;
}

static inline const char *test_put(void **state, const char *name, const char *bytes, size_t size)
{
    const char *path = test_path(state, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fwrite(bytes, 1, size, file) == size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *test_put_text(void **state, const char *name, const char *text)
{
    return test_put(state, name, text, strlen(text));
}

#endif
