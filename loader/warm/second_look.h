/* second_look.h - looks at the source again for what a batch has written, and takes away what has become stale.
 * Room: loader/warm. May touch: the recheck's sources, the sink, the pulse. */
#ifndef REKINDLE_LOADER_SECOND_LOOK_H
#define REKINDLE_LOADER_SECOND_LOOK_H

#include "loader/live/pulse.h"
#include "loader/warm/write_batch.h"

/* All borrowed. */
struct second_look {
    struct write_batch *batch;
    struct recheck *recheck;
    struct sink *sink;
    struct pulse *pulse;
};

/* Looks at those of the first `item_count` items that were written, and once more at what was too young to tell: by then
 * nothing is. A stop does not wait for that: what is too young then is taken away. Rows whose value was taken away become stale_removed; the order of the items is lost. `read_us`
 * (monotonic): when their values began to be read. */
int second_look_take(const struct second_look *look, size_t item_count, int64_t read_us,
                     struct error *err) MUST_CHECK;

#endif
