/* sink_tls_test.c - Redis over TLS: the chain and the name are checked, and without both nothing is sent.
 * Room: tests. May touch: a private server on a loopback port that the kernel chose, openssl(1). */
#include "loader/sink/sink.h"

#include "tests/unit/loader/private_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PATH_SIZE = 160, TEXT_SIZE = 16 };

static struct private_server server;
static char port[TEXT_SIZE];
static char ca_file[PATH_SIZE], other_ca_file[PATH_SIZE], cert_file[PATH_SIZE], key_file[PATH_SIZE];

static void shell(const char *script)
{
    char *const arguments[] = {(char[]){"sh"}, (char[]){"-c"}, strdup(script), NULL};
    pid_t pid;
    int code = private_server_run(&server, "sh", arguments, true, &pid);
    free(arguments[2]);
    if (code != 0) {
        fail_msg("%s: exit code %d", script, code);
    }
}

/* Asks the kernel for a port that is free now. */
static void choose_port(void)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof where;
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&where, sizeof where), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&where, &size), 0);
    close(descriptor);
    snprintf(port, sizeof port, "%u", ntohs(where.sin_port));
}

static void make_certificates(void)
{
    char script[2048];
    snprintf(
        script, sizeof script,
        "set -e; cd '%s'; for ca in ca other; do openssl req -x509 -newkey rsa:2048 -nodes -keyout "
        "$ca.key -out $ca.crt -subj /CN=$ca -days 2; done; openssl req -newkey rsa:2048 -nodes "
        "-keyout server.key -out server.csr -subj /CN=server; echo "
        "'subjectAltName=DNS:localhost,IP:127.0.0.1' >names; openssl x509 -req -in server.csr -CA "
        "ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names",
        server.folder);
    shell(script);
    snprintf(ca_file, sizeof ca_file, "%s/ca.crt", server.folder);
    snprintf(other_ca_file, sizeof other_ca_file, "%s/other.crt", server.folder);
    snprintf(cert_file, sizeof cert_file, "%s/server.crt", server.folder);
    snprintf(key_file, sizeof key_file, "%s/server.key", server.folder);
}

static int start(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* as the program does: OpenSSL writes with write(2) */
    private_server_make_folder(&server);
    make_certificates();
    choose_port();
    private_server_start_redis(&server, (const char *const[]){"--tls-port", port, "--bind",
                                                              "127.0.0.1", "--tls-cert-file",
                                                              cert_file, "--tls-key-file", key_file,
                                                              "--tls-ca-cert-file", ca_file, NULL});
    return 0;
}

static int end(void **state)
{
    (void)state;
    private_server_remove(&server);
    return 0;
}

static struct redis_config tls_config(const char *host, char *address, size_t size)
{
    snprintf(address, size, "%s:%s", host, port);
    return (struct redis_config){.address = address,
                                 .is_tls = true,
                                 .ca_file = ca_file,
                                 .cert_file = cert_file,
                                 .key_file = key_file,
                                 .timeout_ms = 5000};
}

static void test_writes_over_tls(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    enum { COUNT = 5000, KEY_SIZE = 24, VALUE_SIZE = 400 };
    static char keys[COUNT][KEY_SIZE], value[VALUE_SIZE];
    static struct sink_item items[COUNT];
    memset(value, 'v', sizeof value);
    for (size_t host = 0; host < 2; host++) {
        char address[64];
        struct error err;
        struct redis_config config = tls_config(hosts[host], address, sizeof address);
        const struct sink_options options = {.redis = &config};
        struct sink *sink = sink_open(&options, &err);
        if (sink == NULL) {
            fail_msg("%s", err.text);
        }
        for (size_t i = 0; i < COUNT; i++) {
            snprintf(keys[i], KEY_SIZE, "%s:%zu", hosts[host], i);
            items[i] = (struct sink_item){
                .key = slice_of(keys[i]), .value = {value, VALUE_SIZE}, .expire_unix = 2000000000};
        }
        assert_int_equal(sink_write(sink, items, COUNT, false, &err), 0);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(items[i].result, SINK_DONE);
        }
        sink_close(sink);
    }
}

static void assert_refused(const struct redis_config *config, enum error_kind kind,
                           const char *text)
{
    struct error err;
    const struct sink_options options = {.redis = config};
    struct sink *sink = sink_open(&options, &err);
    assert_null(sink);
    assert_string_equal(err.text, text);
    assert_int_equal(err.kind, kind);
}

static void test_a_stranger_is_refused(void **state)
{
    (void)state;
    char address[64], wanted[512];
    struct redis_config config = tls_config("127.0.0.1", address, sizeof address);
    config.ca_file = other_ca_file;
    /* Which of two reasons OpenSSL gives depends on whether the server sends its chain to the end. */
    static const char *const reasons[] = {"unable to get local issuer certificate",
                                          "self-signed certificate in certificate chain"};
    struct error err;
    const struct sink_options options = {.redis = &config};
    assert_null(sink_open(&options, &err));
    assert_int_equal(err.kind, ERROR_BACKEND);
    bool is_either = false;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        snprintf(
            wanted, sizeof wanted,
            "Redis at %s: its certificate is not accepted: %s; check [redis] ca_file and the name",
            address, reasons[i]);
        is_either = is_either || strcmp(err.text, wanted) == 0;
    }
    assert_true(is_either);
    config = tls_config("127.0.0.1", address, sizeof address);
    config.key_file = NULL;
    assert_refused(&config, ERROR_INPUT,
                   "[redis] cert_file and key_file belong together: give both");
    config = tls_config("127.0.0.1", address, sizeof address);
    config.ca_file = "/nonexistent/ca.crt";
    assert_refused(
        &config, ERROR_INPUT,
        "/nonexistent/ca.crt: cannot use it as [redis] ca_file: No such file or directory");
}

/* 127.0.0.2 reaches nobody's certificate: the address is not in it. */
static void test_another_name_is_refused(void **state)
{
    (void)state;
    char address[64], wanted[512];
    struct redis_config config = tls_config("127.0.0.1", address, sizeof address);
    char unix_address[sizeof server.socket + 8];
    snprintf(unix_address, sizeof unix_address, "unix:%s", server.socket);
    config.address = unix_address;
    config.timeout_ms = 300;
    struct error err;
    const struct sink_options options = {.redis = &config};
    assert_null(sink_open(&options, &err)); /* the Unix socket speaks no TLS */
    assert_int_equal(err.kind, ERROR_BACKEND);
    snprintf(wanted, sizeof wanted,
             "cd '%s'; echo subjectAltName=DNS:elsewhere >names; openssl x509 -req "
             "-in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 "
             "-extfile names",
             server.folder);
    shell(wanted);
    private_server_end(&server, SIGTERM);
    private_server_start_redis(&server, (const char *const[]){"--tls-port", port, "--bind",
                                                              "127.0.0.1", "--tls-cert-file",
                                                              cert_file, "--tls-key-file", key_file,
                                                              "--tls-ca-cert-file", ca_file, NULL});
    config = tls_config("127.0.0.1", address, sizeof address);
    snprintf(wanted, sizeof wanted,
             "Redis at %s: its certificate is not accepted: IP address mismatch; check [redis] "
             "ca_file and "
             "the name",
             address);
    assert_refused(&config, ERROR_BACKEND, wanted);
    config = tls_config("localhost", address, sizeof address);
    snprintf(wanted, sizeof wanted,
             "Redis at %s: its certificate is not accepted: hostname mismatch; check [redis] "
             "ca_file and "
             "the name",
             address);
    assert_refused(&config, ERROR_BACKEND, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_over_tls),
        cmocka_unit_test(test_a_stranger_is_refused),
        cmocka_unit_test(test_another_name_is_refused),
    };
    return cmocka_run_group_tests(tests, start, end);
}
