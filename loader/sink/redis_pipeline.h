/* redis_pipeline.h - sends many commands with a sliding window and settles each one exactly once.
 * Room: loader/sink. May touch: sockets, clocks.
 * Promises: commands leave in index order (those to be sent again first); replies are matched first in,
 * first out, per connection; a command whose connection was lost is sent again and marked as such.
 *
 *   job (index 0, 1, 2...) -> route by key -> lane (one connection, its window) -> Redis
 *                 ^------------- again: lost, loading, moved ----------'
 */
#ifndef REKINDLE_LOADER_REDIS_PIPELINE_H
#define REKINDLE_LOADER_REDIS_PIPELINE_H

#include "common/error.h"
#include "loader/sink/redis_job.h"
#include "loader/sink/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_pipeline;

/* Connects at once, so that a wrong address or password is told now; see sink_open. */
struct redis_pipeline *redis_pipeline_open(const struct sink_options *options,
                                           struct error *err) MUST_CHECK;
void redis_pipeline_close(struct redis_pipeline *pipeline);

/* Runs the job to its end. -1: ended early, after the answers of what was sent had been waited for. */
int redis_pipeline_run(struct redis_pipeline *pipeline, const struct redis_job *job,
                       struct error *err) MUST_CHECK;

/* As sink_status and sink_node_statuses. */
int redis_pipeline_status(struct redis_pipeline *pipeline, struct sink_status *status,
                          struct error *err) MUST_CHECK;
int redis_pipeline_statuses(struct redis_pipeline *pipeline,
                            struct sink_status statuses[SINK_NODE_MAX], size_t *count,
                            struct error *err) MUST_CHECK;
/* The number of the server that has `key`, below REDIS_LANE_MAX. */
size_t redis_pipeline_lane(struct redis_pipeline *pipeline, struct slice key);
/* As sink_node_of. */
const char *redis_pipeline_node_of(struct redis_pipeline *pipeline, struct slice key);
void redis_pipeline_count_unconfirmed(struct redis_pipeline *pipeline, uint64_t count);
const struct sink_account *redis_pipeline_account(const struct redis_pipeline *pipeline);
const char *redis_pipeline_name(const struct redis_pipeline *pipeline);
/* May one command name several keys? Not in a cluster. */
bool redis_pipeline_is_single(const struct redis_pipeline *pipeline);

#endif
