/* file_index.h - where the record of an id begins in a file, on disk, for files too long to remember.
 * Room: loader/source. May touch: two files without a name in the folder it is given.
 * Promises: memory is 2 MiB and an eighth of a byte a record, disk 16 bytes a record (twice that while it is made);
 * nothing is left behind, also after a crash. */
#ifndef REKINDLE_LOADER_FILE_INDEX_H
#define REKINDLE_LOADER_FILE_INDEX_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct file_index;

/* An empty index whose files lie in `folder`, which is made when it is not there. */
struct file_index *file_index_new(const char *folder, struct error *err) MUST_CHECK;
void file_index_free(struct file_index *index);

/* Adds a record: the hash of its id and where it begins. ERROR_RESOURCE: the disk is full. */
int file_index_add(struct file_index *index, uint64_t hash, uint64_t offset,
                   struct error *err) MUST_CHECK;
/* Once, behind the last record. */
int file_index_finish(struct file_index *index, struct error *err) MUST_CHECK;

/* The offsets of records with this hash, ascending: fills `offsets` [most], returns how many there are of these, or -1.
 * One small read. */
int file_index_find(const struct file_index *index, uint64_t hash, uint64_t offsets[], size_t most,
                    struct error *err) MUST_CHECK;

#endif
