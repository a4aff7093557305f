/* checked_plan.c - see checked_plan.h.
 * Room: loader/warm. May touch: the plan's file. */
#include "loader/warm/checked_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil_time.h"
#include "common/message.h"
#include "loader/load_options.h"
#include "loader/warm/family_digest.h"
#include "loader/rules/plan_check.h"

/* What watches rows; a forked one begins with it, so that watch_row serves both. */
struct row_watch {
    const struct config *config;
    struct checked_plan *plan;
    uint64_t line; /* of the row before */
};

/* The reader may begin again from the first line: then what was counted so far is forgotten. */
static void forget_counts(struct row_watch *watch)
{
    struct checked_plan *plan = watch->plan;
    memset(plan->loads, 0, watch->config->family_count * sizeof *plan->loads);
    plan->key_bytes = 0;
    benefit_curve_init(plan->curve);
}

static void count_row(struct row_watch *watch, const struct plan_row *row, size_t family_index)
{
    watch->plan->loads[family_index].row_count++;
    watch->plan->key_bytes += row->key.size;
    benefit_curve_add(watch->plan->curve, row->rank, row->benefit_ms);
}

static int watch_row(void *context, const struct plan_row *row, uint64_t line, struct error *err)
{
    struct row_watch *watch = context;
    size_t family_index;
    if (line <= watch->line) {
        forget_counts(watch);
    }
    watch->line = line;
    if (row->action == PLAN_SKIP) {
        return 0;
    }
    if (plan_check_row(watch->config, row, watch->plan->path, line, &family_index, err) != 0) {
        return -1;
    }
    watch->plan->is_family_needed[family_index] = true;
    count_row(watch, row, family_index);
    return 0;
}

static int make_counts(struct checked_plan *plan, const struct config *config, struct error *err)
{
    size_t family_room = config->family_count + 1;
    plan->is_family_needed = calloc(family_room, sizeof *plan->is_family_needed);
    plan->loads = calloc(family_room, sizeof *plan->loads);
    plan->curve = calloc(1, sizeof *plan->curve);
    if (plan->is_family_needed == NULL || plan->loads == NULL || plan->curve == NULL) {
        checked_plan_close(plan);
        return error_set_memory(err, "reading the plan");
    }
    benefit_curve_init(plan->curve);
    return 0;
}

/* ---- rows that another thread sees */

struct forked_watch {
    struct row_watch watch;
    struct checked_plan plan; /* its counts only */
};

static void *fork_watch(void *context)
{
    const struct row_watch *watch = context;
    struct error ignored = {0};
    struct forked_watch *forked = calloc(1, sizeof *forked);
    if (forked == NULL || make_counts(&forked->plan, watch->config, &ignored) != 0) {
        free(forked);
        return NULL;
    }
    forked->plan.path = watch->plan->path;
    forked->watch = (struct row_watch){.config = watch->config, .plan = &forked->plan};
    return forked;
}

static void join_watch(void *context, void *opaque, bool is_kept)
{
    struct row_watch *watch = context;
    struct forked_watch *forked = opaque;
    struct checked_plan *plan = watch->plan;
    for (size_t i = 0; is_kept && i < watch->config->family_count; i++) {
        plan->is_family_needed[i] = plan->is_family_needed[i] || forked->plan.is_family_needed[i];
        plan->loads[i].row_count += forked->plan.loads[i].row_count;
    }
    if (is_kept) {
        plan->key_bytes += forked->plan.key_bytes;
        benefit_curve_join(plan->curve, forked->plan.curve);
    }
    checked_plan_close(&forked->plan);
    free(forked);
}

/* ---- opening */

static int open_plan(struct checked_plan *plan, const struct load_job *job, bool is_narrow,
                     struct error *err)
{
    const struct load_options *options = job->options;
    struct row_watch watch = {.config = job->config, .plan = plan};
    struct plan_limits limits = {.watch = watch_row,
                                 .watch_context = &watch,
                                 .fork = fork_watch,
                                 .join = join_watch,
                                 .is_narrow = is_narrow,
                                 .now_unix = job->now_unix,
                                 .max_plan_age_second = options->max_plan_age_second,
                                 .is_removal_allowed = options->is_removal_allowed};
    *plan = (struct checked_plan){.path = options->plan};
    if (options->plan == NULL) {
        return error_set(err, ERROR_USAGE, "--plan FILE is missing");
    }
    if (make_counts(plan, job->config, err) != 0) {
        return -1;
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

int checked_plan_open(struct checked_plan *plan, const struct load_job *job, struct error *err)
{
    return open_plan(plan, job, true, err);
}

int checked_plan_open_wide(struct checked_plan *plan, const struct load_job *job, struct error *err)
{
    return open_plan(plan, job, false, err);
}

static struct expiry_peak find_peak(const struct checked_plan *plan, const struct config *config,
                                    struct expiry_group groups[])
{
    for (size_t i = 0; i < config->family_count; i++) {
        const struct family *family = &config->families[i];
        groups[i] = (struct expiry_group){.key_count = plan->loads[i].row_count,
                                          .ttl_after_end_second = family->ttl_after_end_second,
                                          .ttl_jitter_second = family->ttl_jitter_second};
    }
    return expiry_find_peak(groups, config->family_count);
}

int checked_plan_judge_expiries(const struct checked_plan *plan, const struct load_job *job,
                                struct expiry_peak *peak, struct error *err)
{
    char text[CHECKED_PLAN_TEXT_SIZE];
    const struct config *config = job->config;
    struct expiry_group *groups = calloc(config->family_count + 1, sizeof *groups);
    if (groups == NULL) {
        return error_set_memory(err, "looking at when keys expire");
    }
    *peak = find_peak(plan, config, groups);
    free(groups);
    if (peak->most_per_second <= (uint64_t)config->max_expiries_per_second) {
        return 0;
    }
    return error_set(err, ERROR_INPUT,
                     "too many keys would expire at once: %s, more than [run] "
                     "max_expiries_per_second = %" PRId64 "; raise ttl_jitter of the families, or "
                     "give them different ttl",
                     checked_plan_print_expiries(text, plan, peak),
                     config->max_expiries_per_second);
}

const char *checked_plan_print_expiries(char *text, const struct checked_plan *plan,
                                        const struct expiry_peak *peak)
{
    char time[CIVIL_TEXT_SIZE];
    snprintf(
        text, CHECKED_PLAN_TEXT_SIZE, "%" PRIu64 " keys a second (mean %.0f), from %s on",
        peak->most_per_second, peak->mean_per_second,
        civil_print_rfc3339(time, plan->identity.window_end_unix + peak->after_end_second, NULL));
    return text;
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
    family_digest_print(job->config, plan->is_family_needed, manifest->families);
    snprintf(manifest->event, sizeof manifest->event, "%s", identity->event);
    free(absolute);
}

void checked_plan_close(struct checked_plan *plan)
{
    plan_reader_close(plan->reader);
    free(plan->is_family_needed);
    free(plan->loads);
    free(plan->curve);
    *plan = (struct checked_plan){0};
}
