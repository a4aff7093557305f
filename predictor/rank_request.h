/* rank_request.h - what one `rank` is asked for, made definite: times, events, families, lists.
 * Room: predictor (top). May touch: predictor/calendar, predictor/forecast, predictor/history, predictor/rank. */
#ifndef REKINDLE_PREDICTOR_RANK_REQUEST_H
#define REKINDLE_PREDICTOR_RANK_REQUEST_H

#include "predictor/pipeline.h"

#include "predictor/calendar/event_calendar.h"
#include "predictor/forecast/attribute_table.h"
#include "predictor/history/history_reader.h"
#include "predictor/rank/key_list.h"
#include "predictor/rank/rank_facts.h"

struct rank_request {
    struct history_reader *reader;
    struct zone *zone;
    struct event_calendar *calendar; /* NULL: none was given */
    struct event_window window;      /* the coming one */
    struct rank_frame frame;         /* as_of, past events, window */
    int64_t dormant_after_second;    /* 0: --scope all */
    bool is_wanted[ENTITY_COUNT];
    const struct family *
        *families[ENTITY_COUNT]; /* [family_count[entity]]: one row of the plan for each */
    size_t family_count[ENTITY_COUNT];
    struct family fallback[ENTITY_COUNT]; /* of an entity for which the config has no family */
    struct key_list *pins, *exclusions;
    struct attribute_table *attributes[ENTITY_COUNT]; /* NULL: not known */
};

/* ERROR_USAGE for options that do not fit together, ERROR_INPUT for a history, calendar or list that cannot be
 * used. Free with rank_request_close, also when it failed. */
int rank_request_open(struct rank_request *request, const struct pipeline *pipeline,
                      struct error *err) MUST_CHECK;
void rank_request_close(struct rank_request *request);

#endif
