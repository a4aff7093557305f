/* ramp_rule.c - see ramp_rule.h.
 * Room: loader/rules. May touch: nothing. Pure. */
#include "loader/rules/ramp_rule.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BUCKETS_A_PERCENT = 100, BASE_TEN = 10 };
static const double US_A_SECOND = 1e6, PERCENT = 100;
/* Raises aim at this share of the limit, so that chance alone does not go over it. */
static const double AIM = 0.75;

/* ---- shares as text */

/* Reads digits and up to two decimals; NULL when there is no share, else what follows it. */
static const char *read_share(const char *text, int *share)
{
    const char *at = text;
    int whole = 0, part = 0, place = BUCKETS_A_PERCENT / BASE_TEN;
    for (; *at >= '0' && *at <= '9' && whole <= RAMP_SHARE_FULL; at++) {
        whole = whole * BASE_TEN + (*at - '0');
    }
    if (at == text) {
        return NULL;
    }
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9' && place > 0; at++, place /= BASE_TEN) {
            part += (*at - '0') * place;
        }
    }
    *share = whole * BUCKETS_A_PERCENT + part;
    return *share > RAMP_SHARE_FULL ? NULL : at;
}

int ramp_rule_parse_share(const char *text)
{
    int share;
    const char *rest = read_share(text, &share);
    return rest == NULL || *rest != '\0' ? -1 : share;
}

int ramp_rule_parse_steps(const char *text, struct ramp_settings *settings, struct error *err)
{
    const char *at = text;
    int before = 0, share = 0;
    settings->step_count = 0;
    do {
        at = read_share(at, &share);
        if (at != NULL && *at == '%') {
            at++;
        }
        if (at == NULL || (*at != ',' && *at != '\0') || share <= before ||
            settings->step_count == RAMP_STEP_MAX) {
            return error_set(err, ERROR_USAGE,
                             "--steps '%.100s' are not rising shares in percent, as 1,5,20,50,100",
                             text);
        }
        settings->steps[settings->step_count++] = before = share;
    } while (*at++ == ',');
    return share == RAMP_SHARE_FULL
               ? 0
               : error_set(err, ERROR_USAGE, "--steps '%.100s' do not end at 100", text);
}

const char *ramp_rule_print_share(char *text, int share)
{
    int part = share % BUCKETS_A_PERCENT;
    int size = snprintf(text, RAMP_SHARE_SIZE, "%d", share / BUCKETS_A_PERCENT);
    if (part % BASE_TEN != 0) {
        snprintf(text + size, RAMP_SHARE_SIZE - (size_t)size, ".%02d", part);
    } else if (part != 0) {
        snprintf(text + size, RAMP_SHARE_SIZE - (size_t)size, ".%d", part / BASE_TEN);
    }
    return text;
}

const char *ramp_rule_move_name(enum ramp_move move)
{
    static const char *const names[] = {
        [RAMP_HOLD] = "hold",   [RAMP_RAISE] = "raise",       [RAMP_BACK] = "back",
        [RAMP_LOST] = "lost",   [RAMP_OVERRULE] = "overrule", [RAMP_END_FULL] = "end",
        [RAMP_END_ZERO] = "end"};
    return names[move];
}

/* ---- the rule */

/* What one tick knows. */
struct ramp_look {
    struct ramp_state *state;
    const struct ramp_settings *settings;
    const struct ramp_signs *signs;
    int64_t now_us;
    struct ramp_decision decision;
};

PRINTF_LIKE(4, 5)
static void decide(struct ramp_look *look, enum ramp_move move, int share, const char *format, ...)
{
    va_list arguments;
    look->decision.move = move;
    look->decision.share = share;
    va_start(arguments, format);
    vsnprintf(look->decision.why, sizeof look->decision.why, format, arguments);
    va_end(arguments);
}

static int next_step(const struct ramp_settings *settings, int share)
{
    for (size_t i = 0; i < settings->step_count; i++) {
        if (settings->steps[i] > share) {
            return settings->steps[i];
        }
    }
    return RAMP_SHARE_FULL;
}

static int step_below(const struct ramp_settings *settings, int share)
{
    int below = 0;
    for (size_t i = 0; i < settings->step_count && settings->steps[i] < share; i++) {
        below = settings->steps[i];
    }
    return below;
}

static bool is_step(const struct ramp_settings *settings, int share)
{
    return share == 0 || next_step(settings, share - 1) == share;
}

/* The largest share up to `wanted` at which the source could bear that all newcomers miss. */
static int bearable(const struct ramp_look *look, int wanted)
{
    const struct ramp_state *state = look->state;
    double second = (double)(look->now_us - state->changed_us) / US_A_SECOND;
    double limit = look->settings->max_miss_per_second;
    if (limit <= 0 || state->share == 0 || state->read_count == 0 || second <= 0) {
        return wanted;
    }
    double reads_a_bucket = (double)state->read_count / second / state->share;
    double more = (AIM * limit - look->decision.miss_per_second) / reads_a_bucket;
    return more >= wanted - state->share ? wanted : state->share + (more > 0 ? (int)more : 0);
}

/* Well so far: raise, or tell what is waited for. */
static void try_to_raise(struct ramp_look *look)
{
    struct ramp_state *state = look->state;
    const struct ramp_settings *settings = look->settings;
    int64_t here_us = look->now_us - state->changed_us;
    int wanted = next_step(settings, state->share), share = bearable(look, wanted);
    char text[RAMP_SHARE_SIZE];
    bool is_soaked = here_us >= settings->soak_us || !is_step(settings, state->share);
    if (state->share == 0 && !state->has_begun) {
        decide(look, RAMP_RAISE, wanted, "the source is well: the first step");
    } else if (!is_soaked) {
        decide(look, RAMP_HOLD, state->share, "soaking for %.0f s more",
               (double)(settings->soak_us - here_us) / US_A_SECOND);
    } else if (state->share == 0) {
        decide(look, RAMP_RAISE, wanted, "the source has been well again: the first step");
    } else if (state->read_count < settings->min_read_count) {
        decide(look, RAMP_HOLD, state->share, "%" PRIu64 " reads seen, %" PRIu64 " needed",
               state->read_count, settings->min_read_count);
    } else if (look->decision.hit_ratio < 0) {
        decide(look, RAMP_HOLD, state->share, "no reads since the last tick");
    } else if (look->decision.hit_ratio < settings->min_hit_ratio) {
        decide(look, RAMP_HOLD, state->share, "hit ratio %.1f%%, %.1f%% needed",
               look->decision.hit_ratio * PERCENT, settings->min_hit_ratio * PERCENT);
    } else if (state->share == RAMP_SHARE_FULL) {
        decide(look, RAMP_END_FULL, state->share, "all users are in, and all is well");
    } else if (share <= state->share) {
        decide(look, RAMP_HOLD, state->share, "no room for newcomers who miss: %.1f of %.1f/s",
               look->decision.miss_per_second, settings->max_miss_per_second);
    } else if (share < wanted) {
        decide(look, RAMP_RAISE, share, "as far to %s%% as newcomers who miss can be borne",
               ramp_rule_print_share(text, wanted));
    } else {
        decide(look, RAMP_RAISE, share, "hit ratio %.1f%%, the source is well",
               look->decision.hit_ratio * PERCENT);
    }
}

static void step_back(struct ramp_look *look, const char *why)
{
    struct ramp_state *state = look->state;
    if (state->share > 0) {
        decide(look, RAMP_BACK, step_below(look->settings, state->share), "%s", why);
    } else if (look->now_us - state->well_us >= look->settings->give_up_us) {
        decide(look, RAMP_END_ZERO, 0, "given up after %.0f s at 0: %.100s",
               (double)(look->now_us - state->well_us) / US_A_SECOND, why);
    } else {
        decide(look, RAMP_HOLD, 0, "%s", why);
    }
}

/* Whether the key is not what was published; then the decision is made. */
static bool is_key_changed(struct ramp_look *look)
{
    int found = look->signs->found_share, share = look->state->share;
    char text[RAMP_SHARE_SIZE];
    if (!look->state->has_begun || found == share || found == RAMP_KEY_UNKNOWN) {
        return false;
    }
    if (found == RAMP_KEY_LOST) {
        decide(look, RAMP_LOST, 0, "the key was gone: evicted, or Redis came back empty");
    } else if (found == 0) {
        decide(look, RAMP_END_ZERO, 0, "somebody set the key to 0");
    } else {
        decide(look, RAMP_OVERRULE, found < share ? found : share, "somebody set the key to %s",
               ramp_rule_print_share(text, found));
    }
    return true;
}

static void read_counts(struct ramp_look *look)
{
    struct ramp_state *state = look->state;
    const struct ramp_signs *signs = look->signs;
    double second = (double)(look->now_us - state->tick_us) / US_A_SECOND;
    look->decision.hit_ratio = -1;
    if (!signs->is_cache_known) {
        return;
    }
    state->read_count += signs->read_count;
    look->decision.miss_per_second = second > 0 ? (double)signs->miss_count / second : 0;
    if (signs->read_count > 0) {
        look->decision.hit_ratio = 1 - (double)signs->miss_count / (double)signs->read_count;
    }
}

static void judge(struct ramp_look *look)
{
    struct ramp_state *state = look->state;
    const struct ramp_settings *settings = look->settings;
    char why[RAMP_WHY_SIZE];
    double misses = look->decision.miss_per_second, ratio = look->decision.hit_ratio;
    bool is_sampled = look->signs->read_count >= settings->min_read_count && ratio >= 0;
    look->decision.is_degraded = look->signs->trouble != NULL;
    if (look->signs->trouble == NULL) {
        state->well_us = look->now_us;
    }
    if (is_key_changed(look)) {
        return;
    }
    if (look->signs->trouble != NULL) {
        step_back(look, look->signs->trouble);
    } else if (!look->signs->is_cache_known || look->signs->found_share == RAMP_KEY_UNKNOWN) {
        decide(look, RAMP_HOLD, state->share, "Redis does not answer");
    } else if (settings->max_miss_per_second > 0 && misses > settings->max_miss_per_second) {
        look->decision.is_degraded = true;
        snprintf(why, sizeof why, "%.1f misses/s, limit %.1f", misses,
                 settings->max_miss_per_second);
        step_back(look, why);
    } else if (state->share > 0 && state->has_held && is_sampled &&
               ratio < settings->min_hit_ratio) {
        snprintf(why, sizeof why, "the hit ratio fell to %.1f%%, %.1f%% needed", ratio * PERCENT,
                 settings->min_hit_ratio * PERCENT);
        step_back(look, why);
    } else {
        state->has_held = state->has_held || (is_sampled && ratio >= settings->min_hit_ratio);
        try_to_raise(look);
    }
}

void ramp_rule_begin(struct ramp_state *state, int found_share, int64_t now_us)
{
    bool is_found = found_share > 0;
    *state = (struct ramp_state){.share = is_found ? found_share : 0,
                                 .has_begun = is_found,
                                 .changed_us = now_us,
                                 .tick_us = now_us,
                                 .well_us = now_us};
}

struct ramp_decision ramp_rule_tick(struct ramp_state *state, const struct ramp_settings *settings,
                                    const struct ramp_signs *signs, int64_t now_us)
{
    struct ramp_look look = {
        .state = state, .settings = settings, .signs = signs, .now_us = now_us};
    read_counts(&look);
    judge(&look);
    state->tick_us = now_us;
    if (look.decision.share != state->share || look.decision.move == RAMP_LOST) {
        state->share = look.decision.share;
        state->changed_us = now_us;
        state->read_count = 0;
        state->has_held = false;
    }
    state->has_begun = state->has_begun || state->share > 0;
    return look.decision;
}
