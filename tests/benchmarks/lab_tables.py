"""The tables of docs/lab.md and docs/findings.md, from results/lab/lab.json and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forgetbench.lab.findings import load_findings, settle
from forgetbench.lab.pages import findings_markdown, ranking_sections, write_findings, write_pages
from forgetbench.lab.paths import Lab, RecipePath, portable
from forgetbench.lab.stored import load_lab, save_lab

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "results" / "lab"
BEGIN, END = "<!-- tables: written by tests/benchmarks/lab_tables.py -->", "<!-- end of tables -->"


def main() -> None:
    lab = without_places(load_lab(PUBLISHED))
    save_lab(PUBLISHED, lab)
    settled = settle(lab, load_findings())
    write_pages(lab, PUBLISHED)
    write_findings(settled, PUBLISHED)
    sections = [f"#{section}" for section in ranking_sections(lab)]  # below a heading of the page
    replace_block(ROOT / "docs" / "lab.md", "\n\n".join([PICTURES, *sections]))
    counted = [f"{sum(each.verdict == verdict for each in settled)} {verdict}" for verdict in VERDICTS]
    replace_block(ROOT / "docs" / "findings.md", f"{', '.join(counted)}.\n\n{findings_markdown(settled).rstrip()}")


def without_places(lab: Lab) -> Lab:
    """The same without the folders of the machine that it was run on."""

    def moved(path: RecipePath) -> RecipePath:
        return replace(path, points=tuple(replace(point, candidate=portable(point.candidate)) for point in path.points))

    return replace(lab, paths=tuple(map(moved, lab.paths)))


PICTURES = """![Gain and loss of every recipe](../results/lab/plots/pareto.png)

![Training loss, and what is left](../results/lab/plots/retention-full-mid.png)"""
VERDICTS = ("confirmed", "refuted", "undecidable", "not run")


def replace_block(path: Path, text: str) -> None:
    """Put `text` between the two marks of a page."""
    head, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
