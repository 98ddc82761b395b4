"""The site's pages: the first with all tables, one per base, one per entry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment

from forgetbench.fingerprint import digest
from forgetbench.leaderboard.pareto import Plot, pareto_plot
from forgetbench.leaderboard.ranking import Entry, Group
from forgetbench.leaderboard.submissions import Skipped
from forgetbench.messages import translated as _
from forgetbench.records import Comparison, Side, StratumRow
from forgetbench.report import wording
from forgetbench.report.html import preamble, template_environment
from forgetbench.report.html.environment import source_hash
from forgetbench.report.html.opening import opening
from forgetbench.report.html.scale import Scale
from forgetbench.report.numbers import MISSING, interval, signed
from forgetbench.sanitize import one_line

_TEMPLATES: Final = Path(__file__).parent / "templates"
_BEGINNING: Final = 'document.documentElement.classList.add("scripted")'
"""Before anything is laid out: of long tables the first rows will do."""
_LANGUAGES_OF: Final = "multilingual"
"""The domain whose strata are languages."""
_MOST_LANGUAGES: Final = 200
_UNITS: Final = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))
_SIZES: Final = ((10**9, "<1B"), (3 * 10**9, "1–3B"), (10**10, "3–10B"), (4 * 10**10, "10–40B"))
_LARGEST: Final = "≥40B"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a row of a table."""

    entry: Entry
    number: int
    """Its own on the page."""
    first_of_tie_group: bool
    base: str
    """The name of its base's page."""
    size: str
    """'' where it is not told."""
    parameters: str


@dataclass(frozen=True, slots=True)
class Board:
    """One table of a page and what is drawn beside it."""

    number: int
    title: str
    group: Group
    lines: tuple[Line, ...]
    scale: Scale
    plot: Plot | None

    @property
    def numbers(self) -> dict[str, int]:
        """Of each comparison's line."""
        return {line.entry.comparison.comparison_id: line.number for line in self.lines}


class Pages:
    """Writes pages of the same tables; templates are read once."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = groups
        self.script = (_TEMPLATES / "board.js").read_text(encoding="utf-8")

    @cached_property
    def _style(self) -> str:
        return template_environment(_TEMPLATES).get_template("board.css.j2").render()

    @cached_property
    def _environment(self) -> Environment:
        environment = template_environment(_TEMPLATES)
        environment.globals.update(style=self._style, preamble=preamble(style=self._style))
        environment.filters.update(delta_text=_delta_text, interval=lambda ends: interval(*ends))
        return environment

    def first(self, skipped: Sequence[Skipped]) -> str:
        """index.html."""
        boards = _boards(self.groups)
        return self._environment.get_template("index.html.j2").render(
            preamble=preamble([source_hash(_BEGINNING), source_hash(self.script)], self._style),
            beginning=_BEGINNING,
            boards=boards,
            filters=_filters(boards),
            legend=_legend(),
            languages=_data_island(_by_language(boards)),
            script=self.script,
            skipped=skipped,
        )

    def bases(self) -> dict[str, str]:
        """A page for each base, by its file's name."""
        sides = {base_page(entry.comparison.base): entry.comparison.base for entry in self._entries}
        return {f"{name}.html": self._base(side) for name, side in sorted(sides.items())}

    def _base(self, base: Side) -> str:
        own = [
            replace(
                group,
                entries=tuple(each for each in group.entries if base_page(each.comparison.base) == base_page(base)),
            )
            for group in self.groups
        ]
        boards = _boards([group for group in own if group.entries])
        return self._environment.get_template("base.html.j2").render(base=base, boards=boards)

    def entry(self, entry: Entry, has_report: bool) -> str:
        """An entry's own page."""
        comparison = entry.comparison
        rows = (*comparison.domains, comparison.overall)
        return self._environment.get_template("entry.html.j2").render(
            entry=entry,
            comparison=comparison,
            rows=rows,
            scale=Scale.of(rows),
            sentence=opening(comparison).sentence,
            facts=list(wording.facts(comparison)),
            told=_told(entry),
            base_page=base_page(comparison.base),
            languages=list(languages_of(comparison).values()),
            has_report=has_report,
        )

    @property
    def _entries(self) -> list[Entry]:
        return [entry for group in self.groups for entry in group.entries]


def base_page(base: Side) -> str:
    """How a base's page is called: by its fingerprint, of which anybody may have written the text."""
    return digest(base.fingerprint)[:12]


def languages_of(comparison: Comparison) -> dict[str, StratumRow]:
    """The changes by language, where they were measured."""
    rows = [row for row in comparison.strata if row.domain == _LANGUAGES_OF][:_MOST_LANGUAGES]
    return {one_line(row.stratum, 40): row for row in rows}


def size_of(parameters: int | None) -> str:
    """The class that a model of so many parameters is filtered by; '' where it is not told."""
    if parameters is None:
        return ""
    return next((name for most, name in _SIZES if parameters < most), _LARGEST)


def count_text(parameters: int | None) -> str:
    """135,000,000 -> '135M'."""
    if parameters is None:
        return MISSING
    unit, letter = next(((unit, letter) for unit, letter in _UNITS if parameters >= unit), (1, ""))
    return f"{parameters / unit:.3g}{letter}"


# --- tables -----------------------------------------------------------------------------------


def _boards(groups: Sequence[Group]) -> list[Board]:
    boards: list[Board] = []
    number = 0
    for group in groups:
        lines: list[Line] = []
        for entry in group.entries:
            lines.append(_line(entry, number, lines[-1] if lines else None))
            number += 1
        title = _("suite {suite}, protocol {protocol}").format(suite=one_line(group.suite, 60), protocol=group.protocol)
        scale = Scale.of([entry.comparison.overall for entry in group.entries])
        boards.append(Board(len(boards), title, group, tuple(lines), scale, pareto_plot(group)))
    return boards


def _line(entry: Entry, number: int, before: Line | None) -> Line:
    group, above = entry.overall, before.entry.overall if before else None
    return Line(
        entry=entry,
        number=number,
        first_of_tie_group=bool(group and above and group.tie_group != above.tie_group),
        base=base_page(entry.comparison.base),
        size=size_of(entry.file.parameters),
        parameters=count_text(entry.file.parameters),
    )


def _filters(boards: Sequence[Board]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Name, label and choices of each that leaves one; domain and language say what is ranked by as well."""
    lines = [line for board in boards for line in board.lines]
    bases = {line.base: one_line(line.entry.comparison.base.name, 60) for line in lines}
    twice = {name for name in bases.values() if list(bases.values()).count(name) > 1}
    shown = {page: f"{name} ({page[:6]})" if name in twice else name for page, name in bases.items()}
    methods = sorted({line.entry.file.method for line in lines if line.entry.file.method})
    sizes = [size for size in (*(name for _most, name in _SIZES), _LARGEST) if any(line.size == size for line in lines)]
    domains = dict.fromkeys(name for board in boards for name in board.group.domains)
    languages = sorted({name for line in lines for name in languages_of(line.entry.comparison)})
    choices = [
        ("base", _("base"), sorted(shown.items(), key=lambda item: item[1])),
        ("method", _("method"), [(name, name) for name in methods]),
        ("size", _("size"), [(name, name) for name in sizes]),
        ("domain", _("domain"), [(one_line(name, 80), wording.title(name)) for name in domains]),
        ("language", _("language"), [(name, name) for name in languages]),
    ]
    ranked_by = ("domain", "language")
    return [each for each in choices if len(each[2]) > 1 or (each[2] and each[0] in ranked_by)]


def _by_language(boards: Sequence[Board]) -> dict[str, dict[str, tuple[float, str, str]]]:
    """For the page's script: by language and line, delta as number and text, and the interval."""
    found: dict[str, dict[str, tuple[float, str, str]]] = {}
    for line in (line for board in boards for line in board.lines):
        for name, row in languages_of(line.entry.comparison).items():
            texts = (round(row.delta, 5), signed(row.delta), interval(row.ci_low, row.ci_high))
            found.setdefault(name, {})[f"e{line.number}"] = texts
    return found


def _data_island(data: Mapping[str, Any]) -> str:
    """JSON inside of a script element, which no text in it can end."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


# --- words ------------------------------------------------------------------------------------


def _legend() -> list[dict[str, str]]:
    css = {look.word: name for name, look in wording.VERDICTS.items()}
    return [{"symbol": look.symbol, "told": look.told, "css": css[look.word]} for look in wording.LEGEND]


def _told(entry: Entry) -> list[tuple[str, str]]:
    """What the submission says of itself."""
    file = entry.file
    values = [
        (_("Method"), file.method),
        (_("Parameters"), None if file.parameters is None else f"{file.parameters:,}"),
        (_("Licence"), file.licence),
        (_("Submitted by"), file.submitter),
        (_("Submitted on"), None if file.date is None else file.date.isoformat()),
    ]
    return [(name, value) for name, value in values if value is not None]


def _delta_text(row: StratumRow) -> str:
    return f"{signed(row.delta)} {interval(row.ci_low, row.ci_high)}"
