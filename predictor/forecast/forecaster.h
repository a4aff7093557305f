/* forecaster.h - from the histories of all keys of one entity to a demand for each: two passes over the history.
 * Room: predictor/forecast. May touch: GSL, memory.
 * Promises: features see only buckets that end at or before the moment they are asked for; memory is bounded whatever
 * the number of keys (a sample for training, distinct triples for fitting); the same input gives the same output. */
#ifndef REKINDLE_PREDICTOR_FORECASTER_H
#define REKINDLE_PREDICTOR_FORECASTER_H

#include "common/civil_time.h"
#include "common/entity.h"
#include "common/error.h"

#include "predictor/calendar/event_window.h"
#include "predictor/forecast/demand.h"
#include "predictor/forecast/attribute_table.h"
#include "predictor/history/key_history.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct forecast_options {
    const char *model;                          /* a name of forecaster_model_names() */
    enum entity entity;                         /* keys of the other entity are ignored */
    int64_t as_of_unix;                         /* what starts at or after it is ignored */
    int64_t window_start_unix, window_end_unix; /* [start, end), start >= as_of */
    int64_t
        dormant_after_second; /* who is asked about: last seen before as_of minus this; 0 is every key */
    int64_t bucket_second;
    const struct zone *zone; /* whose midnights make active days; NULL is UTC; borrowed */
    const struct event_window
        *events; /* [event_count], borrowed; only those ended by as_of count */
    size_t event_count;
    const struct attribute_table
        *attributes; /* of the keys of this entity; NULL when not known; borrowed */
    bool is_event;   /* the window is a promotion, not just any window */
    const struct key_set *event_members; /* who is in it; NULL: not told; borrowed */
    const char *event_kind; /* its kind; NULL or "": any kind of event teaches about it */
    double event_strength; /* expected returns relative to the mean of past windows; 0: not known */
};

/* One line of what the forecaster found, for reports. */
struct forecast_fact {
    char name[40];   /* words joined by _, stable */
    char value[240]; /* a number or a sentence */
};
enum { FORECAST_FACTS_MAX = 64 };

struct forecaster;

/* ERROR_USAGE for an unknown model, ERROR_INPUT for a window before as_of. The options are copied. */
struct forecaster *forecaster_open(const struct forecast_options *options,
                                   struct error *err) MUST_CHECK;
void forecaster_close(struct forecaster *forecaster);

/* Pass 1: shows one key. Every key of the entity has to be shown, not only the dormant. */
int forecaster_observe(struct forecaster *forecaster, const struct key_history *key,
                       struct error *err) MUST_CHECK;
/* Between the passes. Fits; what the data cannot tell is replaced by something plainer, and a fact says so. Fails only
 * for want of memory. */
int forecaster_fit(struct forecaster *forecaster, struct error *err) MUST_CHECK;
/* Pass 2: the demand of one key, which must have been seen before as_of: all numbers finite, p_low <= p_return <=
 * p_high. May be called from several threads at once. */
void forecaster_score(const struct forecaster *forecaster, const struct key_history *key,
                      struct demand *demand);

/* What was fitted, on how much, what is expected in total: up to FORECAST_FACTS_MAX facts; returns how many. */
size_t forecaster_describe(const struct forecaster *forecaster,
                           struct forecast_fact facts[FORECAST_FACTS_MAX]);

/* For study, after forecaster_fit, with the model auto: CSV of what it learned from, `origin,is_event,target,weight,
 * label` and its features, a row a key and past window; and of what it asks about, `id` and the features, for the header
 * (`key` NULL) or one key. Ids are written as they are, quoted. ERROR_USAGE for other models. */
int forecaster_dump_training(const struct forecaster *forecaster, FILE *out,
                             struct error *err) MUST_CHECK;
int forecaster_dump_key(const struct forecaster *forecaster, const struct key_history *key,
                        FILE *out, struct error *err) MUST_CHECK;

/* Whether the key was seen before as_of, and not since dormant_after_second before it. */
bool forecaster_is_dormant(const struct forecast_options *options, const struct key_history *key);
/* In how many past events the key came (`*returned`) of those before whose start it had been seen (`*seen`). */
void forecaster_count_events(const struct forecast_options *options, const struct key_history *key,
                             uint64_t *returned, uint64_t *seen);
/* "auto, bgnbd, ...": for messages. */
const char *forecaster_model_names(void);

#endif
