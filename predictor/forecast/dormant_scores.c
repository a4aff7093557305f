/* dormant_scores.c - see dormant_scores.h.
 * Room: predictor/forecast. May touch: memory. */
#include "predictor/forecast/dormant_scores.h"

#include "predictor/forecast/return_link.h"

#include <stdlib.h>

int dormant_scores_reserve(struct dormant_scores *dormant, size_t count, struct error *err)
{
    *dormant = (struct dormant_scores){.weight = 1};
    dormant->keys = malloc((count + 1) * sizeof *dormant->keys);
    dormant->scores = malloc((count + 1) * sizeof *dormant->scores);
    dormant->grounds = malloc((count + 1) * sizeof *dormant->grounds);
    bool is_short = dormant->keys == NULL || dormant->scores == NULL || dormant->grounds == NULL;
    return is_short ? error_set_memory(err, "adding up the forecast") : 0;
}

void dormant_scores_add(struct dormant_scores *dormant, size_t key, double score,
                        struct return_ground ground)
{
    dormant->keys[dormant->count] = key;
    dormant->scores[dormant->count] = (float)score;
    dormant->grounds[dormant->count++] = ground;
}

int dormant_scores_take(struct dormant_scores *dormant, const struct forecast_state *state,
                        const struct candidate_choice *choice,
                        const struct feature_context *present, struct error *err)
{
    size_t most = state->dormant_count < state->sample.key_count ? (size_t)state->dormant_count
                                                                 : state->sample.key_count;
    if (dormant_scores_reserve(dormant, most, err) != 0) {
        return -1;
    }
    dormant->weight = key_sample_weight(&state->sample);
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct feature_key key = training_set_key(state, i);
        struct as_of_snapshot snapshot;
        float row[FEATURE_COUNT];
        if (as_of_take(&state->clock, key.buckets, state->window.origin_unix, &snapshot) &&
            forecast_state_is_dormant(state, &state->window, &snapshot) &&
            key_features_take(present, &key, row)) {
            struct contribution unused[FEATURE_COUNT];
            struct candidate_answer answer =
                candidate_ask(choice, row, state->options.is_event, 0, unused);
            dormant_scores_add(dormant, i, answer.score, answer.ground);
        }
    }
    return 0;
}

void dormant_scores_free(struct dormant_scores *dormant)
{
    free(dormant->keys);
    free(dormant->scores);
    free(dormant->grounds);
    *dormant = (struct dormant_scores){.keys = NULL};
}

double dormant_scores_mean(const struct dormant_scores *dormant)
{
    double sum = 0;
    for (size_t i = 0; i < dormant->count; i++) {
        sum += (double)dormant->scores[i];
    }
    return dormant->count == 0 ? 0 : sum / (double)dormant->count;
}

double dormant_scores_total(const struct dormant_scores *dormant, double level, double *variance)
{
    double sum = 0;
    *variance = 0;
    for (size_t i = 0; i < dormant->count; i++) {
        double p = return_link_probability(level + (double)dormant->scores[i], dormant->grounds[i]);
        sum += p;
        *variance += p * (1 - p);
    }
    *variance *= dormant->weight;
    return sum * dormant->weight;
}

double dormant_scores_level(const struct dormant_scores *dormant, double wanted, double around)
{
    enum { HALVINGS = 60, FARTHEST = 30 };
    double low = around - FARTHEST;
    double high = around + FARTHEST;
    for (int i = 0; i < HALVINGS; i++) {
        double variance;
        double middle = (low + high) / 2;
        if (dormant_scores_total(dormant, middle, &variance) < wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}
