/* warm_session.h - everything that a run holds open, and how it is opened and closed, in the order that warm_run.c tells.
 * Room: loader/warm. May touch: everything of the loader. */
#ifndef REKINDLE_LOADER_WARM_SESSION_H
#define REKINDLE_LOADER_WARM_SESSION_H

#include "loader/warm/checked_plan.h"
#include "loader/folder/journal.h"
#include "loader/warm/load_bounds.h"
#include "loader/load_job.h"
#include "loader/warm/owned_keys.h"
#include "loader/warm/prefetch.h"
#include "loader/live/pulse.h"
#include "loader/warm/recheck.h"
#include "loader/warm/run_image.h"
#include "loader/warm/results_feed.h"
#include "loader/warm/still_there.h"
#include "loader/warm/warm_writer.h"
#include "loader/folder/wave_plan.h"
#include "loader/warm/wave_soak.h"
#include "loader/source/source_replica.h"

/* Everything that a run holds open; all zero holds nothing. */
struct warm_session {
    const struct load_job *job;
    struct checked_plan plan;
    struct sink *sink;
    struct run_folder folder;
    struct run_lock lock;
    struct journal *journal;
    struct journal_survey survey;
    struct owned_keys owned;
    struct source_replica replica; /* what fetch_sources ask, if values come from one */
    struct source_set fetch_sources, recheck_sources;
    struct recheck recheck;
    struct run_image image; /* what fetch_sources know without asking, and what this run leaves */
    struct source_limits limits[GOVERNOR_LANE_COUNT];
    struct governor_watch *watch;
    struct config base; /* the config, with the command line's limits */
    struct pulse pulse;
    struct load_bounds bounds;
    struct expiry_peak expiry_peak;
    enum sink_mode mode;
    struct warm_writer *writer;
    struct prefetch *prefetch;
    struct results_feed *results; /* NULL: results.csv is written at the end, from the journal */
    struct wave_plan waves;
    enum wave_action on_unhealthy;
    int bad_wave;                   /* 1..: after which the gate stayed shut; 0: none */
    struct still_there still_there; /* of what earlier sessions called warm */
    size_t window_ranks;            /* of a window, at most */
    uint64_t checked_restart_count; /* restarts after which the warm keys were counted */
    bool is_finished_before;        /* an earlier session settled all rows, and they are there */
};

/* Steps 1 to 3 of warm_run.c, but for the look at open intents: plan, lock, sink, folder, journal. */
int warm_session_open_target(struct warm_session *session, struct error *err) MUST_CHECK;
/* Clock, pace, progress and switch; waits here while the run is paused. ERROR_STOPPED when it is switched off. */
int warm_session_start_pulse(struct warm_session *session, struct error *err) MUST_CHECK;
/* What is needed to write: lease, sources, keys of open intents, writer. */
int warm_session_open_writing(struct warm_session *session, struct error *err) MUST_CHECK;
/* The thread that fetches one wave (0..) ahead, the rows after `after_rank`. */
int warm_session_open_wave(struct warm_session *session, int wave, uint64_t after_rank,
                           struct error *err) MUST_CHECK;
void warm_session_close_wave(struct warm_session *session);
/* Closes what is open; all zero is fine. */
void warm_session_close(struct warm_session *session);

#endif
