"""Sentences that files hold in English, shown in another language."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from hostile_strings import HOSTILE

from forgetbench.messages import speaking, translated
from forgetbench.stored import Stored, retold

_ENGLISH = re.compile(r"\b(?:items?|answers?|limit|the|measured|needs?|clusters|have|has|were)\b")
RESULTS = Path(__file__).parent.parent / "results" / "comparisons"


def values(template: str) -> dict[str, str]:
    return {name: "7" if name in ("n", "all", "window", "low", "high") else f"<{name}>" for name in _names(template)}


def _names(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


@pytest.mark.parametrize("template", list(Stored), ids=lambda template: template.name)
def test_a_sentence_is_recognised_by_its_template_and_keeps_its_values(template: Stored) -> None:
    filled = values(template)
    sentence = template.format(**filled)
    assert retold(sentence) == sentence
    with speaking("zh"):
        assert retold(sentence) == translated(template).format(**filled) != sentence


def test_sentences_within_sentences_are_told_anew_too() -> None:
    with speaking("zh"):
        assert retold("the base is not shown to score above 0: there is nothing to forget; 2 items not measured: base: "
                      "cut: the token limit ended the answer before it could be read (2)") == (
            "未能证明基座得分高于 0：没有可遗忘的；2 道题未测得：基座：截断：未及读取，回答已到词元上限（2）"
        )  # fmt: skip


def test_what_no_template_fits_is_left_as_it_stands() -> None:
    with speaking("zh"):
        assert retold("Nobody knows this one.") == "Nobody knows this one."
        assert retold("") == ""
        assert retold("a: " * 400).startswith("a：")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_values(name: str) -> None:
    sentence = Stored.AT_LIMIT_ALONE.format(n=1, all=2, name=HOSTILE[name])
    with speaking("zh"):
        assert retold(sentence).startswith("2 道配对题中有 1 道：仅 ")


def _warnings() -> list[str]:
    read = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*/comparison.json"))]
    rows = [row for comparison in read for row in (*comparison["domains"], *comparison["tasks"])]
    refused = [why for comparison in read for row in comparison["pairing"] for why in row["refused"]]
    warnings = [warning for comparison in read for warning in comparison["warnings"]]
    return sorted({*warnings, *refused, *(row["reason"] for row in rows if row["reason"])})


@pytest.mark.parametrize("sentence", _warnings())
def test_everything_that_the_published_comparisons_warn_of_is_told_anew(sentence: str) -> None:
    assert _ENGLISH.search(sentence)
    with speaking("zh"):
        assert not _ENGLISH.search(retold(sentence))


MAKERS = re.compile(r"warning|why_|^_why|unpaired|_few_clusters|_unequal_tasks|_computed_in|^_reasons$")
"""Functions that make sentences for files."""


def _sentences(node: ast.AST) -> Iterator[str]:
    """Texts of several words, but for docstrings and errors, which no file holds."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) or (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and len(child.value.split()) > 2:
            yield child.value
        yield from _sentences(child)


@pytest.mark.parametrize("room", ["comparison", "evaluation"])
def test_sentences_for_files_are_made_from_their_templates(room: str) -> None:
    package = Path(__file__).parent.parent / "forgetbench"
    makers = [
        node
        for path in (package / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and MAKERS.search(node.name)
    ]
    assert len(makers) > 3
    assert {maker.name: list(_sentences(maker)) for maker in makers if any(_sentences(maker))} == {}
