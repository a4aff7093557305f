/* still_there.h - what a journal calls settled is warm only if it is still in Redis.
 * Room: loader/run. May touch: the journal, the sink (looking only).
 * Why: a Redis that came back empty, or with an old snapshot, makes the journal a story of the past; saying "nothing to
 * do", or resuming behind it, would report as warm what is not. */
#ifndef REKINDLE_LOADER_STILL_THERE_H
#define REKINDLE_LOADER_STILL_THERE_H

#include "loader/run/journal.h"
#include "loader/sink/sink.h"

/* Looks at up to 1,000 keys of the run's first intent, the lowest ranks: an error of `kind` when more than `share` of
 * them are gone. An application deletes some of its keys all the time, so 0 is seldom a good share. */
int still_there_check(const char *journal_path, const struct journal_survey *survey,
                      struct sink *sink, double share, enum error_kind kind,
                      struct error *err) MUST_CHECK;

#endif
