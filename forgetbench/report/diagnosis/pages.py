"""The paragraphs of a diagnosis on a console, and as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from forgetbench.diagnosis.findings import Diagnosis, State
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.diagnosis.sentences import Paragraph, paragraphs
from forgetbench.report.diagnosis.words import DRIFT_SHOWN, STATES
from forgetbench.report.markdown import escaped, inline, text_table
from forgetbench.report.terminal import print_text_table
from forgetbench.report.wording import headline

_LOOKS: Final[dict[State, str]] = {
    "shown": "bold red",
    "suspected": "yellow",
    "open": "dim",
    "ruled_out": "green",
    "not_measured": "dim",
}


def print_diagnosis(console: Console, comparison: Comparison, diagnosis: Diagnosis) -> None:
    """Everything that was found, as plain text of this console's width; what to do comes last."""
    console.print()
    console.print(Text(headline(comparison), style="bold"))
    for paragraph in paragraphs(diagnosis):
        console.print()
        heading = Text(paragraph.heading, style="bold")
        if paragraph.state is not None:
            heading = Text(f"{_(STATES[paragraph.state])}: ", style=_LOOKS[paragraph.state]) + heading
        console.print(heading)
        if paragraph.table is not None:
            print_text_table(console, paragraph.table)
        for line in paragraph.lines:
            console.print(Padding(Text(line), (0, 0, 0, 2)))


def diagnosis_markdown(comparison: Comparison, diagnosis: Diagnosis, picture: str | None = None) -> str:
    """diagnosis.md; every text is escaped. `picture` is the path of the weights' heat map, where there is one."""
    return "\n\n".join(_parts(comparison, diagnosis, picture)) + "\n"


def _parts(comparison: Comparison, diagnosis: Diagnosis, picture: str | None) -> Iterator[str]:
    yield "# " + _("Why {candidate} lost what it lost").format(candidate=inline(comparison.candidate.name))
    yield escaped(headline(comparison), 2000)
    for paragraph in paragraphs(diagnosis):
        yield f"## {_heading(paragraph)}"
        if paragraph.table is not None:
            yield escaped(paragraph.table.note, 1000)
            yield text_table(paragraph.table)
        yield "\n".join(f"- {escaped(line, 1000)}" for line in paragraph.lines)
    if picture is not None:
        yield f"![{escaped(_(DRIFT_SHOWN), 300)}]({picture})"


def _heading(paragraph: Paragraph) -> str:
    heading = escaped(paragraph.heading, 300)
    return heading if paragraph.state is None else f"{heading} ({_(STATES[paragraph.state])})"
