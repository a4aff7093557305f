/* guard_metrics.c - see guard_metrics.h.
 * Room: loader/run. May touch: the file of the metrics. */
#include "loader/run/guard_metrics.h"

#include "common/config.h"
#include "common/message.h"
#include "loader/folder/metrics_file.h"

static const char *const states[] = {[GUARD_IS_WATCHING] = "watching",
                                     [GUARD_IS_BLIND] = "blind",
                                     [GUARD_IS_WARMING] = "warming",
                                     [GUARD_HAS_FAILED] = "failed"};

void guard_metrics_init(struct guard_metrics *metrics, const struct load_job *job)
{
    const char *path = job->config->metrics_file;
    *metrics = (struct guard_metrics){.is_trouble_told = false};
    if (path != NULL &&
        metrics_file_beside(metrics->path, sizeof metrics->path, path, "guard") == NULL) {
        metrics->path[0] = '\0';
    }
}

static void put_all(struct metrics_file *file, const struct guard_metrics *metrics,
                    enum guard_state state, int64_t now_unix)
{
    metrics_file_states(file, "1 for the state that guard is in; blind: Redis does not answer.",
                        states, sizeof states / sizeof *states, states[state]);
    metrics_file_gauge(file, "updated_timestamp_seconds", "When this file was written.",
                       (double)now_unix);
    metrics_file_gauge(file, "answered_timestamp_seconds", "When Redis answered last.",
                       (double)metrics->answered_unix);
    metrics_file_counter(file, "losses_total", "Losses of the cache that this process has seen.",
                         (double)metrics->loss_count);
    metrics_file_counter(file, "failed_warmings_total",
                         "Warmings after a loss that did not end well, by this process.",
                         (double)metrics->failure_count);
    metrics_file_gauge(file, "lost_timestamp_seconds", "When the cache was lost last; 0: never.",
                       (double)metrics->lost_unix);
    metrics_file_gauge(file, "warm_timestamp_seconds",
                       "When it was warm again after a loss; 0: never.",
                       (double)metrics->warm_unix);
    metrics_file_gauge(file, "warming_seconds", "How long that took.", metrics->warm_second);
}

void guard_metrics_save(struct guard_metrics *metrics, const struct load_job *job,
                        enum guard_state state, int64_t now_unix)
{
    struct metrics_file file;
    struct error err = {0};
    if (metrics->path[0] == '\0') {
        return;
    }
    int result = metrics_file_open(&file, metrics->path, "rekindle_guard_", NULL, NULL, &err);
    if (result == 0) {
        put_all(&file, metrics, state, now_unix);
        result = metrics_file_commit(&file, metrics->path, &err);
    }
    if (result != 0 && !metrics->is_trouble_told) {
        message_warn(job->message, "no metrics: %s", err.text);
    }
    metrics->is_trouble_told = result != 0;
}
