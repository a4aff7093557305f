/* progress.c - see progress.h.
 * Room: common. May touch: stderr, the monotonic clock. */
#include "common/progress.h"

#include "common/units.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static const double terminal_period_second = 0.2;
static const double plain_period_second = 30;
static const double first_rate_second = 0.5; /* no rate is shown before: it would jump */

static double monotonic_second(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void progress_init(struct progress *progress, FILE *out, const char *title, const char *noun,
                   enum progress_unit unit, uint64_t total)
{
    *progress = (struct progress){
        .out = out,
        .title = title,
        .noun = noun,
        .unit = unit,
        .is_terminal = out != NULL && isatty(fileno(out)),
        .started = monotonic_second(),
        .total = total,
    };
    progress->printed = progress->started;
}

static const char *print_amount(const struct progress *progress, char *text, uint64_t amount)
{
    return progress->unit == PROGRESS_BYTES ? units_print_bytes(text, amount)
                                            : units_print_count(text, amount);
}

/* "load: 418k of 1.0M keys (41%), 198k/s, 2 min 03 s left; waiting: replica lag" */
static void print_line(const struct progress *progress, uint64_t done, double elapsed_second,
                       const char *note)
{
    char amount[UNITS_TEXT_SIZE];
    char total[UNITS_TEXT_SIZE];
    char rate[UNITS_TEXT_SIZE];
    char left[UNITS_TEXT_SIZE];
    double per_second = elapsed_second > 0 ? (double)done / elapsed_second : 0;
    fprintf(progress->out, "%s: %s", progress->title, print_amount(progress, amount, done));
    if (progress->total > 0) {
        fprintf(progress->out, " of %s", print_amount(progress, total, progress->total));
    }
    if (progress->noun != NULL) {
        fprintf(progress->out, " %s", progress->noun);
    }
    if (progress->total > 0) {
        fprintf(progress->out, " (%.0f%%)", 100.0 * (double)done / (double)progress->total);
    }
    if (elapsed_second >= first_rate_second && per_second > 0) {
        fprintf(progress->out, ", %s/s",
                print_amount(progress, rate, (uint64_t)(per_second + 0.5)));
        if (progress->total > done) {
            double left_second = (double)(progress->total - done) / per_second;
            fprintf(progress->out, ", %s left", units_print_duration(left, left_second));
        }
    }
    if (note != NULL && note[0] != '\0') {
        fprintf(progress->out, "; %s", note);
    }
}

void progress_update(struct progress *progress, uint64_t done, const char *note)
{
    if (progress->out == NULL) {
        return;
    }
    double now = monotonic_second();
    double period = progress->is_terminal ? terminal_period_second : plain_period_second;
    if (now - progress->printed < period) {
        return;
    }
    progress->printed = now;
    if (progress->is_terminal) {
        fputs("\r\033[K", progress->out);
    }
    print_line(progress, done, now - progress->started, note);
    if (!progress->is_terminal) {
        fputc('\n', progress->out);
    }
    progress->has_line = progress->is_terminal;
    fflush(progress->out);
}

void progress_clear(struct progress *progress)
{
    if (progress->out != NULL && progress->has_line) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
        progress->has_line = false;
    }
}
