/* run_metrics.c - see run_metrics.h.
 * Room: loader/folder. May touch: the file it is given. */
#include "loader/folder/run_metrics.h"

#include "common/monotonic.h"
#include "loader/folder/metrics_file.h"
#include "loader/folder/run_status.h"
#include "loader/rules/pace.h"

static const char *const states[] = {"running", "paused", "stopped", "finished", "failed"};

static void put_rows(struct metrics_file *file, const struct run_metrics *metrics)
{
    const struct run_status *status = metrics->status;
    metrics_file_gauge(file, "planned_rows", "Rows of the plan with action warm.",
                       (double)status->warm_count);
    metrics_file_head(file, "settled_rows", "gauge",
                      "Rows of the plan with an outcome, by outcome.");
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        metrics_file_put_of(file, "settled_rows", "outcome", outcome_name((enum outcome)i),
                            (double)status->tally.count[i]);
    }
    metrics_file_gauge(file, "value_bytes", "Bytes of the values written.",
                       (double)metrics->value_bytes);
    metrics_file_gauge(file, "rows_per_second", "Rows settled a second, by this process.",
                       status->rows_per_second);
    metrics_file_gauge(file, "benefit_ratio",
                       "Share of the plan's expected benefit that is warm, 0 to 1.",
                       status->benefit_share);
}

static void put_times(struct metrics_file *file, const struct run_status *status)
{
    metrics_file_gauge(file, "started_timestamp_seconds", "When this process began.",
                       (double)status->started_unix);
    metrics_file_gauge(file, "updated_timestamp_seconds", "When this file was written.",
                       (double)status->updated_unix);
    if (status->deadline_unix != 0) {
        metrics_file_gauge(file, "deadline_timestamp_seconds", "When it has to end.",
                           (double)status->deadline_unix);
        metrics_file_gauge(file, "deadline_benefit_ratio",
                           "Share of the expected benefit that fits before the deadline, 0 to 1.",
                           status->fitting_share);
    }
}

static void put_throttled(struct metrics_file *file, const struct pace *pace)
{
    static const char name[] = "throttled_seconds_total";
    metrics_file_head(file, name, "counter", "Seconds this process waited, by reason.");
    for (int i = 0; i < THROTTLE_REASON_COUNT; i++) {
        metrics_file_put_of(file, name, "reason", pace_reason_word((enum throttle_reason)i),
                            (double)pace->throttled_us[i] / US_PER_SECOND);
    }
}

int run_metrics_save(const char *path, const struct run_metrics *metrics, struct error *err)
{
    struct metrics_file file;
    if (metrics_file_open(&file, path, "rekindle_run_", "run", metrics->run, err) != 0) {
        return -1;
    }
    metrics_file_states(&file, "1 for the state that the run is in.", states,
                        sizeof states / sizeof *states, metrics->status->state);
    put_rows(&file, metrics);
    put_times(&file, metrics->status);
    put_throttled(&file, metrics->pace);
    return metrics_file_commit(&file, path, err);
}
