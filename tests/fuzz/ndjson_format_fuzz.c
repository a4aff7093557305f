/* ndjson_format_fuzz.c - any bytes as a line of JSON; jansson must think alike. */
#include "tests/unit/predictor/ndjson_judge.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size <= LINE_SIZE_MAX &&
        !judge_agrees((struct slice){.bytes = (const char *)bytes, .size = size})) {
        abort();
    }
    return 0;
}
