/* image_format.h - the bytes of an image of values: blocks framed by length and checksum, and what stands in them.
 * Room: loader/source. May touch: xxHash. Pure: no I/O, so that every torn and damaged shape can be tested.
 *
 *   block    magic u32 | payload size u32 | XXH3-64 of the payload, seeded with the block's offset in the file u64
 *   payload  kind u8, then by kind (numbers are little-endian):
 *     head    Unix second at which it was begun u64, identity text; the first block, and only that
 *     values  records, each as five parts (record.h's layout): kind, family, id, version, value
 *     end     count of records u64; the last block, so that a cut is seen wherever it is */
#ifndef REKINDLE_LOADER_IMAGE_FORMAT_H
#define REKINDLE_LOADER_IMAGE_FORMAT_H

#include "common/slice.h"
#include "loader/source/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMAGE_HEAD_SIZE = 16, IMAGE_PAYLOAD_SIZE_MAX = 1 << 30 };

enum image_block_kind { IMAGE_BEGIN = 1, IMAGE_VALUES = 2, IMAGE_END = 3 };

/* One value of an image; all slices are borrowed. */
struct image_record {
    enum record_kind kind; /* RECORD_STRING or RECORD_HASH */
    struct slice family, id, version, value;
};

/* Fills in the head of a block whose payload of `payload_size` bytes stands behind it; `offset`: of its head in the file. */
void image_format_seal(char *block, size_t payload_size, uint64_t offset);
/* The size of the payload that follows this head [IMAGE_HEAD_SIZE]; false when it is no head. */
bool image_format_read_head(const char *head, size_t *payload_size);
/* Whether the payload is the one that was sealed, at this offset. */
bool image_format_is_whole(const char *block, size_t payload_size, uint64_t offset);

/* The payload of a first block to `at`, of image_format_begin_size bytes, and back. */
size_t image_format_begin_size(struct slice identity);
void image_format_put_begin(char *at, int64_t begun_unix, struct slice identity);
bool image_format_read_begin(struct slice payload, int64_t *begun_unix, struct slice *identity);

/* The same for the last one. */
enum { IMAGE_END_SIZE = 9 };
void image_format_put_end(char *at, uint64_t record_count);
bool image_format_read_end(struct slice payload, uint64_t *record_count);

/* Bytes of a record in a payload of IMAGE_VALUES, which begins with that kind as one byte. */
size_t image_format_record_size(const struct image_record *record);
/* Writes it to `at`; returns what follows it. Each part fits in 32 bits. */
char *image_format_put_record(char *at, const struct image_record *record);
/* Takes the next record off the front; false at the end, and for what cannot be one. */
bool image_format_next_record(struct slice *rest, struct image_record *record);

#endif
