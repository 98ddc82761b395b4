"""leaderboard.json and leaderboard.csv: the rows of the tables as data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, Final

from forgetbench.leaderboard.pareto import on_pareto_front
from forgetbench.leaderboard.ranking import Entry, Group, Standing
from forgetbench.leaderboard.submissions import Skipped
from forgetbench.records import OVERALL, SCHEMA_VERSION, DeltaRow
from forgetbench.storage.csv_files import csv_text
from forgetbench.storage.flat_rows import flat
from forgetbench.storage.json_files import to_json

_PLACE: Final = ("best_rank", "worst_rank", "tie_group", "joint_low", "joint_high")
_WHO: Final = (
    "suite", "protocol", *_PLACE, "comparison_id", "candidate_name", "base_name", "base_fingerprint", "method",
    "parameters",
)  # fmt: skip
_SHOWN: Final = (
    "n_items", "base", "candidate", "delta", "se", "ci_low", "ci_high", "p_value", "p_adjusted", "retention",
    "retention_low", "retention_high", "forgotten", "gained", "locked", "erased", "mde", "margin", "verdict",
    "within_margin", "n_clusters", "n_effective",
)  # fmt: skip


def as_json(groups: Sequence[Group], skipped: Sequence[Skipped], reports: Collection[str]) -> str:
    """All tables, and what was left out; `reports` are the ids of the comparisons that have one."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "groups": [
            {
                "suite": group.suite,
                "protocol": group.protocol,
                "rows": [
                    _row(entry, on_front, reports)
                    for entry, on_front in zip(group.entries, on_pareto_front(group), strict=True)
                ],
            }
            for group in groups
        ],
        "skipped": [asdict(item) for item in skipped],
    }
    return to_json(content)


def as_csv(groups: Sequence[Group]) -> str:
    """One line per comparison and domain, and one per comparison for 'overall'; ranks are those of the domain."""
    rows = (
        [*_who(entry, name), name, *_numbers(row).values()]
        for group in groups
        for entry in group.entries
        for name, row in (
            (OVERALL, entry.comparison.overall),
            *((row.name, row) for row in entry.comparison.domains),
        )
    )
    return csv_text([*_WHO, "domain", *_SHOWN], rows)


def _row(entry: Entry, on_front: bool | None, reports: Collection[str]) -> dict[str, Any]:
    comparison, file = entry.comparison, entry.file
    identity = comparison.comparison_id
    return {
        **_place(entry.overall),
        "pareto": on_front,
        "comparison_id": identity,
        "candidate": comparison.candidate.name,
        "base": comparison.base.name,
        "base_fingerprint": comparison.base.fingerprint,
        "candidate_fingerprint": comparison.candidate.fingerprint,
        "created": comparison.created,
        "page": f"{identity}/index.html",
        "report": f"{identity}/report.html" if identity in reports else None,
        "submission": file.model_dump(mode="json", exclude={"schema_version"}),
        "overall": _numbers(comparison.overall),
        "domains": {row.name: {**_place(entry.standings.get(row.name)), **_numbers(row)} for row in comparison.domains},
    }


def _place(standing: Standing | None) -> dict[str, float | None]:
    return {name: getattr(standing, name) if standing else None for name in _PLACE}


def _numbers(row: DeltaRow) -> dict[str, Any]:
    values = flat(row)
    return {name: values[name] for name in _SHOWN}


def _who(entry: Entry, measure: str) -> tuple[object, ...]:
    """The values of `_WHO`."""
    comparison = entry.comparison
    return (
        comparison.suite_label,
        comparison.protocol,
        *_place(entry.standings.get(measure)).values(),
        comparison.comparison_id,
        comparison.candidate.name,
        comparison.base.name,
        comparison.base.fingerprint,
        entry.file.method,
        entry.file.parameters,
    )
