/* mysql_address_test.c - addresses of further database servers.
 * Room: tests. May touch: nothing. */
#include "loader/source/mysql_address.h"
#include "loader/source/source_replica.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *socket;
        int64_t port;
    } cases[] = {
        {"db2", "db2", NULL, 3306},
        {"db2:3307", "db2", NULL, 3307},
        {"unix:/run/my:sql.sock", NULL, "/run/my:sql.sock", 3306},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mysql_config config = {.host = "db1", .socket = "/run/s", .port = 3306};
        char host[MYSQL_ADDRESS_SIZE];
        struct error err;
        assert_int_equal(
            mysql_address_apply(slice_of(cases[i].text), "replicas", &config, host, &err), 0);
        assert_int_equal(config.port, cases[i].port);
        if (cases[i].host == NULL) {
            assert_null(config.host);
            assert_string_equal(config.socket, cases[i].socket);
        } else {
            assert_null(config.socket);
            assert_string_equal(config.host, cases[i].host);
        }
    }
}

static void test_addresses_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"db2:0",
         "[mysql] replicas: 'db2:0' is not an address; write host, host:port or unix:PATH"},
        {"db2:x",
         "[mysql] replicas: 'db2:x' is not an address; write host, host:port or unix:PATH"},
        {"db2:65536",
         "[mysql] replicas: 'db2:65536' is not an address; write host, host:port or unix:PATH"},
        {":3306",
         "[mysql] replicas: ':3306' is not an address; write host, host:port or unix:PATH"},
    };
    char host[MYSQL_ADDRESS_SIZE], long_text[MYSQL_ADDRESS_SIZE];
    struct mysql_config config = {0};
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            mysql_address_apply(slice_of(cases[i].text), "replicas", &config, host, &err), -1);
        assert_string_equal(err.text, cases[i].message);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    memset(long_text, 'h', sizeof long_text);
    assert_int_equal(mysql_address_apply((struct slice){long_text, sizeof long_text}, "values_from",
                                         &config, host, &err),
                     -1);
    assert_string_equal(err.text, "[mysql] values_from: an address is longer than 255 bytes");
}

/* Only the address changes, and only in the copy. */
static void test_the_config_of_a_replica(void **state)
{
    (void)state;
    struct source_replica replica;
    struct error err;
    struct config config = {.mysql = {.host = "primary", .user = "u", .database = "d"}};
    assert_ptr_equal(source_replica_config(&config, &replica, &err), &config);
    config.mysql.values_from = "second:3307";
    const struct config *values = source_replica_config(&config, &replica, &err);
    assert_ptr_equal(values, &replica.config);
    assert_string_equal(values->mysql.host, "second");
    assert_int_equal(values->mysql.port, 3307);
    assert_string_equal(values->mysql.user, "u");
    assert_string_equal(config.mysql.host, "primary");
    config.mysql.values_from = "second:";
    assert_null(source_replica_config(&config, &replica, &err));
    assert_string_equal(err.text, "[mysql] values_from: 'second:' is not an address; write host, "
                                  "host:port or unix:PATH");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_addresses_that_are_none),
        cmocka_unit_test(test_the_config_of_a_replica),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
