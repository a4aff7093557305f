/* metrics_file.c - see metrics_file.h.
 * Room: loader/folder. May touch: the file it is given. */
#include "loader/folder/metrics_file.h"

#include <string.h>
#include <sys/stat.h>

#include "common/file_io.h"

enum { READABLE_MODE = 0644, DIGITS = 15 };

/* As the text format wants label values: quotes, backslashes and ends of lines behind a backslash. What does not fit, and
 * no file has so long a name, is cut off. */
static void escape(const char *text, char *label, size_t size)
{
    size_t used = 0;
    for (; *text != '\0' && used + 2 < size; text++) {
        if (*text == '"' || *text == '\\' || *text == '\n') {
            label[used++] = '\\';
        }
        label[used++] = *text == '\n' ? 'n' : *text;
    }
    label[used] = '\0';
}

int metrics_file_open(struct metrics_file *file, const char *path, const char *prefix,
                      const char *label, const char *value, struct error *err)
{
    char escaped[2 * (NAME_MAX + 1)];
    *file = (struct metrics_file){.prefix = prefix, .draft = file_draft_open(path, err)};
    if (file->draft == NULL) {
        return -1;
    }
    file->out = file_draft_stream(file->draft);
    if (label != NULL) {
        escape(value, escaped, sizeof escaped);
        snprintf(file->labels, sizeof file->labels, "%.40s=\"%s\"", label, escaped);
    }
    return 0;
}

void metrics_file_head(struct metrics_file *file, const char *name, const char *type,
                       const char *help)
{
    fprintf(file->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", file->prefix, name, help, file->prefix,
            name, type);
}

static void put(struct metrics_file *file, const char *name, double value)
{
    bool has_labels = file->labels[0] != '\0';
    fprintf(file->out, "%s%s%s%s%s %.*g\n", file->prefix, name, has_labels ? "{" : "", file->labels,
            has_labels ? "}" : "", DIGITS, value);
}

void metrics_file_put_of(struct metrics_file *file, const char *name, const char *label,
                         const char *label_value, double value)
{
    fprintf(file->out, "%s%s{%s%s%s=\"%s\"} %.*g\n", file->prefix, name, file->labels,
            file->labels[0] == '\0' ? "" : ",", label, label_value, DIGITS, value);
}

void metrics_file_gauge(struct metrics_file *file, const char *name, const char *help, double value)
{
    metrics_file_head(file, name, "gauge", help);
    put(file, name, value);
}

void metrics_file_counter(struct metrics_file *file, const char *name, const char *help,
                          double value)
{
    metrics_file_head(file, name, "counter", help);
    put(file, name, value);
}

void metrics_file_states(struct metrics_file *file, const char *help, const char *const *states,
                         size_t count, const char *now)
{
    metrics_file_head(file, "state", "gauge", help);
    for (size_t i = 0; i < count; i++) {
        metrics_file_put_of(file, "state", "state", states[i], strcmp(now, states[i]) == 0);
    }
}

int metrics_file_commit(struct metrics_file *file, const char *path, struct error *err)
{
    struct file_draft *draft = file->draft;
    file->draft = NULL;
    if (!file_draft_is_in_place(draft) && fchmod(fileno(file->out), READABLE_MODE) != 0) {
        file_draft_abandon(draft);
        return error_set(err, ERROR_BACKEND, "cannot make %s readable", path);
    }
    return file_draft_commit(draft, err);
}

static bool is_plain(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '-';
}

const char *metrics_file_beside(char *beside, size_t size, const char *path, const char *name)
{
    static const char ending[] = ".prom";
    size_t stem = strlen(path), ending_size = sizeof ending - 1;
    if (stem > ending_size && strcmp(path + stem - ending_size, ending) == 0) {
        stem -= ending_size;
    }
    int used = snprintf(beside, size, "%.*s-%s%s", (int)stem, path, name, path + stem);
    if (used < 0 || (size_t)used >= size) {
        return NULL;
    }
    for (size_t i = 0; i < strlen(name); i++) {
        char *byte = &beside[stem + 1 + i];
        *byte = is_plain(*byte) ? *byte : '_';
    }
    return beside;
}
