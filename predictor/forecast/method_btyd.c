/* method_btyd.c - the methods bgnbd and mbgnbd: everyone buys at a rate of his own until he leaves.
 * Room: predictor/forecast. May touch: GSL, memory.
 * Fitted on all keys (fitting the dormant alone would bias it), on active days; raw probabilities, which know nothing
 * of promotions. Keys that are alike share a triple, so that dormant ones are scored once a triple and then looked up. */
#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/organic_fit.h"

#include <math.h>
#include <stdlib.h>

struct btyd_method {
    struct organic_fit fit;
    struct organic_total total;
    double window[2];             /* days after as_of */
    struct organic_score *scores; /* [slot_count] of the dormant triples */
};

static void free_fitted(void *fitted)
{
    struct btyd_method *btyd = fitted;
    if (btyd != NULL) {
        free(btyd->scores);
        free(btyd);
    }
}

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
    btyd->scores = calloc(state->dormant.slot_count + 1, sizeof *btyd->scores);
    if (btyd->scores == NULL) {
        return error_set_memory(err, "scoring keys that behave alike");
    }
    btyd->total = organic_fit_total(&btyd->fit, &state->dormant, btyd->window, btyd->scores);
    return 0;
}

static void score(const struct forecast_state *state, const void *fitted,
                  const struct key_history *key, const struct as_of_snapshot *snapshot,
                  struct demand *demand)
{
    const struct btyd_method *btyd = fitted;
    const uint32_t triple[3] = {snapshot->x, snapshot->last, snapshot->age};
    size_t at = triple_set_find(&state->dormant, triple);
    (void)key;
    if (at != SIZE_MAX) {
        demand->p_return = (double)btyd->scores[at].p;
        demand->p_low = (double)btyd->scores[at].low;
        demand->p_high = (double)btyd->scores[at].high;
        return;
    }
    struct btyd_key awake = {snapshot->x, snapshot->last, snapshot->age};
    struct btyd_answer answer = btyd_fit_answer(&btyd->fit.btyd, &awake, btyd->window);
    demand->p_return = answer.p;
    demand->p_low = answer.low;
    demand->p_high = answer.high;
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
    "bgnbd", &bgnbd_variant, fit, score, describe, free_fitted, NULL, NULL,
};
const struct forecast_method method_mbgnbd = {
    "mbgnbd", &mbgnbd_variant, fit, score, describe, free_fitted, NULL, NULL,
};
