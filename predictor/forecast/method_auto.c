/* method_auto.c - the method auto: learns from past windows which model to trust, and how high the coming one will be.
 * Room: predictor/forecast. May touch: GSL, memory.
 *
 * DESIGN. Past windows (rolling ones, and events when the coming window is one) give rows: a dormant key, what was
 * known of it at the window's origin, and whether it came. The candidates of candidate.h are compared on windows they
 * were not fitted on; the best is taken, or a simpler one that is as good within a standard error. Its score orders
 * the keys. The level, how many come in all, is forecast from the levels of past windows of the sort that is coming,
 * or set by --event-strength. A history too short for any past window leaves MBG/NBD, and says so. */
#include "predictor/forecast/candidate.h"
#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/hits_fit.h"
#include "predictor/forecast/level_forecast.h"
#include "predictor/forecast/special_math.h"
#include "predictor/forecast/training_set.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = 120000 };
static const double returns_least = 10;        /* and as many that did not: fewer teach nothing */
static const double sure = 1.6448536269514722; /* of a normal distribution, 90 % within */
static const double spread_with_strength =
    0.18; /* of the level when the strength is given: keys change */
static const double spread_of_slope =
    0.2; /* from past windows to the next: what is known of keys grows */
static const double low_chance = 0.05;
static const double high_chance = 0.95;

struct auto_method {
    struct training_set set;
    struct feature_context present;
    struct candidate_choice choice;
    struct hits_fit hits;
    bool is_taught; /* there were past windows to learn from */
    struct level_forecast level;
    double score_mean;                        /* of the keys that are dormant now */
    double level_mean, level_low, level_high; /* as used: after the strength */
    struct forecast_total {
        double mean, low, high;
    } total;
    size_t event_windows;
    double unit_levels[TRAINING_ORIGINS_MAX]; /* of the past events of the coming one's kind */
    size_t unit_count;
};

/* ---- the level */

/* The sampled keys that are dormant now: their rows, and then their calibrated scores. */
struct present_scores {
    float *values; /* [count][FEATURE_COUNT] */
    float *scores;
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
    if (present->values == NULL || present->scores == NULL) {
        return error_set_memory(err, "adding up the forecast");
    }
    return 0;
}

static int score_present(struct auto_method *method, const struct forecast_state *state,
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
            key_features_take(&method->present, &key,
                              &present->values[present->count * FEATURE_COUNT])) {
            present->count++;
        }
    }
    for (size_t i = 0; i < present->count; i++) {
        present->scores[i] = (float)candidate_score(
            &method->choice, &present->values[i * FEATURE_COUNT], state->options.is_event);
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
}

static double total_at(const struct present_scores *present, double level, double *variance)
{
    double sum = 0;
    *variance = 0;
    for (size_t i = 0; i < present->count; i++) {
        double p = special_math_expit(level + (double)present->scores[i]);
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
static double unit_total(const struct auto_method *method, const struct present_scores *present)
{
    double variance;
    double sum = 0;
    if (method->unit_count == 0) {
        return total_at(present, method->level.mean, &variance);
    }
    for (size_t i = 0; i < method->unit_count; i++) {
        sum += total_at(present, method->unit_levels[i], &variance);
    }
    return sum / (double)method->unit_count;
}

/* With a strength the level is as sure as past windows' own levels are; without, it varies as they do. */
static void set_levels(struct auto_method *method, const struct forecast_state *state,
                       const struct present_scores *present)
{
    double variance;
    double strength = state->options.event_strength;
    method->level_mean = method->level.mean;
    if (present->count > 0 && (strength > 0 || method->unit_count > 0)) {
        double wanted = (strength > 0 ? strength : 1) * unit_total(method, present);
        method->level_mean = level_for(present, wanted, method->level.mean);
    }
    method->score_mean = mean_score(present);
    double shift = method->level_mean - method->level.mean;
    method->level_low = level_forecast_quantile(&method->level, low_chance) + shift;
    method->level_high = level_forecast_quantile(&method->level, high_chance) + shift;
    if (strength > 0) {
        method->level_low = method->level_mean - sure * spread_with_strength;
        method->level_high = method->level_mean + sure * spread_with_strength;
    }
    method->total.mean = total_at(present, method->level_mean, &variance);
    double low = total_at(present, method->level_low, &variance);
    method->total.low = fmax(low - sure * sqrt(variance), 0);
    double high = total_at(present, method->level_high, &variance);
    method->total.high = high + sure * sqrt(variance);
}

/* Whether enough came back to tell the window's level: beyond the threshold, or for that of training. */
static bool has_level(const struct training_set *set, size_t origin, bool by_target)
{
    const double enough = 20;
    const double enough_at_all = 5;
    return candidate_is_relevant(set, origin) &&
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

static void forecast_level(struct auto_method *method, const struct forecast_state *state)
{
    struct level_sample samples[TRAINING_ORIGINS_MAX];
    size_t count = 0;
    bool by_target = is_told_by_target(&method->set);
    bool by_kind = has_same_kind(&method->set, by_target);
    for (size_t i = 0; i < method->set.origin_count; i++) {
        const struct training_origin *origin = &method->set.origins[i];
        method->event_windows += origin->is_event;
        if (!has_level(&method->set, i, by_target)) {
            continue;
        }
        samples[count].measured = candidate_level_of(&method->set, method->choice.scores, i);
        samples[count].is_same_kind = !by_kind || origin->is_same_kind;
        if (origin->is_event && samples[count].is_same_kind) {
            method->unit_levels[method->unit_count++] = samples[count].measured.level;
        }
        count++;
    }
    enum level_sort sort = LEVEL_ORDINARY;
    if (state->options.is_event) {
        sort = method->event_windows > 0 ? LEVEL_EVENT : LEVEL_UNTAUGHT_EVENT;
    }
    method->level = level_forecast_make(samples, count, sort);
}

/* ---- fitting */

static bool can_learn(const struct training_set *set)
{
    double returns = 0;
    double others = 0;
    for (size_t i = 0; i < set->rows.count; i++) {
        returns += set->rows.labels[i] != 0;
        others += set->rows.labels[i] == 0;
    }
    return returns >= returns_least && others >= returns_least;
}

static void fit_hits(struct auto_method *method)
{
    bool is_relevant[TRAINING_ORIGINS_MAX] = {false};
    for (size_t i = 0; i < method->set.origin_count; i++) {
        is_relevant[i] = candidate_is_relevant(&method->set, i);
    }
    hits_fit_rows(&method->hits, &method->set, is_relevant);
}

static int learn(struct auto_method *method, const struct forecast_state *state, struct error *err)
{
    struct present_scores present = {.values = NULL};
    if (candidate_choose(&method->choice, &method->set, err) != 0) {
        return -1;
    }
    forecast_level(method, state);
    fit_hits(method);
    int result = score_present(method, state, &present, err);
    if (result == 0) {
        set_levels(method, state, &present);
    }
    free_present(&present);
    return result;
}

/* MBG/NBD as it is: its own probability is the score, and nothing is known about its level. */
static int learn_nothing(struct auto_method *method, const struct forecast_state *state,
                         struct error *err)
{
    struct present_scores present = {.values = NULL};
    method->choice.results[0] = (struct candidate_result){
        .name = "mbgnbd", .column = FEATURE_MBGNBD, .sign = 1, .slope = 1};
    method->level =
        level_forecast_make(NULL, 0, state->options.is_event ? LEVEL_UNTAUGHT_EVENT : LEVEL_EVENT);
    int result = score_present(method, state, &present, err);
    if (result == 0) {
        set_levels(method, state, &present);
    }
    free_present(&present);
    return result;
}

static int fit(const struct forecast_method *row, const struct forecast_state *state, void **fitted,
               struct error *err)
{
    struct auto_method *method = calloc(1, sizeof *method);
    (void)row;
    *fitted = method;
    if (method == NULL) {
        return error_set_memory(err, "fitting a model");
    }
    if (training_set_make(&method->set, state, ROWS_MAX, err) != 0 ||
        training_set_present(&method->set, state, &method->present, err) != 0) {
        return -1;
    }
    method->is_taught = can_learn(&method->set);
    return method->is_taught ? learn(method, state, err) : learn_nothing(method, state, err);
}

static void free_fitted(void *fitted)
{
    struct auto_method *method = fitted;
    if (method != NULL) {
        training_set_free(&method->set);
        candidate_choice_free(&method->choice);
        free(method);
    }
}

/* ---- scoring */

static struct feature_key feature_key_of(const struct forecast_state *state,
                                         const struct key_history *key)
{
    const struct parent_table *parents = state->options.parents;
    return (struct feature_key){
        .buckets = {.buckets = key->buckets, .count = key->bucket_count},
        .parent =
            parents == NULL ? PARENT_NONE : parent_table_find(parents, parent_table_hash(key->id))};
}

static void score(const struct forecast_state *state, const void *fitted,
                  const struct key_history *key, const struct as_of_snapshot *snapshot,
                  struct demand *demand)
{
    const struct auto_method *method = fitted;
    const struct feature_key feature_key = feature_key_of(state, key);
    float row[FEATURE_COUNT];
    (void)snapshot;
    if (!key_features_take(&method->present, &feature_key, row)) {
        return;
    }
    bool is_event = state->options.is_event;
    double logit = candidate_score(&method->choice, row, is_event);
    double error = sure * hypot(candidate_score_error(&method->choice, row, is_event),
                                spread_of_slope * (logit - method->score_mean));
    double below = method->level_mean - method->level_low;
    double above = method->level_high - method->level_mean;
    struct contribution contributions[FEATURE_COUNT];
    candidate_contributions(&method->choice, row, is_event, contributions);
    reason_words_append(demand->reason, sizeof demand->reason, contributions);
    demand->p_return = special_math_expit(method->level_mean + logit);
    if (method->is_taught) {
        demand->expected_hits = demand->p_return * hits_fit_mean(&method->hits, row);
    }
    demand->p_low = special_math_expit(method->level_mean + logit - hypot(error, below));
    demand->p_high = special_math_expit(method->level_mean + logit + hypot(error, above));
}

/* ---- describing */

static size_t describe_choice(const struct auto_method *method, struct forecast_fact *facts,
                              size_t count)
{
    const struct candidate_choice *choice = &method->choice;
    const struct candidate_result *best = &choice->results[choice->best];
    const struct candidate_result *chosen = &choice->results[choice->chosen];
    count = forecast_state_add_fact(facts, count, "chosen", "%s", chosen->name);
    if (choice->chosen == choice->best) {
        count = forecast_state_add_fact(
            facts, count, "why", "the lowest log-loss, %.5f, on past windows it was not fitted on",
            chosen->loss);
    } else {
        count = forecast_state_add_fact(facts, count, "why",
                                        "simpler than %s, whose log-loss of %.5f is lower by %.5f, "
                                        "within its standard error of %.5f",
                                        best->name, best->loss, chosen->difference, chosen->error);
    }
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        const struct candidate_result *result = &choice->results[i];
        char name[sizeof facts->name];
        (void)snprintf(name, sizeof name, "log_loss_%s", result->name);
        count = forecast_state_add_fact(facts, count, name, "%.5f (%+.5f, standard error %.5f)",
                                        result->loss, result->difference, result->error);
    }
    return count;
}

static size_t describe(const struct forecast_state *state, const void *fitted,
                       struct forecast_fact *facts, size_t count)
{
    const struct auto_method *method = fitted;
    (void)state;
    if (method->is_taught) {
        count = describe_choice(method, facts, count);
    } else {
        count = forecast_state_add_fact(
            facts, count, "note",
            "the history holds no past window with enough returns to learn from: mbgnbd as it is");
    }
    count = forecast_state_add_fact(facts, count, "training_windows", "%zu, %zu of them events",
                                    method->set.origin_count, method->event_windows);
    count = forecast_state_add_fact(facts, count, "training_rows", "%zu", method->set.rows.count);
    count = forecast_state_add_fact(facts, count, "compared_keys", "%.0f, of which %.0f came back",
                                    method->choice.compared_rows, method->choice.compared_returns);
    count = forecast_state_add_fact(facts, count, "expected_returns", "%.1f", method->total.mean);
    count =
        forecast_state_add_fact(facts, count, "expected_returns_low", "%.1f", method->total.low);
    return forecast_state_add_fact(facts, count, "expected_returns_high", "%.1f",
                                   method->total.high);
}

/* ---- dumping */

static void dump_names(FILE *out)
{
    for (int i = 0; i < FEATURE_COUNT; i++) {
        (void)fprintf(out, ",%s", key_features_name((enum key_feature)i));
    }
    (void)fputc('\n', out);
}

static void dump_values(const float *row, FILE *out)
{
    for (int i = 0; i < FEATURE_COUNT; i++) {
        (void)fprintf(out, ",%.7g", (double)row[i]);
    }
    (void)fputc('\n', out);
}

static void dump_training(const void *fitted, FILE *out)
{
    const struct auto_method *method = fitted;
    const struct training_rows *rows = &method->set.rows;
    (void)fputs("origin,is_event,target,weight,label", out);
    dump_names(out);
    for (size_t i = 0; i < rows->count; i++) {
        (void)fprintf(out, "%u,%d,%u,%.7g,%u", rows->origins[i],
                      method->set.origins[rows->origins[i]].is_event, rows->targets[i],
                      (double)rows->weights[i], rows->labels[i]);
        dump_values(&rows->values[i * FEATURE_COUNT], out);
    }
}

static void dump_id(struct slice id, FILE *out)
{
    (void)fputc('"', out);
    for (size_t i = 0; i < id.size; i++) {
        if (id.bytes[i] == '"') {
            (void)fputc('"', out);
        }
        (void)fputc(id.bytes[i], out);
    }
    (void)fputc('"', out);
}

static void dump_key(const struct forecast_state *state, const void *fitted,
                     const struct key_history *key, FILE *out)
{
    const struct auto_method *method = fitted;
    float row[FEATURE_COUNT];
    if (key == NULL) {
        (void)fputs("id", out);
        dump_names(out);
        return;
    }
    const struct feature_key feature_key = feature_key_of(state, key);
    if (key_features_take(&method->present, &feature_key, row)) {
        dump_id(key->id, out);
        dump_values(row, out);
    }
}

const struct forecast_method method_auto = {
    "auto", NULL, fit, score, describe, free_fitted, dump_training, dump_key,
};
