/* guard_run.c - the conductor of `guard`: watches the cache, and warms it again when it was lost.
 * Room: loader/run. May touch: the cache's markers, the control keys, the folders of runs, processes.
 *
 * DESIGN
 *  1. Marker keys lie in the cache. What was seen last stands in the file `guard` of [run] dir, so that it outlives this
 *     process, and `guard --once` may be called by cron (cache_watch.h).
 *  2. After a loss (guard_rule.h) the application is told to degrade, the ramps' shares are published again
 *     (ramp_restore.h), and then the keys are warmed again (cache_rewarm.h).
 *  3. What does not end well is tried again at the next look: the markers are laid only when all is done.
 *  A server that does not answer is no loss: its keys may be there. */
#include "loader/load_job.h"

#include <stdbool.h>
#include <time.h>

#include "common/message.h"
#include "common/monotonic.h"
#include "common/units.h"
#include "loader/live/run_switch.h"
#include "loader/load_options.h"
#include "loader/run/cache_rewarm.h"
#include "loader/run/cache_watch.h"
#include "loader/run/guard_metrics.h"
#include "loader/run/publish_keys.h"
#include "loader/run/ramp_restore.h"
#include "loader/sink/redis_control.h"
#include "loader/sink/redis_target.h"
#include "loader/warm/run_image.h"

enum {
    SLICE_NS = 50 * 1000 * 1000,
    RETRY_SECOND = 10, /* after a warming that failed */
    SWEEP_SECOND = 60, /* between two looks for images that are too old */
    SILENCE_SECOND = 10
};

struct guard_session {
    const struct load_job *job;
    struct cache_watch *cache;
    struct redis_control *control; /* where the application looks */
    bool has_failed;               /* the last warming */
    struct guard_metrics metrics;
    int64_t silent_us; /* since when the cache does not answer; 0: it does */
    bool is_silence_told;
};

static bool has_lost_more(const struct cache_finding *after, const struct cache_finding *before)
{
    for (size_t part = 0; part < after->part_count; part++) {
        if (after->is_lost[part] && !before->is_lost[part]) {
            return true;
        }
    }
    return false;
}

/* `finding` becomes what is seen when all is warm. */
static int make_good(struct guard_session *session, struct cache_finding *finding,
                     struct error *err)
{
    struct cache_finding after;
    struct guard_metrics *metrics = &session->metrics;
    int64_t began_us = monotonic_us();
    metrics->loss_count += !session->has_failed; /* the same one is tried again */
    metrics->lost_unix = session->has_failed ? metrics->lost_unix : (int64_t)time(NULL);
    guard_metrics_save(metrics, session->job, GUARD_IS_WARMING, (int64_t)time(NULL));
    session->has_failed =
        cache_rewarm(session->job, session->control, session->cache, finding, err) != 0;
    if (session->has_failed) {
        return -1;
    }
    cache_watch_look(session->cache, &after);
    if (after.verdict == GUARD_SILENT) {
        return error_set(err, ERROR_BACKEND, "Redis went away while it was warmed again");
    }
    if (has_lost_more(&after, finding)) {
        return error_set(err, ERROR_BACKEND, "more was lost while the cache was warmed again");
    }
    *finding = after;
    metrics->warm_unix = (int64_t)time(NULL);
    metrics->warm_second = (double)(monotonic_us() - began_us) / US_PER_SECOND;
    return 0;
}

/* A failover takes seconds, and is no news; longer than that somebody should know that nobody is guarded. */
static void tell_silence(struct guard_session *session, bool is_silent)
{
    char duration[UNITS_TEXT_SIZE];
    int64_t now_us = monotonic_us();
    double second = (double)(now_us - session->silent_us) / US_PER_SECOND;
    if (is_silent && session->silent_us == 0) {
        session->silent_us = now_us;
    } else if (is_silent && !session->is_silence_told && second >= SILENCE_SECOND) {
        message_warn(session->job->message,
                     "the cache does not answer, loads, or is no master, for %s; nothing is warmed "
                     "before it does",
                     units_print_duration(duration, second));
        session->is_silence_told = true;
    } else if (!is_silent) {
        if (session->is_silence_told) {
            message_warn(session->job->message, "the cache answers again, after %s",
                         units_print_duration(duration, second));
        }
        session->silent_us = 0;
        session->is_silence_told = false;
    }
}

static int act_on(struct guard_session *session, struct cache_finding *finding, struct error *err)
{
    tell_silence(session, finding->verdict == GUARD_SILENT);
    if (finding->verdict == GUARD_SILENT) {
        return session->job->options->is_once
                   ? error_set(err, ERROR_BACKEND, "Redis does not answer, or is no master now")
                   : 0;
    }
    /* no `off` before it is warm: who degrades on loss does so from the loss on */
    if (finding->verdict == GUARD_LOST && make_good(session, finding, err) != 0) {
        return -1;
    }
    if (cache_watch_accept(session->cache, finding, err) != 0 ||
        publish_keys_keep_off(session->control, session->job->config, err) != 0) {
        return -1;
    }
    /* the first look ever cannot tell whether keys are gone because of a loss */
    return finding->verdict == GUARD_FIRST
               ? 0
               : ramp_restore_observe(session->job, session->control, err);
}

static int look_once(struct guard_session *session, struct error *err)
{
    struct cache_finding finding;
    cache_watch_look(session->cache, &finding);
    bool is_silent = finding.verdict == GUARD_SILENT;
    session->metrics.answered_unix =
        is_silent ? session->metrics.answered_unix : (int64_t)time(NULL);
    int result = act_on(session, &finding, err);
    bool has_failed = result != 0 && !is_silent && err->kind != ERROR_STOPPED;
    session->metrics.failure_count += has_failed;
    guard_metrics_save(&session->metrics, session->job,
                       is_silent    ? GUARD_IS_BLIND
                       : has_failed ? GUARD_HAS_FAILED
                                    : GUARD_IS_WATCHING,
                       (int64_t)time(NULL));
    return result;
}

/* Who starts it by hand sees nothing else for hours. */
static int say_what_is_watched(const struct load_job *job, struct error *err)
{
    char every[UNITS_TEXT_SIZE];
    struct redis_target target;
    if (redis_target_read(&job->redis, &target, err) != 0) {
        return -1;
    }
    message_note(job->message, "watching %s, one look every %s", target.name,
                 units_print_duration(every, (double)job->options->guard_tick_second));
    return 0;
}

static int watch(struct guard_session *session, struct error *err)
{
    const struct timespec slice = {.tv_nsec = SLICE_NS};
    const struct load_job *job = session->job;
    int64_t due_us = 0, sweep_us = 0,
            every_us = session->job->options->guard_tick_second * US_PER_SECOND;
    if (say_what_is_watched(job, err) != 0) {
        return -1;
    }
    while (atomic_load(run_switch_stop_flag()) == 0) {
        if (monotonic_us() < due_us) {
            nanosleep(&slice, NULL);
            continue;
        }
        if (monotonic_us() >= sweep_us) {
            run_image_sweep(job->config, (int64_t)time(NULL), job->message);
            sweep_us = monotonic_us() + SWEEP_SECOND * (int64_t)US_PER_SECOND;
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
    struct guard_session session = {.job = job};
    int result = -1;
    guard_metrics_init(&session.metrics, job);
    if (job->options->guard_tick_second < 1) {
        return error_set(err, ERROR_USAGE, "--every must be 1s or more");
    }
    if (run_switch_install(err) == 0 &&
        (session.cache = cache_watch_open(&job->redis, job->config->run_dir, run_switch_stop_flag(),
                                          err)) != NULL &&
        (session.control = redis_control_open(&job->redis, err)) != NULL) {
        result = job->options->is_once ? look_once(&session, err) : watch(&session, err);
    }
    redis_control_close(session.control);
    cache_watch_close(session.cache);
    return result;
}
