/* redis_reader.h - hiredis' reader of answers, with a bound on what an answer may announce.
 * Room: loader/sink. May touch: memory.
 * A server that is none, or a broken one, may announce an array of a thousand million elements in ten bytes; hiredis would
 * make room for all of them at once. */
#ifndef REKINDLE_LOADER_REDIS_READER_H
#define REKINDLE_LOADER_REDIS_READER_H

#include <hiredis/hiredis.h>

enum { REDIS_READER_ELEMENTS_MAX = 1 << 20 };

/* NULL when memory is short. An answer with a longer array is an error of the reader's. Free with redisReaderFree. */
redisReader *redis_reader_new(void);

#endif
