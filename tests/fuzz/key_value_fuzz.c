/* key_value_fuzz.c - any bytes as lines of a manifest or status: what is found stands in the text and fits. */
#include "loader/folder/key_value.h"

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
    enum { VALUE_SIZE = 8 };
    static const char *const names[] = {"state", "settled", "rows_per_second", ""};
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char value[VALUE_SIZE];
        int64_t number = -1;
        double real = -1;
        bool is_found = key_value_find(text, names[i], value, sizeof value);
        require(memchr(value, '\0', sizeof value) != NULL && strstr(text, value) != NULL);
        require(is_found || value[0] == '\0');
        require(strpbrk(value, "\r\n") == NULL);
        bool is_number = key_value_find_number(text, names[i], &number);
        require((is_found && strstr(text, names[i]) != NULL) || !is_number);
        require(key_value_find_real(text, names[i], &real) ? is_found : real < 0);
    }
    free(text);
    return 0;
}
