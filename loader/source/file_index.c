/* file_index.c - see file_index.h.
 * Room: loader/source. May touch: its files.
 *
 * DESIGN
 * Entries are written one behind the other, then distributed to PART_COUNT parts by the highest bits of their hash,
 * then each part is sorted in memory: the whole is then in the order of (hash, offset). The hash of every 64th entry
 * stays in memory, so that a look is one read of 1 KiB. */
#include "loader/source/file_index.h"

#include "common/file_io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum {
    PART_BITS = 8,
    PART_COUNT = 1 << PART_BITS,
    HASH_BITS = 64,
    PART_BUFFER_ENTRIES = 256, /* of each part, while distributing */
    QUEUE_ENTRIES = 4096,
    BLOCK_ENTRIES = 64,
    PATH_SIZE = 4096
};

struct entry {
    uint64_t hash, offset;
};

struct file_index {
    char folder[PATH_SIZE];
    int raw;    /* entries as they were added; -1 when it is not open */
    int sorted; /* entries by (hash, offset) */
    struct entry queue[QUEUE_ENTRIES];
    size_t queue_count;
    uint64_t count; /* of entries, but for those in the queue */
    uint64_t part_counts[PART_COUNT];
    uint64_t *fence; /* [fence_count]: the hash of every BLOCK_ENTRIES-th entry */
    size_t fence_count;
};

/* ---- files */

static int fail(const struct file_index *index, int number, struct error *err)
{
    return error_set_errno(err, number == ENOSPC ? ERROR_RESOURCE : ERROR_BACKEND, number,
                           "cannot keep the index of a file in %s", index->folder);
}

static int open_nameless(const struct file_index *index, struct error *err)
{
    char path[PATH_SIZE + sizeof "/index.XXXXXX"];
    snprintf(path, sizeof path, "%s/index.XXXXXX", index->folder);
    int descriptor = mkstemp(path);
    if (descriptor < 0) {
        return fail(index, errno, err);
    }
    unlink(path);
    return descriptor;
}

static int write_at(const struct file_index *index, int descriptor, const struct entry entries[],
                    size_t count, uint64_t at, struct error *err)
{
    const char *bytes = (const char *)entries;
    size_t size = count * sizeof *entries;
    off_t offset = (off_t)(at * sizeof *entries);
    while (size > 0) {
        ssize_t written = pwrite(descriptor, bytes, size, offset);
        if (written < 0 && errno != EINTR) {
            return fail(index, errno, err);
        }
        size_t moved = written > 0 ? (size_t)written : 0;
        bytes += moved;
        size -= moved;
        offset += (off_t)moved;
    }
    return 0;
}

static int read_at(const struct file_index *index, int descriptor, struct entry entries[],
                   size_t count, uint64_t at, struct error *err)
{
    char *bytes = (char *)entries;
    size_t size = count * sizeof *entries;
    off_t offset = (off_t)(at * sizeof *entries);
    while (size > 0) {
        ssize_t got = pread(descriptor, bytes, size, offset);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return fail(index, got == 0 ? EIO : errno, err);
        }
        size_t moved = got > 0 ? (size_t)got : 0;
        bytes += moved;
        size -= moved;
        offset += (off_t)moved;
    }
    return 0;
}

/* ---- making it */

struct file_index *file_index_new(const char *folder, struct error *err)
{
    struct file_index *index = calloc(1, sizeof *index);
    if (index == NULL) {
        error_set_memory(err, "indexing a file");
        return NULL;
    }
    index->raw = -1;
    index->sorted = -1;
    snprintf(index->folder, sizeof index->folder, "%s", folder);
    if (file_make_folder(index->folder, err) != 0 || (index->raw = open_nameless(index, err)) < 0 ||
        (index->sorted = open_nameless(index, err)) < 0) {
        file_index_free(index);
        return NULL;
    }
    return index;
}

static void close_file(int *descriptor)
{
    if (*descriptor >= 0) {
        close(*descriptor);
    }
    *descriptor = -1;
}

void file_index_free(struct file_index *index)
{
    if (index == NULL) {
        return;
    }
    close_file(&index->raw);
    close_file(&index->sorted);
    free(index->fence);
    free(index);
}

static int flush_queue(struct file_index *index, struct error *err)
{
    size_t count = index->queue_count;
    if (write_at(index, index->raw, index->queue, count, index->count, err) != 0) {
        return -1;
    }
    index->count += count;
    index->queue_count = 0;
    return 0;
}

static size_t part_of(uint64_t hash)
{
    return (size_t)(hash >> (HASH_BITS - PART_BITS));
}

int file_index_add(struct file_index *index, uint64_t hash, uint64_t offset, struct error *err)
{
    index->queue[index->queue_count++] = (struct entry){hash, offset};
    index->part_counts[part_of(hash)]++;
    return index->queue_count < QUEUE_ENTRIES ? 0 : flush_queue(index, err);
}

/* One part while entries are distributed. */
struct part {
    struct entry entries[PART_BUFFER_ENTRIES];
    size_t count;
    uint64_t next; /* where in the sorted file its buffer goes */
};

static int flush_part(const struct file_index *index, struct part *part, struct error *err)
{
    int result = write_at(index, index->sorted, part->entries, part->count, part->next, err);
    part->next += part->count;
    part->count = 0;
    return result;
}

static int distribute(struct file_index *index, struct part parts[], struct error *err)
{
    for (uint64_t at = 0; at < index->count;) {
        uint64_t left = index->count - at;
        size_t count = left < QUEUE_ENTRIES ? (size_t)left : QUEUE_ENTRIES;
        if (read_at(index, index->raw, index->queue, count, at, err) != 0) {
            return -1;
        }
        for (size_t i = 0; i < count; i++) {
            struct part *part = &parts[part_of(index->queue[i].hash)];
            part->entries[part->count++] = index->queue[i];
            if (part->count == PART_BUFFER_ENTRIES && flush_part(index, part, err) != 0) {
                return -1;
            }
        }
        at += count;
    }
    for (size_t i = 0; i < PART_COUNT; i++) {
        if (flush_part(index, &parts[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int make_parts(struct file_index *index, struct error *err)
{
    struct part *parts = calloc(PART_COUNT, sizeof *parts);
    if (parts == NULL) {
        return error_set_memory(err, "indexing a file");
    }
    uint64_t next = 0;
    for (size_t i = 0; i < PART_COUNT; i++) {
        parts[i].next = next;
        next += index->part_counts[i];
    }
    int result = distribute(index, parts, err);
    free(parts);
    return result;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    return (left->offset > right->offset) - (left->offset < right->offset);
}

/* Sorts the `count` entries from `begin` on, and notes those that belong in the fence. */
static int sort_part(struct file_index *index, struct entry entries[], size_t count, uint64_t begin,
                     struct error *err)
{
    if (read_at(index, index->sorted, entries, count, begin, err) != 0) {
        return -1;
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < count; i++) {
        if ((begin + i) % BLOCK_ENTRIES == 0) {
            index->fence[index->fence_count++] = entries[i].hash;
        }
    }
    return write_at(index, index->sorted, entries, count, begin, err);
}

static int sort_parts(struct file_index *index, struct error *err)
{
    uint64_t longest = 1;
    for (size_t i = 0; i < PART_COUNT; i++) {
        longest = index->part_counts[i] > longest ? index->part_counts[i] : longest;
    }
    struct entry *entries = malloc((size_t)longest * sizeof *entries);
    index->fence = malloc((size_t)(index->count / BLOCK_ENTRIES + 1) * sizeof *index->fence);
    int result =
        entries == NULL || index->fence == NULL ? error_set_memory(err, "indexing a file") : 0;
    uint64_t begin = 0;
    for (size_t i = 0; i < PART_COUNT && result == 0; i++) {
        if (index->part_counts[i] > 0) {
            result = sort_part(index, entries, (size_t)index->part_counts[i], begin, err);
        }
        begin += index->part_counts[i];
    }
    free(entries);
    return result;
}

int file_index_finish(struct file_index *index, struct error *err)
{
    if (flush_queue(index, err) != 0 || make_parts(index, err) != 0 ||
        sort_parts(index, err) != 0) {
        return -1;
    }
    close_file(&index->raw);
    return 0;
}

/* ---- asking it */

/* The first block that may hold `hash`: the one before the first that begins with it or behind it. */
static size_t find_block(const struct file_index *index, uint64_t hash)
{
    size_t low = 0, high = index->fence_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->fence[middle] < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? low - 1 : 0;
}

int file_index_find(const struct file_index *index, uint64_t hash, uint64_t offsets[], size_t most,
                    struct error *err)
{
    struct entry block[BLOCK_ENTRIES] = {{0, 0}};
    size_t found = 0;
    for (uint64_t at = (uint64_t)find_block(index, hash) * BLOCK_ENTRIES; at < index->count;
         at += BLOCK_ENTRIES) {
        uint64_t left = index->count - at;
        size_t count = left < BLOCK_ENTRIES ? (size_t)left : BLOCK_ENTRIES;
        if (read_at(index, index->sorted, block, count, at, err) != 0) {
            return -1;
        }
        for (size_t i = 0; i < count && found < most; i++) {
            if (block[i].hash == hash) {
                offsets[found++] = block[i].offset;
            }
        }
        if (found == most || block[count - 1].hash > hash) {
            break;
        }
    }
    return (int)found;
}
