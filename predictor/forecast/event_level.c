/* event_level.c - see event_level.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/event_level.h"

#include <math.h>

/* What is typical before anything is seen, and how many events that is worth. Pulls: two promotions of a kind mostly lie
 * within a quarter to a third of each other, which is worth eight events: a shop that plans a promotion has seen what the
 * last ones were like, and changes what it offers by less than the log of two or three of them could rule out. Bases:
 * levels of the same shop hold as well from one event to the next as from one ordinary window to another. */
static const double typical_pull_spread = 0.25;
static const double typical_pull_worth = 8;
static const double typical_base_spread = 0.15;
static const double typical_base_worth = 4;
/* Levels, while the history grows e times as old: how far they move, and how far events go another way than windows. */
static const double typical_slope = 0.5;
static const double typical_slope_apart = 0.3;

/* ---- a line through levels, by ln age */

/* Sums of a regression with a flat prior on the height at ln age 0 and a normal one on the slope. */
struct line_sums {
    double weight, at, squares, level, product;
};

struct line {
    double height, height_variance, slope, slope_variance;
};

static struct line_sums begin_line(double slope, double slope_variance)
{
    return (struct line_sums){.squares = 1 / slope_variance, .product = slope / slope_variance};
}

static void add_to_line(struct line_sums *sums, double ln_age, double level, double variance)
{
    double w = 1 / variance;
    sums->weight += w;
    sums->at += w * ln_age;
    sums->squares += w * ln_age * ln_age;
    sums->level += w * level;
    sums->product += w * ln_age * level;
}

static struct line solve_line(const struct line_sums *sums)
{
    double determinant = sums->weight * sums->squares - sums->at * sums->at;
    return (struct line){
        .height = (sums->squares * sums->level - sums->at * sums->product) / determinant,
        .height_variance = sums->squares / determinant,
        .slope = (sums->weight * sums->product - sums->at * sums->level) / determinant,
        .slope_variance = sums->weight / determinant,
    };
}

struct level_trend event_level_trend(const struct aged_level *windows, size_t count)
{
    if (count == 0) {
        return (struct level_trend){.error = typical_slope};
    }
    struct line_sums sums = begin_line(0, typical_slope * typical_slope);
    for (size_t i = 0; i < count; i++) {
        double error = windows[i].measured.error;
        add_to_line(&sums, windows[i].ln_age, windows[i].measured.level,
                    error * error + typical_base_spread * typical_base_spread);
    }
    struct line line = solve_line(&sums);
    return (struct level_trend){
        .slope = line.slope, .error = sqrt(line.slope_variance), .height = line.height};
}

/* ---- pulls */

double event_level_ln_pull(const struct level_event *events, size_t count, size_t at)
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
            sums.mean += event_level_ln_pull(events, count, i);
        }
    }
    sums.mean /= fmax(sums.count, 1);
    for (size_t i = 0; i < count; i++) {
        if (events[i].is_same_kind == is_same_kind) {
            double away = event_level_ln_pull(events, count, i) - sums.mean;
            sums.squares += away * away;
        }
    }
    return sums;
}

/* ---- bases */

static struct aged_level base_of(const struct level_event *events, size_t count, size_t at,
                                 double reach)
{
    struct aged_level base = events[at].at;
    base.measured.level -= reach * event_level_ln_pull(events, count, at);
    return base;
}

/* The line that bases lie on, their variance around it, and how many events that is worth. */
struct base_line {
    struct line line;
    double variance, worth;
};

static struct line fit_line(const struct level_event *events, size_t count, double reach,
                            struct level_trend trend, double variance)
{
    struct line_sums sums = begin_line(trend.slope, trend.error * trend.error +
                                                        typical_slope_apart * typical_slope_apart);
    for (size_t i = 0; i < count; i++) {
        if (events[i].has_level) {
            struct aged_level base = base_of(events, count, i, reach);
            add_to_line(&sums, base.ln_age, base.measured.level,
                        variance + base.measured.error * base.measured.error);
        }
    }
    return solve_line(&sums);
}

/* First by the typical spread around the line, then by what is left around it. */
static struct base_line fit_bases(const struct level_event *events, size_t count, double reach,
                                  struct level_trend trend)
{
    double typical = typical_base_spread * typical_base_spread;
    struct line line = fit_line(events, count, reach, trend, typical);
    double squares = typical_base_worth * typical;
    double worth = typical_base_worth - 1;
    for (size_t i = 0; i < count; i++) {
        if (events[i].has_level) {
            struct aged_level base = base_of(events, count, i, reach);
            double away = base.measured.level - line.height - line.slope * base.ln_age;
            squares += fmax(away * away - base.measured.error * base.measured.error, 0);
            worth++;
        }
    }
    double variance = squares / worth;
    return (struct base_line){fit_line(events, count, reach, trend, variance), variance, worth};
}

struct level_forecast event_level_forecast(const struct level_event *events, size_t count,
                                           double reach, struct level_trend trend)
{
    struct pull_sums same = sum_pulls(events, count, true);
    struct pull_sums other = sum_pulls(events, count, false);
    const struct pull_sums *mean_of = same.count > 0 ? &same : &other;
    double freedom = fmax(same.count - 1, 0) + fmax(other.count - 1, 0);
    double variance = (typical_pull_worth * typical_pull_spread * typical_pull_spread +
                       same.squares + other.squares) /
                      (typical_pull_worth + freedom);
    struct base_line bases = fit_bases(events, count, reach, trend);
    /* Of bases and pulls of the same events only the sums are unsure, and those are measured: what is left is the step. */
    double pull_variance = reach * reach * variance * (1 + 1 / fmax(mean_of->count, 1));
    return (struct level_forecast){.mean = bases.line.height + reach * mean_of->mean,
                                   .spread = sqrt(bases.variance + pull_variance),
                                   .degrees = typical_pull_worth + freedom,
                                   .base = bases.line.height,
                                   .base_spread = sqrt(bases.line.height_variance + bases.variance),
                                   .base_degrees = bases.worth};
}
