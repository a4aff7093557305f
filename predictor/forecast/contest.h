/* contest.h - the ground on which candidates are compared: folds of past windows, fits outside a fold, losses within.
 * Room: predictor/forecast. May touch: GSL, memory. Private to candidate.c. */
#ifndef REKINDLE_PREDICTOR_CONTEST_H
#define REKINDLE_PREDICTOR_CONTEST_H

#include "predictor/forecast/feature_scale.h"
#include "predictor/forecast/level_trend.h"
#include "predictor/forecast/logistic_fit.h"
#include "predictor/forecast/training_set.h"
#include "predictor/forecast/window_level.h"

enum { CONTEST_FOLDS_MAX = 5, CONTEST_ALL_FOLDS = CONTEST_FOLDS_MAX, CONTEST_NO_FOLD = 200 };

/* Everything that the comparison works with. */
struct contest {
    const struct training_set *set;
    const struct training_rows *rows;
    float *design;   /* [rows][DESIGN_COLUMNS] */
    uint8_t *folds;  /* [rows] */
    uint8_t *counts; /* [rows] 1: this row's loss counts */
    size_t fold_count;
    bool is_by_origin;
    bool is_relevant[TRAINING_ORIGINS_MAX];
    size_t origin_folds[TRAINING_ORIGINS_MAX];
    bool has_layers; /* events, and ordinary windows to tell what is there without them */
    struct return_ground *grounds; /* [rows] the hazard of ordinary windows for rows of events */
    struct logistic_fit ordinary;  /* which it is by */
    struct level_trend trend;      /* of the levels of ordinary windows */
    struct logistic_fit ridges[CONTEST_FOLDS_MAX]; /* of the penalty before: a good start */
    /* scratch for the rows outside a fold */
    float *part_values, *part_weights;
    struct return_ground *part_grounds;
    uint8_t *part_labels;
    uint16_t *part_groups;
};

/* Standardises the rows of `set` by what it learns in `scale`, and lays the folds: blocks of neighbouring relevant
 * windows, or keys where there are too few windows. Free it also after a failure. */
int contest_open(struct contest *contest, const struct training_set *set,
                 struct feature_scale *scale, struct error *err) MUST_CHECK;
void contest_close(struct contest *contest);

/* The hazard of a row of design in an ordinary window of that level. */
struct return_ground contest_ground(const struct logistic_fit *ordinary, double level,
                                    const float *row, const float *design);
/* A ridge on the rows outside `fold` (CONTEST_ALL_FOLDS: on all), begun at what `fit` holds. With `is_layer` on the rows
 * of events alone, for what they add to the hazard of ordinary windows. */
struct ridge_kind {
    double penalty;
    bool is_layer;
};
int contest_fit_ridge(struct contest *contest, size_t fold, struct ridge_kind kind,
                      struct logistic_fit *fit, struct error *err) MUST_CHECK;
/* The slope, at least 0, that calibrates `scores` on the relevant rows outside `fold`. */
int contest_fit_slope(struct contest *contest, size_t fold, struct row_scores scores, double *slope,
                      struct error *err) MUST_CHECK;
/* Log-loss of each row by calibrated scores and its window's own level, to `losses` [rows]. */
void contest_set_losses(const struct contest *contest, struct row_scores scores, float *losses);
/* Weighted mean of `losses`, less `others` if not NULL, over the rows that count; and its standard error. */
double contest_mean_loss(const struct contest *contest, const float *losses, const float *others,
                         double *error);

#endif
