/* event_replay.c - see event_replay.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/event_replay.h"

#include "predictor/forecast/return_link.h"

#include <math.h>
#include <stdlib.h>

/* Since when today's history would have to be known to be like the past event's: as old, and with as many events, whole
 * ones, so that what keys did in events is known as well as it was then. */
static int64_t view_start(const struct event_replay *replay, const struct training_origin *origin)
{
    const struct feature_event *events = replay->set->events;
    int64_t now = replay->state->window.origin_unix;
    int64_t start = now - (origin->context.origin_unix - replay->state->first_unix);
    size_t had = origin->context.event_count;
    size_t has = training_set_count_ended(replay->set, now);
    if (has > had && start < events[has - had - 1].window.end_unix) {
        start = events[has - had - 1].window.end_unix;
    }
    if (had > 0 && start > events[has - had].window.start_unix) {
        start = events[has - had].window.start_unix;
    }
    return start;
}

/* Every so many of the keys that are dormant now are looked at: enough to tell a total. */
static size_t step_of(const struct dormant_scores *dormant)
{
    enum { KEYS_ENOUGH = 50000 };
    return dormant->count / KEYS_ENOUGH + 1;
}

/* Today's keys through the shorter history, by both; and the same keys as they are scored. */
struct views {
    struct dormant_scores then, plain, now;
};

static int take_views(struct views *views, const struct dormant_scores *dormant, struct error *err)
{
    size_t most = dormant->count / step_of(dormant) + 1;
    *views = (struct views){.then = {.keys = NULL}};
    if (dormant_scores_reserve(&views->then, most, err) != 0 ||
        dormant_scores_reserve(&views->plain, most, err) != 0 ||
        dormant_scores_reserve(&views->now, most, err) != 0) {
        return -1;
    }
    return 0;
}

static void free_views(struct views *views)
{
    dormant_scores_free(&views->then);
    dormant_scores_free(&views->plain);
    dormant_scores_free(&views->now);
}

static void fill_views(const struct event_replay *replay, const struct feature_context *view,
                       int64_t start_unix, double ln_age, struct views *views)
{
    const struct forecast_state *state = replay->state;
    const struct dormant_scores *dormant = replay->dormant;
    for (size_t i = 0; i < dormant->count; i += step_of(dormant)) {
        size_t at = dormant->keys[i];
        struct feature_key key = training_set_key(state, at);
        struct contribution unused[FEATURE_COUNT];
        float row[FEATURE_COUNT];
        key.buckets = as_of_since(&state->clock, key.buckets, start_unix);
        if (key_features_take(view, &key, row)) {
            struct candidate_answer answer =
                candidate_ask(replay->choice, row, true, ln_age, unused);
            dormant_scores_add(&views->then, at, answer.score, answer.ground);
            dormant_scores_add(&views->plain, at, candidate_plain_score(replay->choice, row),
                               return_link_logit);
            dormant_scores_add(&views->now, at, (double)dormant->scores[i], dormant->grounds[i]);
        }
    }
}

/* The level that the event had by MBG/NBD. */
static int measure_plain(const struct event_replay *replay, size_t origin, double *level,
                         struct error *err)
{
    const struct training_rows *rows = &replay->set->rows;
    float *scores = calloc(rows->count + 1, sizeof *scores);
    if (scores == NULL) {
        return error_set_memory(err, "measuring past events");
    }
    for (size_t i = 0; i < rows->count; i++) {
        scores[i] = (float)candidate_plain_score(replay->choice, &rows->values[i * FEATURE_COUNT]);
    }
    const struct row_scores plain = {scores, NULL};
    *level = window_level_of(replay->set, plain, origin).level;
    free(scores);
    return 0;
}

static struct window_level carry_over(const struct views *views, struct window_level then,
                                      double plain_level)
{
    const double enough = 5; /* returns */
    double unused;
    double total = dormant_scores_total(&views->then, then.level, &unused);
    double plain = dormant_scores_total(&views->plain, plain_level, &unused);
    if (total < enough || plain < enough) {
        return then;
    }
    return (struct window_level){dormant_scores_level(&views->now, sqrt(total * plain), then.level),
                                 then.error};
}

int event_replay_level(const struct event_replay *replay, size_t origin, struct window_level then,
                       struct window_level *now, struct error *err)
{
    const struct training_origin *past = &replay->set->origins[origin];
    int64_t start_unix = view_start(replay, past);
    struct feature_context view;
    struct views views;
    double plain_level = 0;
    int result = -1;
    if (take_views(&views, replay->dormant, err) == 0 &&
        training_set_view(replay->set, replay->state, start_unix, &view, err) == 0 &&
        measure_plain(replay, origin, &plain_level, err) == 0) {
        fill_views(replay, &view, start_unix, past->ln_age, &views);
        *now = carry_over(&views, then, plain_level);
        result = 0;
    }
    free_views(&views);
    return result;
}
