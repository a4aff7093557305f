/* http_source.c - the driver for a service that answers GET with one value: a row is `id`, `body` and perhaps `version`.
 * Room: loader/source. May touch: libcurl, sockets, token files, clocks.
 * Promises: the token is in no message and in no argument list; redirections are not followed, so that it goes to
 * nobody else.
 *
 * DESIGN
 * A connection keeps one socket open and asks id by id; several connections ask at once. 404 and 410 mean that there
 * is no such row. 408, 425, 429, 5xx and a connection that breaks are tried again, after what Retry-After says or ever
 * longer pauses, for 30 s an id; anything else is for a person to mend, and ends the run. */
#include "loader/source/http_answer.h"
#include "loader/source/source_driver.h"

#include "common/file_io.h"
#include "common/monotonic.h"
#include "loader/source/http_settings.h"
#include "loader/source/json_object.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CHUNK_ROWS = 50,
    CONNECTIONS_DEFAULT = 4,
    TIMEOUT_DEFAULT_MS = 10 * 1000,
    PATIENCE_MS = 30 * 1000,
    PAUSE_FIRST_MS = 100,
    PAUSE_MAX_MS = 2000,
    PAUSE_STEP_MS = 50, /* how long the stop flag may go unseen */
    DOUBLINGS_MAX = 5,
    COLUMN_COUNT = 3,
    VERSION_AT = 2,
    STATUS_OK = 200,
    TOKEN_HEADER_SIZE = 4096
};

static const char *const column_names[COLUMN_COUNT] = {"id", "body", "version"};

struct http_connection {
    const struct source_setup *setup;
    CURL *curl;
    struct curl_slist *headers; /* NULL: none */
    struct http_settings settings;
    struct http_answer answer;
    char *url; /* [url_capacity] */
    size_t url_capacity;
    char *scratch; /* [scratch_size], to read JSON with */
    size_t scratch_size;
    char words[CURL_ERROR_SIZE];
};

/* ---- connecting */

static size_t connection_count(const struct config *config)
{
    return config->http.connections > 0 ? (size_t)config->http.connections : CONNECTIONS_DEFAULT;
}

static void disconnect(void *opaque)
{
    struct http_connection *connection = opaque;
    if (connection == NULL) {
        return;
    }
    curl_easy_cleanup(connection->curl);
    curl_slist_free_all(connection->headers);
    http_answer_free(&connection->answer);
    free(connection->url);
    free(connection->scratch);
    free(connection);
}

static int add_token(struct http_connection *connection, struct error *err)
{
    char header[TOKEN_HEADER_SIZE];
    const char *path = connection->setup->config->http.token_file;
    char *token;
    if (path == NULL) {
        return 0;
    }
    if (file_read_secret(path, &token, err) != 0) {
        return -1;
    }
    int size = snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    explicit_bzero(token, strlen(token));
    free(token);
    if (size >= (int)sizeof header) {
        explicit_bzero(header, sizeof header);
        return error_set(err, ERROR_INPUT, "%s: a token has 4000 bytes at most", path);
    }
    connection->headers = curl_slist_append(NULL, header);
    explicit_bzero(header, sizeof header);
    return connection->headers == NULL ? error_set_memory(err, "preparing a request") : 0;
}

static int set_options(struct http_connection *connection)
{
    const struct http_config *config = &connection->setup->config->http;
    CURL *curl = connection->curl;
    long timeout_ms = config->timeout_ms > 0 ? (long)config->timeout_ms : TIMEOUT_DEFAULT_MS;
    bool is_set = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_USERAGENT, "rekindle-load") == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, connection->headers) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, connection->words) == CURLE_OK;
    if (is_set && config->ca_file != NULL) {
        is_set = curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca_file) == CURLE_OK;
    }
    return is_set && http_answer_attach(&connection->answer, curl) == 0 ? 0 : -1;
}

static int prepare(struct http_connection *connection, struct error *err)
{
    const struct source_setup *setup = connection->setup;
    if (http_settings_read(&connection->settings, setup->config, setup->family, err) != 0 ||
        add_token(connection, err) != 0) {
        return -1;
    }
    connection->answer.body_size_max = setup->family->max_value_bytes;
    connection->curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (connection->curl == NULL || set_options(connection) != 0) {
        return error_set(err, ERROR_BACKEND, "libcurl cannot be used");
    }
    return 0;
}

/* Nothing is asked yet: a service that is down is noticed, and waited for, with the first id. */
static void *connect_http(const struct source_setup *setup, enum source_failure *failure,
                          struct error *err)
{
    struct http_connection *connection = calloc(1, sizeof *connection);
    *failure = SOURCE_FAILURE_FATAL;
    if (connection == NULL) {
        error_set_memory(err, "preparing a request");
        return NULL;
    }
    connection->setup = setup;
    if (prepare(connection, err) != 0) {
        disconnect(connection);
        return NULL;
    }
    return connection;
}

static int describe(void *opaque, struct arena *arena, struct source_description *description,
                    struct error *err)
{
    const struct http_connection *connection = opaque;
    bool has_version = connection->settings.version_source != HTTP_VERSION_NONE;
    description->id_kind = ID_BINARY;
    description->column_count = has_version ? COLUMN_COUNT : COLUMN_COUNT - 1;
    /* A strong ETag changes with every byte. A time of whole seconds, or a field of which nothing is known, does not. */
    description->version_kind = connection->settings.version_source == HTTP_VERSION_ETAG
                                    ? VERSION_COUNTER
                                    : VERSION_COARSE_TIME;
    description->names = arena_take(arena, sizeof column_names);
    if (description->names == NULL) {
        return error_set_memory(err, "reading a query's columns");
    }
    memcpy(description->names, column_names, sizeof column_names);
    return 0;
}

/* ---- one request */

static int make_url(struct http_connection *connection, struct slice id, struct error *err)
{
    const struct http_settings *settings = &connection->settings;
    char *escaped = curl_easy_escape(connection->curl, id.bytes, (int)id.size);
    size_t size = escaped == NULL ? 0 : strlen(settings->url) + strlen(escaped) + 1;
    if (size > connection->url_capacity) {
        char *grown = realloc(connection->url, size);
        connection->url = grown == NULL ? connection->url : grown;
        connection->url_capacity = grown == NULL ? connection->url_capacity : size;
        size = grown == NULL ? 0 : size;
    }
    if (size > 0) {
        snprintf(connection->url, size, "%.*s%s%s", (int)settings->before.size,
                 settings->before.bytes, escaped, settings->after);
    }
    curl_free(escaped);
    return size == 0 ? error_set_memory(err, "preparing a request") : 0;
}

static bool is_stopped(const struct http_connection *connection)
{
    const atomic_int *stop = connection->setup->stop;
    return stop != NULL && atomic_load(stop) != 0;
}

static void pause_ms(const struct http_connection *connection, int64_t pause)
{
    for (int64_t slept = 0; slept < pause && !is_stopped(connection); slept += PAUSE_STEP_MS) {
        const struct timespec step = {0, PAUSE_STEP_MS * (long)NS_PER_US * US_PER_MS};
        nanosleep(&step, NULL);
    }
}

static int complain(const struct http_connection *connection, CURLcode code, struct error *err)
{
    if (code != CURLE_OK) {
        return error_set(err, ERROR_BACKEND, "GET %.300s: %.200s", connection->url,
                         connection->words[0] != '\0' ? connection->words
                                                      : curl_easy_strerror(code));
    }
    return error_set(err, ERROR_BACKEND, "GET %.300s: the service answers %ld", connection->url,
                     connection->answer.status);
}

/* What the library says of trouble on the way, as against trouble with what we asked. */
static bool is_passing(CURLcode code, const struct http_answer *answer)
{
    switch (code) {
    case CURLE_OK:
        return http_answer_is_passing(answer->status);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_SSL_CONNECT_ERROR: /* broken off; a certificate that is not trusted has a code of its own */
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_RECV_ERROR:
        return true;
    default:
        return false;
    }
}

/* Asks until there is an answer that stands: 1 found, 0 missing, -1. */
static int get(struct http_connection *connection, struct error *err)
{
    struct http_answer *answer = &connection->answer;
    int64_t started_ms = monotonic_ms();
    for (int tries = 0;; tries++) {
        connection->words[0] = '\0';
        http_answer_clear(answer);
        CURLcode code = curl_easy_perform(connection->curl);
        if (answer->is_out_of_memory) {
            return error_set_memory(err, "reading an answer");
        }
        curl_easy_getinfo(connection->curl, CURLINFO_RESPONSE_CODE, &answer->status);
        if (code == CURLE_OK && http_answer_is_missing(answer->status)) {
            return 0;
        }
        if (code == CURLE_OK && answer->status == STATUS_OK) {
            return 1;
        }
        int64_t pause = (int64_t)PAUSE_FIRST_MS << (tries < DOUBLINGS_MAX ? tries : DOUBLINGS_MAX);
        pause = pause > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause;
        pause = answer->retry_after_ms > pause ? answer->retry_after_ms : pause;
        int64_t left = started_ms + PATIENCE_MS - monotonic_ms();
        if (!is_passing(code, answer) || pause > left || is_stopped(connection)) {
            return complain(connection, code, err);
        }
        pause_ms(connection, pause);
    }
}

/* ---- rows */

static int find_field(struct http_connection *connection, struct cell *version, struct error *err)
{
    struct json_object object;
    struct json_member member;
    const struct http_answer *answer = &connection->answer;
    if (connection->scratch_size < answer->body_size) {
        free(connection->scratch);
        connection->scratch_size = answer->body_size;
        connection->scratch = malloc(answer->body_size);
        if (connection->scratch == NULL) {
            connection->scratch_size = 0;
            return error_set_memory(err, "reading an answer");
        }
    }
    json_object_init(&object, (struct slice){answer->body, answer->body_size}, connection->scratch);
    int got;
    while ((got = json_object_next(&object, &member)) > 0) {
        if (slice_is_equal(member.name, slice_of(connection->settings.field)) &&
            member.kind != JSON_KIND_NULL) {
            *version = (struct cell){CELL_TEXT, member.bytes};
        }
    }
    return got == 0 ? 0
                    : error_set(err, ERROR_BACKEND, "GET %.300s: the answer is not a JSON object",
                                connection->url);
}

static int make_version(struct http_connection *connection, struct cell *version, struct error *err)
{
    const struct http_answer *answer = &connection->answer;
    *version = (struct cell){.kind = CELL_NULL};
    switch (connection->settings.version_source) {
    case HTTP_VERSION_NONE:
        return 0;
    case HTTP_VERSION_ETAG:
        if (!http_answer_is_strong(answer->etag)) {
            return error_set(err, ERROR_BACKEND,
                             "GET %.300s: the answer has %s ETag, which says nothing about its "
                             "bytes: set [http] version = none",
                             connection->url, answer->etag[0] == '\0' ? "no" : "a weak");
        }
        *version = (struct cell){CELL_TEXT, slice_of(answer->etag)};
        return 0;
    case HTTP_VERSION_LAST_MODIFIED:
        if (answer->last_modified[0] != '\0') {
            *version = (struct cell){CELL_TEXT, slice_of(answer->last_modified)};
        }
        return 0;
    case HTTP_VERSION_FIELD:
        return answer->is_body_cut ? 0 : find_field(connection, version, err);
    }
    return 0;
}

/* In a path these name something else than a row, on the way or at the service, however they are escaped. */
static bool is_askable(struct slice id)
{
    return id.size > 0 && !slice_is_equal(id, slice_of(".")) && !slice_is_equal(id, slice_of(".."));
}

/* Asks for one id and hands on its row, if there is one. */
static int ask_one(struct http_connection *connection, const struct source_question *question,
                   size_t at, struct error *err)
{
    struct slice id = question->ids[at];
    bool is_version_enough = question->content == SOURCE_VERSIONS;
    const struct http_answer *answer = &connection->answer;
    struct cell cells[COLUMN_COUNT] = {{CELL_TEXT, id}, {.kind = CELL_TEXT}, {.kind = CELL_NULL}};
    if (!is_askable(id)) {
        return 0;
    }
    if (make_url(connection, id, err) != 0) {
        return -1;
    }
    curl_easy_setopt(connection->curl, CURLOPT_URL, connection->url);
    curl_easy_setopt(connection->curl, CURLOPT_NOBODY, is_version_enough ? 1L : 0L);
    int found = get(connection, err);
    if (found <= 0) {
        return found;
    }
    if (make_version(connection, &cells[VERSION_AT], err) != 0) {
        return -1;
    }
    cells[1].bytes = (struct slice){answer->is_body_cut ? NULL : answer->body, answer->body_size};
    if (is_version_enough) {
        cells[1] = cells[VERSION_AT];
    }
    *question->expected = at;
    return question->take(question->context, cells) == 0 ? 0
                                                         : error_set_memory(err, "reading a row");
}

static enum source_failure ask(void *opaque, const struct source_question *question,
                               struct error *err)
{
    struct http_connection *connection = opaque;
    for (size_t i = 0; i < question->count; i++) {
        if (is_stopped(connection) || ask_one(connection, question, i, err) != 0) {
            return SOURCE_FAILURE_FATAL;
        }
    }
    return SOURCE_FAILURE_NONE;
}

/* ---- the rest */

static int read_clock(void *opaque, int64_t *now_unix_us, struct error *err)
{
    (void)opaque;
    (void)err;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *now_unix_us = (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / NS_PER_US;
    return 0;
}

static int explain(void *opaque, const struct source_question *question, char *plan, size_t size,
                   bool *is_scan, struct error *err)
{
    const struct http_connection *connection = opaque;
    (void)question;
    (void)err;
    snprintf(plan, size, "GET %s", connection->settings.url);
    *is_scan = false;
    return 0;
}

const struct source_driver http_source_driver = {
    .has_no_query = true,
    .chunk_rows = CHUNK_ROWS,
    .connection_count = connection_count,
    .connect = connect_http,
    .disconnect = disconnect,
    .describe = describe,
    .ask = ask,
    .clock = read_clock,
    .explain = explain,
};
