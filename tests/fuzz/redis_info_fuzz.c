/* redis_info_fuzz.c - any bytes as the answer to INFO: fields lie within them, words end, nothing is read beyond. */
#include "loader/sink/redis_info.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct sink_status status = {0};
    char *copy = malloc(size == 0 ? 1 : size); /* exactly the size, for the sanitizer */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, bytes, size);
    struct slice text = {copy, size};
    redis_info_read(text, size % 2 == 0 ? 0 : INT64_MAX, &status);
    require(memchr(status.run_id, '\0', sizeof status.run_id) != NULL);
    require(memchr(status.version, '\0', sizeof status.version) != NULL);
    require(memchr(status.policy, '\0', sizeof status.policy) != NULL);
    require(memchr(status.role, '\0', sizeof status.role) != NULL);
    struct slice found = redis_info_find(text, "run_id");
    require(found.bytes == NULL ||
            (found.bytes >= copy && found.bytes + found.size <= copy + size));
    (void)redis_info_is_since(status.version, 1, 0);
    free(copy);
    return 0;
}
