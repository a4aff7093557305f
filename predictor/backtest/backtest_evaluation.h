/* backtest_evaluation.h - metrics of every model at every origin and over all, with bootstrap intervals.
 * Room: predictor/backtest. May touch: memory, a thread, GSL (quantiles). */
#ifndef REKINDLE_PREDICTOR_BACKTEST_EVALUATION_H
#define REKINDLE_PREDICTOR_BACKTEST_EVALUATION_H

#include "predictor/backtest/backtest_rows.h"
#include "predictor/backtest/ranking_metrics.h"

/* A value with its 90 % interval; NaN where there is none. */
struct backtest_interval {
    double value, low, high;
};

enum { BACKTEST_COMPARED_COUNT = 6 }; /* metrics in which models are compared */
extern const enum ranking_metric backtest_evaluation_compared[BACKTEST_COMPARED_COUNT];

/* A model at one origin, or over all of them. */
struct backtest_cell {
    struct backtest_interval metrics[RANKING_METRIC_COUNT];
    struct backtest_interval differences[BACKTEST_COMPARED_COUNT]; /* this model less `best` */
    struct backtest_band band;                                     /* pooled: NaN */
    double band_covers; /* 1: what came lies in the band; pooled: the share; NaN: no band */
};

struct backtest_evaluation {
    size_t model_count, baseline_count;
    size_t slice_count;          /* origins, and the last one for all together */
    struct backtest_cell *cells; /* [model_count][slice_count] */
    /* which baseline is best over all origins, for each compared metric: a model's number */
    size_t best[BACKTEST_COMPARED_COUNT];
};

/* The first `baseline_count` models of `rows` are baselines, of which each compared metric has its best. 100 to 500
 * replicates, as many as about 10^8 rows allow. Deterministic. NULL for want of memory; free it. */
struct backtest_evaluation *backtest_evaluation_make(const struct backtest_rows *rows,
                                                     size_t baseline_count,
                                                     const struct ranking_plan *plan,
                                                     struct error *err) MUST_CHECK;
void backtest_evaluation_free(struct backtest_evaluation *evaluation);

const struct backtest_cell *backtest_evaluation_cell(const struct backtest_evaluation *evaluation,
                                                     size_t model, size_t slice);

#endif
