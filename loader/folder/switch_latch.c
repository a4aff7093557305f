/* switch_latch.c - see switch_latch.h.
 * Room: loader/folder. May touch: the file `switch` of a run's folder. */
#include "loader/folder/switch_latch.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file_io.h"
#include "loader/folder/key_value.h"

enum { LATCH_SIZE_MAX = 1 << 12, WORD_SIZE = 16 };

static const char *const words[] = {
    [WISH_RUN] = "run", [WISH_PAUSE] = "pause", [WISH_STOP] = "stop"};

const char *switch_latch_word(enum run_wish wish)
{
    return words[wish];
}

int switch_latch_parse(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int switch_latch_load(const char *folder, struct switch_latch *latch, struct error *err)
{
    char path[PATH_MAX], word[WORD_SIZE], *text = NULL;
    size_t size;
    *latch = (struct switch_latch){0};
    snprintf(path, sizeof path, "%s/switch", folder);
    if (access(path, F_OK) != 0) {
        return 0;
    }
    if (file_read_whole(path, LATCH_SIZE_MAX, &text, &size, err) != 0) {
        return -1;
    }
    key_value_find(text, "wish", word, sizeof word);
    key_value_find(text, "why", latch->why, sizeof latch->why);
    key_value_find_number(text, "at_unix", &latch->at_unix);
    free(text);
    int wish = switch_latch_parse(word);
    if (wish < 0) {
        return error_set(err, ERROR_INPUT, "%s: wish is '%s', not run, pause or stop", path, word);
    }
    latch->wish = (enum run_wish)wish;
    return 1;
}

int switch_latch_save(const char *folder, const struct switch_latch *latch, struct error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/switch", folder);
    struct file_draft *draft = file_draft_open(path, err);
    if (draft == NULL) {
        return -1;
    }
    fprintf(file_draft_stream(draft), "wish = %s\nwhy = %s\nat_unix = %" PRId64 "\n",
            words[latch->wish], latch->why, latch->at_unix);
    return file_draft_commit(draft, err);
}
