/* cache_rewarm.c - see cache_rewarm.h.
 * Room: loader/run. May touch: the control keys, the folders of runs, plans of its own in [run] dir, processes. */
#include "loader/run/cache_rewarm.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/file_io.h"
#include "common/message.h"
#include "common/monotonic.h"
#include "common/units.h"
#include "loader/folder/run_manner.h"
#include "loader/live/run_switch.h"
#include "loader/load_options.h"
#include "loader/rules/guard_rule.h"
#include "loader/run/lost_plan.h"
#include "loader/run/publish_keys.h"
#include "loader/run/ramp_restore.h"
#include "loader/run/rewarm_child.h"
#include "loader/run/run_choice.h"
#include "loader/warm/run_image.h"

enum { SLICE_NS = 50 * 1000 * 1000, DEGRADE_SECOND = 5, OWN_DIGITS = 8 };
#define OWN_PREFIX "guard-"

struct rewarm {
    const struct load_job *job;
    struct redis_control *control;
    const struct cache_watch *watch;
    const struct cache_finding *finding; /* of the last look */
    int64_t degrade_due_us;
};

static bool is_whole(const struct cache_finding *finding)
{
    return finding->lost_count == finding->part_count;
}

/* ---- the last run that ended with 0 or 7 */

struct last_run {
    bool is_found;
    struct run_folder folder;
    struct run_status status;
    int64_t ended_ns; /* when its summary was written: two runs may have ended in one second */
};

static bool has_ended_well(const struct run_folder *folder)
{
    char path[RUN_PATH_SIZE], *text = NULL;
    size_t size;
    struct error ignored = {0};
    enum { SUMMARY_SIZE_MAX = 1 << 16 };
    if (file_read_whole(run_folder_file(folder, "summary.json", path), SUMMARY_SIZE_MAX, &text,
                        &size, &ignored) != 0) {
        return false;
    }
    static const char name[] = "\"exit_code\":";
    const char *at = strstr(text, name);
    long code = at == NULL ? -1 : strtol(at + sizeof name - 1, NULL, 0);
    free(text);
    return code == ERROR_NONE || code == ERROR_DEADLINE;
}

static int64_t ended_ns(const struct run_folder *folder)
{
    static const int64_t ns_per_second = INT64_C(1000000000);
    char path[RUN_PATH_SIZE];
    struct stat status;
    return stat(run_folder_file(folder, "summary.json", path), &status) == 0
               ? (int64_t)status.st_mtim.tv_sec * ns_per_second + status.st_mtim.tv_nsec
               : 0;
}

/* As name_own makes them; the run of an event that is called guard-something has a longer number behind it. */
static bool is_own(const char *name)
{
    static const char *const words[] = {OWN_PREFIX "part-", OWN_PREFIX "active-"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);
        if (strncmp(name, words[i], size) == 0 && strlen(name + size) == OWN_DIGITS) {
            return true;
        }
    }
    return false;
}

static int note_if_later(void *context, const struct run_folder *folder, struct error *err)
{
    struct last_run *last = context;
    struct run_status status;
    struct error ignored = {0};
    int64_t ended = ended_ns(folder);
    (void)err;
    if (!is_own(folder->name) && has_ended_well(folder) &&
        run_status_load(folder, &status, &ignored) == 1 &&
        (!last->is_found || ended >= last->ended_ns)) {
        *last = (struct last_run){
            .is_found = true, .folder = *folder, .status = status, .ended_ns = ended};
    }
    return 0;
}

/* ---- the child */

/* Keeps the application degraded and ramps at bay, for another while. */
static int keep_degraded(struct rewarm *rewarm, struct error *err)
{
    if (monotonic_us() < rewarm->degrade_due_us) {
        return 0;
    }
    rewarm->degrade_due_us = monotonic_us() + US_PER_SECOND;
    return publish_keys_warming(rewarm->control, DEGRADE_SECOND, err) != 0
               ? -1
               : publish_keys_degrade(rewarm->control, rewarm->job->config, true, DEGRADE_SECOND,
                                      err);
}

/* What fails is tried again a second later. */
static void beat(void *context)
{
    struct error ignored = {0};
    int kept = keep_degraded(context, &ignored);
    (void)kept;
}

/* Waits, and keeps the application degraded meanwhile. A signal to us is passed on: the run drains and stops. */
static int wait_for_run(struct rewarm *rewarm, pid_t child)
{
    const struct timespec slice = {.tv_nsec = SLICE_NS};
    bool is_told = false;
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
        beat(rewarm);
        if (!is_told && atomic_load(run_switch_stop_flag()) != 0) {
            kill(child, SIGTERM);
            is_told = true;
        }
        nanosleep(&slice, NULL);
    }
    return ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : REWARM_CHILD_CANNOT_RUN;
}

static int warm_part(struct rewarm *rewarm, const struct rewarm_part *part, struct error *err)
{
    if (part->row_count == 0) {
        return 0;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        rewarm_child_become(rewarm->job, part);
    }
    if (child < 0) {
        return error_set_errno(err, ERROR_RESOURCE, errno, "the run cannot be started");
    }
    int code = wait_for_run(rewarm, child);
    if (code == ERROR_NONE || code == ERROR_DEADLINE || code == ERROR_LOSSES) {
        return 0;
    }
    bool is_known = code == ERROR_STOPPED || code == ERROR_INPUT;
    return error_set(err, is_known ? (enum error_kind)code : ERROR_BACKEND,
                     "warming %.400s again ended with exit code %d", part->plan, code);
}

/* --active-plan may have become too old, or be gone: that is told, and keeps nobody from warming the last run's keys. */
static int go_on_without(const struct rewarm *rewarm, struct rewarm_part *active, struct error *err)
{
    if (err->kind != ERROR_INPUT) {
        return -1;
    }
    message_warn(rewarm->job->message, "%s; going on without --active-plan", err->text);
    *err = (struct error){0};
    active->row_count = 0;
    return 0;
}

static int warm_active(struct rewarm *rewarm, struct rewarm_part *active, struct error *err)
{
    return warm_part(rewarm, active, err) == 0 ? 0 : go_on_without(rewarm, active, err);
}

/* ---- what to warm */

/* `dir`/guard-`word`-1a2b3c4d, named by what makes it this one and no other. */
static void name_own(char path[RUN_PATH_SIZE], const struct load_job *job, const char *word,
                     uint64_t digest)
{
    snprintf(path, RUN_PATH_SIZE, "%.1000s/" OWN_PREFIX "%s-%0*x", job->config->run_dir, word,
             OWN_DIGITS, (unsigned)digest);
}

/* A plan file is known by name, size and time: reading ten million rows would cost the seconds that count now. */
static uint64_t digest_file(const char *path)
{
    struct stat status = {0};
    uint64_t seed = XXH3_64bits(path, strlen(path));
    if (stat(path, &status) == 0) {
        const int64_t facts[] = {status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
        seed = XXH3_64bits_withSeed(facts, sizeof facts, seed);
    }
    return seed;
}

/* Cuts the lost part out of the part's plan, unless all is lost. */
static int cut_out(const struct rewarm *rewarm, struct rewarm_part *part, struct error *err)
{
    const struct cache_finding *finding = rewarm->finding;
    if (is_whole(finding)) {
        return 0;
    }
    struct load_options options = *rewarm->job->options;
    struct load_job job = *rewarm->job;
    uint64_t digest =
        XXH3_64bits_withSeed(finding->is_lost, sizeof finding->is_lost, digest_file(part->plan));
    options.plan = part->plan;
    options.max_plan_age_second = REWARM_CHILD_PLAN_AGE_SECOND;
    options.is_removal_allowed = part->manner.is_removal_allowed;
    job.now_unix = rewarm_child_now(&job);
    job.options = &options;
    char path[RUN_PATH_SIZE + sizeof ".csv"];
    name_own(part->folder, rewarm->job, "part", digest);
    snprintf(path, sizeof path, "%s.csv", part->folder);
    int result = lost_plan_write(&job, rewarm->watch, finding, path, &part->row_count, err);
    snprintf(part->plan, sizeof part->plan, "%.*s", (int)sizeof part->plan - 1, path);
    return result;
}

static int choose_active(const struct rewarm *rewarm, struct rewarm_part *part, struct error *err)
{
    const char *plan = rewarm->job->options->active_plan;
    *part = (struct rewarm_part){.row_count = plan != NULL};
    if (plan == NULL) {
        return 0;
    }
    snprintf(part->plan, sizeof part->plan, "%s", plan);
    name_own(part->folder, rewarm->job, "active", digest_file(plan));
    return cut_out(rewarm, part, err) == 0 ? 0 : go_on_without(rewarm, part, err);
}

/* Then `run` refuses its plan, and rightly: nobody needs those keys any more. */
static bool has_window_ended(const struct last_run *last)
{
    const struct run_manifest *manifest = &last->folder.manifest;
    return manifest->window_end_unix + manifest->clock_shift_second <= (int64_t)time(NULL);
}

static int choose_last(const struct rewarm *rewarm, const struct last_run *last,
                       struct rewarm_part *part, struct error *err)
{
    *part = (struct rewarm_part){.row_count = last->status.warm_count};
    if (!last->is_found) {
        return 0;
    }
    if (has_window_ended(last)) {
        part->row_count = 0;
        return 0;
    }
    run_manner_load(&last->folder, &part->manner);
    snprintf(part->plan, sizeof part->plan, "%s", last->folder.manifest.plan_path);
    snprintf(part->folder, sizeof part->folder, "%s", last->folder.path);
    return cut_out(rewarm, part, err);
}

static void say_loss(const struct rewarm *rewarm, const struct last_run *last, uint64_t row_count)
{
    enum { WHAT_SIZE = 64 };
    static const double PERCENT = 100;
    char duration[UNITS_TEXT_SIZE], what[WHAT_SIZE] = "the cache was lost";
    const struct load_job *job = rewarm->job;
    const struct cache_finding *finding = rewarm->finding;
    if (!is_whole(finding)) {
        snprintf(what, sizeof what, "%.0f%% of the cluster's slots were lost",
                 PERCENT * (double)finding->lost_count / (double)finding->part_count);
    } else if (!finding->is_unmarked[0]) {
        snprintf(what, sizeof what, "another Redis took over with fewer keys");
    }
    if (!last->is_found) {
        message_warn(job->message, "%s; no run in %s ended with 0 or 7", what,
                     job->config->run_dir);
        return;
    }
    if (has_window_ended(last)) {
        message_warn(job->message,
                     "%s; the window of the last run, %s, is over: its keys are not warmed again",
                     what, last->folder.name);
        return;
    }
    double second = guard_rule_predict_second(row_count, last->status.rows_per_second,
                                              load_options_rows(job->options, job->config));
    message_warn(job->message, "%s; %" PRIu64 " keys of %s are warmed again, in about %s", what,
                 row_count, last->folder.name, units_print_duration(duration, second));
}

/* What is warmed by another run than the last takes its values from the last run's image all the same. */
static void choose_image(const struct rewarm *rewarm, const struct last_run *last,
                         struct rewarm_part *part)
{
    const struct config *config = rewarm->job->config;
    if (config->image_dir == NULL || !last->is_found ||
        strcmp(part->folder, last->folder.path) == 0 ||
        run_image_path(config, last->folder.name, part->image) != 0 ||
        access(part->image, R_OK) != 0) {
        part->image[0] = '\0';
    }
}

int cache_rewarm(const struct load_job *job, struct redis_control *control,
                 const struct cache_watch *watch, const struct cache_finding *finding,
                 struct error *err)
{
    struct rewarm rewarm = {.job = job, .control = control, .watch = watch, .finding = finding};
    struct last_run last = {0};
    struct rewarm_part active, rest;
    int64_t began_us = monotonic_us();
    char duration[UNITS_TEXT_SIZE];
    if (keep_degraded(&rewarm, err) != 0 ||
        run_choice_each(job->config->run_dir, note_if_later, &last, err) != 0 ||
        choose_last(&rewarm, &last, &rest, err) != 0) {
        return -1;
    }
    say_loss(&rewarm, &last, rest.row_count);
    choose_image(&rewarm, &last, &rest);
    if (choose_active(&rewarm, &active, err) != 0) {
        return -1;
    }
    choose_image(&rewarm, &last, &active);
    if (ramp_restore_publish(job, control, beat, &rewarm, err) != 0 ||
        warm_active(&rewarm, &active, err) != 0 || warm_part(&rewarm, &rest, err) != 0) {
        return -1;
    }
    message_warn(
        job->message, "warm again after %s",
        units_print_duration(duration, (double)(monotonic_us() - began_us) / US_PER_SECOND));
    return publish_keys_end_warming(control, err) != 0
               ? -1
               : publish_keys_end_degrade(control, job->config, err);
}
