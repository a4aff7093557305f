#!/usr/bin/env python3
"""shop_measure.py - one simulated shop's plan beside its truth, in one line.

    shop_measure.py FOLDER ENTITY PLAN WORDS

FOLDER is what `simulate` wrote, PLAN what `rank --verbose` planned for all dormant keys of ENTITY, WORDS what it said.
Prints: keys, returned, AUC, calibration slope of the logits, groups of 200 by P whose true mean lies between the means of
p_low and p_high, below, above; whether the total's band covers what came; its width by that of the band from the true law
of strengths, in which chance is included on both sides; the foretold total and its band; and the sum of P by that of the true ones.
"""
import csv
import math
import sys

GROUP = 200
SURE = 1.6448536269514722


def rank_sum_auc(rows):
    """rows: (score, returned). Ties count half."""
    rows = sorted(rows)
    ranks, i = 0.0, 0
    while i < len(rows):
        j = i
        while j < len(rows) and rows[j][0] == rows[i][0]:
            j += 1
        ranks += sum(r[1] for r in rows[i:j]) * (i + 1 + j) / 2
        i = j
    came = sum(r[1] for r in rows)
    return (ranks - came * (came + 1) / 2) / (came * (len(rows) - came)) if 0 < came < len(rows) else float("nan")


def calibration_slope(rows):
    """Of the returns on the logits of P, by Newton's method on two coefficients."""
    points = []
    for p, y in rows:
        p = min(max(p, 1e-6), 1 - 1e-6)
        points.append((math.log(p / (1 - p)), y))
    level, slope = 0.0, 1.0
    for _ in range(30):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for x, y in points:
            q = 1 / (1 + math.exp(-(level + slope * x)))
            w = q * (1 - q)
            g0, g1 = g0 + y - q, g1 + (y - q) * x
            h00, h01, h11 = h00 + w, h01 + w * x, h11 + w * x * x
        det = h00 * h11 - h01 * h01
        step0, step1 = (h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det
        level, slope = level + step0, slope + step1
        if abs(step0) + abs(step1) < 1e-9:
            break
    return slope


def group_coverage(rows):
    """rows: (p, low, high, true). Groups of neighbours by P, the highest first; a rest is left out."""
    rows = sorted(rows, reverse=True)
    inside = below = above = 0
    for i in range(0, len(rows) - GROUP + 1, GROUP):
        group = rows[i:i + GROUP]
        low, high, true = (sum(r[k] for r in group) for k in (1, 2, 3))
        inside += low <= true <= high
        below += true < low
        above += true > high
    return inside, below, above


def true_band(folder, entity, variance):
    """From what the shop knows of itself: the law of multipliers, and how returns follow them."""
    with open(folder + "/truth-events.csv") as file:
        events = [r for r in csv.DictReader(file) if r["entity"] == entity]
    coming = events[-1]
    same = [r for r in events if r["kind"] == coming["kind"]]
    x = [math.log(float(r["multiplier"])) for r in same]
    y = [math.log(float(r["strength"])) for r in same]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    follow = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / spread if spread > 1e-12 else 0.5
    middle = math.log(float(coming["multiplier_mean"]))
    sigma = float(coming["multiplier_sigma"])
    ends = []
    for way in (-1, 1):
        away = middle + way * SURE * sigma - math.log(float(coming["multiplier"]))
        ends.append(float(coming["expected_returns"]) * math.exp(follow * away))
    half = (ends[1] - ends[0]) / 2
    return 2 * math.hypot(half, SURE * math.sqrt(variance))


def main():
    folder, entity, plan, words = sys.argv[1:5]
    truth = {}
    with open(folder + "/truth.csv") as file:
        for r in csv.DictReader(file):
            if r["entity"] == entity:
                truth[r["id"]] = (float(r["p_true"]), int(r["returned"]))
    rows = []
    with open(plan) as file:
        for r in csv.DictReader(file):
            rows.append((float(r["p_return"]), float(r["p_low"]), float(r["p_high"])) + truth[r["id"]])
    total = {}
    with open(words) as file:
        for line in file:
            name, _, value = line.partition("forecast: ")[2].strip().partition(" ")
            if name.startswith("expected_returns"):
                total[name] = float(value)
    came = sum(r[4] for r in rows)
    low, high = total["expected_returns_low"], total["expected_returns_high"]
    variance = sum(r[3] * (1 - r[3]) for r in rows)
    inside, below, above = group_coverage([r[:4] for r in rows])
    print(len(rows), came, "%.4f" % rank_sum_auc([(r[0], r[4]) for r in rows]),
          "%.3f" % calibration_slope([(r[0], r[4]) for r in rows]), inside, below, above,
          int(low <= came <= high), "%.3f" % ((high - low) / true_band(folder, entity, variance)),
          "%.0f %.0f %.0f" % (total["expected_returns"], low, high), "%.3f" % (sum(r[0] for r in rows) / sum(r[3] for r in rows)))


main()
