#!/usr/bin/env python3
"""shop_btyd.py - keys that live by BG/NBD or MBG/NBD, and how well fitted parameters rank them beside the true ones.

    shop_btyd.py log MODEL SEED KEYS     writes `ts,user` of 365 days to log.csv and `id,p_true,returned` to truth.csv: P
                                         of a return within the 60 days after, by the true parameters
    shop_btyd.py judge PLAN              prints the AUC by p_true, by p_return, and their difference
"""
import csv
import math
import random
import sys

DAY = 86400
START = 1735689600  # 2025-01-01
DAYS, WINDOW = 365, 60
R, ALPHA, A, B = 0.6, 40.0, 0.8, 2.5


def live(dice, model):
    """Days of accesses from 0 on, up to the end of the window."""
    rate = dice.gammavariate(R, 1 / ALPHA)
    leaves = dice.betavariate(A, B)
    days, day, end = [], dice.random() * DAYS * 0.8, DAYS + WINDOW
    days.append(int(day))
    if model == "mbgnbd" and dice.random() < leaves:
        return days
    while rate > 0:
        day += dice.expovariate(rate)
        if day >= end:
            break
        if int(day) > days[-1]:
            days.append(int(day))
        if dice.random() < leaves:
            break
    return days


def p_return(model, x, last, age):
    """P(at least one in the window that begins at once): models.md's closed form, no special function."""
    odds_dead = 0.0
    late = 1 if model == "mbgnbd" else 0
    if x > 0 or late:
        odds_dead = A / (B + x - 1 + late) * ((ALPHA + age) / (ALPHA + last)) ** (R + x)
    return -math.expm1(-(R + x) * math.log1p(WINDOW / (ALPHA + age))) / (1 + odds_dead)


def write_log(model, seed, keys):
    dice = random.Random(seed)
    with open("log.csv", "w") as log, open("truth.csv", "w") as truth:
        log.write("ts,user\n")
        truth.write("id,p_true,returned\n")
        for key in range(keys):
            days = live(dice, model)
            seen = [d for d in days if d < DAYS]
            for day in seen:
                log.write("%d,k%d\n" % (START + day * DAY + DAY // 2, key))
            p = p_return(model, len(seen) - 1, seen[-1] - seen[0], DAYS - 1 - seen[0])
            truth.write("k%d,%.9f,%d\n" % (key, p, len(days) > len(seen)))


def auc(rows):
    rows = sorted(rows)
    ranks, i = 0.0, 0
    while i < len(rows):
        j = i
        while j < len(rows) and rows[j][0] == rows[i][0]:
            j += 1
        ranks += sum(r[1] for r in rows[i:j]) * (i + 1 + j) / 2
        i = j
    came = sum(r[1] for r in rows)
    return (ranks - came * (came + 1) / 2) / (came * (len(rows) - came))


def judge(plan):
    with open("truth.csv") as file:
        truth = {r["id"]: (float(r["p_true"]), int(r["returned"])) for r in csv.DictReader(file)}
    with open(plan) as file:
        rows = [(float(r["p_return"]),) + truth[r["id"]] for r in csv.DictReader(file)]
    true, fitted = auc([(r[1], r[2]) for r in rows]), auc([(r[0], r[2]) for r in rows])
    print("%.5f %.5f %.5f" % (true, fitted, true - fitted))


if sys.argv[1] == "log":
    write_log(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    judge(sys.argv[2])
