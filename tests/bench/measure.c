/* measure.c - runs a command and appends what it cost to a file: seconds<TAB>peak MiB<TAB>CPU seconds.
 * Room: tests. May touch: the file, one child process.
 * Usage: measure FILE COMMAND [ARGUMENT...]. Ends with the command's exit code. The peak is that of the largest
 * process among the command and what it waited for; /usr/bin/time is not everywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NANOSECONDS = 1000000000, MICROSECONDS = 1000000, KIB_PER_MIB = 1024, EXIT_NOT_RUN = 127 };

static double now_second(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / NANOSECONDS;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / MICROSECONDS;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: measure FILE COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    double began = now_second();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(EXIT_NOT_RUN);
    }
    int status = 0;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        perror("measure");
        return EXIT_NOT_RUN;
    }
    double seconds = now_second() - began;
    FILE *out = fopen(argv[1], "a");
    if (out == NULL) {
        perror(argv[1]);
        return EXIT_NOT_RUN;
    }
    fprintf(out, "%.3f\t%.1f\t%.3f\n", seconds, (double)used.ru_maxrss / KIB_PER_MIB,
            seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
    fclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NOT_RUN;
}
