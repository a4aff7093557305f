/* training_set.h - past windows to learn from, and the rows of the sampled keys that were dormant at their origins.
 * Room: predictor/forecast. May touch: GSL, memory. */
#ifndef REKINDLE_PREDICTOR_TRAINING_SET_H
#define REKINDLE_PREDICTOR_TRAINING_SET_H

#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/group_effects.h"
#include "predictor/forecast/key_features.h"
#include "predictor/forecast/training_rows.h"

enum { TRAINING_ORIGINS_MAX = 24, TRAINING_EVENTS_MAX = 48 };

/* A past window with everything that was known at its origin. */
struct training_origin {
    struct feature_context context; /* its events are those of the set, as many as had ended */
    bool is_event;
    size_t event_at;      /* which of the set's events, if it is one */
    bool is_same_kind;    /* an event of the coming one's kind */
    double ln_age;        /* ln of the history's age there over its age now; at most 0 */
    double keys, returns; /* dormant there beyond the threshold, and how many of them came back */
    size_t row_begin, row_end;
    double row_returns; /* rows that came back, for the shorter threshold of training */
};

struct training_set {
    struct feature_event events[TRAINING_EVENTS_MAX]; /* by start */
    size_t event_count;
    struct event_window unlogged[TRAINING_EVENTS_MAX]; /* left out: their logs are missing */
    size_t unlogged_count;
    struct training_origin
        origins[TRAINING_ORIGINS_MAX]; /* the latest first; rolling ones before events */
    size_t origin_count;
    struct training_rows rows;
    struct feature_response response;
    struct group_effects groups; /* as of now, from all windows */
};

/* Picks origins: rolling windows of the coming one's length back from as_of, some overlapping, and past events, each with
 * the coming one's lead, and with at least a third of the history before it, so that keys look as old as they do now. Fits BG/NBD and MBG/NBD as of each. Fills at most `row_count_max` rows, all
 * returns before others, the same ones for the same keys. Free it also after a failure. */
int training_set_make(struct training_set *set, const struct forecast_state *state,
                      size_t row_count_max, struct error *err) MUST_CHECK;
void training_set_free(struct training_set *set);

/* A sampled key as features see it. */
struct feature_key training_set_key(const struct forecast_state *state, size_t at);

/* Whether the windows of two origins share time, so that one tells what the other asks. */
bool training_set_overlap(const struct training_set *set, size_t one, size_t other);

/* The context of the coming window: what training_set_make makes for past ones, for as_of. */
int training_set_present(const struct training_set *set, const struct forecast_state *state,
                         struct feature_context *context, struct error *err) MUST_CHECK;

/* The same, had the history begun only at `start_unix`. */
int training_set_view(const struct training_set *set, const struct forecast_state *state,
                      int64_t start_unix, struct feature_context *context,
                      struct error *err) MUST_CHECK;
/* How many of the set's events had ended by `moment_unix`. */
size_t training_set_count_ended(const struct training_set *set, int64_t moment_unix);

#endif
