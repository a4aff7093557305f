/* process.c - see process.h.
 * Room: common. May touch: /proc, processes (asking only). */
#include "common/process.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { STAT_SIZE = 1024, PATH_SIZE = 64 };

/* False when /proc does not tell. A process names itself, so its name may hold blanks and parentheses: what counts
 * stands behind the last one. */
static bool read_stat(int64_t pid, char *state, int64_t *start)
{
    char path[PATH_SIZE], text[STAT_SIZE];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *name_end = strrchr(text, ')');
    return name_end != NULL &&
           sscanf(name_end + 1,
                  " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                  "%" SCNd64,
                  state, start) == 2;
}

int64_t process_start(int64_t pid)
{
    char state;
    int64_t start;
    return read_stat(pid, &state, &start) ? start : 0;
}

bool process_is_alive(int64_t pid, int64_t start)
{
    char state;
    int64_t found;
    if (pid <= 0 || pid > INT32_MAX || (kill((pid_t)pid, 0) != 0 && errno != EPERM)) {
        return false;
    }
    if (!read_stat(pid, &state, &found)) {
        return true; /* hidden from us, but there */
    }
    return state != 'Z' && state != 'X' && (start == 0 || found == start);
}
