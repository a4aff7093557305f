/* control_file.c - see control_file.h.
 * Room: loader/folder. May touch: that file, stderr through the message. */
#include "loader/folder/control_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config_value.h"
#include "common/file_io.h"
#include "common/message.h"
#include "common/monotonic.h"

enum { KEY_SIZE = 40, VALUE_SIZE = 80, LOOK_EVERY_US = US_PER_SECOND };

static const char blanks[] = " \t\r";

/* What may be changed, and where the config has it. Texts are not among it: they would need memory of their own. */
static const struct {
    const char *key, *section;
} control_rows[] = {
    {"rows", "pace"},         {"bytes", "pace"},           {"chunk_target", "pace"},
    {"rest_percent", "pace"}, {"threads_running", "pace"}, {"threads_running_critical", "pace"},
    {"hibernate", "pace"},    {"replica_lag", "pace"},     {"redis_latency", "pace"},
    {"connections", "mysql"}, {"chunk_rows", "mysql"},
};

static const struct config_row *find_row(const char *key)
{
    for (size_t i = 0; i < sizeof control_rows / sizeof *control_rows; i++) {
        if (strcmp(control_rows[i].key, key) == 0) {
            return config_rows_find(control_rows[i].section, key);
        }
    }
    return NULL;
}

/* `line` without blanks around it, cut to what a key or value may be. */
static void copy_trimmed(char *copy, size_t size, struct slice line)
{
    while (line.size > 0 && strchr(blanks, line.bytes[0]) != NULL) {
        line.bytes++;
        line.size--;
    }
    while (line.size > 0 && strchr(blanks, line.bytes[line.size - 1]) != NULL) {
        line.size--;
    }
    size_t copied = line.size < size - 1 ? line.size : size - 1;
    memcpy(copy, line.bytes, copied);
    copy[copied] = '\0';
}

static int set_line(struct slice line, struct config *config, struct error *err)
{
    char key[KEY_SIZE], value[VALUE_SIZE];
    struct config_target target = {.base = config};
    const char *equals = memchr(line.bytes, '=', line.size);
    copy_trimmed(key, sizeof key, line);
    if (key[0] == '\0' || key[0] == '#' || key[0] == ';') {
        return 0;
    }
    if (equals == NULL) {
        return error_set(err, ERROR_INPUT, "'%s' is not of the form key = value", key);
    }
    size_t key_size = (size_t)(equals - line.bytes);
    copy_trimmed(key, sizeof key, (struct slice){line.bytes, key_size});
    copy_trimmed(value, sizeof value, (struct slice){equals + 1, line.size - key_size - 1});
    const struct config_row *row = find_row(key);
    if (row == NULL) {
        return error_set(err, ERROR_INPUT,
                         "'%s' cannot be changed while a run is running; what can: rows, bytes, "
                         "chunk_target, rest_percent, threads_running, threads_running_critical, "
                         "hibernate, replica_lag, redis_latency, connections, chunk_rows",
                         key);
    }
    return config_value_set(&target, row, value, err) == 0 ? 0 : error_add_context(err, "%s", key);
}

void control_file_parse(const char *text, struct config *config,
                        struct control_complaints *complaints)
{
    complaints->count = 0;
    for (int64_t number = 1; *text != '\0'; number++) {
        size_t size = strcspn(text, "\n");
        struct config before = *config;
        struct error err = {0};
        if (set_line((struct slice){text, size}, config, &err) != 0) {
            *config = before;
            error_add_context(&err, "line %" PRId64, number);
            if (complaints->count < CONTROL_COMPLAINT_MAX) {
                complaints->lines[complaints->count] = err;
            }
            complaints->count++;
        }
        text += size;
        text += *text == '\n';
    }
}

/* ---- the file */

void control_file_init(struct control_file *control, const struct run_folder *folder)
{
    *control = (struct control_file){0};
    if (folder != NULL) {
        run_folder_file(folder, "control", control->path);
    }
}

/* Reads it into `text` [CONTROL_FILE_SIZE_MAX + 1]; no file is an empty one. */
static int read_file(const struct control_file *control, char *text, struct error *err)
{
    char *whole = NULL;
    size_t size;
    text[0] = '\0';
    if (control->path[0] == '\0' || access(control->path, F_OK) != 0) {
        return 0;
    }
    if (file_read_whole(control->path, CONTROL_FILE_SIZE_MAX, &whole, &size, err) != 0) {
        return -1;
    }
    snprintf(text, CONTROL_FILE_SIZE_MAX + 1, "%s", whole);
    free(whole);
    return 0;
}

static void tell(const struct control_file *control, const struct control_complaints *complaints,
                 const struct message *message)
{
    for (size_t i = 0; i < complaints->count && i < CONTROL_COMPLAINT_MAX; i++) {
        message_warn(message, "%s: %s; this line is passed over", control->path,
                     complaints->lines[i].text);
    }
    message_note(message, "%s: %s", control->path,
                 control->text[0] == '\0' ? "gone; the config's limits hold again"
                                          : "its limits hold from now on");
}

bool control_file_look(struct control_file *control, const struct config *base,
                       struct config *in_force, const struct message *message, int64_t now_us)
{
    char text[CONTROL_FILE_SIZE_MAX + 1];
    struct error err = {0};
    struct control_complaints complaints;
    if (control->looked_us != 0 && now_us - control->looked_us < LOOK_EVERY_US) {
        return false;
    }
    control->looked_us = now_us;
    if (read_file(control, text, &err) != 0) {
        if (!control->is_refused) {
            message_warn(message, "%s; the limits stay as they are", err.text);
        }
        control->is_refused = true;
        return false;
    }
    control->is_refused = false;
    if (strcmp(text, control->text) == 0) {
        return false;
    }
    memcpy(control->text, text, sizeof text);
    *in_force = *base;
    control_file_parse(control->text, in_force, &complaints);
    tell(control, &complaints, message);
    return true;
}
