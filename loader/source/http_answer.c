/* http_answer.c - see http_answer.h.
 * Room: loader/source. May touch: libcurl, the clock. */
#include "loader/source/http_answer.h"

#include "common/monotonic.h"
#include "common/slice.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

enum {
    BODY_SIZE_FIRST = 4096,
    NOT_FOUND = 404,
    TIMEOUT = 408,
    GONE = 410,
    TOO_EARLY = 425,
    TOO_MANY = 429,
    SERVER_FAULT = 500,
    NOT_IMPLEMENTED = 501,
    STATUS_END = 600,
    RETRY_MAX_SECOND = 24 * 3600,
    BASE_TEN = 10
};

/* ---- the body */

static size_t take_body(char *bytes, size_t unit, size_t count, void *context)
{
    struct http_answer *answer = context;
    size_t size = unit * count; /* unit is always 1 */
    size_t wanted = answer->body_size + size;
    answer->is_body_cut =
        answer->is_body_cut || (answer->body_size_max > 0 && wanted > answer->body_size_max);
    if (!answer->is_body_cut && wanted > answer->body_capacity) {
        size_t capacity = answer->body_capacity == 0 ? BODY_SIZE_FIRST : answer->body_capacity;
        while (capacity < wanted) {
            capacity *= 2;
        }
        char *grown = realloc(answer->body, capacity);
        if (grown == NULL) {
            answer->is_out_of_memory = true;
            return 0;
        }
        answer->body = grown;
        answer->body_capacity = capacity;
    }
    if (!answer->is_body_cut && size > 0) {
        memcpy(answer->body + answer->body_size, bytes, size);
    }
    answer->body_size = wanted;
    return size;
}

/* ---- the head */

/* The value when the line is of the header `name`, else an empty slice with NULL. */
static struct slice value_of(struct slice line, const char *name)
{
    size_t size = strlen(name);
    if (line.size <= size || strncasecmp(line.bytes, name, size) != 0 || line.bytes[size] != ':') {
        return (struct slice){NULL, 0};
    }
    struct slice value = {line.bytes + size + 1, line.size - size - 1};
    while (value.size > 0 && isspace((unsigned char)value.bytes[0])) {
        value = (struct slice){value.bytes + 1, value.size - 1};
    }
    while (value.size > 0 && isspace((unsigned char)value.bytes[value.size - 1])) {
        value.size--;
    }
    return value;
}

static void keep(char kept[HTTP_HEADER_SIZE_MAX], struct slice line, const char *name)
{
    struct slice value = value_of(line, name);
    if (value.bytes != NULL && value.size < HTTP_HEADER_SIZE_MAX) {
        memcpy(kept, value.bytes, value.size);
        kept[value.size] = '\0';
    }
}

/* RFC 9110, 10.2.3: seconds, or a date. */
static int64_t read_retry_after(const char *text, int64_t now_unix)
{
    char *end;
    long long second = strtoll(text, &end, BASE_TEN);
    if (end == text || *end != '\0') {
        time_t date = curl_getdate(text, NULL);
        second = date < 0 ? 0 : (long long)date - now_unix;
    }
    if (second < 0) {
        return 0;
    }
    return (second > RETRY_MAX_SECOND ? RETRY_MAX_SECOND : second) * MS_PER_SECOND;
}

void http_answer_take_header(struct http_answer *answer, const char *line, size_t size,
                             int64_t now_unix)
{
    const struct slice whole = {line, size};
    char retry_after[HTTP_HEADER_SIZE_MAX] = "";
    keep(answer->etag, whole, "etag");
    keep(answer->last_modified, whole, "last-modified");
    keep(retry_after, whole, "retry-after");
    if (retry_after[0] != '\0') {
        answer->retry_after_ms = read_retry_after(retry_after, now_unix);
    }
}

static size_t take_line(char *bytes, size_t unit, size_t count, void *context)
{
    http_answer_take_header(context, bytes, unit * count, (int64_t)time(NULL));
    return unit * count;
}

/* ---- the door */

int http_answer_attach(struct http_answer *answer, CURL *curl)
{
    bool is_set = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_line) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer) == CURLE_OK;
    return is_set ? 0 : -1;
}

void http_answer_clear(struct http_answer *answer)
{
    answer->status = 0;
    answer->body_size = 0;
    answer->is_body_cut = false;
    answer->is_out_of_memory = false;
    answer->etag[0] = '\0';
    answer->last_modified[0] = '\0';
    answer->retry_after_ms = 0;
}

void http_answer_free(struct http_answer *answer)
{
    free(answer->body);
    *answer = (struct http_answer){0};
}

bool http_answer_is_missing(long status)
{
    return status == NOT_FOUND || status == GONE;
}

bool http_answer_is_passing(long status)
{
    bool is_server_fault =
        status >= SERVER_FAULT && status < STATUS_END && status != NOT_IMPLEMENTED;
    return status == TIMEOUT || status == TOO_EARLY || status == TOO_MANY || is_server_fault;
}

bool http_answer_is_strong(const char *etag)
{
    return etag[0] == '"';
}
