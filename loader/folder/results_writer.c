/* results_writer.c - see results_writer.h.
 * Room: loader/folder. May touch: the plan, the journal, results.csv. */
#include "loader/folder/results_writer.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/csv_writer.h"
#include "common/file_io.h"
#include "loader/folder/settled_rows.h"

/* ---- the file */

enum { STREAM_SIZE = 64 * 1024 };

struct results_draft {
    struct file_draft *file;
    struct csv_writer csv;
    const struct run_manifest *manifest;
    struct outcome_tally tally;
    char stream_buffer[STREAM_SIZE];
};

/* What killed runs have left: results.csv.tmp-PID. A courtesy: what cannot be removed stays. */
static void remove_old_drafts(const struct run_folder *folder)
{
    static const char prefix[] = "results.csv.tmp-";
    DIR *listing = opendir(folder->path);
    const struct dirent *entry;
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) == 0) {
            (void)unlinkat(dirfd(listing), entry->d_name, 0);
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
}

struct results_draft *results_draft_open(const struct run_folder *folder, struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct results_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL) {
        error_set_memory(err, "writing results.csv");
        return NULL;
    }
    remove_old_drafts(folder);
    draft->manifest = &folder->manifest;
    draft->file = file_draft_open(run_folder_file(folder, "results.csv", path), err);
    if (draft->file == NULL) {
        free(draft);
        return NULL;
    }
    draft->csv.out = file_draft_stream(draft->file);
    (void)setvbuf(draft->csv.out, draft->stream_buffer, _IOFBF, sizeof draft->stream_buffer);
    csv_writer_put_header(&draft->csv, "rank,key,outcome,bytes,ttl_seconds,at");
    return draft;
}

static int64_t seconds_past_window(const struct run_manifest *manifest, int64_t expire_unix)
{
    int64_t second = expire_unix - manifest->clock_shift_second - manifest->window_end_unix;
    return expire_unix == 0 || second < 0 ? 0 : second;
}

void results_draft_put(struct results_draft *draft, struct slice key,
                       const struct journal_done_row *row, int64_t at_unix)
{
    struct csv_writer *csv = &draft->csv;
    csv_writer_put_count(csv, row->rank);
    csv_writer_put_text(csv, key);
    csv_writer_put_word(csv, outcome_name(row->outcome));
    csv_writer_put_count(csv, row->bytes);
    csv_writer_put_count(csv, (uint64_t)seconds_past_window(draft->manifest, row->expire_unix));
    if (at_unix != 0) {
        csv_writer_put_time(csv, at_unix);
    } else {
        csv_writer_put_word(csv, "");
    }
    csv_writer_end_record(csv);
    draft->tally.count[row->outcome]++;
}

const struct outcome_tally *results_draft_tally(const struct results_draft *draft)
{
    return &draft->tally;
}

int results_draft_commit(struct results_draft *draft, struct error *err)
{
    int result = file_draft_commit(draft->file, err);
    free(draft);
    return result;
}

void results_draft_abandon(struct results_draft *draft)
{
    if (draft != NULL) {
        file_draft_abandon(draft->file);
        free(draft);
    }
}

/* ---- from the journal */

static int put_rows(struct results_draft *draft, struct settled_rows *settled,
                    struct plan_reader *plan, enum outcome rest, struct error *err)
{
    struct plan_row row;
    int more;
    while ((more = plan_reader_next(plan, &row, err)) == 1) {
        struct journal_done_row done = {.rank = row.rank, .outcome = rest};
        int64_t at_unix = 0;
        if (row.action == PLAN_SKIP) {
            done.outcome = OUTCOME_SKIPPED;
        } else if (settled_rows_find(settled, row.rank, &done, &at_unix, err) < 0) {
            return -1;
        }
        results_draft_put(draft, row.key, &done, at_unix);
    }
    return more;
}

/* The tally is told also when the file fails. */
static int write_draft(const struct run_folder *folder, struct settled_rows *settled,
                       struct plan_reader *plan, enum outcome rest, struct outcome_tally *tally,
                       struct error *err)
{
    struct results_draft *draft = results_draft_open(folder, err);
    if (draft == NULL) {
        return -1;
    }
    int result = put_rows(draft, settled, plan, rest, err);
    if (tally != NULL) {
        *tally = draft->tally;
    }
    if (result != 0) {
        results_draft_abandon(draft);
        return -1;
    }
    return results_draft_commit(draft, err);
}

int results_writer_write(const struct run_folder *folder, struct plan_reader *plan,
                         enum outcome rest, struct outcome_tally *tally, struct error *err)
{
    char path[RUN_PATH_SIZE];
    struct journal_survey survey;
    struct settled_rows *settled = NULL;
    int result = journal_survey_read(run_folder_file(folder, "journal", path), NULL, &survey, err);
    if (tally != NULL) {
        *tally = (struct outcome_tally){0};
    }
    if (result == 0 && (settled = settled_rows_open(path, &survey, err)) == NULL) {
        result = -1;
    }
    if (result == 0) {
        result = plan_reader_rewind(plan, err);
    }
    if (result == 0) {
        result = write_draft(folder, settled, plan, rest, tally, err);
    }
    settled_rows_close(settled);
    journal_survey_free(&survey);
    return result;
}
