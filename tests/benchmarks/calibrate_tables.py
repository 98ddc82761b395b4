"""The tables of docs/calibration.md, from results/benchmarks/calibration.json and calibration-before.json alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import calibrate_case_tables as hard

DOC = Path(__file__).parents[2] / "docs" / "calibration.md"
BEGIN, END = "<!-- tables: written by `make calibrate` -->", "<!-- end of tables -->"

Row = dict[str, Any]


def write(content: dict[str, Any] | None, before: dict[str, Any] | None) -> None:
    if content is None or before is None:
        raise SystemExit("results/benchmarks/ lacks calibration.json or calibration-before.json; run `make calibrate`")
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOC.write_text(f"{head}{BEGIN}\n\n{tables(content, before)}\n{END}{tail}", encoding="utf-8")


def tables(content: dict[str, Any], before: dict[str, Any]) -> str:
    """Everything between the two marks; parts that were not measured are left out."""
    fixed_rows, sequential_rows = content.get("fixed", []), content.get("sequential", [])
    claims = hard.counted(content.get("cases", []), before.get("cases", []))
    lines: list[str] = []
    if fixed_rows:
        lines += ["## Everything looked at once", "", *summary(fixed_rows), "", *fixed(fixed_rows), ""]
    if sequential_rows:
        lines += ["## A look after every block", "", *sequential_summary(sequential_rows), ""]
        lines += [*sequential(sequential_rows), ""]
    if claims:
        commit = before.get("commit", "before")
        lines += ["## Hard cases", "", *hard.overview(claims, commit), *hard.tables(claims, commit), ""]
    lines += ["## Where it is outside of what is promised", "", *outside(fixed_rows, sequential_rows, claims), ""]
    return "\n".join(lines)


_PROMISES = {
    "false_alarm": ("`regressed` without a change", None, 0.05),
    "false_alarm_of_five": ("`regressed` for any of five domains without a change", None, 0.05),
    "within_margin_at_margin": ("within the margin at a true drop of it", None, 0.05),
    "coverage_no_change": ("coverage without a change", 0.93, 0.97),
    "coverage_at_margin": ("coverage at a drop of the margin", 0.93, 0.97),
    "power": ("power at the promised drop", 0.77, None),
}
"""What a figure is called in a list, its least and its most."""


def outside(fixed_rows: Sequence[Row], sequential_rows: Sequence[Row], claims: Sequence[hard.Counted]) -> Iterator[str]:
    """A list of every figure that is outside by more than its Monte-Carlo interval."""
    lines = []
    for where, rows in (("", fixed_rows), ("a look after every block, ", sequential_rows)):
        for row in rows:
            for name, (text, least, most) in _PROMISES.items():
                found = row.get(name)
                if found and hard.breach(found, least, most) > 0.0:
                    lines.append(f"- {where}{row['name']}: {text} {hard.interval(found)}.")
    lines += hard.outside(claims)
    yield from lines or ["Nothing is."]


def summary(rows: Sequence[Row]) -> list[str]:
    n = len(rows)
    alarms = sum(row["false_alarm"]["low"] <= 0.05 for row in rows)
    held = sum(row["within_margin_at_margin"]["low"] <= 0.05 for row in rows)
    inside = sum(_covers(row["coverage_no_change"]) and _covers(row["coverage_at_margin"]) for row in rows)
    short = sum(min(row[name]["high"] for name in _COVERAGES) < 0.93 for row in rows)
    promised = [row for row in rows if row["power"]]
    power = sum(row["power"]["high"] >= 0.77 for row in promised)
    return [
        f"Of {n} settings, as far as the Monte-Carlo interval tells:",
        "",
        f"- `regressed` without a change in at most 5 % of runs: {alarms};",
        f"- within the margin at a true drop of it in at most 5 %: {held};",
        f"- both coverages within 93 to 97 %: {inside}; one below 93 %: {short}, the others are above;",
        f"- power of 77 % or more at the promised drop: {power} of {len(promised)}.",
    ]


_COVERAGES = ("coverage_no_change", "coverage_at_margin")


def _covers(rate: Row) -> bool:
    return bool(rate["low"] <= 0.97 and rate["high"] >= 0.93)


def fixed(rows: Sequence[Row]) -> list[str]:
    columns = (
        "setting", "accuracy", "discordance", "false `regressed`", "coverage, no change", "coverage, drop of margin",
        "within the margin, drop of it", "promised drop", "power there", "fixed 2-point rule: false alarms",
    )  # fmt: skip
    body = [
        (
            row["name"], f"{row['settings']['accuracy']:.2f}", f"{row['settings']['discordance']:.0%}",
            shown(row["false_alarm"]), shown(row["coverage_no_change"]), shown(row["coverage_at_margin"]),
            shown(row["within_margin_at_margin"]), f"{100 * row['detectable_drop']:.1f}",
            shown(row["power"]) if row["power"] else "more than there is", shown(row["peers_false_alarm"]),
        )
        for row in rows
    ]  # fmt: skip
    return table(columns, body)


def sequential_summary(rows: Sequence[Row]) -> list[str]:
    errors = {
        "`regressed` without a change in at most 5 % of runs": "false_alarm",
        "`regressed` for any of five domains without a change in at most 5 %": "false_alarm_of_five",
        "within the margin at a true drop of it in at most 5 %": "within_margin_at_margin",
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
        "setting", "false `regressed`, 1 domain", "of 5 domains", "within the margin, drop of it",
        "items used, no change", "drop of one margin", "drop of three", "decided, no change", "decided, drop of three",
    )  # fmt: skip
    body = [
        (
            row["name"], shown(row["false_alarm"]), shown(row["false_alarm_of_five"]),
            shown(row["within_margin_at_margin"]),
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
