"""Tables for a paper, with the rules of booktabs: domains and tasks.

Text of others stands in them as text: what LaTeX takes for a command is escaped where a template prints it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forgetbench.interop.exporters.contents import Source
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.messages import speaking
from forgetbench.records import Comparison, DeltaRow
from forgetbench.report.numbers import MISSING, interval, points, signed
from forgetbench.report.wording import style_of, supporting_mark
from forgetbench.sanitize import one_line
from forgetbench.storage.files import write_atomic
from forgetbench.storage.folder import slug

_ESCAPED: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
        "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
        "|": r"\textbar{}", '"': r"\textquotedblright{}", "`": r"\textasciigrave{}",
        "−": "$-$", "—": r"\textemdash{}", "…": r"\dots{}",
    }
)  # fmt: skip
_LIGATURE: Final = re.compile(r"([-',])(?=\1)")
"""Two of these are set as one other character."""
_LONGEST: Final = 400


def write(source: Source, options: ExportOptions) -> Path:
    """Write both tables into one file, to be read by `\\input`."""
    # The captions are English, and what pdfLaTeX cannot set is no help.
    with speaking("en"):
        write_atomic(options.path, tables(source.comparison))
    return options.path


def tables(comparison: Comparison) -> str:
    """The tables of domains and of tasks."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        finalize=latex_text,
        autoescape=False,  # noqa: S701 - that is for HTML; `finalize` escapes for LaTeX
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("tables.tex.j2").render(
        comparison=comparison,
        label=slug(comparison.comparison_id).replace("_", "-"),
        level=f"{100 * (1 - comparison.alpha):g}",
        groups={
            "domains": [cells(row) for row in (*comparison.domains, comparison.overall)],
            "tasks": [cells(row) for row in comparison.tasks],
        },
    )


def cells(row: DeltaRow) -> tuple[str, ...]:
    """A row as text: name, items, base, candidate, delta, standard error, interval, verdict."""
    estimate = row.estimate
    if estimate is None:
        return (row.name, f"{row.n_items:,}", *[MISSING] * 5, style_of(row).told)
    return (
        row.name + supporting_mark(row),
        f"{row.n_items:,}",
        points(estimate.base),
        points(estimate.candidate),
        signed(estimate.delta),
        points(estimate.se),
        interval(estimate.ci_low, estimate.ci_high),
        style_of(row).told,
    )


def latex_text(value: object) -> str:
    """What LaTeX sets as this text, on one line, whatever stands in it.

    A bracket or an asterisk at its beginning would be an argument of the `\\\\` before it.
    """
    text = _LIGATURE.sub(r"\1{}", one_line(str(value), _LONGEST).translate(_ESCAPED))
    return f"{{}}{text}" if text.startswith(("[", "*")) else text
