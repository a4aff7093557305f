/* access_writer.c - formats accesses by hand: printf would take longer than all the rest of the simulation.
 * Room: predictor/simulate. May touch: the streams it is given. */
#include "predictor/simulate/access_writer.h"

#include "common/civil_time.h"
#include "predictor/simulate/draw.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE = 256 * 1024,
    LINE_SIZE_MAX = 512,
    DAY_TEXT_SIZE = 16,
    USER_DIGITS = 1,
    PRODUCT_DIGITS = 6,
    DIGITS_MAX = 20,
    DECIMAL = 10,
    OCTET = 256,
};

struct access_writer {
    FILE *out;
    size_t used;
    char log_day[DAY_TEXT_SIZE]; /* 11/Nov/2026 */
    char csv_day[DAY_TEXT_SIZE]; /* 2026-11-11 */
    char block[BLOCK_SIZE];
};

static const char month_names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static const char *const agents[] = {
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/128.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/128.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "ShopApp/7.3 (Android)",
};
static const char *const crawlers[] = {
    "Mozilla/5.0 (compatible; ExampleSearchBot/2.1; +https://search.example/bot.html)",
    "PriceCrawler/1.4 (+https://prices.example/crawler)",
};
const char access_writer_crawler_patterns[] = "ExampleSearchBot\nPriceCrawler\n";

enum {
    AGENT_COUNT = sizeof agents / sizeof agents[0],
    CRAWLER_COUNT = sizeof crawlers / sizeof crawlers[0]
};

struct access_writer *access_writer_open(FILE *out)
{
    struct access_writer *writer = malloc(sizeof *writer);
    if (writer != NULL) {
        writer->out = out;
        writer->used = 0;
        writer->log_day[0] = writer->csv_day[0] = '\0';
    }
    return writer;
}

static void flush(struct access_writer *writer)
{
    fwrite(writer->block, 1, writer->used, writer->out);
    writer->used = 0;
}

void access_writer_close(struct access_writer *writer)
{
    if (writer != NULL) {
        flush(writer);
        free(writer);
    }
}

void access_writer_set_day(struct access_writer *writer, int64_t day_unix)
{
    struct civil day = civil_from_unix(day_unix);
    snprintf(writer->log_day, DAY_TEXT_SIZE, "%02d/%s/%04d", day.day % 100,
             month_names[day.month - 1], day.year % 10000);
    snprintf(writer->csv_day, DAY_TEXT_SIZE, "%04d-%02d-%02d", day.year % 10000, day.month % 100,
             day.day % 100);
}

/* All put_ functions write at `at` and return where they stopped. */
static char *put_text(char *at, const char *text)
{
    while (*text != '\0') {
        *at++ = *text++;
    }
    return at;
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

static char *put_user(char *at, uint64_t user)
{
    return put_number(at, user + 1, USER_DIGITS);
}

static char *put_product(char *at, uint64_t product)
{
    *at++ = 'P';
    return put_number(at, product + 1, PRODUCT_DIGITS);
}

static char *put_clock(char *at, uint32_t second)
{
    at = put_number(at, second / SECONDS_PER_HOUR, 2);
    *at++ = ':';
    at = put_number(at, second / SECONDS_PER_MINUTE % SECONDS_PER_MINUTE, 2);
    *at++ = ':';
    return put_number(at, second % SECONDS_PER_MINUTE, 2);
}

/* An address of the range for private use, one and the same for a user. */
static char *put_address(char *at, uint64_t hash)
{
    at = put_text(at, "10.");
    at = put_number(at, hash % OCTET, 1);
    *at++ = '.';
    at = put_number(at, hash / OCTET % OCTET, 1);
    *at++ = '.';
    return put_number(at, hash / OCTET / OCTET % OCTET, 1);
}

static char *put_request(char *at, uint32_t product)
{
    at = put_text(at, "\"GET /");
    if (product != ACCESS_NO_PRODUCT) {
        at = put_product(put_text(at, "product/"), product);
    }
    return put_text(at, " HTTP/1.1\" ");
}

static char *begin_line(struct access_writer *writer)
{
    if (writer->used > BLOCK_SIZE - LINE_SIZE_MAX) {
        flush(writer);
    }
    return writer->block + writer->used;
}

static void end_line(struct access_writer *writer, char *at)
{
    *at++ = '\n';
    writer->used = (size_t)(at - writer->block);
}

void access_writer_put_combined(struct access_writer *writer, const struct access *access)
{
    bool is_crawler = access->user == ACCESS_NOBODY;
    uint64_t visitor = is_crawler ? access->product % CRAWLER_COUNT : access->user;
    uint64_t hash = draw_hash(is_crawler, visitor);
    char *at = put_address(begin_line(writer), hash);
    at = put_text(at, " - ");
    at = is_crawler ? put_text(at, "-") : put_user(at, access->user);
    at = put_text(put_text(at, " ["), writer->log_day);
    *at++ = ':';
    at = put_text(put_clock(at, access->second), " +0000] ");
    at = put_number(put_request(at, access->product), access->status, 1);
    *at++ = ' ';
    at = put_text(put_number(at, access->answer_bytes, 1), " \"-\" \"");
    at = put_text(at, is_crawler ? crawlers[visitor] : agents[(hash >> 32) % AGENT_COUNT]);
    *at++ = '"';
    end_line(writer, at);
}

void access_writer_put_csv_header(struct access_writer *writer)
{
    end_line(writer, put_text(begin_line(writer), "ts,user_id,item_id,status,bytes,cost_ms"));
}

void access_writer_put_csv(struct access_writer *writer, const struct access *access)
{
    if (access->user == ACCESS_NOBODY) {
        return;
    }
    char *at = put_text(begin_line(writer), writer->csv_day);
    *at++ = 'T';
    at = put_text(put_clock(at, access->second), "Z,");
    at = put_user(at, access->user);
    *at++ = ',';
    at = access->product != ACCESS_NO_PRODUCT ? put_product(at, access->product) : at;
    *at++ = ',';
    at = put_number(at, access->status, 1);
    *at++ = ',';
    at = put_number(at, access->answer_bytes, 1);
    *at++ = ',';
    end_line(writer, put_number(at, access->cost_ms, 1));
}

const char *access_writer_print_user(char *text, uint64_t user)
{
    *put_user(text, user) = '\0';
    return text;
}

const char *access_writer_print_product(char *text, uint64_t product)
{
    *put_product(text, product) = '\0';
    return text;
}
