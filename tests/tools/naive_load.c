/* naive_load.c - the warmer that most shops have: read a chunk of rows, SET their keys. What tests compare with.
 * Test tool; never installed.
 *
 *   naive_load MYSQL_SOCKET REDIS_SOCKET IDS (set|nx)
 *
 * Reads `users` of the database `shop` in chunks of 500 ids and writes each chunk down a pipeline, `SET` or `SET NX`. */
#include <hiredis/hiredis.h>
#include <mysql.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 256, CHUNK_IDS = 500, ARGUMENTS = 5 };

static int load_chunk(MYSQL *mysql, redisContext *redis, uint64_t from, bool is_nx)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text,
             "SELECT id, JSON_OBJECT('id', id, 'name', name, 'points', points) FROM users "
             "WHERE id BETWEEN %ju AND %ju",
             (uintmax_t)from, (uintmax_t)from + CHUNK_IDS - 1);
    MYSQL_RES *rows = mysql_query(mysql, text) == 0 ? mysql_store_result(mysql) : NULL;
    if (rows == NULL) {
        return -1;
    }
    int sent = 0, result = 0;
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL; sent++) {
        redisAppendCommand(redis, is_nx ? "SET user:%s:profile %s NX" : "SET user:%s:profile %s",
                           row[0], row[1]);
    }
    mysql_free_result(rows);
    while (sent-- > 0 && result == 0) {
        void *reply = NULL;
        result = redisGetReply(redis, &reply);
        freeReplyObject(reply);
    }
    return result;
}

int main(int argc, char **argv)
{
    if (argc != ARGUMENTS) {
        fprintf(stderr, "usage: naive_load MYSQL_SOCKET REDIS_SOCKET IDS (set|nx)\n");
        return 2;
    }
    MYSQL *mysql = mysql_init(NULL);
    redisContext *redis = redisConnectUnix(argv[2]);
    uint64_t ids = strtoull(argv[3], NULL, 0);
    if (mysql_real_connect(mysql, NULL, "root", NULL, "shop", 0, argv[1], 0) == NULL ||
        redis == NULL || redis->err != 0) {
        fprintf(stderr, "naive_load: cannot connect: %s\n", mysql_error(mysql));
        return 1;
    }
    for (uint64_t from = 1; from <= ids; from += CHUNK_IDS) {
        if (load_chunk(mysql, redis, from, strcmp(argv[4], "nx") == 0) != 0) {
            fprintf(stderr, "naive_load: %s %s\n", mysql_error(mysql), redis->errstr);
            return 1;
        }
    }
    redisFree(redis);
    mysql_close(mysql);
    return 0;
}
