"""lifetimes_fit.py - BG/NBD by lifetimes on a summary: what `rekindle-predict fit --model bgnbd` does.

Usage: lifetimes_fit.py SUMMARY.csv raw|weighted      prints parameters, log-likelihood, seconds and CPU seconds of the fit alone

`raw` hands over each key, `weighted` each distinct (frequency, recency, T) once with its count.
"""
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
from lifetimes import BetaGeoFitter


def main():
    summary = pd.read_csv(sys.argv[1])
    count = len(summary)
    began, cpu_began = time.monotonic(), time.process_time()
    weights = None
    if sys.argv[2] == "weighted":
        summary = summary.value_counts().rename("weight").reset_index()
        weights = summary["weight"]
    fitter = BetaGeoFitter()
    fitter.fit(summary["frequency"], summary["recency"], summary["T"], weights=weights)
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu_began
    ones = np.ones(len(summary)) if weights is None else weights.to_numpy()
    columns = (summary[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    # What the fitter keeps is the likelihood of times it has scaled; this is of the times as they are.
    likelihood = -count * fitter._negative_log_likelihood(np.log(fitter.params_.to_numpy()), *columns, ones, 0)
    values = " ".join(f"{fitter.params_[name]:.6f}" for name in ("r", "alpha", "a", "b"))
    print(f"{values} {likelihood:.3f} {seconds:.2f} {cpu_seconds:.2f}")


if __name__ == "__main__":
    main()
