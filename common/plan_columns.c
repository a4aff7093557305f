/* plan_columns.c - see plan_columns.h.
 * Room: common. May touch: nothing. */
#include "common/plan_columns.h"

#include "common/key_template.h"

#define FIELD(field) offsetof(struct plan_row, field)

enum { FAMILY_SIZE_MAX = 64, SHARE_PLACES = 6, DAY_PLACES = 2 };

const struct plan_column plan_columns[PLAN_COLUMN_COUNT] = {
    {.name = "rank", .cell = PLAN_CELL_COUNT, .offset = FIELD(rank), .is_loaded = true},
    {.name = "entity", .cell = PLAN_CELL_ENTITY, .offset = FIELD(entity), .is_loaded = true},
    {.name = "id",
     .cell = PLAN_CELL_TEXT,
     .offset = FIELD(id),
     .size_max = ENTITY_ID_SIZE_MAX,
     .is_needed = true,
     .is_loaded = true},
    {.name = "family",
     .cell = PLAN_CELL_TEXT,
     .offset = FIELD(family),
     .size_max = FAMILY_SIZE_MAX,
     .is_needed = true,
     .is_loaded = true},
    {.name = "key",
     .cell = PLAN_CELL_TEXT,
     .offset = FIELD(key),
     .size_max = KEY_SIZE_MAX,
     .is_needed = true,
     .is_loaded = true},
    {.name = "action", .cell = PLAN_CELL_ACTION, .offset = FIELD(action), .is_loaded = true},
    {.name = "p_return",
     .cell = PLAN_CELL_NUMBER,
     .offset = FIELD(p_return),
     .places = SHARE_PLACES},
    {.name = "p_low", .cell = PLAN_CELL_NUMBER, .offset = FIELD(p_low), .places = SHARE_PLACES},
    {.name = "p_high", .cell = PLAN_CELL_NUMBER, .offset = FIELD(p_high), .places = SHARE_PLACES},
    {.name = "expected_hits",
     .cell = PLAN_CELL_NUMBER,
     .offset = FIELD(expected_hits),
     .places = SHARE_PLACES},
    {.name = "benefit_ms",
     .cell = PLAN_CELL_NUMBER,
     .offset = FIELD(benefit_ms),
     .places = SHARE_PLACES,
     .is_loaded = true},
    {.name = "size_bytes", .cell = PLAN_CELL_COUNT, .offset = FIELD(size_bytes), .is_loaded = true},
    {.name = "days_dormant",
     .cell = PLAN_CELL_NUMBER,
     .offset = FIELD(days_dormant),
     .places = DAY_PLACES},
    {.name = "last_seen", .cell = PLAN_CELL_TIME, .offset = FIELD(last_seen_unix)},
    {.name = "active_days", .cell = PLAN_CELL_COUNT, .offset = FIELD(active_days)},
    {.name = "events_returned", .cell = PLAN_CELL_COUNT, .offset = FIELD(events_returned)},
    {.name = "events_seen", .cell = PLAN_CELL_COUNT, .offset = FIELD(events_seen)},
    {.name = "reason", .cell = PLAN_CELL_TEXT, .offset = FIELD(reason)},
    {.name = "event",
     .cell = PLAN_CELL_TEXT,
     .offset = FIELD(event),
     .size_max = PLAN_EVENT_SIZE_MAX,
     .is_shared = true},
    {.name = "window_start",
     .cell = PLAN_CELL_TIME,
     .offset = FIELD(window_start_unix),
     .is_shared = true},
    {.name = "window_end",
     .cell = PLAN_CELL_TIME,
     .offset = FIELD(window_end_unix),
     .is_shared = true},
    {.name = "as_of", .cell = PLAN_CELL_TIME, .offset = FIELD(as_of_unix), .is_shared = true},
};

const char *plan_action_name(enum plan_action action)
{
    return action == PLAN_WARM ? "warm" : "skip";
}
