/* log_time_fuzz.c - any bytes as a time; what begins like an ISO time must be what common/ makes of it. */
#include "predictor/ingest/log_time.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { DASH_AT = 4 };
    struct log_clock clock;
    struct slice text = {.bytes = (const char *)bytes, .size = size};
    int64_t first = 0, second = 0, slow = 0;
    log_clock_init(&clock, NULL);
    int status = log_time_parse(&clock, text, &first);
    if (log_time_parse(&clock, text, &second) != status || first != second) {
        abort(); /* what is remembered may not change the answer */
    }
    bool is_iso = size > DASH_AT && bytes[DASH_AT] == '-' && bytes[2] != '/';
    if (is_iso && (civil_parse_rfc3339(text, NULL, &slow, NULL) != status ||
                   (status == 0 && slow != first))) {
        abort();
    }
    return 0;
}
