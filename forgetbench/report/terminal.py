"""The comparison as tables in a terminal; what matters most is printed last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forgetbench.errors import listed
from forgetbench.messages import items, sentences
from forgetbench.messages import translated as _
from forgetbench.records import OVERALL, Comparison, DeltaRow
from forgetbench.report import supplementary
from forgetbench.report.flowing import Flowing
from forgetbench.report.numbers import MISSING, points, row_texts
from forgetbench.report.warnings import told_once
from forgetbench.report.wording import (
    FRACTION_OPEN,
    LEGEND,
    MARGIN_OPEN,
    VerdictStyle,
    among_candidates,
    blocks,
    exactness,
    headline,
    style_of,
    supporting_mark,
    title,
)
from forgetbench.sanitize import one_line
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run
from forgetbench.stored import retold

_WIDE = 96
"""Columns from which a delta and its interval fit on one line."""
_ROOMY = 112
"""Columns from which columns stand further apart and names are broken no more for it."""
_SUMMARY_NAME = 16
"""Characters for a candidate's name."""
_SUMMARY_CELL = len("−100.0 ▼")


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
    console.print(_text(_("all candidates"), console), style="bold")
    for table in _summary_tables(comparisons, console):
        console.print(table)
    legend = _("Delta against the base, in points of 100. {legend}").format(legend=_legend(console))
    console.print(Flowing(_text(legend, console)), style="dim")
    for comparison, name in zip(comparisons, _distinct_names(comparisons), strict=True):
        _print_finding(console, comparison, name)


def print_runs(console: Console, runs: Sequence[Run], results: ResultsFolder) -> None:
    """Print the scores of runs that were made without a base to compare with, and where they lie."""
    from forgetbench.evaluation.summary import run_scores

    scores = [run_scores(run) for run in runs]
    caption = _(
        "Scores in points of 100 with 95% intervals, higher is better. + stands beside its domain's score. What "
        "fine-tuning cost is told with --base, or by forgetbench compare of two runs."
    )
    table = _table(console, caption)
    table.add_column(_("domain / task"), overflow="fold", min_width=12)
    table.add_column(_("chance"), justify="right")
    for run in runs:
        table.add_column(_text(one_line(run.manifest.label, 24), console), justify="right", overflow="fold")
    for domain in dict.fromkeys(name for score in scores for name in score["domains"]):
        means = [score["domains"].get(domain, {}).get("score") for score in scores]
        cells = [_text(points(mean), console) for mean in means]
        table.add_row(_text(title(domain), console), _text("", console), *cells, style="bold")
        for task in dict.fromkeys(t["name"] for score in scores for t in score["tasks"] if t["domain"] == domain):
            entries: list[dict[str, Any]] = [
                next((t for t in score["tasks"] if t["name"] == task), {}) for score in scores
            ]
            first = next(entry for entry in entries if entry)
            name = _text(f"  {one_line(task, 40)}{' +' if first['supporting'] else ''}", console)
            chance = _text(points(first["chance"]) if first["chance"] else "", console)
            table.add_row(name, chance, *(_text(_with_error(entry), console) for entry in entries), style="dim")
    console.print(table)
    for run in runs:
        for warning in run.manifest.warnings:
            _print_note(console, _of(one_line(run.manifest.label, 40), retold(one_line(warning, 300))))
        written = _("written to {folder}").format(folder=results.run(run.manifest.run_id))
        console.print(_text(written, console))


def _of(name: str, text: str) -> str:
    return _("{term}: {text}").format(term=name, text=text)


def _with_error(entry: Mapping[str, Any]) -> str:
    """'46.2 ±3.1', the half-width of a 95% interval by clusters."""
    if entry.get("score") is None or entry.get("se") is None:
        return points(entry.get("score"))
    return f"{points(entry['score'])} ±{points(1.96 * entry['se'])}"


def _print_table(console: Console, comparison: Comparison) -> None:
    sides = _("{candidate} against {base}").format(
        candidate=one_line(comparison.candidate.name, 60), base=one_line(comparison.base.name, 60)
    )
    asked = _("suite {suite}, protocol {protocol}").format(
        suite=one_line(comparison.suite_label, 60), protocol=comparison.protocol
    )
    console.print()
    console.print(_text(sides, console), style="bold")
    console.print(_text(asked, console), style="dim")
    for name, text in among_candidates(comparison):
        console.print(Flowing(_text(_of(name.lower(), text), console)), style="dim")
    console.print(_delta_table(comparison, console))


def _print_protocols(console: Console, comparison: Comparison) -> None:
    for content in supplementary.protocols(comparison):
        console.print()
        console.print(_text(content.title, console), style="bold")
        print_text_table(console, content)


def print_text_table(console: Console, content: supplementary.SupplementaryTable) -> None:
    """A table of text cells with its note, without its title."""
    table = _table(console, content.note)
    for number, column in enumerate(content.columns):
        table.add_column(column, justify="right" if number else "left")
    for row in content.rows:
        table.add_row(*(_text(cell, console) for cell in row))
    console.print(table)


def _delta_table(comparison: Comparison, console: Console) -> Table:
    table = _table(console, _delta_caption(comparison))
    table.add_column(_("domain / task"), overflow="fold", min_width=12)
    table.add_column(_("base"), justify="right", no_wrap=True)
    table.add_column(_("tuned"), justify="right", no_wrap=True)
    wide = console.width >= _WIDE
    table.add_column(_("delta [interval]") if wide else _("delta\n[interval]"), justify="right", no_wrap=True)
    table.add_column(_("verdict") if wide else _("verdict,\ndetects from"), no_wrap=True)
    table.add_column(_("locked\n/ erased"), justify="right", no_wrap=True)
    if wide:
        table.add_column(_("detects\nfrom"), justify="right", no_wrap=True)
    for domain, tasks in blocks(comparison):
        table.add_row(*_cells(domain, console, title(domain.name)), style="bold")
        for task in tasks:
            table.add_row(*_cells(task, console, f"  {one_line(task.name, 40)}{supporting_mark(task)}"), style="dim")
    table.add_section()
    table.add_row(*_cells(comparison.overall, console, title(OVERALL)), style="bold")
    return table


def _delta_caption(comparison: Comparison) -> str:
    rows = (*comparison.domains, *comparison.tasks, comparison.overall)
    told = [
        _("Scores and deltas in points of 100, higher is better."),
        _("locked / erased: per cent of items, luck included."),
        _("detects from: the drop that shows if it is spread evenly."),
        _(
            "inconclusive: a loss of the margin is not ruled out; fraction open: it is, but not that less is kept of "
            "what the base can do than is asked."
        )
        if any(style_of(row) is FRACTION_OPEN for row in rows)
        else _("inconclusive: a loss of the margin is not ruled out."),
    ]
    if any(row.cut.n_cut_base or row.cut.n_cut_candidate for row in rows):
        told.append(_("cut: answers of base / tuned that the token limit ended before they could be read."))
    if any(row_texts(row).bounds for row in rows):
        told.append(_("Below a delta: what it can be as missing answers are wrong or right."))
    return sentences(told)


def _table(console: Console, caption: str = "") -> Table:
    return Table(
        # rich shows any renderable here, whatever its types say.
        caption=cast("Text", Flowing(_text(caption, console))) if caption else None,
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, _padding(console), 0, 0),
        pad_edge=False,
        show_edge=False,
    )


def _padding(console: Console) -> int:
    return 2 if console.width >= _ROOMY else 1


def _cells(row: DeltaRow, console: Console, name: str) -> tuple[Text, ...]:
    texts, style = row_texts(row), style_of(row)
    scores = (_text(name, console), _text(texts.base, console), _text(texts.candidate, console))
    verdict = Text(f"{_symbol(style, console)} {style.word}", style=style.terminal)
    # The caption says it of most.
    remark = "" if style is MARGIN_OPEN else style.remark
    split, detects = _text(texts.locked_and_erased, console), _text(texts.mde, console)

    def lines(first: Text, *others: str, indent: str = "") -> Text:
        return Text(f"\n{indent}").join([first, *(_text(text, console) for text in others if text)])

    if console.width >= _WIDE:
        delta = _text(f"{texts.delta} {texts.interval}".rstrip(), console)
        return (*scores, lines(delta, texts.bounds), lines(verdict, remark, texts.cut, indent="  "), split, detects)
    # A narrow terminal takes more lines a row rather than cutting a number.
    delta = lines(_text(texts.delta, console), texts.interval, texts.bounds)
    verdict = lines(verdict, remark, texts.mde if texts.interval else "", texts.cut, indent="  ")
    return (*scores, delta, verdict, split)


def _symbol(style: VerdictStyle, console: Console) -> str:
    return style.ascii_symbol if console.options.ascii_only else style.symbol


def _print_warnings(console: Console, comparison: Comparison) -> None:
    for group in told_once(comparison):
        places = one_line(items(group.places), 2000)
        _print_note(console, _of(group.text, places) if places else group.text)
    if comparison.folder_differences:
        names = listed([one_line(row.setting, 60) for row in comparison.folder_differences], 3)
        told = _("base and candidate bring along other settings ({names}); the report has them all")
        _print_note(console, told.format(names=names))
    if exact := exactness(comparison):
        console.print(_text(exact, console), style="dim")


def _print_note(console: Console, text: str) -> None:
    console.print(Flowing(Text.assemble(("! ", "yellow"), _text(text, console))))


def _print_finding(console: Console, comparison: Comparison, name: str | None = None) -> None:
    console.print(Flowing(Text.assemble(("=> ", "bold"), _text(headline(comparison, name), console))))


def _distinct_names(comparisons: Sequence[Comparison]) -> list[str]:
    """The candidates' names, with the protocol where there is more than one."""
    several = len({comparison.protocol for comparison in comparisons}) > 1
    return [
        f"{comparison.candidate.name} ({comparison.protocol})" if several else comparison.candidate.name
        for comparison in comparisons
    ]


def _summary_tables(comparisons: Sequence[Comparison], console: Console) -> Iterator[Table]:
    """Deltas, a line per candidate and a column per domain; more columns than fit go on in another table."""
    domains = dict.fromkeys(row.name for comparison in comparisons for row in comparison.domains)
    group: list[str] = []
    used = _SUMMARY_NAME
    for name in (*domains, OVERALL):
        # The box draws a blank between two columns.
        width = _summary_width(name) + _padding(console) + 1
        if group and used + width > console.width:
            yield _summary_table(comparisons, group, console)
            group, used = [], _SUMMARY_NAME
        group.append(name)
        used += width
    yield _summary_table(comparisons, group, console)


def _summary_width(name: str) -> int:
    """Columns that a domain takes: no word of its name is broken, and no number."""
    return max(_SUMMARY_CELL, *map(cell_len, title(name).split()))


def _summary_table(comparisons: Sequence[Comparison], columns: Sequence[str], console: Console) -> Table:
    table = _table(console)
    table.add_column(_("candidate"), overflow="fold", width=_SUMMARY_NAME)
    for name in columns:
        table.add_column(title(name), justify="right", overflow="fold", width=_summary_width(name))
    for comparison, name in zip(comparisons, _distinct_names(comparisons), strict=True):
        rows = {row.name: row for row in (*comparison.domains, comparison.overall)}
        cells = [_summary_cell(rows.get(column), console) for column in columns]
        table.add_row(_text(one_line(name, 40), console), *cells)
    return table


def _summary_cell(row: DeltaRow | None, console: Console) -> Text:
    if row is None:
        return _text(MISSING, console)
    style = style_of(row)
    symbol = Text(_symbol(style, console), style=style.terminal)
    return _text(f"{row_texts(row).delta} ", console) + symbol


def _legend(console: Console) -> str:
    return "  ".join(f"{_symbol(style, console)} {style.told}" for style in LEGEND)


def _text(text: str, console: Console) -> Text:
    """Text for this console: on one that cannot show it, our own signs become ASCII ones."""
    if console.options.ascii_only:
        text = text.translate({ord("−"): "-", ord(MISSING): "-", ord("…"): "..."})
        text = text.encode("ascii", "backslashreplace").decode()
    return Text(text)
