/* event_pull.c - see event_pull.h.
 * Room: predictor/forecast. May touch: memory. */
#include "predictor/forecast/event_pull.h"

#include <math.h>
#include <stdlib.h>

enum { BUCKETS_MAX = 4000000, NEIGHBOURS_EACH_SIDE = 3, DAYS_PER_WEEK = 7 };
static const double pull_least =
    0.05; /* an event that shows in no log has moved someone all the same */

static const double unlogged_share = 0.05;
static const double enough_to_tell = 20; /* accesses */

/* Accesses before each bucket of the history, all keys together. */
struct access_curve {
    double *before; /* [bucket_count + 1] */
    int64_t first_bucket;
    size_t bucket_count;
};

/* 0 with an empty curve when the history is too long for its buckets. */
static int draw_curve(const struct forecast_state *state, struct access_curve *curve,
                      struct error *err)
{
    int64_t first = state->first_unix / state->clock.bucket_second;
    int64_t last = state->options.as_of_unix / state->clock.bucket_second;
    *curve = (struct access_curve){.first_bucket = first};
    if (state->first_unix == INT64_MAX || last < first || last - first >= BUCKETS_MAX) {
        return 0;
    }
    curve->bucket_count = (size_t)(last - first) + 1;
    curve->before = calloc(curve->bucket_count + 1, sizeof *curve->before);
    if (curve->before == NULL) {
        return error_set_memory(err, "measuring past events");
    }
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct bucket_list buckets = key_sample_buckets(&state->sample, i);
        for (size_t j = 0; j < buckets.count; j++) {
            curve->before[buckets.buckets[j].bucket - first + 1] += buckets.buckets[j].count;
        }
    }
    for (size_t i = 0; i < curve->bucket_count; i++) {
        curve->before[i + 1] += curve->before[i];
    }
    return 0;
}

/* Accesses within [start, end), which has to lie within the curve. */
static double accesses(const struct access_curve *curve, int64_t bucket_second, int64_t start_unix,
                       int64_t end_unix)
{
    int64_t from = start_unix / bucket_second - curve->first_bucket;
    int64_t to = (end_unix + bucket_second - 1) / bucket_second - curve->first_bucket;
    return curve->before[to] - curve->before[from];
}

static bool touches_event(const struct feature_event *events, size_t count, int64_t start_unix,
                          int64_t end_unix)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].window.start_unix < end_unix && start_unix < events[i].window.end_unix) {
            return true;
        }
    }
    return false;
}

static bool is_within(const struct forecast_state *state, int64_t start_unix, int64_t end_unix)
{
    return start_unix >= state->first_unix && end_unix <= state->options.as_of_unix;
}

static void measure(const struct forecast_state *state, const struct access_curve *curve,
                    struct feature_event *events, size_t count, size_t at)
{
    const struct event_window *window = &events[at].window;
    const int64_t week = (int64_t)DAYS_PER_WEEK * SECONDS_PER_DAY;
    int64_t step = (window->end_unix - window->start_unix + week - 1) / week * week;
    double ordinary = 0;
    double neighbours = 0;
    if (!is_within(state, window->start_unix, window->end_unix)) {
        return;
    }
    for (int i = -NEIGHBOURS_EACH_SIDE; i <= NEIGHBOURS_EACH_SIDE; i++) {
        int64_t start_unix = window->start_unix + i * step;
        int64_t end_unix = window->end_unix + i * step;
        if (is_within(state, start_unix, end_unix) &&
            !touches_event(events, count, start_unix, end_unix)) {
            ordinary += accesses(curve, state->clock.bucket_second, start_unix, end_unix);
            neighbours++;
        }
    }
    if (ordinary <= 0) {
        return;
    }
    double expected = ordinary / neighbours;
    double came = accesses(curve, state->clock.bucket_second, window->start_unix, window->end_unix);
    events[at].pull = fmax(came / expected - 1, pull_least);
    events[at].is_unlogged = expected >= enough_to_tell && came < expected * unlogged_share;
}

/* Of events whose pull is not known, that of the others. */
static void set_strengths(struct feature_event *events, size_t count)
{
    double sum = 0;
    double known = 0;
    for (size_t i = 0; i < count; i++) {
        bool counts = !events[i].is_unlogged && events[i].pull > 0;
        sum += counts ? events[i].pull : 0;
        known += counts;
    }
    for (size_t i = 0; i < count; i++) {
        events[i].strength = sum > 0 && events[i].pull > 0 ? events[i].pull * known / sum : 1;
    }
}

int event_pull_measure(const struct forecast_state *state, struct feature_event *events,
                       size_t count, struct error *err)
{
    struct access_curve curve = {.before = NULL};
    if (count > 0 && draw_curve(state, &curve, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        events[i].pull = 0;
        events[i].is_unlogged = false;
        if (curve.before != NULL) {
            measure(state, &curve, events, count, i);
        }
    }
    free(curve.before);
    set_strengths(events, count);
    return 0;
}
