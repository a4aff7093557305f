/* csv_quotes.c - see csv_quotes.h.
 * Room: predictor/ingest. May touch: malloc, through libcsv. */
#include "predictor/ingest/csv_quotes.h"

#include <csv.h>
#include <stdbool.h>
#include <stdlib.h>

struct split {
    void (*on_field)(void *self, size_t index, struct slice field);
    void *self;
    size_t field_count;
};

static void take_field(void *bytes, size_t size, void *self)
{
    struct split *split = self;
    struct slice field = {.bytes = bytes == NULL ? "" : bytes, .size = size};
    split->on_field(split->self, split->field_count++, field);
}

static void ignore_row(int terminator, void *self)
{
    (void)terminator;
    (void)self;
}

/* libcsv takes blanks and tabs around fields off unless nothing is a blank. */
static int is_never_space(unsigned char byte)
{
    (void)byte;
    return 0;
}

static bool has_parser(struct parse_scratch *scratch)
{
    if (scratch->csv != NULL) {
        return true;
    }
    scratch->csv = malloc(sizeof *scratch->csv);
    if (scratch->csv == NULL) {
        return false;
    }
    if (csv_init(scratch->csv, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        free(scratch->csv);
        scratch->csv = NULL;
        return false;
    }
    csv_set_space_func(scratch->csv, is_never_space);
    return true;
}

size_t csv_quotes_split(struct parse_scratch *scratch, struct slice line, char delimiter,
                        void (*on_field)(void *self, size_t index, struct slice field), void *self,
                        size_t *column)
{
    *column = 1;
    if (!has_parser(scratch)) {
        return 0;
    }
    struct split split = {.on_field = on_field, .self = self};
    csv_set_delim(scratch->csv, (unsigned char)delimiter);
    size_t taken = csv_parse(scratch->csv, line.bytes, line.size, take_field, ignore_row, &split);
    *column = taken + 1;
    bool is_whole =
        taken == line.size && csv_fini(scratch->csv, take_field, ignore_row, &split) == 0;
    if (!is_whole) { /* after an error a parser of libcsv is of no more use */
        csv_quotes_free(scratch);
        return 0;
    }
    return split.field_count;
}

void csv_quotes_free(struct parse_scratch *scratch)
{
    if (scratch->csv != NULL) {
        csv_free(scratch->csv);
        free(scratch->csv);
        scratch->csv = NULL;
    }
}
