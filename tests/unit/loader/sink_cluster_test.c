/* sink_cluster_test.c - a private Redis Cluster: all keys arrive, also while slots move and a master dies.
 * Room: tests. May touch: private servers on loopback ports that were free. */
#include "loader/sink/redis_control.h"
#include "loader/sink/sink.h"

#include "tests/unit/loader/private_server.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
    MASTERS = 3,
    NODES = 4, /* the last one is a replica of the first */
    CROWD = 60000,
    KEY_SIZE = 24,
    SLOTS = 16384,
    NAME_SIZE = 64,
    BUS_OFFSET = 10000,
    MOVED_SLOTS = 60,
    ROUND_MAX = 300
};

static struct private_server nodes[NODES];
static int ports[NODES];
static char names[NODES][NAME_SIZE]; /* the nodes' ids */
static char address[NAME_SIZE];

static bool is_free(int port)
{
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons((uint16_t)port)};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    int result = bind(descriptor, (const struct sockaddr *)&where, sizeof where);
    close(descriptor);
    return result == 0;
}

static redisReply *node_call(size_t node, const char *command)
{
    redisContext *context = redisConnectUnix(nodes[node].socket);
    redisReply *reply = redisCommand(context, command);
    assert_non_null(reply);
    redisFree(context);
    return reply;
}

static void node_run(size_t node, const char *command)
{
    redisReply *reply = node_call(node, command);
    if (reply->type == REDIS_REPLY_ERROR) {
        fail_msg("%s: %s", command, reply->str);
    }
    freeReplyObject(reply);
}

static void start_node(size_t node, int port)
{
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    ports[node] = port;
    private_server_start_redis(
        &nodes[node], (const char *const[]){"--port", text, "--bind", "127.0.0.1",
                                            "--cluster-enabled", "yes", "--cluster-node-timeout",
                                            "1000", "--repl-diskless-sync-delay", "0", NULL});
}

/* Polls; 20 s. */
static void wait_until(size_t node, const char *command, const char *text)
{
    for (int tries = 0; tries < 1000; tries++) {
        redisReply *reply = node_call(node, command);
        bool is_found = reply->str != NULL && strstr(reply->str, text) != NULL;
        freeReplyObject(reply);
        if (is_found) {
            return;
        }
        nanosleep(&(struct timespec){0, 20 * 1000 * 1000}, NULL);
    }
    fail_msg("node %zu: %s never showed %s", node, command, text);
}

static int start(void **state)
{
    (void)state;
    char command[256];
    int port = 20000 + (int)(getpid() % 20000);
    for (size_t i = 0; i < NODES; i++) {
        private_server_make_folder(&nodes[i]);
        while (!is_free(port) || !is_free(port + BUS_OFFSET)) {
            port++;
        }
        start_node(i, port++);
        redisReply *reply = node_call(i, "CLUSTER MYID");
        snprintf(names[i], NAME_SIZE, "%s", reply->str);
        freeReplyObject(reply);
    }
    for (size_t i = 0; i < NODES; i++) {
        if (i < MASTERS) {
            snprintf(command, sizeof command, "CLUSTER ADDSLOTSRANGE %zu %zu", i * SLOTS / MASTERS,
                     (i + 1) * SLOTS / MASTERS - 1);
            node_run(i, command);
        }
        snprintf(command, sizeof command, "CLUSTER SET-CONFIG-EPOCH %zu", i + 1);
        node_run(i, command);
        snprintf(command, sizeof command, "CLUSTER MEET 127.0.0.1 %d", ports[i]);
        node_run(0, command);
    }
    wait_until(NODES - 1, "CLUSTER INFO", "cluster_known_nodes:4");
    snprintf(command, sizeof command, "CLUSTER REPLICATE %s", names[0]);
    node_run(NODES - 1, command);
    for (size_t i = 0; i < NODES; i++) {
        wait_until(i, "CLUSTER INFO", "cluster_state:ok");
        wait_until(i, "CLUSTER INFO", "cluster_known_nodes:4");
    }
    wait_until(NODES - 1, "INFO replication", "master_link_status:up");
    snprintf(address, sizeof address, "127.0.0.1:%d", ports[1]);
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++) {
        private_server_remove(&nodes[i]);
    }
    return 0;
}

static char keys[CROWD][KEY_SIZE];
static struct sink_item items[CROWD];
static struct sink_look looks[CROWD];

static void make_items(const char *prefix)
{
    static const char hash[] = "\4\0\0\0name\3\0\0\0Ann";
    for (size_t i = 0; i < CROWD; i++) {
        snprintf(keys[i], KEY_SIZE, i % 7 == 0 ? "{%s:%zu}:x" : "%s:%zu", prefix, i);
        items[i] = (struct sink_item){
            .key = slice_of(keys[i]), .value = slice_of(keys[i]), .expire_unix = 2000000000};
        if (i % 50 == 0) {
            items[i].value = (struct slice){hash, sizeof hash - 1};
            items[i].kind = RECORD_HASH;
        }
        looks[i] = (struct sink_look){.key = items[i].key, .kind = items[i].kind};
    }
}

static struct sink *open_cluster(void)
{
    static struct redis_config config;
    config = (struct redis_config){.address = address, .is_cluster = true, .timeout_ms = 2000};
    struct error err;
    const struct sink_options options = {.redis = &config, .patience_ms = 20000};
    struct sink *sink = sink_open(&options, &err);
    if (sink == NULL) {
        fail_msg("%s", err.text);
    }
    return sink;
}

/* Every item was written, and the cluster has each with our value. */
static void assert_all_there(struct sink *sink)
{
    struct error err;
    if (sink_look(sink, SINK_LOOK_VALUE, looks, CROWD, &err) != 0) {
        fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < CROWD; i++) {
        if (items[i].result != SINK_DONE || !slice_is_equal(looks[i].value, items[i].value)) {
            fail_msg("%s: result %d, %s", keys[i], items[i].result,
                     looks[i].is_present ? "another value" : "absent");
        }
    }
}

static void write_all(struct sink *sink)
{
    struct error err;
    if (sink_write(sink, items, CROWD, false, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void test_keys_find_their_nodes(void **state)
{
    (void)state;
    struct error err;
    struct sink *sink = open_cluster();
    char wanted[128];
    snprintf(wanted, sizeof wanted, "redis cluster at %s", address);
    assert_string_equal(sink_name(sink), wanted);
    make_items("a");
    write_all(sink);
    assert_all_there(sink);
    assert_int_equal(sink_look(sink, SINK_LOOK_PRESENCE, looks, CROWD, &err), 0);
    for (size_t i = 0; i < CROWD; i++) {
        assert_true(looks[i].is_present);
        items[i].result = SINK_NOT_SENT;
    }
    assert_int_equal(sink_account(sink).retry_count, 0);
    assert_int_equal(sink_remove(sink, items, CROWD, &err), 0);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(items[i].result, SINK_DONE);
    }
    sink_close(sink);
}

static bool has_address(const struct sink_status statuses[], size_t count, int port)
{
    char wanted[NAME_SIZE];
    snprintf(wanted, sizeof wanted, "127.0.0.1:%d", port);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(statuses[i].address, wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* Asked through the replica's address: that one is none of them. */
static void test_each_master_has_a_status(void **state)
{
    (void)state;
    struct error err;
    struct sink_status statuses[SINK_NODE_MAX], first;
    size_t count;
    char through_master[NAME_SIZE];
    memcpy(through_master, address, sizeof address);
    snprintf(address, sizeof address, "127.0.0.1:%d", ports[NODES - 1]);
    struct sink *sink = open_cluster();
    assert_int_equal(sink_node_statuses(sink, statuses, &count, &err), 0);
    assert_int_equal(count, MASTERS);
    for (size_t i = 0; i < count; i++) {
        assert_true(has_address(statuses, count, ports[i]));
        assert_string_equal(statuses[i].role, "master");
        assert_true(statuses[i].used_bytes > 0);
    }
    assert_int_equal(sink_status(sink, &first, &err), 0);
    assert_string_equal(first.role, "master");
    sink_close(sink);
    memcpy(address, through_master, sizeof address);
}

/* Their slots lie on all nodes, and the address is that of one. */
static void test_control_keys_find_their_nodes(void **state)
{
    (void)state;
    enum { KEYS = 30 };
    struct error err;
    struct redis_config config = {.address = address, .is_cluster = true, .timeout_ms = 2000};
    struct redis_control *control = redis_control_open(&config, &err);
    assert_non_null(control);
    for (int i = 0; i < KEYS; i++) {
        char key[NAME_SIZE], value[NAME_SIZE], holder[LEASE_OWNER_SIZE];
        snprintf(key, sizeof key, "control:%d", i);
        assert_int_equal(redis_control_set(control, key, key, 0, &err), 0);
        assert_int_equal(redis_control_get(control, key, value, sizeof value, &err), 1);
        assert_string_equal(value, key);
        assert_int_equal(redis_control_delete(control, key, &err), 1);
        assert_int_equal(redis_control_take_lease(control, key, "me", 60000, holder, &err), 1);
        assert_int_equal(redis_control_release_lease(control, key, "me", &err), 1);
    }
    redis_control_close(control);
}

/* Moves slots from the second node to the third, with their keys, as redis-cli --cluster reshard does. */
static void *move_slots(void *context)
{
    (void)context;
    char command[512];
    size_t first = SLOTS / MASTERS;
    for (size_t slot = first; slot < first + MOVED_SLOTS; slot++) {
        snprintf(command, sizeof command, "CLUSTER SETSLOT %zu IMPORTING %s", slot, names[1]);
        node_run(2, command);
        snprintf(command, sizeof command, "CLUSTER SETSLOT %zu MIGRATING %s", slot, names[2]);
        node_run(1, command);
        for (bool is_empty = false; !is_empty;) {
            snprintf(command, sizeof command, "CLUSTER GETKEYSINSLOT %zu 100", slot);
            redisReply *found = node_call(1, command);
            is_empty = found->elements == 0;
            for (size_t i = 0; i < found->elements; i++) {
                snprintf(command, sizeof command, "MIGRATE 127.0.0.1 %d %s 0 2000", ports[2],
                         found->element[i]->str);
                node_run(1, command);
            }
            freeReplyObject(found);
        }
        for (size_t node = MASTERS; node-- > 0;) {
            snprintf(command, sizeof command, "CLUSTER SETSLOT %zu NODE %s", slot, names[2]);
            node_run(node, command);
        }
    }
    return NULL;
}

static atomic_bool is_moved;

static void *move_slots_and_say(void *context)
{
    move_slots(context);
    atomic_store(&is_moved, true);
    return NULL;
}

/* The last round begins when all slots have moved: what the map did not learn on the way, it must learn there. */
static void test_slots_that_move(void **state)
{
    (void)state;
    struct sink *sink = open_cluster();
    pthread_t mover;
    bool is_last = false;
    pthread_create(&mover, NULL, move_slots_and_say, NULL);
    for (int round = 0; !is_last; round++) {
        char prefix[NAME_SIZE];
        is_last = atomic_load(&is_moved);
        snprintf(prefix, sizeof prefix, "b%d", round);
        make_items(prefix);
        write_all(sink);
        assert_all_there(sink);
    }
    pthread_join(mover, NULL);
    assert_true(sink_account(sink).retry_count > 0);
    assert_int_equal(sink_account(sink).restart_count, 0);
    sink_close(sink);
}

static void *kill_master(void *context)
{
    (void)context;
    nanosleep(&(struct timespec){0, 30 * 1000 * 1000}, NULL);
    private_server_end(&nodes[0], SIGKILL);
    return NULL;
}

/* Writes until the master has died in some round: that round's keys must all be on its successor. */
static void test_a_master_that_dies(void **state)
{
    (void)state;
    struct sink *sink = open_cluster();
    struct sink_status statuses[SINK_NODE_MAX];
    struct error err;
    size_t count;
    pthread_t killer;
    make_items("c");
    write_all(sink);
    pthread_create(&killer, NULL, kill_master, NULL);
    for (int round = 0; round < ROUND_MAX && sink_account(sink).restart_count == 0; round++) {
        char prefix[NAME_SIZE];
        snprintf(prefix, sizeof prefix, "c%d", round);
        make_items(prefix);
        write_all(sink);
    }
    pthread_join(killer, NULL);
    assert_int_equal(sink_account(sink).restart_count, 1);
    assert_all_there(sink);
    assert_int_equal(sink_node_statuses(sink, statuses, &count, &err), 0);
    assert_true(has_address(statuses, count, ports[NODES - 1]));
    assert_false(has_address(statuses, count, ports[0]));
    sink_close(sink);
}

static void test_without_the_option_it_says_so(void **state)
{
    (void)state;
    struct redis_config config = {.address = address, .timeout_ms = 2000};
    struct error err;
    const struct sink_options options = {.redis = &config, .patience_ms = 5000};
    struct sink *sink = sink_open(&options, &err);
    assert_non_null(sink);
    make_items("d");
    assert_int_equal(sink_write(sink, items, CROWD, false, &err), -1);
    assert_int_equal(err.kind, ERROR_BACKEND);
    assert_non_null(
        strstr(err.text, "'; this node belongs to a cluster: set [redis] cluster = yes"));
    sink_close(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_find_their_nodes),
        cmocka_unit_test(test_each_master_has_a_status),
        cmocka_unit_test(test_control_keys_find_their_nodes),
        cmocka_unit_test(test_without_the_option_it_says_so),
        cmocka_unit_test(test_slots_that_move),
        cmocka_unit_test(test_a_master_that_dies),
    };
    return cmocka_run_group_tests(tests, start, end);
}
