/* run_summary.c - see run_summary.h.
 * Room: loader/run. May touch: the file `summary.json` of a run's folder. */
#include "loader/run/run_summary.h"

#include <inttypes.h>
#include <stdbool.h>

#include "common/civil_time.h"
#include "common/file_io.h"
#include "common/monotonic.h"
#include "loader/live/pulse.h"
#include "loader/folder/run_folder.h"

/* ---- text */

/* Bytes of the UTF-8 sequence at the front of `text` (RFC 3629); 0 when there is none. */
static size_t sequence_size(struct slice text)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, size;
    } rows[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    enum { TAIL_MASK = 0xc0, TAIL_MARK = 0x80 };
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (bytes[0] < rows[i].first_low || bytes[0] > rows[i].first_high) {
            continue;
        }
        size_t size = rows[i].size;
        if (size > text.size ||
            (size > 1 && (bytes[1] < rows[i].second_low || bytes[1] > rows[i].second_high))) {
            return 0;
        }
        for (size_t at = 2; at < size; at++) {
            if ((bytes[at] & TAIL_MASK) != TAIL_MARK) {
                return 0;
            }
        }
        return size;
    }
    return 0;
}

void run_summary_put_text(FILE *out, struct slice text)
{
    enum { FIRST_PRINTABLE = 0x20 };
    fputc('"', out);
    while (text.size > 0) {
        size_t size = sequence_size(text);
        char byte = text.bytes[0];
        if (size == 0) {
            fputs("\\ufffd", out);
        } else if (byte == '"' || byte == '\\') {
            fprintf(out, "\\%c", byte);
        } else if (size == 1 && (unsigned char)byte < FIRST_PRINTABLE) {
            fprintf(out, "\\u%04x", (unsigned)byte);
        } else {
            fwrite(text.bytes, 1, size, out);
        }
        size = size == 0 ? 1 : size;
        text = (struct slice){text.bytes + size, text.size - size};
    }
    fputc('"', out);
}

/* ---- members */

static void put_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "  \"%s\": ", name);
    run_summary_put_text(out, slice_of(text));
    fputs(",\n", out);
}

static void put_time(FILE *out, const char *name, int64_t unix_second)
{
    char text[CIVIL_TEXT_SIZE];
    put_text(out, name, civil_print_rfc3339(text, unix_second, NULL));
}

static void put_count(FILE *out, const char *name, uint64_t count)
{
    fprintf(out, "  \"%s\": %" PRIu64 ",\n", name, count);
}

static void put_identity(FILE *out, const struct run_folder *folder)
{
    const struct run_manifest *manifest = &folder->manifest;
    put_text(out, "run", folder->name);
    put_text(out, "folder", folder->path);
    put_text(out, "event", manifest->event);
    put_text(out, "plan", manifest->plan_path);
    put_text(out, "plan_digest", manifest->plan_digest);
    put_text(out, "target", manifest->target);
    put_time(out, "window_start", manifest->window_start_unix);
    put_time(out, "window_end", manifest->window_end_unix);
}

static void put_end(FILE *out, const struct run_summary *summary)
{
    const struct pulse *pulse = summary->pulse;
    uint64_t settled = outcome_tally_sum(&pulse->totals.tally);
    double second = (double)(monotonic_us() - pulse->started_us) / US_PER_SECOND;
    put_text(out, "state", summary->state);
    put_count(out, "exit_code", (uint64_t)summary->err->kind);
    put_text(out, "message", summary->err->kind == ERROR_NONE ? "" : summary->err->text);
    put_time(out, "started_at", pulse->started_unix);
    put_time(out, "ended_at", summary->ended_unix);
    fprintf(out, "  \"elapsed_seconds\": %.3f,\n", second);
    put_count(out, "planned", pulse->warm_count);
    put_count(out, "settled", settled);
    put_count(out, "settled_now", settled - pulse->settled_before);
    put_count(out, "value_bytes", pulse->totals.value_bytes);
    fprintf(out, "  \"benefit_share\": %.6f,\n", pulse_benefit_share(pulse));
    if (pulse->outlook.deadline_unix != 0) {
        put_time(out, "deadline", pulse->outlook.deadline_unix);
    }
}

static void put_outcomes(FILE *out, const struct outcome_tally *tally)
{
    fputs("  \"outcomes\": {", out);
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        fprintf(out, "%s\n    \"%s\": %" PRIu64, i == 0 ? "" : ",", outcome_name((enum outcome)i),
                tally->count[i]);
    }
    fputs("\n  },\n", out);
}

/* What Redis did meanwhile; `unconfirmed`: batches that no replica acknowledged in time, which a failover may take. */
static void put_account(FILE *out, const struct sink_account *account)
{
    fprintf(out,
            "  \"redis\": {\n    \"commands\": %" PRIu64 ",\n    \"sent_bytes\": %" PRIu64
            ",\n    \"retries\": %" PRIu64 ",\n    \"reconnects\": %" PRIu64
            ",\n    \"restarts\": %" PRIu64 ",\n    \"unconfirmed\": %" PRIu64 "\n  },\n",
            account->command_count, account->sent_bytes, account->retry_count,
            account->reconnect_count, account->restart_count, account->unconfirmed_count);
}

static void put_throttled(FILE *out, const struct pace *pace)
{
    fputs("  \"throttled_seconds\": {", out);
    for (int i = 0; i < THROTTLE_REASON_COUNT; i++) {
        fprintf(out, "%s\n    \"%s\": %.3f", i == 0 ? "" : ",",
                pace_reason_word((enum throttle_reason)i),
                (double)pace->throttled_us[i] / US_PER_SECOND);
    }
    fputs("\n  }\n", out);
}

int run_summary_save(const struct run_summary *summary, struct error *err)
{
    char path[RUN_PATH_SIZE];
    const struct run_folder *folder = summary->pulse->folder;
    struct file_draft *draft = file_draft_open(run_folder_file(folder, "summary.json", path), err);
    if (draft == NULL) {
        return -1;
    }
    FILE *out = file_draft_stream(draft);
    fputs("{\n", out);
    put_identity(out, folder);
    put_end(out, summary);
    put_outcomes(out, summary->tally);
    put_account(out, &summary->account);
    put_throttled(out, &summary->pulse->pace);
    fputs("}\n", out);
    return file_draft_commit(draft, err);
}
