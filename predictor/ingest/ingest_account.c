/* ingest_account.c - see ingest_account.h.
 * Room: predictor/ingest. May touch: nothing. */
#include "predictor/ingest/ingest_account.h"

#include <stdio.h>
#include <string.h>

static uint64_t count_between(const struct ingest_account *account, int first, int end)
{
    uint64_t sum = 0;
    for (int fate = first; fate < end; fate++) {
        sum += account->fates[fate];
    }
    return sum;
}

uint64_t ingest_account_bad_count(const struct ingest_account *account)
{
    return count_between(account, LINE_BAD_FIRST, LINE_FATE_COUNT);
}

uint64_t ingest_account_ignored_count(const struct ingest_account *account)
{
    return count_between(account, LINE_WITH_EVENT + 1, LINE_BAD_FIRST);
}

int ingest_account_check(const struct ingest_account *account, double max_share, struct error *err)
{
    enum { REASONS_SIZE = 400, PERCENT = 100 };
    uint64_t bad = ingest_account_bad_count(account);
    if (bad == 0 || (double)bad <= max_share * (double)account->lines) {
        return 0;
    }
    char reasons[REASONS_SIZE] = "";
    size_t used = 0;
    for (enum line_fate fate = LINE_BAD_FIRST; fate < LINE_FATE_COUNT; fate++) {
        if (account->fates[fate] > 0 && used < sizeof reasons) {
            int size =
                snprintf(reasons + used, sizeof reasons - used, "%s%s %llu", used > 0 ? ", " : "",
                         line_fate_text(fate), (unsigned long long)account->fates[fate]);
            used += (size_t)size;
        }
    }
    const struct bad_sample *first = &account->samples[0];
    return error_set(err, ERROR_INPUT,
                     "%llu of %llu lines are bad (%.1f%%, allowed are %.1f%%: --max-bad-share): "
                     "%s; the first is %s:%llu: %s",
                     (unsigned long long)bad, (unsigned long long)account->lines,
                     PERCENT * (double)bad / (double)account->lines, PERCENT * max_share, reasons,
                     first->name, (unsigned long long)first->line_number, first->excerpt);
}

void ingest_account_escape(char *text, size_t size, struct slice bytes)
{
    static const char ellipsis[] = "...", digits[] = "0123456789ABCDEF";
    enum { ESCAPE_SIZE = 4, HIGH_BITS = 4, LOW_MASK = 15, ASCII_END = 127 };
    const size_t room = size - sizeof ellipsis - ESCAPE_SIZE;
    size_t used = 0;
    size_t i = 0;
    for (; i < bytes.size && used < room; i++) {
        unsigned char byte = (unsigned char)bytes.bytes[i];
        if (byte == '\\' || byte == '\t') {
            text[used++] = '\\';
            text[used++] = byte == '\t' ? 't' : '\\';
        } else if (byte >= ' ' && byte < ASCII_END) {
            text[used++] = (char)byte;
        } else {
            text[used++] = '\\';
            text[used++] = 'x';
            text[used++] = digits[byte >> HIGH_BITS];
            text[used++] = digits[byte & LOW_MASK];
        }
    }
    text[used] = '\0';
    if (i < bytes.size) {
        memcpy(text + used, ellipsis, sizeof ellipsis);
    }
}
