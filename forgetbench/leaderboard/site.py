"""The site's files: index.html, leaderboard.json, leaderboard.csv and the copied reports."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from forgetbench.errors import InputError
from forgetbench.leaderboard.ranking import Entry, Group, grouped
from forgetbench.records import SCHEMA_VERSION, Comparison, DeltaRow
from forgetbench.report.html import PREAMBLE, template_environment
from forgetbench.sanitize import one_line
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.files import write_atomic
from forgetbench.storage.flat_rows import flat
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.json_files import to_json

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_OWN_FILES: Final = frozenset({"index.html", "leaderboard.json", "leaderboard.csv"})
_WHO: Final = (
    "suite", "protocol", "best_rank", "worst_rank", "comparison_id", "candidate_name", "base_name"
)  # fmt: skip
_SHOWN: Final = (
    "n_items", "base", "candidate", "delta", "se", "ci_low", "ci_high", "p_value", "p_adjusted", "retention",
    "forgotten", "gained", "locked", "erased", "mde", "margin", "verdict",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Skipped:
    """A folder, or a report, that is not on the page, and why."""

    folder: str
    reason: str


@dataclass(frozen=True, slots=True)
class Site:
    """What `build_leaderboard` wrote."""

    index: Path
    groups: tuple[Group, ...]
    skipped: tuple[Skipped, ...]

    def __str__(self) -> str:
        """Where the page is, and what is not on it: what a command prints."""
        lines = [str(self.index), *(f"skipped {item.folder}: {item.reason}" for item in self.skipped)]
        return "\n".join(one_line(line, 600) for line in lines)


def build_leaderboard(results: Path, out: Path) -> Site:
    """Write the leaderboard of all comparisons under `results` into `out`.

    A comparison that cannot be read is listed as skipped, on the page and in the returned value. Raises
    InputError when there is no comparison at all, StorageError when a file cannot be written.
    """
    comparisons, folders, skipped = _read_all(results)
    published: dict[str, str] = {}
    for comparison_id, folder in folders.items():
        problem = _publish_report(folder, out / comparison_id / "report.html")
        if problem is None:
            published[comparison_id] = f"{comparison_id}/report.html"
        elif problem:
            skipped.append(Skipped(folder.name, problem))
    groups = grouped(comparisons)
    # The page is public: it names files from the results folder on, not where that lies.
    skipped = [replace(item, reason=item.reason.replace(f"{results}/", "")) for item in skipped]
    write_atomic(out / "leaderboard.json", to_json(_as_json(groups, skipped, published)))
    write_atomic(out / "leaderboard.csv", _as_csv(groups))
    write_atomic(out / "index.html", _as_html(groups, skipped, published))
    return Site(out / "index.html", groups, tuple(skipped))


# --- reading ----------------------------------------------------------------------------------


def _read_all(results: Path) -> tuple[list[Comparison], dict[str, Path], list[Skipped]]:
    root = ResultsFolder(results).comparisons
    candidates = sorted(path.parent for path in root.glob("*/comparison.json"))
    if not candidates:
        raise InputError(
            f"{root}: no comparisons here; make one with 'forgetbench run --base BASE SFT --results {results}'"
        )
    comparisons: list[Comparison] = []
    folders: dict[str, Path] = {}
    skipped: list[Skipped] = []
    for folder in candidates:
        try:
            comparison = _read_one(folder, folders)
        except InputError as error:
            skipped.append(Skipped(folder.name, str(error)))
            continue
        # A base against itself competes with nobody, and a sequential gate asks no more than it needs.
        if comparison.base.fingerprint != comparison.candidate.fingerprint and comparison.looks is None:
            comparisons.append(comparison)
            folders[comparison.comparison_id] = folder
    return comparisons, folders, skipped


def _read_one(folder: Path, seen: dict[str, Path]) -> Comparison:
    # A link could make us publish a file from anywhere on this machine.
    if folder.is_symlink() or (folder / "comparison.json").is_symlink():
        raise InputError(f"{folder}: is or holds a link; copy the files instead")
    comparison = load_comparison(folder)
    identity = comparison.comparison_id
    if not _SAFE_ID.fullmatch(identity) or identity.lower() in _OWN_FILES:
        raise InputError(
            f"{folder / 'comparison.json'}: comparison_id {identity[:80]!r} is no safe folder name; "
            "use letters, digits, '.', '_' and '-'"
        )
    if identity in seen:
        raise InputError(f"{folder}: comparison_id '{identity}' is already taken by {seen[identity].name}")
    return comparison


def _publish_report(source: Path, destination: Path) -> str | None:
    """Copy a folder's report.html; None when copied, '' when there is none, else why it was not copied."""
    path = source / "report.html"
    if path.is_symlink():
        return f"{path}: is a link; copy the file instead"
    if not path.is_file():
        return ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return f"{path}: cannot be read ({error})"
    # Our own first lines carry the policy that forbids scripts and requests, whatever follows; a later
    # <meta> could still send the reader elsewhere, and the pages we write have none.
    if not text.startswith(PREAMBLE) or "<meta" in text[len(PREAMBLE) :].lower():
        return f"{path}: not written by this version of forgetbench; run 'forgetbench report {source}' again"
    write_atomic(destination, text)
    return None


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
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*_WHO, "domain", *_SHOWN])
    for entry in (entry for group in groups for entry in group.entries):
        comparison = entry.comparison
        rows = [("overall", comparison.overall), *((row.name, row) for row in comparison.domains)]
        for name, row in rows:
            writer.writerow([_cell(value) for value in (*_who(entry), name, *_numbers(row).values())])
    return buffer.getvalue()


def _who(entry: Entry) -> tuple[object, ...]:
    """The values of `_WHO`."""
    comparison = entry.comparison
    return (
        comparison.suite,
        comparison.protocol,
        entry.best_rank,
        entry.worst_rank,
        comparison.comparison_id,
        comparison.candidate.name,
        comparison.base.name,
    )


def _cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    text = one_line(value, 400)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _as_html(groups: Sequence[Group], skipped: Sequence[Skipped], published: Mapping[str, str]) -> str:
    template = template_environment(Path(__file__).parent / "templates").get_template("index.html.j2")
    return template.render(groups=groups, skipped=skipped, published=published)
