/* rollback_report.c - see rollback_report.h.
 * Room: loader/run. May touch: the journal, rollback.csv and results.csv. */
#include "loader/run/rollback_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/csv_reader.h"
#include "common/csv_writer.h"
#include "common/decimal.h"
#include "common/file_io.h"

static enum rollback_verdict verdict_of(const struct rollback_verdicts *verdicts, uint64_t rank)
{
    return rank < verdicts->capacity ? (enum rollback_verdict)verdicts->of_rank[rank]
                                     : ROLLBACK_NONE;
}

/* ---- rollback.csv */

/* A rank may stand in several intents: it is told once. */
struct told_ranks {
    unsigned char *bits;
    uint64_t capacity;
};

static bool is_told(struct told_ranks *told, uint64_t rank)
{
    enum { BYTE_BITS = 8 };
    unsigned char mask = (unsigned char)(1U << (rank % BYTE_BITS));
    if (rank / BYTE_BITS >= told->capacity || (told->bits[rank / BYTE_BITS] & mask) != 0) {
        return true;
    }
    told->bits[rank / BYTE_BITS] |= mask;
    return false;
}

static int write_intent(struct csv_writer *csv, struct slice payload, struct told_ranks *told,
                        const struct rollback_verdicts *verdicts)
{
    struct journal_reader reader;
    struct journal_intent_key key;
    int more = journal_decode_intent(payload, &reader) ? 1 : -1;
    while (more == 1 && (more = journal_next_key(&reader, &key)) == 1) {
        enum rollback_verdict verdict = verdict_of(verdicts, key.rank);
        if (verdict == ROLLBACK_NONE || is_told(told, key.rank)) {
            continue;
        }
        csv_writer_put_count(csv, key.rank);
        csv_writer_put_text(csv, key.key);
        csv_writer_put_word(csv, rollback_verdict_word(verdict));
        csv_writer_end_record(csv);
    }
    return more;
}

static int write_intents(struct csv_writer *csv, struct journal_cursor *cursor,
                         struct told_ranks *told, const struct rollback_verdicts *verdicts,
                         struct error *err)
{
    struct slice payload;
    int more;
    csv_writer_put_header(csv, "rank,key,outcome");
    while ((more = journal_cursor_next(cursor, &payload, err)) == 1) {
        if (journal_kind_of(payload) == JOURNAL_INTENT &&
            write_intent(csv, payload, told, verdicts) < 0) {
            return journal_cursor_complain(cursor, err);
        }
    }
    return more;
}

int rollback_report_write(const struct run_folder *folder, const struct rollback_verdicts *verdicts,
                          struct error *err)
{
    enum { BYTE_BITS = 8 };
    char path[RUN_PATH_SIZE], journal_path[RUN_PATH_SIZE];
    struct stat status;
    struct told_ranks told = {.capacity = verdicts->capacity / BYTE_BITS + 1};
    told.bits = calloc(told.capacity, 1);
    if (told.bits == NULL) {
        return error_set_memory(err, "reporting a rollback");
    }
    struct file_draft *draft = file_draft_open(run_folder_file(folder, "rollback.csv", path), err);
    run_folder_file(folder, "journal", journal_path);
    uint64_t size = stat(journal_path, &status) == 0 ? (uint64_t)status.st_size : 0;
    struct journal_cursor *cursor =
        draft == NULL ? NULL : journal_cursor_open(journal_path, 0, size, err);
    int result = -1;
    if (cursor != NULL) {
        struct csv_writer csv = {.out = file_draft_stream(draft)};
        result = write_intents(&csv, cursor, &told, verdicts, err);
    }
    journal_cursor_close(cursor);
    free(told.bits);
    if (result != 0) {
        file_draft_abandon(draft);
        return -1;
    }
    return file_draft_commit(draft, err);
}

/* ---- results.csv */

enum { RANK, KEY, OUTCOME, BYTES, TTL, AT, COLUMN_COUNT };

static const char *const columns[] = {"rank", "key", "outcome", "bytes", "ttl_seconds", "at"};

static int find_columns(const struct csv_reader *reader, int found[COLUMN_COUNT], struct error *err)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        found[i] = csv_reader_find_column(reader, columns[i]);
        if (found[i] < 0) {
            return csv_reader_refuse(reader, 1, err, "there is no column '%s'", columns[i]);
        }
    }
    return 0;
}

static uint64_t rank_of(struct slice text)
{
    enum { DECIMAL = 10 };
    uint64_t rank = 0;
    for (size_t i = 0; i < text.size; i++) {
        rank = rank * DECIMAL + (uint64_t)(text.bytes[i] - '0');
    }
    return rank;
}

static void put_row(struct csv_writer *csv, const struct csv_record *record,
                    const int found[COLUMN_COUNT], bool is_rolled_back, int64_t now_unix)
{
    csv_writer_put_count(csv, rank_of(record->fields[found[RANK]]));
    csv_writer_put_text(csv, csv_writer_unguard(record->fields[found[KEY]]));
    if (is_rolled_back) {
        csv_writer_put_word(csv, outcome_name(OUTCOME_ROLLED_BACK));
        csv_writer_put_count(csv, 0);
        csv_writer_put_count(csv, 0);
        csv_writer_put_time(csv, now_unix);
    } else {
        for (int i = OUTCOME; i < COLUMN_COUNT; i++) {
            csv_writer_put_text(csv, record->fields[found[i]]);
        }
    }
    csv_writer_end_record(csv);
}

static int copy_rows(struct csv_reader *reader, struct csv_writer *csv,
                     const struct rollback_verdicts *verdicts, int64_t now_unix, struct error *err)
{
    int found[COLUMN_COUNT] = {0}, more;
    struct csv_record record;
    if (find_columns(reader, found, err) != 0) {
        return -1;
    }
    csv_writer_put_header(csv, "rank,key,outcome,bytes,ttl_seconds,at");
    while ((more = csv_reader_next(reader, &record, err)) == 1) {
        bool is_rolled_back =
            verdict_of(verdicts, rank_of(record.fields[found[RANK]])) == ROLLBACK_OURS;
        put_row(csv, &record, found, is_rolled_back, now_unix);
    }
    return more;
}

int rollback_report_mend_results(const struct run_folder *folder,
                                 const struct rollback_verdicts *verdicts, int64_t now_unix,
                                 struct error *err)
{
    char path[RUN_PATH_SIZE];
    if (access(run_folder_file(folder, "results.csv", path), F_OK) != 0) {
        return 0;
    }
    struct csv_reader *reader = csv_reader_open(path, err);
    struct file_draft *draft = reader == NULL ? NULL : file_draft_open(path, err);
    int result = -1;
    if (draft != NULL) {
        struct csv_writer csv = {.out = file_draft_stream(draft)};
        result = copy_rows(reader, &csv, verdicts, now_unix, err);
    }
    csv_reader_close(reader);
    if (result != 0) {
        file_draft_abandon(draft);
        return -1;
    }
    return file_draft_commit(draft, err);
}
