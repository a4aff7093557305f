/* paretonbd.c - the Pareto/NBD model: gamma rates, and gamma rates of leaving that run with the clock.
 * Room: predictor/forecast. May touch: GSL. Pure.
 * Parameters in order: r, alpha (rate of accesses), s, beta (rate of leaving).
 * Source: Schmittlein, Morrison, Colombo 1987; Fader and Hardie note 009. Its 2F1 differences overflow or cancel, so
 * everything here is a positive integral instead:
 *   e^d = Int_tx^T s/(beta+t) [(alpha+T)/(alpha+t)]^(r+x) [(beta+T)/(beta+t)]^s dt, the odds of having left
 *   ln L = lnG(r+x) - lnG(r) + r ln alpha + s ln beta - (r+x) ln(alpha+T) - s ln(beta+T) + ln(1 + e^d)
 *   P(return in (T+u, T+w]) = P(alive) Int_0^h (r+x)/A' [A'/(A'+y)]^(r+x+1) [B'/(B'+u+y)]^s dy
 * by Gauss-Legendre on panels in v = ln((m+t)/(m+t0)), m the smaller of the two scales, in which the integrand decays
 * at a known speed: at most 1e-12 off for scales of 0.03 to 1000 and x to 1000. */
#include "predictor/forecast/btyd_model.h"

#include "predictor/forecast/special_math.h"

#include <gsl/gsl_integration.h>
#include <stdlib.h>
#include <string.h>

enum { R = 0, ALPHA = 1, S = 2, BETA = 3 };
enum { RULE_POINTS = 24 };

static void start(const struct triple_table *table, int which, double parameters[BTYD_PARAMETERS])
{
    static const double shapes[BTYD_STARTS][BTYD_PARAMETERS] = {
        {0.6, 0.4, 0.6, 0.4}, {1.5, 1, 1, 2}, {0.3, 0.2, 0.3, 0.1}};
    double mean_age = table->age_sum / table->weight_sum;
    double rate = table->x_sum / table->age_sum;
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        parameters[i] = shapes[which][i];
    }
    parameters[ALPHA] /= rate;
    parameters[BETA] *= mean_age;
}

/* Nodes and weights of the Gauss-Legendre rule on 0..1. */
struct rule {
    double at[RULE_POINTS], weight[RULE_POINTS];
};

static int rule_init(struct rule *rule)
{
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(RULE_POINTS);
    if (table == NULL) {
        return -1;
    }
    for (size_t i = 0; i < RULE_POINTS; i++) {
        (void)gsl_integration_glfixed_point(0, 1, i, &rule->at[i], &rule->weight[i], table);
    }
    gsl_integration_glfixed_table_free(table);
    return 0;
}

/* Powers of two falling scales, integrated from t0 to t1: exp(-power_a ln((a+t)/(a+t0)) - power_b ln((b+t)/(b+t0))). */
struct integrand {
    double a, b;             /* scales, positive */
    double power_a, power_b; /* positive */
    double t0, t1;
};

/* The integral and, for gradients, the integrals of the integrand times ln(a+t), 1/(a+t), ln(b+t), 1/(b+t), each
 * logarithm relative to t0. */
struct moments {
    double mass, ln_a, inverse_a, ln_b, inverse_b;
};

static void add_panel(const struct integrand *f, const struct rule *rule, const double panel[2],
                      struct moments *sums)
{
    double m = fmin(f->a, f->b);
    double width = panel[1] - panel[0];
    for (size_t i = 0; i < RULE_POINTS; i++) {
        double v = panel[0] + width * rule->at[i];
        double t = f->t0 + (m + f->t0) * expm1(v);
        double ln_a = log1p((t - f->t0) / (f->a + f->t0));
        double ln_b = log1p((t - f->t0) / (f->b + f->t0));
        double mass =
            width * rule->weight[i] * (m + t) * exp(-f->power_a * ln_a - f->power_b * ln_b);
        sums->mass += mass;
        sums->ln_a += mass * ln_a;
        sums->inverse_a += mass / (f->a + t);
        sums->ln_b += mass * ln_b;
        sums->inverse_b += mass / (f->b + t);
    }
}

static struct moments integrate(const struct integrand *f, const struct rule *rule)
{
    const double widest = 4;
    const double negligible = 1e-17;
    struct moments sums = {0};
    double m = fmin(f->a, f->b);
    double end = log1p((f->t1 - f->t0) / (m + f->t0));
    double decay =
        f->power_a * (m + f->t0) / (f->a + f->t0) + f->power_b * (m + f->t0) / (f->b + f->t0) - 1;
    double width = decay > 2 / widest ? 2 / decay : widest;
    for (double at = 0; at < end; width = fmin(width * 2, widest)) {
        double before = sums.mass;
        const double panel[2] = {at, fmin(at + width, end)};
        add_panel(f, rule, panel, &sums);
        if (sums.mass - before <= negligible * sums.mass) {
            break;
        }
        at = panel[1];
    }
    return sums;
}

/* The odds of having left as an integral from t_x to T; `*ln_front` is what stands before it. */
static struct moments left_integral(const double *p, const struct btyd_key *key,
                                    const struct rule *rule, double *ln_front)
{
    double rate = p[R] + key->x;
    struct integrand f = {.a = p[ALPHA],
                          .b = p[BETA],
                          .power_a = rate,
                          .power_b = p[S] + 1,
                          .t0 = key->last,
                          .t1 = key->age};
    *ln_front = log(p[S]) - log(p[BETA] + key->last) +
                rate * log((p[ALPHA] + key->age) / (p[ALPHA] + key->last)) +
                p[S] * log((p[BETA] + key->age) / (p[BETA] + key->last));
    return integrate(&f, rule);
}

static void add_base(const double *p, const struct btyd_key *key, double w,
                     struct btyd_likelihood *out)
{
    double rate = p[R] + key->x;
    double scale_a = p[ALPHA] + key->age;
    double scale_b = p[BETA] + key->age;
    out->value +=
        w * (p[R] * log(p[ALPHA]) - rate * log(scale_a) - p[S] * log1p(key->age / p[BETA]));
    out->gradient[R] += w * (log(p[ALPHA]) - log(scale_a));
    out->gradient[ALPHA] += w * (p[R] / p[ALPHA] - rate / scale_a);
    out->gradient[S] -= w * log1p(key->age / p[BETA]);
    out->gradient[BETA] += w * (p[S] / p[BETA] - p[S] / scale_b);
}

/* Adds w ln(1 + e^d); d's derivatives are means over the integrand. */
static void add_left(const double *p, const struct btyd_key *key, const struct rule *rule, double w,
                     struct btyd_likelihood *out)
{
    double ln_front;
    struct moments sums = left_integral(p, key, rule, &ln_front);
    if (!(sums.mass > 0)) {
        return; /* t_x = T: alive for sure */
    }
    double rate = p[R] + key->x;
    double d = ln_front + log(sums.mass);
    double pi = w * special_math_expit(d);
    double ln_a = log((p[ALPHA] + key->age) / (p[ALPHA] + key->last)) - sums.ln_a / sums.mass;
    double ln_b = log((p[BETA] + key->age) / (p[BETA] + key->last)) - sums.ln_b / sums.mass;
    double mean_b = sums.inverse_b / sums.mass;
    out->value += w * special_math_log1pexp(d);
    out->gradient[R] += pi * ln_a;
    out->gradient[ALPHA] += pi * rate * (1 / (p[ALPHA] + key->age) - sums.inverse_a / sums.mass);
    out->gradient[S] += pi * (1 / p[S] + ln_b);
    out->gradient[BETA] += pi * (p[S] / (p[BETA] + key->age) - (p[S] + 1) * mean_b);
}

static int likelihood(const struct triple_table *table, const double parameters[BTYD_PARAMETERS],
                      struct btyd_likelihood *out)
{
    struct rule rule;
    if (rule_init(&rule) != 0) {
        return -1;
    }
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < table->group_count; i++) {
        double w = table->groups[i].weight;
        double rate = parameters[R] + table->groups[i].x;
        out->value += w * (special_math_ln_gamma(rate) - special_math_ln_gamma(parameters[R]));
        out->gradient[R] += w * (special_math_psi(rate) - special_math_psi(parameters[R]));
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct triple *triple = &table->triples[i];
        struct btyd_key key = {triple->x, table->times[triple->last], table->times[triple->age]};
        add_base(parameters, &key, triple->weight, out);
        add_left(parameters, &key, &rule, triple->weight, out);
    }
    return 0;
}

static double p_alive(const double p[BTYD_PARAMETERS], const struct btyd_key *key)
{
    struct rule rule;
    double ln_front;
    if (rule_init(&rule) != 0) {
        return NAN;
    }
    struct moments sums = left_integral(p, key, &rule, &ln_front);
    return sums.mass > 0 ? special_math_expit(-ln_front - log(sums.mass)) : 1;
}

static double p_return(const double p[BTYD_PARAMETERS], const struct btyd_key *key, double from,
                       double to)
{
    struct rule rule;
    if (rule_init(&rule) != 0) {
        return NAN;
    }
    double rate = p[R] + key->x;
    double scale_a = p[ALPHA] + key->age;
    double scale_b = p[BETA] + key->age;
    struct integrand f = {.a = scale_a,
                          .b = scale_b + from,
                          .power_a = rate + 1,
                          .power_b = p[S],
                          .t0 = 0,
                          .t1 = to - from};
    double mass = integrate(&f, &rule).mass * rate / scale_a;
    double stays = exp(-p[S] * log1p(from / scale_b));
    return p_alive(p, key) * fmin(fmax(stays * mass, 0), 1);
}

/* (1 - e^-y) / y, 1 at 0. */
static double decay_mean(double y)
{
    return y == 0 ? 1 : -expm1(-y) / y;
}

static double expected(const double p[BTYD_PARAMETERS], const struct btyd_key *key, double to)
{
    double scale_b = p[BETA] + key->age;
    double ln = log1p(to / scale_b);
    double rate = (p[R] + key->x) / (p[ALPHA] + key->age);
    return p_alive(p, key) * rate * scale_b * ln * decay_mean((p[S] - 1) * ln);
}

/* Chance density of leaving at `time` after `repeats` accesses: s/(beta+t) (beta/(beta+t))^s NB(repeats; t). */
static double leaves_after(const double *p, double time, unsigned repeats)
{
    return p[S] / (p[BETA] + time) * exp(-p[S] * log1p(time / p[BETA])) *
           special_math_p_gamma_poisson(p[R], p[ALPHA], time, repeats);
}

/* Note 012, but as what it is derived from: those who stayed, and a positive integral over the time of leaving, on panels
 * in v = ln((m+t)/m) that are narrower the sharper the peak of NB. */
static double p_repeats(const double p[BTYD_PARAMETERS], double age, unsigned repeats)
{
    struct rule rule;
    if (rule_init(&rule) != 0) {
        return NAN;
    }
    double m = fmin(p[ALPHA], p[BETA]);
    double end = log1p(age / m);
    double width = fmin(1, 2 / sqrt(repeats + 1.0));
    double sum = exp(-p[S] * log1p(age / p[BETA])) *
                 special_math_p_gamma_poisson(p[R], p[ALPHA], age, repeats);
    for (double at = 0; at < end;) {
        double panel = fmin(width, end - at);
        for (size_t i = 0; i < RULE_POINTS; i++) {
            double time = m * expm1(at + panel * rule.at[i]);
            sum += panel * rule.weight[i] * (m + time) * leaves_after(p, time, repeats);
        }
        at += panel;
    }
    return sum;
}

const struct btyd_model paretonbd_model = {
    .name = "paretonbd",
    .parameters = {"r", "alpha", "s", "beta"},
    .has_hessian = false,
    .start = start,
    .likelihood = likelihood,
    .p_alive = p_alive,
    .p_return = p_return,
    .expected = expected,
    .p_repeats = p_repeats,
};
