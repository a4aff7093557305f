/* image_reader.h - the values of an image, by family and id.
 * Room: loader/source. May touch: the image, reading only; an index in files without a name.
 * Promises: a value comes out only of a block whose checksum is right, and only for the id that was asked, byte for byte.
 * Memory does not grow with the image but by 8 bytes for each quarter of a MiB. One thread at a time. */
#ifndef REKINDLE_LOADER_IMAGE_READER_H
#define REKINDLE_LOADER_IMAGE_READER_H

#include "common/error.h"
#include "loader/source/source.h"

struct image_reader;

/* Reads the image once from end to end, and indexes it in `folder`. ERROR_INPUT when it cannot be read, is damaged, cut off
 * or unfinished, told with the byte; or is one of something else than `identity`. */
struct image_reader *image_reader_open(const char *path, const char *folder, const char *identity,
                                       struct error *err) MUST_CHECK;
void image_reader_close(struct image_reader *reader);

uint64_t image_reader_count(const struct image_reader *reader); /* of its values */
int64_t image_reader_begun_unix(const struct image_reader *reader);

/* Fills batch->records[i] for those `ids[i]`, i < count, that it has; the others stay what they are. When the image
 * cannot be read any more nothing is filled, now or later: image_reader_trouble says why. -1: out of memory. */
int image_reader_fetch(struct image_reader *reader, const char *family, const struct slice ids[],
                       size_t count, struct record_batch *batch, struct error *err) MUST_CHECK;
/* NULL: none. */
const char *image_reader_trouble(const struct image_reader *reader);

/* When the image, or the draft of one, was begun: reads only its first block. ERROR_INPUT: it is none. */
int image_reader_ask_begun(const char *path, int64_t *begun_unix, struct error *err) MUST_CHECK;
/* Does it begin as an image does, however damaged it is further on? False also when it cannot be opened. */
bool image_reader_is_image(const char *path);

#endif
