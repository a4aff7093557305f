/* options.c - see options.h.
 * Room: common. May touch: getopt, stdout. */
#include "common/options.h"

#include "common/spelling.h"
#include "common/units.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_KEY = 999, FIRST_KEY = 1000, HELP_COLUMN = 30, HELP_WIDTH = 79, NAME_SIZE_MAX = 40 };

struct parse_state {
    const struct program *program;
    const struct command *command;
    char *values;
    bool is_help;
};

/* ---- finding rows */

/* The row that `key` stands for, counted through all tables of the command. */
static const struct option_row *find_row(const struct command *command, int key)
{
    int at = FIRST_KEY;
    for (int t = 0; t < COMMAND_TABLES_MAX && command->tables[t] != NULL; t++) {
        for (const struct option_row *row = command->tables[t]; row->name != NULL; row++) {
            if (at++ == key) {
                return row;
            }
        }
    }
    return NULL;
}

static int count_rows(const struct command *command)
{
    int count = 0;
    while (find_row(command, FIRST_KEY + count) != NULL) {
        count++;
    }
    return count;
}

static struct spelling spell_option(const struct command *command, const char *name)
{
    struct spelling spelling = spelling_of(slice_of(name));
    for (int key = FIRST_KEY; find_row(command, key) != NULL; key++) {
        spelling_offer(&spelling, slice_of(find_row(command, key)->name));
    }
    return spelling;
}

static const struct command *find_command(const struct program *program, const char *name)
{
    for (const struct command *command = program->commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

static int refuse_command(const struct program *program, const char *name, struct error *err)
{
    char hint[SPELLING_HINT_SIZE];
    struct spelling spelling = spelling_of(slice_of(name));
    for (const struct command *command = program->commands; command->name != NULL; command++) {
        spelling_offer(&spelling, slice_of(command->name));
    }
    if (spelling.nearest.size == 0) {
        return error_set(err, ERROR_USAGE, "there is no command '%.60s'; see %s --help", name,
                         program->name);
    }
    return error_set(err, ERROR_USAGE, "there is no command '%.60s'%s", name,
                     spelling_hint(&spelling, hint));
}

/* ---- values */

static int append_to_list(struct option_list *list, const char *text, struct error *err)
{
    if (list->count == OPTION_LIST_MAX) {
        return error_set(err, ERROR_USAGE, "given more than %d times", OPTION_LIST_MAX);
    }
    list->values[list->count++] = text;
    return 0;
}

/* Where 0 stands for "not given": a script that has computed it does not mean "no limit". */
static int refuse_zero(const uint64_t *value, struct error *err)
{
    if (*value > 0) {
        return 0;
    }
    return error_set(err, ERROR_USAGE, "0 is too little; give 1 or more, or leave the option out");
}

static int store_value(const struct option_row *row, const char *text, char *values,
                       struct error *err)
{
    void *field = values + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)field = text;
        return 0;
    case OPTION_COUNT:
        return units_parse_count(text, field, err);
    case OPTION_COUNT_SOME:
        return units_parse_count(text, field, err) != 0 ? -1 : refuse_zero(field, err);
    case OPTION_BYTES:
        return units_parse_bytes(text, field, err);
    case OPTION_BYTES_SOME:
        return units_parse_bytes(text, field, err) != 0 ? -1 : refuse_zero(field, err);
    case OPTION_DURATION_SECOND:
        return units_parse_duration_second(text, field, err);
    case OPTION_SHARE:
        return units_parse_share(text, field, err);
    case OPTION_NUMBER:
        return units_parse_number(text, field, err);
    case OPTION_LIST:
        return append_to_list(field, text, err);
    }
    return 0;
}

/* ---- help */

/* Prints `text` from column HELP_COLUMN on, wrapped at HELP_WIDTH. */
static void print_wrapped(const char *text)
{
    size_t column = HELP_COLUMN;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + word > HELP_WIDTH) {
            printf("\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)word, text);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_row(const char *name, const char *argument, const char *help)
{
    char left[2 * HELP_WIDTH];
    int size = snprintf(left, sizeof left, "  --%s%s%s", name, argument == NULL ? "" : " ",
                        argument == NULL ? "" : argument);
    printf("%s", left);
    if (size >= HELP_COLUMN - 1) {
        printf("\n%*s", HELP_COLUMN, "");
    } else {
        printf("%*s", HELP_COLUMN - size, "");
    }
    print_wrapped(help);
}

/* The length of the next part of a command line: an option with what belongs to it, or all to the first option. */
static size_t find_part(const char *text)
{
    const char *next = strstr(text + 1, " --");
    return next == NULL ? strlen(text) : (size_t)(next - text);
}

/* Prints a command line as it can be pasted into a shell: one that is too wide is broken before options. */
static void print_example(const char *text)
{
    static const char first[] = "\n  ";
    static const char further[] = " \\\n     "; /* the part brings its own blank */
    enum { INDENT = 2, FURTHER_INDENT = 5, BREAK_SIZE = 2 };
    size_t column = INDENT;
    printf("%s", first);
    while (*text != '\0') {
        size_t part = find_part(text);
        size_t end = text[part] == '\0' ? HELP_WIDTH : HELP_WIDTH - BREAK_SIZE;
        if (column > FURTHER_INDENT && column + part > end) {
            printf("%s", further);
            column = FURTHER_INDENT;
        }
        printf("%.*s", (int)part, text);
        column += part;
        text += part;
    }
}

static void print_examples(const char *const examples[2])
{
    printf("\nTry:");
    print_example(examples[0]);
    print_example(examples[1]);
    putchar('\n');
}

static void print_command_help(const struct program *program, const struct command *command)
{
    printf("Usage: %s %s [OPTION...]%s%s\n%s.\n\n", program->name, command->name,
           command->arguments == NULL ? "" : " ",
           command->arguments == NULL ? "" : command->arguments, command->summary);
    for (int key = FIRST_KEY; find_row(command, key) != NULL; key++) {
        const struct option_row *row = find_row(command, key);
        print_row(row->name, row->argument, row->help);
    }
    print_row("help", NULL, "this text");
    print_row("version", NULL, "the version");
    if (program->print_config != NULL) {
        print_row("print-config", NULL, "a config file with every key and its default");
    }
    print_examples(command->examples);
}

static void print_program_help(const struct program *program)
{
    printf("Usage: %s COMMAND [OPTION...]\n%s\n\nCommands:\n", program->name, program->purpose);
    for (const struct command *command = program->commands; command->name != NULL; command++) {
        printf("  %-12s%s\n", command->name, command->summary);
    }
    printf("\n'%s COMMAND --help' tells the options of a command.\n", program->name);
    if (program->print_config != NULL) {
        printf("'%s --print-config' prints a config file with every key.\n", program->name);
    }
    print_examples(program->examples);
}

/* ---- parsing: getopt_long finds the options, the rows say what they mean */

static void fill_long_options(const struct command *command, struct option *options)
{
    const struct option_row *row;
    for (int key = FIRST_KEY; (row = find_row(command, key)) != NULL; key++) {
        int has_value = row->kind == OPTION_FLAG ? no_argument : required_argument;
        *options++ = (struct option){row->name, has_value, NULL, key};
    }
    *options = (struct option){"help", no_argument, NULL, HELP_KEY};
}

static int refuse_option(const struct parse_state *parse, const char *given, struct error *err)
{
    char name[NAME_SIZE_MAX + 1];
    const char *program = parse->program->name;
    const char *command = parse->command->name;
    if (strncmp(given, "--", 2) != 0) {
        return error_set(err, ERROR_USAGE, "'%.60s' is not an option; see %s %s --help", given,
                         program, command);
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    struct spelling spelling = spell_option(parse->command, name);
    if (spelling.nearest.size == 0) {
        return error_set(err, ERROR_USAGE, "there is no option --%s; see %s %s --help", name,
                         program, command);
    }
    if (slice_is_equal(spelling.nearest, slice_of(name))) {
        return error_set(err, ERROR_USAGE, "--%s takes no value", name);
    }
    return error_set(err, ERROR_USAGE, "there is no option --%s; did you mean --%.*s?", name,
                     SLICE_SHOWN(spelling.nearest));
}

static int take_option(struct parse_state *parse, int key, const char *given, struct error *err)
{
    const struct option_row *row = find_row(parse->command, key == ':' ? optopt : key);
    if (key == HELP_KEY || key == 'h') {
        parse->is_help = true;
        return 0;
    }
    if (row == NULL) {
        return refuse_option(parse, given, err);
    }
    if (key == ':') {
        return error_set(err, ERROR_USAGE, "--%s needs a value: --%s %s", row->name, row->name,
                         row->argument);
    }
    if (store_value(row, optarg, parse->values, err) != 0) {
        err->kind = ERROR_USAGE;
        return error_add_context(err, "--%s", row->name);
    }
    return 0;
}

static int take_all_options(struct parse_state *parse, int argc, char **argv, struct error *err)
{
    int key;
    int last = 1;
    struct option *options = calloc((size_t)count_rows(parse->command) + 2, sizeof *options);
    if (options == NULL) {
        return error_set_memory(err, "reading the command line");
    }
    fill_long_options(parse->command, options);
    optind = 0; /* glibc: start afresh, so that several command lines can be parsed in one test */
    opterr = 0;
    int result = 0;
    while (result == 0 && (key = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        result = take_option(parse, key, argv[last < optind ? optind - 1 : last], err);
        last = optind;
    }
    free(options);
    return result;
}

static int parse_command(struct parse_state *parse, int argc, char **argv,
                         struct command_line *line, struct error *err)
{
    const struct command *command = parse->command;
    if (take_all_options(parse, argc, argv, err) != 0) {
        return -1;
    }
    if (parse->is_help) {
        print_command_help(parse->program, command);
        return 0;
    }
    if (optind < argc && command->arguments == NULL) {
        return error_set(err, ERROR_USAGE, "%s takes no '%.60s'; see %s %s --help", command->name,
                         argv[optind], parse->program->name, command->name);
    }
    line->command = command;
    line->arguments = argv + optind;
    line->argument_count = (size_t)(argc - optind);
    return 0;
}

static bool is_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* `name` NULL: of the program. */
static int give_help(const struct program *program, const char *name, struct error *err)
{
    const struct command *command = name == NULL ? NULL : find_command(program, name);
    if (name != NULL && command == NULL) {
        return refuse_command(program, name, err);
    }
    if (command != NULL) {
        print_command_help(program, command);
    } else {
        print_program_help(program);
    }
    return 0;
}

int options_parse(const struct program *program, int argc, char **argv, void *values,
                  struct command_line *line, struct error *err)
{
    *line = (struct command_line){0};
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--version") == 0) {
            printf("%s %s\n", program->name, REKINDLE_VERSION);
            return 0;
        }
        if (strcmp(argv[i], "--print-config") == 0 && program->print_config != NULL) {
            program->print_config(stdout);
            return 0;
        }
    }
    if (argc < 2) {
        return error_set(err, ERROR_USAGE, "which command? see %s --help", program->name);
    }
    if (is_for_help(argv[1])) {
        return give_help(program, argc > 2 ? argv[2] : NULL, err);
    }
    struct parse_state parse = {.program = program, .values = values};
    parse.command = find_command(program, argv[1]);
    if (parse.command == NULL) {
        return refuse_command(program, argv[1], err);
    }
    return parse_command(&parse, argc - 1, argv + 1, line, err);
}
