/* terminal.c - see terminal.h.
 * Room: common. May touch: the stream it is given, the terminal's size. */
#include "common/terminal.h"

#include "common/slice.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MIN = 40, COLUMNS_DEFAULT = 80, INDENT_MORE = 2, TEXT_SIZE = 4096 };

size_t terminal_columns(FILE *out)
{
    struct winsize size;
    int descriptor = fileno(out);
    if (descriptor < 0 || !isatty(descriptor)) {
        return 0;
    }
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return COLUMNS_DEFAULT;
    }
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

static bool is_character_start(char byte)
{
    enum { UTF8_MASK = 0xC0, UTF8_MORE = 0x80 };
    return ((unsigned char)byte & UTF8_MASK) != UTF8_MORE;
}

static size_t count_columns(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += is_character_start(text.bytes[i]);
    }
    return count;
}

size_t terminal_fit(const char *text, size_t columns)
{
    size_t size = strlen(text), count = 0;
    for (size_t i = 0; columns > 0 && i < size; i++) {
        count += is_character_start(text[i]);
        if (count > columns) {
            return i;
        }
    }
    return size;
}

static struct slice front(struct slice text, size_t size)
{
    return (struct slice){text.bytes, size};
}

static struct slice behind(struct slice text, size_t size)
{
    return (struct slice){text.bytes + size, text.size - size};
}

static size_t count_blanks(struct slice text)
{
    size_t count = 0;
    while (count < text.size && text.bytes[count] == ' ') {
        count++;
    }
    return count;
}

static size_t find(struct slice text, size_t from, char byte)
{
    while (from < text.size && text.bytes[from] != byte) {
        from++;
    }
    return from;
}

/* Up to the next blank; with what stands between backquotes when that is no wider than `room`. */
static struct slice take_word(struct slice text, size_t room)
{
    size_t blank = find(text, 0, ' ');
    size_t open = find(text, 0, '`');
    size_t close = find(text, open + 1, '`');
    struct slice quoted = front(text, find(text, close, ' '));
    bool is_whole = open < blank && close < text.size && count_columns(quoted) <= room;
    return is_whole ? quoted : front(text, blank);
}

static void fold_line(FILE *out, struct slice line, size_t columns)
{
    size_t room = columns - 1; /* some terminals wrap after the last column */
    size_t indent = count_blanks(line), used = 0;
    bool is_wide = columns > 0 && count_columns(line) > room;
    while (is_wide && line.size > 0) {
        size_t blanks = count_blanks(line);
        struct slice word = take_word(behind(line, blanks), room - indent - INDENT_MORE);
        size_t wide = count_columns(word);
        if (used > 0 && used + blanks + wide > room) {
            fprintf(out, "\n%*s", (int)(indent + INDENT_MORE), "");
            used = indent + INDENT_MORE;
        } else {
            fprintf(out, "%*s", (int)blanks, "");
            used += blanks;
        }
        fwrite(word.bytes, 1, word.size, out);
        used += wide;
        line = behind(line, blanks + word.size);
    }
    fwrite(line.bytes, 1, line.size, out);
    fputc('\n', out);
}

void terminal_fold(FILE *out, const char *text, size_t columns)
{
    struct slice rest = slice_of(text);
    do {
        size_t size = find(rest, 0, '\n');
        fold_line(out, front(rest, size), columns);
        rest = behind(rest, size + (size < rest.size));
    } while (rest.size > 0);
}

void terminal_print_line(FILE *out, const char *before, const char *format, va_list arguments)
{
    char text[TEXT_SIZE];
    va_list again;
    va_copy(again, arguments);
    int before_size = snprintf(text, sizeof text, "%s", before);
    int size = vsnprintf(text + before_size, sizeof text - (size_t)before_size, format, arguments);
    if (size >= 0 && before_size + size < TEXT_SIZE) {
        terminal_fold(out, text, terminal_columns(out));
    } else {
        fputs(before, out);
        vfprintf(out, format, again);
        fputc('\n', out);
    }
    va_end(again);
}

void terminal_print(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    terminal_print_line(out, "", format, arguments);
    va_end(arguments);
}
