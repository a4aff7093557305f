/* past_levels.c - see past_levels.h.
 * Room: predictor/forecast. May touch: GSL (distributions). */
#include "predictor/forecast/past_levels.h"

#include "predictor/forecast/event_level.h"
#include "predictor/forecast/return_link.h"
#include "predictor/forecast/window_level.h"

#include <float.h>
#include <math.h>

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

static bool has_same_kind(const struct training_set *set, bool by_target)
{
    for (size_t i = 0; i < set->origin_count; i++) {
        if (set->origins[i].is_same_kind && has_level(set, i, by_target)) {
            return true;
        }
    }
    return false;
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
        double base = window_level_base(scores, i);
        sums->returns += rows->labels[i] != 0 ? w : 0;
        sums->single += rows->single[i] != 0 ? w : 0;
        sums->now += w * return_link_probability(score, base);
        sums->higher += w * return_link_probability(score + little, base);
    }
}

/* How far a level moves with ln pull. Were an event weaker by a little, each visit would stay out with the same small
 * chance: those who are lost are among those who came once only. So returns follow the pull by the share of single visits
 * (exactly so where visits are Poisson, everyone at a rate of his own), and the level by that over what a level does. */
static double reach_of(const struct training_set *set, struct row_scores scores,
                       const struct level_event *events)
{
    struct reach_sums sums = {0};
    for (size_t i = 0; i < set->origin_count; i++) {
        const struct training_origin *origin = &set->origins[i];
        if (origin->is_event && events[origin->event_at].has_level) {
            add_reach(&sums, set, scores, i, events[origin->event_at].at.measured.level);
        }
    }
    double by_pull = (sums.single + 1) / (sums.returns + 1);
    double by_level = (sums.higher / fmax(sums.now, DBL_MIN) - 1) / little;
    return fmin(by_pull / fmax(by_level, DBL_EPSILON), 1);
}

/* Past events, each with its pull, those that found enough dormant keys with their level; false when none did. */
static bool forecast_event(struct past_levels *past, const struct training_set *set,
                           const struct candidate_choice *choice)
{
    struct row_scores scores = {choice->scores, choice->bases};
    struct level_event events[TRAINING_EVENTS_MAX];
    bool by_target = is_told_by_target(set);
    bool has_level_at_all = false;
    bool has_same = false;
    for (size_t i = 0; i < set->event_count; i++) {
        const struct feature_event *event = &set->events[i];
        events[i] = (struct level_event){.is_same_kind = event->is_same_kind, .pull = event->pull};
        has_same = has_same || event->is_same_kind;
    }
    for (size_t i = 0; i < set->origin_count; i++) {
        const struct training_origin *origin = &set->origins[i];
        if (origin->is_event && has_level(set, i, by_target)) {
            events[origin->event_at].has_level = has_level_at_all = true;
            events[origin->event_at].at =
                (struct aged_level){window_level_of(set, scores, i), origin->ln_age};
        }
    }
    if (!has_level_at_all) {
        return false;
    }
    double reach = reach_of(set, scores, events);
    past->reach = reach;
    past->forecast = event_level_forecast(events, set->event_count, reach, choice->trend);
    for (size_t i = 0; i < set->event_count; i++) {
        if (!has_same || events[i].is_same_kind) {
            past->unit_levels[past->unit_count++] =
                past->forecast.base + reach * event_level_ln_pull(events, set->event_count, i);
        }
    }
    return true;
}

void past_levels_learn(struct past_levels *past, const struct forecast_state *state,
                       const struct training_set *set, const struct candidate_choice *choice)
{
    struct row_scores scores = {choice->scores, choice->bases};
    struct level_sample samples[TRAINING_ORIGINS_MAX];
    size_t count = 0;
    *past = (struct past_levels){.unit_count = 0};
    bool by_target = is_told_by_target(set);
    bool by_kind = has_same_kind(set, by_target);
    for (size_t i = 0; i < set->origin_count; i++) {
        const struct training_origin *origin = &set->origins[i];
        past->event_windows += origin->is_event;
        if (!has_level(set, i, by_target)) {
            continue;
        }
        samples[count].measured = window_level_of(set, scores, i);
        samples[count].is_same_kind = !by_kind || origin->is_same_kind;
        count++;
    }
    if (state->options.is_event && forecast_event(past, set, choice)) {
        return;
    }
    past->is_untaught = state->options.is_event;
    enum level_sort sort = past->is_untaught ? LEVEL_UNTAUGHT_EVENT : LEVEL_ORDINARY;
    past->forecast = level_forecast_make(samples, count, sort);
}
