/* past_levels.c - see past_levels.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/past_levels.h"

#include "predictor/forecast/event_level.h"
#include "predictor/forecast/return_link.h"
#include "predictor/forecast/window_level.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ---- which windows have a level */

/* Whether enough came back to tell the window's level: beyond the threshold, or for that of training. */
static bool has_level(const struct training_set *set, size_t origin, bool by_target)
{
    const double enough = 20;
    const double enough_at_all = 5;
    return window_level_is_relevant(set, origin) &&
           (by_target ? set->origins[origin].returns >= enough
                      : set->origins[origin].row_returns >= enough_at_all);
}

/* Keys beyond the threshold and others are not alike, so windows of the second sort count only if there are no others. */
static bool is_told_by_target(const struct training_set *set)
{
    for (size_t i = 0; i < set->origin_count; i++) {
        if (has_level(set, i, true)) {
            return true;
        }
    }
    return false;
}

/* The chosen candidate's scores of all rows by its full fit, which is what today's keys are scored with; levels measured
 * on them are the same for all windows. Learned from these very rows, they order them too well, but no level is wrong by
 * that: it is what makes a window's scores sum to its returns. */
static float *score_rows(const struct training_set *set, const struct candidate_choice *choice,
                         struct error *err)
{
    float *scores = malloc((set->rows.count + 1) * sizeof *scores);
    if (scores == NULL) {
        (void)error_set_memory(err, "measuring past events");
        return NULL;
    }
    for (size_t i = 0; i < set->rows.count; i++) {
        const struct training_origin *origin = &set->origins[set->rows.origins[i]];
        struct contribution unused[FEATURE_COUNT];
        scores[i] = (float)candidate_ask(choice, &set->rows.values[i * FEATURE_COUNT],
                                         origin->is_event, origin->ln_age, unused)
                        .score;
    }
    return scores;
}

/* Past events, and what their levels are by these scores. */
struct past_events {
    struct level_event events[TRAINING_EVENTS_MAX];
    struct window_level then[TRAINING_EVENTS_MAX];
    size_t origins[TRAINING_EVENTS_MAX];
    size_t count;
    bool has_level, has_same_kind;
};

static void measure(struct past_events *past, const struct training_set *set,
                    struct row_scores scores)
{
    bool by_target = is_told_by_target(set);
    for (size_t i = 0; i < set->event_count; i++) {
        const struct feature_event *event = &set->events[i];
        past->events[past->count++] =
            (struct level_event){.is_same_kind = event->is_same_kind, .pull = event->pull};
        past->has_same_kind = past->has_same_kind || event->is_same_kind;
    }
    for (size_t i = 0; i < set->origin_count; i++) {
        const struct training_origin *origin = &set->origins[i];
        if (origin->is_event && has_level(set, i, by_target)) {
            past->events[origin->event_at].has_level = past->has_level = true;
            past->origins[origin->event_at] = i;
            past->then[origin->event_at] = window_level_of(set, scores, i);
        }
    }
}

/* Sums over the rows of past events that have a level. */
struct reach_sums {
    double returns, single; /* that came, and that came in one bucket only */
    double now, higher;     /* what their scores sum to, and a little higher */
};

static const double little = 0.01; /* on the scale of levels */

static void add_reach(struct reach_sums *sums, const struct training_set *set,
                      struct row_scores scores, size_t origin, double level)
{
    const struct training_rows *rows = &set->rows;
    for (size_t i = set->origins[origin].row_begin; i < set->origins[origin].row_end; i++) {
        double w = (double)rows->weights[i];
        double score = level + (double)scores.scores[i];
        struct return_ground ground = window_level_ground(scores, i);
        sums->returns += rows->labels[i] != 0 ? w : 0;
        sums->single += rows->single[i] != 0 ? w : 0;
        sums->now += w * return_link_probability(score, ground);
        sums->higher += w * return_link_probability(score + little, ground);
    }
}

/* How far a level moves with ln pull. Were an event weaker by a little, each visit would stay out with the same small
 * chance: those who are lost are among those who came once only. So returns follow the pull by the share of single visits
 * (exactly so where visits are Poisson, everyone at a rate of his own), and the level by that over what a level does. */
static double reach_of(const struct training_set *set, struct row_scores scores,
                       const struct past_events *past)
{
    struct reach_sums sums = {0};
    for (size_t i = 0; i < set->origin_count; i++) {
        const struct training_origin *origin = &set->origins[i];
        if (origin->is_event && past->events[origin->event_at].has_level) {
            add_reach(&sums, set, scores, i, past->then[origin->event_at].level);
        }
    }
    double by_pull = (sums.single + 1) / (sums.returns + 1);
    double by_level = (sums.higher / fmax(sums.now, DBL_MIN) - 1) / little;
    return fmin(by_pull / fmax(by_level, DBL_EPSILON), 1);
}

/* Carries the levels over to today's scores. */
static int replay_all(struct past_events *past, const struct event_replay *replay,
                      struct error *err)
{
    for (size_t i = 0; i < past->count; i++) {
        if (past->events[i].has_level && event_replay_level(replay, past->origins[i], past->then[i],
                                                            &past->events[i].level, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static void forecast_event(struct past_levels *levels, const struct past_events *past, double reach)
{
    levels->reach = reach;
    levels->forecast = event_level_forecast(past->events, past->count, reach);
    for (size_t i = 0; i < past->count; i++) {
        if (!past->has_same_kind || past->events[i].is_same_kind) {
            levels->unit_levels[levels->unit_count++] =
                event_level_of(&levels->forecast, past->events, past->count, reach, i);
        }
    }
}

/* Whether past events tell the level of the coming one to `is_told`. */
static int learn_events(struct past_levels *levels, const struct event_replay *replay,
                        bool *is_told, struct error *err)
{
    const struct training_set *set = replay->set;
    struct past_events past = {.count = 0};
    float *values = score_rows(set, replay->choice, err);
    if (values == NULL) {
        return -1;
    }
    struct row_scores scores = {values, replay->choice->grounds};
    measure(&past, set, scores);
    int result = replay_all(&past, replay, err);
    *is_told = past.has_level;
    if (result == 0 && past.has_level) {
        forecast_event(levels, &past, reach_of(set, scores, &past));
    }
    free(values);
    return result;
}

/* ---- ordinary windows, also for an event of which no past one tells */

static void learn_windows(struct past_levels *levels, const struct event_replay *replay)
{
    const struct training_set *set = replay->set;
    struct row_scores scores = {replay->choice->scores, replay->choice->grounds};
    struct level_sample samples[TRAINING_ORIGINS_MAX];
    size_t count = 0;
    bool by_target = is_told_by_target(set);
    for (size_t i = 0; i < set->origin_count; i++) {
        if (has_level(set, i, by_target)) {
            const struct feature_context *context = &set->origins[i].context;
            samples[count++] = (struct level_sample){.measured = window_level_of(set, scores, i),
                                                     .origin_unix = context->origin_unix,
                                                     .start_unix = context->start_unix,
                                                     .end_unix = context->end_unix};
        }
    }
    levels->is_untaught = replay->state->options.is_event;
    enum level_sort sort = levels->is_untaught ? LEVEL_UNTAUGHT : LEVEL_ORDINARY;
    levels->forecast = level_forecast_make(samples, count, sort);
}

int past_levels_learn(struct past_levels *levels, const struct event_replay *replay,
                      struct error *err)
{
    bool is_told = false;
    *levels = (struct past_levels){.unit_count = 0};
    for (size_t i = 0; i < replay->set->origin_count; i++) {
        levels->event_windows += replay->set->origins[i].is_event;
    }
    if (replay->state->options.is_event && learn_events(levels, replay, &is_told, err) != 0) {
        return -1;
    }
    if (!is_told) {
        learn_windows(levels, replay);
    }
    return 0;
}
