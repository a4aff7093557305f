/* set_loop.c - the least that a loader can do: `SET key value NX EXAT time` for each line of a file, by hiredis, with a
 * sliding window. No plan, no journal, no check of anything but an error reply: the mark that ours is held against.
 * Room: tests. May touch: the file, Redis.
 * Usage: set_loop SOCKET EXPIRE_UNIX FILE; a line is key TAB value. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1000, ARGUMENTS = 6 };

static void take_reply(redisContext *redis)
{
    redisReply *reply = NULL;
    if (redisGetReply(redis, (void **)&reply) != REDIS_OK || reply->type == REDIS_REPLY_ERROR) {
        fprintf(stderr, "set_loop: %s\n", reply == NULL ? redis->errstr : reply->str);
        exit(1);
    }
    freeReplyObject(reply);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 4 ? fopen(argv[3], "r") : NULL;
    redisContext *redis = argc == 4 ? redisConnectUnix(argv[1]) : NULL;
    if (file == NULL || redis == NULL || redis->err != 0) {
        fputs("usage: set_loop SOCKET EXPIRE_UNIX FILE\n", stderr);
        return 2;
    }
    char *line = NULL;
    size_t capacity = 0, in_flight = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, file)) > 0) {
        char *tab = memchr(line, '\t', (size_t)size);
        if (tab == NULL) {
            continue;
        }
        size_t key_size = (size_t)(tab - line);
        const char *words[ARGUMENTS] = {"SET", line, tab + 1, "NX", "EXAT", argv[2]};
        size_t sizes[ARGUMENTS] = {3, key_size, (size_t)size - key_size - 2, 2, 4, strlen(argv[2])};
        if (redisAppendCommandArgv(redis, ARGUMENTS, words, sizes) != REDIS_OK) {
            return 1;
        }
        if (++in_flight == WINDOW) {
            take_reply(redis);
            in_flight--;
        }
    }
    for (; in_flight > 0; in_flight--) {
        take_reply(redis);
    }
    redisFree(redis);
    free(line);
    fclose(file);
    return 0;
}
