/* progress.c - see progress.h.
 * Room: common. May touch: stderr, the monotonic clock. */
#include "common/progress.h"

#include "common/error.h"
#include "common/terminal.h"
#include "common/units.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double terminal_period_second = 0.2;
static const double plain_period_second = 30;
static const double first_rate_second = 0.5; /* no rate is shown before: it would jump */

struct progress_line {
    char text[512];
    size_t size;
};

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

static void PRINTF_LIKE(2, 3) append(struct progress_line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size =
        vsnprintf(line->text + line->size, sizeof line->text - line->size, format, arguments);
    va_end(arguments);
    if (size > 0) {
        line->size += (size_t)size;
    }
    if (line->size >= sizeof line->text) {
        line->size = sizeof line->text - 1;
    }
}

/* "load: 418k of 1.0M keys (41%), 198k/s, 2 min 03 s left; waiting: replica lag" */
static void fill_line(const struct progress *progress, uint64_t done, double elapsed_second,
                      const char *note, struct progress_line *line)
{
    char amount[UNITS_TEXT_SIZE];
    double per_second = elapsed_second > 0 ? (double)done / elapsed_second : 0;
    append(line, "%s: %s", progress->title, print_amount(progress, amount, done));
    if (progress->total > 0) {
        append(line, " of %s", print_amount(progress, amount, progress->total));
    }
    if (progress->noun != NULL) {
        append(line, " %s", progress->noun);
    }
    if (progress->total > 0) {
        append(line, " (%.0f%%)", 100.0 * (double)done / (double)progress->total);
    }
    if (elapsed_second >= first_rate_second && per_second > 0) {
        append(line, ", %s/s", print_amount(progress, amount, (uint64_t)(per_second + 0.5)));
        if (progress->total > done) {
            double left_second = (double)(progress->total - done) / per_second;
            append(line, ", %s left", units_print_duration(amount, left_second));
        }
    }
    if (note != NULL && note[0] != '\0') {
        append(line, "; %s", note);
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
    struct progress_line line = {.size = 0};
    fill_line(progress, done, now - progress->started, note, &line);
    if (progress->is_terminal) { /* a second row could not be wiped */
        size_t columns = terminal_columns(progress->out);
        size_t fit = terminal_fit(line.text, columns == 0 ? 0 : columns - 1);
        fprintf(progress->out, "\r\033[K%.*s", (int)fit, line.text);
    } else {
        fprintf(progress->out, "%s\n", line.text);
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
