/* rank_report.c - see rank_report.h.
 * Room: predictor/report. May touch: files in the folder it is given. */
#include "predictor/report/rank_report.h"

#include "common/file_io.h"

#include "predictor/report/budget_curve.h"
#include "predictor/report/segment_summary.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct rank_report {
    struct segment_summary summary;
    struct budget_curve curve;
};

struct rank_report *rank_report_new(struct error *err)
{
    struct rank_report *report = calloc(1, sizeof *report);
    if (report == NULL) {
        error_set_memory(err, "making the report");
    }
    return report;
}

void rank_report_free(struct rank_report *report)
{
    free(report);
}

void rank_report_add(struct rank_report *report, const struct plan_row *row, bool is_first)
{
    segment_summary_add(&report->summary, row, is_first);
    budget_curve_add(&report->curve, row);
}

void rank_report_add_planned(struct rank_report *report, const struct plan_row *row)
{
    segment_summary_add_planned(&report->summary, row);
    budget_curve_add_planned(&report->curve, row);
}

static void write_summary(const struct rank_report *report, FILE *out)
{
    segment_summary_write(&report->summary, out);
}

static void write_curve(const struct rank_report *report, FILE *out)
{
    budget_curve_write(&report->curve, out);
}

/* A new report is a row. */
static const struct {
    const char *name;
    void (*write)(const struct rank_report *report, FILE *out);
} files[] = {
    {"summary.csv", write_summary},
    {"budget-curve.csv", write_curve},
};

static int save_file(const struct rank_report *report, const char *folder, size_t index,
                     struct error *err)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/%s", folder, files[index].name);
    if (size < 0 || (size_t)size >= sizeof path) {
        return error_set(err, ERROR_INPUT, "the path is too long: %.200s...", folder);
    }
    struct file_draft *draft = file_draft_open(path, err);
    if (draft == NULL) {
        return -1;
    }
    files[index].write(report, file_draft_stream(draft));
    return file_draft_commit(draft, err);
}

int rank_report_save(const struct rank_report *report, const char *folder, struct error *err)
{
    if (file_make_folder(folder, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (save_file(report, folder, i, err) != 0) {
            return -1;
        }
    }
    return 0;
}
