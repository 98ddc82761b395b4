"""The tables of docs/checkup.md, from results/benchmarks/planted_faults-*.json and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import machine
from tables import described, table

NAME = "planted_faults"
DOC = Path(__file__).parents[3] / "docs" / "checkup.md"
BEGIN, END = "<!-- tables: written by tests/benchmarks/planted_faults.py -->", "<!-- end of tables -->"
_PROGRAMS = ("forgetbench", "lm-eval", "finetunecheck")
_NAMED = ("refused", "warned")


def write_tables() -> None:
    path = machine.FOLDER / f"{NAME}-cpu.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    text = DOC.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = [described([content]), "", *totals(content["rows"]), "", *each(content["rows"])]
    DOC.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}", encoding="utf-8")


def totals(rows: Sequence[dict[str, Any]]) -> list[str]:
    """How many faults each program names, of those that it could be given."""
    lines = []
    for program in _PROGRAMS:
        outcomes = [row["outcomes"][program]["outcome"] for row in rows if _given(row, program)]
        if not outcomes:
            continue
        counts = Counter(outcomes)
        named = sum(counts[outcome] for outcome in _NAMED)
        share = f"{named} of {len(outcomes)} ({named / len(outcomes):.0%})"
        cells = [program, share, *(str(counts[outcome]) for outcome in (*_NAMED, "unclear", "silent"))]
        alarms = Counter(row["outcomes"]["sound twin"]["outcome"] for row in rows)["false alarm"]
        lines.append([*cells, f"{alarms} of {len(rows)}" if program == "forgetbench" else ""])
    columns = ("program", "named", "refused", "warned", "fails unclearly", "silent", "false alarms on sound twins")
    return table(columns, lines)


def each(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A line per fault."""
    columns = ("fault", "where nobody notices", *_PROGRAMS, "its sound twin")
    lines = [
        [row["name"], row["unnoticed"], *(_cell(row, program) for program in _PROGRAMS), _twin(row)] for row in rows
    ]
    head, _, *rest = table(columns, lines)
    return [head, "| :-- " * len(columns) + "|", *rest]


def _cell(row: dict[str, Any], program: str) -> str:
    if program not in row["outcomes"]:
        return "not tried"
    outcome = row["outcomes"][program]["outcome"] if _given(row, program) else "no such input"
    return f"**{outcome}**" if outcome in ("silent", "unclear") and program == "forgetbench" else str(outcome)


def _twin(row: dict[str, Any]) -> str:
    outcome = row["outcomes"]["sound twin"]["outcome"]
    return f"{row['twin']}: {outcome if outcome == 'quiet' else f'**{outcome}**'}"


def _given(row: dict[str, Any], program: str) -> bool:
    result = row["outcomes"].get(program)
    return result is not None and not result["message"].startswith("not applicable")
