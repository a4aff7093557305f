/* guard_run.c - the conductor of `guard`: watches the cache, and warms it again when it was lost.
 * Room: loader/run. May touch: INFO and the marker key of the cache, the control keys, the folders of runs, processes.
 *
 * DESIGN
 *  1. A marker key lies in the cache. What was seen last stands in the file `guard` of [run] dir, so that it outlives this
 *     process, and `guard --once` may be called by cron.
 *  2. A loss (guard_rule.h): the degradation keys say `on` before anything is warmed, and are renewed until the end. A
 *     lost share of users stays lost, which means nobody: the ramp's own controller begins again.
 *  3. Warmed are the keys of --active-plan, then those of the last run that ended with 0 or 7, each by the ordinary `run`
 *     as a child: the same governor, locks, switch and journal. A run that does not end with 0 or 7 is tried again at the
 *     next look: the marker is laid only when all is done.
 *  A server that does not answer is no loss: its keys may be there. */
#include "loader/load_job.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/file_io.h"
#include "common/message.h"
#include "common/monotonic.h"
#include "common/units.h"
#include "loader/rules/guard_rule.h"
#include "loader/load_options.h"
#include "loader/folder/key_value.h"
#include "loader/run/publish_keys.h"
#include "loader/run/run_choice.h"
#include "loader/live/run_switch.h"
#include "loader/sink/redis_control.h"
#include "loader/sink/redis_probe.h"

enum {
    SLICE_NS = 50 * 1000 * 1000,
    STATE_SIZE_MAX = 4096,
    DEGRADE_SECOND = 5,
    RETRY_SECOND = 10, /* after a warming that failed */
    ARGUMENT_MAX = 16,
    NUMBER_SIZE = 32,
    WORD_SIZE = 64,
    CANNOT_RUN = 127
};
#define MARKER_KEY "rekindle:marker"

struct guard_session {
    const struct load_job *job;
    struct redis_config cache;     /* of the cache itself, whatever [redis] control says */
    struct redis_control *marker;  /* in the cache */
    struct redis_control *control; /* where the application looks */
    struct redis_probe *probe;     /* NULL: to be opened */
    bool has_before;
    bool has_failed; /* the last warming */
    struct guard_look before;
    char state_path[PATH_MAX];
};

/* ---- what was seen last */

static int load_state(struct guard_session *session, struct error *err)
{
    char *text = NULL;
    size_t size;
    int64_t key_count = 0;
    snprintf(session->state_path, sizeof session->state_path, "%.4000s/guard",
             session->job->config->run_dir);
    if (access(session->state_path, F_OK) != 0) {
        return file_make_folder(session->job->config->run_dir, err);
    }
    if (file_read_whole(session->state_path, STATE_SIZE_MAX, &text, &size, err) != 0) {
        return -1;
    }
    session->has_before =
        key_value_find(text, "run_id", session->before.run_id, sizeof session->before.run_id) &&
        key_value_find_number(text, "keys", &key_count) && key_count >= 0;
    session->before.key_count = (uint64_t)key_count;
    free(text);
    return 0;
}

static int save_state(struct guard_session *session, const struct guard_look *now,
                      struct error *err)
{
    session->before = *now;
    session->has_before = true;
    struct file_draft *draft = file_draft_open(session->state_path, err);
    if (draft == NULL) {
        return -1;
    }
    fprintf(file_draft_stream(draft), "run_id = %s\nkeys = %" PRIu64 "\n", now->run_id,
            now->key_count);
    return file_draft_commit(draft, err);
}

/* ---- looking */

static struct guard_look look_at_cache(struct guard_session *session)
{
    struct guard_look look = {0};
    struct error ignored = {0};
    struct sink_status status;
    char word[WORD_SIZE];
    if (session->probe == NULL) {
        session->probe = redis_probe_open(&session->cache, run_switch_stop_flag(), &ignored);
    }
    if (session->probe == NULL || redis_probe_status(session->probe, &status, &ignored) != 0) {
        return look;
    }
    int found = redis_control_get(session->marker, MARKER_KEY, word, sizeof word, &ignored);
    look.is_answering = found >= 0 && !status.is_loading && strcmp(status.role, "master") == 0;
    look.has_marker = found == 1;
    look.key_count = status.key_count;
    snprintf(look.run_id, sizeof look.run_id, "%s", status.run_id);
    return look;
}

static int lay_marker(struct guard_session *session, struct error *err)
{
    return redis_control_set(session->marker, MARKER_KEY, "1", 0, err);
}

/* ---- warming again */

/* The last run that ended with 0 or 7. */
struct last_run {
    bool is_found;
    struct run_folder folder;
    struct run_status status;
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

static int note_if_later(void *context, const struct run_folder *folder, struct error *err)
{
    struct last_run *last = context;
    struct run_status status;
    struct error ignored = {0};
    (void)err;
    if (has_ended_well(folder) && run_status_load(folder, &status, &ignored) == 1 &&
        (!last->is_found || status.updated_unix >= last->status.updated_unix)) {
        *last = (struct last_run){.is_found = true, .folder = *folder, .status = status};
    }
    return 0;
}

/* In the child: the ordinary run, by the same program. A reviewed plan may have become older than it could be when new. */
static void become_run(const struct load_job *job, const char *plan, const char *folder)
{
    const struct load_options *options = job->options;
    char rows[NUMBER_SIZE];
    const char *arguments[ARGUMENT_MAX] = {
        "rekindle-load", "run", "--quiet", "--max-plan-age",  "365d",
        "--plan",        plan,  "--redis", job->redis.address};
    size_t count = 9; /* NOLINT: what stands above */
    if (options->config != NULL) {
        arguments[count++] = "--config";
        arguments[count++] = options->config;
    }
    if (folder != NULL) {
        arguments[count++] = "--run";
        arguments[count++] = folder;
    }
    if (options->rows_per_second > 0) {
        snprintf(rows, sizeof rows, "%" PRIu64, options->rows_per_second);
        arguments[count++] = "--rows";
        arguments[count++] = rows;
    }
    char *copies[ARGUMENT_MAX + 1] = {NULL};
    for (size_t i = 0; i < count; i++) {
        copies[i] = strdup(arguments[i]);
    }
    execv("/proc/self/exe", copies);
    _exit(CANNOT_RUN);
}

/* Waits, and keeps the application degraded meanwhile. A signal to us is passed on: the run drains and stops. */
static int wait_for_run(struct guard_session *session, pid_t child)
{
    const struct timespec slice = {.tv_nsec = SLICE_NS};
    int64_t due_us = 0;
    bool is_told = false;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        struct error ignored = {0};
        if (monotonic_us() >= due_us) {
            int published = publish_keys_degrade(session->control, session->job->config, true,
                                                 DEGRADE_SECOND, &ignored);
            (void)published;
            due_us = monotonic_us() + US_PER_SECOND;
        }
        if (!is_told && atomic_load(run_switch_stop_flag()) != 0) {
            kill(child, SIGTERM);
            is_told = true;
        }
        nanosleep(&slice, NULL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : CANNOT_RUN;
}

static int warm_plan(struct guard_session *session, const char *plan, const char *folder,
                     struct error *err)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        become_run(session->job, plan, folder);
    }
    if (child < 0) {
        return error_set_errno(err, ERROR_RESOURCE, errno, "the run cannot be started");
    }
    int code = wait_for_run(session, child);
    if (code == ERROR_NONE || code == ERROR_DEADLINE || code == ERROR_LOSSES) {
        return 0;
    }
    return error_set(err, code == ERROR_STOPPED ? ERROR_STOPPED : ERROR_BACKEND,
                     "warming %.400s again ended with exit code %d", plan, code);
}

static void say_loss(const struct guard_session *session, const struct last_run *last)
{
    char duration[UNITS_TEXT_SIZE];
    const struct load_job *job = session->job;
    double second = guard_rule_predict_second(last->status.warm_count, last->status.rows_per_second,
                                              job->options->rows_per_second);
    if (last->is_found) {
        message_warn(job->message,
                     "the cache was lost; %" PRIu64 " keys of %s are warmed again, in about %s",
                     last->status.warm_count, last->folder.name,
                     units_print_duration(duration, second));
    } else {
        message_warn(job->message, "the cache was lost; no run in %s ended with 0 or 7",
                     job->config->run_dir);
    }
}

static int warm_again(struct guard_session *session, struct error *err)
{
    const struct load_job *job = session->job;
    struct last_run last = {0};
    int64_t began_us = monotonic_us();
    char duration[UNITS_TEXT_SIZE];
    if (publish_keys_degrade(session->control, job->config, true, DEGRADE_SECOND, err) != 0 ||
        run_choice_each(job->config->run_dir, note_if_later, &last, err) != 0) {
        return -1;
    }
    say_loss(session, &last);
    if (job->options->active_plan != NULL &&
        warm_plan(session, job->options->active_plan, NULL, err) != 0) {
        return -1;
    }
    if (last.is_found &&
        warm_plan(session, last.folder.manifest.plan_path, last.folder.path, err) != 0) {
        return -1;
    }
    message_warn(
        job->message, "warm again after %s",
        units_print_duration(duration, (double)(monotonic_us() - began_us) / US_PER_SECOND));
    return publish_keys_end_degrade(session->control, job->config, err);
}

/* ---- the loop */

static int look_once(struct guard_session *session, struct error *err)
{
    struct guard_look now = look_at_cache(session);
    enum guard_verdict verdict =
        guard_rule_judge(session->has_before ? &session->before : NULL, &now);
    if (verdict == GUARD_SILENT) {
        return session->job->options->is_once
                   ? error_set(err, ERROR_BACKEND, "Redis does not answer, or is no master now")
                   : 0;
    }
    if (verdict ==
        GUARD_LOST) { /* no `off` before it is warm: who degrades on loss does so from the loss on */
        session->has_failed = warm_again(session, err) != 0;
        if (session->has_failed) {
            return -1;
        }
        now = look_at_cache(session);
    }
    if ((verdict != GUARD_FINE && lay_marker(session, err) != 0) ||
        publish_keys_keep_off(session->control, session->job->config, err) != 0) {
        return -1;
    }
    bool is_news = verdict != GUARD_FINE || !session->has_before ||
                   strcmp(now.run_id, session->before.run_id) != 0 ||
                   now.key_count != session->before.key_count;
    return is_news ? save_state(session, &now, err) : 0;
}

static int watch(struct guard_session *session, struct error *err)
{
    const struct timespec slice = {.tv_nsec = SLICE_NS};
    int64_t due_us = 0, every_us = session->job->options->guard_tick_second * US_PER_SECOND;
    while (atomic_load(run_switch_stop_flag()) == 0) {
        if (monotonic_us() < due_us) {
            nanosleep(&slice, NULL);
            continue;
        }
        struct error trouble = {0};
        if (look_once(session, &trouble) != 0 && trouble.kind != ERROR_STOPPED) {
            message_warn(session->job->message, "%s; tried again", trouble.text);
        }
        due_us = monotonic_us() +
                 (session->has_failed ? RETRY_SECOND * (int64_t)US_PER_SECOND : every_us);
    }
    return error_set(err, ERROR_STOPPED, "stopped by a signal; nobody watches the cache now");
}

int guard_run(const struct load_job *job, struct error *err)
{
    struct guard_session session = {.job = job, .cache = job->redis};
    session.cache.control = NULL;
    int result = -1;
    if (job->options->guard_tick_second < 1) {
        return error_set(err, ERROR_USAGE, "--every must be 1s or more");
    }
    if (load_state(&session, err) == 0 && run_switch_install(err) == 0 &&
        (session.marker = redis_control_open(&session.cache, err)) != NULL &&
        (session.control = redis_control_open(&job->redis, err)) != NULL) {
        result = job->options->is_once ? look_once(&session, err) : watch(&session, err);
    }
    redis_probe_close(session.probe);
    redis_control_close(session.control);
    redis_control_close(session.marker);
    return result;
}
