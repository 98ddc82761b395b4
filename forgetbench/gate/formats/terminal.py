"""The gate in a terminal or a CI server's log: a table, what did not pass in sentences, and last a summary."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forgetbench.gate import Decision, GateResult, State, check_cells, summary_line
from forgetbench.messages import translated as _
from forgetbench.sanitize import one_line

_STYLES: dict[State, str] = {
    "failed": "bold red",
    "not_measured": "red",
    "inconclusive": "yellow",
    "let_pass": "yellow",
    "waived": "magenta",
    "passed": "green",
    "not_gated": "bright_black",
}
_WIDEST_NAME = 60
_LONGEST = 1000


def print_gate(console: Console, result: GateResult) -> None:
    """Print the checks, the sentences of those that are not simply passed, notes, and `gate: OUTCOME (...)`.

    Names and reasons are printed as data: no console markup, no control characters; `console` breaks workflow commands.
    """
    if result.decisions:
        console.print(_table(result.decisions, console))
        _print_line(console, _("Changes and scores in points of 100, shares in per cent of the items."), "dim")
    for title, sentences in _sections(result):
        _print_line(console, title, "bold")
        for sentence in sentences:
            _print_line(console, f"  {one_line(sentence, _LONGEST)}")
    _print_line(console, _("gate: {outcome}").format(outcome=one_line(summary_line(result), _LONGEST)), "bold")


def _sections(result: GateResult) -> list[tuple[str, Sequence[str]]]:
    states: tuple[tuple[str, tuple[State, ...]], ...] = (
        (_("failed:"), ("failed",)),
        (_("open:"), ("not_measured", "inconclusive")),
        (_("inconclusive, and let pass by the policy:"), ("let_pass",)),
        (_("not gated:"), ("not_gated",)),
        (_("waived:"), ("waived",)),
    )
    sections = [(title, [decision.sentence for decision in result.in_state(*which)]) for title, which in states]
    sections.append((_("note:"), list(result.notes)))
    if not result.decisions:
        sections.append((_("open:"), list(result.reasons)))
    return [(title, sentences) for title, sentences in sections if sentences]


def _table(decisions: Sequence[Decision], console: Console) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    table.add_column(_("check"), overflow="fold", min_width=12)
    for name in (_("change"), _("interval"), _("allowed")):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(_("result"), min_width=12)
    for decision in decisions:
        row, *numbers, result = check_cells(decision)
        styled = Text(result, style=_STYLES[decision.state])
        table.add_row(_text(one_line(row, _WIDEST_NAME), console), *numbers, styled)
    return table


def _print_line(console: Console, text: str, style: str = "") -> None:
    """One line, however long: what stands in a log can be searched for."""
    console.print(_text(text, console), style=style, soft_wrap=True)


def _text(text: str, console: Console) -> Text:
    return Text(text.encode("ascii", "backslashreplace").decode() if console.options.ascii_only else text)
