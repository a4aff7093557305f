"""real_sets.py - the real sets of the shared data as logs for `rekindle-predict ingest`, and what came in their windows.

Usage: real_sets.py log SET SHARED_DATA >LOG.csv                       ts,user,item
       real_sets.py came SET SHARED_DATA ENTITY START END >IDS         who was seen in [START, END)
       real_sets.py hits SET SHARED_DATA ENTITY START END >TRUTH.csv   id,hits of the same

Standard library only. CDNOW and the grocer know days, so their accesses are at midnight.
"""
import collections
import csv
import datetime
import gzip
import sys


def cdnow(folder):
    with open(f"{folder}/btyd/CDNOW_master.txt") as lines:
        next(lines)
        for line in lines:
            fields = line.split()
            day = datetime.datetime.strptime(fields[1], "%Y%m%d").replace(tzinfo=datetime.timezone.utc)
            yield int(day.timestamp()), fields[0], ""


def grocer(folder):
    with open(f"{folder}/btyd/groceryElog.csv", newline="") as lines:
        for row in csv.DictReader(lines):
            yield unix_of(row["date"]), row["cust"], ""


def events(path):
    with gzip.open(path, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            yield int(row["ts"]), row["user_id"], row["item_id"]


SETS = {
    "cdnow": cdnow,
    "grocer": grocer,
    "retail": lambda folder: events(f"{folder}/online_retail_dev.events.csv.gz"),
    "journey": lambda folder: events(f"{folder}/campaigns/completejourney_sample.events.csv.gz"),
}


def unix_of(date):
    return int(datetime.datetime.fromisoformat(date).replace(tzinfo=datetime.timezone.utc).timestamp())


def main():
    command, name, folder = sys.argv[1:4]
    rows = SETS[name](folder)
    if command == "log":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("ts", "user", "item"))
        writer.writerows(rows)
        return
    entity, start, end = sys.argv[4], unix_of(sys.argv[5]), unix_of(sys.argv[6])
    column = 1 if entity == "user" else 2
    came = collections.Counter(row[column] for row in rows if start <= row[0] < end)
    if command == "hits":
        print("id,hits")
    for key in sorted(came):
        print(f"{key},{came[key]}" if command == "hits" else key)


if __name__ == "__main__":
    main()
