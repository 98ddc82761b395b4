"""Verifiable constraints: for each one, texts that keep it and texts that do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.errors import InputError
from forgetbench.metrics.constraints import CONSTRAINTS, holds

PARAMETERS = {"n": 2, "text": "the end", "left": "[", "right": "]"}

CASES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "json": ({}, ['{"a": 1}', '```json\n["x"]\n```', " [] "], ["42", 'Sure: {"a": 1}', '{"a": ']),
    "bullets": (
        {"n": 2},
        ["- a\n- b", "Here:\n* a\n\n  \u2022 b"],
        ["- a", "- a\n- b\n- c", "1. a\n2. b", "-a\n-b"],
    ),
    "numbered": ({"n": 2}, ["1. a\n2. b", "1) a\n2) b"], ["1. a", "1. a\n3. b", "2. a\n1. b", "- a\n- b"]),
    "table": ({}, ["|a|b|\n|---|:-:|\n|1|2|"], ["|a|b|\n|1|2|", "a table"]),
    "code_block": (
        {},
        ["```\nx\n```", "```x```"],
        ["x", "```\nx", "Here: ```x```", "``` ``` ```x```", "``````"],
    ),
    "comma_list": ({"n": 3}, ["eggs, milk, bread.", "a,b,c"], ["a, b", "a, b, c, d", "a,\nb, c", "a, , c"]),
    "wrapped": ({"left": "[", "right": "]"}, ["[yes]", " [a] "], ["yes", "[yes", "yes]", "[]"]),
    "paragraphs": (
        {"n": 2},
        ["One.\n\nTwo.", "One\nline.\n \n\nTwo."],
        ["One.", "One.\nTwo.", "A\n\nB\n\nC"],
    ),
    "header": ({}, ["# Title\ntext", "### T"], ["Title", "text\n# Title", "#Title"]),
    "bold": ({}, ["a **big** cat"], ["a *big* cat", "** **", "a ** b"]),
    "one_word": ({}, ["Paris.", "don't"], ["New York", "..."]),
    "max_words": ({"n": 3}, ["one two three!", "one"], ["one two three four", "..."]),
    "one_sentence": (
        {},
        ["It is 3.5 metres.", "Really?!", '"Yes."'],
        ["No end", "One. Two.", "One.\nmore.", "Hm. Well"],
    ),
    "yes_no": ({}, ["Yes.", "no"], ["Yes, it is.", "maybe"]),
    "begin_with": ({"text": "Well"}, ["well, yes", "Well"], ["Oh well", "Wellness"]),
    "end_with": ({"text": "The end."}, ["And so. The end.", '"the END."'], ["The end", "The end. Or not?"]),
    "include": ({"text": "light"}, ["a Light!"], ["a lightbulb", "dark"]),
    "exclude": ({"text": "the"}, ["a cat", "other"], ["The cat", "..."]),
    "lowercase": ({}, ["all lower, 1", "\u00e9t\u00e9"], ["Not all", "123"]),
    "uppercase": ({}, ["ALL UPPER, 1"], ["Not all", "123"]),
    "no_commas": ({}, ["a b"], ["a, b", "..."]),
    "question": ({}, ["Why?", "Why? "], ["Why.", "Why? Yes"]),
    "exclamation": ({}, ["Yes!"], ["Yes.", "Yes! ok"]),
}


def test_every_constraint_has_cases() -> None:
    assert CASES.keys() == CONSTRAINTS.keys()


@pytest.mark.parametrize("name", CASES)
def test_constraint(name: str) -> None:
    parameters, keeping, breaking = CASES[name]
    assert [t for t in keeping if not holds(t, name, parameters)] == []
    assert [t for t in breaking if holds(t, name, parameters)] == []


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_answer_keeps_nothing(name: str, text: str) -> None:
    assert holds(text, name, PARAMETERS) is False


@given(st.text(max_size=100), st.sampled_from(sorted(CONSTRAINTS)))
def test_any_text_gets_a_verdict(text: str, name: str) -> None:
    assert isinstance(holds(text, name, PARAMETERS), bool)


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize("text", ["." * 200_000 + "a", "\n \n" * 70_000 + "x", "- " * 100_000, "**" * 100_000])
def test_huge_text_is_linear(name: str, text: str) -> None:
    assert isinstance(holds(text, name, PARAMETERS), bool)


def test_unknown_constraint_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'bullets'"):
        holds("a", "bulets", {})
