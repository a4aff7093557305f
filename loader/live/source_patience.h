/* source_patience.h - how long a run waits for a source, or a reading of it, that is away: what it says, and when it ends.
 * Room: loader/live. May touch: the message.
 * A database that does not answer is waited for [run] patience long. A replica whose lag, or a throttle query whose answer,
 * cannot be had pauses the run: that is told at once, with the reason, and ends the run after SOURCE_PATIENCE_BLIND times
 * as long, since a replica that is started anew takes minutes and the database itself is well. */
#ifndef REKINDLE_LOADER_SOURCE_PATIENCE_H
#define REKINDLE_LOADER_SOURCE_PATIENCE_H

#include "common/error.h"
#include "common/message.h"
#include "loader/live/governor_watch.h"

#include <stdbool.h>
#include <stdint.h>

enum { SOURCE_PATIENCE_BLIND = 20 };

struct source_patience {
    bool is_told; /* of what is waited for now */
};

/* `patience_us` is [run] patience, `now_us` monotonic. -1: ERROR_BACKEND, it is over. */
int source_patience_judge(struct source_patience *patience, const struct governor_look *look,
                          int64_t patience_us, int64_t now_us, const struct message *message,
                          struct error *err) MUST_CHECK;

#endif
