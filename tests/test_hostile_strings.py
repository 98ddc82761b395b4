"""Hostile texts x every output: one comparison that is full of them."""

from __future__ import annotations

from pathlib import Path

import hostile_outputs as outputs
import pytest
from hostile_strings import HOSTILE

from forgetbench.report.html import html_report
from forgetbench.report.markdown import markdown_report


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[outputs.Made, Path]:
    """A comparison whose tasks, domains, items and answers are the texts, and everything written of it."""
    made = outputs.made(HOSTILE)
    folder = tmp_path_factory.mktemp("hostile") / "comparison"
    outputs.write_files(made, folder)
    return made, folder


@pytest.mark.parametrize("output", outputs.OUTPUTS, ids=lambda output: output.__name__)
def test_hostile_texts_are_harmless_in(output: object, full: tuple[outputs.Made, Path]) -> None:
    assert callable(output)
    made, folder = full
    assert list(output(made, HOSTILE, folder)) == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_of_the_whole_are_harmless(kind: str, full: tuple[outputs.Made, Path]) -> None:
    made, folder = full
    few = outputs.replace(made.comparison, domains=made.comparison.domains[:1], tasks=made.comparison.tasks[:1])
    named = outputs.Made(outputs.named(outputs.Made(few, made.items), HOSTILE[kind]), made.items)
    texts = {kind: HOSTILE[kind]}
    for output in (outputs.terminal, outputs.progress, outputs.junit, outputs.github_summary):
        assert list(output(named, texts, folder)) == []
    assert list(outputs.read_markdown(markdown_report(named.comparison, (), {}))) == []
    assert list(outputs.read_html(html_report(named.comparison, (), {}), ())) == []
