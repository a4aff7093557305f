/* redis_target_test.c - which Redis a config means, and what it may not say.
 * Room: tests. May touch: nothing. */
#include "loader/sink/redis_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_targets(void **state)
{
    (void)state;
    static const struct {
        struct redis_config redis;
        enum redis_topology topology;
        size_t seed_count;
        const char *name, *last_seed;
    } cases[] = {
        {{.address = NULL},
         REDIS_SINGLE,
         1,
         "redis at 127.0.0.1:6379, database 0",
         "127.0.0.1:6379"},
        {{.address = "unix:/run/a, b", .database = 3},
         REDIS_SINGLE,
         1,
         "redis at unix:/run/a, b, database 3",
         "unix:/run/a, b"},
        {{.address = "a:1", .is_cluster = true}, REDIS_CLUSTER, 1, "redis cluster at a:1", "a:1"},
        {{.address = " a:1, b,[::1]:3 ", .is_cluster = true},
         REDIS_CLUSTER,
         3,
         "redis cluster at a:1,b:6379,[::1]:3",
         "[::1]:3"},
        {{.address = "a:1", .sentinel = "s:26379,t:26379", .master = "m", .database = 2},
         REDIS_SENTINEL,
         2,
         "redis m of the Sentinels s:26379,t:26379, database 2",
         "t:26379"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redis_target target;
        struct error err;
        assert_int_equal(redis_target_read(&cases[i].redis, &target, &err), 0);
        assert_int_equal(target.topology, cases[i].topology);
        assert_int_equal(target.seed_count, cases[i].seed_count);
        assert_string_equal(target.name, cases[i].name);
        assert_string_equal(target.seeds[target.seed_count - 1].text, cases[i].last_seed);
    }
}

static void test_targets_that_are_none(void **state)
{
    (void)state;
    static char long_list[20 * 200];
    for (int i = 0; i < 10; i++) {
        memset(long_list + strlen(long_list), 'h', 190);
        strcat(long_list, ":1,");
    }
    static const struct {
        struct redis_config redis;
        const char *text;
    } cases[] = {
        {{.address = "a:1,b:2"}, "[redis] address names 2 servers: that is for cluster = yes only"},
        {{.address = "unix:/run/a", .is_cluster = true},
         "[redis] cluster = yes needs host:port, not a Unix socket"},
        {{.sentinel = "a:1"}, "[redis] sentinel and master belong together: give both"},
        {{.master = "m"}, "[redis] sentinel and master belong together: give both"},
        {{.sentinel = "a:1", .master = "m", .is_cluster = true},
         "[redis] has both cluster = yes and sentinel: a cluster needs no Sentinel"},
        {{.address = "a:1,b:x", .is_cluster = true},
         "the Redis address 'b:x' has no port between 1 and 65535: write host:port, [::1]:6379 or "
         "unix:/path/socket"},
        {{.address = "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", .is_cluster = true},
         "[redis] names more than 16 addresses"},
        {{.address = long_list, .is_cluster = true},
         "[redis] has more than 240 bytes of addresses"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redis_target target;
        struct error err;
        assert_int_equal(redis_target_read(&cases[i].redis, &target, &err), -1);
        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_targets_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
