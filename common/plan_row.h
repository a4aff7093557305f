/* plan_row.h - one row of plan.csv, the only thing that passes between the two programs.
 * Room: common. May touch: nothing. The column names and their order are a contract. */
#ifndef REKINDLE_COMMON_PLAN_ROW_H
#define REKINDLE_COMMON_PLAN_ROW_H

#include "common/entity.h"
#include "common/slice.h"

#include <stdint.h>

#define PLAN_COLUMNS                                                                               \
    "rank,entity,id,family,key,action,p_return,p_low,p_high,expected_hits,benefit_ms,size_bytes,"  \
    "days_dormant,last_seen,active_days,events_returned,events_seen,reason,event,window_start,"    \
    "window_end,as_of"

enum plan_action { PLAN_WARM, PLAN_SKIP };

struct plan_row {
    uint64_t rank; /* 1.. ; unique; the order of warming */
    enum entity entity;
    struct slice id;
    struct slice family;
    struct slice key; /* the rendered cache key */
    enum plan_action action;
    double p_return;           /* P(at least one access in the window), 0..1 */
    double p_low, p_high;      /* its 90 % interval */
    double expected_hits;      /* accesses expected in the window */
    double benefit_ms;         /* database time saved, expected, in ms */
    uint64_t size_bytes;       /* estimate: key + value + what Redis adds */
    double days_dormant;       /* from the last access to as_of, in days */
    int64_t last_seen_unix;    /* start of the last active bucket, seconds */
    uint64_t active_days;      /* days with at least one access, in --zone */
    uint64_t events_returned;  /* past events in which the key was seen */
    uint64_t events_seen;      /* past events for which the key already existed */
    struct slice reason;       /* words for a person */
    struct slice event;        /* name of the coming event; empty for a bare --window */
    int64_t window_start_unix; /* the same in every row, as are the two below */
    int64_t window_end_unix;
    int64_t as_of_unix;
};

/* Expected benefit per byte: the order of a plan. `size_bytes` is at least 1. */
static inline double plan_row_density(const struct plan_row *row)
{
    return row->benefit_ms / (double)row->size_bytes;
}

#endif
