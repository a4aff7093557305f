/* redis_cluster.c - see redis_cluster.h.
 * Room: loader/sink. May touch: nothing. */
#include "loader/sink/redis_cluster.h"

#include <string.h>

enum { CRC_POLYNOMIAL = 0x1021, CRC_HIGH_BIT = 0x8000, BITS_PER_BYTE = 8 };

static uint16_t crc16(struct slice bytes)
{
    unsigned crc = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= (unsigned)(unsigned char)bytes.bytes[i] << BITS_PER_BYTE;
        for (int bit = 0; bit < BITS_PER_BYTE; bit++) {
            crc = (crc & CRC_HIGH_BIT) != 0 ? (crc << 1) ^ CRC_POLYNOMIAL : crc << 1;
        }
    }
    return (uint16_t)crc;
}

static struct slice hash_tag(struct slice key)
{
    const char *open = key.size == 0 ? NULL : memchr(key.bytes, '{', key.size);
    if (open == NULL) {
        return key;
    }
    size_t left = key.size - (size_t)(open + 1 - key.bytes);
    const char *close = left == 0 ? NULL : memchr(open + 1, '}', left);
    if (close == NULL || close == open + 1) {
        return key;
    }
    return (struct slice){open + 1, (size_t)(close - open - 1)};
}

uint16_t redis_slot_of(struct slice key)
{
    return crc16(hash_tag(key)) & (REDIS_SLOT_COUNT - 1);
}
