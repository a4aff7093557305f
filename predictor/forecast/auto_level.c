/* auto_level.c - see auto_level.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/auto_level.h"

#include "predictor/forecast/return_link.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static const double sure = 1.6448536269514722; /* of a normal distribution, 90 % within */
static const double low_chance = 0.05;
static const double high_chance = 0.95;

/* ---- the keys that are dormant now */

/* The sampled keys that are dormant now: their rows, and then their calibrated scores. */
struct present_scores {
    float *values; /* [count][FEATURE_COUNT] */
    float *scores, *bases;
    size_t count;
    double weight; /* keys a score stands for */
};

static int take_present(const struct forecast_state *state, struct present_scores *present,
                        struct error *err)
{
    size_t count = state->dormant_count < state->sample.key_count ? (size_t)state->dormant_count
                                                                  : state->sample.key_count;
    *present = (struct present_scores){.weight = key_sample_weight(&state->sample)};
    present->values = malloc((count + 1) * FEATURE_COUNT * sizeof *present->values);
    present->scores = malloc((count + 1) * sizeof *present->scores);
    present->bases = malloc((count + 1) * sizeof *present->bases);
    if (present->values == NULL || present->scores == NULL || present->bases == NULL) {
        return error_set_memory(err, "adding up the forecast");
    }
    return 0;
}

static int score_present(const struct candidate_choice *choice,
                         const struct feature_context *context, const struct forecast_state *state,
                         struct present_scores *present, struct error *err)
{
    if (take_present(state, present, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct feature_key key = training_set_key(state, i);
        struct as_of_snapshot snapshot;
        if (as_of_take(&state->clock, key.buckets, state->window.origin_unix, &snapshot) &&
            forecast_state_is_dormant(state, &state->window, &snapshot) &&
            key_features_take(context, &key, &present->values[present->count * FEATURE_COUNT])) {
            present->count++;
        }
    }
    for (size_t i = 0; i < present->count; i++) {
        const float *row = &present->values[i * FEATURE_COUNT];
        struct contribution unused[FEATURE_COUNT];
        struct candidate_answer answer =
            candidate_ask(choice, row, state->options.is_event, unused);
        present->scores[i] = (float)answer.score;
        present->bases[i] = (float)answer.base;
    }
    return 0;
}

static double mean_score(const struct present_scores *present)
{
    double sum = 0;
    for (size_t i = 0; i < present->count; i++) {
        sum += (double)present->scores[i];
    }
    return present->count == 0 ? 0 : sum / (double)present->count;
}

static void free_present(struct present_scores *present)
{
    free(present->values);
    free(present->scores);
    free(present->bases);
}

static double total_at(const struct present_scores *present, double level, double *variance)
{
    double sum = 0;
    *variance = 0;
    for (size_t i = 0; i < present->count; i++) {
        double p =
            return_link_probability(level + (double)present->scores[i], (double)present->bases[i]);
        sum += p;
        *variance += p * (1 - p);
    }
    *variance *= present->weight;
    return sum * present->weight;
}

/* The level at which the total is `wanted`, by halving. */
static double level_for(const struct present_scores *present, double wanted, double around)
{
    enum { HALVINGS = 60 };
    double low = around - 30;
    double high = around + 30;
    for (int i = 0; i < HALVINGS; i++) {
        double variance;
        double middle = (low + high) / 2;
        if (total_at(present, middle, &variance) < wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

/* The mean total that past windows of the coming one's sort would have among the keys that are dormant now: strength 1
 * is this. A mean of totals, not the total at the mean level, which is lower. */
static double unit_total(const struct auto_level *level, const struct present_scores *present)
{
    double variance;
    double sum = 0;
    if (level->unit_count == 0) {
        return total_at(present, level->forecast.mean, &variance);
    }
    for (size_t i = 0; i < level->unit_count; i++) {
        sum += total_at(present, level->unit_levels[i], &variance);
    }
    return sum / (double)level->unit_count;
}

/* With a strength the level is as sure as past windows' own levels are; without, it varies as they do. */
static void set_levels(struct auto_level *level, const struct forecast_state *state,
                       const struct present_scores *present)
{
    double variance;
    double strength = state->options.event_strength;
    level->mean = level->forecast.mean;
    if (present->count > 0 && (strength > 0 || level->unit_count > 0)) {
        double wanted = (strength > 0 ? strength : 1) * unit_total(level, present);
        level->mean = level_for(present, wanted, level->forecast.mean);
    }
    level->score_mean = mean_score(present);
    double shift = level->mean - level->forecast.mean;
    level->low = level_forecast_quantile(&level->forecast, low_chance) + shift;
    level->high = level_forecast_quantile(&level->forecast, high_chance) + shift;
    if (strength > 0) {
        double half = level_forecast_base_deviation(&level->forecast);
        level->low = level->mean - half;
        level->high = level->mean + half;
    }
    level->total.mean = total_at(present, level->mean, &variance);
    double low = total_at(present, level->low, &variance);
    level->total.low = fmax(low - sure * sqrt(variance), 0);
    double high = total_at(present, level->high, &variance);
    level->total.high = high + sure * sqrt(variance);
}

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
            add_reach(&sums, set, scores, i, events[origin->event_at].measured.level);
        }
    }
    double by_pull = (sums.single + 1) / (sums.returns + 1);
    double by_level = (sums.higher / fmax(sums.now, DBL_MIN) - 1) / little;
    return fmin(by_pull / fmax(by_level, DBL_EPSILON), 1);
}

/* Past events, each with its pull, those that found enough dormant keys with their level; false when none did. */
static bool forecast_event(struct auto_level *level, const struct training_set *set,
                           struct row_scores scores)
{
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
            events[origin->event_at].measured = window_level_of(set, scores, i);
        }
    }
    if (!has_level_at_all) {
        return false;
    }
    double reach = reach_of(set, scores, events);
    level->forecast = level_forecast_of_events(events, set->event_count, reach);
    for (size_t i = 0; i < set->event_count; i++) {
        if (!has_same || events[i].is_same_kind) {
            level->unit_levels[level->unit_count++] =
                level->forecast.base + reach * level_forecast_ln_pull(events, set->event_count, i);
        }
    }
    return true;
}

static void forecast_level(struct auto_level *level, const struct forecast_state *state,
                           const struct training_set *set, struct row_scores scores)
{
    struct level_sample samples[TRAINING_ORIGINS_MAX];
    size_t count = 0;
    bool by_target = is_told_by_target(set);
    bool by_kind = has_same_kind(set, by_target);
    for (size_t i = 0; i < set->origin_count; i++) {
        const struct training_origin *origin = &set->origins[i];
        level->event_windows += origin->is_event;
        if (!has_level(set, i, by_target)) {
            continue;
        }
        samples[count].measured = window_level_of(set, scores, i);
        samples[count].is_same_kind = !by_kind || origin->is_same_kind;
        count++;
    }
    if (state->options.is_event && forecast_event(level, set, scores)) {
        return;
    }
    level->is_untaught = state->options.is_event;
    enum level_sort sort = level->is_untaught ? LEVEL_UNTAUGHT_EVENT : LEVEL_ORDINARY;
    level->forecast = level_forecast_make(samples, count, sort);
}

/* ---- the whole */

static int use_level(struct auto_level *level, const struct forecast_state *state,
                     const struct candidate_choice *choice, const struct feature_context *context,
                     struct error *err)
{
    struct present_scores present = {.values = NULL};
    int result = score_present(choice, context, state, &present, err);
    if (result == 0) {
        set_levels(level, state, &present);
    }
    free_present(&present);
    return result;
}

int auto_level_learn(struct auto_level *level, const struct forecast_state *state,
                     const struct training_set *set, const struct candidate_choice *choice,
                     const struct feature_context *present, struct error *err)
{
    *level = (struct auto_level){.unit_count = 0};
    forecast_level(level, state, set, (struct row_scores){choice->scores, choice->bases});
    return use_level(level, state, choice, present, err);
}

int auto_level_guess(struct auto_level *level, const struct forecast_state *state,
                     const struct candidate_choice *choice, const struct feature_context *present,
                     struct error *err)
{
    enum level_sort sort = state->options.is_event ? LEVEL_UNTAUGHT_EVENT : LEVEL_EVENT;
    *level = (struct auto_level){.forecast = level_forecast_make(NULL, 0, sort)};
    return use_level(level, state, choice, present, err);
}
