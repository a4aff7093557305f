/* image_writer.h - keeps what a run has written, so that a cache that was lost can be warmed without asking for it again.
 * Room: loader/source. May touch: the image and its draft PATH.part.
 * Promises: mode 0600; under PATH stands a whole image or none. A draft outlives a killed process, and is gone on with.
 * One thread. */
#ifndef REKINDLE_LOADER_IMAGE_WRITER_H
#define REKINDLE_LOADER_IMAGE_WRITER_H

#include "common/error.h"
#include "loader/source/image_format.h"

struct image_writer;

/* What image it is. */
struct image_options {
    const char *path; /* copied */
    const char
        *identity; /* of what it is an image: a draft with another one is begun anew; copied */
    int64_t now_unix;
    bool is_resumed; /* goes on with a draft, where there is one; false: begins anew */
};

/* ERROR_RESOURCE, ERROR_INPUT: the file cannot be made. */
struct image_writer *image_writer_open(const struct image_options *options,
                                       struct error *err) MUST_CHECK;
/* Adds a value. What was added is in the file after image_writer_flush, also when the process is killed. After a failure
 * nothing more can be added. */
int image_writer_add(struct image_writer *writer, const struct image_record *record,
                     struct error *err) MUST_CHECK;
int image_writer_flush(struct image_writer *writer, struct error *err) MUST_CHECK;
/* Makes the draft the image, durably; -1 leaves the image that was there before. */
int image_writer_commit(struct image_writer *writer, struct error *err) MUST_CHECK;
uint64_t image_writer_size(const struct image_writer *writer); /* bytes of the file so far */
uint64_t image_writer_count(const struct image_writer *writer);
/* Leaves the draft for the next session, unless it was committed; NULL is fine. */
void image_writer_close(struct image_writer *writer);
/* Removes the draft. */
void image_writer_discard(struct image_writer *writer);

#endif
