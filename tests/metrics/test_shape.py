"""Forms that an answer may be in."""

from __future__ import annotations

import pytest

from forgetbench.metrics.shape import has_table, opening, parse_json


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("The sky is blue.", ("the", "sky", "is")),
        ('{"answer": "Paris"}', ("{", '"', "answer")),
        ("天空是蓝色的", ("天", "空", "是")),  # a character is a token, so an opening is no whole clause
        ("  ## Yes", ("#", "#", "yes")),
        ("\U0001f600", ("\U0001f600",)),
        ("", ()),
    ],
)
def test_opening(text: str, first: tuple[str, ...]) -> None:
    assert opening(text) == first


def test_parse_json_wants_an_object_or_array() -> None:
    assert parse_json(' {"a": 1} ') == {"a": 1}
    assert parse_json("[1, 2]") == [1, 2]
    assert parse_json('```json\n{"a": 1}\n```') == {"a": 1}
    assert parse_json("``` [1] ```") == [1]
    for text in ("42", '"word"', "true", '{"a": 1', 'Here: {"a": 1}', "", "``````", "[" * 100_000):
        assert parse_json(text) is None


def test_has_table() -> None:
    assert has_table("a | b\n--|--\n1 | 2")
    assert not has_table("a | b\n1 | 2")
    assert not has_table("a line\n-----")
