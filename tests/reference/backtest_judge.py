"""backtest_judge.py - the metrics of one backtest origin, computed anew by scikit-learn from a plan of the same moment.

Usage: backtest_judge.py PLAN.csv CAME.txt BACKTEST.csv ENTITY MODEL TOP      prints a line a metric; exit 1 when one differs

PLAN holds every dormant key with its probability and bytes, CAME those that came in the window, one id a line. Keys of
equal probability share what a cut through them takes; the plan's probabilities are rounded, which is what the tolerance
is for.
"""
import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

TOLERANCE = 1e-4  # relative
LINE_TOLERANCE = 0.05  # of a standard error: the backtest fits its line to cells of a sixteenth of a logit
ROUNDED_TOGETHER = 3  # more keys of one probability are equal indeed
ROUNDED_AWAY = 1e-5  # a plan's probabilities have six places: below it their logarithms are not known
CUTS = {"1pct": 0.01, "5pct": 0.05, "10pct": 0.10, "20pct": 0.20}
BYTES_PER_MB = 1e6


def cut(rows, keys):
    """Keys, returns and bytes of the `keys` most probable, a group of equals in parts."""
    groups = rows.groupby("p").agg(keys=("y", "size"), returns=("y", "sum"), bytes=("size", "sum")).sort_index(ascending=False)
    above = groups["keys"].cumsum() - groups["keys"]
    part = ((keys - above) / groups["keys"]).clip(0, 1)
    return (groups.mul(part, axis=0)).sum()


def metrics(rows, top):
    y, p = rows["y"].to_numpy(), rows["p"].to_numpy()
    result = {
        "keys": len(y), "returned": y.sum(), "predicted": p.sum(), "predicted_over_returned": p.sum() / y.sum(),
        "auc": roc_auc_score(y, p), "average_precision": average_precision_score(y, p),
        "log_loss": log_loss(y, p), "brier": brier_score_loss(y, p),
        "brier_uncertainty": y.mean() * (1 - y.mean()),
    }
    for name, keys in {**{name: share * len(y) for name, share in CUTS.items()}, "plan": top}.items():
        best = cut(rows, keys)
        result[f"precision_at_{name}"] = best["returns"] / best["keys"]
        result[f"recall_at_{name}"] = best["returns"] / y.sum()
        result[f"lift_at_{name}"] = best["returns"] / best["keys"] / y.mean()
        result[f"misses_avoided_per_mb_at_{name}"] = best["returns"] / (best["bytes"] / BYTES_PER_MB)
    # Tenths by rank; equals go where the middle of them goes.
    below = rows["p"].rank(method="min") - 1
    equals = rows.groupby("p")["p"].transform("size")
    rows["bin"] = ((below + equals // 2) * 10 // len(y)).astype(int)
    for number, of_bin in rows.groupby("bin"):
        result[f"calibration_{number + 1:02d}_keys"] = len(of_bin)
        result[f"calibration_{number + 1:02d}_predicted"] = of_bin["p"].mean()
        result[f"calibration_{number + 1:02d}_returned"] = of_bin["y"].mean()
    return result


def slack(rows):
    """Tenths at whose edge lie a few keys that are equal only because the plan rounds: of each, how many such keys."""
    below = rows["p"].rank(method="min") - 1
    equals = rows.groupby("p")["p"].transform("size")
    first, last = (below * 10 // len(rows)).astype(int), ((below + equals - 1) * 10 // len(rows)).astype(int)
    at_edge = (first < last) & (equals <= ROUNDED_TOGETHER)
    result = {}
    for number in [*first[at_edge], *last[at_edge]]:
        result[number] = result.get(number, 0) + 1
    return result


def calibration_line(rows):
    """Intercept and slope of the outcome's logit by the forecast's, each with its standard error."""
    y, p = rows["y"].to_numpy(), rows["p"].to_numpy()
    x = np.log(p / (1 - p)).reshape(-1, 1)
    line = LogisticRegression(penalty=None, tol=1e-10, max_iter=1000).fit(x, y)
    fitted = line.predict_proba(x)[:, 1]
    design = np.hstack([np.ones((len(x), 1)), x])
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ (design * (fitted * (1 - fitted))[:, None]))))
    return {"calibration_intercept": (line.intercept_[0], errors[0]), "calibration_slope": (line.coef_[0, 0], errors[1])}


def main():
    plan_path, came_path, backtest_path, entity, model, top = sys.argv[1:]
    plan = pd.read_csv(plan_path, dtype={"id": str})
    came = set(open(came_path).read().split())
    rows = pd.DataFrame({"p": plan["p_return"], "y": plan["id"].isin(came).astype(int), "size": plan["size_bytes"]})
    told = pd.read_csv(backtest_path)
    told = told[(told["origin"] == "all") & (told["entity"] == entity) & (told["model"] == model)].set_index("metric")["value"]
    failed = 0
    expected = {name: (value, TOLERANCE * abs(value) + 2e-6) for name, value in metrics(rows, int(top)).items()}
    for number, keys in slack(rows).items():
        tenth = f"calibration_{number + 1:02d}"
        if f"{tenth}_keys" not in expected:
            continue  # none went there
        size = expected[f"{tenth}_keys"][0]
        for name, more in (("keys", keys), ("predicted", keys / size * rows["p"].max()), ("returned", keys / size)):
            value, tolerance = expected[f"{tenth}_{name}"]
            expected[f"{tenth}_{name}"] = (value, tolerance + more)
    if rows["p"].min() > ROUNDED_AWAY:
        for name, (value, error) in calibration_line(rows).items():
            expected[name] = (value, LINE_TOLERANCE * error)
    for name, (value, tolerance) in expected.items():
        given = told.get(name, float("nan"))
        is_equal = abs(given - value) <= tolerance
        failed |= not is_equal
        print(f"{'' if is_equal else 'DIFFERS '}{name} {given} {value:.6f}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
