/* config_print.c - see config_print.h.
 * Room: common. May touch: the stream it is given. */
#include "common/config_print.h"

#include "common/config_rows.h"

#include <string.h>

enum { WIDTH = 80 };

static void print_section(FILE *out, const char *section)
{
    static const struct {
        const char *section, *name, *hint;
    } named[] = {
        {"entity", " product", "# or user\n"},
        {"log", " NAME", "# as many as there are kinds of logs; ingest --log NAME\n"},
        {"family", " NAME", "# as many as there are kinds of cached values\n"},
    };
    const char *name = "", *hint = "";
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (strcmp(named[i].section, section) == 0) {
            name = named[i].name;
            hint = named[i].hint;
        }
    }
    fprintf(out, "\n#[%s%s]\n%s", section, name, hint);
}

/* The help as a comment in front of the key, in lines of WIDTH columns. */
static void print_help(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t size = strlen(text), most = WIDTH - sizeof "# " + 1;
        if (size > most) {
            for (size = most; size > 0 && text[size] != ' '; size--) {
            }
        }
        fprintf(out, "# %.*s\n", (int)size, text);
        text += size;
        text += strspn(text, " ");
    }
}

void config_print(FILE *out)
{
    const char *section = "";
    fputs("# rekindle.conf: every section and key, with its default. Paths are relative to\n"
          "# the folder of this file.\n",
          out);
    for (const struct config_row *row = config_rows; row->section != NULL; row++) {
        if (strcmp(row->section, section) != 0) {
            section = row->section;
            print_section(out, section);
        }
        print_help(out, row->help);
        fprintf(out, "#%s =%s%s\n", row->key, row->default_text == NULL ? "" : " ",
                row->default_text == NULL ? "" : row->default_text);
    }
}
