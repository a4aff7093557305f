/* memory_budget.h - how much a load may add to Redis before it costs live keys their place.
 * Room: loader/rules. May touch: nothing: readings and the time are arguments. Pure.
 * Promises: fewer keys are allowed the nearer the mark is, so that it is not overshot between two readings; a single
 * eviction beyond what was accepted ends the load.
 *
 *   0 ........ used ......... low mark .. high mark ........ maxmemory
 *                             go on       wait, then stop
 *
 *   high mark = high_share x maxmemory - what the application will add until the window begins */
#ifndef REKINDLE_LOADER_MEMORY_BUDGET_H
#define REKINDLE_LOADER_MEMORY_BUDGET_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MEMORY_NODE_MAX = 128,
    MEMORY_KEY_OVERHEAD_BYTES = 140, /* what Redis 7 adds to key and value: 120..155 measured */
};

/* What one server says of its memory. */
struct memory_reading {
    uint64_t identity;      /* another one: another server, or restarted; its counters began anew */
    uint64_t used_bytes;    /* that count against maxmemory: without replica buffers */
    uint64_t max_bytes;     /* maxmemory; 0: none */
    uint64_t evicted_count; /* since its start */
};

struct memory_limits {
    double high_share;   /* of maxmemory, 0..1 */
    double growth_bytes; /* that the application will add until the window begins, on all nodes */
    uint64_t
        budget_bytes; /* that the load may take by its own estimate; 0: what maxmemory leaves */
    double
        evictions_per_second; /* that are accepted; then there is no mark: the cache is always full. 0: none */
};

enum memory_state {
    MEMORY_FREE,
    MEMORY_HIGH,     /* over the high mark and not yet below the low one; it may pass: wait */
    MEMORY_FULL,     /* the same, for so long that it will not pass */
    MEMORY_EVICTING, /* Redis evicts keys, more than was accepted */
    MEMORY_SPENT,    /* the explicit budget */
};

struct memory_verdict {
    enum memory_state state;
    size_t node;                     /* HIGH, FULL: the fullest one */
    uint64_t used_bytes, mark_bytes; /* of it; SPENT: the load's and its budget */
    uint64_t max_bytes;
    uint64_t evicted_count; /* EVICTING: over the time looked at */
    double evictions_per_second;
};

struct memory_budget {
    struct memory_limits limits;
    struct memory_reading nodes[MEMORY_NODE_MAX];
    size_t node_count;
    int64_t read_us, high_since_us; /* monotonic; high_since_us 0: not high */
    /* evictions since `evictions_us` */
    uint64_t evicted_count;
    int64_t evictions_us;
    double evictions_per_second;
    bool is_evicting;
    /* the load: its estimate, and what was measured beside it */
    double loaded_bytes;  /* of all sessions */
    double mean_bytes;    /* of a key, before correction */
    double correction;    /* what a key has really taken, over the estimate */
    bool is_corrected;    /* it was measured at least once */
    double since_bytes;   /* estimated since the correction was measured last */
    double base_bytes;    /* used on all nodes at that time */
    double allowed_bytes; /* corrected, until the next reading */
};

/* `20MiB/h` to bytes a second. */
int memory_budget_parse_rate(const char *text, double *bytes_per_second,
                             struct error *err) MUST_CHECK;

/* `mean_bytes`: of a planned key in Redis, by the plan. */
void memory_budget_init(struct memory_budget *budget, const struct memory_limits *limits,
                        double mean_bytes);

/* Takes the state of all nodes. When there are others than before, or in another order, their counters begin anew. */
void memory_budget_read(struct memory_budget *budget, const struct memory_reading readings[],
                        size_t count, int64_t now_us);
/* The last one is too old, or what it allowed is used up. */
bool memory_budget_needs_reading(const struct memory_budget *budget, int64_t now_us);

/* Judges the last reading. */
struct memory_verdict memory_budget_judge(const struct memory_budget *budget, int64_t now_us);
/* How many of `wanted` keys may be written before the next reading: 1..wanted. Only when the verdict is FREE. */
size_t memory_budget_allow(const struct memory_budget *budget, size_t wanted);
/* Keys were written. `bytes`: of their names and values. */
void memory_budget_add(struct memory_budget *budget, uint64_t key_count, uint64_t bytes);

/* What is left for the load on all nodes, in bytes; infinite without a mark and a budget. */
double memory_budget_room(const struct memory_budget *budget);
/* How many more keys of the mean size fit into it; UINT64_MAX when it is infinite. */
uint64_t memory_budget_fitting(const struct memory_budget *budget);
/* The bytes that a node may be filled to; 0: it has no mark. */
uint64_t memory_budget_mark(const struct memory_budget *budget, size_t node);

#endif
