/* forecaster.c - see forecaster.h: pass 1 counts, the chosen method fits, pass 2 asks it.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/forecaster.h"

#include "predictor/forecast/forecast_state.h"
#include "predictor/forecast/special_math.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_KEYS_MAX = 400000, SAMPLE_BUCKETS_MAX = 32000000 }; /* some 270 MB at most */

static const struct forecast_method *const methods[] = {
    &method_auto,    &method_bgnbd,     &method_mbgnbd,
    &method_recency, &method_frequency, &method_decayed,
};

struct forecaster {
    struct forecast_state state;
    const struct forecast_method *method;
    void *fitted;
};

const char *forecaster_model_names(void)
{
    return "auto, bgnbd, mbgnbd, recency, frequency, decayed";
}

static const struct forecast_method *find_method(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i]->name, name) == 0) {
            return methods[i];
        }
    }
    return NULL;
}

static int check_options(const struct forecast_options *options, struct error *err)
{
    if (find_method(options->model) == NULL) {
        return error_set(err, ERROR_USAGE, "--model: there is no model '%s'; there are %s",
                         options->model, forecaster_model_names());
    }
    if (options->event_strength > 0 && find_method(options->model) != &method_auto) {
        return error_set(err, ERROR_USAGE,
                         "--event-strength needs --model auto: %s knows no mean of past events to "
                         "be scaled",
                         options->model);
    }
    if (options->window_start_unix < options->as_of_unix ||
        options->window_end_unix <= options->window_start_unix) {
        char as_of[CIVIL_TEXT_SIZE];
        char start[CIVIL_TEXT_SIZE];
        return error_set(
            err, ERROR_INPUT,
            "the window has to start at or after the as-of time and end after its start: as-of is "
            "%s, the window starts at %s",
            civil_print_rfc3339(as_of, options->as_of_unix, options->zone),
            civil_print_rfc3339(start, options->window_start_unix, options->zone));
    }
    return 0;
}

struct forecaster *forecaster_open(const struct forecast_options *options, struct error *err)
{
    if (check_options(options, err) != 0) {
        return NULL;
    }
    struct forecaster *forecaster = calloc(1, sizeof *forecaster);
    if (forecaster == NULL) {
        (void)error_set_memory(err, "preparing the forecast");
        return NULL;
    }
    special_math_init();
    forecaster->method = find_method(options->model);
    forecaster->state = (struct forecast_state){
        .options = *options,
        .clock = {options->bucket_second, options->zone},
        .window = {options->as_of_unix, options->window_start_unix, options->window_end_unix},
        .sample = {.key_count_max = SAMPLE_KEYS_MAX, .bucket_count_max = SAMPLE_BUCKETS_MAX},
        .first_unix = INT64_MAX};
    return forecaster;
}

void forecaster_close(struct forecaster *forecaster)
{
    if (forecaster == NULL) {
        return;
    }
    forecaster->method->free_fitted(forecaster->fitted);
    key_sample_free(&forecaster->state.sample);
    triple_set_free(&forecaster->state.triples);
    triple_set_free(&forecaster->state.dormant);
    sibling_activity_free(&forecaster->state.siblings);
    free(forecaster);
}

static struct bucket_list buckets_of(const struct key_history *key)
{
    return (struct bucket_list){.buckets = key->buckets, .count = key->bucket_count};
}

/* Tells the activity of a key, whose buckets are cut at as_of, to its parent. */
static int observe_siblings(struct forecast_state *state, uint64_t hash, struct bucket_list seen,
                            struct error *err)
{
    const struct attribute_table *attributes = state->options.attributes;
    uint32_t parent = attribute_table_parent(attributes, attribute_table_find(attributes, hash));
    int64_t before = INT64_MIN;
    if (parent == PARENT_NONE) {
        return 0;
    }
    if (sibling_activity_count_key(&state->siblings, attribute_table_parent_count(attributes),
                                   parent, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < seen.count; i++) {
        int64_t day = as_of_day(&state->clock, seen.buckets[i].bucket * state->clock.bucket_second);
        if (day != before && sibling_activity_add(&state->siblings, parent, day, err) != 0) {
            return -1;
        }
        before = day;
    }
    return 0;
}

int forecaster_observe(struct forecaster *forecaster, const struct key_history *key,
                       struct error *err)
{
    struct forecast_state *state = &forecaster->state;
    struct as_of_snapshot snapshot;
    int64_t as_of_unix = state->options.as_of_unix;
    if (key->entity != state->options.entity ||
        !as_of_take(&state->clock, buckets_of(key), as_of_unix, &snapshot)) {
        return 0;
    }
    const uint32_t triple[3] = {snapshot.x, snapshot.last, snapshot.age};
    int64_t first_unix = key->buckets[0].bucket * state->clock.bucket_second;
    state->first_unix = first_unix < state->first_unix ? first_unix : state->first_unix;
    state->key_count++;
    if (forecast_state_is_dormant(state, &state->window, &snapshot)) {
        state->dormant_count++;
        if (triple_set_add(&state->dormant, triple, 1, err) != 0) {
            return -1;
        }
    }
    if (triple_set_add(&state->triples, triple, 1, err) != 0) {
        return -1;
    }
    struct bucket_list seen = as_of_cut(&state->clock, buckets_of(key), as_of_unix);
    uint64_t hash = key_sample_hash(key->id);
    if (observe_siblings(state, hash, seen, err) != 0) {
        return -1;
    }
    return key_sample_offer(&state->sample, hash, seen, err);
}

int forecaster_fit(struct forecaster *forecaster, struct error *err)
{
    if (plain_hits_learn(&forecaster->state.hits, &forecaster->state, err) != 0 ||
        sibling_activity_finish(&forecaster->state.siblings, err) != 0) {
        return -1;
    }
    return forecaster->method->fit(forecaster->method, &forecaster->state, &forecaster->fitted,
                                   err);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void give_reason(const struct forecast_state *state, const struct key_history *key,
                        const struct as_of_snapshot *snapshot, struct demand *demand)
{
    uint64_t returned;
    uint64_t seen;
    uint64_t gap = (uint64_t)snapshot->gap_day;
    forecaster_count_events(&state->options, key, &returned, &seen);
    if (seen > 0) {
        (void)snprintf(demand->reason, sizeof demand->reason,
                       "came back in %llu of %llu past event%s; last seen %llu day%s ago",
                       (unsigned long long)returned, (unsigned long long)seen, plural(seen),
                       (unsigned long long)gap, plural(gap));
    } else {
        (void)snprintf(demand->reason, sizeof demand->reason,
                       "seen on %u day%s, last %llu day%s ago", snapshot->active_days,
                       plural(snapshot->active_days), (unsigned long long)gap, plural(gap));
    }
}

/* Whatever a method says, a plan sees finite, ordered numbers. */
static void put_in_order(struct demand *demand, const struct plain_hits *hits,
                         const struct as_of_snapshot *snapshot)
{
    demand->p_return = isfinite(demand->p_return) ? fmin(fmax(demand->p_return, 0), 1) : 0;
    demand->p_low = isfinite(demand->p_low) ? fmin(fmax(demand->p_low, 0), demand->p_return) : 0;
    demand->p_high = isfinite(demand->p_high) ? fmax(fmin(demand->p_high, 1), demand->p_return) : 1;
    if (!(demand->expected_hits >= demand->p_return) || !isfinite(demand->expected_hits)) {
        demand->expected_hits = demand->p_return * plain_hits_mean(hits, snapshot);
    }
}

void forecaster_score(const struct forecaster *forecaster, const struct key_history *key,
                      struct demand *demand)
{
    const struct forecast_state *state = &forecaster->state;
    struct as_of_snapshot snapshot;
    *demand = (struct demand){.expected_hits = -1, .reason = "never seen before the as-of time"};
    if (!as_of_take(&state->clock, buckets_of(key), state->options.as_of_unix, &snapshot)) {
        demand->expected_hits = 0;
        return;
    }
    give_reason(state, key, &snapshot, demand);
    forecaster->method->score(state, forecaster->fitted, key, &snapshot, demand);
    put_in_order(demand, &state->hits, &snapshot);
}

size_t forecaster_describe(const struct forecaster *forecaster,
                           struct forecast_fact facts[FORECAST_FACTS_MAX])
{
    const struct forecast_state *state = &forecaster->state;
    size_t count = 0;
    count = forecast_state_add_fact(facts, count, "model", "%s", forecaster->method->name);
    count =
        forecast_state_add_fact(facts, count, "entity", "%s", entity_name(state->options.entity));
    count =
        forecast_state_add_fact(facts, count, "keys", "%llu", (unsigned long long)state->key_count);
    count = forecast_state_add_fact(facts, count, "dormant_keys", "%llu",
                                    (unsigned long long)state->dormant_count);
    count = forecast_state_add_fact(facts, count, "distinct_triples", "%zu", state->triples.count);
    count = forecast_state_add_fact(facts, count, "training_keys", "%zu", state->sample.key_count);
    count = forecast_state_add_fact(facts, count, "hits_per_return", "%.3f", state->hits.average);
    return forecaster->method->describe(state, forecaster->fitted, facts, count);
}

static int check_dump(const struct forecaster *forecaster, FILE *out, struct error *err)
{
    if (forecaster->method->dump_training == NULL) {
        return error_set(err, ERROR_USAGE, "the model %s has no features to dump; auto has",
                         forecaster->method->name);
    }
    if (ferror(out)) {
        return error_set(err, ERROR_RESOURCE, "cannot write the features");
    }
    return 0;
}

int forecaster_dump_training(const struct forecaster *forecaster, FILE *out, struct error *err)
{
    if (check_dump(forecaster, out, err) != 0) {
        return -1;
    }
    forecaster->method->dump_training(forecaster->fitted, out);
    return check_dump(forecaster, out, err);
}

int forecaster_dump_key(const struct forecaster *forecaster, const struct key_history *key,
                        FILE *out, struct error *err)
{
    if (check_dump(forecaster, out, err) != 0) {
        return -1;
    }
    forecaster->method->dump_key(&forecaster->state, forecaster->fitted, key, out);
    return 0;
}

bool forecaster_is_dormant(const struct forecast_options *options, const struct key_history *key)
{
    const struct forecast_state state = {.options = *options};
    const struct forecast_window window = {.origin_unix = options->as_of_unix};
    const struct as_of_clock clock = {options->bucket_second, NULL};
    struct bucket_list seen = as_of_cut(&clock, buckets_of(key), options->as_of_unix);
    if (seen.count == 0) {
        return false;
    }
    const struct as_of_snapshot snapshot = {.last_unix = seen.buckets[seen.count - 1].bucket *
                                                         options->bucket_second};
    return forecast_state_is_dormant(&state, &window, &snapshot);
}

void forecaster_count_events(const struct forecast_options *options, const struct key_history *key,
                             uint64_t *returned, uint64_t *seen)
{
    const struct as_of_clock clock = {options->bucket_second, NULL};
    int64_t first_unix = key->buckets[0].bucket * options->bucket_second;
    *returned = *seen = 0;
    for (size_t i = 0; i < options->event_count; i++) {
        const struct event_window *event = &options->events[i];
        if (event->end_unix <= options->as_of_unix && first_unix < event->start_unix) {
            *seen += 1;
            *returned +=
                as_of_count_hits(&clock, buckets_of(key), event->start_unix, event->end_unix) > 0;
        }
    }
}
