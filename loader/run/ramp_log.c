/* ramp_log.c - see ramp_log.h.
 * Room: loader/run. May touch: the log's file, stdout. */
#include "loader/run/ramp_log.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/civil_time.h"
#include "common/csv_writer.h"
#include "common/terminal.h"

#define LOG_COLUMNS "at,event,move,share,hit_ratio,reads,misses_per_second,source_ms,degraded,why"

int ramp_log_open(struct ramp_log *log, const char *path, struct error *err)
{
    FILE *out = path == NULL ? stdout : fopen(path, "ae");
    if (out == NULL) {
        return error_set_errno(err, ERROR_INPUT, errno,
                               "--log %.400s cannot be opened for appending", path);
    }
    *log = (struct ramp_log){.out = out,
                             .is_for_people = path == NULL && terminal_columns(stdout) > 0};
    if (log->is_for_people) {
        fprintf(out, "at         share   hits  misses/s  decision\n");
    } else if (path == NULL || ftell(out) == 0) {
        fprintf(out, "%s\n", LOG_COLUMNS);
    }
    return 0;
}

static void write_row(FILE *out, const struct ramp_log_entry *entry)
{
    enum { RATIO_PLACES = 4, RATE_PLACES = 2 };
    struct csv_writer writer = {.out = out};
    char share[RAMP_SHARE_SIZE];
    const struct ramp_decision *decision = entry->decision;
    csv_writer_put_time(&writer, entry->at_unix);
    csv_writer_put_text(&writer, slice_of(entry->event));
    csv_writer_put_word(&writer, ramp_rule_move_name(decision->move));
    csv_writer_put_word(&writer, ramp_rule_print_share(share, decision->share));
    csv_writer_put_number(&writer, decision->hit_ratio < 0 ? NAN : decision->hit_ratio,
                          RATIO_PLACES);
    csv_writer_put_count(&writer, entry->signs->read_count);
    csv_writer_put_number(&writer, decision->miss_per_second, RATE_PLACES);
    csv_writer_put_number(&writer, entry->source_ms, RATE_PLACES);
    csv_writer_put_word(&writer, decision->is_degraded ? "1" : "0");
    csv_writer_put_text(&writer, slice_of(decision->why));
    csv_writer_end_record(&writer);
}

/* "17:02:10Z    20%  92.1%      12.0  hold: for 20 s more" */
static void write_line(FILE *out, const struct ramp_log_entry *entry)
{
    static const double PERCENT = 100;
    char time[CIVIL_TEXT_SIZE], share[RAMP_SHARE_SIZE], hits[RAMP_SHARE_SIZE] = "-";
    const struct ramp_decision *decision = entry->decision;
    const char *clock = strchr(civil_print_rfc3339(time, entry->at_unix, NULL), 'T');
    if (decision->hit_ratio >= 0) {
        snprintf(hits, sizeof hits, "%.1f%%", decision->hit_ratio * PERCENT);
    }
    terminal_print(out, "%s %6s%% %6s %9.1f  %s%s: %s\n", clock == NULL ? time : clock + 1,
                   ramp_rule_print_share(share, decision->share), hits, decision->miss_per_second,
                   ramp_rule_move_name(decision->move), decision->is_degraded ? ", degraded" : "",
                   decision->why);
}

int ramp_log_write(struct ramp_log *log, const struct ramp_log_entry *entry, struct error *err)
{
    bool had_failed = log->has_failed;
    errno = 0;
    if (had_failed) { /* what is whole again begins a line */
        putc('\n', log->out);
    }
    if (log->is_for_people) {
        write_line(log->out, entry);
    } else {
        write_row(log->out, entry);
    }
    log->has_failed = fflush(log->out) != 0 || ferror(log->out) != 0;
    int cause = errno == 0 ? EIO : errno;
    clearerr(log->out);
    if (!log->has_failed) {
        return 1;
    }
    return had_failed
               ? 0
               : error_set_errno(err, ERROR_BACKEND, cause, "a decision is not written to the log");
}

void ramp_log_close(struct ramp_log *log)
{
    if (log->out != NULL && log->out != stdout) {
        fclose(log->out);
    }
}
