"""What a token limit costs: the same checkpoints compared at several limits, as one table.

    python tests/benchmarks/token_limits.py RESULTS [RESULTS...]

Each RESULTS is a results folder with comparisons, as `forgetbench demo --results RESULTS --max-gen-toks N` makes one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from forgetbench.console import say
from forgetbench.records import DeltaRow
from forgetbench.report.markdown import escaped
from forgetbench.report.numbers import MISSING, row_texts
from forgetbench.storage.comparisons import load_comparison

COLUMNS = ("candidate", "domain", "results", "delta [interval]", "verdict", "cut base / tuned", "with cut", "forgotten")


def lines(folders: Sequence[Path]) -> Iterator[str]:
    """The table as Markdown: a row for each candidate, domain and results folder."""
    rows: list[tuple[str, str, str, DeltaRow]] = []
    for folder in folders:
        for path in sorted((folder / "comparisons").glob("*/comparison.json")):
            comparison = load_comparison(path)
            rows += [(comparison.candidate.name, row.name, folder.name, row) for row in comparison.domains]
    order = {name: place for place, name in enumerate(dict.fromkeys(name for _, name, _, _ in rows))}
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|" + "---|" * len(COLUMNS)
    for candidate, domain, results, row in sorted(rows, key=lambda entry: (entry[0], order[entry[1]])):
        texts = row_texts(row)
        cells = (
            candidate, domain, results, texts.delta_with_interval, row.judgement.verdict,
            texts.cut.removeprefix("cut ") or "none", texts.bounds or MISSING, texts.forgotten,
        )  # fmt: skip
        yield f"| {' | '.join(map(escaped, cells))} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=Path, help="a results folder with comparisons")
    for line in lines(parser.parse_args().results):
        say(line)
