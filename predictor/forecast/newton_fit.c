/* newton_fit.c - see newton_fit.h.
 * Room: predictor/forecast. May touch: GSL (linear algebra).
 * Levenberg's damping: (-H + lambda I) step = gradient, lambda rising while a step does not improve or the matrix is
 * not positive definite, falling to 0 near the top, where the steps become Newton's own and convergence quadratic. */
#include "predictor/forecast/newton_fit.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

static const double step_longest = 2;  /* of one variable; they are logarithms, so a factor of 7 */
static const double gain_small = 1e-9; /* in units of the log-likelihood */
static const double rounding_share = 1e-13; /* two values closer than this, relatively, are equal */
static const double damping_least =
    1e-3; /* below it there is none: log-likelihoods are sums over keys */
static const double damping_falls = 100;
static const double damping_most = 1e12;

typedef double square[NEWTON_DIMENSION_MAX][NEWTON_DIMENSION_MAX];

static int evaluate(const struct newton_task *task, const double *at, struct newton_point *point,
                    struct newton_result *result)
{
    result->evaluation_count++;
    return task->function(task->context, at, false, point);
}

/* The Hessian by central differences of the gradient, made symmetric. */
static int difference_hessian(const struct newton_task *task, const double *at,
                              struct newton_point *point, struct newton_result *result)
{
    const double width = 1e-4;
    square rows;
    for (size_t i = 0; i < task->dimension; i++) {
        struct newton_point above;
        struct newton_point below;
        double moved[NEWTON_DIMENSION_MAX];
        memcpy(moved, at, sizeof moved);
        moved[i] = at[i] + width;
        int failed = evaluate(task, moved, &above, result);
        moved[i] = at[i] - width;
        if (failed != 0 || evaluate(task, moved, &below, result) != 0) {
            return -1;
        }
        for (size_t j = 0; j < task->dimension; j++) {
            rows[i][j] = (above.gradient[j] - below.gradient[j]) / (2 * width);
        }
    }
    for (size_t i = 0; i < task->dimension; i++) {
        for (size_t j = 0; j < task->dimension; j++) {
            point->hessian[i][j] = (rows[i][j] + rows[j][i]) / 2;
        }
    }
    return 0;
}

static int evaluate_all(const struct newton_task *task, const double *at,
                        struct newton_point *point, struct newton_result *result)
{
    if (task->has_hessian) {
        result->evaluation_count++;
        return task->function(task->context, at, true, point);
    }
    return evaluate(task, at, point, result) != 0 ? -1
                                                  : difference_hessian(task, at, point, result);
}

/* Cholesky factor of -H + lambda I into `factor`; -1 when it is not positive definite. */
static int factorise(const struct newton_task *task, const struct newton_point *point,
                     double lambda, gsl_matrix *factor)
{
    for (size_t i = 0; i < task->dimension; i++) {
        for (size_t j = 0; j < task->dimension; j++) {
            double element = -point->hessian[i][j] + (i == j ? lambda : 0);
            if (!isfinite(element)) {
                return -1;
            }
            gsl_matrix_set(factor, i, j, element);
        }
    }
    return gsl_linalg_cholesky_decomp1(factor) == 0 ? 0 : -1;
}

/* The step and the gain it promises; -1 when the matrix is not positive definite at this damping. */
static int solve_step(const struct newton_task *task, const struct newton_point *point,
                      double lambda, double *step, double *gain)
{
    double room[NEWTON_DIMENSION_MAX * NEWTON_DIMENSION_MAX];
    double right[NEWTON_DIMENSION_MAX];
    gsl_matrix_view factor = gsl_matrix_view_array(room, task->dimension, task->dimension);
    gsl_vector_view gradient = gsl_vector_view_array(right, task->dimension);
    gsl_vector_view solution = gsl_vector_view_array(step, task->dimension);
    if (factorise(task, point, lambda, &factor.matrix) != 0) {
        return -1;
    }
    memcpy(right, point->gradient, task->dimension * sizeof *right);
    if (gsl_linalg_cholesky_solve(&factor.matrix, &gradient.vector, &solution.vector) != 0) {
        return -1;
    }
    double longest = 0;
    *gain = 0;
    for (size_t i = 0; i < task->dimension; i++) {
        longest = fmax(longest, fabs(step[i]));
        *gain += step[i] * point->gradient[i] / 2;
    }
    for (size_t i = 0; longest > step_longest && i < task->dimension; i++) {
        step[i] *= step_longest / longest;
    }
    return isfinite(*gain) ? 0 : -1;
}

static int set_covariance(const struct newton_task *task, const struct newton_point *point,
                          struct newton_result *result)
{
    double room[NEWTON_DIMENSION_MAX * NEWTON_DIMENSION_MAX];
    gsl_matrix_view factor = gsl_matrix_view_array(room, task->dimension, task->dimension);
    if (factorise(task, point, 0, &factor.matrix) != 0 ||
        gsl_linalg_cholesky_invert(&factor.matrix) != 0) {
        return -1;
    }
    for (size_t i = 0; i < task->dimension; i++) {
        for (size_t j = 0; j < task->dimension; j++) {
            result->covariance[i][j] = gsl_matrix_get(&factor.matrix, i, j);
        }
    }
    return 0;
}

static bool has_run_away(const struct newton_task *task, struct newton_result *result)
{
    for (size_t i = 0; i < task->dimension; i++) {
        if (fabs(result->at[i]) > task->bound) {
            result->runaway = i;
            return true;
        }
    }
    return false;
}

static double raise_damping(double lambda, const struct newton_point *point, size_t dimension)
{
    double largest = 1;
    for (size_t i = 0; i < dimension; i++) {
        largest = fmax(largest, fabs(point->hessian[i][i]));
    }
    return lambda == 0 ? largest * 1e-3 : lambda * 10;
}

static bool is_better(double value, double before)
{
    return isfinite(value) && value >= before - rounding_share * fabs(before);
}

/* NEWTON_TOO_LONG means: go on. The last, tiny step is taken too, because it squares the error that is left. */
static enum newton_verdict judge(const struct newton_task *task, const struct newton_point *point,
                                 bool is_top, struct newton_result *result)
{
    if (has_run_away(task, result)) {
        return NEWTON_RAN_AWAY;
    }
    if (!is_top) {
        return NEWTON_TOO_LONG;
    }
    return set_covariance(task, point, result) == 0 ? NEWTON_CONVERGED : NEWTON_STALLED;
}

/* One accepted step from `point`, or the verdict that ends the search. */
static enum newton_verdict climb(const struct newton_task *task, struct newton_point *point,
                                 double *lambda, struct newton_result *result)
{
    for (; *lambda < damping_most; *lambda = raise_damping(*lambda, point, task->dimension)) {
        struct newton_point next;
        double moved[NEWTON_DIMENSION_MAX] = {0};
        double step[NEWTON_DIMENSION_MAX];
        double gain;
        if (solve_step(task, point, *lambda, step, &gain) != 0) {
            continue;
        }
        for (size_t i = 0; i < task->dimension; i++) {
            moved[i] = result->at[i] + step[i];
        }
        if (evaluate_all(task, moved, &next, result) != 0) {
            return NEWTON_NO_MEMORY;
        }
        if (is_better(next.value, point->value)) {
            /* A gain below the rounding of the value cannot be seen, however many keys are summed. */
            double unseen = fmax(gain_small, rounding_share * fabs(point->value));
            bool is_top = *lambda == 0 && gain < unseen;
            *point = next;
            memcpy(result->at, moved, sizeof moved);
            result->value = next.value;
            *lambda = *lambda / damping_falls < damping_least ? 0 : *lambda / damping_falls;
            return judge(task, point, is_top, result);
        }
    }
    return NEWTON_STALLED;
}

struct newton_result newton_fit_maximum(const struct newton_task *task, const double *start)
{
    struct newton_result result = {.verdict = NEWTON_TOO_LONG};
    struct newton_point point;
    double lambda = 0;
    memcpy(result.at, start, task->dimension * sizeof *start);
    if (evaluate_all(task, result.at, &point, &result) != 0) {
        result.verdict = NEWTON_NO_MEMORY;
        return result;
    }
    result.value = point.value;
    while (result.verdict == NEWTON_TOO_LONG && result.step_count < task->max_steps) {
        result.step_count++;
        result.verdict = climb(task, &point, &lambda, &result);
    }
    return result;
}
