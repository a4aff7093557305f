/* shop_files.c - calendar, attributes, config and truth of a simulated shop.
 * Room: predictor/simulate. May touch: the streams it is given. */
#include "predictor/simulate/shop_files.h"

#include "common/civil_time.h"
#include "predictor/simulate/access_writer.h"

void shop_files_put_events(FILE *out, const struct timetable *timetable)
{
    fputs("name,start,end,kind\n", out);
    for (size_t i = 0; i <= timetable->past_count; i++) {
        const struct promotion *promotion = &timetable->promotions[i];
        char start[CIVIL_TEXT_SIZE], end[CIVIL_TEXT_SIZE];
        civil_print_rfc3339(start, timetable_unix(timetable, promotion->start_day), NULL);
        civil_print_rfc3339(end, timetable_unix(timetable, promotion->end_day), NULL);
        fprintf(out, "%s,%s,%s,%s\n", promotion->name, start, end,
                shop_kind_promotion_name[promotion->kind]);
    }
}

void shop_files_put_attributes(FILE *out, const struct shelf *shelf)
{
    fputs("id,parent,category\n", out);
    char id[ACCESS_ID_SIZE];
    for (size_t i = 0; i < shelf->count; i++) {
        uint32_t parent = shelf->products[i].parent;
        fprintf(out, "%s,G%06u,category-%02u\n", access_writer_print_product(id, i),
                (unsigned)parent + 1, (unsigned)shelf->parents[parent].category + 1);
    }
}

void shop_files_put_crawlers(FILE *out)
{
    fputs(access_writer_crawler_patterns, out);
}

void shop_files_put_config(FILE *out, const struct timetable *timetable)
{
    fprintf(out,
            "# A simulated %s shop; paths are taken from this file's folder.\n"
            "[history]\n"
            "dir = history\n"
            "\n"
            "[events]\n"
            "file = events.csv\n"
            "\n"
            "[entity product]\n"
            "attributes = product-attributes.csv\n"
            "\n",
            timetable->shop->name);
    fputs("[log access]\n"
          "format = combined\n"
          "user = field:remote_user\n"
          "product = path:/product/{id}\n"
          "status = 200-399\n"
          "ignore_agents = crawlers.txt\n"
          "\n"
          "[log export]\n"
          "format = csv\n"
          "columns = time=ts,user=user_id,product=item_id,status=status,size=bytes,cost=cost_ms\n"
          "status = 200-399\n"
          "\n",
          out);
    fputs("[family user-profile]\n"
          "entity = user\n"
          "key = user:{id}:profile\n"
          "source = sqlite\n"
          "query = SELECT id, name, tier, points, updated_at AS version FROM users WHERE id IN "
          "({ids})\n"
          "value = json\n"
          "ttl = event_end + 6h\n"
          "miss_cost = 12ms\n"
          "size = 90\n"
          "\n"
          "[family product-page]\n"
          "entity = product\n"
          "key = product:{id}:page\n"
          "source = sqlite\n"
          "query = SELECT id, name, category, price, stock, updated_at AS version FROM products "
          "WHERE id "
          "IN ({ids})\n"
          "value = json\n"
          "ttl = event_end + 6h\n"
          "miss_cost = 18ms\n"
          "size = 120\n"
          "\n"
          "[sqlite]\n"
          "file = shop.db\n",
          out);
}

static const char *print_second(char *text, const struct timetable *timetable, int32_t second)
{
    text[0] = '\0';
    return second == TALLY_NEVER ? text
                                 : civil_print_rfc3339(text, timetable->first_unix + second, NULL);
}

static void put_key(FILE *out, const struct timetable *timetable, enum entity entity,
                    const char *id, const struct tally *tally)
{
    char first[CIVIL_TEXT_SIZE], last[CIVIL_TEXT_SIZE];
    if (tally->last_before == TALLY_NEVER) {
        return;
    }
    fprintf(out, "%s,%s,%.6f,%d,%u,%s,%s\n", entity_name(entity), id, (double)tally->p_touch,
            tally->hits > 0, (unsigned)tally->hits,
            print_second(first, timetable, tally->first_second),
            print_second(last, timetable, tally->last_before));
}

void shop_files_put_truth(FILE *out, const struct crowd *crowd, const struct shelf *shelf)
{
    char id[ACCESS_ID_SIZE];
    fputs("entity,id,p_true,returned,hits,first_touch,last_seen\n", out);
    for (size_t i = 0; i < crowd->count; i++) {
        put_key(out, crowd->timetable, ENTITY_USER, access_writer_print_user(id, i),
                &crowd->tallies[i]);
    }
    for (size_t i = 0; i < shelf->count; i++) {
        put_key(out, crowd->timetable, ENTITY_PRODUCT, access_writer_print_product(id, i),
                &shelf->tallies[i]);
    }
}

void shop_files_put_event_truth(FILE *out, const struct timetable *timetable,
                                const struct promotion_ledger *ledger)
{
    fputs("event,kind,entity,strength,multiplier,multiplier_mean,multiplier_sigma,dormant,"
          "expected_returns,returned\n",
          out);
    for (size_t i = 0; i <= timetable->past_count; i++) {
        const struct promotion *promotion = &timetable->promotions[i];
        for (int entity = 0; entity < ENTITY_COUNT; entity++) {
            const struct promotion_outcome *outcome = &ledger->outcomes[i][entity];
            fprintf(out, "%s,%s,%s,%.4f,%.4f,%.4f,%.4f,%llu,%.1f,%llu\n", promotion->name,
                    shop_kind_promotion_name[promotion->kind], entity_name((enum entity)entity),
                    outcome->strength, promotion->multiplier,
                    shop_kind_promotion_mean[promotion->kind], timetable->shop->strength_sigma,
                    (unsigned long long)outcome->dormant_count, outcome->expected_returns,
                    (unsigned long long)outcome->returned_count);
        }
    }
}
