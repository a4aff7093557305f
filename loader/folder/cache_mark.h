/* cache_mark.h - what Redis said of itself when a run ended, so that `ready` can tell what has happened since.
 * Room: loader/folder. May touch: the file `cache` of a run's folder, the sink (asking only). */
#ifndef REKINDLE_LOADER_CACHE_MARK_H
#define REKINDLE_LOADER_CACHE_MARK_H

#include "common/error.h"
#include "loader/folder/run_folder.h"
#include "loader/sink/sink.h"

enum { CACHE_RUN_ID_SIZE = 64 };

struct cache_mark {
    char run_id[CACHE_RUN_ID_SIZE]; /* another one: it was restarted */
    uint64_t evicted_count;         /* since its start */
    int64_t at_unix;
};

/* Asks and saves. What fails here is only not known later. */
void cache_mark_save(const struct run_folder *folder, struct sink *sink);
/* 1; 0 when there is none; -1. */
int cache_mark_load(const struct run_folder *folder, struct cache_mark *mark,
                    struct error *err) MUST_CHECK;

#endif
