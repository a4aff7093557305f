/* parent_table_fuzz.c - any bytes as attributes: a table or a sentence. */
#include "predictor/forecast/parent_table.h"

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
    struct parent_table *table = parent_table_load(path, &err);
    if (table == NULL && (err.kind == ERROR_NONE || err.text[0] == '\0')) {
        abort();
    }
    (void)parent_table_find(table, size);
    parent_table_free(table);
    (void)unlink(path);
    return 0;
}
