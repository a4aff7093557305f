/* rank_score.c - see rank_score.h.
 * Room: predictor/rank. May touch: nothing. */
#include "predictor/rank/rank_score.h"

#include <assert.h>
#include <math.h>

static uint64_t value_size_of(const struct family *family, const struct rank_facts *facts)
{
    if (family->size_bytes > 0) {
        return family->size_bytes;
    }
    return facts->size_bytes > 0 ? (uint64_t)llround(facts->size_bytes) : VALUE_SIZE_DEFAULT_BYTES;
}

static double miss_cost_of(const struct family *family, const struct rank_facts *facts)
{
    if (family->miss_cost_ms > 0) {
        return family->miss_cost_ms;
    }
    return facts->cost_ms > 0 ? facts->cost_ms : MISS_COST_DEFAULT_MS;
}

/* Requests that arrive while the first miss is being filled, given that there is one: they miss as well. At the mean rate of
 * the window, as peaks are not known; so this is the least that a hot key costs. */
static double herd_of(const struct rank_frame *frame, const struct demand *demand, double cost_ms)
{
    const double ms_per_second = 1000;
    double window_ms =
        (double)(frame->window->end_unix - frame->window->start_unix) * ms_per_second;
    if (!(demand->p_return > 0) || !(window_ms > 0)) {
        return 0;
    }
    return fmax(demand->expected_hits / demand->p_return - 1, 0) * fmin(cost_ms / window_ms, 1);
}

void rank_score_fill(const struct rank_frame *frame, const struct family *family, struct slice id,
                     const struct rank_facts *facts, const struct demand *demand, char *key,
                     struct plan_row *row)
{
    size_t key_size = key_template_render(&family->key, id, key);
    double cost_ms = miss_cost_of(family, facts);
    assert(key_size > 0); /* key_template_parse leaves room for every id */
    *row = (struct plan_row){
        .entity = family->entity,
        .id = id,
        .family = slice_of(family->name),
        .key = {key, key_size},
        .action = PLAN_WARM,
        .p_return = demand->p_return,
        .p_low = demand->p_low,
        .p_high = demand->p_high,
        .expected_hits = demand->expected_hits,
        .benefit_ms = demand->p_return * cost_ms * (1 + herd_of(frame, demand, cost_ms)),
        .size_bytes = key_size + value_size_of(family, facts) + REDIS_KEY_OVERHEAD_BYTES,
        .days_dormant = (double)(frame->as_of_unix - facts->last_seen_unix) / SECONDS_PER_DAY,
        .last_seen_unix = facts->last_seen_unix,
        .active_days = facts->active_days,
        .events_returned = facts->events_returned,
        .events_seen = facts->events_seen,
        .reason = slice_of(demand->reason),
        .event = slice_of(frame->window->name),
        .window_start_unix = frame->window->start_unix,
        .window_end_unix = frame->window->end_unix,
        .as_of_unix = frame->as_of_unix,
    };
}
