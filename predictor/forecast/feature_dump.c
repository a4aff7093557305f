/* feature_dump.c - see feature_dump.h.
 * Room: predictor/forecast. May touch: the stream it is given. */
#include "predictor/forecast/feature_dump.h"

static void dump_names(FILE *out)
{
    for (int i = 0; i < FEATURE_COUNT; i++) {
        (void)fprintf(out, ",%s", key_features_name((enum key_feature)i));
    }
    (void)fputc('\n', out);
}

static void dump_values(const float *row, FILE *out)
{
    for (int i = 0; i < FEATURE_COUNT; i++) {
        (void)fprintf(out, ",%.7g", (double)row[i]);
    }
    (void)fputc('\n', out);
}

void feature_dump_training(const struct training_set *set, FILE *out)
{
    const struct training_rows *rows = &set->rows;
    (void)fputs("origin,is_event,target,weight,label", out);
    dump_names(out);
    for (size_t i = 0; i < rows->count; i++) {
        (void)fprintf(out, "%u,%d,%u,%.7g,%u", rows->origins[i],
                      set->origins[rows->origins[i]].is_event, rows->targets[i],
                      (double)rows->weights[i], rows->labels[i]);
        dump_values(&rows->values[i * FEATURE_COUNT], out);
    }
}

static void dump_id(struct slice id, FILE *out)
{
    (void)fputc('"', out);
    for (size_t i = 0; i < id.size; i++) {
        if (id.bytes[i] == '"') {
            (void)fputc('"', out);
        }
        (void)fputc(id.bytes[i], out);
    }
    (void)fputc('"', out);
}

void feature_dump_header(FILE *out)
{
    (void)fputs("id", out);
    dump_names(out);
}

void feature_dump_key(struct slice id, const float row[FEATURE_COUNT], FILE *out)
{
    dump_id(id, out);
    dump_values(row, out);
}
