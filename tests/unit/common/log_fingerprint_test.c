/* log_fingerprint_test.c - a mark depends on the bytes up to it, not on how they were fed. */
#include "common/log_fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { LOG_SIZE = 10000 };

static void fill_log(char *log)
{
    for (int i = 0; i < LOG_SIZE; i++) {
        log[i] = (char)(i * i % 251);
    }
}

static void any_pieces_give_the_same_marks(void **state)
{
    (void)state;
    char log[LOG_SIZE];
    struct error err;
    fill_log(log);
    struct log_fingerprint *fingerprint = log_fingerprint_new(&err);
    assert_non_null(fingerprint);
    for (size_t piece = 1; piece < LOG_SIZE; piece = piece * 3 + 1) {
        log_fingerprint_clear(fingerprint);
        for (size_t at = 0; at < LOG_SIZE; at += piece) {
            size_t size = LOG_SIZE - at < piece ? LOG_SIZE - at : piece;
            log_fingerprint_feed(fingerprint, log + at, size);
            struct log_mark mark = log_fingerprint_mark(fingerprint);
            size_t head_size = at + size < LOG_HEAD_SIZE ? at + size : LOG_HEAD_SIZE;
            assert_int_equal(mark.size, at + size);
            assert_int_equal(mark.head_size, head_size);
            assert_true(log_digest_is_equal(mark.digest, log_digest_of(log, at + size)));
            assert_true(log_digest_is_equal(mark.head, log_digest_of(log, head_size)));
        }
    }
    log_fingerprint_free(fingerprint);
}

static void marks_tell_logs_apart(void **state)
{
    (void)state;
    char log[LOG_SIZE];
    struct error err;
    fill_log(log);
    struct log_fingerprint *fingerprint = log_fingerprint_new(&err);
    struct log_mark empty = log_fingerprint_mark(fingerprint);
    assert_int_equal(empty.size, 0);
    log_fingerprint_feed(fingerprint, log, LOG_SIZE);
    struct log_mark whole = log_fingerprint_mark(fingerprint);
    assert_true(log_mark_is_equal(&whole, &whole));
    assert_false(log_mark_is_equal(&empty, &whole));
    log[LOG_SIZE - 1] ^= 1;
    log_fingerprint_clear(fingerprint);
    log_fingerprint_feed(fingerprint, log, LOG_SIZE);
    struct log_mark other = log_fingerprint_mark(fingerprint);
    assert_false(log_mark_is_equal(&other, &whole));
    assert_true(log_digest_is_equal(other.head, whole.head));
    log_fingerprint_free(fingerprint);
    log_fingerprint_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_pieces_give_the_same_marks),
        cmocka_unit_test(marks_tell_logs_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
