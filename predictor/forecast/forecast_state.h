/* forecast_state.h - what pass 1 leaves for the methods, and what a method is.
 * Room: predictor/forecast. May touch: memory. Private to this room: others see forecaster.h. */
#ifndef REKINDLE_PREDICTOR_FORECAST_STATE_H
#define REKINDLE_PREDICTOR_FORECAST_STATE_H

#include "predictor/forecast/as_of.h"
#include "predictor/forecast/forecaster.h"
#include "predictor/forecast/key_sample.h"
#include "predictor/forecast/plain_hits.h"
#include "predictor/forecast/sibling_activity.h"
#include "predictor/forecast/triple_set.h"

/* A window to learn from or to forecast: features as of `origin`, accesses within [start, end). */
struct forecast_window {
    int64_t origin_unix, start_unix, end_unix;
};

struct forecast_state {
    struct forecast_options options;
    struct as_of_clock clock;
    struct forecast_window window;    /* the one to forecast */
    struct key_sample sample;         /* whole histories, cut at as_of */
    struct triple_set triples;        /* of all keys at as_of */
    struct triple_set dormant;        /* of the dormant ones alone */
    struct sibling_activity siblings; /* empty without parents */
    uint64_t key_count, dormant_count;
    int64_t first_unix; /* the first bucket of all; INT64_MAX when there is none */
    struct plain_hits hits;
};

/* What a method fitted; each method has its own. */
struct forecast_method {
    const char *name;
    const void *variant; /* tells methods apart that share their functions */
    /* Fits to what pass 1 left; `*fitted` is freed by free_fitted, also when this fails. */
    int (*fit)(const struct forecast_method *method, const struct forecast_state *state,
               void **fitted, struct error *err);
    /* p_return, p_low and p_high of a key; may set expected_hits, which is otherwise that of plain_hits.h; may add
     * to the reason, which says already when and how often the key was seen. */
    void (*score)(const struct forecast_state *state, const void *fitted,
                  const struct key_history *key, const struct as_of_snapshot *snapshot,
                  struct demand *demand);
    /* Adds facts from `facts[count]` on; returns the new count. */
    size_t (*describe)(const struct forecast_state *state, const void *fitted,
                       struct forecast_fact *facts, size_t count);
    void (*free_fitted)(void *fitted);
    /* What forecaster_dump_training and forecaster_dump_key promise; NULL when there are no features. */
    void (*dump_training)(const void *fitted, FILE *out);
    void (*dump_key)(const struct forecast_state *state, const void *fitted,
                     const struct key_history *key, FILE *out);
};

extern const struct forecast_method method_auto, method_bgnbd, method_mbgnbd, method_recency,
    method_frequency, method_decayed;

/* Adds one fact, if there is room; returns the new count. */
size_t forecast_state_add_fact(struct forecast_fact *facts, size_t count, const char *name,
                               const char *format, ...) PRINTF_LIKE(4, 5);

/* Whether the key (seen by the window's origin) was dormant there. */
bool forecast_state_is_dormant(const struct forecast_state *state,
                               const struct forecast_window *window,
                               const struct as_of_snapshot *snapshot);

#endif
