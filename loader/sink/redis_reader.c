/* redis_reader.c - see redis_reader.h.
 * Room: loader/sink. May touch: memory. */
#include "loader/sink/redis_reader.h"

#include <pthread.h>
#include <stddef.h>

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

/* hiredis' own functions that make replies, taken from a reader of its own, and the same with a bound. Set once. */
static redisReplyObjectFunctions unbounded, bounded;

static void *create_array(const redisReadTask *task, element_count count)
{
    return count > REDIS_READER_ELEMENTS_MAX ? NULL : unbounded.createArray(task, count);
}

static void take_functions(void)
{
    redisReader *reader = redisReaderCreate();
    if (reader != NULL) {
        unbounded = bounded = *reader->fn;
        bounded.createArray = create_array;
        redisReaderFree(reader);
    }
}

redisReader *redis_reader_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, take_functions);
    return unbounded.createArray == NULL ? NULL : redisReaderCreateWithFunctions(&bounded);
}
