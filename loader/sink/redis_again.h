/* redis_again.h - the commands of a job that must be sent again, oldest first, and which of them were lost.
 * Room: loader/sink. May touch: malloc.
 * Promises: no allocation a command: the ring has room for all that can be in flight. */
#ifndef REKINDLE_LOADER_REDIS_AGAIN_H
#define REKINDLE_LOADER_REDIS_AGAIN_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_again {
    size_t *ring; /* [ring_size], a power of two: indexes of a job */
    size_t ring_size, head, tail;
    uint8_t *was_lost; /* [was_lost_size] by index: sent before on a connection that was lost */
    size_t was_lost_size;
};

/* For up to `most` commands at a time. Release also after a failure. */
int redis_again_init(struct redis_again *again, size_t most, struct error *err) MUST_CHECK;
void redis_again_release(struct redis_again *again);

/* A new job of `count` commands begins: nothing is to be sent again, nothing was lost. */
int redis_again_begin(struct redis_again *again, size_t count, struct error *err) MUST_CHECK;

void redis_again_put(struct redis_again *again, size_t index);
void redis_again_put_lost(struct redis_again *again, size_t index);
/* The oldest; false when there is none. It stays until it is dropped. */
bool redis_again_peek(const struct redis_again *again, size_t *index);
void redis_again_drop(struct redis_again *again);

#endif
