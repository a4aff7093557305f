/* ready_report.h - what `ready` found, for the one on call and for everybody the next morning: lines, CSV, a page.
 * Room: loader/run. May touch: the stream and the files it is given. */
#ifndef REKINDLE_LOADER_READY_REPORT_H
#define REKINDLE_LOADER_READY_REPORT_H

#include "common/error.h"
#include "loader/rules/ready_coverage.h"
#include "loader/folder/run_folder.h"

#include <stdbool.h>
#include <stdio.h>

enum { READY_WHY_SIZE = 256 };

struct ready_finding {
    const struct run_folder *folder; /* window, target, event; borrowed */
    const struct ready_coverage *coverage;
    int64_t at_unix;
    double least_share; /* --min-coverage, 0..1 */
    bool is_go;
    char why[READY_WHY_SIZE]; /* of a NO-GO */
    bool is_load_known;       /* Redis was asked when the load ended: the next two mean something */
    bool is_restarted;        /* since then */
    uint64_t evicted_count;   /* since then; 0 after a restart */
    uint64_t touched_count;
};

/* The verdict and a line a tenth, within 80 columns. */
void ready_report_print(FILE *out, const struct ready_finding *finding);

/*   tenth,keys,found,rewarmed,missing,expires_early,benefit_ms,coverage_before,coverage
 * `tenth` 1 is the first tenth of the expected benefit, `all` the whole; coverage is 0..1. */
int ready_report_write_csv(const char *path, const struct ready_finding *finding,
                           struct error *err) MUST_CHECK;
/* One HTML file that needs nothing else. */
int ready_report_write_page(const char *path, const struct ready_finding *finding,
                            struct error *err) MUST_CHECK;

#endif
