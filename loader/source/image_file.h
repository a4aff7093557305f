/* image_file.h - an image's file, block by block.
 * Room: loader/source. May touch: the file, reading only. One thread. */
#ifndef REKINDLE_LOADER_IMAGE_FILE_H
#define REKINDLE_LOADER_IMAGE_FILE_H

#include "common/error.h"
#include "loader/source/image_format.h"

/* All zero but the descriptor: nothing was read yet. */
struct image_file {
    int descriptor;
    const char *path; /* borrowed, for messages */
    char *block;      /* of the last block that was read: head and payload */
    size_t capacity;
    uint64_t block_at;    /* its offset */
    struct slice payload; /* of it; empty: none was read */
};

/* Reads and verifies the block at `offset`: 1 and it is `payload`, borrowed until the next call; 0 when the file ends
 * there; -1: ERROR_INPUT, damage, told by path and offset. */
int image_file_read(struct image_file *file, uint64_t offset, struct error *err) MUST_CHECK;
/* Where the block behind the last one begins. */
uint64_t image_file_next(const struct image_file *file);
void image_file_free(struct image_file *file);

#endif
