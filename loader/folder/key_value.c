/* key_value.c - see key_value.h.
 * Room: loader/folder. May touch: nothing. */
#include "loader/folder/key_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DECIMAL = 10, NUMBER_SIZE = 64 };

static const char *value_of_line(const char *line, const char *name)
{
    size_t size = strlen(name);
    if (strncmp(line, name, size) != 0) {
        return NULL;
    }
    line += size;
    line += strspn(line, " ");
    if (*line != '=') {
        return NULL;
    }
    line++;
    return line + strspn(line, " ");
}

bool key_value_find(const char *text, const char *name, char *value, size_t size)
{
    value[0] = '\0';
    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *found = value_of_line(line, name);
        if (found != NULL) {
            size_t length = strcspn(found, "\r\n");
            length = length < size ? length : size - 1;
            memcpy(value, found, length);
            value[length] = '\0';
            return true;
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return false;
}

bool key_value_find_number(const char *text, const char *name, int64_t *number)
{
    char value[NUMBER_SIZE], *end;
    if (!key_value_find(text, name, value, sizeof value)) {
        return false;
    }
    errno = 0;
    long long parsed = strtoll(value, &end, DECIMAL);
    if (end == value || *end != '\0' || errno != 0) {
        return false;
    }
    *number = parsed;
    return true;
}

bool key_value_find_real(const char *text, const char *name, double *number)
{
    char value[NUMBER_SIZE], *end;
    if (!key_value_find(text, name, value, sizeof value)) {
        return false;
    }
    double parsed = strtod(value, &end);
    if (end == value || *end != '\0') {
        return false;
    }
    *number = parsed;
    return true;
}
