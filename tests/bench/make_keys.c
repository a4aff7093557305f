/* make_keys.c - many keys that live by BG/NBD: as accesses (CSV ts,user) or as a summary (CSV frequency,recency,T).
 * Room: tests. May touch: stdout.
 * Usage: make_keys KEYS log|summary. The same output each time; times are 2025, summaries in days as of its end. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS = 365, SECONDS_PER_DAY = 86400, BEGIN_UNIX = 1735689600 };

static uint64_t random_state = 20251111;

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014), as a number in (0, 1). */
static double uniform(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

/* Gamma with shape .5 is half a squared normal variate. */
static double draw_rate(void)
{
    const double scale = 0.06; /* a day; mean half of it */
    double normal = sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
    return scale * normal * normal / 2;
}

/* Beta(1, 4) by its inverse. */
static double draw_leaving(void)
{
    return 1 - pow(uniform(), 0.25);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: make_keys KEYS log|summary\n", stderr);
        return 2;
    }
    uint64_t count = strtoull(argv[1], NULL, 10);
    int is_log = strcmp(argv[2], "log") == 0;
    puts(is_log ? "ts,user" : "frequency,recency,T");
    for (uint64_t key = 0; key < count; key++) {
        double born = uniform() * (DAYS - 5);
        double rate = draw_rate();
        double leaving = draw_leaving();
        int frequency = 0;
        int last_day = (int)born;
        double at = born;
        while (at < DAYS) {
            int day = (int)at;
            if (is_log) {
                printf("%" PRId64 ",u%07" PRIu64 "\n",
                       (int64_t)BEGIN_UNIX + (int64_t)(at * SECONDS_PER_DAY), key);
            }
            frequency += day > last_day; /* several accesses on a day are one */
            last_day = day;
            if (at > born && uniform() < leaving) {
                break;
            }
            at -= log(uniform()) / rate;
        }
        if (!is_log) {
            printf("%d,%d,%d\n", frequency, frequency == 0 ? 0 : last_day - (int)born,
                   DAYS - (int)born);
        }
    }
    return 0;
}
