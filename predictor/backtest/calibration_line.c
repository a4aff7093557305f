/* calibration_line.c - see calibration_line.h.
 * Room: predictor/backtest. May touch: nothing. Pure. */
#include "predictor/backtest/calibration_line.h"

#include <math.h>
#include <stdbool.h>

enum { STEPS_MAX = 60, HALVINGS_MAX = 30 };
static const double slope_max = 1000; /* beyond it the line runs away to a step */
static const double step_min = 1e-10;

/* Log-likelihood of a line, its gradient and minus its Hessian. */
struct line_point {
    double value, by_intercept, by_slope;
    double intercept_2, both, slope_2;
};

static struct line_point evaluate(const struct calibration_point *points, size_t count,
                                  struct calibration_line line)
{
    struct line_point sum = {0};
    for (size_t i = 0; i < count; i++) {
        if (points[i].keys <= 0) {
            continue;
        }
        double x = points[i].logit_sum / points[i].keys;
        double logit = line.intercept + line.slope * x;
        double rarer = exp(-fabs(logit)); /* the smaller odds; no overflow */
        double p = (logit > 0 ? 1 : rarer) / (1 + rarer);
        double rest = points[i].returns - points[i].keys * p;
        double curve = points[i].keys * p * (1 - p);
        double log1pexp = fmax(logit, 0) + log1p(rarer);
        sum.value += points[i].returns * logit - points[i].keys * log1pexp;
        sum.by_intercept += rest;
        sum.by_slope += rest * x;
        sum.intercept_2 += curve;
        sum.both += curve * x;
        sum.slope_2 += curve * x * x;
    }
    return sum;
}

/* Goes at most the whole Newton step, halving it until the likelihood does not fall; false when nothing helps. */
static bool step(const struct calibration_point *points, size_t count,
                 struct calibration_line *line, struct line_point *at, double *length)
{
    double determinant = at->intercept_2 * at->slope_2 - at->both * at->both;
    const double smallest = 1e-12;
    if (!(determinant > smallest * at->intercept_2 * at->slope_2)) {
        return false;
    }
    double intercept = (at->slope_2 * at->by_intercept - at->both * at->by_slope) / determinant;
    double slope = (at->intercept_2 * at->by_slope - at->both * at->by_intercept) / determinant;
    for (int i = 0; i < HALVINGS_MAX; i++, intercept /= 2, slope /= 2) {
        struct calibration_line next = {line->intercept + intercept, line->slope + slope};
        struct line_point there = evaluate(points, count, next);
        if (there.value >= at->value - step_min * fabs(at->value)) {
            *length = fabs(intercept) + fabs(slope);
            *line = next;
            *at = there;
            return true;
        }
    }
    return false;
}

struct calibration_line calibration_line_fit(const struct calibration_point *points, size_t count)
{
    const struct calibration_line none = {NAN, NAN};
    struct calibration_line line = {0, 1};
    struct line_point at = evaluate(points, count, line);
    double length = INFINITY;
    for (int i = 0; i < STEPS_MAX && length > step_min; i++) {
        if (!step(points, count, &line, &at, &length) || fabs(line.slope) > slope_max ||
            fabs(line.intercept) > slope_max) {
            return none;
        }
    }
    return length > step_min ? none : line;
}
