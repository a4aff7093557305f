/* segment_format.h - the layout of a segment file, and what is known of a whole segment.
 * Room: predictor/history. May touch: nothing.
 *
 *   header   magic[8] version:32 bucket_second:32
 *   block    checksum:64 payload_size:32 key_count:32 entity:32 payload[payload_size]
 *   ...      blocks follow each other without a gap; a block holds one entity and ends at about 64 KiB
 *   footer   per block: varint payload_size, varint entity, varint id_size, its first id, checksum:64
 *            then the totals: keys of users:64, of products:64, pairs:64, events:64, blocks:64, first:32, last:32
 *   trailer  footer_offset:64 footer_size:64 checksum:64 magic[8]
 *
 * A block's checksum is XXH3-64 over what follows it in the block, the trailer's over footer and the two
 * numbers after it. The footer holds all the blocks' checksums and the manifest holds the footer's, so each
 * byte of a segment is vouched for. Fixed numbers are little-endian. The same events give the same bytes. */
#ifndef REKINDLE_PREDICTOR_SEGMENT_FORMAT_H
#define REKINDLE_PREDICTOR_SEGMENT_FORMAT_H

#include "common/entity.h"

#include <stdint.h>

enum {
    SEGMENT_VERSION = 1,
    SEGMENT_MAGIC_SIZE = 8,
    SEGMENT_HEADER_SIZE = 16,
    SEGMENT_BLOCK_HEADER_SIZE = 20,
    SEGMENT_CHECKSUM_SIZE = 8,
    SEGMENT_BLOCK_SIZE = 64 * 1024,                /* a payload that reached it ends the block */
    SEGMENT_PAYLOAD_SIZE_MAX = 1024 * 1024 * 1024, /* one key may need more than a block */
    SEGMENT_TOTALS_SIZE = 5 * 8 + 2 * 4,
    SEGMENT_TRAILER_SIZE = 3 * 8 + SEGMENT_MAGIC_SIZE
};

#define SEGMENT_MAGIC_HEAD "RKSEGM\r\n"
#define SEGMENT_MAGIC_TAIL "RKSEGEND"

struct segment_totals {
    uint64_t key_count[ENTITY_COUNT];
    uint64_t pair_count;               /* buckets of all keys */
    uint64_t event_count;              /* their counts summed */
    int32_t first_bucket, last_bucket; /* both 0 when there is no key */
    uint64_t size_bytes;               /* of the file */
    uint64_t checksum;                 /* of the footer, so of everything */
};

#endif
