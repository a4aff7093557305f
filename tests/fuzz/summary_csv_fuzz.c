/* summary_csv_fuzz.c - any bytes as a summary: a table or a sentence. */
#include "predictor/forecast/summary_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct triple_table table;
    struct error err = {.kind = ERROR_NONE};
    uint64_t row_count = 0;
    char name[] = "/tmp/rekindle-fuzz-XXXXXX";
    char path[32];
    int descriptor = mkstemp(name);
    if (descriptor < 0 || unlink(name) != 0 || write(descriptor, bytes, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, sizeof path, "/dev/fd/%d", descriptor);
    if (summary_csv_read(path, &table, &row_count, &err) != 0 &&
        (err.kind == ERROR_NONE || err.text[0] == '\0')) {
        abort();
    }
    triple_table_free(&table);
    (void)close(descriptor);
    return 0;
}
