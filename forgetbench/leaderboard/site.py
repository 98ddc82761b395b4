"""The site: the first page, a page and a report per entry, a page per base, and the rows as JSON, CSV and Atom.

<site>/index.html  leaderboard.json  leaderboard.csv  feed.xml
<site>/<comparison id>/index.html, report.html
<site>/bases/<base>.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from forgetbench.errors import InputError
from forgetbench.leaderboard.data_files import as_csv, as_json
from forgetbench.leaderboard.feed import atom_feed
from forgetbench.leaderboard.pages import Pages
from forgetbench.leaderboard.ranking import Entry, Group, grouped
from forgetbench.leaderboard.submissions import Skipped, Submission, read_submissions
from forgetbench.messages import translated as _
from forgetbench.storage.files import write_atomic


@dataclass(frozen=True, slots=True)
class Site:
    """What `build_leaderboard` wrote."""

    index: Path
    groups: tuple[Group, ...]
    skipped: tuple[Skipped, ...]
    unchecked: tuple[str, ...] = ()
    """Ids of comparisons without items, whose numbers are held against themselves alone."""


def build_leaderboard(results: Path | str, out: Path | str) -> Site:
    """Write the leaderboard of all comparisons under `results` into `out`.

    Numbers are checked, and reports made anew from them: nothing is copied. A comparison that cannot be read or
    contradicts itself is left out, and listed on the page and in the returned value. Raises InputError when there is no
    comparison, or none is left, and as `write_atomic`.
    """
    results, out = Path(results), Path(out)
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    reports: set[str] = set()
    for each in read_submissions(results):
        if isinstance(each, Skipped):
            skipped.append(each)
            continue
        entries.append(each.entry)
        if _publish(each, out):
            reports.add(each.entry.comparison.comparison_id)
    if skipped and not entries:
        raise InputError(
            _("{results}: none of {n} comparisons can be shown; {folder}: {reason}").format(
                results=results, n=len(skipped), folder=skipped[0].folder, reason=skipped[0].reason
            )
        )
    groups = grouped(entries)
    write_site(groups, skipped, reports, out)
    identities = (entry.comparison.comparison_id for entry in entries)
    return Site(out / "index.html", groups, tuple(skipped), tuple(each for each in identities if each not in reports))


def write_site(groups: tuple[Group, ...], skipped: list[Skipped], reports: set[str], out: Path) -> None:
    """All files but the reports, which lie there already; `reports` are the ids of the comparisons that have one."""
    pages = Pages(groups)
    for entry in (entry for group in groups for entry in group.entries):
        identity = entry.comparison.comparison_id
        write_atomic(out / identity / "index.html", pages.entry(entry, identity in reports))
    bases = pages.bases()
    for name, page in bases.items():
        write_atomic(out / "bases" / name, page)
    _remove_others(out / "bases", bases)
    write_atomic(out / "leaderboard.json", as_json(groups, skipped, reports))
    write_atomic(out / "leaderboard.csv", as_csv(groups))
    write_atomic(out / "feed.xml", atom_feed(entry for group in groups for entry in group.entries))
    write_atomic(out / "index.html", pages.first(skipped))


def _publish(submission: Submission, out: Path) -> bool:
    """Write a submission's report; where there is none, take away what an earlier version may have copied there."""
    page = out / submission.entry.comparison.comparison_id / "report.html"
    if submission.report:
        write_atomic(page, submission.report)
    elif page.is_file():
        page.unlink()
    return bool(submission.report)


def _remove_others(folder: Path, names: Iterable[str]) -> None:
    """Pages of bases that have no entry any more."""
    for path in folder.glob("*.html"):
        if path.name not in set(names):
            path.unlink()
