/* ingest_account.h - what became of every line of an ingest, and the bad ones among them.
 * Room: predictor/ingest. May touch: nothing.
 * Promises: lines == sum of fates[], always. */
#ifndef REKINDLE_PREDICTOR_INGEST_ACCOUNT_H
#define REKINDLE_PREDICTOR_INGEST_ACCOUNT_H

#include "common/entity.h"
#include "common/error.h"
#include "common/slice.h"

#include "predictor/ingest/line_fate.h"

#include <stddef.h>
#include <stdint.h>

enum { BAD_SAMPLE_MAX = 20, BAD_EXCERPT_SIZE = 160, BAD_NAME_SIZE = 256 };

struct bad_sample {
    enum line_fate fate;
    size_t column;                  /* where reading stopped, from 1 */
    uint64_t line_number;           /* in its file, from 1 */
    char name[BAD_NAME_SIZE];       /* of its file */
    char excerpt[BAD_EXCERPT_SIZE]; /* its start, escaped */
};

struct ingest_account {
    uint64_t lines;
    uint64_t fates[LINE_FATE_COUNT];
    uint64_t events[ENTITY_COUNT];
    struct bad_sample samples[BAD_SAMPLE_MAX]; /* the first ones, in order */
    size_t sample_count;
};

uint64_t ingest_account_bad_count(const struct ingest_account *account);
uint64_t ingest_account_ignored_count(const struct ingest_account *account);
/* Are the bad lines within `max_share`? Else ERROR_INPUT with counts by reason and the first bad line. */
int ingest_account_check(const struct ingest_account *account, double max_share,
                         struct error *err) MUST_CHECK;

/* `size` bytes at most, terminated: printable ASCII as it is, `\\`, `\t`, `\xHH`; cut ones end in `...`. */
void ingest_account_escape(char *text, size_t size, struct slice bytes);

#endif
