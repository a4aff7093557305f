/* bgbb.c - the BG/BB model: a coin at each opportunity (a day, a week, a year), and a coin for leaving after it.
 * Room: predictor/forecast. May touch: GSL. Pure.
 * Parameters in order: alpha, beta (chance to act ~ Beta), gamma, delta (chance to leave ~ Beta). Times count
 * opportunities: t_x is the last one used (0 when none was), T = n how many there were.
 * Source: Fader, Hardie, Shang 2010. With A = B(al+x, be+n-x) B(g, de+n) for staying to the end:
 *   L = A (1 + e^d) / (B(al, be) B(g, de)),  e^d = Sum_{j=tx..n-1} u_j, where
 *   u_{n-1} = (al+be+n-1)/(be+n-1-x) g/(de+n-1),  u_j = u_{j+1} (al+be+j)/(be+j-x) (g+de+1+j)/(de+j):
 * only positive terms and no special function, so nothing underflows (B itself does, at some 500 opportunities). */
#include "predictor/forecast/btyd_model.h"

#include "predictor/forecast/special_math.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum { ALPHA = 0, BETA = 1, GAMMA = 2, DELTA = 3 };

static void start(const struct triple_table *table, int which, double parameters[BTYD_PARAMETERS])
{
    static const double shapes[BTYD_STARTS][BTYD_PARAMETERS] = {
        {1, 1, 0.5, 3}, {2, 1, 1, 20}, {0.4, 0.3, 0.3, 1}};
    const double rarest = 1e-3;
    double share = fmin(fmax(table->x_sum / table->age_sum, rarest), 1 - rarest);
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        parameters[i] = shapes[which][i];
    }
    parameters[BETA] *= (1 - share) / share;
}

/* The sum e^d grown from j = n-1 downwards, with the derivatives of ln u_j. */
struct left_sum {
    double next;                    /* the j that comes next, plus 1: from n down to t_x */
    double term;                    /* u of the last one */
    double sum, ln_scale;           /* e^d = sum e^ln_scale */
    double by[BTYD_PARAMETERS];     /* d ln u_j by each parameter */
    double sum_by[BTYD_PARAMETERS]; /* Sum u_j d ln u_j, scaled as sum is */
};

/* Adds the terms down to j = last. */
static void extend(struct left_sum *left, const double *p, const struct btyd_key *key)
{
    const double huge = 1e200;
    for (; left->next > key->last; left->next -= 1) {
        double j = left->next - 1;
        double leaves = j + 1 == key->age ? p[GAMMA] : p[GAMMA] + p[DELTA] + 1 + j;
        double both = p[ALPHA] + p[BETA] + j;
        double missed = p[BETA] + j - key->x;
        left->term *= both / missed * leaves / (p[DELTA] + j);
        left->by[ALPHA] += 1 / both;
        left->by[BETA] += 1 / both - 1 / missed;
        left->by[GAMMA] += 1 / leaves;
        left->by[DELTA] += (j + 1 == key->age ? 0 : 1 / leaves) - 1 / (p[DELTA] + j);
        left->sum += left->term;
        for (int i = 0; i < BTYD_PARAMETERS; i++) {
            left->sum_by[i] += left->term * left->by[i];
        }
        if (left->sum > huge) {
            left->term /= huge;
            left->sum /= huge;
            left->ln_scale += log(huge);
            for (int i = 0; i < BTYD_PARAMETERS; i++) {
                left->sum_by[i] /= huge;
            }
        }
    }
}

static struct left_sum left_begin(const struct btyd_key *key)
{
    return (struct left_sum){.next = key->age, .term = 1};
}

static double ln_beta(double a, double b)
{
    return special_math_ln_gamma(a) + special_math_ln_gamma(b) - special_math_ln_gamma(a + b);
}

/* ln of A over B(al, be) B(g, de). */
static double ln_stays(const double *p, const struct btyd_key *key)
{
    return ln_beta(p[ALPHA] + key->x, p[BETA] + key->age - key->x) - ln_beta(p[ALPHA], p[BETA]) +
           ln_beta(p[GAMMA], p[DELTA] + key->age) - ln_beta(p[GAMMA], p[DELTA]);
}

static void add_stays(const double *p, const struct btyd_key *key, double w,
                      struct btyd_likelihood *out)
{
    double both =
        special_math_psi(p[ALPHA] + p[BETA]) - special_math_psi(p[ALPHA] + p[BETA] + key->age);
    double leaves =
        special_math_psi(p[GAMMA] + p[DELTA]) - special_math_psi(p[GAMMA] + p[DELTA] + key->age);
    out->value += w * ln_stays(p, key);
    out->gradient[ALPHA] +=
        w * (special_math_psi(p[ALPHA] + key->x) - special_math_psi(p[ALPHA]) + both);
    out->gradient[BETA] +=
        w * (special_math_psi(p[BETA] + key->age - key->x) - special_math_psi(p[BETA]) + both);
    out->gradient[GAMMA] += w * leaves;
    out->gradient[DELTA] +=
        w * (special_math_psi(p[DELTA] + key->age) - special_math_psi(p[DELTA]) + leaves);
}

static void add_left(const struct left_sum *left, double w, struct btyd_likelihood *out)
{
    if (!(left->sum > 0)) {
        return; /* t_x = n: alive for sure */
    }
    double d = log(left->sum) + left->ln_scale;
    double pi = w * special_math_expit(d);
    out->value += w * special_math_log1pexp(d);
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        out->gradient[i] += pi * left->sum_by[i] / left->sum;
    }
}

/* Triples come by x, then n, then falling t_x, so one sum serves all t_x of an (x, n). */
static int likelihood(const struct triple_table *table, const double parameters[BTYD_PARAMETERS],
                      struct btyd_likelihood *out)
{
    struct left_sum left = {0};
    double weight = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < table->count; i++) {
        const struct triple *triple = &table->triples[i];
        struct btyd_key key = {triple->x, table->times[triple->last], table->times[triple->age]};
        bool is_last =
            i + 1 == table->count || triple[1].x != triple->x || triple[1].age != triple->age;
        if (weight == 0) {
            left = left_begin(&key);
        }
        weight += triple->weight;
        extend(&left, parameters, &key);
        add_left(&left, triple->weight, out);
        if (is_last) {
            add_stays(parameters, &key, weight, out);
            weight = 0;
        }
    }
    return 0;
}

/* ln of L relative to A: ln(1 + e^d). */
static double ln_left(const double *p, const struct btyd_key *key)
{
    struct left_sum left = left_begin(key);
    extend(&left, p, key);
    return left.sum > 0 ? special_math_log1pexp(log(left.sum) + left.ln_scale) : 0;
}

/* P(alive at n + 1): the coin for leaving has been thrown once more than at n, as in the paper's table 6. */
static double p_alive(const double p[BTYD_PARAMETERS], const struct btyd_key *key)
{
    double n = key->age;
    return exp(-ln_left(p, key)) * (p[DELTA] + n) / (p[GAMMA] + p[DELTA] + n);
}

/* Sum over the opportunities n+from+1 .. n+to of the first use (`is_first`) or of any use, relative to A. */
static double sum_window(const double *p, const struct btyd_key *key, const double window[2],
                         bool is_first)
{
    double n = key->age;
    double sum = 0;
    double use = (p[ALPHA] + key->x) / (p[ALPHA] + p[BETA] + n);
    double stays = 1;
    int last = (int)fmin(window[1], INT_MAX);
    for (int j = 1; j <= last; j++) {
        stays *= (p[DELTA] + n + j - 1) / (p[GAMMA] + p[DELTA] + n + j - 1);
        if (j > window[0]) {
            double missed = j - window[0] - 1;
            sum += stays * use;
            use *= is_first
                       ? (p[BETA] + n - key->x + missed) / (p[ALPHA] + p[BETA] + n + 1 + missed)
                       : 1;
        }
    }
    return sum;
}

static double p_return(const double p[BTYD_PARAMETERS], const struct btyd_key *key, double from,
                       double to)
{
    const double window[2] = {from, to};
    return fmin(exp(-ln_left(p, key)) * sum_window(p, key, window, true), 1);
}

static double expected(const double p[BTYD_PARAMETERS], const struct btyd_key *key, double to)
{
    const double window[2] = {0, to};
    return exp(-ln_left(p, key)) * sum_window(p, key, window, false);
}

/* Sum over i = repeats .. n of P(alive for i opportunities, then left, or n reached) P(`repeats` of i are used), each
 * from the one before. */
static double p_repeats(const double p[BTYD_PARAMETERS], double age, unsigned repeats)
{
    double uses = 1;  /* P(repeats of i) */
    double stays = 1; /* P(not left before opportunity i + 1) */
    double sum = 0;
    if (age < repeats) {
        return 0;
    }
    for (unsigned i = 0; i < repeats; i++) {
        uses *= (p[ALPHA] + i) / (p[ALPHA] + p[BETA] + i);
        stays *= (p[DELTA] + i) / (p[GAMMA] + p[DELTA] + i);
    }
    for (double i = repeats; i < age;) {
        sum += uses * stays * p[GAMMA] / (p[GAMMA] + p[DELTA] + i);
        uses *= (i + 1) / (i + 1 - repeats) * (p[BETA] + i - repeats) / (p[ALPHA] + p[BETA] + i);
        stays *= (p[DELTA] + i) / (p[GAMMA] + p[DELTA] + i);
        i += 1;
    }
    return sum + uses * stays;
}

const struct btyd_model bgbb_model = {
    .name = "bgbb",
    .parameters = {"alpha", "beta", "gamma", "delta"},
    .has_hessian = false,
    .start = start,
    .likelihood = likelihood,
    .p_alive = p_alive,
    .p_return = p_return,
    .expected = expected,
    .p_repeats = p_repeats,
};
