/* warm_end.h - how a run ends, whatever way: results.csv, the summary, the last status, the exit code.
 * Room: loader/run. May touch: the run's folder, stdout. */
#ifndef REKINDLE_LOADER_WARM_END_H
#define REKINDLE_LOADER_WARM_END_H

#include "loader/warm/warm_session.h"

/* Results and summary; `result` and `err` tell how the loop ended, and `err` keeps it. Returns what warm_run returns. */
int warm_end_finish(struct warm_session *session, int result, struct error *err) MUST_CHECK;

/* A run that was finished before: nothing is sent, nothing is written but what is missing. */
int warm_end_say_nothing_to_do(struct warm_session *session, struct error *err) MUST_CHECK;

/* Takes back the wave that made things worse, as `rollback --wave` does. The session is closed; `err` stays what it is. */
void warm_end_roll_back_wave(const struct warm_session *session, const struct error *err);

/* Calls [run] on_finish, also for a run that could not begin. Last of all: nothing is held any more. */
void warm_end_tell(const struct warm_session *session, const struct error *err);

#endif
