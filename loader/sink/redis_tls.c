/* redis_tls.c - see redis_tls.h.
 * Room: loader/sink. May touch: certificate files, a connected non-blocking socket.
 * SIGPIPE: OpenSSL writes with write(2), so the program must ignore that signal (main.c does). */
#include "loader/sink/redis_tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct redis_tls {
    SSL_CTX *context;
};

struct redis_tls_session {
    SSL *ssl;
    const char *reason; /* why the connection was lost, in OpenSSL's words; NULL: unknown */
};

static const char *last_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == NULL ? "no reason given" : reason;
}

/* OpenSSL's own words for a file that is not there are no help, and differ from version to version. */
static int check_readable(const char *path, const char *key, struct error *err)
{
    if (access(path, R_OK) == 0) {
        return 0;
    }
    return error_set_errno(err, ERROR_INPUT, errno, "%s: cannot use it as [redis] %s", path, key);
}

static int load_trust(SSL_CTX *context, const struct redis_config *redis, struct error *err)
{
    if (redis->ca_file == NULL) {
        return SSL_CTX_set_default_verify_paths(context) == 1
                   ? 0
                   : error_set(err, ERROR_INPUT, "cannot read the system's certificates: %s",
                               last_reason());
    }
    if (check_readable(redis->ca_file, "ca_file", err) != 0) {
        return -1;
    }
    if (SSL_CTX_load_verify_locations(context, redis->ca_file, NULL) != 1) {
        return error_set(err, ERROR_INPUT, "%s: cannot use it as [redis] ca_file: %s",
                         redis->ca_file, last_reason());
    }
    return 0;
}

static int load_certificate(SSL_CTX *context, const struct redis_config *redis, struct error *err)
{
    if (redis->cert_file == NULL && redis->key_file == NULL) {
        return 0;
    }
    if (redis->cert_file == NULL || redis->key_file == NULL) {
        return error_set(err, ERROR_INPUT,
                         "[redis] cert_file and key_file belong together: give both");
    }
    if (check_readable(redis->cert_file, "cert_file", err) != 0 ||
        check_readable(redis->key_file, "key_file", err) != 0) {
        return -1;
    }
    if (SSL_CTX_use_certificate_chain_file(context, redis->cert_file) != 1) {
        return error_set(err, ERROR_INPUT, "%s: cannot use it as [redis] cert_file: %s",
                         redis->cert_file, last_reason());
    }
    if (SSL_CTX_use_PrivateKey_file(context, redis->key_file, SSL_FILETYPE_PEM) != 1) {
        return error_set(err, ERROR_INPUT, "%s: cannot use it as [redis] key_file: %s",
                         redis->key_file, last_reason());
    }
    return 0;
}

struct redis_tls *redis_tls_new(const struct redis_config *redis, struct error *err)
{
    struct redis_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) {
        error_set_memory(err, "preparing TLS");
        return NULL;
    }
    ERR_clear_error();
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context == NULL) {
        error_set_memory(err, "preparing TLS");
        goto fail;
    }
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
    SSL_CTX_set_mode(tls->context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    if (load_trust(tls->context, redis, err) != 0 ||
        load_certificate(tls->context, redis, err) != 0) {
        goto fail;
    }
    return tls;

fail:
    redis_tls_free(tls);
    return NULL;
}

void redis_tls_free(struct redis_tls *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->context);
        free(tls);
    }
}

enum { HOST_NAME_SIZE = 256 };

/* The name check depends on its kind: an address is compared with the certificate's addresses. */
static int expect_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1) {
        return 0;
    }
    char name[HOST_NAME_SIZE]; /* the macro below casts const away */
    snprintf(name, sizeof name, "%s", host);
    bool is_set = SSL_set_tlsext_host_name(ssl, name) == 1 &&
                  X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1;
    return is_set ? 0 : -1;
}

static int explain_handshake(SSL *ssl, struct error *err)
{
    long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK) {
        return error_set(err, ERROR_BACKEND,
                         "its certificate is not accepted: %s; check [redis] ca_file and the name",
                         X509_verify_cert_error_string(verdict));
    }
    return error_set(err, ERROR_BACKEND, "no TLS handshake: %s; does it speak TLS on this port?",
                     last_reason());
}

static int shake_hands(SSL *ssl, int descriptor, struct redis_wait *wait, struct error *err)
{
    for (;;) {
        int result = SSL_connect(ssl);
        if (result == 1) {
            return 0;
        }
        int wish = SSL_get_error(ssl, result);
        if (wish != SSL_ERROR_WANT_READ && wish != SSL_ERROR_WANT_WRITE) {
            return explain_handshake(ssl, err);
        }
        switch (redis_wait_on(wait, descriptor, wish == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN)) {
        case REDIS_TIME_OVER:
            return error_set(err, ERROR_BACKEND, "no TLS handshake in time ([redis] timeout)");
        case REDIS_STOP_WISHED:
            return error_set(err, ERROR_STOPPED, "stopped before the TLS handshake was through");
        case REDIS_READY:
            break;
        }
    }
}

struct redis_tls_session *redis_tls_start(const struct redis_tls *tls, int descriptor,
                                          const char *host, struct redis_wait *wait,
                                          struct error *err)
{
    struct redis_tls_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        error_set_memory(err, "starting TLS");
        return NULL;
    }
    ERR_clear_error();
    session->ssl = SSL_new(tls->context);
    if (session->ssl == NULL || SSL_set_fd(session->ssl, descriptor) != 1 ||
        expect_host(session->ssl, host) != 0) {
        error_set_memory(err, "starting TLS");
        goto fail;
    }
    if (shake_hands(session->ssl, descriptor, wait, err) != 0) {
        goto fail;
    }
    return session;

fail:
    redis_tls_end(session);
    return NULL;
}

void redis_tls_end(struct redis_tls_session *session)
{
    if (session != NULL) {
        SSL_free(session->ssl);
        free(session);
    }
}

static ssize_t settle(struct redis_tls_session *session, int moved)
{
    if (moved > 0) {
        return moved;
    }
    int wish = SSL_get_error(session->ssl, moved);
    if (wish == SSL_ERROR_SSL) {
        session->reason = ERR_reason_error_string(ERR_peek_last_error());
    }
    return wish == SSL_ERROR_WANT_READ || wish == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

ssize_t redis_tls_read(struct redis_tls_session *session, void *bytes, size_t size)
{
    ERR_clear_error();
    return settle(session, SSL_read(session->ssl, bytes, size > INT_MAX ? INT_MAX : (int)size));
}

ssize_t redis_tls_write(struct redis_tls_session *session, const void *bytes, size_t size)
{
    ERR_clear_error();
    return settle(session, SSL_write(session->ssl, bytes, size > INT_MAX ? INT_MAX : (int)size));
}

const char *redis_tls_reason(const struct redis_tls_session *session)
{
    return session->reason;
}
