/* ranking_metrics.h - how good were these probabilities: order, sharpness, calibration, and what a plan would save.
 * Room: predictor/backtest. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_RANKING_METRICS_H
#define REKINDLE_PREDICTOR_RANKING_METRICS_H

#include "predictor/backtest/ranking_sums.h"

/* Where a metric stands in an array of RANKING_METRIC_COUNT values. */
enum ranking_metric {
    METRIC_KEYS,
    METRIC_RETURNED,
    METRIC_PREDICTED,               /* sum of the probabilities */
    METRIC_PREDICTED_OVER_RETURNED, /* its ratio to what came */
    METRIC_AUC,                     /* Mann and Whitney */
    METRIC_AVERAGE_PRECISION,
    METRIC_LOG_LOSS, /* natural, mean over keys */
    METRIC_BRIER,    /* = reliability - resolution + uncertainty + within bins (Murphy 1973) */
    METRIC_RELIABILITY,
    METRIC_RESOLUTION,
    METRIC_UNCERTAINTY,
    METRIC_WITHIN_BINS,
    METRIC_SLOPE,
    METRIC_INTERCEPT,
    METRIC_ECE, /* mean over keys of |predicted - came| of their bin */
    METRIC_PRECISION,
    METRIC_RECALL = METRIC_PRECISION + RANKING_CUT_COUNT,
    METRIC_LIFT = METRIC_RECALL + RANKING_CUT_COUNT,
    METRIC_MISSES_AVOIDED_PER_MB = METRIC_LIFT + RANKING_CUT_COUNT,
    METRIC_BIN_KEYS = METRIC_MISSES_AVOIDED_PER_MB + RANKING_CUT_COUNT,
    METRIC_BIN_PREDICTED = METRIC_BIN_KEYS + RANKING_BIN_COUNT,
    METRIC_BIN_RETURNED = METRIC_BIN_PREDICTED + RANKING_BIN_COUNT,
    RANKING_METRIC_COUNT = METRIC_BIN_RETURNED + RANKING_BIN_COUNT
};

enum { RANKING_NAME_SIZE = 40 };

/* NaN where a metric has no meaning: nobody returned, no plan, an empty bin. */
void ranking_metrics_from_sums(const struct ranking_sums *sums,
                               double values[RANKING_METRIC_COUNT]);

/* "auc", "precision_at_10pct", "calibration_03_predicted"; to `text` [RANKING_NAME_SIZE], returned. */
const char *ranking_metrics_name(size_t metric, char *text);

#endif
