/* id_order.c - see id_order.h.
 * Room: loader/source. May touch: nothing.
 * Whole numbers are parsed once and sorted by their bytes (radix); a window that holds anything else is sorted by
 * merging indexes: qsort has no context argument in POSIX, and plans often come nearly sorted. */
#include "loader/source/id_order.h"

#include <string.h>

enum {
    BASE_TEN = 10,
    DIGITS_MAX = 20,
    DIGITS_SAFE = 19, /* any number of so many digits fits in 64 bits */
    NUMBER_BITS = 64,
    RADIX_BITS = 11,
    RADIX_COUNT = 1 << RADIX_BITS
};

static bool parse_magnitude(const char *digits, size_t size, uint64_t *magnitude)
{
    bool has_leading_zero = size > 1 && digits[0] == '0';
    if (size == 0 || size > DIGITS_MAX || has_leading_zero) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(unsigned char)digits[i] - '0';
        bool is_too_large = i >= DIGITS_SAFE && value > (UINT64_MAX - digit) / BASE_TEN;
        if (digit >= BASE_TEN || is_too_large) {
            return false;
        }
        value = value * BASE_TEN + digit;
    }
    *magnitude = value;
    return true;
}

bool id_order_parse_integer(struct slice id, bool *is_negative, uint64_t *magnitude)
{
    *is_negative = id.size > 0 && id.bytes[0] == '-';
    size_t skipped = *is_negative ? 1 : 0;
    if (id.size <= skipped || !parse_magnitude(id.bytes + skipped, id.size - skipped, magnitude)) {
        return false;
    }
    uint64_t lowest = (uint64_t)INT64_MAX + 1;
    return !*is_negative || (*magnitude != 0 && *magnitude <= lowest);
}

static int compare_numbers(bool is_a_negative, uint64_t a, bool is_b_negative, uint64_t b)
{
    if (is_a_negative != is_b_negative) {
        return is_a_negative ? -1 : 1;
    }
    int order = (a > b) - (a < b);
    return is_a_negative ? -order : order;
}

int id_order_compare(struct slice a, struct slice b)
{
    bool is_a_negative, is_b_negative;
    uint64_t a_magnitude = 0, b_magnitude = 0;
    bool is_a_number = id_order_parse_integer(a, &is_a_negative, &a_magnitude);
    bool is_b_number = id_order_parse_integer(b, &is_b_negative, &b_magnitude);
    if (is_a_number && is_b_number) {
        return compare_numbers(is_a_negative, a_magnitude, is_b_negative, b_magnitude);
    }
    if (is_a_number != is_b_number) {
        return is_a_number ? -1 : 1;
    }
    return slice_compare(a, b);
}

/* ---- sorting whole numbers */

/* Fills `entries` [count]; false when one of the ids is not a whole number, or is negative. `*all` has the bits that
 * any of them has. */
static bool parse_all(const struct slice ids[], size_t count, struct id_order_entry entries[],
                      uint64_t *all)
{
    *all = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_negative;
        if (!id_order_parse_integer(ids[i], &is_negative, &entries[i].magnitude) || is_negative) {
            return false;
        }
        entries[i].place = i;
        *all |= entries[i].magnitude;
    }
    return true;
}

/* One pass: `from` into `to`, stable, by the bits at `shift`. */
static void distribute(const struct id_order_entry from[], struct id_order_entry to[], size_t count,
                       unsigned shift)
{
    size_t begin_of[RADIX_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        begin_of[from[i].magnitude >> shift & (RADIX_COUNT - 1)]++;
    }
    size_t begin = 0;
    for (size_t digit = 0; digit < RADIX_COUNT; digit++) {
        size_t digit_count = begin_of[digit];
        begin_of[digit] = begin;
        begin += digit_count;
    }
    for (size_t i = 0; i < count; i++) {
        to[begin_of[from[i].magnitude >> shift & (RADIX_COUNT - 1)]++] = from[i];
    }
}

/* Sorts the first half of `entries` [2 * count] and tells in which half the result stands. */
static struct id_order_entry *sort_entries(struct id_order_entry entries[], size_t count,
                                           uint64_t all)
{
    struct id_order_entry *from = entries, *to = entries + count;
    for (unsigned shift = 0; shift < NUMBER_BITS && all >> shift != 0; shift += RADIX_BITS) {
        distribute(from, to, count, shift);
        struct id_order_entry *swapped = from;
        from = to;
        to = swapped;
    }
    return from;
}

/* ---- sorting anything */

/* Merges order[begin..middle) and order[middle..end), both sorted, through `scratch`. */
static void merge(const struct slice ids[], size_t order[], struct id_order_entry scratch[],
                  size_t begin, size_t middle, size_t end)
{
    if (id_order_compare(ids[order[middle - 1]], ids[order[middle]]) <= 0) {
        return;
    }
    for (size_t i = begin; i < middle; i++) {
        scratch[i].place = order[i];
    }
    size_t left = begin, right = middle, at = begin;
    while (left < middle) {
        bool is_right =
            right < end && id_order_compare(ids[order[right]], ids[scratch[left].place]) < 0;
        order[at++] = is_right ? order[right++] : scratch[left++].place;
    }
}

static void sort_by_merging(const struct slice ids[], size_t count, size_t order[],
                            struct id_order_entry scratch[])
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0; begin + width < count; begin += 2 * width) {
            size_t end = count - begin < 2 * width ? count : begin + 2 * width;
            merge(ids, order, scratch, begin, begin + width, end);
        }
    }
}

void id_order_sort(const struct slice ids[], size_t count, size_t order[],
                   struct id_order_entry scratch[])
{
    uint64_t all;
    if (!parse_all(ids, count, scratch, &all)) {
        sort_by_merging(ids, count, order, scratch);
        return;
    }
    const struct id_order_entry *sorted = sort_entries(scratch, count, all);
    for (size_t i = 0; i < count; i++) {
        order[i] = sorted[i].place;
    }
}
