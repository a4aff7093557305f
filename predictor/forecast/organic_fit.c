/* organic_fit.c - see organic_fit.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/organic_fit.h"

#include <math.h>
#include <stdio.h>

static const double wide_prior =
    2; /* standard deviation of ln parameter: a factor of 7 either way */
static const double half_a_key = 0.5;
static const double interval_90_percent = 1.6448536269514722;

/* The pseudo key that makes a fit possible: one repeat in the middle of the longest life. */
static int add_half_a_key(struct triple_set *set, struct error *err)
{
    uint32_t age_max = 2;
    for (size_t i = 0; i < set->slot_count; i++) {
        uint32_t age = set->slots[i].weight > 0 ? triple_set_age(set->slots[i].packed) : 0;
        age_max = age > age_max ? age : age_max;
    }
    const uint32_t triple[3] = {1, age_max / 2, age_max};
    return triple_set_add(set, triple, half_a_key, err);
}

static int copy_set(const struct triple_set *from, struct triple_set *to, struct error *err)
{
    for (size_t i = 0; i < from->slot_count; i++) {
        const struct triple_slot *slot = &from->slots[i];
        const uint32_t triple[3] = {triple_set_x(slot->packed), triple_set_last(slot->packed),
                                    triple_set_age(slot->packed)};
        if (slot->weight > 0 && triple_set_add(to, triple, slot->weight, err) != 0) {
            return -1;
        }
    }
    return add_half_a_key(to, err);
}

/* As if half a key had come back, with the prior on top. */
static int fit_assisted(const struct btyd_model *model, const struct triple_set *set,
                        struct organic_fit *fit, struct error *err)
{
    struct triple_set assisted = {0};
    struct triple_table table = {0};
    int result = copy_set(set, &assisted, err);
    if (result == 0) {
        result = triple_table_from_ticks(&table, &assisted, 1, err);
    }
    if (result == 0) {
        result = btyd_fit_table(model, &table, wide_prior, &fit->btyd, err);
    }
    triple_table_free(&table);
    triple_set_free(&assisted);
    return result;
}

/* A search that ended without converging has still climbed: where it ended, the forecast is as good as the data lets
 * it be, and the note says that it is not more. */
static bool is_usable(const struct btyd_fit *fit, const struct error *err)
{
    bool is_finite = isfinite(fit->log_likelihood);
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        is_finite = is_finite && isfinite(fit->parameters[i]) && fit->parameters[i] > 0;
    }
    return is_finite && err->kind != ERROR_RESOURCE;
}

static int fit_table(const struct btyd_model *model, const struct triple_set *set,
                     const struct triple_table *table, struct organic_fit *fit, struct error *err)
{
    if (btyd_fit_table(model, table, 0, &fit->btyd, err) == 0) {
        return 0;
    }
    if (err->kind == ERROR_RESOURCE) {
        return -1;
    }
    (void)snprintf(fit->note, sizeof fit->note, "%.180s; plausible values were assumed", err->text);
    if (table->x_sum > 0 && btyd_fit_table(model, table, wide_prior, &fit->btyd, err) == 0) {
        return 0;
    }
    if (err->kind == ERROR_RESOURCE) {
        return -1;
    }
    return fit_assisted(model, set, fit, err) == 0 || is_usable(&fit->btyd, err) ? 0 : -1;
}

int organic_fit_set(const struct btyd_model *model, const struct triple_set *set,
                    struct organic_fit *fit, struct error *err)
{
    struct triple_table table = {0};
    *fit = (struct organic_fit){.note = ""};
    int result = triple_table_from_ticks(&table, set, 1, err);
    if (result == 0) {
        result = fit_table(model, set, &table, fit, err);
    }
    triple_table_free(&table);
    return result;
}

struct organic_total organic_fit_total(const struct organic_fit *fit, const struct triple_set *set,
                                       const double window[2], struct organic_score *scores)
{
    double slope[BTYD_PARAMETERS] = {0};
    double mean = 0;
    double variance = 0;
    for (size_t i = 0; i < set->slot_count; i++) {
        const struct triple_slot *slot = &set->slots[i];
        if (slot->weight <= 0) {
            continue;
        }
        struct btyd_key key = {triple_set_x(slot->packed), triple_set_last(slot->packed),
                               triple_set_age(slot->packed)};
        struct btyd_answer answer = btyd_fit_answer(&fit->btyd, &key, window);
        mean += slot->weight * answer.p;
        variance += slot->weight * answer.p * (1 - answer.p);
        for (int j = 0; j < BTYD_PARAMETERS; j++) {
            slope[j] += slot->weight * answer.p_slope[j];
        }
        if (scores != NULL) {
            scores[i] =
                (struct organic_score){(float)answer.p, (float)answer.low, (float)answer.high};
        }
    }
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        for (int j = 0; j < BTYD_PARAMETERS; j++) {
            variance += slope[i] * slope[j] * fit->btyd.ln_covariance[i][j];
        }
    }
    double half = interval_90_percent * sqrt(fmax(variance, 0));
    return (struct organic_total){.mean = mean, .low = fmax(mean - half, 0), .high = mean + half};
}
