/* settled_rows.c - see settled_rows.h.
 * Room: loader/folder. May touch: the file `journal` of a run's folder. */
#include "loader/folder/settled_rows.h"

#include <stdlib.h>

struct settled_rows {
    struct journal_cursor *cursor; /* NULL: there is no journal */
    struct journal_reader reader;  /* of the done record being read */
    struct journal_done done;
    struct journal_done_row row; /* the next one to hand out */
    bool has_row, is_at_end;
};

struct settled_rows *settled_rows_open(const char *journal_path,
                                       const struct journal_survey *survey, struct error *err)
{
    struct settled_rows *settled = calloc(1, sizeof *settled);
    if (settled == NULL) {
        error_set_memory(err, "reading the journal");
        return NULL;
    }
    settled->is_at_end = survey->whole_size == 0;
    if (!settled->is_at_end) {
        settled->cursor =
            journal_cursor_open(journal_path, survey->counts_from, survey->whole_size, err);
        if (settled->cursor == NULL) {
            free(settled);
            return NULL;
        }
    }
    return settled;
}

/* Goes on to the next done record: 1, 0 at the journal's end, -1. */
static int next_done(struct settled_rows *settled, struct error *err)
{
    struct slice payload;
    int more;
    while ((more = journal_cursor_next(settled->cursor, &payload, err)) == 1) {
        if (journal_kind_of(payload) != JOURNAL_DONE) {
            continue;
        }
        if (!journal_decode_done(payload, &settled->reader, &settled->done)) {
            return journal_cursor_complain(settled->cursor, err);
        }
        return 1;
    }
    return more;
}

/* Makes `row` the next entry of the journal; 0, or -1. */
static int advance(struct settled_rows *settled, struct error *err)
{
    settled->has_row = false;
    while (!settled->is_at_end) {
        int more = journal_next_row(&settled->reader, &settled->row);
        if (more < 0) {
            return journal_cursor_complain(settled->cursor, err);
        }
        if (more == 1) {
            settled->has_row = true;
            return 0;
        }
        more = next_done(settled, err);
        if (more < 0) {
            return -1;
        }
        settled->is_at_end = more == 0;
    }
    return 0;
}

int settled_rows_find(struct settled_rows *settled, uint64_t rank, struct journal_done_row *row,
                      int64_t *at_unix, struct error *err)
{
    while (!settled->is_at_end && (!settled->has_row || settled->row.rank < rank)) {
        if (advance(settled, err) != 0) {
            return -1;
        }
    }
    if (!settled->has_row || settled->row.rank != rank) {
        return 0;
    }
    *row = settled->row;
    *at_unix = settled->done.at_unix;
    return 1;
}

void settled_rows_close(struct settled_rows *settled)
{
    if (settled != NULL) {
        journal_cursor_close(settled->cursor);
        free(settled);
    }
}
