/* run_manner.c - see run_manner.h.
 * Room: loader/folder. May touch: the file `manner` of a run's folder. */
#include "loader/folder/run_manner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/file_io.h"
#include "loader/folder/key_value.h"

enum { MANNER_SIZE_MAX = 1 << 12 };

int run_manner_save(const struct run_folder *folder, const struct run_manner *manner,
                    struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct file_draft *draft = file_draft_open(run_folder_file(folder, "manner", path), err);
    if (draft == NULL) {
        return -1;
    }
    fprintf(file_draft_stream(draft),
            "holdout = %.17g\nmemory_high = %.17g\nmemory_budget = %" PRIu64
            "\ngrowth = %s\naccept_eviction = %s\naccept_stale = %d\nallow_removed = %d\n",
            manner->holdout_share, manner->memory_high, manner->memory_budget_bytes, manner->growth,
            manner->accept_eviction, manner->is_stale_accepted, manner->is_removal_allowed);
    return file_draft_commit(draft, err);
}

static double find_share(const char *text, const char *name)
{
    double share;
    return key_value_find_real(text, name, &share) && share > 0 && share <= 1 ? share : 0;
}

static int64_t find_number(const char *text, const char *name)
{
    int64_t number;
    return key_value_find_number(text, name, &number) && number > 0 ? number : 0;
}

void run_manner_load(const struct run_folder *folder, struct run_manner *manner)
{
    char path[RUN_PATH_SIZE], *text = NULL;
    size_t size;
    struct error ignored = {0};
    *manner = (struct run_manner){0};
    if (file_read_whole(run_folder_file(folder, "manner", path), MANNER_SIZE_MAX, &text, &size,
                        &ignored) != 0) {
        return;
    }
    manner->holdout_share = find_share(text, "holdout");
    manner->memory_high = find_share(text, "memory_high");
    manner->memory_budget_bytes = (uint64_t)find_number(text, "memory_budget");
    key_value_find(text, "growth", manner->growth, sizeof manner->growth);
    key_value_find(text, "accept_eviction", manner->accept_eviction,
                   sizeof manner->accept_eviction);
    manner->is_stale_accepted = find_number(text, "accept_stale") != 0;
    manner->is_removal_allowed = find_number(text, "allow_removed") != 0;
    free(text);
}
