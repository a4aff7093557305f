/* candidate.c - see candidate.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/candidate.h"

#include "predictor/forecast/contest.h"
#include "predictor/forecast/return_link.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The simplest first. The baselines' signs are known; a slope below 0 would turn them round. */
enum { PLAIN = 4 }; /* the row of MBG/NBD */
static const struct candidate_result candidates[CANDIDATE_COUNT] = {
    {.name = "recency", .column = FEATURE_GAP, .sign = -1},
    {.name = "frequency", .column = FEATURE_DAYS, .sign = 1},
    {.name = "decayed", .column = FEATURE_DECAYED_BASE, .sign = 1},
    {.name = "bgnbd", .column = FEATURE_BGNBD, .sign = 1},
    [PLAIN] = {.name = "mbgnbd", .column = FEATURE_MBGNBD, .sign = 1},
    {.name = "layered 0.1", .is_ridge = true, .is_layer = true, .penalty = 0.1, .sign = 1},
    {.name = "layered 0.03", .is_ridge = true, .is_layer = true, .penalty = 0.03, .sign = 1},
    {.name = "layered 0.01", .is_ridge = true, .is_layer = true, .penalty = 0.01, .sign = 1},
    {.name = "layered 0.003", .is_ridge = true, .is_layer = true, .penalty = 0.003, .sign = 1},
    {.name = "layered 0.001", .is_ridge = true, .is_layer = true, .penalty = 0.001, .sign = 1},
    {.name = "ridge 0.3", .is_ridge = true, .penalty = 0.3, .sign = 1},
    {.name = "ridge 0.1", .is_ridge = true, .penalty = 0.1, .sign = 1},
    {.name = "ridge 0.03", .is_ridge = true, .penalty = 0.03, .sign = 1},
    {.name = "ridge 0.01", .is_ridge = true, .penalty = 0.01, .sign = 1},
    {.name = "ridge 0.003", .is_ridge = true, .penalty = 0.003, .sign = 1},
};

/* The scores of all candidates, out of fold, and the losses they lead to. */
struct standing {
    float *scores[CANDIDATE_COUNT]; /* [rows] first raw, then calibrated */
    float *losses[CANDIDATE_COUNT]; /* [rows] */
};

static int take_standing(struct standing *standing, size_t row_count, struct error *err)
{
    bool is_short = false;
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        standing->scores[i] = malloc((row_count + 1) * sizeof **standing->scores);
        standing->losses[i] = malloc((row_count + 1) * sizeof **standing->losses);
        is_short = is_short || standing->scores[i] == NULL || standing->losses[i] == NULL;
    }
    return is_short ? error_set_memory(err, "comparing models") : 0;
}

static void free_standing(struct standing *standing)
{
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        free(standing->scores[i]);
        free(standing->losses[i]);
    }
}

static struct ridge_kind kind_of(const struct candidate_result *result)
{
    return (struct ridge_kind){.penalty = result->penalty, .is_layer = result->is_layer};
}

static struct row_scores with_grounds(const struct contest *contest,
                                      const struct candidate_result *result, const float *scores)
{
    return (struct row_scores){.scores = scores,
                               .grounds = result->is_layer ? contest->grounds : NULL};
}

static int score_ridge(struct contest *contest, struct ridge_kind kind, float *scores,
                       struct error *err)
{
    const struct training_rows *rows = contest->rows;
    memset(scores, 0, rows->count * sizeof *scores); /* rows in no fold have none */
    for (size_t fold = 0; fold < contest->fold_count; fold++) {
        struct logistic_fit *fit = &contest->ridges[fold];
        if (contest_fit_ridge(contest, fold, kind, fit, err) != 0) {
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
        return score_ridge(contest, kind_of(result), scores, err);
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
    double slopes[CONTEST_FOLDS_MAX];
    for (size_t fold = 0; fold < contest->fold_count; fold++) {
        if (contest_fit_slope(contest, fold, with_grounds(contest, result, scores), &slopes[fold],
                              err) != 0) {
            return -1;
        }
    }
    if (contest_fit_slope(contest, CONTEST_ALL_FOLDS, with_grounds(contest, result, scores),
                          &result->slope, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < contest->rows->count; i++) {
        size_t fold = contest->folds[i];
        scores[i] =
            (float)((fold == CONTEST_NO_FOLD ? result->slope : slopes[fold]) * (double)scores[i]);
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

static bool is_bare_score(const struct candidate_result *result)
{
    return !result->is_ridge && !is_probability_model(result);
}

/* A bare count or gap may not win by a hair, for the same reason: it has to be better than the best model by more than a
 * standard error. */
static size_t prefer_model(const struct candidate_choice *choice)
{
    size_t chosen = choice->best;
    double lowest = INFINITY;
    for (size_t i = 0; is_bare_score(&choice->results[choice->best]) && i < CANDIDATE_COUNT; i++) {
        const struct candidate_result *result = &choice->results[i];
        if (!result->is_absent && !is_bare_score(result) && result->loss < lowest) {
            lowest = result->loss;
            chosen = result->difference <= result->error ? i : choice->best;
        }
    }
    return chosen;
}

/* The simplest probability model that is within a standard error of the best. */
static void choose(struct candidate_choice *choice, const struct contest *contest,
                   const struct standing *standing)
{
    const float *best = standing->losses[choice->best];
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        struct candidate_result *result = &choice->results[i];
        if (!result->is_absent) {
            result->difference =
                contest_mean_loss(contest, standing->losses[i], best, &result->error);
        }
    }
    choice->chosen = prefer_model(choice);
    for (size_t i = choice->chosen; i > 0; i--) {
        const struct candidate_result *result = &choice->results[i - 1];
        if (is_probability_model(result) && result->difference <= result->error) {
            choice->chosen = i - 1;
        }
    }
}

static int run(struct contest *contest, struct standing *standing, struct candidate_choice *choice,
               struct error *err)
{
    double unused;
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        struct candidate_result *result = &choice->results[i];
        *result = candidates[i];
        result->is_absent = result->is_layer && !contest->has_layers;
        if (result->is_absent) {
            continue;
        }
        if (i > 0 && result->is_layer != candidates[i - 1].is_layer) {
            memset(contest->ridges, 0, sizeof contest->ridges); /* no start for another kind */
        }
        if (score_candidate(contest, result, standing->scores[i], err) != 0 ||
            calibrate(contest, result, standing->scores[i], err) != 0) {
            return -1;
        }
        contest_set_losses(contest, with_grounds(contest, result, standing->scores[i]),
                           standing->losses[i]);
        result->loss = contest_mean_loss(contest, standing->losses[i], NULL, &unused);
        choice->best = result->loss < choice->results[choice->best].loss ? i : choice->best;
    }
    choose(choice, contest, standing);
    return 0;
}

/* What the calibration of a ridge is shipped with. Its fit is calibrated by itself as far as the rows tell; that the folds
 * ask for more or less, each short of a window, is known from as many windows as there are, and slopes differ between any
 * two: 1 is worth some windows besides. */
static double shipped_slope(const struct contest *contest, double slope)
{
    const double worth = 2; /* windows */
    double count = 0;
    for (size_t i = 0; i < contest->set->origin_count; i++) {
        count += contest->is_relevant[i];
    }
    return 1 + (slope - 1) * count / (count + worth);
}

static int finish(struct contest *contest, struct standing *standing,
                  struct candidate_choice *choice, struct error *err)
{
    struct candidate_result *chosen = &choice->results[choice->chosen];
    chosen->slope = chosen->is_ridge ? shipped_slope(contest, chosen->slope) : chosen->slope;
    for (size_t i = 0; i < contest->rows->count; i++) {
        double w = contest->counts[i] != 0 ? (double)contest->rows->weights[i] : 0;
        choice->compared_rows += w;
        choice->compared_returns += contest->rows->labels[i] != 0 ? w : 0;
    }
    choice->scores = standing->scores[choice->chosen];
    standing->scores[choice->chosen] = NULL;
    if (chosen->is_ridge &&
        contest_fit_ridge(contest, CONTEST_ALL_FOLDS, kind_of(chosen), &choice->ridge, err) != 0) {
        return -1;
    }
    choice->ordinary = contest->ordinary;
    choice->trend = contest->trend;
    if (chosen->is_layer) {
        choice->grounds = contest->grounds;
        contest->grounds = NULL;
    }
    return 0;
}

int candidate_choose(struct candidate_choice *choice, const struct training_set *set,
                     struct error *err)
{
    struct standing standing = {.scores = {NULL}};
    struct contest *contest = calloc(1, sizeof *contest); /* too large for a stack */
    int result = -1;
    memset(choice, 0, sizeof *choice);
    if (contest == NULL) {
        return error_set_memory(err, "comparing models");
    }
    if (contest_open(contest, set, &choice->scale, err) == 0 &&
        take_standing(&standing, set->rows.count, err) == 0 &&
        run(contest, &standing, choice, err) == 0) {
        result = finish(contest, &standing, choice, err);
    }
    free_standing(&standing);
    contest_close(contest);
    free(contest);
    return result;
}

void candidate_choice_free(struct candidate_choice *choice)
{
    free(choice->scores);
    free(choice->grounds);
    choice->scores = NULL;
    choice->grounds = NULL;
}

/* What each feature adds, by the column of the design that it is behind. */
static void add_contributions(const struct candidate_choice *choice, const float *design,
                              struct contribution contributions[FEATURE_COUNT])
{
    double slope = choice->results[choice->chosen].slope;
    for (size_t i = 0; i < DESIGN_COLUMNS; i++) {
        struct contribution *contribution = &contributions[feature_scale_source(i)];
        contribution->amount += slope * choice->ridge.coefficients[i] * (double)design[i];
        contribution->is_high = contribution->is_high || design[i] > 0;
    }
}

struct candidate_answer candidate_ask(const struct candidate_choice *choice, const float *row,
                                      bool is_event, double ln_age,
                                      struct contribution contributions[FEATURE_COUNT])
{
    const struct candidate_result *chosen = &choice->results[choice->chosen];
    float design[DESIGN_COLUMNS];
    memset(contributions, 0, FEATURE_COUNT * sizeof *contributions);
    if (!chosen->is_ridge) {
        return (struct candidate_answer){.score = chosen->slope * chosen->sign *
                                                  (double)row[chosen->column],
                                         .ground = return_link_logit};
    }
    feature_scale_apply(&choice->scale, row, is_event, design);
    add_contributions(choice, design, contributions);
    return (struct candidate_answer){
        .score = chosen->slope * logistic_fit_logit(&choice->ridge, design, DESIGN_COLUMNS),
        .error = chosen->slope * logistic_fit_error(&choice->ridge, design, DESIGN_COLUMNS),
        .ground = chosen->is_layer
                      ? contest_ground(&choice->ordinary, level_trend_at(&choice->trend, ln_age),
                                       row, design)
                      : return_link_logit};
}

double candidate_plain_score(const struct candidate_choice *choice, const float *row)
{
    return choice->results[PLAIN].slope * (double)row[FEATURE_MBGNBD];
}
