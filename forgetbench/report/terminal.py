"""The comparison as tables in a terminal; what matters most is printed last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forgetbench.records import Comparison, DeltaRow
from forgetbench.report import beside
from forgetbench.report.sanitize import one_line
from forgetbench.report.wording import (
    MISSING,
    VERDICTS,
    beside_mark,
    blocks,
    headline,
    interval,
    is_number,
    points,
    signed,
    title,
    unmeasured,
)
from forgetbench.storage.runs import Run

_WIDE = 96
"""Columns from which a delta and its interval fit on one line."""


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print one comparison: domains with their tasks, warnings, and last the main finding in words.

    Names and texts are printed as data: no console markup, no control characters.
    """
    _print_table(console, comparison)
    _print_protocols(console, comparison)
    _print_warnings(console, comparison)
    _print_finding(console, comparison)


def print_comparisons(console: Console, comparisons: Sequence[Comparison]) -> None:
    """Print a table for each comparison, then one summary table and one finding per candidate."""
    if len(comparisons) == 1:
        print_comparison(console, comparisons[0])
        return
    for comparison in comparisons:
        _print_table(console, comparison)
        _print_protocols(console, comparison)
        _print_warnings(console, comparison)
    console.print()
    console.print(Text("all candidates", style="bold"))
    console.print(_summary_table(comparisons, console))
    for comparison, name in zip(comparisons, _told_apart(comparisons), strict=True):
        _print_finding(console, comparison, name)


def print_runs(console: Console, runs: Sequence[Run], results: Path) -> None:
    """Print the scores of runs that were made without a base to compare with, and where they lie."""
    from forgetbench.evaluation.summary import run_scores

    scores = [run_scores(run) for run in runs]
    caption = (
        "Scores in points of 100 with 95% intervals, higher is better. + stands beside its domain's score. Give --base "
        "to learn what fine-tuning cost."
    )
    table = _table(console, caption)
    table.add_column("domain / task", overflow="fold", min_width=12)
    table.add_column("chance", justify="right")
    for run in runs:
        table.add_column(_said(one_line(run.manifest.name, 24), console), justify="right", overflow="fold")
    for domain in dict.fromkeys(name for score in scores for name in score["domains"]):
        means = [score["domains"].get(domain, {}).get("score") for score in scores]
        cells = [_said(points(mean), console) for mean in means]
        table.add_row(_said(title(domain), console), _said("", console), *cells, style="bold")
        for task in dict.fromkeys(t["name"] for score in scores for t in score["tasks"] if t["domain"] == domain):
            found: list[dict[str, Any]] = [
                next((t for t in score["tasks"] if t["name"] == task), {}) for score in scores
            ]
            first = next(entry for entry in found if entry)
            name = _said(f"  {one_line(task, 40)}{' +' if first['supporting'] else ''}", console)
            chance = _said(points(first["chance"]) if first["chance"] else "", console)
            table.add_row(name, chance, *(_said(_with_error(entry), console) for entry in found), style="dim")
    console.print(table)
    for run in runs:
        for warning in run.manifest.warnings:
            _print_note(console, f"{one_line(run.manifest.name, 40)}: {one_line(warning, 300)}")
        console.print(_said(f"written to {results / 'runs' / run.manifest.run_id}", console))


def _with_error(entry: Mapping[str, Any]) -> str:
    """'46.2 ±3.1', the half-width of a 95% interval by clusters."""
    if not is_number(entry.get("score")) or not is_number(entry.get("se")):
        return points(entry.get("score"))
    return f"{points(entry['score'])} ±{points(1.96 * entry['se'])}"


def _print_table(console: Console, comparison: Comparison) -> None:
    sides = f"{one_line(comparison.candidate.name, 60)} against {one_line(comparison.base.name, 60)}"
    console.print()
    console.print(_said(sides, console), style="bold")
    console.print(
        _said(f"suite {one_line(comparison.suite, 40)}, protocol {comparison.protocol}", console), style="dim"
    )
    console.print(_delta_table(comparison, console))


def _print_protocols(console: Console, comparison: Comparison) -> None:
    for small in beside.protocols(comparison):
        console.print()
        console.print(_said(small.title, console), style="bold")
        table = _table(console, small.note)
        for number, column in enumerate(small.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in small.rows:
            table.add_row(*(_said(cell, console) for cell in row))
        console.print(table)


def _delta_table(comparison: Comparison, console: Console) -> Table:
    table = _table(
        console,
        "Scores and deltas in points of 100, higher is better. locked / erased: per cent of items. "
        "detects from: smallest detectable drop.",
    )
    table.add_column("domain / task", overflow="fold", min_width=12)
    table.add_column("base", justify="right", no_wrap=True)
    table.add_column("tuned", justify="right", no_wrap=True)
    wide = console.width >= _WIDE
    table.add_column("delta [interval]" if wide else "delta\n[interval]", justify="right", no_wrap=True)
    table.add_column("verdict" if wide else "verdict,\ndetects from", no_wrap=True)
    table.add_column("locked\n/ erased", justify="right", no_wrap=True)
    if wide:
        table.add_column("detects\nfrom", justify="right", no_wrap=True)
    for domain, tasks in blocks(comparison):
        table.add_row(*_cells(domain, console, title(domain.name)), style="bold")
        for task in tasks:
            table.add_row(*_cells(task, console, f"  {one_line(task.name, 40)}{beside_mark(task)}"), style="dim")
    table.add_section()
    table.add_row(*_cells(comparison.overall, console, "overall"), style="bold")
    return table


def _table(console: Console, caption: str) -> Table:
    return Table(
        caption=_said(caption, console),
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 2 if console.width >= _WIDE else 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )


def _cells(row: DeltaRow, console: Console, name: str) -> tuple[Text, ...]:
    scores = (_said(name, console), _said(points(row.base), console), _said(points(row.candidate), console))
    delta, detects = _said(signed(row.delta), console), _said(points(row.mde), console)
    bounds = _said(interval(row), console)
    verdict = Text(f"{_symbol(row, console)} {VERDICTS[row.verdict].word}", style=VERDICTS[row.verdict].terminal)
    fates = _said(_fates(row), console)
    if console.width >= _WIDE:
        return (*scores, Text(" ").join([delta, bounds]) if bounds else delta, verdict, fates, detects)
    # A narrow terminal takes two lines a row rather than cutting a number.
    if not bounds:
        return (*scores, delta, verdict, fates)
    return (*scores, Text("\n").join([delta, bounds]), Text("\n  ").join([verdict, detects]), fates)


def _symbol(row: DeltaRow, console: Console) -> str:
    style = VERDICTS[row.verdict]
    return style.ascii_symbol if console.options.ascii_only else style.symbol


def _fates(row: DeltaRow) -> str:
    if not (is_number(row.locked) and is_number(row.erased)):
        return MISSING
    return f"{100 * row.locked:.1f} / {100 * row.erased:.1f}"


def _print_warnings(console: Console, comparison: Comparison) -> None:
    for row, why in unmeasured(comparison):
        _print_note(console, f"{one_line(row.name, 40)}: {one_line(why, 300)}")
    for warning in comparison.warnings:
        _print_note(console, one_line(warning, 400))


def _print_note(console: Console, text: str) -> None:
    console.print(Text("! ", style="yellow") + _said(text, console))


def _print_finding(console: Console, comparison: Comparison, name: str | None = None) -> None:
    console.print(Text("=> ", style="bold") + _said(headline(comparison, name), console))


def _told_apart(comparisons: Sequence[Comparison]) -> list[str]:
    """The candidates' names, with the protocol where there is more than one."""
    several = len({comparison.protocol for comparison in comparisons}) > 1
    return [
        f"{comparison.candidate.name} ({comparison.protocol})" if several else comparison.candidate.name
        for comparison in comparisons
    ]


def _summary_table(comparisons: Sequence[Comparison], console: Console) -> Table:
    domains = list(dict.fromkeys(row.name for comparison in comparisons for row in comparison.domains))
    table = _table(console, "Delta against the base, in points of 100. " + _legend(console))
    table.add_column("candidate", overflow="fold", min_width=10)
    for domain in domains:
        table.add_column(title(domain), justify="right", overflow="fold")
    table.add_column("overall", justify="right", no_wrap=True)
    for comparison, name in zip(comparisons, _told_apart(comparisons), strict=True):
        rows = {row.name: row for row in comparison.domains}
        cells = [_summary_cell(rows.get(domain), console) for domain in domains]
        table.add_row(_said(one_line(name, 40), console), *cells, _summary_cell(comparison.overall, console))
    return table


def _summary_cell(row: DeltaRow | None, console: Console) -> Text:
    if row is None:
        return _said(MISSING, console)
    symbol = Text(_symbol(row, console), style=VERDICTS[row.verdict].terminal)
    return _said(f"{signed(row.delta)} ", console) + symbol


def _legend(console: Console) -> str:
    ascii_only = console.options.ascii_only
    return "  ".join(
        f"{style.ascii_symbol if ascii_only else style.symbol} {style.word}" for style in VERDICTS.values()
    )


def _said(text: str, console: Console) -> Text:
    """Text for this console: on one that cannot show it, our own signs become their ASCII twins."""
    if console.options.ascii_only:
        text = text.translate({ord("−"): "-", ord(MISSING): "-", ord("…"): "..."})
        text = text.encode("ascii", "backslashreplace").decode()
    return Text(text)
