"""Tables as CSV and LaTeX, read back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import report_samples as samples
from hostile_outputs import read_latex

from forgetbench.interop.exporters import ExportOptions, Source, export
from forgetbench.interop.exporters.latex import latex_text, tables


def body(text: str) -> list[list[str]]:
    """The cells of every line between the rules."""
    lines = [line.removesuffix(r"\\") for line in text.splitlines() if line.endswith(r"\\") and "&" in line]
    return [[cell.strip() for cell in line.split(" & ")] for line in lines if "$n$" not in line]


def test_a_csv_says_of_every_row_what_it_was_measured_with(tmp_path: Path) -> None:
    made = samples.comparison()
    written = export(Source(made, tmp_path), "csv", ExportOptions(tmp_path / "rows.csv"))
    read = list(csv.DictReader(io.StringIO(Path(written).read_text())))
    rows = (made.overall, *made.domains, *made.tasks)
    assert [row["name"] for row in read] == [row.name for row in rows]
    assert {(row["direction"], row["base_name"], row["interval_level"]) for row in read} == {
        ("higher is better", "smollm2-135m", "0.95")
    }
    for line, row in zip(read, rows, strict=True):
        assert int(line["n_items"]) == row.n_items
        estimate = row.estimate
        assert (line["se"], line["delta"]) == (
            (repr(estimate.se), repr(estimate.delta)) if estimate is not None else ("", "")
        )


def test_a_latex_table_has_a_row_per_domain_and_task_with_n_and_se() -> None:
    made = samples.comparison()
    text = tables(made)
    rows = (*made.domains, made.overall, *made.tasks)
    assert [cells[0] for cells in body(text)] == [row.name.replace("_", r"\_") for row in rows]
    for cells, row in zip(body(text), rows, strict=True):
        assert int(cells[1].replace(",", "")) == row.n_items
        if row.estimate is not None:
            assert float(cells[5]) == pytest.approx(100 * row.estimate.se, abs=0.05)
            assert cells[4].startswith("$-$") == (row.estimate.delta < 0)
    assert text.count("higher is better") == 2
    assert list(read_latex(text)) == []


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("[1em]", "{}[1em]"),
        ("*", "{}*"),
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("50% of_it & more", r"50\% of\_it \& more"),
        ("a\n\nb", "a b"),
        ("^^5cinput", r"\textasciicircum{}\textasciicircum{}5cinput"),
        ("−3.1", "$-$3.1"),
        ("--dry 'a'' \"b\"", r"-{}-dry 'a'{}' \textquotedblright{}b\textquotedblright{}"),
        ("—", r"\textemdash{}"),
    ],
)
def test_latex_sets_any_text_as_text(text: str, set_as: str) -> None:
    assert latex_text(text) == set_as
