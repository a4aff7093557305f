/* candidate.h - the models that `auto` chooses from, compared on windows they were not fitted on.
 * Room: predictor/forecast. May touch: GSL, memory.
 * Every candidate is a score a row; each goes through the same calibration, a slope fitted on the other folds and a
 * level of its own for each window, before its log-loss is taken. So what is compared is how well they tell keys apart
 * and how sure they are, not how well they guess the level of a window, which level_forecast.h does for all alike. */
#ifndef REKINDLE_PREDICTOR_CANDIDATE_H
#define REKINDLE_PREDICTOR_CANDIDATE_H

#include "predictor/forecast/feature_scale.h"
#include "predictor/forecast/level_trend.h"
#include "predictor/forecast/logistic_fit.h"
#include "predictor/forecast/reason_words.h"
#include "predictor/forecast/training_set.h"

enum { CANDIDATE_COUNT = 15 };

struct candidate_result {
    const char *name;
    enum key_feature column; /* the score, unless is_ridge */
    bool is_ridge;
    bool is_layer;     /* a ridge for what events add to ordinary windows; is_ridge, too */
    bool is_absent;    /* no events, or nothing to add to: it did not compete */
    double penalty;    /* of a ridge, on the mean loss of standardised columns */
    double sign;       /* -1 where a high value speaks against a return */
    double loss;       /* mean log-loss out of fold */
    double difference; /* to the best, paired, with its standard error */
    double error;
    double slope; /* of the calibration, over all folds */
};

struct candidate_choice {
    struct candidate_result results[CANDIDATE_COUNT]; /* the simplest first */
    size_t chosen, best;
    struct feature_scale scale;
    struct logistic_fit ridge;     /* fitted on all rows, when a ridge is chosen */
    struct logistic_fit ordinary;  /* on ordinary windows: what a layer is on top of */
    struct level_trend trend;      /* of levels of those windows */
    float *scores;                 /* [rows], out of fold and calibrated, of the chosen one */
    struct return_ground *grounds; /* [rows] what they are on top of; NULL: they are logits */
    double compared_rows, compared_returns;
};

/* Compares all candidates on the rows of `set`, which must hold both labels, and fits the chosen one: the lowest loss,
 * or a simpler probability model that is within a standard error of it; a bare count or gap only where it is better than
 * every model by more than that. Free it also after a failure. */
int candidate_choose(struct candidate_choice *choice, const struct training_set *set,
                     struct error *err) MUST_CHECK;
void candidate_choice_free(struct candidate_choice *choice);

/* What the chosen one says of a row of features: the calibrated score, without the level of its window, its standard error,
 * and the base with which return_link_probability makes a probability of score and level. */
struct candidate_answer {
    double score, error;
    struct return_ground ground;
};
/* `ln_age` is that of the history the row is taken from, over today's. Also tells what each feature adds to the score,
 * compared with the average row; all 0 when the chosen one is no ridge. */
struct candidate_answer candidate_ask(const struct candidate_choice *choice, const float *row,
                                      bool is_event, double ln_age,
                                      struct contribution contributions[FEATURE_COUNT]);

/* MBG/NBD as it was calibrated beside the others: its score of a row, a logit without its window's level. */
double candidate_plain_score(const struct candidate_choice *choice, const float *row);

#endif
