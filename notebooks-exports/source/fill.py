"""fill.py - puts figures from the tables into a text. Standard library only.

Usage: fill.py TEMPLATE FOLDER >TEXT

In the template, {{NAME}} is a figure or a table that is worked out in `facts` below from the tables of the run. An unknown
name is an error, so that no figure stands in the text without a source.
"""
import csv
import os
import re
import sys

MODELS = ["recency", "frequency", "decayed", "bgnbd", "mbgnbd", "auto"]
BASELINES = MODELS[:4]


def load(folder, table):
    with open(os.path.join(folder, f"{table}.csv"), newline="") as lines:
        return list(csv.DictReader(lines))


def by_set(rows):
    """{(set, entity): {model: row}}, in the order of the file."""
    found = {}
    for row in rows:
        found.setdefault((row["set"], row["entity"]), {})[row["model"]] = row
    return found


def short(text):
    return f"{float(text):.3f}".replace("0.", ".", 1)


def metrics_table(sets, column):
    lines = ["| set | dormant | came | " + " | ".join(MODELS) + " |", "|---" * (3 + len(MODELS)) + "|"]
    best = max if column != "log_loss" else min
    for (name, entity), models in sets.items():
        values = [float(models[m][column]) for m in MODELS]
        cells = [f"**{short(v)}**" if v == best(values) else short(v) for v in values]
        lines.append(f"| {name} {entity}s | {models['auto']['keys']} | {models['auto']['came']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def totals_table(sets):
    lines = ["| set | came | bgnbd | auto | auto / came |", "|---|--:|--:|--:|--:|"]
    for (name, entity), models in sets.items():
        came, mine = int(models["auto"]["came"]), float(models["auto"]["predicted"])
        lines.append(f"| {name} {entity}s | {came} | {float(models['bgnbd']['predicted']):.0f} | {mine:.0f} | {mine / came:.2f} |")
    return "\n".join(lines)


def lead_of_auto(models):
    return float(models["auto"]["auc"]) - max(float(models[m]["auc"]) for m in BASELINES)


def budget_lead(rows):
    """At a tenth of the memory that all dormant keys of a shop would take: seconds saved by auto, and by the best baseline."""
    lines = ["| shop | MiB | auto, s | best baseline, s | which |", "|---|--:|--:|--:|---|"]
    for name in dict.fromkeys(row["set"] for row in rows):
        here = [row for row in rows if row["set"] == name]
        limit = max(float(row["mib"]) for row in here) / 10
        saved = {}
        for row in here:
            if float(row["mib"]) <= limit:
                saved[row["model"]] = float(row["seconds_saved"])
        best = max(BASELINES, key=lambda m: saved[m])
        lines.append(f"| {name} | {limit:.2f} | {saved['auto']:.2f} | {saved[best]:.2f} | {best} |")
    return "\n".join(lines)


def facts(folder):
    rows = load(folder, "metrics")
    sets = by_set(rows)
    leads = {f"{name} {entity}s": lead_of_auto(models) for (name, entity), models in sets.items()}
    ratios = {key: float(m["auto"]["predicted"]) / int(m["auto"]["came"]) for key, m in sets.items()}
    worst = min(leads, key=leads.get)
    most = max(leads, key=leads.get)
    has_real = any(row["kind"] == "real" for row in rows)
    return {
        "auc": metrics_table(sets, "auc"),
        "log_loss": metrics_table(sets, "log_loss"),
        "caught": metrics_table(sets, "caught_10"),
        "totals": totals_table(sets),
        "budget": budget_lead(load(folder, "budget")),
        "set_count": str(len(sets)),
        "first_count": str(sum(lead >= 0 for lead in leads.values())),
        "near_count": str(sum(lead >= -0.003 for lead in leads.values())),
        "worst": f"{worst} ({leads[worst]:+.3f})",
        "most": f"{most} ({leads[most]:+.3f})",
        "within_count": str(sum(0.75 <= ratio <= 1.25 for ratio in ratios.values())),
        "least_ratio": f"{min(ratios.values()):.2f}",
        "most_ratio": f"{max(ratios.values()):.2f}",
        "real_note": "" if has_real else "\n**The real sets were not there when this was made; only simulated shops are shown.**\n",
    }


def main():
    known = facts(sys.argv[2])
    with open(sys.argv[1]) as template:
        text = template.read()
    sys.stdout.write(re.sub(r"\{\{(\w+)\}\}", lambda match: known[match.group(1)], text))


if __name__ == "__main__":
    main()
