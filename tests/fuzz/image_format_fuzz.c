/* image_format_fuzz.c - any bytes as a block of an image: what is read lies within them, and comes back as it was put. */
#include "loader/source/image_format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void require_same(const struct image_record *record)
{
    size_t size = image_format_record_size(record);
    char *copy = malloc(size);
    if (copy == NULL) {
        return;
    }
    struct image_record again;
    struct slice rest = {copy, size};
    require(image_format_put_record(copy, record) == copy + size);
    require(image_format_next_record(&rest, &again) && rest.size == 0);
    require(again.kind == record->kind && slice_is_equal(again.family, record->family) &&
            slice_is_equal(again.id, record->id) &&
            slice_is_equal(again.version, record->version) &&
            slice_is_equal(again.value, record->value));
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *copy =
        malloc(size + 1); /* of exactly the size, for the sanitizer to see a byte too far */
    size_t payload_size;
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, bytes, size);
    struct slice payload = {copy, size}, rest = payload, identity;
    struct image_record record;
    int64_t begun_unix;
    uint64_t count;
    while (image_format_next_record(&rest, &record)) {
        require_same(&record);
    }
    if (image_format_read_begin(payload, &begun_unix, &identity)) {
        require(image_format_begin_size(identity) == size);
    }
    if (image_format_read_end(payload, &count)) {
        require(size == IMAGE_END_SIZE);
    }
    if (size > IMAGE_HEAD_SIZE && image_format_read_head(copy, &payload_size) &&
        payload_size == size - IMAGE_HEAD_SIZE) {
        bool is_whole = image_format_is_whole(copy, payload_size, 0);
        require(!is_whole || !image_format_is_whole(copy, payload_size, 1));
        image_format_seal(copy, payload_size, 1);
        require(image_format_is_whole(copy, payload_size, 1));
    }
    free(copy);
    return 0;
}
