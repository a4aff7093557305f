/* method_btyd.c - the methods bgnbd and mbgnbd: everyone buys at a rate of his own until he leaves.
 * Room: predictor/forecast. May touch: GSL, memory.
 * Fitted on all keys (fitting the dormant alone would bias it), on active days; raw probabilities, which know nothing
 * of promotions. */
#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/organic_fit.h"

#include <math.h>
#include <stdlib.h>

struct btyd_method {
    struct organic_fit fit;
    struct organic_total total;
    double window[2]; /* days after as_of */
};

static int fit(const struct forecast_method *method, const struct forecast_state *state,
               void **fitted, struct error *err)
{
    struct btyd_method *btyd = calloc(1, sizeof *btyd);
    *fitted = btyd;
    if (btyd == NULL) {
        return error_set_memory(err, "fitting a model");
    }
    const struct forecast_window *window = &state->window;
    btyd->window[0] = (double)(window->start_unix - window->origin_unix) / SECONDS_PER_DAY;
    btyd->window[1] = (double)(window->end_unix - window->origin_unix) / SECONDS_PER_DAY;
    const struct btyd_model *const *model = method->variant;
    if (organic_fit_set(*model, &state->triples, &btyd->fit, err) != 0) {
        return -1;
    }
    btyd->total = organic_fit_total(&btyd->fit, &state->dormant, btyd->window);
    return 0;
}

static void score(const struct forecast_state *state, const void *fitted,
                  const struct key_history *key, const struct as_of_snapshot *snapshot,
                  struct demand *demand)
{
    const struct btyd_method *btyd = fitted;
    const struct btyd_fit *fit = &btyd->fit.btyd;
    struct btyd_key triple = {snapshot->x, snapshot->last, snapshot->age};
    double interval[2];
    (void)state;
    (void)key;
    demand->p_return =
        fit->model->p_return(fit->parameters, &triple, btyd->window[0], btyd->window[1]);
    btyd_fit_interval(fit, &triple, btyd->window, interval);
    demand->p_low = interval[0];
    demand->p_high = interval[1];
}

static size_t describe(const struct forecast_state *state, const void *fitted,
                       struct forecast_fact *facts, size_t count)
{
    const struct btyd_method *btyd = fitted;
    const struct btyd_fit *fit = &btyd->fit.btyd;
    (void)state;
    for (int i = 0; i < BTYD_PARAMETERS; i++) {
        count = forecast_state_add_fact(facts, count, fit->model->parameters[i], "%.6g",
                                        fit->parameters[i]);
    }
    count = forecast_state_add_fact(facts, count, "log_likelihood", "%.3f", fit->log_likelihood);
    count = forecast_state_add_fact(facts, count, "expected_returns", "%.1f", btyd->total.mean);
    count = forecast_state_add_fact(facts, count, "expected_returns_low", "%.1f", btyd->total.low);
    count =
        forecast_state_add_fact(facts, count, "expected_returns_high", "%.1f", btyd->total.high);
    if (btyd->fit.note[0] != '\0') {
        count = forecast_state_add_fact(facts, count, "note", "%s", btyd->fit.note);
    }
    return count;
}

static const struct btyd_model *const bgnbd_variant = &bgnbd_model;
static const struct btyd_model *const mbgnbd_variant = &mbgnbd_model;

const struct forecast_method method_bgnbd = {
    "bgnbd", &bgnbd_variant, fit, score, describe, free, NULL, NULL,
};
const struct forecast_method method_mbgnbd = {
    "mbgnbd", &mbgnbd_variant, fit, score, describe, free, NULL, NULL,
};
