/* redis_probe.h - how quickly a Redis answers, and how much it evicts, on a connection of its own.
 * Room: loader/sink. May touch: sockets.
 * Promises: nothing is written; an answer that does not come within REDIS_PROBE_TIMEOUT_MS is an error. One thread at
 * a time. In a cluster it asks every master that serves slots. */
#ifndef REKINDLE_LOADER_REDIS_PROBE_H
#define REKINDLE_LOADER_REDIS_PROBE_H

#include "common/config.h"
#include "common/error.h"
#include "loader/sink/sink.h"

#include <stdatomic.h>
#include <stdint.h>

enum { REDIS_PROBE_TIMEOUT_MS = 2000 };

struct redis_probe;

/* Connects to `redis->address`; `redis` is borrowed. All waiting ends soon after `*stop` is not 0 (NULL: never). */
struct redis_probe *redis_probe_open(const struct redis_config *redis, const atomic_int *stop,
                                     struct error *err) MUST_CHECK;
void redis_probe_close(struct redis_probe *probe);

/* The round trip of one PING, in a cluster the longest of all nodes. A lost connection is an error, and made again by the next call. */
int redis_probe_ping(struct redis_probe *probe, int64_t *round_trip_us,
                     struct error *err) MUST_CHECK;
/* Keys evicted since the servers' start, in a cluster the sum. */
int redis_probe_evictions(struct redis_probe *probe, uint64_t *count, struct error *err) MUST_CHECK;
/* Reads of keys since the servers' start, by all clients: how many found one, how many did not; in a cluster the sums. */
int redis_probe_reads(struct redis_probe *probe, uint64_t *hit_count, uint64_t *miss_count,
                      struct error *err) MUST_CHECK;

#endif
