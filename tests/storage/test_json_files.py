"""What JSON cannot hold."""

from __future__ import annotations

import json
import math

import pytest

from forgetbench.storage.json_files import json_of_others, to_json


def test_json_holds_no_nan() -> None:
    assert json.loads(to_json({"a": float("nan"), "b": [float("inf"), 1.5], "c": ("x",)})) == {
        "a": None,
        "b": [None, 1.5],
        "c": ["x"],
    }


def test_a_whole_number_that_no_float_holds_is_infinite() -> None:
    assert json_of_others("[1" + "0" * 400 + ", -1" + "0" * 5000 + "]") == [math.inf, -math.inf]
    assert json_of_others("1" + "0" * 40) == 10**40


@pytest.mark.parametrize("text", ["[" * 300 + "]" * 300, "[" * 100_000, '{"a":', ""])
def test_what_is_too_deep_or_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        json_of_others(text)
