/* format_trial.c - see format_trial.h.
 * Room: predictor/ingest. May touch: nothing. */
#include "predictor/ingest/format_trial.h"

#include "predictor/ingest/ingest_account.h"

struct first_bad {
    struct slice line;
    enum line_fate fate;
    size_t column;
    uint64_t index; /* from 0 */
};

struct trial_counts {
    uint64_t lines, bad, read; /* `read`: neither bad nor without content */
};

/* What the user may do about it: half-read logs may be as they are, unread ones are of another format. */
static const char *hint(const struct trial_counts *counts, const char *better)
{
    if (better != NULL) {
        return "; it can be read as --format ";
    }
    return counts->read > 0 ? "; if that is to be expected, raise --max-bad-share" : "";
}

static int fail(const struct format_trial *trial, struct line_judge *judge,
                const struct first_bad *first, const struct trial_counts *counts, struct error *err)
{
    enum { FORMAT_SHOWN_MAX = 60 };
    char excerpt[BAD_EXCERPT_SIZE];
    uint64_t line_number = trial->line_base + first->index + 1;
    ingest_account_escape(excerpt, sizeof excerpt, first->line);
    line_judge_forget(judge);
    const char *better = first->fate == LINE_BAD_TOO_LONG
                             ? NULL
                             : log_layout_suggest(judge->layout, first->line, &judge->scratch);
    line_judge_forget(judge);
    return error_set(err, ERROR_INPUT,
                     "%s:%llu: %s, at column %zu of '%s' (%llu of the first %llu lines are bad as "
                     "--format %.*s)%s%s",
                     trial->name, (unsigned long long)line_number, line_fate_text(first->fate),
                     first->column, excerpt, (unsigned long long)counts->bad,
                     (unsigned long long)counts->lines, FORMAT_SHOWN_MAX, trial->format,
                     hint(counts, better), better == NULL ? "" : better);
}

static enum line_fate judge_line(struct line_judge *judge, struct slice line, bool is_first)
{
    struct access_event events[ENTITY_COUNT];
    size_t count;
    if (is_first && log_layout_has_header(judge->layout)) {
        return LINE_IGNORED_HEADER;
    }
    line_judge_forget(judge);
    return line.size > LINE_SIZE_MAX
               ? LINE_BAD_TOO_LONG
               : line_judge_read(judge, is_first ? line_chunk_without_mark(line) : line, events,
                                 &count);
}

int format_trial_run(const struct format_trial *trial, struct line_judge *judge,
                     const struct line_chunk *chunk, struct error *err)
{
    struct trial_counts counts = {.lines = 0};
    judge->is_free_of_nul = false;
    struct first_bad first = {.index = 0};
    const char *at = chunk->bytes;
    const char *end = chunk->bytes + chunk->size;
    for (; at < end && counts.lines < FORMAT_TRIAL_LINES; counts.lines++) {
        struct slice line = line_chunk_take_line(&at, end);
        enum line_fate fate = judge_line(judge, line, chunk->is_first && counts.lines == 0);
        if (line_fate_is_bad(fate) && counts.bad++ == 0) {
            first = (struct first_bad){line, fate, judge->column, counts.lines};
        }
        bool says_nothing = fate == LINE_IGNORED_HEADER || fate == LINE_IGNORED_BLANK;
        counts.read += !line_fate_is_bad(fate) && !says_nothing;
    }
    line_judge_forget(judge);
    bool is_too_bad = counts.lines >= FORMAT_TRIAL_FEW &&
                      (double)counts.bad > trial->max_bad_share * (double)counts.lines;
    return counts.bad > 0 && (counts.read == 0 || is_too_bad)
               ? fail(trial, judge, &first, &counts, err)
               : 0;
}
