/* access_writer.h - one access as a line of access.log and as a row of access.csv.
 * Room: predictor/simulate. May touch: the streams it is given. */
#ifndef REKINDLE_PREDICTOR_ACCESS_WRITER_H
#define REKINDLE_PREDICTOR_ACCESS_WRITER_H

#include "common/error.h"

#include <stdint.h>
#include <stdio.h>

#define ACCESS_NOBODY     UINT32_MAX
#define ACCESS_NO_PRODUCT UINT32_MAX
enum {
    ACCESS_ABSENT_PRODUCT = 1 << 30, /* from here on: products that the shop no longer has */
    ACCESS_STATUS_OK = 200,
    ACCESS_STATUS_NOT_MODIFIED = 304,
    ACCESS_STATUS_NOT_FOUND = 404,
    ACCESS_STATUS_FAILED = 500
};

struct access {
    uint32_t second; /* of the day */
    uint32_t user;   /* index; ACCESS_NOBODY: a crawler */
    uint32_t
        product; /* index; ACCESS_NO_PRODUCT: the home page; from ACCESS_ABSENT_PRODUCT: no longer there */
    uint16_t status, answer_bytes, cost_ms;
};

/* Collects lines for one stream. Write errors show in ferror() of the stream. */
struct access_writer;

/* NULL when out of memory. Free with access_writer_close, which hands the last lines to the stream. */
struct access_writer *access_writer_open(FILE *out);
void access_writer_close(struct access_writer *writer);

/* All later lines are of the day that begins at `day_unix`. */
void access_writer_set_day(struct access_writer *writer, int64_t day_unix);
/* Combined log format: IP - user [time] "request" status bytes "referer" "agent". */
void access_writer_put_combined(struct access_writer *writer, const struct access *access);
/* ts,user_id,item_id,status,bytes,cost_ms */
void access_writer_put_csv_header(struct access_writer *writer);
/* One row, or none for a crawler: an application's own export has none, and no user agents to tell by. */
void access_writer_put_csv(struct access_writer *writer, const struct access *access);

/* The ids as the logs, the truth and the SQL show them. */
enum { ACCESS_ID_SIZE = 24 };
const char *access_writer_print_user(char *text, uint64_t user);
const char *access_writer_print_product(char *text, uint64_t product);

/* What an ignore list must hold to keep the crawlers out, one a line. */
extern const char access_writer_crawler_patterns[];

#endif
