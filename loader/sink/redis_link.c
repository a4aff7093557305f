/* redis_link.c - see redis_link.h.
 * Room: loader/sink. May touch: sockets, hiredis' redisReader. */
#include "loader/sink/redis_link.h"

#include "common/file_io.h"
#include "loader/sink/redis_fault.h"
#include "loader/sink/redis_reader.h"
#include "loader/sink/redis_tls.h"
#include "loader/sink/redis_wait.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT_NAME          "rekindle"
#define PASSWORD_ENVIRONMENT "REKINDLE_REDIS_PASSWORD"

enum { READ_SIZE = 64 * 1024, TIMEOUT_DEFAULT_MS = 5000, DATABASE_TEXT_SIZE = 24 };

struct redis_login {
    const struct redis_config *redis; /* borrowed */
    const atomic_int *stop;           /* NULL: never */
    char *password;                   /* NULL: no AUTH */
    struct redis_tls *tls;            /* NULL: plain */
};

static int read_password(struct redis_login *login, struct error *err)
{
    if (login->redis->password_file != NULL) {
        return file_read_secret(login->redis->password_file, &login->password, err);
    }
    const char *password = getenv(PASSWORD_ENVIRONMENT);
    if (password == NULL || password[0] == '\0') {
        if (login->redis->user != NULL) {
            return error_set(
                err, ERROR_INPUT,
                "[redis] user is '%s' but there is no password: give password_file, or "
                "the environment's " PASSWORD_ENVIRONMENT,
                login->redis->user);
        }
        return 0;
    }
    login->password = strdup(password);
    return login->password == NULL ? error_set_memory(err, "reading a password") : 0;
}

struct redis_login *redis_login_new(const struct redis_config *redis, const atomic_int *stop,
                                    struct error *err)
{
    struct redis_login *login = calloc(1, sizeof *login);
    if (login == NULL) {
        error_set_memory(err, "preparing a connection to Redis");
        return NULL;
    }
    login->redis = redis;
    login->stop = stop;
    if (read_password(login, err) != 0) {
        goto fail;
    }
    if (redis->is_tls) {
        login->tls = redis_tls_new(redis, err);
        if (login->tls == NULL) {
            goto fail;
        }
    }
    return login;

fail:
    redis_login_free(login);
    return NULL;
}

void redis_login_free(struct redis_login *login)
{
    if (login == NULL) {
        return;
    }
    if (login->password != NULL) {
        explicit_bzero(login->password, strlen(login->password));
        free(login->password);
    }
    redis_tls_free(login->tls);
    free(login);
}

int64_t redis_login_timeout_ms(const struct redis_login *login)
{
    return login->redis->timeout_ms > 0 ? login->redis->timeout_ms : TIMEOUT_DEFAULT_MS;
}

/* The reply to one step of the login, which is freed: an error ends it. */
static int judge_login(const struct redis_link *link, redisReply *reply, struct error *err)
{
    int result = 0;
    assert(reply != NULL);
    if (reply->type == REDIS_REPLY_ERROR) {
        result = redis_fault_explain(link->name, reply->str, err);
    }
    freeReplyObject(reply);
    return result;
}

static int call_auth(struct redis_link *link, const struct redis_login *login, redisReply **reply,
                     struct error *err)
{
    struct slice arguments[3] = {slice_of("AUTH")};
    size_t count = 1;
    if (login->redis->user != NULL) {
        arguments[count++] = slice_of(login->redis->user);
    }
    arguments[count++] = slice_of(login->password);
    return redis_link_call(link, arguments, count, redis_login_timeout_ms(login), reply, err);
}

/* A proxy, perhaps, that says what it was sent: not in the way of which redis_fault.h knows. */
static bool is_indiscreet(const struct redis_login *login, const redisReply *reply)
{
    assert(reply != NULL);
    if (reply->type != REDIS_REPLY_ERROR || redis_fault_judge(reply->str) != REDIS_FAULT_KEY) {
        return false;
    }
    const char *found = strstr(reply->str, login->password);
    return found != NULL && (size_t)(found - reply->str) < redis_fault_shown_size(reply->str);
}

static int refuse_words(const struct redis_link *link, redisReply *reply, struct error *err)
{
    freeReplyObject(reply);
    return error_set(err, ERROR_BACKEND, "%s refuses AUTH in words that hold the password",
                     link->name);
}

static int authenticate(struct redis_link *link, const struct redis_login *login, struct error *err)
{
    redisReply *reply = NULL;
    if (login->password == NULL) {
        return 0;
    }
    if (call_auth(link, login, &reply, err) != 0) {
        return -1;
    }
    return is_indiscreet(login, reply) ? refuse_words(link, reply, err)
                                       : judge_login(link, reply, err);
}

/* A Sentinel without a password refuses AUTH, which is fine; with another one it will say so to the question. */
static int offer_password(struct redis_link *link, const struct redis_login *login,
                          struct error *err)
{
    redisReply *reply = NULL;
    if (login->password == NULL) {
        return 0;
    }
    if (call_auth(link, login, &reply, err) != 0) {
        return -1;
    }
    freeReplyObject(reply);
    return 0;
}

static int select_database(struct redis_link *link, const struct redis_login *login,
                           struct error *err)
{
    if (login->redis->database == 0 || login->redis->is_cluster) {
        return 0;
    }
    char number[DATABASE_TEXT_SIZE];
    snprintf(number, sizeof number, "%lld", (long long)login->redis->database);
    const struct slice arguments[] = {slice_of("SELECT"), slice_of(number)};
    redisReply *reply = NULL;
    if (redis_link_call(link, arguments, 2, redis_login_timeout_ms(login), &reply, err) != 0) {
        return -1;
    }
    return judge_login(link, reply, err) == 0
               ? 0
               : error_add_context(err, "[redis] database = %s", number);
}

/* The name is for CLIENT LIST; an ACL user who may not set it does without. */
static int give_name(struct redis_link *link, const struct redis_login *login, struct error *err)
{
    static const char not_allowed[] = "NOPERM ";
    const struct slice arguments[] = {slice_of("CLIENT"), slice_of("SETNAME"),
                                      slice_of(CLIENT_NAME)};
    redisReply *reply = NULL;
    if (redis_link_call(link, arguments, sizeof arguments / sizeof arguments[0],
                        redis_login_timeout_ms(login), &reply, err) != 0 ||
        reply == NULL) {
        return -1;
    }
    bool is_refused = reply->type == REDIS_REPLY_ERROR &&
                      strncmp(reply->str, not_allowed, sizeof not_allowed - 1) != 0;
    int result = is_refused ? redis_fault_explain(link->name, reply->str, err) : 0;
    freeReplyObject(reply);
    return result;
}

/* A connection that has not logged in; `kind` begins its name. */
static struct redis_link *dial(const struct redis_login *login, const char *kind,
                               const struct redis_address *address, struct error *err)
{
    struct redis_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        error_set_memory(err, "connecting to Redis");
        return NULL;
    }
    link->socket.descriptor = -1;
    link->stop = login->stop;
    snprintf(link->name, sizeof link->name, "%s at %s", kind, address->text);
    link->reader = redis_reader_new();
    if (link->reader == NULL) {
        error_set_memory(err, "connecting to Redis");
        goto fail;
    }
    link->reader->maxbuf = 0; /* keep the buffer: it is needed again at once */
    if (redis_socket_open(&link->socket, address, login->tls, redis_login_timeout_ms(login),
                          login->stop, err) != 0) {
        goto fail;
    }
    return link;

fail:
    redis_link_close(link);
    return NULL;
}

struct redis_link *redis_link_open(const struct redis_login *login,
                                   const struct redis_address *address, struct error *err)
{
    struct redis_link *link = dial(login, "Redis", address, err);
    bool is_open = link != NULL && authenticate(link, login, err) == 0 &&
                   give_name(link, login, err) == 0 && select_database(link, login, err) == 0;
    if (!is_open) {
        redis_link_close(link);
        return NULL;
    }
    return link;
}

struct redis_link *redis_link_open_sentinel(const struct redis_login *login,
                                            const struct redis_address *address, struct error *err)
{
    struct redis_link *link = dial(login, "the Sentinel", address, err);
    bool is_open = link != NULL && offer_password(link, login, err) == 0;
    if (!is_open) {
        redis_link_close(link);
        return NULL;
    }
    return link;
}

void redis_link_close(struct redis_link *link)
{
    if (link == NULL) {
        return;
    }
    redis_socket_close(&link->socket);
    redis_output_free(&link->output);
    if (link->reader != NULL) {
        redisReaderFree(link->reader);
    }
    free(link);
}

ssize_t redis_link_send(struct redis_link *link)
{
    size_t waiting = redis_output_waiting(&link->output);
    if (waiting == 0) {
        return 0;
    }
    ssize_t sent =
        redis_socket_write(&link->socket, link->output.bytes + link->output.begin, waiting);
    if (sent > 0) {
        redis_output_consume(&link->output, (size_t)sent);
    }
    return sent;
}

/* TLS may hold bytes that poll cannot see, so it is read until it would block. */
int redis_link_receive(struct redis_link *link)
{
    char bytes[READ_SIZE];
    int result = 0;
    for (;;) {
        ssize_t size = redis_socket_read(&link->socket, bytes, sizeof bytes);
        if (size <= 0) {
            return size < 0 ? -1 : result;
        }
        if (redisReaderFeed(link->reader, bytes, (size_t)size) != REDIS_OK) {
            return -1;
        }
        result = 1;
        if (link->socket.session == NULL && (size_t)size < sizeof bytes) {
            return result;
        }
    }
}

int redis_link_next_reply(struct redis_link *link, redisReply **reply)
{
    void *object = NULL;
    if (redisReaderGetReply(link->reader, &object) != REDIS_OK) {
        return -1;
    }
    *reply = object;
    return object != NULL;
}

/* A server that refuses our certificate says so in TLS, but its closing may overtake that. */
static int say_lost(const struct redis_link *link, struct error *err)
{
    if (link->socket.session == NULL) {
        return error_set(err, ERROR_BACKEND, "%s closed the connection", link->name);
    }
    const char *reason = redis_tls_reason(link->socket.session);
    return error_set(err, ERROR_BACKEND,
                     "%s closed the TLS connection: %s; if it asks for a certificate, see [redis] "
                     "cert_file",
                     link->name, reason == NULL ? "no reason given" : reason);
}

/* Until the whole reply is there, or the wait is over. */
static int await_reply(struct redis_link *link, struct redis_wait *wait, redisReply **reply,
                       struct error *err)
{
    for (;;) {
        int found = redis_link_next_reply(link, reply);
        if (found > 0) {
            return 0;
        }
        if (found < 0) {
            return error_set(err, ERROR_BACKEND, "%s does not speak Redis' protocol: %s",
                             link->name, link->reader->errstr);
        }
        bool has_output = redis_output_waiting(&link->output) > 0;
        switch (redis_wait_on(wait, link->socket.descriptor,
                              (short)(has_output ? POLLIN | POLLOUT : POLLIN))) {
        case REDIS_TIME_OVER:
            return error_set(err, ERROR_BACKEND, "%s did not answer in time ([redis] timeout)",
                             link->name);
        case REDIS_STOP_WISHED:
            return error_set(err, ERROR_STOPPED, "stopped while waiting for %s", link->name);
        case REDIS_READY:
            break;
        }
        if (redis_link_send(link) < 0 || redis_link_receive(link) < 0) {
            return say_lost(link, err);
        }
    }
}

int redis_link_call(struct redis_link *link, const struct slice arguments[], size_t count,
                    int64_t timeout_ms, redisReply **reply, struct error *err)
{
    redis_output_command(&link->output, count);
    for (size_t i = 0; i < count; i++) {
        redis_output_argument(&link->output, arguments[i]);
    }
    if (link->output.is_broken) {
        return error_set_memory(err, "calling Redis");
    }
    if (redis_link_send(link) < 0) {
        return say_lost(link, err);
    }
    struct redis_wait wait = redis_wait_begin(timeout_ms, link->stop);
    return await_reply(link, &wait, reply, err);
}
