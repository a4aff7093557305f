/* run_status.c - see run_status.h.
 * Room: loader/folder. May touch: the file `status` of a run's folder. */
#include "loader/folder/run_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/file_io.h"
#include "loader/folder/key_value.h"

enum { STATUS_SIZE_MAX = 1 << 16 };

/* "throttled_threads" to `name`, returned. */
static const char *throttled_name(enum throttle_reason reason, char name[2 * RUN_STATE_SIZE])
{
    snprintf(name, (size_t)2 * RUN_STATE_SIZE, "throttled_%s", pace_reason_word(reason));
    return name;
}

int run_status_save(const struct run_folder *folder, const struct run_status *status,
                    struct error *err)
{
    char path[RUN_PATH_SIZE], name[RUN_STATE_SIZE * 2];
    struct file_draft *draft = file_draft_open(run_folder_file(folder, "status", path), err);
    if (draft == NULL) {
        return -1;
    }
    FILE *out = file_draft_stream(draft);
    fprintf(out,
            "state = %s\nnote = %s\npid = %" PRId64 "\npid_start = %" PRId64
            "\nstarted_unix = %" PRId64 "\nupdated_unix = %" PRId64 "\nsettled = %" PRIu64
            "\nplanned = %" PRIu64 "\nrows_per_second = %.1f\nbenefit_share = %.6f\n",
            status->state, status->note, status->pid, status->pid_start, status->started_unix,
            status->updated_unix, status->settled_count, status->warm_count,
            status->rows_per_second, status->benefit_share);
    if (status->deadline_unix != 0) {
        fprintf(out, "deadline_unix = %" PRId64 "\nfitting = %" PRIu64 "\nfitting_share = %.6f\n",
                status->deadline_unix, status->fitting_count, status->fitting_share);
    }
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        fprintf(out, "%s = %" PRIu64 "\n", outcome_name((enum outcome)i), status->tally.count[i]);
    }
    for (int i = 0; i < THROTTLE_REASON_COUNT; i++) {
        fprintf(out, "%s = %.3f\n", throttled_name((enum throttle_reason)i, name),
                status->throttled_second[i]);
    }
    return file_draft_commit(draft, err);
}

static uint64_t find_count(const char *text, const char *name)
{
    int64_t number = 0;
    return key_value_find_number(text, name, &number) && number > 0 ? (uint64_t)number : 0;
}

static void parse_status(const char *text, struct run_status *status)
{
    char name[2 * RUN_STATE_SIZE];
    *status = (struct run_status){0};
    key_value_find(text, "state", status->state, sizeof status->state);
    key_value_find(text, "note", status->note, sizeof status->note);
    key_value_find_number(text, "pid", &status->pid);
    key_value_find_number(text, "pid_start", &status->pid_start);
    key_value_find_number(text, "started_unix", &status->started_unix);
    key_value_find_number(text, "updated_unix", &status->updated_unix);
    key_value_find_real(text, "rows_per_second", &status->rows_per_second);
    key_value_find_real(text, "benefit_share", &status->benefit_share);
    key_value_find_number(text, "deadline_unix", &status->deadline_unix);
    key_value_find_real(text, "fitting_share", &status->fitting_share);
    status->fitting_count = find_count(text, "fitting");
    status->settled_count = find_count(text, "settled");
    status->warm_count = find_count(text, "planned");
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        status->tally.count[i] = find_count(text, outcome_name((enum outcome)i));
    }
    for (int i = 0; i < THROTTLE_REASON_COUNT; i++) {
        key_value_find_real(text, throttled_name((enum throttle_reason)i, name),
                            &status->throttled_second[i]);
    }
}

int run_status_load(const struct run_folder *folder, struct run_status *status, struct error *err)
{
    char path[RUN_PATH_SIZE], *text = NULL;
    size_t size;
    *status = (struct run_status){0};
    if (access(run_folder_file(folder, "status", path), F_OK) != 0) {
        return 0;
    }
    if (file_read_whole(path, STATUS_SIZE_MAX, &text, &size, err) != 0) {
        return -1;
    }
    parse_status(text, status);
    free(text);
    return 1;
}
