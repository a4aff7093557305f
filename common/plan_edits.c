/* plan_edits.c - see plan_edits.h.
 * Room: common. May touch: files. */
#include "common/plan_edits.h"

#include "common/plan_fields.h"
#include "common/plan_sum.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static const char *const way_out = "give another --out, or --replace to write over it";

/* ---- what the file is now */

static bool is_column_of_plan(struct slice name)
{
    for (size_t i = 0; i < PLAN_COLUMN_COUNT; i++) {
        if (slice_is_equal(name, slice_of(plan_columns[i].name))) {
            return true;
        }
    }
    return false;
}

/* A column of the reviewers; empty: there is none. Spreadsheets add nameless ones. */
static struct slice find_remark(const struct csv_record *header)
{
    for (size_t i = 0; i < header->field_count; i++) {
        if (header->fields[i].size > 0 && !is_column_of_plan(header->fields[i])) {
            return header->fields[i];
        }
    }
    return slice_of("");
}

static int read_rows(struct csv_reader *csv, struct plan_sum *now, struct error *err)
{
    struct plan_fields fields;
    struct plan_digest digest = {0};
    struct csv_record record;
    struct plan_row row = {0};
    int got;
    if (plan_fields_bind(&fields, csv, err) != 0) {
        return -1;
    }
    fields.is_narrow = true;
    while ((got = plan_fields_next(&fields, &record, &row, err)) > 0) {
        plan_digest_add(&digest, &row);
        now->row_count++;
    }
    plan_digest_print(&digest, now->digest);
    return got;
}

/* ---- beside what was written */

static int compare(const char *path, struct csv_reader *csv, const struct plan_sum *written,
                   struct error *err)
{
    struct plan_sum now = {0};
    struct error reason;
    struct slice remark = find_remark(csv_reader_header(csv));
    error_clear(&reason);
    if (read_rows(csv, &now, &reason) != 0) {
        return error_set(err, ERROR_INPUT, "%.800s; so it is not as rank wrote it: %s", reason.text,
                         way_out);
    }
    if (now.row_count != written->row_count) {
        return error_set(err, ERROR_INPUT,
                         "%.400s was edited after rank wrote it: it has %" PRIu64
                         " rows and had %" PRIu64 "; %s",
                         path, now.row_count, written->row_count, way_out);
    }
    if (strcmp(now.digest, written->digest) != 0) {
        return error_set(err, ERROR_INPUT,
                         "%.400s was edited after rank wrote it: actions or rows are others; %s",
                         path, way_out);
    }
    if (remark.size > 0) {
        return error_set(err, ERROR_INPUT,
                         "%.400s was edited after rank wrote it: somebody added the column "
                         "'%.*s'; %s",
                         path, SLICE_SHOWN(remark), way_out);
    }
    return 0;
}

static int check_file(const char *path, struct error *err)
{
    char sum_path[PATH_MAX];
    struct plan_sum written;
    struct stat state;
    struct error reason;
    if (plan_sum_path(path, sum_path, sizeof sum_path, err) != 0) {
        return -1;
    }
    if (stat(sum_path, &state) != 0) {
        return error_set(err, ERROR_INPUT,
                         "%.400s is there already, and without its .sum nobody can tell whether it "
                         "was edited; %s",
                         path, way_out);
    }
    if (plan_sum_read(sum_path, &written, &reason) != 0) {
        return error_set(err, ERROR_INPUT, "%.800s; or %s", reason.text, way_out);
    }
    struct csv_reader *csv = csv_reader_open(path, err);
    if (csv == NULL) {
        return error_add_context(err, "the plan to be replaced");
    }
    int result = compare(path, csv, &written, err);
    csv_reader_close(csv);
    return result;
}

int plan_edits_check(const char *path, struct error *err)
{
    struct stat state;
    bool is_file = strcmp(path, "-") != 0 && stat(path, &state) == 0 && S_ISREG(state.st_mode);
    return is_file && state.st_size > 0 ? check_file(path, err) : 0;
}
