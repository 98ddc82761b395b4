"""report.md: the comparison as GitHub-flavoured Markdown, with the plots beside it in plots/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from forgetbench.records import Comparison, DeltaRow
from forgetbench.report import supplementary
from forgetbench.report.examples import SELECTION_NOTE, DomainExamples, Example, Passage
from forgetbench.report.numbers import row_texts
from forgetbench.report.supplementary import SupplementaryTable
from forgetbench.report.wording import (
    HOW_TO_READ,
    facts,
    headline,
    missing_data,
    noise_floor_facts,
    style_of,
    supporting_mark,
)
from forgetbench.sanitize import one_line

# Everything that starts emphasis, code, a link, HTML, an entity, a table cell or mathematics, and what GitHub
# turns into links by itself (addresses, @mentions, #numbers).
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>&|~!$#@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_LIST_MARK = re.compile(r"^(\d*)([-+=.)])")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HEADER = (
    "",
    "items",
    "base",
    "tuned",
    "delta [interval]",
    "verdict",
    "retention",
    "forgotten",
    "gained",
    "detects from",
    "margin",
    "p (adjusted)",
)


def markdown_report(comparison: Comparison, examples: Sequence[DomainExamples], plots: Mapping[str, str]) -> str:
    """The whole report; `plots` maps a plot's description to its path relative to the report.

    Every name is backslash-escaped or in a code span, and every model text is in a fence longer than any
    run of backticks in it, so no text can end its own quotation.
    """
    parts = [
        f"# {inline(comparison.candidate.name)} against {inline(comparison.base.name)}",
        f"**{escaped(headline(comparison), 2000)}**",
        fact_list(facts(comparison)),
        "## Domains\n\n" + delta_table((*comparison.domains, comparison.overall)),
        "## Tasks\n\n" + delta_table(comparison.tasks),
        *(f"![{escaped(text, 600)}]({path})" for text, path in plots.items()),
        *map(_supplementary, supplementary.protocols(comparison)),
        *_warnings(comparison),
        *map(_supplementary, supplementary.allowances(comparison)),
        *map(_supplementary, supplementary.evidence(comparison)),
        *map(_supplementary, supplementary.folder_settings(comparison)),
        *map(_supplementary, supplementary.pairing_audit(comparison)),
        *map(_supplementary, supplementary.chance_correction(comparison)),
        f"## What was lost, item by item\n\n{SELECTION_NOTE}",
        *(_domain(domain) for domain in examples),
        *map(_supplementary, supplementary.borrowed(comparison)),
        *map(_supplementary, supplementary.strata(comparison)),
        *map(_supplementary, supplementary.other_metrics(comparison)),
        "## Noise floor\n\n" + fact_list(noise_floor_facts(comparison)),
        "## How to read this\n\n" + "\n".join(f"- **{term}**: {text}" for term, text in HOW_TO_READ.items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def inline(text: str, limit: int = 200) -> str:
    """One line of someone's text that Markdown and HTML leave alone; a plain name becomes a code span."""
    line = one_line(text, limit)
    return f"`{line}`" if _PLAIN_NAME.fullmatch(line) else escaped(text, limit)


def escaped(text: str, limit: int = 200) -> str:
    """`inline` without the code span; GitHub reads a pipe inside one as the end of a table cell."""
    return _LIST_MARK.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", one_line(text, limit)))


def fenced(text: str) -> str:
    """A code block whose fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def fact_list(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values as a list."""
    return "\n".join(f"- {escaped(name)}: {escaped(value, 400)}" for name, value in pairs)


def delta_table(rows: Sequence[DeltaRow]) -> str:
    """A table with a line per row; numbers in points of 100 and per cent."""
    align = ["---", *["---:"] * 4, "---", *["---:"] * 6]
    return "\n".join(_table_line(cells) for cells in (_HEADER, align, *map(_delta_cells, rows)))


def short_table(rows: Sequence[DeltaRow]) -> str:
    """The same with what decides alone, for pages that are read in passing."""
    align = ["---", *["---:"] * 4, "---"]
    return "\n".join(_table_line(cells[: len(align)]) for cells in (_HEADER, align, *map(_delta_cells, rows)))


def _supplementary(table: SupplementaryTable) -> str:
    align = ["---", *["---:"] * (len(table.columns) - 1)]
    if table.ends_in_words:
        align[-1] = "---"
    if table.all_words:
        align = ["---"] * len(table.columns)
    cells = [[escaped(cell) for cell in row] for row in table.rows]
    lines = "\n".join(_table_line(row) for row in (table.columns, align, *cells))
    return f"## {escaped(table.title)}\n\n{table.note}\n\n{lines}"


def _table_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _delta_cells(row: DeltaRow) -> tuple[str, ...]:
    texts, style = row_texts(row), style_of(row)
    details = f" ({texts.outcome_details})" if texts.outcome_details else ""
    bounds = f" (with {texts.bounds_of} {texts.bounds})" if texts.bounds else ""
    cut = f" ({texts.cut})" if texts.cut else ""
    return (
        escaped(row.name) + supporting_mark(row),
        texts.items,
        texts.base,
        texts.candidate,
        texts.delta_with_interval + bounds,
        f"{style.symbol} {style.told}{cut}",
        f"{texts.retention} {texts.retention_interval}".rstrip(),
        texts.forgotten + details,
        texts.gained,
        texts.mde,
        texts.margin,
        f"{texts.p_value} ({texts.p_adjusted})",
    )


def _warnings(comparison: Comparison) -> Iterator[str]:
    lines = [*(escaped(warning, 1000) for warning in comparison.warnings)]
    lines += [f"{inline(row.name)}: {escaped(why, 600)}" for row, why in missing_data(comparison)]
    if lines:
        yield "## Warnings\n\n" + "\n".join(f"- {line}" for line in lines)


def _domain(domain: DomainExamples) -> str:
    parts = [f"### {escaped(domain.title)}", domain.summary]
    return "\n\n".join([*parts, *map(_example, domain.examples)])


def _example(example: Example) -> str:
    prompts = "" if example.prompts_equal else ", prompts differ between the two"
    scores = f", {example.scores}" if example.scores else ""
    heading = f"#### {inline(example.item_id)} in {inline(example.task)}: {example.outcome}{scores}{prompts}"
    return "\n\n".join([heading, *map(_passage, (*example.question, *example.answers))])


def _passage(passage: Passage) -> str:
    note = f" ({passage.note})" if passage.note else ""
    return f"{passage.label}{note}:" + (f"\n\n{fenced(passage.text)}" if passage.text.strip() else "")
