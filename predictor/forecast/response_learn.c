/* response_learn.c - see response_learn.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/response_learn.h"

#include "predictor/forecast/organic_fit.h"

#include <stdlib.h>
#include <string.h>

/* Active buckets on an active day. */
static double visits_per_day(const struct forecast_state *state)
{
    double visits = 0;
    double days = 0;
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct bucket_list known = key_sample_buckets(&state->sample, i);
        struct as_of_snapshot snapshot;
        if (as_of_take(&state->clock, known, state->options.as_of_unix, &snapshot)) {
            visits += (double)known.count;
            days += snapshot.active_days;
        }
    }
    return days > 0 ? visits / days : 1;
}

/* What keys do anyhow. */
static int learn_ordinary(struct feature_response *response, const struct forecast_state *state,
                          struct error *err)
{
    struct organic_fit fit;
    if (organic_fit_set(&mbgnbd_model, &state->triples, &fit, err) != 0) {
        return -1;
    }
    memcpy(response->mbgnbd, fit.btyd.parameters, sizeof response->mbgnbd);
    response->visits_per_day = visits_per_day(state);
    return 0;
}

int response_learn(struct feature_response *response, const struct forecast_state *state,
                   const struct feature_context *present, struct error *err)
{
    enum { KEYS_ENOUGH = 20000 };
    size_t step = state->sample.key_count / KEYS_ENOUGH + 1;
    size_t count = 0;
    if (learn_ordinary(response, state, err) != 0) {
        return -1;
    }
    struct grade_chances *chances = malloc((state->sample.key_count / step + 1) * sizeof *chances);
    if (chances == NULL) {
        return error_set_memory(err, "learning from past events");
    }
    for (size_t i = 0; i < state->sample.key_count; i += step) {
        struct bucket_list seen = key_sample_buckets(&state->sample, i);
        chances[count++] = key_features_chances(present, seen, false, false);
    }
    event_response_fit(&response->grades, chances, count);
    free(chances);
    return 0;
}
