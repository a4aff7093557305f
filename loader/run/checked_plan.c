/* checked_plan.c - see checked_plan.h.
 * Room: loader/run. May touch: the plan's file. */
#include "loader/run/checked_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/message.h"
#include "loader/load_options.h"
#include "loader/run/plan_check.h"

struct row_watch {
    const struct config *config;
    struct checked_plan *plan;
};

static int watch_row(void *context, const struct plan_row *row, uint64_t line, struct error *err)
{
    const struct row_watch *watch = context;
    size_t family_index;
    if (row->action == PLAN_SKIP) {
        return 0;
    }
    if (plan_check_row(watch->config, row, watch->plan->path, line, &family_index, err) != 0) {
        return -1;
    }
    watch->plan->is_family_needed[family_index] = true;
    return 0;
}

int checked_plan_open(struct checked_plan *plan, const struct load_job *job, struct error *err)
{
    const struct load_options *options = job->options;
    struct row_watch watch = {.config = job->config, .plan = plan};
    struct plan_limits limits = {.watch = watch_row,
                                 .watch_context = &watch,
                                 .is_narrow = true,
                                 .now_unix = job->now_unix,
                                 .max_plan_age_second = options->max_plan_age_second,
                                 .is_removal_allowed = options->is_removal_allowed};
    *plan = (struct checked_plan){.path = options->plan};
    if (options->plan == NULL) {
        return error_set(err, ERROR_USAGE, "--plan FILE is missing");
    }
    plan->is_family_needed = calloc(job->config->family_count + 1, sizeof *plan->is_family_needed);
    if (plan->is_family_needed == NULL) {
        return error_set_memory(err, "reading the plan");
    }
    plan->reader = plan_reader_open(options->plan, &limits, &plan->identity, err);
    if (plan->reader == NULL) {
        checked_plan_close(plan);
        return -1;
    }
    if (plan->identity.deleted_count > 0) {
        message_note(job->message,
                     "%s: %" PRIu64 " rows were deleted since it was made; they count as skip",
                     plan->path, plan->identity.deleted_count);
    }
    return 0;
}

void checked_plan_fill_manifest(const struct checked_plan *plan, const struct load_job *job,
                                const char *target, struct run_manifest *manifest)
{
    const struct plan_identity *identity = &plan->identity;
    char *absolute = realpath(plan->path, NULL);
    *manifest = (struct run_manifest){
        .window_start_unix = identity->window_start_unix,
        .window_end_unix = identity->window_end_unix,
        .created_unix = job->now_unix,
        .clock_shift_second = job->clock_shift_second,
    };
    snprintf(manifest->plan_path, sizeof manifest->plan_path, "%s",
             absolute != NULL ? absolute : plan->path);
    snprintf(manifest->plan_digest, sizeof manifest->plan_digest, "%s", identity->digest);
    snprintf(manifest->target, sizeof manifest->target, "%s", target);
    snprintf(manifest->event, sizeof manifest->event, "%s", identity->event);
    free(absolute);
}

void checked_plan_close(struct checked_plan *plan)
{
    plan_reader_close(plan->reader);
    free(plan->is_family_needed);
    *plan = (struct checked_plan){0};
}
