/* redis_reader_test.c - what an answer may announce. */
#include "loader/sink/redis_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What the reader makes of `answer`: its type, 0 when it is not whole, or -1 for an error. */
static int type_of(const char *answer)
{
    void *object = NULL;
    redisReader *reader = redis_reader_new();
    assert_non_null(reader);
    assert_int_equal(redisReaderFeed(reader, answer, strlen(answer)), REDIS_OK);
    int type = redisReaderGetReply(reader, &object) != REDIS_OK ? -1 : 0;
    if (object != NULL) {
        type = ((redisReply *)object)->type;
        freeReplyObject(object);
    }
    redisReaderFree(reader);
    return type;
}

static void arrays_are_bounded(void **unused)
{
    (void)unused;
    assert_int_equal(type_of("*2\r\n:1\r\n$1\r\na\r\n"), REDIS_REPLY_ARRAY);
    assert_int_equal(type_of("+OK\r\n"), REDIS_REPLY_STATUS);
    assert_int_equal(type_of("*-1\r\n"), REDIS_REPLY_NIL);
    assert_int_equal(type_of("*0\r\n"), REDIS_REPLY_ARRAY);
    assert_int_equal(type_of("*1048576\r\n:1\r\n"), 0);
    assert_int_equal(type_of("*1048577\r\n:1\r\n"), -1);
    assert_int_equal(type_of("*2\r\n:1\r\n*300000000\r\n:1\r\n"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_are_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
