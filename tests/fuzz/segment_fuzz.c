/* segment_fuzz.c - hostile bytes as a block of a segment and as a manifest: read to the end or refused.
 * Room: tests/fuzz. May touch: nothing. The first byte says which; checksums do not stand in the way. */
#include "predictor/history/manifest.h"
#include "predictor/history/segment_block.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int is_good)
{
    if (!is_good) {
        abort();
    }
}

static void check_key(const struct key_history *key)
{
    require(key->id.size >= 1 && key->id.size <= ENTITY_ID_SIZE_MAX && key->bucket_count >= 1);
    for (size_t i = 0; i < key->bucket_count; i++) {
        require(key->buckets[i].count >= 1);
        require(i == 0 || key->buckets[i].bucket > key->buckets[i - 1].bucket);
    }
}

/* Keys that are accepted are in order and in range, and come back from what they are written as. */
static void read_block(const uint8_t *bytes, size_t size, uint32_t key_count)
{
    struct block_cursor cursor = {0}, again = {0};
    struct key_history key, copy;
    block_cursor_start(&cursor, bytes, size, ENTITY_USER, key_count);
    while (block_cursor_next(&cursor, &key) == 1) {
        check_key(&key);
        uint8_t *record = malloc(block_record_size_max(&key));
        require(record != NULL);
        uint8_t *end = block_put_record(record, (struct slice){0}, &key);
        require((size_t)(end - record) <= block_record_size_max(&key));
        block_cursor_start(&again, record, (size_t)(end - record), ENTITY_USER, 1);
        require(block_cursor_next(&again, &copy) == 1 && slice_is_equal(copy.id, key.id));
        require(copy.bucket_count == key.bucket_count &&
                memcmp(copy.buckets, key.buckets, key.bucket_count * sizeof *key.buckets) == 0);
        free(record);
    }
    block_cursor_free(&cursor);
    block_cursor_free(&again);
}

static void read_manifest(const uint8_t *bytes, size_t size)
{
    static const char head[] = "rekindle-history 1\nbucket_second 3600\nnext_segment 9\n";
    enum { HEAD_SIZE = sizeof head - 1, END_SIZE = 32 };
    struct manifest manifest;
    struct error err;
    char *text = malloc(HEAD_SIZE + size + END_SIZE);
    require(text != NULL);
    memcpy(text, head, HEAD_SIZE);
    memcpy(text + HEAD_SIZE, bytes, size);
    int end_size = snprintf(text + HEAD_SIZE + size, END_SIZE, "end %016llx\n",
                            (unsigned long long)XXH3_64bits(text, HEAD_SIZE + size));
    struct slice whole = {text, HEAD_SIZE + size + (size_t)end_size};
    if (manifest_parse("MANIFEST", whole, &manifest, &err) == 0) {
        manifest_free(&manifest);
    }
    if (manifest_parse("MANIFEST", (struct slice){(const char *)bytes, size}, &manifest, &err) ==
        0) {
        manifest_free(&manifest);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 0 && bytes[0] % 2 == 0) {
        read_block(bytes + 1, size - 1, bytes[0] / 2);
    } else if (size > 0) {
        read_manifest(bytes + 1, size - 1);
    }
    return 0;
}
