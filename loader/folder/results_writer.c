/* results_writer.c - see results_writer.h.
 * Room: loader/folder. May touch: the plan, the journal, results.csv. */
#include "loader/folder/results_writer.h"

#include <inttypes.h>

#include "common/civil_time.h"
#include "common/csv_writer.h"
#include "common/file_io.h"
#include "loader/folder/settled_rows.h"

struct results_job {
    struct csv_writer csv;
    struct settled_rows *settled;
    const struct run_manifest *manifest;
    enum outcome rest;
    struct outcome_tally tally;
};

static int64_t seconds_past_window(const struct run_manifest *manifest, int64_t expire_unix)
{
    return expire_unix == 0
               ? 0
               : expire_unix - manifest->clock_shift_second - manifest->window_end_unix;
}

static int write_row(struct results_job *job, const struct plan_row *row, struct error *err)
{
    struct journal_done_row settled = {.outcome = job->rest};
    int64_t at_unix = 0;
    if (row->action == PLAN_SKIP) {
        settled.outcome = OUTCOME_SKIPPED;
    } else if (settled_rows_find(job->settled, row->rank, &settled, &at_unix, err) < 0) {
        return -1;
    }
    int64_t ttl_second = seconds_past_window(job->manifest, settled.expire_unix);
    csv_writer_put_count(&job->csv, row->rank);
    csv_writer_put_text(&job->csv, row->key);
    csv_writer_put_word(&job->csv, outcome_name(settled.outcome));
    csv_writer_put_count(&job->csv, settled.bytes);
    csv_writer_put_count(&job->csv, (uint64_t)(ttl_second < 0 ? 0 : ttl_second));
    if (at_unix != 0) {
        csv_writer_put_time(&job->csv, at_unix);
    } else {
        csv_writer_put_word(&job->csv, "");
    }
    csv_writer_end_record(&job->csv);
    job->tally.count[settled.outcome]++;
    return 0;
}

static int write_rows(struct results_job *job, struct plan_reader *plan, struct error *err)
{
    struct plan_row row;
    int more;
    csv_writer_put_header(&job->csv, "rank,key,outcome,bytes,ttl_seconds,at");
    while ((more = plan_reader_next(plan, &row, err)) == 1) {
        if (write_row(job, &row, err) != 0) {
            return -1;
        }
    }
    return more;
}

static int write_draft(struct results_job *job, const struct run_folder *folder,
                       struct plan_reader *plan, struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct file_draft *draft = file_draft_open(run_folder_file(folder, "results.csv", path), err);
    if (draft == NULL) {
        return -1;
    }
    job->csv.out = file_draft_stream(draft);
    if (write_rows(job, plan, err) != 0) {
        file_draft_abandon(draft);
        return -1;
    }
    return file_draft_commit(draft, err);
}

int results_writer_write(const struct run_folder *folder, struct plan_reader *plan,
                         enum outcome rest, struct outcome_tally *tally, struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct journal_survey survey;
    struct results_job job = {.manifest = &folder->manifest, .rest = rest};
    int result = journal_survey_read(run_folder_file(folder, "journal", path), NULL, &survey, err);
    if (result == 0 && (job.settled = settled_rows_open(path, &survey, err)) == NULL) {
        result = -1;
    }
    if (result == 0) {
        result = plan_reader_rewind(plan, err);
    }
    if (result == 0) {
        result = write_draft(&job, folder, plan, err);
    }
    if (tally != NULL) {
        *tally = job.tally;
    }
    settled_rows_close(job.settled);
    journal_survey_free(&survey);
    return result;
}
