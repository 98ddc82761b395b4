"""What people read, in every language: the catalogues say all that the sources say, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import catalogue
import pytest

from forgetbench import messages
from forgetbench.messages import CATALOGUES, speaking

PACKAGE = Path(messages.__file__).parent
LANGUAGES = list(CATALOGUES.values())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_the_messages_of_the_sources(language: str) -> None:
    there = {forms for forms, _ in catalogue.pairs(catalogue.translations(language))}
    assert {forms for forms, _ in catalogue.pairs(catalogue.extracted())} == there, "run: make messages"
    assert not catalogue.translations(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    translated = catalogue.translations(language)
    assert [forms[0] for forms, told in catalogue.pairs(translated) if not all(told)] == []
    assert [message.id for message in translated if message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same_on_both_sides(language: str) -> None:
    for forms, told in catalogue.pairs(catalogue.translations(language)):
        for text in told:
            assert placeholders(text) == placeholders(forms[-1]), forms[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_read_at_run_time_is_what_was_translated(language: str) -> None:
    compiled = catalogue.po_path(language).with_suffix(".mo").read_bytes()
    assert compiled == catalogue.compiled(catalogue.translations(language)), "run: make messages"


def test_a_message_is_shown_in_the_language_that_is_spoken() -> None:
    assert messages.translated("regressed") == "regressed"
    with speaking("zh"):
        assert messages.translated("regressed") == "退化"
        with speaking("en"):
            assert messages.translated("regressed") == "regressed"
    assert messages.language() == "en"


def test_lists_are_joined_as_the_language_does() -> None:
    words = ["a", "b", "c"]
    assert messages.joined(words) == "a, b and c"
    assert (messages.joined([]), messages.joined(["a"]), messages.joined(["a", "b"])) == ("", "a", "a and b")
    assert messages.some(words, 2) == "a, b and 1 more"
    assert messages.sentences(["One.", "", "Two."]) == "One. Two."
    with speaking("zh"):
        assert messages.joined(words) == "a、b、c"
        assert messages.sentences(["一。", "", "二。"]) == "一。二。"


def test_no_module_that_translates_has_another_underscore() -> None:
    """`_` in an assignment would hide the translation from the function that it stands in."""
    for path in PACKAGE.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        if any(isinstance(node, ast.alias) and node.asname == "_" for node in nodes):
            names = [node for node in _outside_comprehensions(ast.parse(path.read_text())) if node.id == "_"]
            assert not [name.lineno for name in names if isinstance(name.ctx, ast.Store)], path


def _outside_comprehensions(node: ast.AST) -> list[ast.Name]:
    if isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp):
        return []
    names = [node] if isinstance(node, ast.Name) else []
    return names + [name for child in ast.iter_child_nodes(node) for name in _outside_comprehensions(child)]
