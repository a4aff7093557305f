/* make_rows.c - a large access log as CSV, the same on every machine: ts,user_id,item_id in order of time.
 * Room: tests. May touch: stdout.
 * Usage: make_rows [ROWS]. 20,000,000 rows (the default) hold 2.9 M users and 0.5 M products: 686 MB.
 * Popularity falls with the logarithm of the rank (the product of two uniform numbers); integers only. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_DEFAULT = 20000000,
    USERS = 3390000,   /* of these 2.9 M are drawn in 20 M rows */
    PRODUCTS = 512000, /* of these 0.5 M */
    DAYS = 120,
    SECONDS_PER_DAY = 86400,
    SECONDS_PER_HOUR = 3600,
    SECONDS_PER_MINUTE = 60,
    BLOCK_SIZE = 1 << 20,
    LINE_SIZE_MAX = 64,
    DATE_SIZE = sizeof "2026-07-14T" - 1,
    DECIMAL = 10,
    DIGITS_MAX = 20,
};
/* Primes that divide neither of the counts: they scatter ranks over the ids. */
static const uint64_t user_stride = 1299709, product_stride = 224737;

struct stream {
    uint64_t state;
};

/* splitmix64 */
static uint64_t draw(struct stream *stream)
{
    uint64_t z = stream->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t draw_id(struct stream *stream, uint64_t count, uint64_t stride)
{
    uint64_t bits = draw(stream);
    uint64_t skewed =
        ((bits >> 32) * (bits & UINT32_MAX)) >> 32; /* 0 .. 2^32 - 1, small ones likelier */
    uint64_t rank = (skewed * count) >> 32;
    return rank * stride % count;
}

static char *put_number(char *at, uint64_t number, int digits_min)
{
    char digits[DIGITS_MAX];
    int count = 0;
    while (number > 0 || count < digits_min) {
        digits[count++] = (char)('0' + number % DECIMAL);
        number /= DECIMAL;
    }
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

/* Days from 2026-07-14 on, as `2026-07-14T`. */
static void print_date(char *date, int day)
{
    static const int month_days[] = {31, 31, 30, 31, 30}; /* July to November */
    int month = 7, day_of_month = 14 + day;
    while (day_of_month > month_days[month - 7]) {
        day_of_month -= month_days[month - 7];
        month++;
    }
    memcpy(date, "2026-", sizeof "2026-");
    char *at = put_number(date + sizeof "2026", (uint64_t)month, 2);
    *at++ = '-';
    *put_number(at, (uint64_t)day_of_month, 2) = 'T';
}

static char *put_row(char *at, const char *date, uint32_t second, struct stream *stream)
{
    memcpy(at, date, DATE_SIZE);
    at = put_number(at + DATE_SIZE, second / SECONDS_PER_HOUR, 2);
    *at++ = ':';
    at = put_number(at, second / SECONDS_PER_MINUTE % SECONDS_PER_MINUTE, 2);
    *at++ = ':';
    at = put_number(at, second % SECONDS_PER_MINUTE, 2);
    *at++ = ',';
    at = put_number(at, draw_id(stream, USERS, user_stride), 1);
    *at++ = ',';
    at = put_number(at, draw_id(stream, PRODUCTS, product_stride), 1);
    *at++ = '\n';
    return at;
}

int main(int argc, char **argv)
{
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, DECIMAL) : ROWS_DEFAULT;
    char *block = malloc(BLOCK_SIZE);
    if (block == NULL) {
        return EXIT_FAILURE;
    }
    struct stream stream = {.state = 1};
    char date[DATE_SIZE + 1] = "";
    int day_now = -1;
    char *at = block;
    fputs("ts,user_id,item_id\n", stdout);
    for (uint64_t row = 0; row < rows; row++) {
        uint64_t second = row * DAYS * SECONDS_PER_DAY / rows;
        int day = (int)(second / SECONDS_PER_DAY);
        if (day != day_now) {
            print_date(date, day);
            day_now = day;
        }
        at = put_row(at, date, (uint32_t)(second % SECONDS_PER_DAY), &stream);
        if (at - block > BLOCK_SIZE - LINE_SIZE_MAX) {
            fwrite(block, 1, (size_t)(at - block), stdout);
            at = block;
        }
    }
    fwrite(block, 1, (size_t)(at - block), stdout);
    free(block);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
