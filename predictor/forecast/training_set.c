/* training_set.c - see training_set.h.
 * Room: predictor/forecast. May touch: GSL, memory. */
#include "predictor/forecast/training_set.h"

#include "predictor/forecast/event_pull.h"
#include "predictor/forecast/organic_fit.h"
#include "predictor/forecast/response_learn.h"
#include "predictor/forecast/training_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAYS_PER_WEEK = 7,
    EVENT_LEAST_DAY = 2, /* events are few: each is used that has anyone silent before it */
    ROLLING_MAX = 12,
    OVERLAP_SHARE = 3, /* neighbouring windows lie this part of their length apart */
    HISTORY_SHARE =
        3, /* of the history has to lie before an origin: keys then look as old as they do now */
    EVENT_ORIGINS_MAX = TRAINING_ORIGINS_MAX - ROLLING_MAX,
    HISTORY_LEAST_DAY =
        14 /* before an origin, beyond the gap: else nobody has had time to fall silent */
};

/* ---- events */

static bool is_kind_asked(const struct forecast_options *options, const char *kind)
{
    const char *asked = options->event_kind == NULL ? "" : options->event_kind;
    return asked[0] == '\0' || (kind != NULL && strcmp(kind, asked) == 0);
}

static int compare_events(const void *left, const void *right)
{
    const struct feature_event *a = left;
    const struct feature_event *b = right;
    return (a->window.start_unix > b->window.start_unix) -
           (a->window.start_unix < b->window.start_unix);
}

/* The latest past events, by start. */
static void set_events(struct training_set *set, const struct forecast_state *state)
{
    const struct forecast_options *options = &state->options;
    for (size_t i = 0; i < options->event_count; i++) {
        const struct event_window *event = &options->events[i];
        if (event->end_unix > options->as_of_unix || event->end_unix <= state->first_unix) {
            continue;
        }
        if (set->event_count == TRAINING_EVENTS_MAX) {
            qsort(set->events, set->event_count, sizeof *set->events, compare_events);
            memmove(&set->events[0], &set->events[1], --set->event_count * sizeof *set->events);
        }
        set->events[set->event_count++] = (struct feature_event){
            .window = *event, .is_same_kind = is_kind_asked(options, event->kind)};
    }
    qsort(set->events, set->event_count, sizeof *set->events, compare_events);
}

/* An event whose logs are missing would teach that nobody comes. */
static void leave_out_unlogged(struct training_set *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->event_count; i++) {
        if (set->events[i].is_unlogged) {
            set->unlogged[set->unlogged_count++] = set->events[i].window;
        } else {
            set->events[kept++] = set->events[i];
        }
    }
    set->event_count = kept;
}

/* ---- origins */

/* Events are by start; one that started earlier but ended later than the next is rare, and left out with it. */
size_t training_set_count_ended(const struct training_set *set, int64_t moment_unix)
{
    size_t count = 0;
    while (count < set->event_count && set->events[count].window.end_unix <= moment_unix) {
        count++;
    }
    return count;
}

static void set_context(const struct training_set *set, const struct forecast_state *state,
                        const struct forecast_window *window, struct feature_context *context)
{
    *context = (struct feature_context){
        .clock = state->clock,
        .origin_unix = window->origin_unix,
        .start_unix = window->start_unix,
        .end_unix = window->end_unix,
        .dormant_after_second = state->options.dormant_after_second,
        .entity = state->options.entity,
        .siblings = state->options.attributes == NULL ? NULL : &state->siblings,
        .events = set->events,
        .response = &set->response,
        .event_count = training_set_count_ended(set, window->origin_unix)};
}

static bool has_history_before(const struct forecast_state *state, int64_t origin_unix,
                               bool is_event)
{
    int64_t least = training_rows_gap_second(state) + (int64_t)HISTORY_LEAST_DAY * SECONDS_PER_DAY;
    if (state->first_unix == INT64_MAX) {
        return false;
    }
    if (is_event) {
        least = training_rows_gap_second(state) + (int64_t)EVENT_LEAST_DAY * SECONDS_PER_DAY;
    }
    int64_t before = origin_unix - state->first_unix;
    int64_t whole = state->options.as_of_unix - state->first_unix;
    return before >= least && (is_event || before >= whole / HISTORY_SHARE);
}

static bool overlap(const struct event_window *event, const struct forecast_window *window)
{
    return event->start_unix < window->end_unix && window->start_unix < event->end_unix;
}

static bool overlaps_event(const struct training_set *set, const struct forecast_window *window)
{
    for (size_t i = 0; i < set->event_count; i++) {
        const struct event_window *event = &set->events[i].window;
        if (overlap(event, window)) {
            return true;
        }
    }
    for (size_t i = 0; i < set->unlogged_count; i++) {
        if (overlap(&set->unlogged[i], window)) {
            return true;
        }
    }
    return false;
}

static double ln_age(const struct forecast_state *state, int64_t origin_unix)
{
    double then = (double)(origin_unix - state->first_unix);
    double now = (double)(state->window.origin_unix - state->first_unix);
    return log(fmax(then, 1) / fmax(now, 1));
}

static void add_origin(struct training_set *set, const struct forecast_state *state,
                       const struct forecast_window *window, const struct feature_event *event)
{
    struct training_origin *origin = &set->origins[set->origin_count++];
    *origin =
        (struct training_origin){.is_event = event != NULL,
                                 .event_at = event == NULL ? 0 : (size_t)(event - set->events),
                                 .is_same_kind = event != NULL && event->is_same_kind,
                                 .ln_age = ln_age(state, window->origin_unix)};
    set_context(set, state, window, &origin->context);
    origin->context.members = event == NULL ? NULL : event->window.members;
}

/* Windows of the coming one's length, whole weeks apart so that they hold the same weekdays, each sharing up to two
 * thirds of its time with the next. */
static void add_rolling(struct training_set *set, const struct forecast_state *state,
                        bool with_events)
{
    const int64_t week = (int64_t)DAYS_PER_WEEK * SECONDS_PER_DAY;
    const struct forecast_window *coming = &state->window;
    int64_t length = coming->end_unix - coming->start_unix;
    int64_t lead = coming->start_unix - coming->origin_unix;
    int64_t step = (length / OVERLAP_SHARE + week - 1) / week * week;
    for (int64_t end = coming->origin_unix; set->origin_count < ROLLING_MAX; end -= step) {
        const struct forecast_window window = {end - length - lead, end - length, end};
        if (!has_history_before(state, window.origin_unix, false)) {
            break;
        }
        if (with_events || !overlaps_event(set, &window)) {
            add_origin(set, state, &window, NULL);
        }
    }
}

static void add_events(struct training_set *set, const struct forecast_state *state)
{
    int64_t lead = state->window.start_unix - state->window.origin_unix;
    size_t most = set->origin_count + EVENT_ORIGINS_MAX;
    for (size_t i = set->event_count; i > 0 && set->origin_count < most; i--) {
        const struct feature_event *event = &set->events[i - 1];
        const struct forecast_window window = {event->window.start_unix - lead,
                                               event->window.start_unix, event->window.end_unix};
        if (has_history_before(state, window.origin_unix, true)) {
            add_origin(set, state, &window, event);
        }
    }
}

static void set_origins(struct training_set *set, const struct forecast_state *state)
{
    enum { ENOUGH_ROLLING = 3 };
    add_rolling(set, state, false);
    if (!state->options.is_event && set->origin_count < ENOUGH_ROLLING) {
        set->origin_count = 0;
        add_rolling(set, state, true);
    }
    if (state->options.is_event) {
        add_events(set, state);
    }
}

/* ---- the BTYD models as of an origin */

/* Of the sampled keys, by what they did from `start_unix` to `origin_unix`. */
static int add_triples(const struct forecast_state *state, int64_t start_unix, int64_t origin_unix,
                       struct triple_set *triples, struct error *err)
{
    for (size_t i = 0; i < state->sample.key_count; i++) {
        struct bucket_list known =
            as_of_since(&state->clock, key_sample_buckets(&state->sample, i), start_unix);
        struct as_of_snapshot snapshot;
        if (as_of_take(&state->clock, known, origin_unix, &snapshot)) {
            const uint32_t triple[3] = {snapshot.x, snapshot.last, snapshot.age};
            if (triple_set_add(triples, triple, 1, err) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* A small part of the mean P(return) of keys that have been silent for a while. */
static double floor_of(const struct triple_set *triples, const struct feature_context *context)
{
    const double part = 0.02;
    const double least = 1e-9;
    double weight = 0;
    double sum = 0;
    double from = (double)(context->start_unix - context->origin_unix) / SECONDS_PER_DAY;
    double to = (double)(context->end_unix - context->origin_unix) / SECONDS_PER_DAY;
    for (size_t i = 0; i < triples->slot_count; i++) {
        const struct triple_slot *slot = &triples->slots[i];
        struct btyd_key key = {triple_set_x(slot->packed), triple_set_last(slot->packed),
                               triple_set_age(slot->packed)};
        if (slot->weight > 0 && key.age - key.last >= TRAINING_GAP_DAY) {
            weight += slot->weight;
            sum += slot->weight * mbgnbd_model.p_return(context->mbgnbd, &key, from, to);
        }
    }
    return weight > 0 ? fmax(part * sum / weight, least) : least;
}

static int fit_btyd(const struct triple_set *triples, struct feature_context *context,
                    struct error *err)
{
    struct organic_fit fit;
    if (organic_fit_set(&bgnbd_model, triples, &fit, err) != 0) {
        return -1;
    }
    memcpy(context->bgnbd, fit.btyd.parameters, sizeof context->bgnbd);
    if (organic_fit_set(&mbgnbd_model, triples, &fit, err) != 0) {
        return -1;
    }
    memcpy(context->mbgnbd, fit.btyd.parameters, sizeof context->mbgnbd);
    context->p_floor = floor_of(triples, context);
    return 0;
}

static int fit_context(const struct forecast_state *state, int64_t start_unix,
                       struct feature_context *context, struct error *err)
{
    struct triple_set triples = {0};
    int result = add_triples(state, start_unix, context->origin_unix, &triples, err);
    if (result == 0) {
        result = fit_btyd(&triples, context, err);
    }
    triple_set_free(&triples);
    return result;
}

static void set_coming(const struct training_set *set, const struct forecast_state *state,
                       struct feature_context *context)
{
    set_context(set, state, &state->window, context);
    context->members = state->options.event_members;
    context->groups = &set->groups;
}

int training_set_present(const struct training_set *set, const struct forecast_state *state,
                         struct feature_context *context, struct error *err)
{
    set_coming(set, state, context);
    return fit_btyd(&state->triples, context, err);
}

int training_set_view(const struct training_set *set, const struct forecast_state *state,
                      int64_t start_unix, struct feature_context *context, struct error *err)
{
    set_coming(set, state, context);
    while (context->event_count > 0 && context->events->window.start_unix < start_unix) {
        context->events++;
        context->event_count--;
    }
    return fit_context(state, start_unix, context, err);
}

/* ---- the whole */

struct feature_key training_set_key(const struct forecast_state *state, size_t at)
{
    uint64_t hash = state->sample.keys[at].hash;
    uint32_t row = attribute_table_find(state->options.attributes, hash);
    return (struct feature_key){.buckets = key_sample_buckets(&state->sample, at),
                                .parent = attribute_table_parent(state->options.attributes, row),
                                .hash = hash,
                                .attribute_row = row};
}

int training_set_make(struct training_set *set, const struct forecast_state *state,
                      size_t row_count_max, struct error *err)
{
    memset(set, 0, sizeof *set);
    set_events(set, state);
    if (event_pull_measure(state, set->events, set->event_count, err) != 0) {
        return -1;
    }
    leave_out_unlogged(set);
    set_origins(set, state);
    for (size_t i = 0; i < set->origin_count; i++) {
        if (fit_context(state, state->first_unix, &set->origins[i].context, err) != 0) {
            return -1;
        }
    }
    struct feature_context present;
    set_context(set, state, &state->window, &present);
    if (set->event_count > 0 && response_learn(&set->response, state, &present, err) != 0) {
        return -1;
    }
    if (training_rows_fill(set, state, row_count_max, err) != 0) {
        return -1;
    }
    return group_effects_fill(set, state, &set->groups, err);
}

bool training_set_overlap(const struct training_set *set, size_t one, size_t other)
{
    const struct feature_context *a = &set->origins[one].context;
    const struct feature_context *b = &set->origins[other].context;
    return a->start_unix < b->end_unix && b->start_unix < a->end_unix;
}

void training_set_free(struct training_set *set)
{
    training_rows_free(&set->rows);
    group_effects_free(&set->groups);
    memset(set, 0, sizeof *set);
}
