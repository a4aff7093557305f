/* deadline.h - the moment by which a run ends, and how much of the plan will be warm by then.
 * Room: loader/rules. May touch: nothing: the time is an argument. Pure.
 * Promises: what does not fit is the tail of the plan, never its head. The rate is that of about the last minute, the
 * time of a pause not counted, and never more than the limit that a person has set. */
#ifndef REKINDLE_LOADER_DEADLINE_H
#define REKINDLE_LOADER_DEADLINE_H

#include "common/error.h"
#include "loader/rules/benefit_curve.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What will be, if nothing changes. */
struct deadline_projection {
    bool is_known;   /* false: no deadline, or no rate was measured yet; nothing else is set then */
    bool is_fitting; /* the whole plan */
    double rows_per_second; /* that this counts on */
    uint64_t row_count;  /* of the plan's rows, those that will be settled, from the first one on */
    uint64_t warm_count; /* of the whole plan */
    double benefit_share; /* of the plan's expected benefit that these rows hold */
};

/* All zero: no deadline. */
struct deadline {
    int64_t at_us;   /* monotonic; 0: none */
    int64_t at_unix; /* the same moment by the run's clock, for people */
    /* the rate: rows and seconds, both fading */
    double rows, second;
    uint64_t measured_count;
    int64_t measured_us;
    double interval_second; /* between the last two times that rows were settled */
    double overdue_second;  /* how much longer than that the next ones take already */
    /* what was said last */
    bool has_told, is_told_fitting;
    double told_share;
    int64_t told_us;
};

enum { DEADLINE_TEXT_SIZE = 160 };

/* `2026-11-11T00:00:00Z` and all that civil_parse_time reads, or a duration from `now_unix` on (`2h30m`). */
int deadline_parse(const char *text, int64_t now_unix, int64_t *at_unix,
                   struct error *err) MUST_CHECK;

bool deadline_is_over(const struct deadline *deadline, int64_t now_us);

/* Learns the rate: `settled_count` rows were settled by this process after `active_us` in which it was not paused.
 * May be called as often as one likes. */
void deadline_measure(struct deadline *deadline, uint64_t settled_count, int64_t active_us);

/* `settled_count` of the plan's `warm_count` rows are settled now. `limit_rows_per_second`: what a person allows, 0 for
 * no limit; it is the rate as long as none was measured. */
struct deadline_projection deadline_project(const struct deadline *deadline,
                                            const struct benefit_curve *curve,
                                            uint64_t settled_count, uint64_t warm_count,
                                            double limit_rows_per_second, int64_t now_us);

/* How many rows the next window may have, at most `row_count_max`: windows shrink toward the deadline, so that little
 * is under way, and lost, when it comes. */
size_t deadline_window_rows(const struct deadline *deadline, size_t row_count_max, int64_t now_us);

/* Whether a person wants to hear of it: at once when the plan does not fit, and, twice a minute at most, when it fits
 * again or what fits has changed a lot since. Remembers what was told. */
bool deadline_is_news(struct deadline *deadline, const struct deadline_projection *projection,
                      int64_t now_us);

/* "at 3.1k keys/s 812400 of 1000000 keys fit by 2026-11-11T00:00:00Z: 98.7% of the expected benefit"; returns `text`
 * [DEADLINE_TEXT_SIZE]. */
const char *deadline_print(char *text, const struct deadline *deadline,
                           const struct deadline_projection *projection);

#endif
