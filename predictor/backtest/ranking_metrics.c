/* ranking_metrics.c - see ranking_metrics.h.
 * Room: predictor/backtest. May touch: nothing. Pure. */
#include "predictor/backtest/ranking_metrics.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

static const double bytes_per_mb = 1e6;

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

/* Brier's score in Murphy's parts; the forecasts of a bin differ, so a rest within bins remains. */
static void fill_bins(const struct ranking_sums *sums, double *values)
{
    double base = ratio(sums->returns, sums->keys);
    double reliability = 0;
    double resolution = 0;
    double error = 0;
    for (size_t i = 0; i < RANKING_BIN_COUNT; i++) {
        const struct ranking_bin *bin = &sums->bins[i];
        double predicted = ratio(bin->predicted, bin->keys);
        double returned = ratio(bin->returns, bin->keys);
        values[METRIC_BIN_KEYS + i] = bin->keys;
        values[METRIC_BIN_PREDICTED + i] = predicted;
        values[METRIC_BIN_RETURNED + i] = returned;
        if (bin->keys > 0) {
            reliability += bin->keys * (predicted - returned) * (predicted - returned);
            resolution += bin->keys * (returned - base) * (returned - base);
            error += bin->keys * fabs(predicted - returned);
        }
    }
    values[METRIC_RELIABILITY] = ratio(reliability, sums->keys);
    values[METRIC_RESOLUTION] = ratio(resolution, sums->keys);
    values[METRIC_UNCERTAINTY] = base * (1 - base);
    values[METRIC_WITHIN_BINS] = values[METRIC_BRIER] - values[METRIC_RELIABILITY] +
                                 values[METRIC_RESOLUTION] - values[METRIC_UNCERTAINTY];
    values[METRIC_ECE] = ratio(error, sums->keys);
}

static void fill_cuts(const struct ranking_sums *sums, double *values)
{
    for (size_t i = 0; i < RANKING_CUT_COUNT; i++) {
        const struct ranking_cut *cut = &sums->cuts[i];
        values[METRIC_PRECISION + i] = ratio(cut->returns, cut->keys);
        values[METRIC_RECALL + i] = cut->keys > 0 ? ratio(cut->returns, sums->returns) : NAN;
        values[METRIC_LIFT + i] = ratio(cut->returns, cut->chance);
        values[METRIC_MISSES_AVOIDED_PER_MB + i] = ratio(cut->returns, cut->bytes / bytes_per_mb);
    }
}

void ranking_metrics_from_sums(const struct ranking_sums *sums, double values[RANKING_METRIC_COUNT])
{
    struct calibration_line line = calibration_line_fit(sums->cells, RANKING_CELL_COUNT);
    values[METRIC_KEYS] = sums->keys;
    values[METRIC_RETURNED] = sums->returns;
    values[METRIC_PREDICTED] = sums->predicted;
    values[METRIC_PREDICTED_OVER_RETURNED] = ratio(sums->predicted, sums->returns);
    values[METRIC_AUC] = ratio(sums->ordered_pairs, sums->pairs);
    values[METRIC_AVERAGE_PRECISION] = ratio(sums->precision_sum, sums->returns);
    values[METRIC_LOG_LOSS] = ratio(sums->log_loss, sums->keys);
    values[METRIC_BRIER] = ratio(sums->squares, sums->keys);
    values[METRIC_SLOPE] = line.slope;
    values[METRIC_INTERCEPT] = line.intercept;
    fill_bins(sums, values);
    fill_cuts(sums, values);
}

static const char *const plain_names[METRIC_PRECISION] = {
    [METRIC_KEYS] = "keys",
    [METRIC_RETURNED] = "returned",
    [METRIC_PREDICTED] = "predicted",
    [METRIC_PREDICTED_OVER_RETURNED] = "predicted_over_returned",
    [METRIC_AUC] = "auc",
    [METRIC_AVERAGE_PRECISION] = "average_precision",
    [METRIC_LOG_LOSS] = "log_loss",
    [METRIC_BRIER] = "brier",
    [METRIC_RELIABILITY] = "brier_reliability",
    [METRIC_RESOLUTION] = "brier_resolution",
    [METRIC_UNCERTAINTY] = "brier_uncertainty",
    [METRIC_WITHIN_BINS] = "brier_within_bins",
    [METRIC_SLOPE] = "calibration_slope",
    [METRIC_INTERCEPT] = "calibration_intercept",
    [METRIC_ECE] = "calibration_error",
};
static const char *const cut_metrics[] = {"precision", "recall", "lift", "misses_avoided_per_mb"};
static const char *const cut_names[RANKING_CUT_COUNT] = {"1pct", "5pct", "10pct", "20pct", "plan"};
static const char *const bin_metrics[] = {"keys", "predicted", "returned"};

const char *ranking_metrics_name(size_t metric, char *text)
{
    assert(metric < RANKING_METRIC_COUNT);
    if (metric < METRIC_PRECISION) {
        (void)snprintf(text, RANKING_NAME_SIZE, "%s", plain_names[metric]);
    } else if (metric < METRIC_BIN_KEYS) {
        size_t at = metric - METRIC_PRECISION;
        (void)snprintf(text, RANKING_NAME_SIZE, "%s_at_%s", cut_metrics[at / RANKING_CUT_COUNT],
                       cut_names[at % RANKING_CUT_COUNT]);
    } else {
        size_t at = metric - METRIC_BIN_KEYS;
        (void)snprintf(text, RANKING_NAME_SIZE, "calibration_%02d_%s",
                       (int)(at % RANKING_BIN_COUNT) + 1, bin_metrics[at / RANKING_BIN_COUNT]);
    }
    return text;
}
