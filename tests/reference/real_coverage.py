"""real_coverage.py - whether the band that `rank --verbose` gave for the total of a window holds what came.

Usage: real_coverage.py SET SHARED_DATA ENTITY NAME...

NAME.csv is the plan of all dormant keys of ENTITY, NAME.txt what rank said. Prints a line a plan: NAME, keys, came,
expected, low, high, and 1 if the band holds what came. Standard library only.
"""
import csv
import sys

import real_sets


def said(path):
    words = {}
    with open(path) as lines:
        for line in lines:
            name, _, value = line.partition("forecast: ")[2].strip().partition(" ")
            if name.startswith("expected_returns"):
                words[name] = float(value)
    return [words["expected_returns" + end] for end in ("", "_low", "_high")]


def main():
    name, folder, entity, *plans = sys.argv[1:]
    column = 1 if entity == "user" else 2
    seen = [(row[0], row[column]) for row in real_sets.SETS[name](folder)]
    for plan in plans:
        with open(plan + ".csv", newline="") as lines:
            rows = list(csv.DictReader(lines))
        start, end = (real_sets.unix_of(rows[0][bound].rstrip("Z")) for bound in ("window_start", "window_end"))
        came = {key for at, key in seen if start <= at < end}.intersection(row["id"] for row in rows)
        expected, low, high = said(plan + ".txt")
        print(plan, len(rows), len(came), expected, low, high, int(low <= len(came) <= high))


if __name__ == "__main__":
    main()
