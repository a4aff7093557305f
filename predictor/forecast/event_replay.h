/* event_replay.h - what a past event would bring if it came now: its level, carried over to the scores of today.
 * Room: predictor/forecast. May touch: GSL, memory.
 * A level goes with the scores it was measured on, and scores with how much was known of the keys: the older a history,
 * the further they lie apart, and the more of its silent keys have left for good. So today's keys are looked at once more
 * as that event found its own, through a history as short, with as many events in it. What the event would bring among
 * them follows from its level as it was; the level of today's scores is the one that brings the same keys as many.
 * MBG/NBD is asked besides, and the mean of both taken: it knows nothing of what keys did in events, but which of them may
 * still come. The chosen candidate has learned that from keys that had been silent for less long: it lets too many of the
 * longest silent come. */
#ifndef REKINDLE_PREDICTOR_EVENT_REPLAY_H
#define REKINDLE_PREDICTOR_EVENT_REPLAY_H

#include "predictor/forecast/dormant_scores.h"
#include "predictor/forecast/window_level.h"

struct event_replay {
    const struct forecast_state *state;
    const struct training_set *set;
    const struct candidate_choice *choice;
    const struct dormant_scores *dormant; /* today's */
};

/* Replays the event that is `origin` of the set, whose level was `then` by the chosen candidate's full fit. Where hardly
 * anyone would come of the keys that would have been known, `now` is `then`. */
int event_replay_level(const struct event_replay *replay, size_t origin, struct window_level then,
                       struct window_level *now, struct error *err) MUST_CHECK;

#endif
