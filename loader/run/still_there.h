/* still_there.h - before "nothing to do" is said: are the most valuable keys of a finished run still in Redis?
 * Room: loader/run. May touch: the journal, the sink (looking only). */
#ifndef REKINDLE_LOADER_STILL_THERE_H
#define REKINDLE_LOADER_STILL_THERE_H

#include "loader/run/journal.h"
#include "loader/sink/sink.h"

enum { STILL_THERE_LOOK_COUNT = 1000 };

/* Looks at up to STILL_THERE_LOOK_COUNT keys of the first intent, the lowest ranks; `*looked_count` of them were
 * looked at, `*gone_count` are gone. Both are 0 when the run has written nothing. Does not tell why: removed by the
 * application, evicted, or a Redis that came back empty. */
int still_there_count(const char *journal_path, const struct journal_survey *survey,
                      struct sink *sink, size_t *looked_count, size_t *gone_count,
                      struct error *err) MUST_CHECK;

#endif
