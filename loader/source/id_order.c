/* id_order.c - see id_order.h.
 * Room: loader/source. May touch: nothing.
 * A merge sort of indexes: qsort has no context argument in POSIX, and plans often come nearly sorted. */
#include "loader/source/id_order.h"

#include <string.h>

enum { BASE_TEN = 10, DIGITS_MAX = 20 };

static bool parse_magnitude(const char *digits, size_t size, uint64_t *magnitude)
{
    bool has_leading_zero = size > 1 && digits[0] == '0';
    if (size == 0 || size > DIGITS_MAX || has_leading_zero) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(unsigned char)digits[i] - '0';
        if (digit >= BASE_TEN || value > (UINT64_MAX - digit) / BASE_TEN) {
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

/* Merges order[begin..middle) and order[middle..end), both sorted, through `scratch`. */
static void merge(const struct slice ids[], size_t order[], size_t scratch[], size_t begin,
                  size_t middle, size_t end)
{
    if (id_order_compare(ids[order[middle - 1]], ids[order[middle]]) <= 0) {
        return;
    }
    memcpy(scratch + begin, order + begin, (middle - begin) * sizeof *order);
    size_t left = begin, right = middle, at = begin;
    while (left < middle && right < end) {
        bool is_right = id_order_compare(ids[order[right]], ids[scratch[left]]) < 0;
        order[at++] = is_right ? order[right++] : scratch[left++];
    }
    memcpy(order + at, scratch + left, (middle - left) * sizeof *order);
}

void id_order_sort(const struct slice ids[], size_t count, size_t order[], size_t scratch[])
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
