/* foreground.c - an application beside a load: point reads of MariaDB and of Redis, each at a steady rate.
 * Usage: foreground MYSQL_SOCKET REDIS_SOCKET KEYS READS_PER_SECOND - until SIGTERM; then one line on stdout:
 * "mysql COUNT P50 P99 QUIET redis COUNT P50 P99 QUIET", times in microseconds. QUIET is the lower quartile of the p99s
 * of each 500 reads: what is left of it when other work on the machine disturbs some of the time.
 * A read's time counts from the moment at which it was due, so that a stall is felt by all reads that it delays. */
#include <hiredis/hiredis.h>
#include <mysql.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { READ_MAX = 4000000, STRETCH = 500, NS_PER_US = 1000, US_PER_SECOND = 1000000 };

static atomic_int is_stopped;

struct reader {
    int (*read)(struct reader *reader, unsigned key);
    const char *socket;
    unsigned key_count;
    int64_t every_us;
    MYSQL *mysql;
    redisContext *redis;
    int64_t *took_us;
    size_t count;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / NS_PER_US;
}

static void stop(int number)
{
    (void)number;
    atomic_store(&is_stopped, 1);
}

static int read_mysql(struct reader *reader, unsigned key)
{
    char statement[96];
    int size = snprintf(statement, sizeof statement,
                        "SELECT name, tier, points FROM users WHERE id = %u", key + 1);
    if (mysql_real_query(reader->mysql, statement, (unsigned long)size) != 0) {
        fprintf(stderr, "foreground: %s\n", mysql_error(reader->mysql));
        return -1;
    }
    mysql_free_result(mysql_store_result(reader->mysql));
    return 0;
}

static int read_redis(struct reader *reader, unsigned key)
{
    redisReply *reply = redisCommand(reader->redis, "GET live:%u", key % 10000);
    if (reply == NULL) {
        fprintf(stderr, "foreground: %s\n", reader->redis->errstr);
        return -1;
    }
    freeReplyObject(reply);
    return 0;
}

static void *run(void *context)
{
    struct reader *reader = context;
    unsigned random = 12345;
    int64_t due_us = now_us();
    while (atomic_load(&is_stopped) == 0 && reader->count < READ_MAX) {
        int64_t left_us = due_us - now_us();
        if (left_us > 0) {
            const struct timespec pause = {0, (long)(left_us * NS_PER_US)};
            nanosleep(&pause, NULL);
        }
        random = random * 1664525u + 1013904223u;
        if (reader->read(reader, (random >> 8) % reader->key_count) != 0) {
            exit(1);
        }
        reader->took_us[reader->count++] = now_us() - due_us;
        due_us += reader->every_us;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts the reads of each stretch: so it comes before what sorts all. */
static int64_t quiet_p99(struct reader *reader)
{
    size_t count = reader->count / STRETCH;
    int64_t *p99 = calloc(count + 1, sizeof *p99);
    if (p99 == NULL || count == 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t *stretch = &reader->took_us[i * STRETCH];
        qsort(stretch, STRETCH, sizeof *stretch, compare);
        p99[i] = stretch[STRETCH * 99 / 100 - 1];
    }
    qsort(p99, count, sizeof *p99, compare);
    int64_t quiet = p99[count / 4];
    free(p99);
    return quiet;
}

static void report(struct reader *reader, const char *name, char end)
{
    size_t last = reader->count > 0 ? reader->count - 1 : 0;
    int64_t quiet = quiet_p99(reader);
    qsort(reader->took_us, reader->count, sizeof *reader->took_us, compare);
    printf("%s %zu %lld %lld %lld%c", name, reader->count, (long long)reader->took_us[last / 2],
           (long long)reader->took_us[last * 99 / 100], (long long)quiet, end);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: foreground MYSQL_SOCKET REDIS_SOCKET KEYS READS_PER_SECOND\n");
        return 2;
    }
    pthread_t thread;
    int64_t every_us = US_PER_SECOND / strtol(argv[4], NULL, 10);
    unsigned key_count = (unsigned)strtoul(argv[3], NULL, 10);
    struct reader mysql = {.read = read_mysql, .key_count = key_count, .every_us = every_us};
    struct reader redis = {.read = read_redis, .key_count = key_count, .every_us = every_us};
    mysql.took_us = calloc(READ_MAX, sizeof *mysql.took_us);
    redis.took_us = calloc(READ_MAX, sizeof *redis.took_us);
    mysql.mysql = mysql_init(NULL);
    redis.redis = redisConnectUnix(argv[2]);
    if (mysql.took_us == NULL || redis.took_us == NULL || redis.redis == NULL ||
        redis.redis->err != 0 ||
        mysql_real_connect(mysql.mysql, NULL, "root", NULL, "bench", 0, argv[1], 0) == NULL) {
        fprintf(stderr, "foreground: cannot connect\n");
        return 1;
    }
    signal(SIGTERM, stop);
    if (pthread_create(&thread, NULL, run, &redis) != 0) {
        return 1;
    }
    run(&mysql);
    pthread_join(thread, NULL);
    report(&mysql, "mysql", ' ');
    report(&redis, "redis", '\n');
    return 0;
}
