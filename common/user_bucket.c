/* user_bucket.c - see user_bucket.h.
 * Room: common. May touch: zlib. */
#include "common/user_bucket.h"

#include <zlib.h>

int user_bucket_of(struct slice id)
{
    uLong crc = crc32_z(0, (const Bytef *)id.bytes, id.size);
    return (int)(crc % USER_BUCKET_COUNT);
}
