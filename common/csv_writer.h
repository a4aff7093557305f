/* csv_writer.h - writes CSV with quotes only where they are needed, safe to open in a spreadsheet.
 * Room: common. May touch: the stream it is given.
 * Promises: comma, decimal point and "\n" whatever the locale; the same values give the same bytes. Write
 * errors stay in the stream: ask ferror() at the end, as file_draft_commit does. */
#ifndef REKINDLE_COMMON_CSV_WRITER_H
#define REKINDLE_COMMON_CSV_WRITER_H

#include "common/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* `{.out = stream}` is ready to write. */
enum { CSV_TIME_SIZE = 24 };

struct csv_writer {
    FILE *out;
    bool has_cell; /* a cell of the current record is written */
    struct {
        int64_t unix_second;
        size_t size;
        char text[CSV_TIME_SIZE];
    } last_time; /* rows next to each other often have the same; size 0: none yet */
};

/* The names of a header, as they stand: "id,parent". */
void csv_writer_put_header(struct csv_writer *writer, const char *columns);

/* A cell of a known, harmless word. */
void csv_writer_put_word(struct csv_writer *writer, const char *word);
/* A cell of foreign text. What a spreadsheet would run as a formula (first byte = + - @ TAB CR, or
 * apostrophes and then one of these) gets an apostrophe in front; csv_writer_unguard takes it off again. */
void csv_writer_put_text(struct csv_writer *writer, struct slice text);
void csv_writer_put_count(struct csv_writer *writer, uint64_t count);
/* At most `places` digits behind the point, trailing zeros cut; an empty cell when it is not finite. */
void csv_writer_put_number(struct csv_writer *writer, double number, int places);
/* RFC 3339 in UTC. */
void csv_writer_put_time(struct csv_writer *writer, int64_t unix_second);
void csv_writer_end_record(struct csv_writer *writer);

/* Takes off what csv_writer_put_text has put in front. */
struct slice csv_writer_unguard(struct slice cell);

#endif
