/* control_file_fuzz.c - any bytes as a control file: each line is taken or complained of, values stay within limits. */
#include "loader/folder/control_file.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct config config = {.mysql = {.connections = 2, .chunk_rows = 500}};
    struct control_complaints complaints;
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    control_file_parse(text, &config, &complaints);
    require(config.mysql.connections >= 1 && config.mysql.chunk_rows >= 1);
    require(config.pace.rows_per_second >= 0 && config.pace.rest_percent >= 0);
    require(config.pace.throttle_query == NULL && config.mysql.host == NULL);
    for (size_t i = 0; i < complaints.count && i < CONTROL_COMPLAINT_MAX; i++) {
        require(complaints.lines[i].kind == ERROR_INPUT && complaints.lines[i].text[0] != '\0');
    }
    free(text);
    return 0;
}
