/* http_answer.h - what a service answers to one request: status, body, and the headers that matter.
 * Room: loader/source. May touch: libcurl. */
#ifndef REKINDLE_LOADER_HTTP_ANSWER_H
#define REKINDLE_LOADER_HTTP_ANSWER_H

#include "common/error.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_HEADER_SIZE_MAX = 256 };

/* Reused from request to request; all zero is empty. */
struct http_answer {
    long status;
    char *body; /* [body_size], unless it is cut */
    size_t body_size, body_capacity;
    uint64_t body_size_max; /* 0: no limit; what is longer is counted, not kept */
    bool is_body_cut;
    bool is_out_of_memory;
    char etag[HTTP_HEADER_SIZE_MAX]; /* with its quotes; empty: none, or too long */
    char last_modified[HTTP_HEADER_SIZE_MAX];
    int64_t retry_after_ms; /* 0: none */
};

/* Answers to `curl`'s requests go here. */
int http_answer_attach(struct http_answer *answer, CURL *curl) MUST_CHECK;
void http_answer_clear(struct http_answer *answer);
void http_answer_free(struct http_answer *answer);

/* One line of the head, without its end. Pure, but for the clock when a Retry-After is a date. */
void http_answer_take_header(struct http_answer *answer, const char *line, size_t size,
                             int64_t now_unix);

/* 404 and 410: there is no such row. */
bool http_answer_is_missing(long status);
/* 408, 425, 429 and 5xx but 501: it may go better later. */
bool http_answer_is_passing(long status);
/* An ETag that changes with every byte: `"..."`, and not `W/"..."`. */
bool http_answer_is_strong(const char *etag);

#endif
