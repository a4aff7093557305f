"""real_boosting.py - gradient boosting on the rows that auto learned from, scored on those it is asked about.

Usage: real_boosting.py FEATURES ENTITY [sklearn|lightgbm [event]] >SCORES.csv      id,score; on stderr, what was done

FEATURES is what `rekindle-predict rank --dump-features` wrote; `event`: what is asked about is an event, and trees know
which rows are of events. Trees have 8 leaves; their number is chosen by log-loss on the latest windows of that sort,
which were held out (time goes forward, so the past may not be judged by the future), after which all windows are learned
from with that many.
"""
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads that wait for each other crawl on a machine at work

import numpy as np
import pandas as pd

TREES_MOST, LEAVES, RATE, LEAST_IN_LEAF = 400, 8, 0.05, 40
FIXED = ["origin", "is_event", "target", "weight", "label"]


class SklearnTrees:
    def fit(self, x, y, weights, trees):
        from sklearn.ensemble import HistGradientBoostingClassifier

        self.model = HistGradientBoostingClassifier(
            max_iter=trees, max_leaf_nodes=LEAVES, learning_rate=RATE, min_samples_leaf=LEAST_IN_LEAF,
            l2_regularization=1.0, early_stopping=False, random_state=1)
        self.model.fit(x, y, sample_weight=weights)

    def staged(self, x):
        return (p[:, 1] for p in self.model.staged_predict_proba(x))

    def predict(self, x):
        return self.model.predict_proba(x)[:, 1]


class LightgbmTrees:
    def fit(self, x, y, weights, trees):
        import lightgbm

        self.trees = trees
        self.model = lightgbm.LGBMClassifier(
            n_estimators=trees, num_leaves=LEAVES, learning_rate=RATE, min_child_samples=LEAST_IN_LEAF,
            reg_lambda=1.0, random_state=1, n_jobs=1, verbosity=-1)
        self.model.fit(x, y, sample_weight=weights)

    def staged(self, x):
        raw = np.zeros(len(x))
        for i in range(self.trees):
            raw += self.model.predict(x, raw_score=True, start_iteration=i, num_iteration=1)
            yield 1 / (1 + np.exp(-raw))

    def predict(self, x):
        return self.model.predict_proba(x)[:, 1]


LEARNERS = {"sklearn": SklearnTrees, "lightgbm": LightgbmTrees}


def log_loss(p, y, weights):
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return -np.average(np.where(y == 1, np.log(p), np.log(1 - p)), weights=weights)


def choose_trees(learner, rows, features, is_event):
    """Holds out the latest third of the windows of the sort that is asked; of each sort, the lowest number is the latest."""
    origins = sorted(rows.loc[rows["is_event"] == is_event, "origin"].unique())
    held = rows["origin"].isin(origins[: max(1, len(origins) // 3)])
    if rows.loc[~held, "label"].nunique() < 2 or rows.loc[held, "label"].nunique() < 2:
        return 100
    early, late = rows[~held], rows[held & (rows["target"] == 1)]
    learner.fit(early[features], early["label"], early["weight"], TREES_MOST)
    losses = [log_loss(p, late["label"].to_numpy(), late["weight"]) for p in learner.staged(late[features])]
    return int(np.argmin(losses)) + 1


def main():
    folder, entity = sys.argv[1:3]
    learner = LEARNERS[sys.argv[3] if len(sys.argv) > 3 else "sklearn"]()
    rows = pd.read_csv(f"{folder}/{entity}-training.csv")
    asked = pd.read_csv(f"{folder}/{entity}-asked.csv", dtype={"id": str}, keep_default_na=False)
    features = [name for name in rows.columns if name not in FIXED]
    is_event = int(len(sys.argv) > 4)
    if is_event and rows["is_event"].any():
        asked["is_event"] = 1
        features.append("is_event")
    else:
        is_event = 0
    began = time.monotonic()
    trees = choose_trees(learner, rows, features, is_event)
    learner.fit(rows[features], rows["label"], rows["weight"], trees)
    scores = learner.predict(asked[features])
    print(f"{len(rows)} rows, {trees} trees, {time.monotonic() - began:.2f} s", file=sys.stderr)
    pd.DataFrame({"id": asked["id"], "score": scores}).to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
