/* level_forecast.c - see level_forecast.h.
 * Room: predictor/forecast. May touch: GSL (distributions). Pure. */
#include "predictor/forecast/level_forecast.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* What is typical before any window is seen: how far levels lie apart, and how many windows that is worth. */
static const double typical_spread[] = {
    [LEVEL_ORDINARY] = 0.15, [LEVEL_EVENT] = 0.35, [LEVEL_UNTAUGHT_EVENT] = 0.15};
static const double typical_worth = 4;
static const double untaught_spread = 0.5; /* of an event of which nothing is known */
static const double late_half_life = 1;    /* windows */

/* Weighted sums over samples of one kind. */
struct kind_sums {
    double weight, weight_squares, level, squares, noise;
};

static double weight_at(size_t at, enum level_sort sort)
{
    return sort == LEVEL_EVENT ? 1 : exp2(-(double)at / late_half_life);
}

static struct kind_sums sum_kind(const struct level_sample *samples, size_t count,
                                 enum level_sort sort, bool is_same_kind)
{
    struct kind_sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        double w = samples[i].is_same_kind == is_same_kind ? weight_at(i, sort) : 0;
        sums.weight += w;
        sums.weight_squares += w * w;
        sums.level += w * samples[i].measured.level;
        sums.noise += w * samples[i].measured.error * samples[i].measured.error;
    }
    double weight = sums.weight > 0 ? sums.weight : 1;
    sums.level /= weight;
    sums.noise /= weight;
    for (size_t i = 0; i < count; i++) {
        double w = samples[i].is_same_kind == is_same_kind ? weight_at(i, sort) : 0;
        double away = samples[i].measured.level - sums.level;
        sums.squares += w * away * away / weight;
    }
    return sums;
}

/* How many equally weighted samples the weights are worth. */
static double effective_count(const struct kind_sums *sums)
{
    return sums->weight > 0 ? sums->weight * sums->weight / sums->weight_squares : 0;
}

/* What a kind tells about the spread of levels: its variance beyond the noise of measuring, times its freedom. */
static double spread_sum(const struct kind_sums *sums, double *freedom)
{
    double effective = effective_count(sums);
    *freedom = fmax(effective - 1, 0);
    return fmax(sums->squares * effective - sums->noise * *freedom, 0);
}

struct level_forecast level_forecast_make(const struct level_sample *samples, size_t count,
                                          enum level_sort sort)
{
    struct kind_sums same = sum_kind(samples, count, sort, true);
    struct kind_sums other = sum_kind(samples, count, sort, false);
    const struct kind_sums *mean_of = same.weight > 0 ? &same : &other;
    double freedom_same;
    double freedom_other;
    double spread = spread_sum(&same, &freedom_same) + spread_sum(&other, &freedom_other);
    double freedom = freedom_same + freedom_other;
    double typical = typical_spread[sort] * typical_spread[sort];
    double variance = (typical_worth * typical + spread) / (typical_worth + freedom);
    double effective = fmax(effective_count(mean_of), 1);
    double predictive = variance * (1 + 1 / effective) + mean_of->noise / effective;
    if (sort == LEVEL_UNTAUGHT_EVENT) {
        predictive += untaught_spread * untaught_spread;
    }
    return (struct level_forecast){.mean = mean_of->level,
                                   .spread = sqrt(predictive),
                                   .degrees = typical_worth + freedom,
                                   .base = mean_of->level,
                                   .base_spread = sqrt(variance),
                                   .base_degrees = typical_worth + freedom,
                                   .window_count = count};
}

/* ---- events with a pull */

/* What is typical before anything is seen. Pulls: two promotions of a kind mostly lie within a quarter to a third of each
 * other, which is worth eight events: a shop that plans a promotion has seen what the last ones were like, and changes what
 * it offers by less than the log of two or three of them could rule out. Bases: levels of the same shop hold as well from
 * one event to the next as from one ordinary window to another. */
static const double typical_pull_spread = 0.25;
static const double typical_pull_worth = 8;
static const double typical_base_spread = 0.15;
static const double typical_drift = 0.15; /* from event to event, either way */

double level_forecast_ln_pull(const struct level_event *events, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].pull <= 0) {
            return 0;
        }
    }
    return log(events[at].pull);
}

/* Mean of ln pull and what it says of its spread, over one kind or the others. */
struct pull_sums {
    double count, mean, squares;
};

static struct pull_sums sum_pulls(const struct level_event *events, size_t count, bool is_same_kind)
{
    struct pull_sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        if (events[i].is_same_kind == is_same_kind) {
            sums.count++;
            sums.mean += level_forecast_ln_pull(events, count, i);
        }
    }
    sums.mean /= fmax(sums.count, 1);
    for (size_t i = 0; i < count; i++) {
        if (events[i].is_same_kind == is_same_kind) {
            double away = level_forecast_ln_pull(events, count, i) - sums.mean;
            sums.squares += away * away;
        }
    }
    return sums;
}

/* The line that bases lie on, by events back from the coming one: its height there, and that one's variance. */
struct base_line {
    double height, variance, count;
};

/* Bayesian regression with a flat prior on the height and a normal one on the slope. */
static struct base_line fit_bases(const struct level_event *events, size_t count, double reach)
{
    double s0 = 0;
    double s1 = 0;
    double s2 = 1 / (typical_drift * typical_drift);
    double b0 = 0;
    double b1 = 0;
    struct base_line line = {0};
    for (size_t i = 0; i < count; i++) {
        if (events[i].has_level) {
            double back = -(double)(count - i);
            double base =
                events[i].measured.level - reach * level_forecast_ln_pull(events, count, i);
            double w = 1 / (events[i].measured.error * events[i].measured.error +
                            typical_base_spread * typical_base_spread);
            s0 += w;
            s1 += w * back;
            s2 += w * back * back;
            b0 += w * base;
            b1 += w * back * base;
            line.count++;
        }
    }
    double determinant = s0 * s2 - s1 * s1;
    line.height = (s2 * b0 - s1 * b1) / determinant;
    line.variance = s2 / determinant;
    return line;
}

struct level_forecast level_forecast_of_events(const struct level_event *events, size_t count,
                                               double reach)
{
    struct pull_sums same = sum_pulls(events, count, true);
    struct pull_sums other = sum_pulls(events, count, false);
    const struct pull_sums *mean_of = same.count > 0 ? &same : &other;
    double freedom = fmax(same.count - 1, 0) + fmax(other.count - 1, 0);
    double variance = (typical_pull_worth * typical_pull_spread * typical_pull_spread +
                       same.squares + other.squares) /
                      (typical_pull_worth + freedom);
    struct base_line line = fit_bases(events, count, reach);
    double base_variance = line.variance + typical_base_spread * typical_base_spread;
    /* Of bases and pulls of the same events only the sums are unsure, and those are measured: what is left is the step. */
    double step_variance = typical_base_spread * typical_base_spread;
    double pull_variance = reach * reach * variance * (1 + 1 / fmax(mean_of->count, 1));
    return (struct level_forecast){.mean = line.height + reach * mean_of->mean,
                                   .spread = sqrt(step_variance + pull_variance),
                                   .degrees = typical_pull_worth + freedom,
                                   .base = line.height,
                                   .base_spread = sqrt(base_variance),
                                   .base_degrees = typical_worth + line.count - 1,
                                   .window_count = (size_t)line.count};
}

double level_forecast_quantile(const struct level_forecast *forecast, double chance)
{
    return forecast->mean + forecast->spread * gsl_cdf_tdist_Pinv(chance, forecast->degrees);
}

double level_forecast_base_deviation(const struct level_forecast *forecast)
{
    const double high_chance = 0.95;
    return forecast->base_spread * gsl_cdf_tdist_Pinv(high_chance, forecast->base_degrees);
}
