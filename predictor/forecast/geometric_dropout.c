/* geometric_dropout.c - see geometric_dropout.h.
 * Room: predictor/forecast. May touch: GSL. Pure.
 * Everything but ln(1 + e^d) depends on x alone or on T alone and is summed over the groups and the ages; a triple
 * costs one exp and one log1p, the logarithms of times being tables. */
#include "predictor/forecast/geometric_dropout.h"

#include "predictor/forecast/special_math.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <stdlib.h>
#include <string.h>

enum { R = 0, ALPHA = 1, A = 2, B = 3 };

void geometric_dropout_start(const struct triple_table *table, int which,
                             double parameters[BTYD_PARAMETERS])
{
    static const double shapes[BTYD_STARTS][BTYD_PARAMETERS] = {
        {0.5, 0.5, 0.8, 2}, {1.5, 1, 1, 10}, {0.2, 0.3, 0.3, 0.6}};
    double rate = table->x_sum / table->age_sum;
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        parameters[i] = shapes[which][i] / (i == ALPHA ? rate : 1);
    }
}

/* ln(alpha + t) and 1 / (alpha + t) for every time of the table. */
struct time_tables {
    double *ln, *inverse;
};

static int take_time_tables(struct time_tables *tables, const struct triple_table *table,
                            double alpha)
{
    tables->ln = malloc((table->time_count + 1) * sizeof *tables->ln);
    tables->inverse = malloc((table->time_count + 1) * sizeof *tables->inverse);
    if (tables->ln == NULL || tables->inverse == NULL) {
        free(tables->ln);
        free(tables->inverse);
        return -1;
    }
    for (size_t i = 0; i < table->time_count; i++) {
        tables->ln[i] = log(alpha + table->times[i]);
        tables->inverse[i] = 1 / (alpha + table->times[i]);
    }
    return 0;
}

static void add_symmetric(struct btyd_likelihood *out, int row, int column, double amount)
{
    out->hessian[row][column] += amount;
    if (row != column) {
        out->hessian[column][row] += amount;
    }
}

/* The part of ln L that depends on x alone: lnG(r+x) - lnG(r) + lnB(a, b+x+s) - lnB(a, b). */
static void add_group_base(enum dropout_start start, const double *p,
                           const struct triple_group *group, struct btyd_likelihood *out)
{
    double w = group->weight;
    double x = group->x;
    double bx = p[B] + x + (double)start;
    double abx = p[A] + bx;
    double ab = p[A] + p[B];
    double psi_sum = special_math_psi(ab) - special_math_psi(abx);
    double psi1_sum = special_math_psi1(ab) - special_math_psi1(abx);
    out->value += w * (special_math_ln_gamma(p[R] + x) - special_math_ln_gamma(p[R]) +
                       special_math_ln_gamma(bx) - special_math_ln_gamma(abx) -
                       special_math_ln_gamma(p[B]) + special_math_ln_gamma(ab));
    out->gradient[R] += w * (special_math_psi(p[R] + x) - special_math_psi(p[R]));
    out->gradient[A] += w * psi_sum;
    out->gradient[B] += w * (psi_sum + special_math_psi(bx) - special_math_psi(p[B]));
    add_symmetric(out, R, R, w * (special_math_psi1(p[R] + x) - special_math_psi1(p[R])));
    add_symmetric(out, A, A, w * psi1_sum);
    add_symmetric(out, A, B, w * psi1_sum);
    add_symmetric(out, B, B, w * (psi1_sum + special_math_psi1(bx) - special_math_psi1(p[B])));
}

/* The part that depends on T and, linearly, on x: r ln alpha - (r+x) ln(alpha+T). */
static void add_age_base(const struct triple_table *table, const struct time_tables *times,
                         const double *p, struct btyd_likelihood *out)
{
    double ln_alpha = log(p[ALPHA]);
    for (size_t i = 0; i < table->time_count; i++) {
        double w = table->age_weight[i];
        double rate_weight = w * p[R] + table->age_weighted_x[i];
        double inverse = times->inverse[i];
        out->value += w * p[R] * ln_alpha - rate_weight * times->ln[i];
        out->gradient[R] += w * (ln_alpha - times->ln[i]);
        out->gradient[ALPHA] += w * p[R] / p[ALPHA] - rate_weight * inverse;
        add_symmetric(out, R, ALPHA, w * (1 / p[ALPHA] - inverse));
        add_symmetric(out, ALPHA, ALPHA,
                      rate_weight * inverse * inverse - w * p[R] / p[ALPHA] / p[ALPHA]);
    }
}

/* Sums over the triples of a group, of pi = P(left) and of v = pi (1 - pi), times what d's derivatives need:
 * ln = d by r, slope = d by alpha over (r+x). */
struct left_sums {
    double value, pi, pi_ln, pi_slope, pi_curve, v, v_ln, v_slope, v_ln_ln, v_ln_slope,
        v_slope_slope;
};

static struct left_sums sum_group(const struct triple_table *table, const struct time_tables *times,
                                  const struct triple_group *group, double offset, double rate)
{
    struct left_sums sums = {0};
    for (size_t i = group->begin; i < group->end; i++) {
        const struct triple *triple = &table->triples[i];
        double w = triple->weight;
        double ln = times->ln[triple->age] - times->ln[triple->last];
        double slope = times->inverse[triple->age] - times->inverse[triple->last];
        double d = offset + rate * ln;
        double small = exp(-fabs(d));
        double share = 1 / (1 + small);
        double pi = w * (d > 0 ? share : small * share);
        double v = w * small * share * share;
        sums.value += w * (log1p(small) + fmax(d, 0));
        sums.pi += pi;
        sums.pi_ln += pi * ln;
        sums.pi_slope += pi * slope;
        sums.pi_curve += pi * slope * (times->inverse[triple->age] + times->inverse[triple->last]);
        sums.v += v;
        sums.v_ln += v * ln;
        sums.v_slope += v * slope;
        sums.v_ln_ln += v * ln * ln;
        sums.v_ln_slope += v * ln * slope;
        sums.v_slope_slope += v * slope * slope;
    }
    return sums;
}

/* Adds ln(1 + e^d) of a group to the likelihood and its derivatives. */
static void add_group_left(const struct left_sums *sums, const double *p, double bx, double rate,
                           struct btyd_likelihood *out)
{
    double by_a = 1 / p[A];
    double by_b = -1 / bx;
    out->value += sums->value;
    out->gradient[R] += sums->pi_ln;
    out->gradient[ALPHA] += rate * sums->pi_slope;
    out->gradient[A] += sums->pi * by_a;
    out->gradient[B] += sums->pi * by_b;
    add_symmetric(out, R, R, sums->v_ln_ln);
    add_symmetric(out, R, ALPHA, rate * sums->v_ln_slope + sums->pi_slope);
    add_symmetric(out, R, A, sums->v_ln * by_a);
    add_symmetric(out, R, B, sums->v_ln * by_b);
    add_symmetric(out, ALPHA, ALPHA, rate * (rate * sums->v_slope_slope - sums->pi_curve));
    add_symmetric(out, ALPHA, A, rate * sums->v_slope * by_a);
    add_symmetric(out, ALPHA, B, rate * sums->v_slope * by_b);
    add_symmetric(out, A, A, (sums->v - sums->pi) * by_a * by_a);
    add_symmetric(out, A, B, sums->v * by_a * by_b);
    add_symmetric(out, B, B, (sums->v + sums->pi) * by_b * by_b);
}

int geometric_dropout_likelihood(enum dropout_start start, const struct triple_table *table,
                                 const double parameters[BTYD_PARAMETERS],
                                 struct btyd_likelihood *out)
{
    struct time_tables times;
    if (take_time_tables(&times, table, parameters[ALPHA]) != 0) {
        return -1;
    }
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < table->group_count; i++) {
        const struct triple_group *group = &table->groups[i];
        add_group_base(start, parameters, group, out);
        if (group->x > 0 || start == DROPOUT_AFTER_FIRST) {
            double rate = parameters[R] + group->x;
            double bx = parameters[B] + ((double)group->x - 1 + (double)start);
            struct left_sums sums =
                sum_group(table, &times, group, log(parameters[A]) - log(bx), rate);
            add_group_left(&sums, parameters, bx, rate, out);
        }
    }
    add_age_base(table, &times, parameters, out);
    free(times.ln);
    free(times.inverse);
    return 0;
}

double geometric_dropout_p_alive(enum dropout_start start, const double p[BTYD_PARAMETERS],
                                 const struct btyd_key *key)
{
    if (key->x <= 0 && start == DROPOUT_AFTER_REPEAT) {
        return 1;
    }
    double d = log(p[A]) - log(p[B] + (key->x - 1 + (double)start)) +
               (p[R] + key->x) * log1p((key->age - key->last) / (p[ALPHA] + key->last));
    return special_math_expit(-d);
}

/* What a key that is alive does from its age on, in the unit of its scale A' = alpha + T. */
struct alive {
    double rate, scale; /* r + x, alpha + T */
    double a, c;        /* the chance to leave ~ Beta(a, c - a) */
};

static struct alive alive_at(enum dropout_start start, const double *p, const struct btyd_key *key)
{
    return (struct alive){.rate = p[R] + key->x,
                          .scale = p[ALPHA] + key->age,
                          .a = p[A],
                          .c = p[A] + (p[B] + key->x + (double)start)};
}

/* The density of accesses by v = ln((A'+y)/A'), y after now: (r+x) e^(-power v) F1, F1 being F with r+x+1. Of the first
 * one after u: power r+x, and the argument of F1 is z e^-v, z = u/A'. Of any: power -1, and e^v - 1 (z = 0). */
struct arrivals {
    const struct alive *alive;
    double z, power;
};

static double arrivals_at(const struct arrivals *arrivals, double v)
{
    const struct alive *alive = arrivals->alive;
    double z = arrivals->z > 0 ? arrivals->z * exp(-v) : expm1(v);
    return alive->rate * exp(-arrivals->power * v) *
           special_math_gauss_negative(alive->rate + 1, alive->a, alive->c, z);
}

/* Their integral from v = 0 to `end`: positive terms only, on panels that begin as narrow as the rate falls. */
static double integrate_arrivals(const struct arrivals *arrivals, double end)
{
    enum { POINTS = 16 };
    const double widest = 1;
    const double negligible = 1e-17;
    double sum = 0;
    double width = fmin(widest, 2 / (arrivals->alive->rate + 1));
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(POINTS);
    if (table == NULL) {
        return NAN;
    }
    for (double at = 0; at < end; width = fmin(2 * width, widest)) {
        double before = sum;
        double panel_end = fmin(at + width, end);
        for (size_t i = 0; i < POINTS; i++) {
            double v;
            double weight;
            (void)gsl_integration_glfixed_point(at, panel_end, i, &v, &weight, table);
            sum += weight * arrivals_at(arrivals, v);
        }
        if (sum - before <= negligible * sum) {
            break;
        }
        at = panel_end;
    }
    gsl_integration_glfixed_table_free(table);
    return sum;
}

/* P(an access in (from, from + length]) of a key that is alive: a difference, or where that cancels the integral over the
 * time of the first access. */
static double p_any(const struct alive *alive, double from, double length)
{
    const double cancels_below =
        1e-6; /* ten digits are left above it; the integral is ten times slower */
    double end = log1p(length / alive->scale);
    if (from <= 0) {
        return -expm1(-alive->rate * end);
    }
    double at_start =
        special_math_gauss_negative(alive->rate, alive->a, alive->c, from / alive->scale);
    double at_end = special_math_gauss_negative(alive->rate, alive->a, alive->c,
                                                from / (alive->scale + length));
    double p = at_start - exp(-alive->rate * end) * at_end;
    if (p < cancels_below * at_start) {
        const struct arrivals arrivals = {alive, from / alive->scale, alive->rate};
        p = integrate_arrivals(&arrivals, end);
    }
    return fmin(fmax(p, 0), 1);
}

double geometric_dropout_p_return(enum dropout_start start, const double p[BTYD_PARAMETERS],
                                  const struct btyd_key *key, const double window[2])
{
    const struct alive alive = alive_at(start, p, key);
    return geometric_dropout_p_alive(start, p, key) *
           p_any(&alive, window[0], window[1] - window[0]);
}

/* The closed form is short and accurate for a not near 1, where it is 0 / 0, and windows neither tiny nor many times the
 * key's age; elsewhere the integral. */
double geometric_dropout_expected(enum dropout_start start, const double p[BTYD_PARAMETERS],
                                  const struct btyd_key *key, double to)
{
    const double singular_within = 1e-3;
    const double y_short[2] = {0.01, 0.95};
    const double large = 100;
    const struct alive alive = alive_at(start, p, key);
    double chance = geometric_dropout_p_alive(start, p, key);
    double y = to / (alive.scale + to);
    if (fabs(p[A] - 1) < singular_within || y < y_short[0] || y > y_short[1] || p[A] > large ||
        p[B] > large || p[R] > large) {
        const struct arrivals arrivals = {&alive, 0, -1};
        return chance * integrate_arrivals(&arrivals, log1p(to / alive.scale));
    }
    double c = alive.c - 1;
    double gauss = special_math_gauss(c - alive.rate, p[A] - 1, c, y);
    return chance * c / (p[A] - 1) * (1 - exp((p[A] - 1) * log1p(-y)) * gauss);
}

double geometric_dropout_p_repeats(enum dropout_start start, const double p[BTYD_PARAMETERS],
                                   double age, unsigned repeats)
{
    double stayed = 1; /* B(a, b + chances) / B(a, b) */
    double left = 0;   /* B(a + 1, b + chances - 1) / B(a, b) */
    unsigned chances = repeats + (unsigned)start;
    for (unsigned i = 0; i < chances; i++) {
        left = stayed * p[A] / (p[A] + p[B] + i);
        stayed *= (p[B] + i) / (p[A] + p[B] + i);
    }
    double at_least = repeats == 0 ? 1 : gsl_cdf_beta_P(age / (p[ALPHA] + age), repeats, p[R]);
    return stayed * special_math_p_gamma_poisson(p[R], p[ALPHA], age, repeats) + left * at_least;
}
