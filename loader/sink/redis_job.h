/* redis_job.h - many commands of one kind, as a pipeline runs them.
 * Room: loader/sink. May touch: nothing. */
#ifndef REKINDLE_LOADER_REDIS_JOB_H
#define REKINDLE_LOADER_REDIS_JOB_H

#include "common/slice.h"
#include "loader/sink/redis_link.h"

#include <stdbool.h>
#include <stddef.h>

enum redis_outcome_kind {
    REDIS_REPLIED,   /* `reply` is not an error */
    REDIS_REFUSED,   /* `reply` is an error of this command only */
    REDIS_NO_MEMORY, /* `reply` says OOM; the pipeline ends */
    REDIS_PUT_BACK, /* certainly not executed; it is sent again, or the pipeline ends before that */
};

struct redis_outcome {
    enum redis_outcome_kind kind;
    bool was_lost; /* an earlier copy of this command was sent and never answered */
    const redisReply *reply;
};

/* Many commands of one kind, by index. */
struct redis_job {
    size_t count;
    void *context;
    /* The key of command `index`, which decides the cluster's node. */
    struct slice (*key)(void *context, size_t index);
    /* Writes exactly one command to `link->output`. */
    void (*append)(void *context, size_t index, struct redis_link *link);
    void (*settle)(void *context, size_t index, const struct redis_outcome *outcome);
};

#endif
