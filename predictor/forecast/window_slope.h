/* window_slope.h - how far the slope of calibrated scores may lie from 1 in the coming window, by how it did in past ones.
 * Room: predictor/forecast. May touch: GSL (linear algebra), memory. */
#ifndef REKINDLE_PREDICTOR_WINDOW_SLOPE_H
#define REKINDLE_PREDICTOR_WINDOW_SLOPE_H

#include "predictor/forecast/training_set.h"
#include "predictor/forecast/window_level.h"

/* Sets `spread` to the standard deviation of slopes around 1: what is typical, moved to what windows of the coming one's
 * sort, each with enough returns, show beyond the noise of measuring by `scores` out of fold. */
int window_slope_spread(const struct training_set *set, struct row_scores scores, double *spread,
                        struct error *err) MUST_CHECK;

#endif
