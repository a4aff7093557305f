/* summary_csv_fuzz.c - any bytes as a summary: a table or a sentence. */
#include "predictor/forecast/summary_csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct triple_table table;
    struct error err = {.kind = ERROR_NONE};
    uint64_t row_count = 0;
    FILE *stream = tmpfile();
    if (stream == NULL || fwrite(bytes, 1, size, stream) != size) {
        abort();
    }
    rewind(stream);
    if (summary_csv_read(stream, "fuzz", &table, &row_count, &err) != 0 &&
        (err.kind == ERROR_NONE || err.text[0] == '\0')) {
        abort();
    }
    triple_table_free(&table);
    (void)fclose(stream);
    return 0;
}
