/* contest.c - see contest.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/contest.h"

#include "predictor/forecast/return_link.h"
#include "predictor/forecast/special_math.h"
#include "predictor/forecast/window_level.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDED_BY_ORIGIN_FROM = 3 };

/* ---- folds */

/* Without enough windows to leave some out, keys are. */
static void set_folds_by_key(struct contest *contest)
{
    contest->fold_count = CONTEST_FOLDS_MAX;
    for (size_t i = 0; i < contest->rows->count; i++) {
        contest->folds[i] = (uint8_t)(contest->rows->keys[i] % CONTEST_FOLDS_MAX);
    }
}

/* Relevant windows in blocks of neighbours; the others are in no fold, and always learned from unless they overlap. */
static void set_folds(struct contest *contest)
{
    const struct training_set *set = contest->set;
    size_t relevant[TRAINING_ORIGINS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < set->origin_count; i++) {
        contest->origin_folds[i] = CONTEST_NO_FOLD;
        contest->is_relevant[i] = window_level_is_relevant(set, i);
        if (contest->is_relevant[i]) {
            relevant[count++] = i;
        }
    }
    contest->is_by_origin = count >= FOLDED_BY_ORIGIN_FROM;
    if (!contest->is_by_origin) {
        set_folds_by_key(contest);
        return;
    }
    contest->fold_count = count < CONTEST_FOLDS_MAX ? count : CONTEST_FOLDS_MAX;
    for (size_t i = 0; i < count; i++) {
        contest->origin_folds[relevant[i]] = i * contest->fold_count / count;
    }
    for (size_t i = 0; i < contest->rows->count; i++) {
        contest->folds[i] = (uint8_t)contest->origin_folds[contest->rows->origins[i]];
    }
}

/* Whether a row may be learned from when `fold` is left out. */
static bool is_outside(const struct contest *contest, size_t row, size_t fold)
{
    if (contest->folds[row] == fold) {
        return false;
    }
    size_t origin = contest->rows->origins[row];
    for (size_t i = 0; contest->is_by_origin && i < contest->set->origin_count; i++) {
        if (contest->origin_folds[i] == fold && training_set_overlap(contest->set, i, origin)) {
            return false;
        }
    }
    return true;
}

/* Which rows' losses count: relevant windows, and keys beyond the threshold if enough of them came back. */
static void set_counts(struct contest *contest)
{
    const double enough = 20;
    double target_returns = 0;
    const struct training_rows *rows = contest->rows;
    for (size_t i = 0; i < contest->set->origin_count; i++) {
        target_returns += contest->is_relevant[i] ? contest->set->origins[i].returns : 0;
    }
    for (size_t i = 0; i < rows->count; i++) {
        contest->counts[i] = contest->is_relevant[rows->origins[i]] &&
                             (rows->targets[i] != 0 || target_returns < enough);
    }
}

/* ---- fits on the rows outside a fold */

/* Which rows a fit is on: all outside a fold, or of these only relevant ones or only ordinary ones. */
enum row_choice { ROWS_ALL, ROWS_RELEVANT, ROWS_ORDINARY };

static bool is_chosen(const struct contest *contest, size_t row, size_t fold,
                      enum row_choice choice)
{
    size_t origin = contest->rows->origins[row];
    bool is_event = contest->set->origins[origin].is_event;
    return is_outside(contest, row, fold) &&
           (choice != ROWS_RELEVANT || contest->is_relevant[origin]) &&
           (choice != ROWS_ORDINARY || !is_event);
}

/* Copies the chosen rows of `width` columns into the scratch. */
static struct logistic_rows copy_rows(struct contest *contest, size_t fold, enum row_choice choice,
                                      const float *values, size_t width)
{
    size_t count = 0;
    for (size_t i = 0; i < contest->rows->count; i++) {
        if (is_chosen(contest, i, fold, choice)) {
            memcpy(&contest->part_values[count * width], &values[i * width],
                   width * sizeof *values);
            contest->part_weights[count] = contest->rows->weights[i];
            contest->part_labels[count] = contest->rows->labels[i];
            contest->part_groups[count] = contest->rows->origins[i];
            contest->part_grounds[count] = contest->grounds[i];
            count++;
        }
    }
    return (struct logistic_rows){.values = contest->part_values,
                                  .labels = contest->part_labels,
                                  .weights = contest->part_weights,
                                  .row_count = count,
                                  .column_count = width,
                                  .groups = contest->part_groups,
                                  .group_count = contest->set->origin_count};
}

/* Log odds of a return over the rows, kept away from infinity. */
static double base_logit(const struct logistic_rows *rows, double *weight)
{
    double returns = 0.5;
    *weight = 0;
    for (size_t i = 0; i < rows->row_count; i++) {
        *weight += (double)rows->weights[i];
        returns += rows->labels[i] != 0 ? (double)rows->weights[i] : 0;
    }
    return special_math_logit(returns / (*weight + 1));
}

/* The levels of windows are all but free; the columns have the penalty times the rows. */
static void set_prior(const struct logistic_rows *rows, double penalty,
                      struct logistic_prior *prior)
{
    const double level_precision = 0.05;
    double weight;
    double level = base_logit(rows, &weight);
    memset(prior, 0, sizeof *prior);
    for (size_t i = 0; i < rows->column_count; i++) {
        prior->precision[i] = penalty * weight;
    }
    for (size_t i = 0; i < rows->group_count; i++) {
        prior->mean[rows->column_count + i] = level;
        prior->precision[rows->column_count + i] = level_precision;
    }
}

static int fit_rows(struct logistic_rows rows, double penalty, struct logistic_fit *fit,
                    struct error *err)
{
    struct logistic_prior prior;
    double start[LOGISTIC_COLUMNS_MAX];
    set_prior(&rows, penalty, &prior);
    if (fit->column_count > 0) {
        memcpy(start, fit->coefficients, sizeof start);
        rows.start = start;
    }
    return logistic_fit_rows(&rows, &prior, fit, err);
}

int contest_fit_ridge(struct contest *contest, size_t fold, struct ridge_kind kind,
                      struct logistic_fit *fit, struct error *err)
{
    struct logistic_rows rows = copy_rows(contest, fold, kind.is_layer ? ROWS_RELEVANT : ROWS_ALL,
                                          contest->design, DESIGN_COLUMNS);
    rows.grounds = kind.is_layer ? contest->part_grounds : NULL;
    return fit_rows(rows, kind.penalty, fit, err);
}

int contest_fit_slope(struct contest *contest, size_t fold, struct row_scores scores, double *slope,
                      struct error *err)
{
    const double slope_expected = 1;
    const double slope_precision = 4; /* holds it there when the rows say little */
    struct logistic_fit fit;
    struct logistic_prior prior;
    struct logistic_rows rows = copy_rows(contest, fold, ROWS_RELEVANT, scores.scores, 1);
    rows.grounds = scores.grounds == NULL ? NULL : contest->part_grounds;
    set_prior(&rows, 0, &prior);
    prior.mean[0] = slope_expected;
    prior.precision[0] = slope_precision;
    if (logistic_fit_rows(&rows, &prior, &fit, err) != 0) {
        return -1;
    }
    *slope = fmax(fit.coefficients[0], 0);
    return 0;
}

/* ---- losses */

void contest_set_losses(const struct contest *contest, struct row_scores scores, float *losses)
{
    const struct training_rows *rows = contest->rows;
    double levels[TRAINING_ORIGINS_MAX];
    for (size_t i = 0; i < contest->set->origin_count; i++) {
        levels[i] = window_level_of_rows(contest->set, contest->counts, scores, i).level;
    }
    for (size_t i = 0; i < rows->count; i++) {
        double score = levels[rows->origins[i]] + (double)scores.scores[i];
        losses[i] =
            (float)-return_link_say(score, window_level_ground(scores, i), rows->labels[i] != 0)
                .log_likelihood;
    }
}

double contest_mean_loss(const struct contest *contest, const float *losses, const float *others,
                         double *error)
{
    const struct training_rows *rows = contest->rows;
    double weight = 0;
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < rows->count; i++) {
        double w = contest->counts[i] != 0 ? (double)rows->weights[i] : 0;
        double loss = (double)losses[i] - (others == NULL ? 0 : (double)others[i]);
        weight += w;
        sum += w * loss;
    }
    double mean = weight > 0 ? sum / weight : 0;
    for (size_t i = 0; i < rows->count; i++) {
        double w = contest->counts[i] != 0 ? (double)rows->weights[i] : 0;
        double loss = (double)losses[i] - (others == NULL ? 0 : (double)others[i]);
        squares += w * w * (loss - mean) * (loss - mean);
    }
    *error = weight > 0 ? sqrt(squares) / weight : 0;
    return mean;
}

/* ---- the whole */

static int take(struct contest *contest, struct error *err)
{
    size_t count = contest->rows->count + 1;
    contest->design = malloc(count * DESIGN_COLUMNS * sizeof *contest->design);
    contest->part_values = malloc(count * DESIGN_COLUMNS * sizeof *contest->part_values);
    contest->grounds = malloc(count * sizeof *contest->grounds);
    contest->part_grounds = malloc(count * sizeof *contest->part_grounds);
    contest->part_weights = malloc(count * sizeof *contest->part_weights);
    contest->part_labels = malloc(count * sizeof *contest->part_labels);
    contest->part_groups = malloc(count * sizeof *contest->part_groups);
    contest->folds = malloc(count * sizeof *contest->folds);
    contest->counts = malloc(count * sizeof *contest->counts);
    bool is_short =
        contest->design == NULL || contest->part_values == NULL || contest->part_weights == NULL ||
        contest->part_labels == NULL || contest->grounds == NULL || contest->part_grounds == NULL ||
        contest->part_groups == NULL || contest->folds == NULL || contest->counts == NULL;
    return is_short ? error_set_memory(err, "comparing models") : 0;
}

void contest_close(struct contest *contest)
{
    free(contest->design);
    free(contest->part_values);
    free(contest->grounds);
    free(contest->part_grounds);
    free(contest->part_weights);
    free(contest->part_labels);
    free(contest->part_groups);
    free(contest->folds);
    free(contest->counts);
}

static void fill_design(struct contest *contest, struct feature_scale *scale)
{
    const struct training_rows *rows = contest->rows;
    feature_scale_learn(scale, rows->values, rows->weights, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        feature_scale_apply(scale, &rows->values[i * FEATURE_COUNT],
                            contest->set->origins[rows->origins[i]].is_event,
                            &contest->design[i * DESIGN_COLUMNS]);
    }
}

struct return_ground contest_ground(const struct logistic_fit *ordinary, double level,
                                    const float *row, const float *design)
{
    double logit = level + logistic_fit_logit(ordinary, design, DESIGN_COLUMNS);
    return (struct return_ground){.base = (float)special_math_log1pexp(logit),
                                  .shape = expf(row[FEATURE_EVENT_SHAPE])};
}

/* Of ordinary windows that share no time. */
static struct level_trend trend_of(const struct training_set *set, const struct logistic_fit *fit)
{
    struct aged_level windows[TRAINING_ORIGINS_MAX];
    size_t count = 0;
    size_t last = 0;
    for (size_t i = 0; i < set->origin_count; i++) {
        size_t column = DESIGN_COLUMNS + i;
        if (!set->origins[i].is_event && (count == 0 || !training_set_overlap(set, last, i))) {
            last = i;
            windows[count++] = (struct aged_level){
                {fit->coefficients[column], sqrt(fit->covariance[column][column])},
                set->origins[i].ln_age};
        }
    }
    return level_trend_fit(windows, count);
}

/* What keys do without an event, by a ridge on ordinary windows: the hazard on top of which events add theirs. */
static int fit_ordinary(struct contest *contest, struct error *err)
{
    const double penalty = 0.01;
    const double enough = 20;
    double returns = 0;
    bool has_event = false;
    for (size_t i = 0; i < contest->set->origin_count; i++) {
        const struct training_origin *origin = &contest->set->origins[i];
        has_event = has_event || (origin->is_event && contest->is_relevant[i]);
        returns += origin->is_event ? 0 : origin->row_returns;
    }
    for (size_t i = 0; i < contest->rows->count; i++) {
        contest->grounds[i] = return_link_logit;
    }
    contest->trend = level_trend_fit(NULL, 0);
    contest->has_layers = has_event && returns >= enough;
    if (!contest->has_layers) {
        return 0;
    }
    struct logistic_rows rows =
        copy_rows(contest, CONTEST_ALL_FOLDS, ROWS_ORDINARY, contest->design, DESIGN_COLUMNS);
    if (fit_rows(rows, penalty, &contest->ordinary, err) != 0) {
        return -1;
    }
    contest->trend = trend_of(contest->set, &contest->ordinary);
    for (size_t i = 0; i < contest->rows->count; i++) {
        double ln_age = contest->set->origins[contest->rows->origins[i]].ln_age;
        contest->grounds[i] = contest_ground(
            &contest->ordinary, level_trend_at(&contest->trend, ln_age),
            &contest->rows->values[i * FEATURE_COUNT], &contest->design[i * DESIGN_COLUMNS]);
    }
    return 0;
}

int contest_open(struct contest *contest, const struct training_set *set,
                 struct feature_scale *scale, struct error *err)
{
    memset(contest, 0, sizeof *contest);
    contest->set = set;
    contest->rows = &set->rows;
    if (take(contest, err) != 0) {
        return -1;
    }
    fill_design(contest, scale);
    set_folds(contest);
    set_counts(contest);
    return fit_ordinary(contest, err);
}
