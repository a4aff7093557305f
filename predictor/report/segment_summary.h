/* segment_summary.h - who is expected back, by entity, dormancy and past events.
 * Room: predictor/report. May touch: the stream it is given. */
#ifndef REKINDLE_PREDICTOR_SEGMENT_SUMMARY_H
#define REKINDLE_PREDICTOR_SEGMENT_SUMMARY_H

#include "common/plan_row.h"

#include <stdbool.h>
#include <stdio.h>

enum { SUMMARY_BAND_COUNT = 11, SUMMARY_RETURN_COUNT = 5 };

/* What was added up over the rows of one segment. */
struct segment {
    uint64_t id_count; /* users or products; each once, whatever its number of families */
    double p_sum, p_variance, low_gap, high_gap; /* over the ids: of P(return) and its interval */
    uint64_t key_count, size_bytes;              /* over the cache keys */
    double benefit_ms;
    uint64_t planned_count, planned_bytes;
    double planned_benefit_ms;
};

/* All zero is the summary of nothing: no init call. */
struct segment_summary {
    struct segment totals[ENTITY_COUNT];
    struct segment bands[ENTITY_COUNT][SUMMARY_BAND_COUNT];
    struct segment returns[ENTITY_COUNT][SUMMARY_RETURN_COUNT];
};

/* A candidate; `is_first` in the first row of its (entity, id). */
void segment_summary_add(struct segment_summary *summary, const struct plan_row *row,
                         bool is_first);
/* A row that is in the plan. */
void segment_summary_add_planned(struct segment_summary *summary, const struct plan_row *row);

/* As CSV: per entity a total, then a row for each band of dormancy and each number of past events returned in;
 * empty segments are left out. `returns_low` to `returns_high` is 90 %: the keys' own intervals are taken as
 * wrong all together, chance as independent from key to key, and both are added as squares. */
void segment_summary_write(const struct segment_summary *summary, FILE *out);

#endif
