"""The tables of docs/calibration.md, from results/benchmarks/calibration.json and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

DOC = Path(__file__).parents[2] / "docs" / "calibration.md"
BEGIN, END = "<!-- tables: written by `make calibrate` -->", "<!-- end of tables -->"

Row = dict[str, Any]


def write(content: dict[str, Any] | None) -> None:
    if content is None:
        raise SystemExit("results/benchmarks/calibration.json is missing; run `make calibrate`")
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOC.write_text(f"{head}{BEGIN}\n\n{tables(content)}\n{END}{tail}", encoding="utf-8")


def tables(content: dict[str, Any]) -> str:
    lines = ["## Everything looked at once", "", *summary(content["fixed"]), "", *fixed(content["fixed"]), ""]
    rows = content["sequential"]
    lines += ["## A look after every block", "", *sequential_summary(rows), "", *sequential(rows), ""]
    return "\n".join(lines)


def summary(rows: Sequence[Row]) -> list[str]:
    n = len(rows)
    alarms = sum(row["false_alarm"]["low"] <= 0.05 for row in rows)
    held = sum(row["retained_at_margin"]["low"] <= 0.05 for row in rows)
    inside = sum(_covers(row["coverage_no_change"]) and _covers(row["coverage_at_margin"]) for row in rows)
    short = sum(min(row[name]["high"] for name in _COVERAGES) < 0.93 for row in rows)
    promised = [row for row in rows if row["power"]]
    power = sum(row["power"]["low"] <= 0.83 and row["power"]["high"] >= 0.77 for row in promised)
    return [
        f"Of {n} settings, as far as the Monte-Carlo interval tells:",
        "",
        f"- `regressed` without a change in at most 5 % of runs: {alarms};",
        f"- `retained` at a true drop of the margin in at most 5 %: {held};",
        f"- both coverages within 93 to 97 %: {inside}; one below 93 %: {short}, the others are above;",
        f"- power at the promised drop within 77 to 83 %: {power} of {len(promised)}.",
    ]


_COVERAGES = ("coverage_no_change", "coverage_at_margin")


def _covers(rate: Row) -> bool:
    return bool(rate["low"] <= 0.97 and rate["high"] >= 0.93)


def fixed(rows: Sequence[Row]) -> list[str]:
    columns = (
        "setting", "accuracy", "discordance", "false `regressed`", "coverage, no change", "coverage, drop of margin",
        "`retained` at the margin", "promised drop", "power there", "fixed 2-point rule: false alarms",
    )  # fmt: skip
    body = [
        (
            row["name"], f"{row['settings']['accuracy']:.2f}", f"{row['settings']['discordance']:.0%}",
            shown(row["false_alarm"]), shown(row["coverage_no_change"]), shown(row["coverage_at_margin"]),
            shown(row["retained_at_margin"]), f"{100 * row['detectable_drop']:.1f}",
            shown(row["power"]) if row["power"] else "more than there is", shown(row["peers_false_alarm"]),
        )
        for row in rows
    ]  # fmt: skip
    return table(columns, body)


def sequential_summary(rows: Sequence[Row]) -> list[str]:
    errors = {
        "`regressed` without a change in at most 5 % of runs": "false_alarm",
        "`regressed` for any of five domains without a change in at most 5 %": "false_alarm_of_five",
        "`retained` at a true drop of the margin in at most 5 %": "retained_at_margin",
    }
    shares = {"without a change": "share_no_change", "with a drop of three margins": "share_drop_of_three"}
    lines = [f"Of {len(rows)} settings, at all looks together and as far as the Monte-Carlo interval tells:", ""]
    for text, name in errors.items():
        held, most = sum(row[name]["low"] <= 0.05 for row in rows), 100 * max(row[name]["rate"] for row in rows)
        lines.append(f"- {text}: {held} (the most is {most:.1f} %);")
    for text, name in shares.items():
        medians = [row[name][1] for row in rows]
        few = sum(share <= 0.4 for share in medians)
        used = f"items used {text}: {100 * median(medians):.0f} % in the median setting"
        lines.append(f"- {used}, 40 % or less in {few};")
    lines[-1] = lines[-1].rstrip(";") + "."
    return lines


def sequential(rows: Sequence[Row]) -> list[str]:
    columns = (
        "setting", "false `regressed`, 1 domain", "of 5 domains", "`retained` at the margin", "items used, no change",
        "drop of one margin", "drop of three", "decided, no change", "decided, drop of three",
    )  # fmt: skip
    body = [
        (
            row["name"], shown(row["false_alarm"]), shown(row["false_alarm_of_five"]), shown(row["retained_at_margin"]),
            *(used(row[f"share_{name}"]) for name in ("no_change", "drop_of_margin", "drop_of_three")),
            f"{row['decided_no_change']['rate']:.0%}", f"{row['decided_drop_of_three']['rate']:.0%}",
        )
        for row in rows
    ]  # fmt: skip
    return table(columns, body)


def shown(rate: Row) -> str:
    """'4.1 (3.3 to 5.1)', in per cent."""
    return f"{100 * rate['rate']:.1f} ({100 * rate['low']:.1f} to {100 * rate['high']:.1f})"


def used(quartiles: Sequence[float]) -> str:
    low, median, high = (f"{100 * value:.0f}" for value in quartiles)
    return f"**{median}** ({low} to {high})"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    marks = [":--"] + ["--:"] * (len(columns) - 1)
    return [f"| {' | '.join(cells)} |" for cells in (columns, marks, *rows)]
