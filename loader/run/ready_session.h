/* ready_session.h - what `ready` holds open, and its two looks at Redis: at all of the plan, and at what was missing.
 * Room: loader/run. May touch: the plan, the journal, Redis (looking only), `ready-plan.csv` in the run's folder. */
#ifndef REKINDLE_LOADER_READY_SESSION_H
#define REKINDLE_LOADER_READY_SESSION_H

#include "common/arena.h"
#include "common/plan_writer.h"
#include "loader/warm/checked_plan.h"
#include "loader/rules/ready_coverage.h"
#include "loader/folder/settled_rows.h"
#include "loader/sink/sink.h"

enum { READY_LOOK_COUNT = 5000 };

/* One row of the plan between its reading and the answer of Redis. */
struct ready_waiting {
    struct plan_row row; /* its texts are in the session's arena */
    bool is_lost;        /* to be warmed again if its key is gone */
};

struct ready_session {
    const struct load_job *job;
    struct checked_plan plan;
    struct sink *sink;
    struct run_folder folder;
    bool has_run;
    struct journal_survey survey;
    struct settled_rows *settled; /* NULL without a run */
    struct ready_coverage coverage;
    struct ready_waiting rows[READY_LOOK_COUNT];
    struct sink_look looks[READY_LOOK_COUNT];
    size_t count;
    struct arena text;
    int64_t window_end_unix_ms;
    uint64_t touched_count;
    struct plan_writer *missing; /* the plan of what is to be warmed again */
    uint64_t missing_count;
    signed char *tenths; /* of each of them, in order */
    size_t tenth_capacity;
    char missing_path[RUN_PATH_SIZE], rewarm_path[RUN_PATH_SIZE];
};

/* ERROR_INPUT when there is no run of this plan and target. */
int ready_session_open(struct ready_session *session, struct error *err) MUST_CHECK;
/* Also frees `session`, which is of calloc. */
void ready_session_close(struct ready_session *session);

/* Looks at every key that can be warm, in rank order; touches the first --touch of them; counts them in `coverage`; what
 * is to be warmed again stands in the plan `missing_path` afterwards, if there is any. */
int ready_session_look_at_all(struct ready_session *session, struct error *err) MUST_CHECK;
/* Looks at the keys of that plan again, and counts those that are there now. */
int ready_session_look_again(struct ready_session *session, struct error *err) MUST_CHECK;

#endif
