/* redis_traffic.h - one job under way: which command is next, what becomes of one, when it all ends.
 * Room: loader/sink. May touch: sockets, clocks.
 * Promises: an index is at any time in one place: not yet sent, in flight on a lane, to be sent again, or settled. */
#ifndef REKINDLE_LOADER_REDIS_TRAFFIC_H
#define REKINDLE_LOADER_REDIS_TRAFFIC_H

#include "common/error.h"
#include "loader/sink/redis_again.h"
#include "loader/sink/redis_job.h"
#include "loader/sink/redis_pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One call of redis_pipeline_run. */
struct redis_traffic {
    struct redis_pool *pool;   /* borrowed */
    struct redis_again *again; /* borrowed */
    const struct redis_job *job;
    size_t next; /* the lowest index never sent */
    size_t settled_count;
    bool is_ending;       /* nothing more is sent */
    struct error *err;    /* filled when is_ending */
    struct error trouble; /* the latest reason for a retry */
    int64_t now_ms, progress_ms;
};

/* Hands an outcome to the job. */
void redis_traffic_settle(struct redis_traffic *traffic, size_t index, enum redis_outcome_kind kind,
                          const redisReply *reply);
/* The server has not executed the command: it is sent again. */
void redis_traffic_put_back(struct redis_traffic *traffic, size_t index);
/* The connection is gone: what was in flight on it may or may not have been executed, and is sent again. `why` ends a
 * sentence that begins with the server's name. */
void redis_traffic_lose(struct redis_traffic *traffic, struct redis_lane *lane, const char *why);
/* Ends the job for an error reply that no retry can help. */
void redis_traffic_end(struct redis_traffic *traffic, const struct redis_lane *lane,
                       const char *text);

/* Is the lane connected and not pausing? Dials when it is time to. */
bool redis_traffic_is_ready(struct redis_traffic *traffic, struct redis_lane *lane);
/* Writes the command to the lane's output; -1 when memory ran out, which ends the job. */
int redis_traffic_send(struct redis_traffic *traffic, struct redis_lane *lane, size_t index);
/* Writes commands until a window is full or the next one's server is not ready. */
void redis_traffic_fill(struct redis_traffic *traffic);

#endif
