/* plan_reader_fuzz.c - any bytes as plan.csv: refused with a sentence, or read in rank order to the end. */
#include "common/plan_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* One file for all runs, without a name that anyone else could open. */
static int scratch_file(char *path, size_t path_size)
{
    static int descriptor = -1;
    if (descriptor < 0) {
        char name[] = "/tmp/rekindle-fuzz-XXXXXX";
        descriptor = mkstemp(name);
        unlink(name);
    }
    snprintf(path, path_size, "/dev/fd/%d", descriptor);
    return descriptor;
}

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void read_all(struct plan_reader *reader, const struct plan_identity *identity)
{
    struct error err;
    struct plan_row row;
    uint64_t count = 0;
    uint64_t last_rank = 0;
    int got;
    while ((got = plan_reader_next(reader, &row, &err)) > 0) {
        require(row.rank > last_rank && row.id.size > 0 && row.key.size > 0);
        last_rank = row.rank;
        count++;
    }
    require(got == 0 && count == identity->row_count && last_rank == identity->last_rank);
}

/* Two threads, each a half, find what one finds. */
static void require_same_by_halves(const char *path)
{
    struct error one_err = {0}, two_err = {0};
    struct plan_identity one, two;
    struct plan_limits whole = {.split_from_bytes = UINT64_MAX}, halves = {.split_from_bytes = 1};
    struct plan_reader *first = plan_reader_open(path, &whole, &one, &one_err);
    struct plan_reader *second = plan_reader_open(path, &halves, &two, &two_err);
    require((first == NULL) == (second == NULL));
    require(first != NULL ? strcmp(one.digest, two.digest) == 0 && one.row_count == two.row_count
                          : strcmp(one_err.text, two_err.text) == 0);
    plan_reader_close(first);
    plan_reader_close(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[32];
    struct error err;
    struct plan_identity identity;
    struct plan_limits limits = {.now_unix = 0, .split_from_bytes = UINT64_MAX};
    int descriptor = scratch_file(path, sizeof path);
    require(descriptor >= 0 && ftruncate(descriptor, 0) == 0 &&
            pwrite(descriptor, bytes, size, 0) == (ssize_t)size);
    require_same_by_halves(path);
    struct plan_reader *reader = plan_reader_open(path, &limits, &identity, &err);
    if (reader == NULL) {
        require(err.kind == ERROR_INPUT && err.text[0] != '\0');
        return 0;
    }
    for (int pass = 0; pass < 2; pass++) {
        read_all(reader, &identity);
        require(plan_reader_rewind(reader, &err) == 0);
    }
    plan_reader_close(reader);
    return 0;
}
