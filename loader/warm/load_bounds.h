/* load_bounds.h - what ends a load before its plan does: the deadline, and the memory of Redis.
 * Room: loader/warm. May touch: the sink (its status only), the pulse, stderr.
 * Promises: asked before every chunk, so that a bound is kept within one chunk; what ends the load is one error with the
 * exit code of its cause, and the rows behind it are the tail of the plan. */
#ifndef REKINDLE_LOADER_LOAD_BOUNDS_H
#define REKINDLE_LOADER_LOAD_BOUNDS_H

#include "loader/rules/deadline.h"
#include "loader/warm/memory_watch.h"
#include "loader/live/pulse.h"

struct message;

/* All zero: nothing bounds the load. */
struct load_bounds {
    struct deadline deadline;
    const struct benefit_curve *curve; /* borrowed; needed with a deadline */
    const struct message *message;
    struct memory_watch memory;
    int64_t looked_us; /* when the deadline was projected last */
};

/* `--deadline` text (NULL: none), by the run's clock `now_unix`. ERROR_USAGE when it cannot be read. */
int load_bounds_set_deadline(struct load_bounds *bounds, const char *text, int64_t now_unix,
                             struct error *err) MUST_CHECK;

/* Projects the end and says what is new about it; ERROR_DEADLINE when the deadline is over. Cheap: several times a second
 * at most it does more than look at the clock. */
int load_bounds_look(struct load_bounds *bounds, struct pulse *pulse, struct error *err) MUST_CHECK;

/* How many of `wanted` keys may be written now: 1..wanted. Waits, beating, while there is no room but may be soon. */
int load_bounds_ask(struct load_bounds *bounds, struct pulse *pulse, size_t wanted, size_t *allowed,
                    struct error *err) MUST_CHECK;

/* These were written, or not. */
void load_bounds_wrote(struct load_bounds *bounds, const struct sink_item items[], size_t count);

/* The last word on a load that a bound has ended, with the counts as they are now that all is settled. */
void load_bounds_tell_end(const struct load_bounds *bounds, const struct pulse *pulse,
                          struct error *err);

#endif
