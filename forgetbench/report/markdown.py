"""report.md: the comparison as GitHub-flavoured Markdown, with the plots beside it in plots/."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from forgetbench.messages import N_, phrases
from forgetbench.messages import translated as _
from forgetbench.records import Comparison, DeltaRow
from forgetbench.report import supplementary
from forgetbench.report.examples import SELECTION_NOTE, DomainExamples, Example, Passage
from forgetbench.report.how_to_read import how_to_read
from forgetbench.report.numbers import RowTexts, row_texts
from forgetbench.report.supplementary import SupplementaryTable
from forgetbench.report.warnings import told_once
from forgetbench.report.wording import (
    facts,
    headline,
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
_ROOM_FOR_NOTE = 200
_HEADER = (
    "",
    N_("items"),
    N_("base"),
    N_("tuned"),
    N_("delta [interval]"),
    N_("verdict"),
    N_("retention"),
    N_("forgotten"),
    N_("gained"),
    N_("detects from"),
    N_("margin"),
    N_("p (adjusted)"),
)


def markdown_report(comparison: Comparison, examples: Sequence[DomainExamples], plots: Mapping[str, str]) -> str:
    """The whole report; `plots` maps a plot's description to its path relative to the report.

    Every name is backslash-escaped or in a code span, and every model text is in a fence longer than any
    run of backticks in it, so no text can end its own quotation.
    """
    parts = [
        f"# {_sides(comparison)}",
        f"**{escaped(headline(comparison), 2000)}**",
        fact_list(facts(comparison)),
        f"## {_('Domains')}\n\n" + delta_table((*comparison.domains, comparison.overall)),
        f"## {_('Tasks')}\n\n" + delta_table(comparison.tasks),
        *(f"![{escaped(text, 600)}]({path})" for text, path in plots.items()),
        *map(_supplementary, supplementary.protocols(comparison)),
        *_warnings(comparison),
        *map(_supplementary, supplementary.allowances(comparison)),
        *map(_supplementary, supplementary.evidence(comparison)),
        *map(_supplementary, supplementary.folder_settings(comparison)),
        *map(_supplementary, supplementary.pairing_audit(comparison)),
        *map(_supplementary, supplementary.chance_correction(comparison)),
        f"## {_('What was lost, item by item')}\n\n{_(SELECTION_NOTE)}",
        *(_domain(domain) for domain in examples),
        *map(_supplementary, supplementary.borrowed(comparison)),
        *map(_supplementary, supplementary.strata(comparison)),
        *map(_supplementary, supplementary.other_metrics(comparison)),
        f"## {_('Noise floor')}\n\n" + fact_list(noise_floor_facts(comparison)),
        f"## {_('How to read this')}\n\n" + "\n".join(_explained(term, text) for term, text in how_to_read()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _sides(comparison: Comparison) -> str:
    sides = _("{candidate} against {base}")
    return sides.format(candidate=inline(comparison.candidate.name), base=inline(comparison.base.name))


def _explained(term: str, text: str) -> str:
    return "- " + _("{term}: {text}").format(term=f"**{term}**", text=text)


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
    told = _("{term}: {text}")
    return "\n".join(f"- {told.format(term=escaped(name), text=escaped(value, 400))}" for name, value in pairs)


def whole_lines(lines: Iterable[str], most_bytes: int, note: Callable[[int], str]) -> str:
    """As many whole lines as fit into `most_bytes`; where some do not, a note on how many, if even that fits."""
    whole: list[str] = []
    left = most_bytes - _ROOM_FOR_NOTE
    rest = iter(lines)
    for line in rest:
        left -= len(line.encode()) + 1
        if left < 0:
            told = note(1 + sum(1 for _ in rest))
            return "\n".join([*whole, "", told, ""]) if most_bytes > len(told.encode()) + 2 else ""
        whole.append(line)
    return "\n".join([*whole, ""])


def delta_table(rows: Sequence[DeltaRow]) -> str:
    """A table with a line per row; numbers in points of 100 and per cent."""
    align = ["---", *["---:"] * 4, "---", *["---:"] * 6]
    return "\n".join(_table_line(cells) for cells in (map(_, _HEADER), align, *map(_delta_cells, rows)))


def short_table(rows: Sequence[DeltaRow]) -> str:
    """What decides alone, the verdict first, for pages that are read in passing and on a phone."""
    header = ("", _("verdict"), _("delta [interval]"), _("items"), _("base"), _("tuned"))
    align = ["---", "---", *["---:"] * 4]
    return "\n".join(_table_line(cells) for cells in (header, align, *map(_short_cells, rows)))


def _short_cells(row: DeltaRow) -> tuple[str, ...]:
    texts = row_texts(row)
    name = escaped(row.name) + supporting_mark(row)
    return (name, _verdict(row, texts), texts.delta_with_interval, texts.items, texts.base, texts.candidate)


def _supplementary(table: SupplementaryTable) -> str:
    return f"## {escaped(table.title)}\n\n{table.note}\n\n{text_table(table)}"


def text_table(table: SupplementaryTable) -> str:
    """The columns and rows of a table, every cell escaped."""
    align = ["---", *["---:"] * (len(table.columns) - 1)]
    if table.ends_in_words:
        align[-1] = "---"
    if table.all_words:
        align = ["---"] * len(table.columns)
    cells = [[escaped(cell) for cell in row] for row in table.rows]
    return "\n".join(_table_line(row) for row in (table.columns, align, *cells))


def _table_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _delta_cells(row: DeltaRow) -> tuple[str, ...]:
    texts = row_texts(row)
    remarked = _("{text} ({remark})")
    forgotten, delta = texts.forgotten, texts.delta_with_interval
    if texts.outcome_details:
        forgotten = remarked.format(text=forgotten, remark=texts.outcome_details)
    if texts.bounds:
        told = _("{delta} (with {what} {bounds})")
        delta = told.format(delta=delta, what=texts.bounds_of, bounds=texts.bounds)
    return (
        escaped(row.name) + supporting_mark(row),
        texts.items,
        texts.base,
        texts.candidate,
        delta,
        _verdict(row, texts),
        f"{texts.retention} {texts.retention_interval}".rstrip(),
        forgotten,
        texts.gained,
        texts.mde,
        texts.margin,
        remarked.format(text=texts.p_value, remark=texts.p_adjusted),
    )


def _verdict(row: DeltaRow, texts: RowTexts) -> str:
    style = style_of(row)
    told = f"{style.symbol} {style.told}"
    return _("{text} ({remark})").format(text=told, remark=texts.cut) if texts.cut else told


def warning_lines(comparison: Comparison) -> list[str]:
    """The warnings as a list."""
    return [f"- {escaped(group.line, 3000)}" for group in told_once(comparison)]


def _warnings(comparison: Comparison) -> Iterator[str]:
    if lines := warning_lines(comparison):
        yield f"## {_('Warnings')}\n\n" + "\n".join(lines)


def _domain(domain: DomainExamples) -> str:
    parts = [f"### {escaped(domain.title)}", domain.summary]
    return "\n\n".join([*parts, *map(example_text, domain.examples)])


def example_text(example: Example) -> str:
    """An item under its heading: what was asked, what is right, what both answered."""
    prompts = "" if example.prompts_equal else _("prompts differ between the two")
    found = phrases([example.outcome, example.scores, prompts])
    told = _("{item} in {task}: {outcome}")
    heading = f"#### {told.format(item=inline(example.item_id), task=inline(example.task), outcome=found)}"
    return "\n\n".join([heading, *map(_passage, (*example.question, *example.answers))])


def _passage(passage: Passage) -> str:
    told = _("{label} ({note}):") if passage.note else _("{label}:")
    lead = told.format(label=passage.label, note=passage.note)
    return f"{lead}\n\n{fenced(passage.text)}" if passage.text.strip() else lead
