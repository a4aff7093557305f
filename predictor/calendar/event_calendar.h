/* event_calendar.h - events.csv: the promotions of the past, and those to come.
 * Room: predictor/calendar. May touch: the file it is given.
 * Promises: events are in order of time and never overlap; what is refused is named by file and line. */
#ifndef REKINDLE_PREDICTOR_EVENT_CALENDAR_H
#define REKINDLE_PREDICTOR_EVENT_CALENDAR_H

#include "common/civil_time.h"
#include "common/error.h"
#include "common/message.h"
#include "common/spelling.h"

#include "predictor/calendar/event_window.h"

#include <stdbool.h>
#include <stddef.h>

struct event_calendar;

/* Reads a CSV with the columns name,start,end and, if it likes, kind and keys; further columns are left alone. A cell of
 * keys names those that are in the event as key_set_load says, from the calendar's folder. Times
 * that tell no zone are of `zone` (NULL: UTC); an end that is a date is the midnight it begins with. Windows
 * are rounded outward to whole buckets, which is said once through `message`. ERROR_INPUT for names that are
 * empty, too long or stand twice, times that are none, and events that end before they start or overlap. */
struct event_calendar *event_calendar_load(const char *path, const struct zone *zone,
                                           int64_t bucket_second, const struct message *message,
                                           struct error *err) MUST_CHECK;
void event_calendar_free(struct event_calendar *calendar);

/* All of them, [*count], in order of time; live as long as the calendar. */
const struct event_window *event_calendar_windows(const struct event_calendar *calendar,
                                                  size_t *count);
/* NULL when there is no such event. */
const struct event_window *event_calendar_find(const struct event_calendar *calendar,
                                               const char *name);
/* For an error about such a name: the nearest to it. */
struct spelling event_calendar_spell(const struct event_calendar *calendar, const char *name);
/* The first so many windows had ended at `as_of_unix`. */
size_t event_calendar_count_past(const struct event_calendar *calendar, int64_t as_of_unix);
/* The names of those that had not, for an error: "sale, winter"; "none" when there are none. To `text` [size]. */
const char *event_calendar_print_coming(const struct event_calendar *calendar, int64_t as_of_unix,
                                        char *text, size_t size);

/* Rounds a window outward to whole buckets; true when that changed it. */
bool event_calendar_round(struct event_window *window, int64_t bucket_second);

#endif
