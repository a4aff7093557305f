/* log_rules_fuzz.c - any text as a log_format and as rules of the command line: refused or compiled, never more. */
#include "predictor/ingest/log_layout.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Up to the next newline, terminated in place; what follows is the next part. */
static char *next_part(char **rest)
{
    char *part = *rest;
    char *newline = strchr(part, '\n');
    *rest = newline == NULL ? part + strlen(part) : newline + 1;
    if (newline != NULL) {
        *newline = '\0';
    }
    return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) {
        abort();
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    char *rest = text;
    struct log_layout_options options = {.format = next_part(&rest)};
    options.user_rule = next_part(&rest);
    char *columns = next_part(&rest);
    options.columns = *columns == '\0' ? NULL : columns;
    char *delimiter = next_part(&rest);
    options.delimiter = *delimiter == '\0' ? NULL : delimiter;
    char *status = next_part(&rest);
    options.status = *status == '\0' ? NULL : status;
    struct error err;
    struct log_layout layout;
    int result = log_layout_init(&layout, &options, &err);
    if (result != 0 && err.text[0] == '\0') {
        abort();
    }
    if (result == 0 && log_layout_has_header(&layout) &&
        log_layout_begin_file(&layout, slice_of(rest), "f", &err) != 0 && err.text[0] == '\0') {
        abort();
    }
    log_layout_free(&layout);
    free(text);
    return 0;
}
