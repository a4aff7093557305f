/* options.h - command lines as data: a table of commands, each with a table of options.
 * Room: common. May touch: getopt, stdout (for --help, --version and --print-config).
 * Promises: --help, parsing and the man page check all read the same rows; nothing here exits. */
#ifndef REKINDLE_COMMON_OPTIONS_H
#define REKINDLE_COMMON_OPTIONS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
    OPTION_FLAG,            /* bool */
    OPTION_TEXT,            /* const char *, borrowed from argv; NULL: not given */
    OPTION_COUNT,           /* uint64_t, `200k` */
    OPTION_COUNT_SOME,      /* the same, but not 0 */
    OPTION_BYTES,           /* uint64_t, `2GiB` */
    OPTION_BYTES_SOME,      /* the same, but not 0 */
    OPTION_DURATION_SECOND, /* int64_t, `30d` */
    OPTION_SHARE,           /* double, `20%` */
    OPTION_NUMBER,          /* double */
    OPTION_LIST,            /* struct option_list: may be given several times */
};

enum { OPTION_LIST_MAX = 16 };

struct option_list {
    const char *values[OPTION_LIST_MAX]; /* borrowed from argv */
    size_t count;
};

struct option_row {
    const char *name; /* long name, without the dashes; NULL ends a table */
    enum option_kind kind;
    size_t offset;        /* of the field in the values struct */
    const char *argument; /* "DIR"; NULL for a flag */
    const char *help;     /* one sentence fragment, with the default in it */
};

enum { COMMAND_TABLES_MAX = 8 };

struct command {
    const char *name;
    const char *summary;                                 /* one line for the list of commands */
    const struct option_row *tables[COMMAND_TABLES_MAX]; /* ends at the first NULL */
    const char *arguments;   /* "FILE..." when the command takes some, else NULL */
    const char *examples[2]; /* two lines one can run */
};

struct program {
    const char *name, *purpose;     /* for the first lines of --help */
    const struct command *commands; /* ends at a NULL name */
    const char *examples[2];
    void (*print_config)(FILE *out); /* --print-config; NULL: there is none */
};

/* What a command line asked for. */
struct command_line {
    const struct command
        *command;     /* NULL: --help or the like was printed, there is nothing to do */
    char **arguments; /* what is left behind the options, in order; borrowed from argv */
    size_t argument_count;
};

/* Fills `values` (whose fields hold the defaults) and `line`. ERROR_USAGE with the nearest known name for an
 * unknown command or option, a bad value, or a missing command. Reorders argv. */
int options_parse(const struct program *program, int argc, char **argv, void *values,
                  struct command_line *line, struct error *err) MUST_CHECK;

#endif
