/* cache_mark.c - see cache_mark.h.
 * Room: loader/folder. May touch: the file `cache` of a run's folder, the sink. */
#include "loader/folder/cache_mark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/file_io.h"
#include "loader/folder/key_value.h"

enum { MARK_SIZE_MAX = 1 << 12 };

void cache_mark_save(const struct run_folder *folder, struct sink *sink)
{
    char path[RUN_PATH_SIZE];
    struct error ignored = {0};
    struct sink_status status;
    if (sink_status(sink, &status, &ignored) != 0) {
        return;
    }
    struct file_draft *draft = file_draft_open(run_folder_file(folder, "cache", path), &ignored);
    if (draft == NULL) {
        return;
    }
    fprintf(file_draft_stream(draft), "run_id = %s\nevicted = %" PRIu64 "\nat_unix = %" PRId64 "\n",
            status.run_id, status.evicted_count, (int64_t)time(NULL));
    int saved = file_draft_commit(draft, &ignored);
    (void)saved;
}

int cache_mark_load(const struct run_folder *folder, struct cache_mark *mark, struct error *err)
{
    char path[RUN_PATH_SIZE], *text = NULL;
    size_t size;
    int64_t evicted = 0;
    *mark = (struct cache_mark){0};
    if (access(run_folder_file(folder, "cache", path), F_OK) != 0) {
        return 0;
    }
    if (file_read_whole(path, MARK_SIZE_MAX, &text, &size, err) != 0) {
        return -1;
    }
    bool is_whole = key_value_find(text, "run_id", mark->run_id, sizeof mark->run_id) &&
                    key_value_find_number(text, "evicted", &evicted) && evicted >= 0 &&
                    key_value_find_number(text, "at_unix", &mark->at_unix);
    mark->evicted_count = (uint64_t)evicted;
    free(text);
    return is_whole;
}
