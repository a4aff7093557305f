/* redis_words_test.c - the pure parts of the sink: addresses, RESP, error words, INFO, slots.
 * Room: tests. May touch: nothing. */
#include "loader/sink/redis_address.h"
#include "loader/sink/redis_cluster.h"
#include "loader/sink/redis_fault.h"
#include "loader/sink/redis_info.h"
#include "loader/sink/redis_output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *port, *path, *shown;
    } cases[] = {
        {NULL, "127.0.0.1", "6379", "", "127.0.0.1:6379"},
        {"cache.example", "cache.example", "6379", "", "cache.example:6379"},
        {"cache:7000", "cache", "7000", "", "cache:7000"},
        {"[::1]:7000", "::1", "7000", "", "[::1]:7000"},
        {"[fe80::1]", "fe80::1", "6379", "", "[fe80::1]:6379"},
        {"unix:/run/redis.sock", "", "", "/run/redis.sock", "unix:/run/redis.sock"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redis_address address;
        struct error err;
        assert_int_equal(redis_address_parse(cases[i].text, &address, &err), 0);
        assert_string_equal(address.host, cases[i].host);
        assert_string_equal(address.port, cases[i].port);
        assert_string_equal(address.path, cases[i].path);
        assert_string_equal(address.text, cases[i].shown);
        assert_int_equal(address.is_unix, cases[i].path[0] != '\0');
    }
}

static void test_addresses_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "has no host, or too long a one"},
        {":7000", "has no host, or too long a one"},
        {"cache:", "has no port between 1 and 65535"},
        {"cache:0", "has no port between 1 and 65535"},
        {"cache:65536", "has no port between 1 and 65535"},
        {"cache:7x", "has no port between 1 and 65535"},
        {"::1", "has no port between 1 and 65535"},
        {"[::1]x", "has no port between 1 and 65535"},
        {"unix:", "has no path"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redis_address address;
        struct error err;
        char wanted[256];
        snprintf(wanted, sizeof wanted,
                 "the Redis address '%s' %s: write host:port, [::1]:6379 or unix:/path/socket",
                 cases[i].text, cases[i].why);
        assert_int_equal(redis_address_parse(cases[i].text, &address, &err), -1);
        assert_string_equal(err.text, wanted);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
}

static void test_commands_in_resp(void **state)
{
    (void)state;
    struct redis_output output = {0};
    redis_output_command(&output, 4);
    redis_output_text(&output, "SET");
    redis_output_argument(&output, (struct slice){"a\0\r\n", 4});
    redis_output_argument(&output, (struct slice){NULL, 0});
    redis_output_integer(&output, INT64_MIN);
    static const char wanted[] =
        "*4\r\n$3\r\nSET\r\n$4\r\na\0\r\n\r\n$0\r\n\r\n$20\r\n-9223372036854775808\r\n";
    assert_int_equal(redis_output_waiting(&output), sizeof wanted - 1);
    assert_memory_equal(output.bytes + output.begin, wanted, sizeof wanted - 1);
    assert_false(output.is_broken);
    redis_output_free(&output);
}

/* Sends pieces of odd sizes while commands are added: what leaves must be what went in. */
static void test_output_survives_growth_and_partial_sends(void **state)
{
    (void)state;
    enum { COUNT = 20000, CHUNK = 997 };
    struct redis_output output = {0};
    uint64_t sum_in = 0, sum_out = 0;
    size_t sent = 0, total = 0;
    for (int i = 0; i < COUNT; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "%d", i);
        redis_output_argument(&output, (struct slice){text, (size_t)size});
        while (redis_output_waiting(&output) > (size_t)(i % 2 == 0 ? CHUNK : 400000)) {
            for (size_t at = 0; at < CHUNK; at++) {
                sum_out = sum_out * 31 + (unsigned char)output.bytes[output.begin + at];
            }
            sent += CHUNK;
            redis_output_consume(&output, CHUNK);
        }
        char framed[64];
        size_t framed_size = (size_t)snprintf(framed, sizeof framed, "$%d\r\n%s\r\n", size, text);
        total += framed_size;
        for (size_t at = 0; at < framed_size; at++) {
            sum_in = sum_in * 31 + (unsigned char)framed[at];
        }
    }
    while (redis_output_waiting(&output) > 0) {
        sum_out = sum_out * 31 + (unsigned char)output.bytes[output.begin];
        redis_output_consume(&output, 1);
        sent++;
    }
    assert_int_equal(sent, total);
    assert_true(sum_in == sum_out);
    redis_output_free(&output);
}

static void test_error_words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum redis_fault fault;
    } cases[] = {
        {"OOM command not allowed when used memory > 'maxmemory'.", REDIS_FAULT_MEMORY},
        {"OOMPH", REDIS_FAULT_KEY},
        {"NOPERM x", REDIS_FAULT_STOP},
        {"ERR The user executing the script can't run this command or subcommand script: 1",
         REDIS_FAULT_STOP},
        {"NOAUTH Authentication required.", REDIS_FAULT_STOP},
        {"MISCONF x", REDIS_FAULT_STOP},
        {"LOADING Redis is loading the dataset in memory", REDIS_FAULT_WAIT},
        {"BUSY Redis is busy running a script.", REDIS_FAULT_WAIT},
        {"READONLY You can't write against a read only replica.", REDIS_FAULT_ROLE},
        {"MASTERDOWN x", REDIS_FAULT_WAIT},
        {"TRYAGAIN x", REDIS_FAULT_WAIT},
        {"CLUSTERDOWN Hash slot not served", REDIS_FAULT_WAIT},
        {"NOSCRIPT No matching script.", REDIS_FAULT_SCRIPT},
        {"MOVED 1 127.0.0.1:7000", REDIS_FAULT_MOVED},
        {"ASK 1 127.0.0.1:7000", REDIS_FAULT_ASK},
        {"WRONGTYPE Operation against a key holding the wrong kind of value", REDIS_FAULT_KEY},
        {"ERR syntax error", REDIS_FAULT_KEY},
        {"", REDIS_FAULT_KEY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(redis_fault_judge(cases[i].text), cases[i].fault);
    }
    struct error err;
    assert_int_equal(redis_fault_explain("Redis at x:1", "READONLY y", &err), -1);
    assert_string_equal(err.text,
                        "Redis at x:1 answers 'READONLY y'; it is a replica: give the address "
                        "of the primary");
    redis_fault_explain("Redis at x:1", "ERR odd", &err);
    assert_string_equal(err.text, "Redis at x:1 answers 'ERR odd'");
    assert_int_equal(err.kind, ERROR_BACKEND);
    redis_fault_explain("Redis at x:1",
                        "ERR unknown command 'AUTH', with args beginning with: 'secret' ", &err);
    assert_string_equal(err.text, "Redis at x:1 answers 'ERR unknown command 'AUTH''");
}

static void test_info(void **state)
{
    (void)state;
    struct slice text =
        slice_of("# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n\r\n# Memory\r\n"
                 "used_memory:1234\r\nused_memory_human:1.2K\r\nmaxmemory:99\r\n"
                 "mem_not_counted_for_evict:17\r\n"
                 "maxmemory_policy:noeviction\r\nloading:1\r\n# Keyspace\r\n"
                 "db0:keys=5,expires=4,avg_ttl=0\r\ndb12:keys=7,expires=0,avg_ttl=0");
    struct sink_status status = {0};
    redis_info_read(text, 12, &status);
    assert_string_equal(status.version, "7.0.15");
    assert_string_equal(status.run_id, "abc");
    assert_string_equal(status.policy, "noeviction");
    assert_string_equal(status.role, "");
    assert_int_equal(status.used_bytes, 1234);
    assert_int_equal(status.max_bytes, 99);
    assert_int_equal(status.uncounted_bytes, 17);
    assert_int_equal(status.key_count, 7);
    assert_true(status.is_loading);
    assert_int_equal(redis_info_find(text, "maxmemory_").size, 0);
    assert_int_equal(redis_info_find((struct slice){NULL, 0}, "x").size, 0);
    redis_info_read(text, 3, &status);
    assert_int_equal(status.key_count, 0);
    assert_true(redis_info_is_since("7.0.15", 7, 0));
    assert_true(redis_info_is_since("10.1", 7, 2));
    assert_false(redis_info_is_since("6.2.7", 7, 0));
    assert_false(redis_info_is_since("7.0.15", 7, 2));
    assert_false(redis_info_is_since("", 7, 0));
}

/* Source: CLUSTER KEYSLOT of a Redis 7.0.15, and the specification's examples of hash tags. */
static void test_slots(void **state)
{
    (void)state;
    assert_int_equal(redis_slot_of(slice_of("123456789")), 12739);
    assert_int_equal(redis_slot_of(slice_of("")), 0);
    assert_int_equal(redis_slot_of(slice_of("foo")), 12182);
    assert_int_equal(redis_slot_of(slice_of("user:{foo}:profile")), 12182);
    assert_int_equal(redis_slot_of(slice_of("x{foo}{bar}")), 12182);
    assert_int_equal(redis_slot_of(slice_of("{}foo")), redis_slot_of(slice_of("{}foo")));
    assert_int_not_equal(redis_slot_of(slice_of("foo{}")), 12182);
    assert_int_not_equal(redis_slot_of(slice_of("foo{")), 12182);
    assert_int_equal(redis_slot_of(slice_of("{{foo}}")), redis_slot_of(slice_of("{foo")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_addresses_that_are_none),
        cmocka_unit_test(test_commands_in_resp),
        cmocka_unit_test(test_output_survives_growth_and_partial_sends),
        cmocka_unit_test(test_error_words),
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
