/* method_auto.c - the method auto: learns from past windows which model to trust, and how high the coming one will be.
 * Room: predictor/forecast. May touch: GSL, memory.
 *
 * DESIGN. Past windows (rolling ones, and events when the coming window is one) give rows: a dormant key, what was
 * known of it at the window's origin, and whether it came. The candidates of candidate.h are compared on windows they
 * were not fitted on; the best is taken, or a simpler one that is as good within a standard error. Its score orders
 * the keys. The level, how many come in all, is forecast from the levels of past windows of the sort that is coming,
 * or set by --event-strength. A history too short for any past window leaves MBG/NBD, and says so. */
#include "common/key_set.h"

#include "predictor/forecast/auto_level.h"
#include "predictor/forecast/candidate.h"
#include "predictor/forecast/feature_dump.h"
#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/hits_fit.h"
#include "predictor/forecast/hits_level.h"
#include "predictor/forecast/return_link.h"
#include "predictor/forecast/training_set.h"
#include "predictor/forecast/window_level.h"
#include "predictor/forecast/window_slope.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = 120000 };
static const double returns_least = 10;        /* and as many that did not: fewer teach nothing */
static const double sure = 1.6448536269514722; /* of a normal distribution, 90 % within */
static const double slope_spread_untaught = 0.2;

struct auto_method {
    struct training_set set;
    struct feature_context present;
    struct candidate_choice choice;
    struct hits_fit hits;
    double hits_level; /* of the P that counts go by */
    bool is_taught;    /* there were past windows to learn from */
    struct auto_level level;
    double slope_spread; /* of the scores, around 1 */
};

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

static int fit_hits(struct auto_method *method, struct row_scores scores, struct error *err)
{
    bool is_relevant[TRAINING_ORIGINS_MAX] = {false};
    double levels[TRAINING_ORIGINS_MAX] = {0};
    for (size_t i = 0; i < method->set.origin_count; i++) {
        is_relevant[i] = window_level_is_relevant(&method->set, i);
    }
    hits_level_past(&method->set, scores, &method->level, levels);
    method->hits_level = hits_level_now(&method->set, &method->level);
    const struct hits_rows rows = {&method->set, scores, levels, is_relevant};
    return hits_fit_rows(&method->hits, &rows, err);
}

static int learn(struct auto_method *method, const struct forecast_state *state, struct error *err)
{
    if (candidate_choose(&method->choice, &method->set, err) != 0) {
        return -1;
    }
    struct row_scores scores = {method->choice.scores, method->choice.grounds};
    if (window_slope_spread(&method->set, scores, &method->slope_spread, err) != 0) {
        return -1;
    }
    if (auto_level_learn(&method->level, state, &method->set, &method->choice, &method->present,
                         err) != 0) {
        return -1;
    }
    return fit_hits(method, scores, err);
}

/* MBG/NBD as it is: its own probability is the score, and nothing is known about its level. */
static int learn_nothing(struct auto_method *method, const struct forecast_state *state,
                         struct error *err)
{
    method->slope_spread = slope_spread_untaught;
    method->choice.results[0] = (struct candidate_result){
        .name = "mbgnbd", .column = FEATURE_MBGNBD, .sign = 1, .slope = 1};
    return auto_level_guess(&method->level, state, &method->choice, &method->present, err);
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
    uint64_t hash = key_set_hash(key->id);
    uint32_t row = attribute_table_find(state->options.attributes, hash);
    return (struct feature_key){.buckets = {.buckets = key->buckets, .count = key->bucket_count},
                                .parent = attribute_table_parent(state->options.attributes, row),
                                .hash = hash,
                                .attribute_row = row};
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
    struct contribution contributions[FEATURE_COUNT];
    struct candidate_answer answer =
        candidate_ask(&method->choice, row, state->options.is_event, 0, contributions);
    const struct reason_subject subject = {method->present.groups, feature_key.attribute_row};
    reason_words_append(demand->reason, sizeof demand->reason, contributions, &subject);
    const struct auto_level *level = &method->level;
    double error =
        sure * hypot(answer.error, method->slope_spread * (answer.score - level->score_mean));
    double score = level->mean + answer.score;
    double low = score - hypot(error, level->mean - level->low);
    double high = score + hypot(error, level->high - level->mean);
    demand->p_return = return_link_probability(score, answer.ground);
    demand->p_low = return_link_probability(low, answer.ground);
    demand->p_high = return_link_probability(high, answer.ground);
    if (method->is_taught) {
        double p = return_link_probability(method->hits_level + answer.score, answer.ground);
        demand->expected_hits = demand->p_return * hits_fit_mean(&method->hits, row, p);
    }
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
                                        "%s than %s, whose log-loss of %.5f is lower by only "
                                        "%.5f, with a standard error of %.5f",
                                        choice->chosen < choice->best ? "simpler" : "knows more",
                                        best->name, best->loss, chosen->difference, chosen->error);
    }
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        const struct candidate_result *result = &choice->results[i];
        char name[sizeof facts->name];
        if (result->is_absent) {
            continue;
        }
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
    if (method->level.past.is_untaught) {
        count = forecast_state_add_fact(
            facts, count, "level_note",
            "no past event found enough dormant keys that came back: expected is what ordinary "
            "windows bring, in a band that reaches far up; --event-strength tells better");
    }
    for (size_t i = 0; i < method->set.unlogged_count; i++) {
        count = forecast_state_add_fact(
            facts, count, "unlogged_event",
            "%s is left out: hardly an access in its window; if its logs are missing, ingest them",
            method->set.unlogged[i].name);
    }
    count = forecast_state_add_fact(facts, count, "training_windows", "%zu, %zu of them events",
                                    method->set.origin_count, method->level.past.event_windows);
    count = forecast_state_add_fact(facts, count, "training_rows", "%zu", method->set.rows.count);
    count = forecast_state_add_fact(facts, count, "compared_keys", "%.0f, of which %.0f came back",
                                    method->choice.compared_rows, method->choice.compared_returns);
    count =
        forecast_state_add_fact(facts, count, "expected_returns", "%.1f", method->level.total.mean);
    count = forecast_state_add_fact(facts, count, "expected_returns_low", "%.1f",
                                    method->level.total.low);
    return forecast_state_add_fact(facts, count, "expected_returns_high", "%.1f",
                                   method->level.total.high);
}

static void dump_training(const void *fitted, FILE *out)
{
    const struct auto_method *method = fitted;
    feature_dump_training(&method->set, out);
}

static void dump_key(const struct forecast_state *state, const void *fitted,
                     const struct key_history *key, FILE *out)
{
    const struct auto_method *method = fitted;
    float row[FEATURE_COUNT];
    if (key == NULL) {
        feature_dump_header(out);
        return;
    }
    const struct feature_key feature_key = feature_key_of(state, key);
    if (key_features_take(&method->present, &feature_key, row)) {
        feature_dump_key(key->id, row, out);
    }
}

const struct forecast_method method_auto = {
    "auto", NULL, fit, score, describe, free_fitted, dump_training, dump_key,
};
