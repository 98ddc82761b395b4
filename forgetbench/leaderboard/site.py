"""The site's files: index.html, leaderboard.json, leaderboard.csv and a report for each comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from forgetbench.errors import InputError
from forgetbench.leaderboard.ranking import Entry, Group, grouped
from forgetbench.leaderboard.submissions import Skipped, Submission, read_submissions
from forgetbench.records import SCHEMA_VERSION, Comparison, DeltaRow
from forgetbench.report.html import template_environment
from forgetbench.storage.csv_files import csv_text
from forgetbench.storage.files import write_atomic
from forgetbench.storage.flat_rows import flat
from forgetbench.storage.json_files import to_json

_WHO: Final = (
    "suite", "protocol", "best_rank", "worst_rank", "comparison_id", "candidate_name", "base_name"
)  # fmt: skip
_SHOWN: Final = (
    "n_items", "base", "candidate", "delta", "se", "ci_low", "ci_high", "p_value", "p_adjusted", "retention",
    "retention_low", "retention_high", "forgotten", "gained", "locked", "erased", "mde", "margin", "verdict",
    "within_margin", "n_clusters", "n_effective",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """What `build_leaderboard` wrote."""

    index: Path
    groups: tuple[Group, ...]
    skipped: tuple[Skipped, ...]


def build_leaderboard(results: Path, out: Path) -> Site:
    """Write the leaderboard of all comparisons under `results` into `out`.

    Numbers are checked, and reports made anew from them: nothing is copied. A comparison that cannot be read or
    contradicts itself is left out, and listed on the page and in the returned value. Raises InputError when there is no
    comparison, or none is left, StorageError when a file cannot be written.
    """
    comparisons: list[Comparison] = []
    skipped: list[Skipped] = []
    published: dict[str, str] = {}
    for each in read_submissions(results):
        if isinstance(each, Skipped):
            skipped.append(each)
            continue
        comparisons.append(each.comparison)
        identity = each.comparison.comparison_id
        if _publish(each, out / identity / "report.html"):
            published[identity] = f"{identity}/report.html"
    if skipped and not comparisons:
        first = skipped[0]
        raise InputError(f"{results}: none of {len(skipped)} comparisons can be shown; {first.folder}: {first.reason}")
    groups = grouped(comparisons)
    write_atomic(out / "leaderboard.json", to_json(_as_json(groups, skipped, published)))
    write_atomic(out / "leaderboard.csv", _as_csv(groups))
    write_atomic(out / "index.html", _as_html(groups, skipped, published))
    return Site(out / "index.html", groups, tuple(skipped))


def _publish(submission: Submission, page: Path) -> bool:
    """Write a submission's page; where there is none, take away what an earlier version may have copied there."""
    if submission.report:
        write_atomic(page, submission.report)
    elif page.is_file():
        page.unlink()
    return bool(submission.report)


# --- writing ----------------------------------------------------------------------------------


def _as_json(groups: Sequence[Group], skipped: Sequence[Skipped], published: Mapping[str, str]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "groups": [
            {
                "suite": group.suite,
                "protocol": group.protocol,
                "rows": [_row_json(entry, published) for entry in group.entries],
            }
            for group in groups
        ],
        "skipped": [asdict(item) for item in skipped],
    }


def _row_json(entry: Entry, published: Mapping[str, str]) -> dict[str, Any]:
    comparison = entry.comparison
    return {
        "best_rank": entry.best_rank,
        "worst_rank": entry.worst_rank,
        "comparison_id": comparison.comparison_id,
        "candidate": comparison.candidate.name,
        "base": comparison.base.name,
        "created": comparison.created,
        "report": published.get(comparison.comparison_id),
        "overall": _numbers(comparison.overall),
        "domains": {row.name: _numbers(row) for row in comparison.domains},
    }


def _numbers(row: DeltaRow) -> dict[str, Any]:
    values = flat(row)
    return {name: values[name] for name in _SHOWN}


def _as_csv(groups: Sequence[Group]) -> str:
    """One line per comparison and domain, and one per comparison for 'overall'."""
    rows = (
        [*_who(entry), name, *_numbers(row).values()]
        for group in groups
        for entry in group.entries
        for name, row in (("overall", entry.comparison.overall), *((row.name, row) for row in entry.comparison.domains))
    )
    return csv_text([*_WHO, "domain", *_SHOWN], rows)


def _who(entry: Entry) -> tuple[object, ...]:
    """The values of `_WHO`."""
    comparison = entry.comparison
    return (
        comparison.suite_label,
        comparison.protocol,
        entry.best_rank,
        entry.worst_rank,
        comparison.comparison_id,
        comparison.candidate.name,
        comparison.base.name,
    )


def _as_html(groups: Sequence[Group], skipped: Sequence[Skipped], published: Mapping[str, str]) -> str:
    template = template_environment(Path(__file__).parent / "templates").get_template("index.html.j2")
    return template.render(groups=groups, skipped=skipped, published=published)
