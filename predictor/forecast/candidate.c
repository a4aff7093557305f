/* candidate.c - see candidate.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/candidate.h"

#include "predictor/forecast/special_math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS_MAX = 5, ALL_FOLDS = FOLDS_MAX, NO_FOLD = 200, FOLDED_BY_ORIGIN_FROM = 3 };

/* The simplest first. The baselines' signs are known; a slope below 0 would turn them round. */
static const struct candidate_result candidates[CANDIDATE_COUNT] = {
    {.name = "recency", .column = FEATURE_GAP, .sign = -1},
    {.name = "frequency", .column = FEATURE_DAYS, .sign = 1},
    {.name = "decayed", .column = FEATURE_DECAYED_BASE, .sign = 1},
    {.name = "bgnbd", .column = FEATURE_BGNBD, .sign = 1},
    {.name = "mbgnbd", .column = FEATURE_MBGNBD, .sign = 1},
    {.name = "ridge 0.3", .is_ridge = true, .penalty = 0.3, .sign = 1},
    {.name = "ridge 0.1", .is_ridge = true, .penalty = 0.1, .sign = 1},
    {.name = "ridge 0.03", .is_ridge = true, .penalty = 0.03, .sign = 1},
    {.name = "ridge 0.01", .is_ridge = true, .penalty = 0.01, .sign = 1},
    {.name = "ridge 0.003", .is_ridge = true, .penalty = 0.003, .sign = 1},
};

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
    struct logistic_fit ridges[FOLDS_MAX]; /* of the penalty before: a good start */
    /* scratch for the rows outside a fold */
    float *part_values, *part_weights;
    uint8_t *part_labels;
    uint16_t *part_groups;
    float *scores[CANDIDATE_COUNT]; /* [rows] out of fold; first raw, then calibrated */
    float *losses[CANDIDATE_COUNT]; /* [rows] */
};

bool candidate_is_relevant(const struct training_set *set, size_t origin)
{
    bool has_event = false;
    for (size_t i = 0; i < set->origin_count; i++) {
        has_event = has_event || (set->origins[i].is_event && set->origins[i].returns > 0);
    }
    return set->origins[origin].is_event == has_event;
}

/* ---- folds */

/* Without enough windows to leave some out, keys are. */
static void set_folds_by_key(struct contest *contest)
{
    contest->fold_count = FOLDS_MAX;
    for (size_t i = 0; i < contest->rows->count; i++) {
        contest->folds[i] = (uint8_t)(i % FOLDS_MAX);
    }
}

/* Relevant windows in blocks of neighbours; the others are in no fold, and always learned from unless they overlap. */
static void set_folds(struct contest *contest)
{
    const struct training_set *set = contest->set;
    size_t relevant[TRAINING_ORIGINS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < set->origin_count; i++) {
        contest->origin_folds[i] = NO_FOLD;
        contest->is_relevant[i] = candidate_is_relevant(set, i);
        if (contest->is_relevant[i]) {
            relevant[count++] = i;
        }
    }
    contest->is_by_origin = count >= FOLDED_BY_ORIGIN_FROM;
    if (!contest->is_by_origin) {
        set_folds_by_key(contest);
        return;
    }
    contest->fold_count = count < FOLDS_MAX ? count : FOLDS_MAX;
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

/* Copies rows of `width` columns outside `fold` (ALL_FOLDS: none is left out) into the scratch. */
static struct logistic_rows rows_outside(struct contest *contest, size_t fold, const float *values,
                                         size_t width)
{
    bool is_slope = width == 1; /* which is about rows that have a score out of fold */
    size_t count = 0;
    for (size_t i = 0; i < contest->rows->count; i++) {
        if (is_outside(contest, i, fold) &&
            !(is_slope && !contest->is_relevant[contest->rows->origins[i]])) {
            memcpy(&contest->part_values[count * width], &values[i * width],
                   width * sizeof *values);
            contest->part_weights[count] = contest->rows->weights[i];
            contest->part_labels[count] = contest->rows->labels[i];
            contest->part_groups[count] = contest->rows->origins[i];
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

static int fit_ridge(struct contest *contest, size_t fold, double penalty, struct logistic_fit *fit,
                     struct error *err)
{
    struct logistic_prior prior;
    struct logistic_rows rows = rows_outside(contest, fold, contest->design, DESIGN_COLUMNS);
    double start[LOGISTIC_COLUMNS_MAX];
    set_prior(&rows, penalty, &prior);
    if (fit->column_count > 0) {
        memcpy(start, fit->coefficients, sizeof start);
        rows.start = start;
    }
    return logistic_fit_rows(&rows, &prior, fit, err);
}

/* The slope of a calibration, held near `expected` where the rows say little, and at 0 or above. */
static int fit_slope(struct contest *contest, size_t fold, const float *scores, double expected,
                     double *slope, struct error *err)
{
    const double slope_precision = 4;
    struct logistic_fit fit;
    struct logistic_prior prior;
    struct logistic_rows rows = rows_outside(contest, fold, scores, 1);
    set_prior(&rows, 0, &prior);
    prior.mean[0] = expected;
    prior.precision[0] = slope_precision;
    if (logistic_fit_rows(&rows, &prior, &fit, err) != 0) {
        return -1;
    }
    *slope = fmax(fit.coefficients[0], 0);
    return 0;
}

/* ---- levels and losses */

/* Over the rows of `origin` that are `asked` (NULL: all). */
static struct candidate_level level_of(const struct training_set *set, const uint8_t *asked,
                                       const float *scores, size_t origin)
{
    enum { STEPS = 60 };
    const double precision =
        0.05; /* a faint pull to even odds, for windows where all or none came */
    const struct training_rows *rows = &set->rows;
    double level = 0;
    double information = precision;
    for (int step = 0; step < STEPS; step++) {
        double gradient = -precision * level;
        information = precision;
        for (size_t i = set->origins[origin].row_begin; i < set->origins[origin].row_end; i++) {
            if (asked == NULL || asked[i] != 0) {
                double p = special_math_expit(level + (double)scores[i]);
                gradient += (double)rows->weights[i] * ((rows->labels[i] != 0 ? 1 : 0) - p);
                information += (double)rows->weights[i] * p * (1 - p);
            }
        }
        double move = fmin(fmax(gradient / information, -1), 1);
        level += move;
        if (fabs(move) < 1e-7) {
            break;
        }
    }
    return (struct candidate_level){.level = level, .error = 1 / sqrt(information)};
}

/* Keys beyond the threshold, unless too few of them came back to tell: then those of training as well. */
struct candidate_level candidate_level_of(const struct training_set *set, const float *scores,
                                          size_t origin)
{
    const double enough = 20;
    bool are_targets_enough = set->origins[origin].returns >= enough;
    return level_of(set, are_targets_enough ? set->rows.targets : NULL, scores, origin);
}

static void set_losses(const struct contest *contest, const float *scores, float *losses)
{
    const struct training_rows *rows = contest->rows;
    double levels[TRAINING_ORIGINS_MAX];
    for (size_t i = 0; i < contest->set->origin_count; i++) {
        levels[i] = level_of(contest->set, contest->counts, scores, i).level;
    }
    for (size_t i = 0; i < rows->count; i++) {
        double logit = levels[rows->origins[i]] + (double)scores[i];
        losses[i] = (float)special_math_log1pexp(rows->labels[i] != 0 ? -logit : logit);
    }
}

/* Weighted mean of `losses`, less `others` if given, over the counted rows, and its standard error. */
static double mean_loss(const struct contest *contest, const float *losses, const float *others,
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

/* ---- the contest */

static int score_ridge(struct contest *contest, double penalty, float *scores, struct error *err)
{
    const struct training_rows *rows = contest->rows;
    memset(scores, 0, rows->count * sizeof *scores); /* rows in no fold have none */
    for (size_t fold = 0; fold < contest->fold_count; fold++) {
        struct logistic_fit *fit = &contest->ridges[fold];
        if (fit_ridge(contest, fold, penalty, fit, err) != 0) {
            return -1;
        }
        for (size_t i = 0; i < rows->count; i++) {
            if (contest->folds[i] == fold) {
                scores[i] = (float)logistic_fit_logit(fit, &contest->design[i * DESIGN_COLUMNS],
                                                      DESIGN_COLUMNS);
            }
        }
    }
    return 0;
}

static int score_candidate(struct contest *contest, const struct candidate_result *result,
                           float *scores, struct error *err)
{
    const struct training_rows *rows = contest->rows;
    if (result->is_ridge) {
        return score_ridge(contest, result->penalty, scores, err);
    }
    for (size_t i = 0; i < rows->count; i++) {
        scores[i] =
            (float)(result->sign * (double)rows->values[i * FEATURE_COUNT + result->column]);
    }
    return 0;
}

/* Turns raw scores into calibrated ones, each row with the slope of the folds it is not in. */
static int calibrate(struct contest *contest, struct candidate_result *result, float *scores,
                     struct error *err)
{
    double slopes[FOLDS_MAX];
    for (size_t fold = 0; fold < contest->fold_count; fold++) {
        if (fit_slope(contest, fold, scores, 1, &slopes[fold], err) != 0) {
            return -1;
        }
    }
    if (fit_slope(contest, ALL_FOLDS, scores, 1, &result->slope, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < contest->rows->count; i++) {
        size_t fold = contest->folds[i];
        scores[i] = (float)((fold == NO_FOLD ? result->slope : slopes[fold]) * (double)scores[i]);
    }
    return 0;
}

/* What may win without being best, within a standard error. A bare count or gap may not: it has no view of time passing or
 * of keys leaving, so where it ties on past windows it has less to say about the next. Nor a ridge of a larger penalty:
 * it is no simpler to understand. */
static bool is_probability_model(const struct candidate_result *result)
{
    return !result->is_ridge &&
           (result->column == FEATURE_BGNBD || result->column == FEATURE_MBGNBD);
}

static int run_contest(struct contest *contest, struct candidate_choice *choice, struct error *err)
{
    double unused;
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        struct candidate_result *result = &choice->results[i];
        *result = candidates[i];
        if (score_candidate(contest, result, contest->scores[i], err) != 0 ||
            calibrate(contest, result, contest->scores[i], err) != 0) {
            return -1;
        }
        set_losses(contest, contest->scores[i], contest->losses[i]);
        result->loss = mean_loss(contest, contest->losses[i], NULL, &unused);
        choice->best = result->loss < choice->results[choice->best].loss ? i : choice->best;
    }
    choice->chosen = choice->best;
    for (size_t i = CANDIDATE_COUNT; i > 0; i--) {
        struct candidate_result *result = &choice->results[i - 1];
        result->difference = mean_loss(contest, contest->losses[i - 1],
                                       contest->losses[choice->best], &result->error);
        if (i - 1 < choice->chosen && is_probability_model(result) &&
            result->difference <= result->error) {
            choice->chosen = i - 1;
        }
    }
    return 0;
}

static int take_contest(struct contest *contest, struct error *err)
{
    size_t count = contest->rows->count + 1;
    bool is_short = false;
    contest->design = malloc(count * DESIGN_COLUMNS * sizeof *contest->design);
    contest->part_values = malloc(count * DESIGN_COLUMNS * sizeof *contest->part_values);
    contest->part_weights = malloc(count * sizeof *contest->part_weights);
    contest->part_labels = malloc(count * sizeof *contest->part_labels);
    contest->part_groups = malloc(count * sizeof *contest->part_groups);
    contest->folds = malloc(count * sizeof *contest->folds);
    contest->counts = malloc(count * sizeof *contest->counts);
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        contest->scores[i] = malloc(count * sizeof **contest->scores);
        contest->losses[i] = malloc(count * sizeof **contest->losses);
        is_short = is_short || contest->scores[i] == NULL || contest->losses[i] == NULL;
    }
    is_short = is_short || contest->design == NULL || contest->part_values == NULL ||
               contest->part_weights == NULL || contest->part_labels == NULL ||
               contest->part_groups == NULL || contest->folds == NULL || contest->counts == NULL;
    return is_short ? error_set_memory(err, "comparing models") : 0;
}

static void free_contest(struct contest *contest)
{
    free(contest->design);
    free(contest->part_values);
    free(contest->part_weights);
    free(contest->part_labels);
    free(contest->part_groups);
    free(contest->folds);
    free(contest->counts);
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        free(contest->scores[i]);
        free(contest->losses[i]);
    }
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

static int finish(struct contest *contest, struct candidate_choice *choice, struct error *err)
{
    const struct candidate_result *chosen = &choice->results[choice->chosen];
    for (size_t i = 0; i < contest->rows->count; i++) {
        double w = contest->counts[i] != 0 ? (double)contest->rows->weights[i] : 0;
        choice->compared_rows += w;
        choice->compared_returns += contest->rows->labels[i] != 0 ? w : 0;
    }
    choice->scores = contest->scores[choice->chosen];
    contest->scores[choice->chosen] = NULL;
    return chosen->is_ridge ? fit_ridge(contest, ALL_FOLDS, chosen->penalty, &choice->ridge, err)
                            : 0;
}

int candidate_choose(struct candidate_choice *choice, const struct training_set *set,
                     struct error *err)
{
    struct contest *contest = calloc(1, sizeof *contest);
    int result = -1;
    memset(choice, 0, sizeof *choice);
    if (contest == NULL) {
        return error_set_memory(err, "comparing models");
    }
    contest->set = set;
    contest->rows = &set->rows;
    if (take_contest(contest, err) != 0) {
        goto done;
    }
    fill_design(contest, &choice->scale);
    set_folds(contest);
    set_counts(contest);
    if (run_contest(contest, choice, err) == 0) {
        result = finish(contest, choice, err);
    }
done:
    free_contest(contest);
    free(contest);
    return result;
}

void candidate_choice_free(struct candidate_choice *choice)
{
    free(choice->scores);
    choice->scores = NULL;
}

double candidate_score(const struct candidate_choice *choice, const float *row, bool is_event)
{
    const struct candidate_result *chosen = &choice->results[choice->chosen];
    float design[DESIGN_COLUMNS];
    if (!chosen->is_ridge) {
        return chosen->slope * chosen->sign * (double)row[chosen->column];
    }
    feature_scale_apply(&choice->scale, row, is_event, design);
    return chosen->slope * logistic_fit_logit(&choice->ridge, design, DESIGN_COLUMNS);
}

double candidate_score_error(const struct candidate_choice *choice, const float *row, bool is_event)
{
    const struct candidate_result *chosen = &choice->results[choice->chosen];
    float design[DESIGN_COLUMNS];
    if (!chosen->is_ridge) {
        return 0;
    }
    feature_scale_apply(&choice->scale, row, is_event, design);
    return chosen->slope * logistic_fit_error(&choice->ridge, design, DESIGN_COLUMNS);
}

void candidate_contributions(const struct candidate_choice *choice, const float *row, bool is_event,
                             struct contribution contributions[FEATURE_COUNT])
{
    const struct candidate_result *chosen = &choice->results[choice->chosen];
    float design[DESIGN_COLUMNS];
    memset(contributions, 0, FEATURE_COUNT * sizeof *contributions);
    if (!chosen->is_ridge) {
        return;
    }
    feature_scale_apply(&choice->scale, row, is_event, design);
    for (size_t i = 0; i < DESIGN_COLUMNS; i++) {
        struct contribution *contribution = &contributions[feature_scale_source(i)];
        contribution->amount += chosen->slope * choice->ridge.coefficients[i] * (double)design[i];
        contribution->is_high = contribution->is_high || design[i] > 0;
    }
}
