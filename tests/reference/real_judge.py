"""real_judge.py - how well scores tell who came from who did not.

Usage: real_judge.py [--log-loss] CAME NAME=FILE:COLUMN...
Prints a line: keys, came, and the AUC of each NAME, with its mean log-loss behind it if that is asked for.

Each FILE is a CSV with id and COLUMN; all must have the same ids. AUC by rank sums, ties by half (Mann and Whitney 1947).
"""
import csv
import math
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


def log_loss(scores, came):
    least = 1e-9
    return -sum(math.log(max(p if y else 1 - p, least)) for p, y in zip(scores, came)) / len(came)


def main():
    wants_loss = sys.argv[1] == "--log-loss"
    came_path, *places = sys.argv[2 if wants_loss else 1:]
    with open(came_path) as lines:
        came = {line.rstrip("\n") for line in lines}
    ids, found = None, []
    for argument in places:
        path, column = argument.split("=", 1)[1].rsplit(":", 1)
        with open(path, newline="") as lines:
            scores = {row["id"]: float(row[column]) for row in csv.DictReader(lines)}
        ids = ids or sorted(scores)
        if ids != sorted(scores):
            sys.exit(f"{path} has other keys than the first file")
        values, labels = [scores[i] for i in ids], [int(i in came) for i in ids]
        found.append(auc(values, labels))
        if wants_loss:
            found.append(log_loss(values, labels))
    print(len(ids), sum(i in came for i in ids), *(f"{value:.4f}" for value in found))


if __name__ == "__main__":
    main()
