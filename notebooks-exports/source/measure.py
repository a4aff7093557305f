"""measure.py - how good a plan was, when who came is known. Standard library only.

Usage: measure.py KIND SET MODEL PLAN.csv truth:TRUTH.csv|came:IDS    prints rows `table,kind,set,entity,model,...`
       measure.py tables MEASURED FOLDER                             sorts these rows into FOLDER/TABLE.csv

A plan lists every dormant key, so its p_return can be judged in any order. Tables:
  metrics      keys, came, predicted (sum of p), auc, log_loss, caught at 5, 10 and 20 % of the keys
  calibration  tenths of the keys by p: mean p and share that came
  lift         share of the keys taken, the most probable first, and the share of all who came among them
  budget       both entities in the plan's order: MiB of Redis, and database time of first touches saved, in seconds
"""
import csv
import math
import os
import sys

HEADERS = {
    "metrics": "kind,set,entity,model,keys,came,predicted,auc,log_loss,caught_5,caught_10,caught_20",
    "calibration": "kind,set,entity,model,bin,mean_p,share_came,keys",
    "lift": "kind,set,entity,model,share_of_keys,share_of_came",
    "budget": "kind,set,entity,model,mib,seconds_saved",
}
CUTS, BINS, BUDGET_POINTS = (5, 10, 20), 10, 50


def read_came(source):
    kind, path = source.split(":", 1)
    if kind == "came":
        with open(path) as lines:
            ids = {line.rstrip("\n") for line in lines}
        return lambda row: row["id"] in ids
    with open(path, newline="") as lines:
        keys = {(row["entity"], row["id"]) for row in csv.DictReader(lines) if float(row["returned"]) > 0}
    return lambda row: (row["entity"], row["id"]) in keys


def auc(rows):
    rank_sum, at = 0.0, 0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end][0] == rows[at][0]:
            end += 1
        rank_sum += (at + end + 1) / 2 * sum(y for _, y in rows[at:end])
        at = end
    positives = sum(y for _, y in rows)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(rows) - positives))


def log_loss(rows):
    least = 1e-9
    return -sum(math.log(max(p if y else 1 - p, least)) for p, y in rows) / len(rows)


def emit(table, *fields):
    print(",".join([table, *(f"{f:.6g}" if isinstance(f, float) else str(f) for f in fields)]))


def share_ties(rows):
    """Keys of equal p share what came among them, so that no order within them flatters anybody."""
    shared, at = [], 0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end][0] == rows[at][0]:
            end += 1
        mean = sum(y for _, y in rows[at:end]) / (end - at)
        shared += [(rows[at][0], mean)] * (end - at)
        at = end
    return shared


def judge(names, rows):
    """Rows are (p, came), the least probable first."""
    came = sum(y for _, y in rows)
    ranked = share_ties(rows)
    best = ranked[::-1]
    caught = [sum(y for _, y in best[: round(len(rows) * cut / 100)]) / came for cut in CUTS]
    emit("metrics", *names, len(rows), came, sum(p for p, _ in rows), auc(rows), log_loss(rows), *caught)
    for i in range(BINS):
        part = ranked[i * len(rows) // BINS : (i + 1) * len(rows) // BINS]
        emit("calibration", *names, i + 1, sum(p for p, _ in part) / len(part), sum(y for _, y in part) / len(part),
             len(part))
    for percent in range(0, 101, 2):
        taken = best[: round(len(rows) * percent / 100)]
        emit("lift", *names, percent / 100, sum(y for _, y in taken) / came)


def budget(kind, name, model, rows, has_come):
    """First touches saved, in the order of the plan."""
    size = seconds = 0.0
    costs = {}  # of a miss, in ms: the same for all keys of a family
    for row in rows:
        if float(row["p_return"]) > 0:
            costs.setdefault(row["family"], float(row["benefit_ms"]) / float(row["p_return"]))
    for i, row in enumerate(rows):
        if i % max(1, len(rows) // BUDGET_POINTS) == 0:
            emit("budget", kind, name, "both", model, size / 2**20, seconds)
        size += float(row["size_bytes"])
        if has_come(row):
            seconds += costs[row["family"]] / 1000
    emit("budget", kind, name, "both", model, size / 2**20, seconds)


def measure(kind, name, model, plan, source):
    has_come = read_came(source)
    with open(plan, newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: int(row["rank"]))
    for entity in ("user", "product"):
        scored = sorted((float(row["p_return"]), int(has_come(row))) for row in rows if row["entity"] == entity)
        if scored:
            judge((kind, name, entity, model), scored)
    if kind == "simulated":
        budget(kind, name, model, rows, has_come)


def tables(measured, folder):
    found = {table: [header] for table, header in HEADERS.items()}
    with open(measured) as lines:
        for line in lines:
            table, rest = line.rstrip("\n").split(",", 1)
            found[table].append(rest)
    for table, rows in found.items():
        with open(os.path.join(folder, f"{table}.csv"), "w") as out:
            out.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "tables":
        tables(*sys.argv[2:])
    else:
        measure(*sys.argv[1:])
