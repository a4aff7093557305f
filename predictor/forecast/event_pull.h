/* event_pull.h - how strongly past events pulled: the accesses they added, by those of ordinary times.
 * Room: predictor/forecast. May touch: memory.
 * All keys tell it, new ones too, and not only those who were dormant. So it compares events of which some began before
 * anyone was dormant, or when fewer keys were known: what differs between them is then how many they moved. */
#ifndef REKINDLE_PREDICTOR_EVENT_PULL_H
#define REKINDLE_PREDICTOR_EVENT_PULL_H

#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/key_features.h"

/* Sets the pull of each of `events` [count] by the sampled keys: accesses in its window, over the mean of the same hours of
 * the week in up to three windows before and after it that touch no event, less 1; at least a twentieth. 0, not known,
 * where there is no such window, or buckets are too long or too many to tell. An event in which less than a twentieth of
 * the ordinary accesses took place, of which there would have been enough to tell, is unlogged: no shop is as quiet, so
 * its logs are missing. The strength of each is its pull over the mean of those that are
 * known and logged. */
int event_pull_measure(const struct forecast_state *state, struct feature_event *events,
                       size_t count, struct error *err) MUST_CHECK;

#endif
