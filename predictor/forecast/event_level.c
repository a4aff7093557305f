/* event_level.c - see event_level.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/event_level.h"

#include <math.h>

/* What is typical before anything is seen, and how many events that is worth. Strengths: two promotions of a kind mostly
 * lie within a quarter to a third of each other, which is worth eight events: a shop that plans a promotion has seen what
 * the last ones were like, and changes what it offers by less than the log of two or three of them could rule out. Bases:
 * carried over to the same scores, levels of the same shop hold within an eighth from one event to the next. */
static const double typical_strength_spread = 0.25;
static const double typical_strength_worth = 8;
static const double typical_base_spread = 0.13;
static const double typical_base_worth = 4;

double event_level_ln_pull(const struct level_event *events, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].pull <= 0) {
            return 0;
        }
    }
    return log(events[at].pull);
}

/* ---- bases */

static double base_of(const struct level_event *events, size_t count, double reach, size_t at)
{
    return events[at].level.level - reach * event_level_ln_pull(events, count, at);
}

/* What bases have in common, how unsure that is, their variance around it, and how many events that is worth. */
struct bases {
    double mean, mean_variance, variance, worth;
};

static void average(const struct level_event *events, size_t count, double reach,
                    struct bases *bases)
{
    double weight = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].has_level) {
            double error = events[i].level.error;
            double w = 1 / (bases->variance + error * error);
            weight += w;
            sum += w * base_of(events, count, reach, i);
        }
    }
    bases->mean = sum / weight;
    bases->mean_variance = 1 / weight;
}

/* First by the typical spread, then by what is seen of it. */
static struct bases take_bases(const struct level_event *events, size_t count, double reach)
{
    const double typical = typical_base_spread * typical_base_spread;
    struct bases bases = {.variance = typical, .worth = typical_base_worth - 1};
    double squares = typical_base_worth * typical;
    average(events, count, reach, &bases);
    for (size_t i = 0; i < count; i++) {
        if (events[i].has_level) {
            double away = base_of(events, count, reach, i) - bases.mean;
            double error = events[i].level.error;
            squares += fmax(away * away - error * error, 0);
            bases.worth++;
        }
    }
    bases.variance = squares / bases.worth;
    average(events, count, reach, &bases);
    return bases;
}

double event_level_of(const struct level_forecast *forecast, const struct level_event *events,
                      size_t count, double reach, size_t at)
{
    double expected = forecast->base + reach * event_level_ln_pull(events, count, at);
    if (!events[at].has_level) {
        return expected;
    }
    double error = events[at].level.error;
    double unsure = forecast->base_spread * forecast->base_spread;
    return expected + unsure / (unsure + error * error) * (events[at].level.level - expected);
}

/* ---- strengths */

/* Mean of levels and what it says of their spread, over one kind or the others. */
struct kind_levels {
    double count, mean, squares;
};

static struct kind_levels sum_kind(const struct level_forecast *forecast,
                                   const struct level_event *events, size_t count, double reach,
                                   bool is_same_kind)
{
    struct kind_levels sums = {0};
    for (size_t i = 0; i < count; i++) {
        if (events[i].is_same_kind == is_same_kind) {
            sums.count++;
            sums.mean += event_level_of(forecast, events, count, reach, i);
        }
    }
    sums.mean /= fmax(sums.count, 1);
    for (size_t i = 0; i < count; i++) {
        if (events[i].is_same_kind == is_same_kind) {
            double away = event_level_of(forecast, events, count, reach, i) - sums.mean;
            sums.squares += away * away;
        }
    }
    return sums;
}

struct level_forecast event_level_forecast(const struct level_event *events, size_t count,
                                           double reach)
{
    struct bases bases = take_bases(events, count, reach);
    struct level_forecast forecast = {.base = bases.mean,
                                      .base_spread = sqrt(bases.mean_variance + bases.variance),
                                      .base_degrees = bases.worth};
    struct kind_levels same = sum_kind(&forecast, events, count, reach, true);
    struct kind_levels other = sum_kind(&forecast, events, count, reach, false);
    const struct kind_levels *mean_of = same.count > 0 ? &same : &other;
    double freedom = fmax(same.count - 1, 0) + fmax(other.count - 1, 0);
    double typical = pow(reach * typical_strength_spread, 2);
    double variance = (typical_strength_worth * typical + same.squares + other.squares) /
                      (typical_strength_worth + freedom);
    forecast.mean = mean_of->mean;
    forecast.spread = sqrt(bases.variance + variance * (1 + 1 / mean_of->count));
    forecast.degrees = typical_strength_worth + freedom;
    return forecast;
}
