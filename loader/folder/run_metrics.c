/* run_metrics.c - see run_metrics.h.
 * Room: loader/folder. May touch: the file it is given. */
#include "loader/folder/run_metrics.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file_io.h"
#include "common/monotonic.h"
#include "loader/rules/pace.h"
#include "loader/folder/run_status.h"

enum { READABLE_MODE = 0644, LABEL_SIZE = 2 * (NAME_MAX + 1) };

static const char *const states[] = {"running", "paused", "stopped", "finished", "failed"};

static void put_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP rekindle_run_%s %s\n# TYPE rekindle_run_%s %s\n", name, help, name, type);
}

static void put_gauge(FILE *out, const char *run, const char *name, const char *help, double value)
{
    enum { DIGITS = 15 };
    put_head(out, name, "gauge", help);
    fprintf(out, "rekindle_run_%s{run=\"%s\"} %.*g\n", name, run, DIGITS, value);
}

static void put_rows(FILE *out, const struct run_metrics *metrics)
{
    const struct run_status *status = metrics->status;
    put_gauge(out, metrics->run, "planned_rows", "Rows of the plan with action warm.",
              (double)status->warm_count);
    put_head(out, "settled_rows", "gauge", "Rows of the plan with an outcome, by outcome.");
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        fprintf(out, "rekindle_run_settled_rows{run=\"%s\",outcome=\"%s\"} %" PRIu64 "\n",
                metrics->run, outcome_name((enum outcome)i), status->tally.count[i]);
    }
    put_gauge(out, metrics->run, "value_bytes", "Bytes of the values written.",
              (double)metrics->value_bytes);
    put_gauge(out, metrics->run, "rows_per_second", "Rows settled a second, by this process.",
              status->rows_per_second);
    put_gauge(out, metrics->run, "benefit_ratio",
              "Share of the plan's expected benefit that is warm, 0 to 1.", status->benefit_share);
}

static void put_times(FILE *out, const struct run_metrics *metrics)
{
    const struct run_status *status = metrics->status;
    put_gauge(out, metrics->run, "started_timestamp_seconds", "When this process began.",
              (double)status->started_unix);
    put_gauge(out, metrics->run, "updated_timestamp_seconds", "When this file was written.",
              (double)status->updated_unix);
    if (status->deadline_unix != 0) {
        put_gauge(out, metrics->run, "deadline_timestamp_seconds", "When it has to end.",
                  (double)status->deadline_unix);
        put_gauge(out, metrics->run, "deadline_benefit_ratio",
                  "Share of the expected benefit that fits before the deadline, 0 to 1.",
                  status->fitting_share);
    }
}

static void put_throttled(FILE *out, const struct run_metrics *metrics)
{
    put_head(out, "throttled_seconds_total", "counter", "Seconds this process waited, by reason.");
    for (int i = 0; i < THROTTLE_REASON_COUNT; i++) {
        fprintf(out, "rekindle_run_throttled_seconds_total{run=\"%s\",reason=\"%s\"} %.3f\n",
                metrics->run, pace_reason_word((enum throttle_reason)i),
                (double)metrics->pace->throttled_us[i] / US_PER_SECOND);
    }
}

static void put_state(FILE *out, const struct run_metrics *metrics)
{
    put_head(out, "state", "gauge", "1 for the state that the run is in.");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        fprintf(out, "rekindle_run_state{run=\"%s\",state=\"%s\"} %d\n", metrics->run, states[i],
                strcmp(metrics->status->state, states[i]) == 0);
    }
}

/* As the text format wants label values: quotes, backslashes and ends of lines behind a backslash. What does not fit, and
 * no file has so long a name, is cut off. */
static void escape(const char *text, char *label, size_t size)
{
    size_t used = 0;
    for (; *text != '\0' && used + 2 < size; text++) {
        if (*text == '"' || *text == '\\' || *text == '\n') {
            label[used++] = '\\';
        }
        label[used++] = *text == '\n' ? 'n' : *text;
    }
    label[used] = '\0';
}

int run_metrics_save(const char *path, const struct run_metrics *metrics, struct error *err)
{
    struct file_draft *draft = file_draft_open(path, err);
    if (draft == NULL) {
        return -1;
    }
    FILE *out = file_draft_stream(draft);
    char label[LABEL_SIZE];
    struct run_metrics escaped = *metrics;
    escape(metrics->run, label, sizeof label);
    escaped.run = label;
    put_state(out, &escaped);
    put_rows(out, &escaped);
    put_times(out, &escaped);
    put_throttled(out, &escaped);
    if (!file_draft_is_in_place(draft) && fchmod(fileno(out), READABLE_MODE) != 0) {
        file_draft_abandon(draft);
        return error_set(err, ERROR_BACKEND, "cannot make %s readable", path);
    }
    return file_draft_commit(draft, err);
}
