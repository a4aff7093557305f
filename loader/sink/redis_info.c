/* redis_info.c - see redis_info.h.
 * Room: loader/sink. May touch: nothing.
 * INFO is lines of `field:value\r\n`, with `# Section` lines between them. */
#include "loader/sink/redis_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASE_TEN = 10, FIELD_NAME_SIZE = 32 };

struct slice redis_info_find(struct slice text, const char *field)
{
    size_t field_size = strlen(field);
    const char *at = text.bytes;
    const char *end = text.bytes + text.size;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end == NULL ? end : line_end;
        size_t size = (size_t)(line_end - at);
        if (size > field_size && at[field_size] == ':' && memcmp(at, field, field_size) == 0) {
            struct slice value = {at + field_size + 1, size - field_size - 1};
            if (value.size > 0 && value.bytes[value.size - 1] == '\r') {
                value.size--;
            }
            return value;
        }
        at = line_end + 1;
    }
    return (struct slice){NULL, 0};
}

/* Leading decimal digits; 0 when there are none. */
static uint64_t read_number(struct slice text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.size && text.bytes[i] >= '0' && text.bytes[i] <= '9'; i++) {
        number = number * BASE_TEN + (uint64_t)(text.bytes[i] - '0');
    }
    return number;
}

static void copy_word(char *target, size_t size, struct slice word)
{
    size_t copied = word.size < size - 1 ? word.size : size - 1;
    if (copied > 0) {
        memcpy(target, word.bytes, copied);
    }
    target[copied] = '\0';
}

/* `db0:keys=5,expires=5,avg_ttl=0`; a database without keys has no line. */
static uint64_t read_key_count(struct slice text, int64_t database)
{
    static const char first[] = "keys=";
    char field[FIELD_NAME_SIZE];
    snprintf(field, sizeof field, "db%lld", (long long)database);
    struct slice value = redis_info_find(text, field);
    size_t skipped = sizeof first - 1;
    if (value.size < skipped || memcmp(value.bytes, first, skipped) != 0) {
        return 0;
    }
    return read_number((struct slice){value.bytes + skipped, value.size - skipped});
}

void redis_info_read(struct slice text, int64_t database, struct sink_status *status)
{
    const struct {
        const char *field;
        uint64_t *number;
    } numbers[] = {
        {"used_memory", &status->used_bytes},
        {"maxmemory", &status->max_bytes},
        {"mem_not_counted_for_evict", &status->uncounted_bytes},
        {"total_system_memory", &status->system_bytes},
        {"evicted_keys", &status->evicted_count},
        {"expired_keys", &status->expired_count},
        {"keyspace_hits", &status->hit_count},
        {"keyspace_misses", &status->miss_count},
        {"connected_slaves", &status->replica_count},
    };
    const struct {
        const char *field;
        char *word;
        size_t size;
    } words[] = {
        {"run_id", status->run_id, sizeof status->run_id},
        {"redis_version", status->version, sizeof status->version},
        {"maxmemory_policy", status->policy, sizeof status->policy},
        {"role", status->role, sizeof status->role},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        *numbers[i].number = read_number(redis_info_find(text, numbers[i].field));
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        copy_word(words[i].word, words[i].size, redis_info_find(text, words[i].field));
    }
    status->uptime_second = (int64_t)read_number(redis_info_find(text, "uptime_in_seconds"));
    status->is_loading = read_number(redis_info_find(text, "loading")) != 0;
    status->key_count = read_key_count(text, database);
}

bool redis_info_is_since(const char *version, int major, int minor)
{
    char *end = NULL;
    long has_major = strtol(version, &end, BASE_TEN);
    long has_minor = *end == '.' ? strtol(end + 1, NULL, BASE_TEN) : 0;
    return has_major > major || (has_major == major && has_minor >= minor);
}
