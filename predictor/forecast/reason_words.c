/* reason_words.c - see reason_words.h.
 * Room: predictor/forecast. May touch: nothing. Pure. */
#include "predictor/forecast/reason_words.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_FOR_MAX = 2, WORDS_AGAINST_MAX = 1, WORDS_SIZE = 128 };
static const double amount_least = 0.1; /* of logit: below, nobody would notice */

/* Everything that the features of one theme add up to. */
struct theme_sum {
    double amount;
    enum key_feature
        strongest; /* in the direction of the amount, and in words that can be meant so */
    bool has_words;
};

static void sum_themes(const struct contribution *contributions, struct theme_sum *themes)
{
    double strongest[THEME_COUNT] = {0};
    memset(themes, 0, THEME_COUNT * sizeof *themes);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        themes[key_features_theme((enum key_feature)i)].amount += contributions[i].amount;
    }
    for (int i = 0; i < FEATURE_COUNT; i++) {
        enum key_feature feature = (enum key_feature)i;
        enum feature_theme theme = key_features_theme(feature);
        bool is_for = themes[theme].amount > 0;
        double along = is_for ? contributions[i].amount : -contributions[i].amount;
        if (along > strongest[theme] &&
            key_features_speaks(feature, contributions[i].is_high, is_for)) {
            strongest[theme] = along;
            themes[theme].strongest = feature;
            themes[theme].has_words = true;
        }
    }
}

/* Appends `link` and `words` if both fit; whether they did. */
static bool append(char *reason, size_t size, const char *link, const char *words)
{
    size_t used = strlen(reason);
    if (used + strlen(link) + strlen(words) + 1 > size) {
        return false;
    }
    (void)snprintf(reason + used, size - used, "%s%s", link, words);
    return true;
}

/* The words of a feature; those about groups begin with the group that is meant. */
static void print_words(char words[WORDS_SIZE], enum key_feature feature, bool is_high,
                        const struct reason_subject *subject)
{
    char group[ATTRIBUTE_TEXT_SIZE] = "";
    if (key_features_theme(feature) == THEME_GROUPS) {
        group_effects_name(subject->groups, subject->attribute_row, feature == FEATURE_GROUP_EVENT,
                           is_high, group);
        if (group[0] == '\0') {
            (void)snprintf(group, sizeof group, "its kind");
        }
    }
    (void)snprintf(words, WORDS_SIZE, "%s%s%s", group, group[0] == '\0' ? "" : " ",
                   key_features_words(feature, is_high));
}

/* How much there is to say in that direction. */
static double worth(const struct theme_sum *theme, double sign)
{
    return theme->has_words ? sign * theme->amount : 0;
}

/* The strongest themes with that sign, strongest first. */
static void append_themes(char *reason, size_t size, const struct contribution *contributions,
                          const struct reason_subject *subject, struct theme_sum *themes,
                          double sign)
{
    int most = sign > 0 ? WORDS_FOR_MAX : WORDS_AGAINST_MAX;
    const char *link = sign > 0 ? "; for: " : "; against: ";
    for (int count = 0; count < most; count++) {
        struct theme_sum *best = &themes[0];
        for (int i = 1; i < THEME_COUNT; i++) {
            best = worth(&themes[i], sign) > worth(best, sign) ? &themes[i] : best;
        }
        char words[WORDS_SIZE];
        print_words(words, best->strongest, contributions[best->strongest].is_high, subject);
        if (worth(best, sign) < amount_least || !append(reason, size, link, words)) {
            return;
        }
        best->amount = 0;
        link = ", ";
    }
}

void reason_words_append(char *reason, size_t size,
                         const struct contribution contributions[FEATURE_COUNT],
                         const struct reason_subject *subject)
{
    struct theme_sum themes[THEME_COUNT];
    sum_themes(contributions, themes);
    append_themes(reason, size, contributions, subject, themes, 1);
    append_themes(reason, size, contributions, subject, themes, -1);
}
