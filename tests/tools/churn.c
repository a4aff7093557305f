/* churn.c - an application that writes while a cache is warmed: it changes, deletes and brings back rows, and after each
 * deletes the row's cache key, as cache-aside does. Test tool; never installed.
 *
 *   churn MYSQL_SOCKET REDIS_SOCKET IDS THREADS SEED
 *
 * Rows: table `users` of the database `shop`, ids 1..IDS. Runs at full rate until its standard input ends; the last
 * key is deleted before it ends, so that from then on any value that differs from its row is stale for good.
 * Prints what it did: updates, deletes, inserts. Ends with 1 when either server fails it. */
#include <hiredis/hiredis.h>
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_SIZE = 256, THREADS_MAX = 16, WRITE_KINDS = 20, ARGUMENTS = 6 };

static atomic_bool is_over, has_failed;

struct writer {
    pthread_t thread;
    const char *mysql_socket, *redis_socket;
    uint64_t ids, random;
    uint64_t updates, deletes, inserts;
};

/* xorshift64*: nothing here needs better. */
static uint64_t draw(struct writer *writer, uint64_t below)
{
    writer->random ^= writer->random >> 12;
    writer->random ^= writer->random << 25;
    writer->random ^= writer->random >> 27;
    return (writer->random * UINT64_C(2685821657736338717) >> 33) % below;
}

/* One committed change of row `id`: 18 of 20 an update, one a delete, one brings a deleted row back, with a counter
 * that it never had: one that comes back is no version. */
static int change_row(struct writer *writer, MYSQL *mysql, uint64_t id)
{
    char text[TEXT_SIZE];
    uint64_t kind = draw(writer, WRITE_KINDS);
    int size;
    if (kind == 0) {
        size = snprintf(text, sizeof text, "DELETE FROM users WHERE id = %ju", (uintmax_t)id);
        writer->deletes++;
    } else if (kind == 1) {
        size =
            snprintf(text, sizeof text,
                     "INSERT IGNORE INTO users (id, name, points, counter) VALUES (%ju, 'back', 1, "
                     "UNIX_TIMESTAMP(now(6)) * 1000000)",
                     (uintmax_t)id);
        writer->inserts++;
    } else {
        size =
            snprintf(text, sizeof text,
                     "UPDATE users SET points = points + 1, counter = counter + 1 WHERE id = %ju",
                     (uintmax_t)id);
        writer->updates++;
    }
    return mysql_real_query(mysql, text, (unsigned long)size);
}

static int delete_key(redisContext *redis, uint64_t id)
{
    redisReply *reply = redisCommand(redis, "DEL user:%llu:profile", (unsigned long long)id);
    int result = reply == NULL || reply->type == REDIS_REPLY_ERROR ? -1 : 0;
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return result;
}

static void *write_on(void *argument)
{
    struct writer *writer = argument;
    MYSQL *mysql = mysql_init(NULL);
    redisContext *redis = redisConnectUnix(writer->redis_socket);
    if (mysql_real_connect(mysql, NULL, "root", NULL, "shop", 0, writer->mysql_socket, 0) == NULL ||
        redis == NULL || redis->err != 0) {
        fprintf(stderr, "churn: cannot connect: %s\n", mysql_error(mysql));
        atomic_store(&has_failed, true);
        return NULL;
    }
    while (!atomic_load(&is_over)) {
        uint64_t id = 1 + draw(writer, writer->ids);
        if (change_row(writer, mysql, id) != 0 || delete_key(redis, id) != 0) {
            fprintf(stderr, "churn: %s %s\n", mysql_error(mysql), redis->errstr);
            atomic_store(&has_failed, true);
            break;
        }
    }
    redisFree(redis);
    mysql_close(mysql);
    return NULL;
}

int main(int argc, char **argv)
{
    struct writer writers[THREADS_MAX] = {0};
    uint64_t updates = 0, deletes = 0, inserts = 0;
    if (argc != ARGUMENTS) {
        fprintf(stderr, "usage: churn MYSQL_SOCKET REDIS_SOCKET IDS THREADS SEED\n");
        return 2;
    }
    int threads = atoi(argv[4]);
    threads = threads > THREADS_MAX ? THREADS_MAX : threads;
    mysql_library_init(0, NULL, NULL);
    for (int i = 0; i < threads; i++) {
        writers[i] = (struct writer){.mysql_socket = argv[1],
                                     .redis_socket = argv[2],
                                     .ids = strtoull(argv[3], NULL, 0),
                                     .random = strtoull(argv[5], NULL, 0) * 1000 + (uint64_t)i + 1};
        pthread_create(&writers[i].thread, NULL, write_on, &writers[i]);
    }
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < threads; i++) {
        pthread_join(writers[i].thread, NULL);
        updates += writers[i].updates;
        deletes += writers[i].deletes;
        inserts += writers[i].inserts;
    }
    printf("%ju updates, %ju deletes, %ju inserts\n", (uintmax_t)updates, (uintmax_t)deletes,
           (uintmax_t)inserts);
    return atomic_load(&has_failed) ? 1 : 0;
}
