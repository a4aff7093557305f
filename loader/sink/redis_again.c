/* redis_again.c - see redis_again.h.
 * Room: loader/sink. May touch: malloc. */
#include "loader/sink/redis_again.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int redis_again_init(struct redis_again *again, size_t most, struct error *err)
{
    *again = (struct redis_again){.ring_size = 1};
    while (again->ring_size < most) {
        again->ring_size *= 2;
    }
    again->ring = malloc(again->ring_size * sizeof *again->ring);
    return again->ring == NULL ? error_set_memory(err, "preparing the pipeline") : 0;
}

void redis_again_release(struct redis_again *again)
{
    free(again->ring);
    free(again->was_lost);
    *again = (struct redis_again){0};
}

int redis_again_begin(struct redis_again *again, size_t count, struct error *err)
{
    again->head = 0;
    again->tail = 0;
    if (again->was_lost_size < count) {
        uint8_t *grown = realloc(again->was_lost, count);
        if (grown == NULL) {
            return error_set_memory(err, "preparing the pipeline");
        }
        again->was_lost = grown;
        again->was_lost_size = count;
    }
    if (count > 0) {
        memset(again->was_lost, 0, count);
    }
    return 0;
}

void redis_again_put(struct redis_again *again, size_t index)
{
    assert(again->tail - again->head < again->ring_size);
    again->ring[again->tail++ & (again->ring_size - 1)] = index;
}

void redis_again_put_lost(struct redis_again *again, size_t index)
{
    again->was_lost[index] = 1;
    redis_again_put(again, index);
}

bool redis_again_peek(const struct redis_again *again, size_t *index)
{
    if (again->head == again->tail) {
        return false;
    }
    *index = again->ring[again->head & (again->ring_size - 1)];
    return true;
}

void redis_again_drop(struct redis_again *again)
{
    assert(again->head != again->tail);
    again->head++;
}
