/* ready_report.c - see ready_report.h.
 * Room: loader/run. May touch: the stream and the files it is given. */
#include "loader/run/ready_report.h"

#include <inttypes.h>

#include "common/civil_time.h"
#include "common/csv_writer.h"
#include "common/file_io.h"
#include "common/terminal.h"
#include "common/units.h"

static const double PERCENT = 100;

/* 99.96 % is not 100.0 %: what is printed never says more than is there. */
static double percent_down(double share)
{
    static const double TENTHS = 10;
    double percent = share * PERCENT;
    return percent >= PERCENT ? PERCENT : (double)(int64_t)(percent * TENTHS) / TENTHS;
}

static uint64_t missing_of(const struct ready_tenth *tenth)
{
    return tenth->key_count - tenth->found_count - tenth->rewarmed_count;
}

static void print_since(FILE *out, const struct ready_finding *finding)
{
    char count[UNITS_TEXT_SIZE];
    if (!finding->is_load_known) {
        terminal_print(out,
                       "whether Redis was restarted or has evicted since the load is not known\n");
    } else if (finding->is_restarted) {
        terminal_print(out, "Redis was RESTARTED since the load\n");
    } else {
        terminal_print(out, "Redis has evicted %s keys of any kind since the load%s\n",
                       units_print_count(count, finding->evicted_count),
                       finding->evicted_count > 0 ? ": it is too full for what is in it" : "");
    }
}

static void print_line(FILE *out, const char *name, const struct ready_tenth *tenth)
{
    fprintf(out, "  %-5s %11" PRIu64 " %11" PRIu64 " %10" PRIu64 " %10" PRIu64 " %7.1f%% %7.1f%%\n",
            name, tenth->key_count, tenth->found_count, tenth->rewarmed_count, missing_of(tenth),
            percent_down(ready_coverage_share_before(tenth)),
            percent_down(ready_coverage_share(tenth)));
}

void ready_report_print(FILE *out, const struct ready_finding *finding)
{
    enum { NAME_SIZE = 12 };
    char name[NAME_SIZE];
    struct ready_tenth total = ready_coverage_total(finding->coverage);
    terminal_print(out, "%s: %.1f%% of the expected benefit is warm, %.1f%% is asked for%s%s\n",
                   finding->is_go ? "GO" : "NO-GO", percent_down(ready_coverage_share(&total)),
                   finding->least_share * PERCENT, finding->why[0] != '\0' ? "; " : "",
                   finding->why);
    fprintf(out, "  %-5s %11s %11s %10s %10s %8s %8s\n", "tenth", "keys", "found", "rewarmed",
            "missing", "before", "now");
    for (int i = 0; i < READY_TENTH_COUNT; i++) {
        snprintf(name, sizeof name, "%d", i + 1);
        print_line(out, name, &finding->coverage->tenths[i]);
    }
    print_line(out, "all", &total);
    print_since(out, finding);
    if (total.early_count > 0) {
        terminal_print(
            out, "%" PRIu64 " keys expire before the window ends: the application wrote them\n",
            total.early_count);
    }
    if (finding->touched_count > 0) {
        terminal_print(out, "%" PRIu64 " keys were touched, so that they are not the first to go\n",
                       finding->touched_count);
    }
}

static void put_record(struct csv_writer *csv, const char *name, const struct ready_tenth *tenth)
{
    enum { BENEFIT_PLACES = 3, SHARE_PLACES = 6 };
    csv_writer_put_word(csv, name);
    csv_writer_put_count(csv, tenth->key_count);
    csv_writer_put_count(csv, tenth->found_count);
    csv_writer_put_count(csv, tenth->rewarmed_count);
    csv_writer_put_count(csv, missing_of(tenth));
    csv_writer_put_count(csv, tenth->early_count);
    csv_writer_put_number(csv, tenth->benefit_ms, BENEFIT_PLACES);
    csv_writer_put_number(csv, ready_coverage_share_before(tenth), SHARE_PLACES);
    csv_writer_put_number(csv, ready_coverage_share(tenth), SHARE_PLACES);
    csv_writer_end_record(csv);
}

int ready_report_write_csv(const char *path, const struct ready_finding *finding, struct error *err)
{
    enum { NAME_SIZE = 12 };
    char name[NAME_SIZE];
    struct file_draft *draft = file_draft_open(path, err);
    if (draft == NULL) {
        return -1;
    }
    struct csv_writer csv = {.out = file_draft_stream(draft)};
    struct ready_tenth total = ready_coverage_total(finding->coverage);
    csv_writer_put_header(&csv, "tenth,keys,found,rewarmed,missing,expires_early,benefit_ms,"
                                "coverage_before,coverage");
    for (int i = 0; i < READY_TENTH_COUNT; i++) {
        snprintf(name, sizeof name, "%d", i + 1);
        put_record(&csv, name, &finding->coverage->tenths[i]);
    }
    put_record(&csv, "all", &total);
    return file_draft_commit(draft, err);
}

/* ---- the page */

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Rekindle: ready?</title>\n"
    "<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1f24}\n"
    "h1{font-size:1.6rem;padding:.6rem 1rem;border-radius:.4rem;color:#fff}\n"
    ".go{background:#176f3a}.nogo{background:#a4161a}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#57606a}"
    "dd{margin:0;overflow-wrap:anywhere}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;margin-top:1rem}\n"
    "th,td{text-align:right;white-space:nowrap;padding:.25rem .5rem;border-bottom:1px solid "
    "#d8dee4}\n"
    "th{font-weight:600;color:#57606a}tr:last-child td{font-weight:600;border-top:2px solid "
    "#8c959f}\n"
    "td.bar{width:25%;padding-right:0}td.bar div{height:.9rem;background:#e5484d;display:flex}\n"
    "td.bar i{background:#2da44e}td.bar b{background:#bf8700}\n"
    "p.key{color:#57606a;font-size:.9rem}p.key i,p.key b,p.key s{display:inline-block;"
    "width:.8rem;height:.8rem;margin:0 .3rem 0 .8rem}p.key i{background:#2da44e}"
    "p.key b{background:#bf8700}p.key s{background:#e5484d}p.key i{margin-left:0}\n"
    "@media(max-width:36rem){body{font-size:14px}th,td{padding:.25rem .15rem}"
    "td.bar,th:last-child,p.bar{display:none}}\n"
    "</style>\n";

static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static void put_term(FILE *out, const char *term, const char *text)
{
    fprintf(out, "<dt>%s</dt><dd>", term);
    put_escaped(out, text);
    fprintf(out, "</dd>\n");
}

static void put_circumstances(FILE *out, const struct ready_finding *finding)
{
    enum { TEXT_SIZE = 256 };
    char start[CIVIL_TEXT_SIZE], end[CIVIL_TEXT_SIZE], text[TEXT_SIZE];
    const struct run_manifest *manifest = &finding->folder->manifest;
    fprintf(out, "<dl>\n");
    snprintf(text, sizeof text, "%.1f %% or more", finding->least_share * PERCENT);
    put_term(out, "asked for", text);
    put_term(out, "event", manifest->event[0] != '\0' ? manifest->event : "(none named)");
    snprintf(text, sizeof text, "%s to %s",
             civil_print_rfc3339(start, manifest->window_start_unix, NULL),
             civil_print_rfc3339(end, manifest->window_end_unix, NULL));
    put_term(out, "window", text);
    put_term(out, "looked at", civil_print_rfc3339(start, finding->at_unix, NULL));
    put_term(out, "cache", manifest->target);
    put_term(out, "run", finding->folder->name);
    if (finding->is_load_known && finding->is_restarted) {
        put_term(out, "since the load", "Redis was restarted");
    } else if (finding->is_load_known) {
        snprintf(text, sizeof text, "%" PRIu64 " keys of any kind were evicted",
                 finding->evicted_count);
        put_term(out, "since the load", text);
    }
    struct ready_tenth total = ready_coverage_total(finding->coverage);
    if (total.early_count > 0) {
        snprintf(text, sizeof text,
                 "%" PRIu64 " keys expire before the window ends: the application wrote them",
                 total.early_count);
        put_term(out, "too short", text);
    }
    fprintf(out, "</dl>\n");
}

static void put_row(FILE *out, const char *name, const struct ready_tenth *tenth)
{
    double before = percent_down(ready_coverage_share_before(tenth));
    double now = percent_down(ready_coverage_share(tenth));
    fprintf(out,
            "<tr><td>%s<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "<td>%.1f %%"
            "<td class=bar><div><i style=\"width:%.1f%%\"></i><b style=\"width:%.1f%%\"></b>"
            "</div>\n",
            name, tenth->key_count, tenth->found_count, tenth->rewarmed_count, missing_of(tenth),
            now, before, now - before);
}

static void put_table(FILE *out, const struct ready_coverage *coverage)
{
    enum { NAME_SIZE = 12 };
    char name[NAME_SIZE];
    struct ready_tenth total = ready_coverage_total(coverage);
    fprintf(out, "<table>\n<tr><th>tenth<th>keys<th>found<th>re-warmed<th>missing"
                 "<th>warm now<th>\n");
    for (int i = 0; i < READY_TENTH_COUNT; i++) {
        snprintf(name, sizeof name, "%d", i + 1);
        put_row(out, name, &coverage->tenths[i]);
    }
    put_row(out, "all", &total);
    fprintf(out,
            "</table>\n<p class=\"key bar\"><i></i>found<b></b>re-warmed<s></s>missing</p>\n"
            "<p class=key>A tenth is a tenth of the expected benefit, in the order of the plan: "
            "the first holds the best keys, and mostly the fewest. Warm is the share of it that an "
            "application would find now.</p>\n");
}

int ready_report_write_page(const char *path, const struct ready_finding *finding,
                            struct error *err)
{
    struct file_draft *draft = file_draft_open(path, err);
    if (draft == NULL) {
        return -1;
    }
    FILE *out = file_draft_stream(draft);
    struct ready_tenth total = ready_coverage_total(finding->coverage);
    fputs(page_head, out);
    fprintf(out, "<h1 class=%s>%s: %.1f %% of the expected benefit is warm</h1>\n",
            finding->is_go ? "go" : "nogo", finding->is_go ? "GO" : "NO-GO",
            percent_down(ready_coverage_share(&total)));
    if (finding->why[0] != '\0') {
        fprintf(out, "<p>");
        put_escaped(out, finding->why);
        fprintf(out, "</p>\n");
    }
    put_circumstances(out, finding);
    put_table(out, finding->coverage);
    return file_draft_commit(draft, err);
}
