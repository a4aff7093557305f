/* csv_writer.c - see csv_writer.h.
 * Room: common. May touch: the stream it is given. */
#include "common/csv_writer.h"

#include "common/civil_time.h"
#include "common/decimal.h"

#include <math.h>

static void put_bytes(struct csv_writer *writer, const char *bytes, size_t size)
{
    if (size > 0) {
        fwrite_unlocked(bytes, 1, size, writer->out);
    }
}

static void begin_cell(struct csv_writer *writer)
{
    if (writer->has_cell) {
        putc_unlocked(',', writer->out);
    }
    writer->has_cell = true;
}

void csv_writer_put_header(struct csv_writer *writer, const char *columns)
{
    put_bytes(writer, columns, strlen(columns));
    csv_writer_end_record(writer);
}

void csv_writer_put_word(struct csv_writer *writer, const char *word)
{
    begin_cell(writer);
    put_bytes(writer, word, strlen(word));
}

/* The bytes by which spreadsheets know a formula (OWASP, "CSV injection"), behind any apostrophes. */
static bool is_formula(struct slice cell)
{
    size_t at = 0;
    while (at < cell.size && cell.bytes[at] == '\'') {
        at++;
    }
    return at < cell.size && cell.bytes[at] != '\0' && strchr("=+-@\t\r", cell.bytes[at]) != NULL;
}

struct slice csv_writer_unguard(struct slice cell)
{
    if (cell.size > 0 && cell.bytes[0] == '\'' && is_formula(cell)) {
        return (struct slice){cell.bytes + 1, cell.size - 1};
    }
    return cell;
}

/* Blanks at either end are kept by this program's reader, but not by every spreadsheet's. */
static bool is_in_need_of_quotes(struct slice text)
{
    if (text.size == 0) {
        return false;
    }
    if (text.bytes[0] == ' ' || text.bytes[text.size - 1] == ' ') {
        return true;
    }
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];
        if (byte == ',' || byte == '"' || byte == '\n' || byte == '\r' || byte == '\t') {
            return true;
        }
    }
    return false;
}

static void put_doubling_quotes(struct csv_writer *writer, struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == '"') {
            putc_unlocked('"', writer->out);
        }
        putc_unlocked(text.bytes[i], writer->out);
    }
}

void csv_writer_put_text(struct csv_writer *writer, struct slice text)
{
    bool is_quoted = is_in_need_of_quotes(text);
    begin_cell(writer);
    if (is_quoted) {
        putc_unlocked('"', writer->out);
    }
    if (is_formula(text)) {
        putc_unlocked('\'', writer->out);
    }
    if (is_quoted) {
        put_doubling_quotes(writer, text);
        putc_unlocked('"', writer->out);
    } else {
        put_bytes(writer, text.bytes, text.size);
    }
}

void csv_writer_put_count(struct csv_writer *writer, uint64_t count)
{
    char text[DECIMAL_TEXT_SIZE];
    begin_cell(writer);
    put_bytes(writer, text, decimal_print_count(text, count));
}

void csv_writer_put_number(struct csv_writer *writer, double number, int places)
{
    char text[DECIMAL_TEXT_SIZE];
    begin_cell(writer);
    if (isfinite(number)) {
        put_bytes(writer, text, decimal_print(text, number, places));
    }
}

static char *put_digits(char *at, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + count;
}

/* As civil_print_rfc3339, which takes ten times as long; a plan has four times a row. Returns the length. */
static size_t print_time(char text[CSV_TIME_SIZE], int64_t unix_second)
{
    enum { YEAR_DIGITS = 4 };
    struct civil civil = civil_from_unix(unix_second);
    char *at = put_digits(text, civil.year, YEAR_DIGITS);
    *at++ = '-';
    at = put_digits(at, civil.month, 2);
    *at++ = '-';
    at = put_digits(at, civil.day, 2);
    *at++ = 'T';
    at = put_digits(at, civil.hour, 2);
    *at++ = ':';
    at = put_digits(at, civil.minute, 2);
    *at++ = ':';
    at = put_digits(at, civil.second, 2);
    *at++ = 'Z';
    return (size_t)(at - text);
}

void csv_writer_put_time(struct csv_writer *writer, int64_t unix_second)
{
    if (writer->last_time.size == 0 || writer->last_time.unix_second != unix_second) {
        writer->last_time.size = print_time(writer->last_time.text, unix_second);
        writer->last_time.unix_second = unix_second;
    }
    begin_cell(writer);
    put_bytes(writer, writer->last_time.text, writer->last_time.size);
}

void csv_writer_end_record(struct csv_writer *writer)
{
    putc_unlocked('\n', writer->out);
    writer->has_cell = false;
}
