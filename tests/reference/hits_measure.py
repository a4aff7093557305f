#!/usr/bin/env python3
"""hits_measure.py - the accesses a plan foretold beside those that came, by tenths of keys ordered by what was foretold.

    hits_measure.py [--each] [--least RETURNS] ENTITY PLAN=TRUTH...

PLAN is what `rank` planned for all keys of ENTITY that were asked about, TRUTH a CSV with the columns id and hits, as truth.csv
of `simulate`; of one that also has `entity` the rows of ENTITY count. Tenths of several plans are pooled, the first with the
first. A line a tenth, the highest first:
    tenth  keys  foretold and came a key  ratio  P foretold and came  hits a return foretold and came  spread
Foretold hits a return are those of the keys that did come back, so that they do not depend on P; `spread` is the standard
error of the ratio, from the squares of what came a key, and knows nothing of keys that wake together. Then the same of all,
before the tenths of each plan with --each. With --least a last line, `range`: the least and the largest ratio of tenths with so
many returns, and those of hits a return, foretold by came; none where no tenth has them. Standard library only.
"""
import argparse
import csv
import math
import sys

TENTHS = 10
P_LEAST = 1e-4  # below it a plan has too few digits to divide by


def read_came(path, entity):
    with open(path, newline="") as lines:
        return {r["id"]: int(r["hits"]) for r in csv.DictReader(lines) if r.get("entity", entity) == entity}


def read_plan(path, came):
    with open(path, newline="") as lines:
        rows = [(float(r["expected_hits"]), float(r["p_return"]), came.get(r["id"], 0)) for r in csv.DictReader(lines)]
    return sorted(rows, reverse=True)


def part_of(rows):
    """keys, hits foretold, hits came, their squares, P foretold, returns, hits a return foretold, summed over the returns"""
    foretold, p, came = (sum(r[i] for r in rows) for i in (0, 1, 2))
    back = [r for r in rows if r[2] > 0]
    return [len(rows), foretold, came, sum(r[2] ** 2 for r in rows), p, len(back), sum(r[0] / r[1] for r in back if r[1] >= P_LEAST)]


def print_part(name, part):
    keys, foretold, came, squares, p, back, given = part
    ratio = foretold / came if came else float("inf")
    spread = ratio * math.sqrt(squares) / came if came else float("inf")
    print(f"{name:>4} {keys:6d} {foretold / keys:8.3f} {came / keys:8.3f} {ratio:6.3f}  {p / keys:.4f} {back / keys:.4f}  "
          f"{given / max(back, 1):8.3f} {came / max(back, 1):8.3f} {spread:6.3f}")


def print_range(parts, least):
    ratios = [(p[1] / p[2], p[6] / p[2]) for p in parts if p[5] >= least]
    if ratios:
        print("range", *(f"{pick(r[i] for r in ratios):.3f}" for i in (0, 1) for pick in (min, max)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--least", type=int)
    parser.add_argument("entity")
    parser.add_argument("pairs", nargs="+")
    options = parser.parse_args()
    pooled = [[0] * 7 for _ in range(TENTHS)]
    for pair in options.pairs:
        plan, truth = pair.rsplit("=", 1)
        rows = read_plan(plan, read_came(truth, options.entity))
        parts = [part_of(rows[len(rows) * i // TENTHS:len(rows) * (i + 1) // TENTHS]) for i in range(TENTHS)]
        pooled = [[a + b for a, b in zip(old, new)] for old, new in zip(pooled, parts)]
        if options.each:
            print_part("all", [sum(column) for column in zip(*parts)])
    for i, part in enumerate(pooled):
        print_part(str(i + 1), part)
    print_part("all", [sum(column) for column in zip(*pooled)])
    if options.least:
        print_range(pooled, options.least)


main()
