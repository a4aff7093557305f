/* still_there.h - what a journal calls warm is warm only if it is still in Redis.
 * Room: loader/warm. May touch: the journal, the sink (looking only).
 * Why: a Redis that came back empty, or with an old snapshot, makes the journal a story of the past; saying "nothing to
 * do", or resuming behind it, would report as warm what is not. */
#ifndef REKINDLE_LOADER_STILL_THERE_H
#define REKINDLE_LOADER_STILL_THERE_H

#include "loader/folder/journal.h"
#include "loader/sink/sink.h"

struct still_there {
    uint64_t
        looked_count;    /* keys that the journal calls warm, up to 1,000, from all over the run */
    uint64_t gone_count; /* of these, no longer in Redis */
};

/* Cost: one sequential pass over the journal. ERROR_BACKEND when Redis does not answer. */
int still_there_look(const char *journal_path, const struct journal_survey *survey,
                     struct sink *sink, struct still_there *still_there,
                     struct error *err) MUST_CHECK;

/* Whether so many are gone that Redis must have lost them: an application deletes some of its keys all the time, but
 * hardly a tenth of those that it has not used for weeks. `is_known`: it is known to have lost some, so that one is enough. */
bool still_there_is_lost(const struct still_there *still_there, bool is_known);

#endif
