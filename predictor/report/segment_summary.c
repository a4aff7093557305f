/* segment_summary.c - see segment_summary.h.
 * Room: predictor/report. May touch: the stream it is given. */
#include "predictor/report/segment_summary.h"

#include "common/csv_writer.h"

#include <math.h>

enum { PLACES = 2 };

static const struct {
    double days_min; /* the band reaches to the next one's */
    const char *name;
} bands[SUMMARY_BAND_COUNT] = {
    {0, "under 7 days"},      {7, "7 to 30 days"},        {30, "30 to 60 days"},
    {60, "60 to 90 days"},    {90, "90 to 120 days"},     {120, "120 to 150 days"},
    {150, "150 to 180 days"}, {180, "180 to 270 days"},   {270, "270 to 365 days"},
    {365, "365 to 730 days"}, {730, "730 days and more"},
};

static const char *const return_names[SUMMARY_RETURN_COUNT] = {
    "saw no past event", "came back in none",      "came back in 1",
    "came back in 2",    "came back in 3 or more",
};

static size_t band_of(const struct plan_row *row)
{
    size_t band = SUMMARY_BAND_COUNT - 1;
    while (band > 0 && row->days_dormant < bands[band].days_min) {
        band--;
    }
    return band;
}

static size_t return_of(const struct plan_row *row)
{
    if (row->events_seen == 0) {
        return 0;
    }
    uint64_t most = SUMMARY_RETURN_COUNT - 2;
    return (size_t)(row->events_returned < most ? row->events_returned : most) + 1;
}

static void add(struct segment *segment, const struct plan_row *row, bool is_first)
{
    if (is_first) {
        segment->id_count++;
        segment->p_sum += row->p_return;
        segment->p_variance += row->p_return * (1 - row->p_return);
        segment->low_gap += row->p_return - row->p_low;
        segment->high_gap += row->p_high - row->p_return;
    }
    segment->key_count++;
    segment->size_bytes += row->size_bytes;
    segment->benefit_ms += row->benefit_ms;
}

static void add_planned(struct segment *segment, const struct plan_row *row)
{
    segment->planned_count++;
    segment->planned_bytes += row->size_bytes;
    segment->planned_benefit_ms += row->benefit_ms;
}

void segment_summary_add(struct segment_summary *summary, const struct plan_row *row, bool is_first)
{
    add(&summary->totals[row->entity], row, is_first);
    add(&summary->bands[row->entity][band_of(row)], row, is_first);
    add(&summary->returns[row->entity][return_of(row)], row, is_first);
}

void segment_summary_add_planned(struct segment_summary *summary, const struct plan_row *row)
{
    add_planned(&summary->totals[row->entity], row);
    add_planned(&summary->bands[row->entity][band_of(row)], row);
    add_planned(&summary->returns[row->entity][return_of(row)], row);
}

/* The half of a 90 % interval on one side. */
static double half_width(const struct segment *segment, double gap)
{
    static const double normal_95_percent = 1.6448536269514722;
    return sqrt(gap * gap + normal_95_percent * normal_95_percent * segment->p_variance);
}

static void write_segment(struct csv_writer *csv, enum entity entity, const char *kind,
                          const char *name, const struct segment *segment)
{
    double low = segment->p_sum - half_width(segment, segment->low_gap);
    double high = segment->p_sum + half_width(segment, segment->high_gap);
    double most = (double)segment->id_count;
    if (segment->key_count == 0) {
        return;
    }
    csv_writer_put_word(csv, entity_name(entity));
    csv_writer_put_word(csv, kind);
    csv_writer_put_word(csv, name);
    csv_writer_put_count(csv, segment->id_count);
    csv_writer_put_number(csv, segment->p_sum, PLACES);
    csv_writer_put_number(csv, low > 0 ? low : 0, PLACES);
    csv_writer_put_number(csv, high < most ? high : most, PLACES);
    csv_writer_put_count(csv, segment->key_count);
    csv_writer_put_count(csv, segment->size_bytes);
    csv_writer_put_number(csv, segment->benefit_ms, PLACES);
    csv_writer_put_count(csv, segment->planned_count);
    csv_writer_put_count(csv, segment->planned_bytes);
    csv_writer_put_number(csv, segment->planned_benefit_ms, PLACES);
    csv_writer_end_record(csv);
}

void segment_summary_write(const struct segment_summary *summary, FILE *out)
{
    struct csv_writer csv = {.out = out};
    csv_writer_put_header(&csv, "entity,segment_by,segment,ids,expected_returns,returns_low,"
                                "returns_high,keys,size_bytes,benefit_ms,planned_keys,"
                                "planned_bytes,planned_benefit_ms");
    for (int i = 0; i < ENTITY_COUNT; i++) {
        enum entity entity = (enum entity)i;
        write_segment(&csv, entity, "total", "all", &summary->totals[i]);
        for (size_t band = 0; band < SUMMARY_BAND_COUNT; band++) {
            write_segment(&csv, entity, "dormancy", bands[band].name, &summary->bands[i][band]);
        }
        for (size_t group = 0; group < SUMMARY_RETURN_COUNT; group++) {
            write_segment(&csv, entity, "past events", return_names[group],
                          &summary->returns[i][group]);
        }
    }
}
