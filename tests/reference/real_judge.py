"""real_judge.py - how well scores tell who came from who did not.

Usage: real_judge.py CAME NAME=FILE:COLUMN...       prints a line: keys, came, and the AUC of each NAME

Each FILE is a CSV with id and COLUMN; all must have the same ids. AUC by rank sums, ties by half (Mann and Whitney 1947).
"""
import csv
import sys


def auc(scores, came):
    order = sorted(range(len(scores)), key=scores.__getitem__)
    rank_sum, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        rank_sum += (at + end + 1) / 2 * sum(came[order[i]] for i in range(at, end))
        at = end
    positives = sum(came)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(came) - positives))


def main():
    with open(sys.argv[1]) as lines:
        came = {line.rstrip("\n") for line in lines}
    ids, found = None, {}
    for argument in sys.argv[2:]:
        name, place = argument.split("=")
        path, column = place.rsplit(":", 1)
        with open(path, newline="") as lines:
            scores = {row["id"]: float(row[column]) for row in csv.DictReader(lines)}
        ids = ids or sorted(scores)
        if ids != sorted(scores):
            sys.exit(f"{path} has other keys than the first file")
        found[name] = auc([scores[i] for i in ids], [int(i in came) for i in ids])
    print(len(ids), sum(i in came for i in ids), *(f"{value:.4f}" for value in found.values()))


if __name__ == "__main__":
    main()
