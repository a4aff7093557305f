/* ramp_metrics.c - see ramp_metrics.h.
 * Room: loader/run. May touch: the file of the metrics. */
#include "loader/run/ramp_metrics.h"

#include <math.h>

#include "common/config.h"
#include "common/message.h"
#include "common/monotonic.h"
#include "loader/folder/metrics_file.h"
#include "loader/load_options.h"

enum ramp_phase { PHASE_CLIMBING, PHASE_ENDED_FULL, PHASE_ENDED_ZERO, PHASE_STOPPED };

static const char *const phases[] = {[PHASE_CLIMBING] = "climbing",
                                     [PHASE_ENDED_FULL] = "ended_full",
                                     [PHASE_ENDED_ZERO] = "ended_zero",
                                     [PHASE_STOPPED] = "stopped"};

void ramp_metrics_init(struct ramp_metrics *metrics, const struct load_job *job)
{
    char name[PATH_MAX];
    const char *path = job->config->metrics_file;
    *metrics = (struct ramp_metrics){.is_trouble_told = false};
    snprintf(name, sizeof name, "ramp-%s", job->options->event);
    if (path != NULL &&
        metrics_file_beside(metrics->path, sizeof metrics->path, path, name) == NULL) {
        metrics->path[0] = '\0';
    }
}

static void put_decision(struct metrics_file *file, const struct ramp_log_entry *entry)
{
    const struct ramp_decision *decision = entry->decision;
    if (decision->hit_ratio >= 0) {
        metrics_file_gauge(file, "hit_ratio",
                           "Share of the cache's reads that hit since the tick before, 0 to 1.",
                           decision->hit_ratio);
    }
    metrics_file_gauge(file, "misses_per_second", "Misses of the cache a second.",
                       decision->miss_per_second);
    if (!isnan(entry->source_ms)) {
        metrics_file_gauge(file, "source_seconds", "What --probe said last, in seconds.",
                           entry->source_ms / MS_PER_SECOND);
    }
    metrics_file_gauge(file, "degraded", "1 while the application is told to degrade.",
                       decision->is_degraded);
}

static void put_moves(struct metrics_file *file, const struct ramp_metrics *metrics)
{
    static const enum ramp_move told[] = {RAMP_RAISE, RAMP_BACK, RAMP_LOST, RAMP_OVERRULE};
    metrics_file_head(file, "moves_total", "counter", "Decisions of this process, by kind.");
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        metrics_file_put_of(file, "moves_total", "move", ramp_rule_move_name(told[i]),
                            (double)metrics->move_count[told[i]]);
    }
}

/* `entry` NULL: nothing was looked at. */
static void save(struct ramp_metrics *metrics, const struct load_job *job, enum ramp_phase phase,
                 int share, const struct ramp_log_entry *entry, int64_t now_unix)
{
    struct metrics_file file;
    struct error err = {0};
    if (metrics->path[0] == '\0') {
        return;
    }
    int result = metrics_file_open(&file, metrics->path, "rekindle_ramp_", "event",
                                   job->options->event, &err);
    if (result == 0) {
        metrics_file_states(&file, "1 for the state that the ramp is in.", phases,
                            sizeof phases / sizeof *phases, phases[phase]);
        metrics_file_gauge(&file, "share_ratio", "Share of the users that are let in, 0 to 1.",
                           (double)share / RAMP_SHARE_FULL);
        metrics_file_gauge(&file, "changed_timestamp_seconds",
                           "When this process changed it last; 0: not yet.",
                           (double)metrics->changed_unix);
        metrics_file_gauge(&file, "updated_timestamp_seconds", "When this file was written.",
                           (double)now_unix);
        put_moves(&file, metrics);
        if (entry != NULL) {
            put_decision(&file, entry);
        }
        result = metrics_file_commit(&file, metrics->path, &err);
    }
    if (result != 0 && !metrics->is_trouble_told) {
        message_warn(job->message, "no metrics: %s", err.text);
    }
    metrics->is_trouble_told = result != 0;
}

void ramp_metrics_tell(struct ramp_metrics *metrics, const struct load_job *job,
                       const struct ramp_log_entry *entry)
{
    const struct ramp_decision *decision = entry->decision;
    enum ramp_phase phase = decision->move == RAMP_END_FULL   ? PHASE_ENDED_FULL
                            : decision->move == RAMP_END_ZERO ? PHASE_ENDED_ZERO
                                                              : PHASE_CLIMBING;
    metrics->move_count[decision->move]++;
    if (decision->move != RAMP_HOLD && decision->move != RAMP_END_FULL) {
        metrics->changed_unix = entry->at_unix;
    }
    save(metrics, job, phase, decision->share, entry, entry->at_unix);
}

void ramp_metrics_stop(struct ramp_metrics *metrics, const struct load_job *job, int share,
                       int64_t now_unix)
{
    save(metrics, job, PHASE_STOPPED, share, NULL, now_unix);
}
