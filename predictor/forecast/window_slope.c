/* window_slope.c - see window_slope.h.
 * Room: predictor/forecast. May touch: GSL (linear algebra), memory. */
#include "predictor/forecast/window_slope.h"

#include "predictor/forecast/logistic_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double typical_spread = 0.15; /* what is known of keys grows between windows */
static const double typical_worth = 4;     /* windows */
static const double returns_least = 50;    /* fewer tell no slope */

/* The target rows of one window, in columns that logistic_fit takes. */
struct part {
    float *scores, *weights;
    struct return_ground *grounds;
    uint8_t *labels;
    size_t count;
};

static int take_part(struct part *part, size_t row_count, struct error *err)
{
    part->scores = malloc((row_count + 1) * sizeof *part->scores);
    part->grounds = malloc((row_count + 1) * sizeof *part->grounds);
    part->weights = malloc((row_count + 1) * sizeof *part->weights);
    part->labels = malloc(row_count + 1);
    bool is_short = part->scores == NULL || part->grounds == NULL || part->weights == NULL ||
                    part->labels == NULL;
    return is_short ? error_set_memory(err, "comparing windows") : 0;
}

static void free_part(struct part *part)
{
    free(part->scores);
    free(part->grounds);
    free(part->weights);
    free(part->labels);
}

static void fill_part(struct part *part, const struct training_set *set, struct row_scores scores,
                      size_t origin)
{
    const struct training_rows *rows = &set->rows;
    part->count = 0;
    for (size_t i = set->origins[origin].row_begin; i < set->origins[origin].row_end; i++) {
        if (rows->targets[i] != 0) {
            part->scores[part->count] = scores.scores[i];
            part->grounds[part->count] = window_level_ground(scores, i);
            part->weights[part->count] = rows->weights[i];
            part->labels[part->count++] = rows->labels[i];
        }
    }
}

/* The slope of the rows of `part`, its level free, and the variance of that. */
static int fit_slope(const struct part *part, double level, struct window_level *slope,
                     struct error *err)
{
    uint16_t *groups = calloc(part->count + 1, sizeof *groups);
    struct logistic_prior prior;
    struct logistic_fit fit;
    memset(&prior, 0, sizeof prior);
    prior.mean[0] = 1;
    prior.mean[1] = level;
    if (groups == NULL) {
        return error_set_memory(err, "comparing windows");
    }
    const struct logistic_rows rows = {.values = part->scores,
                                       .labels = part->labels,
                                       .weights = part->weights,
                                       .row_count = part->count,
                                       .column_count = 1,
                                       .groups = groups,
                                       .group_count = 1,
                                       .grounds = part->grounds};
    int result = logistic_fit_rows(&rows, &prior, &fit, err);
    free(groups);
    if (result == 0) {
        *slope = (struct window_level){fit.coefficients[0], sqrt(fit.covariance[0][0])};
    }
    return result;
}

/* How much of a window a slope is worth whose noise is larger than what is to be learned from it. */
static double worth_of(double error)
{
    double noise = error / typical_spread;
    return 1 / pow(1 + noise * noise, 2);
}

int window_slope_spread(const struct training_set *set, struct row_scores scores, double *spread,
                        struct error *err)
{
    struct part part = {.scores = NULL};
    double squares = typical_worth * typical_spread * typical_spread;
    double count = typical_worth;
    int result = take_part(&part, set->rows.count, err);
    for (size_t i = 0; i < set->origin_count && result == 0; i++) {
        struct window_level slope = {.level = 1};
        if (!window_level_is_relevant(set, i) || set->origins[i].returns < returns_least) {
            continue;
        }
        fill_part(&part, set, scores, i);
        result = fit_slope(&part, window_level_of(set, scores, i).level, &slope, err);
        if (result == 0) {
            double worth = worth_of(slope.error);
            squares += worth * fmax(pow(slope.level - 1, 2) - slope.error * slope.error, 0);
            count += worth;
        }
    }
    free_part(&part);
    *spread = sqrt(squares / count);
    return result;
}
