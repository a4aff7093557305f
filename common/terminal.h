/* terminal.h - lines that people read: folded between words where they would run over a terminal's edge.
 * Room: common. May touch: the stream it is given, the terminal's size.
 * Promises: what is no terminal (a file, a pipe, cron's mail) gets one line a message, as long as it is. */
#ifndef REKINDLE_COMMON_TERMINAL_H
#define REKINDLE_COMMON_TERMINAL_H

#include "common/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal behind `out`, at least 40; 0: it is none. */
size_t terminal_columns(FILE *out);

/* What printf would print, whole lines, folded for the terminal behind `out` if that is one. */
void terminal_print(FILE *out, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same behind `before`, with a newline at the end. */
void terminal_print_line(FILE *out, const char *before, const char *format, va_list arguments)
    PRINTF_LIKE(3, 0);

/* Pure: `text`, with a newline at its end whether it has one or not, for a terminal of `columns`, at least 40 (0: none). Later lines are indented by two columns more than the first. What
 * stands between backquotes, to be pasted, stays whole where it fits into a line. */
void terminal_fold(FILE *out, const char *text, size_t columns);

/* Bytes of `text` that fit into `columns`; all of it when 0. UTF-8 characters count as one column and are not cut. */
size_t terminal_fit(const char *text, size_t columns);

#endif
