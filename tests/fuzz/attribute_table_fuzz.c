/* attribute_table_fuzz.c - any bytes as attributes: a table or a sentence. */
#include "predictor/forecast/attribute_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    char path[] = "/tmp/rekindle-fuzz-XXXXXX";
    int descriptor = mkstemp(path);
    if (descriptor < 0 || write(descriptor, bytes, size) != (ssize_t)size) {
        abort();
    }
    (void)close(descriptor);
    struct attribute_table *table = attribute_table_load(path, &err);
    if (table == NULL && (err.kind == ERROR_NONE || err.text[0] == '\0')) {
        abort();
    }
    char text[ATTRIBUTE_TEXT_SIZE];
    for (size_t i = 0; i < attribute_table_grouping_count(table); i++) {
        for (uint32_t level = 0; level <= attribute_table_level_count(table, i) + 1; level++) {
            (void)attribute_table_print(table, i, level, text);
        }
    }
    (void)attribute_table_parent(table, attribute_table_find(table, size));
    attribute_table_free(table);
    (void)unlink(path);
    return 0;
}
