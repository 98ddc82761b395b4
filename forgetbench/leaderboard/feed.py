"""feed.xml: the newest entries as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from forgetbench.leaderboard.ranking import Entry
from forgetbench.messages import translated as _
from forgetbench.report.numbers import delta_with_interval
from forgetbench.sanitize import one_line

_ATOM: Final = "http://www.w3.org/2005/Atom"
_MOST: Final = 100


def atom_feed(entries: Iterable[Entry]) -> str:
    """The feed of the newest entries, by the date of their comparison; one whose date is none is left out."""
    dated = [(when, entry) for entry in entries if (when := _when(entry.comparison.created))]
    newest = sorted(dated, key=lambda each: each[0], reverse=True)[:_MOST]
    feed = ElementTree.Element("feed", xmlns=_ATOM)
    updated = newest[0][0] if newest else datetime.fromtimestamp(0, UTC)
    _add(feed, "id", _urn("leaderboard"), title=_("forgetbench leaderboard"), updated=updated.isoformat())
    ElementTree.SubElement(feed, "link", href="index.html")
    for when, entry in newest:
        _add_entry(feed, entry, when)
    ElementTree.indent(feed)
    return ElementTree.tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def _add_entry(feed: ElementTree.Element, entry: Entry, when: datetime) -> None:
    comparison = entry.comparison
    names = {"candidate": one_line(comparison.candidate.name, 80), "base": one_line(comparison.base.name, 80)}
    element = ElementTree.SubElement(feed, "entry")
    _add(
        element,
        "id",
        _urn(comparison.comparison_id),
        title=_("{candidate} against {base}").format(**names),
        updated=when.isoformat(),
        summary=_("suite {suite}, protocol {protocol}: {delta} over all domains, in points of 100").format(
            suite=one_line(comparison.suite_label, 60),
            protocol=comparison.protocol,
            delta=delta_with_interval(comparison.overall.estimate),
        ),
    )
    ElementTree.SubElement(element, "link", href=f"{comparison.comparison_id}/index.html")
    author = ElementTree.SubElement(element, "author")
    _add(author, "name", entry.file.submitter or _("not named"))


def _add(parent: ElementTree.Element, name: str, text: str, **others: str) -> None:
    for tag, content in {name: text, **others}.items():
        ElementTree.SubElement(parent, tag).text = content


def _urn(name: str) -> str:
    """The same for the same name, wherever the site lies."""
    return uuid5(NAMESPACE_URL, f"forgetbench:{name}").urn


def _when(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
