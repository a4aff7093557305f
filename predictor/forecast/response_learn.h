/* response_learn.h - how readily keys follow events, learned from all of them as of now.
 * Room: predictor/forecast. May touch: GSL, memory. */
#ifndef REKINDLE_PREDICTOR_RESPONSE_LEARN_H
#define REKINDLE_PREDICTOR_RESPONSE_LEARN_H

#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/key_features.h"

/* Learns from what keys did in the events of `present`, whose strengths are known, as far as those found them existing:
 * of keys that an event brought first, only those who came are known. Takes up to 20,000 keys of the sample, evenly. */
int response_learn(struct feature_response *response, const struct forecast_state *state,
                   const struct feature_context *present, struct error *err) MUST_CHECK;

#endif
