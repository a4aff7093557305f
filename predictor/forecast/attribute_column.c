/* attribute_column.c - see attribute_column.h.
 * Room: predictor/forecast. May touch: memory only. */
#include "predictor/forecast/attribute_column.h"

#include "common/key_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_AT_FIRST = 1024,
    NAMES_MAX = 32,     /* numbers that differ no more than this are names: sizes, tiers, years */
    SAMPLE_MAX = 100000 /* values that the tenths are told from */
};

/* A copy that fits and can be printed: cut at a whole character, without control characters. */
static void copy_text(char *text, size_t size, struct slice from)
{
    const unsigned char first_printable = 0x20;
    const unsigned char continuation_mask = 0xc0;
    const unsigned char continuation = 0x80;
    size_t length = from.size < size - 1 ? from.size : size - 1;
    while (length > 0 && length < from.size &&
           ((unsigned char)from.bytes[length] & continuation_mask) == continuation) {
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        text[i] = (unsigned char)from.bytes[i] < first_printable ? ' ' : from.bytes[i];
    }
    text[length] = '\0';
}

void attribute_column_open(struct attribute_column *column, struct slice name, char decimal_point)
{
    *column = (struct attribute_column){.decimal_point = decimal_point};
    copy_text(column->name, sizeof column->name, name);
}

/* ---- cells */

/* `-12.5` or `20%`, with the decimal point of the file; else NAN. */
static float parse_number(struct slice cell, char decimal_point)
{
    const double ten = 10;
    double value = 0;
    double unit = 1;
    bool is_fraction = false;
    size_t digits = 0;
    size_t at = cell.size > 0 && (cell.bytes[0] == '-' || cell.bytes[0] == '+');
    size_t end = cell.size > 1 && cell.bytes[cell.size - 1] == '%' ? cell.size - 1 : cell.size;
    for (; at < end; at++) {
        if (cell.bytes[at] == decimal_point && !is_fraction) {
            is_fraction = true;
        } else if (cell.bytes[at] >= '0' && cell.bytes[at] <= '9') {
            value = value * ten + (cell.bytes[at] - '0');
            unit *= is_fraction ? ten : 1;
            digits++;
        } else {
            return NAN;
        }
    }
    double number = (cell.size > 0 && cell.bytes[0] == '-' ? -value : value) / unit;
    return digits > 0 && isfinite((float)number) ? (float)number : NAN;
}

static int reserve_rows(struct attribute_column *column, size_t least, struct error *err)
{
    size_t room = column->row_room == 0 ? ROWS_AT_FIRST : column->row_room;
    while (room < least) {
        room *= 2;
    }
    bool is_first = column->row_room == 0;
    uint16_t *codes = column->has_too_many ? NULL : realloc(column->codes, room * sizeof *codes);
    float *values =
        column->values == NULL && !is_first ? NULL : realloc(column->values, room * sizeof *values);
    if (codes != NULL) {
        column->codes = codes;
        memset(&codes[column->row_room], 0, (room - column->row_room) * sizeof *codes);
    }
    for (size_t i = column->row_room; values != NULL && i < room; i++) {
        values[i] = NAN;
    }
    bool is_short = (codes == NULL && !column->has_too_many) ||
                    (values == NULL && (is_first || column->values != NULL));
    column->values = values != NULL ? values : column->values;
    if (is_short) {
        return error_set_memory(err, "reading attributes");
    }
    column->row_room = room;
    return 0;
}

static int add_level(struct attribute_column *column, struct slice cell, uint32_t *level,
                     struct error *err)
{
    size_t before = column->levels.count;
    uint32_t number = hash_index_put(&column->levels, key_set_hash(cell));
    if (number == HASH_INDEX_NONE) {
        return error_set_memory(err, "reading attributes");
    }
    *level = number + 1;
    if (column->levels.count == before) {
        return 0;
    }
    if (column->levels.count > column->text_room) {
        size_t room = column->text_room == 0 ? ROWS_AT_FIRST : column->text_room * 2;
        char(*texts)[ATTRIBUTE_LEVEL_TEXT_SIZE] =
            realloc(column->texts, room * sizeof *column->texts);
        if (texts == NULL) {
            return error_set_memory(err, "reading attributes");
        }
        column->texts = texts;
        column->text_room = room;
    }
    copy_text(column->texts[number], sizeof column->texts[number], cell);
    return 0;
}

static void forget_levels(struct attribute_column *column)
{
    hash_index_free(&column->levels);
    free(column->texts);
    free(column->codes);
    column->texts = NULL;
    column->codes = NULL;
    column->text_room = 0;
    column->has_too_many = true;
}

static int set_level(struct attribute_column *column, uint32_t row, struct slice cell,
                     struct error *err)
{
    uint32_t level = ATTRIBUTE_LEVEL_NONE;
    if (cell.size > 0 && add_level(column, cell, &level, err) != 0) {
        return -1;
    }
    if (level > ATTRIBUTE_LEVELS_MAX) {
        forget_levels(column);
    } else {
        column->codes[row] = (uint16_t)level;
    }
    return 0;
}

static void set_value(struct attribute_column *column, uint32_t row, struct slice cell)
{
    column->values[row] = parse_number(cell, column->decimal_point);
    if (cell.size > 0 && isnan(column->values[row])) {
        free(column->values);
        column->values = NULL;
    }
}

int attribute_column_set(struct attribute_column *column, uint32_t row, struct slice cell,
                         struct error *err)
{
    if (row >= column->row_room && reserve_rows(column, (size_t)row + 1, err) != 0) {
        return -1;
    }
    if (column->values != NULL) {
        set_value(column, row, cell);
    }
    return column->has_too_many ? 0 : set_level(column, row, cell, err);
}

size_t attribute_column_count_filled(const struct attribute_column *column, size_t row_count)
{
    size_t count = 0;
    for (size_t i = 0; i < row_count && i < column->row_room; i++) {
        count += column->codes == NULL || column->codes[i] != ATTRIBUTE_LEVEL_NONE;
    }
    return count;
}

/* ---- ranges */

bool attribute_column_has_ranges(const struct attribute_column *column)
{
    return column->values != NULL && (column->has_too_many || column->levels.count > NAMES_MAX);
}

static int compare_values(const void *left, const void *right)
{
    const float *a = left;
    const float *b = right;
    return (*a > *b) - (*a < *b);
}

/* The values of every so manyeth row, ascending; returns how many. */
static size_t take_sample(const struct attribute_column *column, size_t row_count, float *sample)
{
    size_t step = row_count / SAMPLE_MAX + 1;
    size_t count = 0;
    for (size_t i = 0; i < row_count && i < column->row_room; i += step) {
        sample[count] = column->values[i];
        count += !isnan(column->values[i]);
    }
    if (count > 0) {
        qsort(sample, count, sizeof *sample, compare_values);
    }
    return count;
}

/* Where one range ends and the next begins: what is below `cuts[i]` is in a range up to i. */
static size_t set_cuts(const float *sample, size_t count, float cuts[ATTRIBUTE_RANGES])
{
    size_t cut_count = 0;
    for (size_t i = 1; i < ATTRIBUTE_RANGES && count > 0; i++) {
        float cut = sample[count * i / ATTRIBUTE_RANGES];
        if (cut > sample[0] && (cut_count == 0 || cut > cuts[cut_count - 1])) {
            cuts[cut_count++] = cut;
        }
    }
    return cut_count;
}

static void put_in_range(struct attribute_ranges *ranges, size_t range, float value)
{
    ranges->lows[range] = fminf(ranges->lows[range], value);
    ranges->highs[range] = fmaxf(ranges->highs[range], value);
}

int attribute_column_cut(const struct attribute_column *column, size_t row_count,
                         struct attribute_ranges *ranges, uint16_t *codes, struct error *err)
{
    float cuts[ATTRIBUTE_RANGES];
    float *sample = malloc((SAMPLE_MAX + 1) * sizeof *sample);
    if (sample == NULL) {
        return error_set_memory(err, "reading attributes");
    }
    size_t cut_count = set_cuts(sample, take_sample(column, row_count, sample), cuts);
    free(sample);
    ranges->count = cut_count + 1;
    for (size_t i = 0; i < ranges->count; i++) {
        ranges->lows[i] = INFINITY;
        ranges->highs[i] = -INFINITY;
    }
    for (size_t i = 0; i < row_count; i++) {
        float value = i < column->row_room ? column->values[i] : NAN;
        size_t range = 0;
        while (range < cut_count && value >= cuts[range]) {
            range++;
        }
        codes[i] = isnan(value) ? ATTRIBUTE_LEVEL_NONE : (uint16_t)(range + 1);
        if (!isnan(value)) {
            put_in_range(ranges, range, value);
        }
    }
    return 0;
}

void attribute_column_close(struct attribute_column *column)
{
    hash_index_free(&column->levels);
    free(column->texts);
    free(column->codes);
    free(column->values);
    *column = (struct attribute_column){0};
}
