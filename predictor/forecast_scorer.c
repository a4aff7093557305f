/* forecast_scorer.c - see forecast_scorer.h.
 * Room: predictor (top). May touch: predictor/forecast, predictor/backtest. */
#include "predictor/forecast_scorer.h"

#include "common/units.h"

#include "predictor/forecast/forecaster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct forecast_scorer {
    struct forecast_options options;
    struct forecaster *forecaster;
};

/* Events are in order of time and do not overlap, so those that have ended come first. */
static size_t count_ended(const struct forecast_scorer_frame *frame, int64_t as_of_unix)
{
    size_t count = 0;
    while (count < frame->event_count && frame->events[count].end_unix <= as_of_unix) {
        count++;
    }
    return count;
}

static void *open_scorer(const void *self, const char *model, enum entity entity,
                         const struct backtest_origin *origin, struct error *err)
{
    const struct forecast_scorer_frame *frame = self;
    struct forecast_scorer *scorer = calloc(1, sizeof *scorer);
    if (scorer == NULL) {
        (void)error_set_memory(err, "preparing the backtest");
        return NULL;
    }
    scorer->options = (struct forecast_options){
        .model = model,
        .entity = entity,
        .as_of_unix = origin->as_of_unix,
        .window_start_unix = origin->start_unix,
        .window_end_unix = origin->end_unix,
        .dormant_after_second = frame->dormant_after_second,
        .bucket_second = frame->bucket_second,
        .zone = frame->zone,
        .events = frame->events,
        .event_count = count_ended(frame, origin->as_of_unix),
        .attributes = frame->attributes[entity],
        .is_event = origin->is_event,
        .event_kind = origin->event_kind,
        .event_members = origin->event_members,
    };
    scorer->forecaster = forecaster_open(&scorer->options, err);
    if (scorer->forecaster == NULL) {
        free(scorer);
        return NULL;
    }
    return scorer;
}

static void close_scorer(void *self)
{
    struct forecast_scorer *scorer = self;
    forecaster_close(scorer->forecaster);
    free(scorer);
}

static int observe(void *self, const struct key_history *key, struct error *err)
{
    const struct forecast_scorer *scorer = self;
    return forecaster_observe(scorer->forecaster, key, err);
}

static int fit(void *self, struct error *err)
{
    const struct forecast_scorer *scorer = self;
    return forecaster_fit(scorer->forecaster, err);
}

static bool is_dormant(const void *self, const struct key_history *key)
{
    const struct forecast_scorer *scorer = self;
    return forecaster_is_dormant(&scorer->options, key);
}

static double score(const void *self, const struct key_history *key)
{
    const struct forecast_scorer *scorer = self;
    struct demand demand;
    forecaster_score(scorer->forecaster, key, &demand);
    return demand.p_return;
}

static double fact_number(const struct forecast_fact *facts, size_t count, const char *name)
{
    struct error err;
    double number;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(facts[i].name, name) == 0 &&
            units_parse_number(facts[i].value, &number, &err) == 0) {
            return number;
        }
    }
    return NAN;
}

static struct backtest_band band(const void *self)
{
    const struct forecast_scorer *scorer = self;
    struct forecast_fact facts[FORECAST_FACTS_MAX];
    size_t count = forecaster_describe(scorer->forecaster, facts);
    return (struct backtest_band){
        .expected = fact_number(facts, count, "expected_returns"),
        .low = fact_number(facts, count, "expected_returns_low"),
        .high = fact_number(facts, count, "expected_returns_high"),
    };
}

struct scorer_kind forecast_scorer_kind(const struct forecast_scorer_frame *frame)
{
    return (struct scorer_kind){
        .self = frame,
        .open = open_scorer,
        .close = close_scorer,
        .observe = observe,
        .fit = fit,
        .is_dormant = is_dormant,
        .score = score,
        .band = band,
    };
}
