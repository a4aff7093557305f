/* ranker.h - takes rows in any order and hands out the plan in its order.
 * Room: predictor/rank. May touch: malloc.
 * Promises: the plan is a prefix of the one total order: pinned rows first, then benefit per byte from high to
 * low, ties by the key's bytes. The same rows give the same plan, in whatever order they are added. With a limit,
 * memory is bounded by the plan (some 100 bytes a row, at most three times the plan's rows), else by the rows. */
#ifndef REKINDLE_PREDICTOR_RANKER_H
#define REKINDLE_PREDICTOR_RANKER_H

#include "common/config.h"
#include "common/error.h"
#include "common/plan_row.h"

#include "predictor/rank/rank_facts.h"

#include <stdbool.h>

/* The budget is filled in order and closed at the first row that does not fit, even if a smaller one behind it
 * would: what is planned is then always what is worth most per byte, and a larger budget only adds to the end.
 * Pinned rows are in the plan whatever the limits, and count towards both. */
struct rank_limits {
    uint64_t top;          /* rows at most; 0: no limit */
    uint64_t budget_bytes; /* sum of size_bytes at most; 0: no limit */
};

enum rank_end { RANK_END_ALL, RANK_END_TOP, RANK_END_BUDGET };

struct rank_totals {
    uint64_t offered_count;                /* rows added */
    uint64_t planned_count, planned_bytes; /* rows handed out, pinned ones among them */
    uint64_t pinned_count, pinned_bytes;
    double planned_benefit_ms;
    enum rank_end end; /* why there are no more */
};

struct ranker;

/* `frame` is borrowed until ranker_free. */
struct ranker *ranker_new(const struct rank_frame *frame, const struct rank_limits *limits,
                          struct error *err) MUST_CHECK;

/* Copies what it needs of `row`, as rank_score_fill made it; `family` is borrowed until ranker_free. Each
 * (entity, id, family) may be added once. Cost: O(log plan) amortised. */
int ranker_add(struct ranker *ranker, const struct plan_row *row, const struct family *family,
               bool is_pinned, struct error *err) MUST_CHECK;

/* No more rows: brings them into order. */
void ranker_finish(struct ranker *ranker, struct rank_totals *totals);

/* 1 and the next row of the plan, with its rank; 0 at the end. The row lives until the next call. */
int ranker_next(struct ranker *ranker, struct plan_row *row);

void ranker_free(struct ranker *ranker);

#endif
