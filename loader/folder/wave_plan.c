/* wave_plan.c - see wave_plan.h.
 * Room: loader/folder. May touch: the file `waves` of a run's folder. */
#include "loader/folder/wave_plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file_io.h"
#include "common/units.h"
#include "loader/folder/key_value.h"
#include "loader/folder/run_folder.h"

enum { WORD_SIZE = 32, NAME_SIZE = 32, FILE_SIZE_MAX = 1 << 12 };

static int add_wave(struct wave_plan *plan, double share, uint64_t last_rank, struct error *err)
{
    uint64_t end = (uint64_t)ceil(share * (double)last_rank);
    uint64_t before = plan->count == 0 ? 0 : plan->end_ranks[plan->count - 1];
    if (plan->count == WAVE_COUNT_MAX) {
        return error_set(err, ERROR_USAGE, "--waves: more than %d waves", WAVE_COUNT_MAX);
    }
    if (end > before) { /* of a tiny plan, two shares may end at one rank */
        plan->end_ranks[plan->count++] = end > last_rank ? last_rank : end;
    }
    return 0;
}

int wave_plan_parse(const char *text, uint64_t last_rank, struct wave_plan *plan, struct error *err)
{
    double before = 0;
    *plan = (struct wave_plan){0};
    for (const char *at = text; at != NULL && *at != '\0';) {
        char word[WORD_SIZE];
        double share;
        size_t size = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)(size < WORD_SIZE ? size : WORD_SIZE - 1), at);
        if (units_parse_share(word, &share, err) != 0) {
            err->kind = ERROR_USAGE;
            return error_add_context(err, "--waves");
        }
        if (share <= before || share > 1) {
            return error_set(err, ERROR_USAGE,
                             "--waves: shares must rise from above 0%% to 100%%, '%s' does not",
                             word);
        }
        if (add_wave(plan, share, last_rank, err) != 0) {
            return -1;
        }
        before = share;
        at += size + (at[size] == ',');
    }
    return before >= 1 ? 0 : add_wave(plan, 1, last_rank, err);
}

int wave_plan_next(const struct wave_plan *plan, uint64_t done_rank)
{
    int wave = 0;
    while (wave < plan->count && plan->end_ranks[wave] <= done_rank) {
        wave++;
    }
    return wave;
}

bool wave_plan_is_between(const struct wave_plan *plan, uint64_t done_rank)
{
    int next = wave_plan_next(plan, done_rank);
    return next > 0 && next < plan->count && plan->end_ranks[next - 1] == done_rank;
}

int wave_plan_save(const struct wave_plan *plan, const struct run_folder *folder, struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct file_draft *draft = file_draft_open(run_folder_file(folder, "waves", path), err);
    if (draft == NULL) {
        return -1;
    }
    for (int wave = 0; wave < plan->count; wave++) {
        fprintf(file_draft_stream(draft), "wave_%d_last_rank = %" PRIu64 "\n", wave + 1,
                plan->end_ranks[wave]);
    }
    return file_draft_commit(draft, err);
}

int wave_plan_load(struct wave_plan *plan, const struct run_folder *folder, struct error *err)
{
    char path[RUN_PATH_SIZE], name[NAME_SIZE], *text = NULL;
    size_t size;
    int64_t rank;
    *plan = (struct wave_plan){0};
    if (access(run_folder_file(folder, "waves", path), F_OK) != 0) {
        return 0;
    }
    if (file_read_whole(path, FILE_SIZE_MAX, &text, &size, err) != 0) {
        return -1;
    }
    while (plan->count < WAVE_COUNT_MAX) {
        snprintf(name, sizeof name, "wave_%d_last_rank", plan->count + 1);
        if (!key_value_find_number(text, name, &rank) || rank <= 0) {
            break;
        }
        plan->end_ranks[plan->count++] = (uint64_t)rank;
    }
    free(text);
    return plan->count > 0;
}
