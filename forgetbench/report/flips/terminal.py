"""Flip rows in a terminal, and as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from forgetbench.messages import translated as _
from forgetbench.report.flips.changes import RANK
from forgetbench.report.flips.rows import Answered, Flip, FlipRow, Flips
from forgetbench.report.flips.words import CHANGE_WORDS, SYMBOLS
from forgetbench.report.numbers import points
from forgetbench.sanitize import one_line

_LONGEST: Final = 300
"""Characters of a text."""
_STYLES: Final = {
    **dict.fromkeys(("locked", "erased", "never_known", "forgotten", "fell"), "bold red"),
    **dict.fromkeys(("gained", "rose"), "green"),
    "kept": "blue",
}


def print_flips(console: Console, flips: Flips, limit: int) -> None:
    """A block per row for the first `limit` rows, and last how many there are."""
    for row in flips.rows[:limit]:
        console.print(_heading(row))
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in _lines(row, flips):
            table.add_row(Text(f"  {one_line(label, 24)}"), text)
        console.print(table)
    shown = _("{n} of {all} items").format(n=f"{min(limit, len(flips.rows)):,}", all=f"{flips.n_items:,}")
    console.print(Text(shown, style="dim"))


def json_lines(flips: Flips) -> Iterator[str]:
    """Every row as one line of JSON in ASCII, `names` being those of the base and of its candidates.

    What a CI server would take for a command in its log is spelled by escapes, which JSON readers undo.
    """
    names = [flips.base, *flips.candidates]
    for row in flips.rows:
        line = json.dumps({**asdict(row), "names": names}, allow_nan=False)
        yield line.replace("##", "#\\u0023").replace("section_", "section\\u005f")


def by_worst(rows: Iterable[FlipRow]) -> list[FlipRow]:
    """By what became of them, then by the likelihood that the right answer lost, as the page sorts them."""
    return sorted(by_lost(rows), key=lambda row: min(RANK[flip.change] for flip in row.candidates if flip is not None))


def by_lost(rows: Iterable[FlipRow]) -> list[FlipRow]:
    """By the likelihood that the right answer lost; rows without a rating last."""
    return sorted(rows, key=lambda row: float("inf") if row.lost is None else -row.lost)


def _heading(row: FlipRow) -> Text:
    heading = Text(one_line(row.item_id, 80), style="bold")
    heading.append(f"  {one_line(row.task, 60)}", style="not bold dim")
    if row.lost is not None:
        heading.append(_("  right answer lost {nats} nats").format(nats=f"{row.lost:.2f}"), style="not bold dim")
    return heading


def _lines(row: FlipRow, flips: Flips) -> Iterator[tuple[str, Text]]:
    yield _("question"), _said(row.question or row.prompt, end=True)
    if row.gold:
        yield _("right"), _said(row.gold)
    yield flips.base, _answer(row.base)
    for name, flip in zip(flips.candidates, row.candidates, strict=True):
        yield name, Text("—") if flip is None else _badge(flip).append_text(_answer(flip))


def _answer(side: Answered) -> Text:
    answer = Text(f"{points(side.score)}  ", style="dim").append_text(_said(side.response))
    if side.read:
        read = ", ".join(one_line(text, 80) for text in side.read)
        answer.append(_("  (read: {text})").format(text=read), style="dim")
    return answer


def _said(text: str | None, *, end: bool = False) -> Text:
    if text is None:
        return Text(_("not recorded"), style="dim")
    line = one_line(text[-2 * _LONGEST :] if end else text, len(text) + 1)
    cut = line[-_LONGEST:] if end else line[:_LONGEST]
    return Text(f"…{cut}" if end and cut != line else f"{cut}…" if cut != line else cut, style="")


def _badge(flip: Flip) -> Text:
    return Text(
        f"{SYMBOLS[flip.change]} {_(CHANGE_WORDS[flip.change])}  ", style=_STYLES.get(flip.change, "dim"), end=""
    )
