/* pulse.h - what a run does several times a second whatever else it does: switch, lease, pace, progress, status.
 * Room: loader/live. May touch: stderr, the status file, the lease, signals' flags; sleeps.
 * Promises: a stop or pause is seen within 200 ms wherever the run waits; every wait is accounted to a reason. */
#ifndef REKINDLE_LOADER_PULSE_H
#define REKINDLE_LOADER_PULSE_H

#include <stdbool.h>

#include "common/progress.h"
#include "loader/folder/control_file.h"
#include "loader/live/governor_watch.h"
#include "loader/folder/outcome.h"
#include "loader/rules/pace.h"
#include "loader/live/run_lock.h"
#include "loader/folder/run_status.h"
#include "loader/live/run_switch.h"
#include "loader/live/source_patience.h"
#include "loader/sink/sink.h"

/* What has been settled so far, over all sessions of the run. */
struct run_totals {
    struct outcome_tally tally; /* of rows with action warm */
    uint64_t value_bytes;       /* of rows warmed */
    double benefit_ms;          /* of rows that are warm: warmed or exists */
};

/* What is expected to be warm at the deadline; all zero: there is none. */
struct pulse_outlook {
    int64_t deadline_unix;
    bool is_short;        /* the plan will not fit; else the rest is not set */
    uint64_t row_count;   /* of the plan's rows, those that fit */
    double benefit_share; /* of the plan's benefit that they hold */
};

struct pulse {
    struct run_switch run_switch;
    struct pace pace;
    struct progress progress;
    struct run_lock *lock;           /* NULL: none */
    const struct run_folder *folder; /* NULL: no status file */
    struct run_totals totals;
    const char *metrics_path; /* NULL: none */
    uint64_t settled_before;  /* rows settled by earlier sessions */
    uint64_t warm_count;      /* rows of the plan with action warm */
    double benefit_ms;        /* of all of them */
    int64_t started_us, saved_us, started_unix;
    int64_t deadline_us; /* monotonic: from then on a beat is ERROR_DEADLINE; 0: never */
    struct pulse_outlook outlook;
    struct governor_watch *watch; /* NULL: nothing is governed but rows and bytes */
    struct governor_look look;    /* its last word */
    struct source_patience patience;
    struct control_file control;
    const struct config *base;     /* the config, with the command line's limits; NULL: no limits */
    struct config in_force;        /* the same with the control file's */
    const struct message *message; /* for what the control file says */
    bool is_saved_as_paused;       /* what the status file says; a change is saved at once */
};

/* Lets others on the machine go first, as [pace] nice says; threads that are made later inherit it. Never upward: who was
 * started at 19 stays there. */
void pulse_be_nice(const struct pace_config *pace);

/* Starts the clock; `pulse` has folder, lock, totals, warm_count, benefit_ms, base and message set, and its progress
 * and pace initialised. The watch may come later. */
void pulse_start(struct pulse *pulse, const char *host_folder);

/* Looks at everything once, and waits here as long as the run is paused. -1: ERROR_STOPPED by the switch,
 * ERROR_LOCKED when the lease was lost, ERROR_DEADLINE, ERROR_BACKEND when the database has been away for too long
 * (source_patience.h). Cheap enough for every few hundred rows. */
int pulse_beat(struct pulse *pulse, struct error *err) MUST_CHECK;

/* Waits `wait_us`, beating. */
int pulse_wait(struct pulse *pulse, enum throttle_reason reason, int64_t wait_us,
               struct error *err) MUST_CHECK;

/* As pulse_beat, but neither stops nor pauses: for what has to be brought to its end. -1: ERROR_LOCKED. */
int pulse_breathe(struct pulse *pulse, struct error *err) MUST_CHECK;

/* Waits `wait_us` in the same way, but not through a stop: returns 0 early then. */
int pulse_settle(struct pulse *pulse, enum throttle_reason reason, int64_t wait_us,
                 struct error *err) MUST_CHECK;

/* Does the governor let nothing new begin, as of the last beat? */
bool pulse_is_held(const struct pulse *pulse);
/* Waits, beating, while it does not. */
int pulse_hold(struct pulse *pulse, struct error *err) MUST_CHECK;

/* How many of the next `count` items may be written now, from 1: `*allowed`. Beats, and waits for the row and byte
 * limits and for a slow Redis. */
int pulse_take(struct pulse *pulse, const struct sink_item items[], size_t count, size_t *allowed,
               struct error *err) MUST_CHECK;
/* How many pulse_take gives at once at most. */
size_t pulse_burst_rows(const struct pulse *pulse);
/* To be called when they were written and all answers are there. */
void pulse_spend(struct pulse *pulse, const struct sink_item items[], size_t count);

/* How many rows take about half a second at the limits in force, 1..`most`. */
size_t pulse_batch_rows(const struct pulse *pulse, size_t most);
/* How many rows a window may have, at most `most`: about a second's worth at the limits in force, so that the first keys
 * do not wait for many that come later. */
size_t pulse_window_rows(const struct pulse *pulse, size_t most);
/* How many rows may be looked at again in one go, so that a beat comes soon, 1..`most`. */
size_t pulse_recheck_rows(const struct pulse *pulse, size_t most);

/* What a wait for the source is to be accounted to. */
enum throttle_reason pulse_source_reason(const struct pulse *pulse);

/* The share of the plan's expected benefit that is warm; 1 for a plan without any benefit. */
double pulse_benefit_share(const struct pulse *pulse);

/* Writes the status file with the last word on a run; what fails here is not worth a word. */
void pulse_end(struct pulse *pulse, const char *state, const char *note);

#endif
